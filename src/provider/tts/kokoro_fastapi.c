/*
 * Kokoro-FastAPI: POST /v1/audio/speech, as OpenAI's but with its own voices
 *
 * Raw S16 at 24 kHz, streamed a sentence at a time. An error in the middle only
 * ends the body.
 */
#include "provider/tts/tts_http.h"

#define MODEL "kokoro"
#define VOICE "af_heart"

#define SPEED_MIN 0.25f
#define SPEED_MAX 4.0f

static void request(const struct tts_speaker *sp, struct str words, struct tts_address *a)
{
	struct json_out w;

	url_join(&a->url, service_or(sp->service->url, "http://127.0.0.1:8880"), STR("/v1/audio/speech"));
	tts_address_header(a, "Authorization", "Bearer ", sp->service->key);
	tts_address_header(a, "Content-Type", "", STR("application/json"));
	json_begin(&w, &a->body);
	json_map(&w, NULL);
	json_str(&w, "model", service_or(sp->service->model, MODEL));
	json_str(&w, "input", words);
	json_str(&w, "voice", service_or(sp->voice, VOICE));
	json_str(&w, "response_format", STR("pcm"));
	json_num(&w, "speed", (double)CLAMP(sp->speed, SPEED_MIN, SPEED_MAX));
	json_bool(&w, "stream", true);
	service_extra_json(sp->service, &w);
	json_end(&w);
}

const struct tts_http_dialect kokoro_fastapi = {
	.traits = {.key = VENDOR_KEY_OPTIONAL, .model = MODEL, .form = {TTS_S16, 24000}, .at_once = 2},
	.request = request,
};
