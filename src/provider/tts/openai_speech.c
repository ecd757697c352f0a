/*
 * OpenAI speech, and servers that speak like it: POST /v1/audio/speech
 *
 * Raw S16 at 24 kHz, streamed. Clones that know only WAV (extra
 * response_format=wav) are understood by its head, whatever their rate.
 */
#include "provider/tts/tts_http.h"

#define MODEL "gpt-4o-mini-tts"
#define VOICE "alloy"

#define SPEED_MIN 0.25f
#define SPEED_MAX 4.0f

static void write_body(const struct tts_speaker *sp, struct str words, struct buf *out)
{
	const struct service *service = sp->service;
	struct json_out w;

	json_begin(&w, out);
	json_map(&w, NULL);
	json_str(&w, "model", service_or(service->model, MODEL));
	json_str(&w, "input", words);
	json_str(&w, "voice", service_or(sp->voice, VOICE));
	if (!service_extra_has(service, "response_format"))
		json_str(&w, "response_format", STR("pcm"));
	if (sp->speed != 1)
		json_num(&w, "speed", (double)CLAMP(sp->speed, SPEED_MIN, SPEED_MAX));
	service_extra_json(service, &w);
	json_end(&w);
}

static void request(const struct tts_speaker *sp, struct str words, struct tts_address *a)
{
	url_join(&a->url, service_or(sp->service->url, "https://api.openai.com"), STR("/v1/audio/speech"));
	tts_address_header(a, "Authorization", "Bearer ", sp->service->key);
	tts_address_header(a, "Content-Type", "", STR("application/json"));
	write_body(sp, words, &a->body);
}

const struct tts_http_dialect openai_speech = {
	.traits = {.key = VENDOR_KEY_NEEDED, .model = MODEL, .form = {TTS_S16, 24000}, .at_once = 2},
	.request = request,
};
