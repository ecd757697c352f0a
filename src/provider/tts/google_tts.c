/*
 * Google Cloud text-to-speech: POST /v1/text:synthesize
 *
 * A whole answer in JSON: mu-law at 8 kHz behind the head of a WAVE file, as base64.
 * The key is an API key, or an access token (ya29...).
 */
#include "provider/tts/tts_http.h"

#define LANGUAGE "en-US"
#define VOICE    "en-US-Chirp3-HD-Aoede"

#define SPEED_MIN 0.25f
#define SPEED_MAX 2.0f

/* Ours belongs to a language: for another one Google chooses. */
static struct str voice_of(const struct tts_speaker *sp)
{
	bool ours = str_empty(sp->language) || str_ieq(sp->language, STR(LANGUAGE));

	return service_or(sp->voice, ours ? VOICE : "");
}

static void write_body(const struct tts_speaker *sp, struct str words, struct buf *out)
{
	struct json_out w;

	json_begin(&w, out);
	json_map(&w, NULL);
	json_map(&w, "input");
	json_str(&w, "text", words);
	json_end(&w);
	json_map(&w, "voice");
	json_str(&w, "languageCode", service_or(sp->language, LANGUAGE));
	if (!str_empty(voice_of(sp)))
		json_str(&w, "name", voice_of(sp));
	json_end(&w);
	json_map(&w, "audioConfig");
	json_str(&w, "audioEncoding", STR("MULAW"));
	json_int(&w, "sampleRateHertz", TTS_RATE_HZ);
	if (sp->speed != 1)
		json_num(&w, "speakingRate", (double)CLAMP(sp->speed, SPEED_MIN, SPEED_MAX));
	json_end(&w);
	service_extra_json(sp->service, &w);
	json_end(&w);
}

static void request(const struct tts_speaker *sp, struct str words, struct tts_address *a)
{
	struct str key = sp->service->key;

	url_join(&a->url, service_or(sp->service->url, "https://texttospeech.googleapis.com"),
		 STR("/v1/text:synthesize"));
	if (str_starts(key, STR("ya29.")))
		tts_address_header(a, "Authorization", "Bearer ", key);
	else
		tts_address_header(a, "x-goog-api-key", "", key); /* not ?key=: addresses get logged */
	tts_address_header(a, "Content-Type", "", STR("application/json"));
	write_body(sp, words, &a->body);
}

const struct tts_http_dialect google_tts = {
	.traits = {.key = VENDOR_KEY_NEEDED, .form = {TTS_ULAW, 8000}, .at_once = 2},
	.request = request,
	.sound_at = "audioContent",
};
