/*
 * XTTS v2 behind xtts-api-server: GET /tts_stream
 *
 * A streamed WAVE file, 24 kHz. The voice is the name of a sample in the server's
 * folder of speakers; speed is a setting of the server. One GPU: one at a time.
 */
#include "provider/tts/tts_http.h"

#define VOICE "female"

static void request(const struct tts_speaker *sp, struct str words, struct tts_address *a)
{
	struct str language = tts_address_language(sp, "en");

	url_join(&a->url, service_or(sp->service->url, "http://127.0.0.1:8020"), STR("/tts_stream"));
	url_query(&a->url, STR("text"), words);
	url_query(&a->url, STR("speaker_wav"), service_or(sp->voice, VOICE));
	url_query(&a->url, STR("language"), str_ieq(language, STR("zh")) ? STR("zh-cn") : language);
	service_extra_query(sp->service, &a->url);
}

const struct tts_http_dialect xtts_tts = {
	.traits = {.key = VENDOR_KEY_NONE, .form = {TTS_S16, 24000}, .at_once = 1},
	.request = request,
};
