#include "voice_wire.h"

extern const struct tts_ws_dialect rime_tts;

TEST(rime_is_asked)
{
	struct voice_wire v;

	voice_wire_init(&v, "key");
	CHECK_STR(voice_wire_ws(&v, &rime_tts),
		  "wss://users-ws.rime.ai/ws3?speaker=cove&modelId=mistv2&audioFormat=mulaw"
		  "&samplingRate=8000&segment=never&lang=eng\n"
		  "Authorization: Bearer key");
	v.speaker.language = STR("de-AT");
	CHECK(str_find(voice_wire_ws(&v, &rime_tts), STR("&lang=ger\n")) < v.out.n);
	v.speaker.language = STR("sv-SE"); /* not one of theirs */
	CHECK(str_find(voice_wire_ws(&v, &rime_tts), STR("&lang=")) == v.out.n);
	CHECK_STR(voice_wire_step(&v, &rime_tts, TTS_WS_SAY, "Hello, how are you?"),
		  "{\"text\":\"Hello, how are you?\",\"contextId\":\"s7\"}\n{\"operation\":\"flush\"}\n");
	CHECK_STR(voice_wire_step(&v, &rime_tts, TTS_WS_FINISH, ""), "");
	CHECK_STR(voice_wire_step(&v, &rime_tts, TTS_WS_CANCEL, ""), "{\"operation\":\"clear\"}\n");
	CHECK_STR(voice_wire_step(&v, &rime_tts, TTS_WS_BYE, ""), "{\"operation\":\"eos\"}\n");
	voice_wire_fini(&v);
}

TEST(rime_is_understood)
{
	struct tts_ws_news news;
	struct json *doc = NULL;

	CHECK_INT(voice_wire_read(&rime_tts,
				  "{\"type\":\"chunk\",\"data\":\"/////w==\",\"contextId\":\"turn-7\"}",
				  &news, &doc),
		  0);
	CHECK_STR(news.name, "turn-7");
	CHECK_STR(news.sound, "/////w==");
	CHECK_INT(voice_wire_read(&rime_tts,
				  "{\"type\":\"timestamps\",\"word_timestamps\":{\"words\":[\"Hello,\"],"
				  "\"start\":[0.0],\"end\":[0.31]},\"contextId\":\"turn-7\"}",
				  &news, &doc),
		  0);
	CHECK(json_num_or(json_at(news.times.ends, 0), "", 0) == 0.31);
	CHECK_INT(voice_wire_read(&rime_tts, "{\"type\":\"done\",\"contextId\":\"turn-7\"}", &news, &doc), 0);
	CHECK(news.over);
	CHECK_INT(voice_wire_read(&rime_tts, "{\"type\":\"error\",\"message\":\"no\"}", &news, &doc), 0);
	CHECK_INT(news.fault, FAULT_PROTOCOL);
	CHECK_STR(news.words, "no");
	CHECK_INT(voice_wire_read(&rime_tts, "{}", &news, &doc), -EBADMSG);
	json_free(doc);
}
