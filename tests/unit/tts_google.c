#include "voice_wire.h"

extern const struct tts_http_dialect google_tts;

TEST(google_speech_is_asked)
{
	struct voice_wire v;

	voice_wire_init(&v, "AIza-1");
	CHECK_STR(voice_wire_http(&v, &google_tts, "Hello"),
		  "https://texttospeech.googleapis.com/v1/text:synthesize\n"
		  "x-goog-api-key: AIza-1\n"
		  "Content-Type: application/json");
	CHECK_STR(buf_str(&v.address.body),
		  "{\"input\":{\"text\":\"Hello\"},"
		  "\"voice\":{\"languageCode\":\"en-US\",\"name\":\"en-US-Chirp3-HD-Aoede\"},"
		  "\"audioConfig\":{\"audioEncoding\":\"MULAW\",\"sampleRateHertz\":8000}}");
	v.service.key = STR("ya29.token");
	v.speaker.language = STR("fr-FR");
	v.speaker.speed = 1.5f;
	CHECK_STR(voice_wire_http(&v, &google_tts, "Bonjour"),
		  "https://texttospeech.googleapis.com/v1/text:synthesize\n"
		  "Authorization: Bearer ya29.token\n"
		  "Content-Type: application/json");
	CHECK_STR(buf_str(&v.address.body),
		  "{\"input\":{\"text\":\"Bonjour\"},\"voice\":{\"languageCode\":\"fr-FR\"},"
		  "\"audioConfig\":{\"audioEncoding\":\"MULAW\",\"sampleRateHertz\":8000,"
		  "\"speakingRate\":1.5}}");
	CHECK_STR(str_from(google_tts.sound_at), "audioContent");
	voice_wire_fini(&v);
}
