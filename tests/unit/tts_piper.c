#include "voice_wire.h"

extern const struct tts_http_dialect piper_http;

TEST(piper_is_asked)
{
	static const struct str extra[] = {STR_INIT("speaker_id=3"), STR_INIT("noise_scale=0.667")};
	struct voice_wire v;

	voice_wire_init(&v, "");
	CHECK_STR(voice_wire_http(&v, &piper_http, "Hello there."), "http://127.0.0.1:5000/synthesize\n"
								    "Content-Type: application/json");
	CHECK_STR(buf_str(&v.address.body), "{\"text\":\"Hello there.\"}");
	v.service.extra = (struct opt_strs){.at = (struct str *)extra, .count = ARRAY_LEN(extra)};
	v.speaker.voice = STR("en_US-lessac-medium");
	v.speaker.speed = 2;
	voice_wire_http(&v, &piper_http, "Hello there.");
	CHECK_STR(buf_str(&v.address.body),
		  "{\"text\":\"Hello there.\",\"voice\":\"en_US-lessac-medium\",\"length_scale\":0.5,"
		  "\"speaker_id\":3,\"noise_scale\":0.667}");
	voice_wire_fini(&v);
}
