#include "voice_wire.h"

extern const struct tts_http_dialect kokoro_fastapi;

TEST(kokoro_is_asked)
{
	struct voice_wire v;

	voice_wire_init(&v, "");
	CHECK_STR(voice_wire_http(&v, &kokoro_fastapi, "Your table is booked."),
		  "http://127.0.0.1:8880/v1/audio/speech\n"
		  "Content-Type: application/json");
	CHECK_STR(buf_str(&v.address.body),
		  "{\"model\":\"kokoro\",\"input\":\"Your table is booked.\",\"voice\":\"af_heart\","
		  "\"response_format\":\"pcm\",\"speed\":1,\"stream\":true}");
	v.service.url = STR("https://voices.example/kokoro/v1");
	v.service.key = STR("k");
	v.speaker.voice = STR("af_bella(2)+af_sky(1)");
	CHECK_STR(voice_wire_http(&v, &kokoro_fastapi, "Hi."),
		  "https://voices.example/kokoro/v1/audio/speech\n"
		  "Authorization: Bearer k\n"
		  "Content-Type: application/json");
	CHECK(str_find(buf_str(&v.address.body), STR("\"voice\":\"af_bella(2)+af_sky(1)\"")) <
	      v.address.body.n);
	voice_wire_fini(&v);
}
