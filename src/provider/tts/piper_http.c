/*
 * Piper (piper1-gpl): POST /synthesize
 *
 * A whole WAVE file for each clause, called text/html by the server; its head tells
 * the rate. One voice, one at a time: a second request would slow the first.
 */
#include "provider/tts/tts_http.h"

static void request(const struct tts_speaker *sp, struct str words, struct tts_address *a)
{
	struct json_out w;

	url_join(&a->url, service_or(sp->service->url, "http://127.0.0.1:5000"), STR("/synthesize"));
	tts_address_header(a, "Content-Type", "", STR("application/json"));
	json_begin(&w, &a->body);
	json_map(&w, NULL);
	json_str(&w, "text", words);
	if (!str_empty(sp->voice))
		json_str(&w, "voice", sp->voice);
	if (sp->speed != 1)
		json_num(&w, "length_scale", 1.0 / (double)sp->speed);
	service_extra_json(sp->service, &w);
	json_end(&w);
}

const struct tts_http_dialect piper_http = {
	.traits = {.key = VENDOR_KEY_NONE, .form = {TTS_S16, 22050}, .at_once = 1},
	.request = request,
};
