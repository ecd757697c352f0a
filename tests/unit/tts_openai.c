#include "voice_wire.h"

extern const struct tts_http_dialect openai_speech;

TEST(openai_speech_is_asked)
{
	static const struct str extra[] = {STR_INIT("instructions=calm, friendly"),
					   STR_INIT("response_format=wav"), STR_INIT("sample_rate=8000")};
	struct voice_wire v;

	voice_wire_init(&v, "sk-1");
	v.speaker.voice = STR("marin");
	CHECK_STR(voice_wire_http(&v, &openai_speech, "Your table is \"booked\"."),
		  "https://api.openai.com/v1/audio/speech\n"
		  "Authorization: Bearer sk-1\n"
		  "Content-Type: application/json");
	CHECK_STR(buf_str(&v.address.body),
		  "{\"model\":\"gpt-4o-mini-tts\",\"input\":\"Your table is \\\"booked\\\".\","
		  "\"voice\":\"marin\",\"response_format\":\"pcm\"}");
	v.service.url = STR("http://127.0.0.1:8000/v1");
	v.service.key = STR("");
	v.service.model = STR("tts-1");
	v.service.extra = (struct opt_strs){.at = (struct str *)extra, .count = ARRAY_LEN(extra)};
	v.speaker.speed = 5;
	CHECK_STR(voice_wire_http(&v, &openai_speech, "Hi."), "http://127.0.0.1:8000/v1/audio/speech\n"
							      "Content-Type: application/json");
	CHECK_STR(buf_str(&v.address.body),
		  "{\"model\":\"tts-1\",\"input\":\"Hi.\",\"voice\":\"marin\",\"speed\":4,"
		  "\"instructions\":\"calm, friendly\",\"response_format\":\"wav\",\"sample_rate\":8000}");
	voice_wire_fini(&v);
}
