#include "voice_wire.h"

extern const struct tts_http_dialect xtts_tts;

TEST(xtts_is_asked)
{
	struct voice_wire v;

	voice_wire_init(&v, "");
	CHECK_STR(
		voice_wire_http(&v, &xtts_tts, "Hello, caf\xc3\xa9."),
		"http://127.0.0.1:8020/tts_stream?text=Hello%2C%20caf%C3%A9.&speaker_wav=female&language=en");
	v.speaker.voice = STR("anna.wav");
	v.speaker.language = STR("zh-TW");
	CHECK_STR(voice_wire_http(&v, &xtts_tts, "Hi"),
		  "http://127.0.0.1:8020/tts_stream?text=Hi&speaker_wav=anna.wav&language=zh-cn");
	CHECK_INT(v.address.body.n, 0); /* GET */
	voice_wire_fini(&v);
}
