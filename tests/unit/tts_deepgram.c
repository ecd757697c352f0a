#include "voice_wire.h"

extern const struct tts_ws_dialect deepgram_aura;

TEST(deepgram_aura_is_asked)
{
	static const struct str extra[] = {STR_INIT("mip_opt_out=true")};
	struct voice_wire v;

	voice_wire_init(&v, "key");
	CHECK_STR(voice_wire_ws(&v, &deepgram_aura),
		  "wss://api.deepgram.com/v1/speak?model=aura-2-thalia-en&encoding=mulaw&sample_rate=8000\n"
		  "Authorization: Token key");
	v.service.model = STR("aura-asteria-en");
	v.service.extra = (struct opt_strs){.at = (struct str *)extra, .count = ARRAY_LEN(extra)};
	v.speaker.speed = 1.2f;
	CHECK_STR(voice_wire_ws(&v, &deepgram_aura),
		  "wss://api.deepgram.com/v1/speak?model=aura-asteria-en&encoding=mulaw&sample_rate=8000"
		  "&speed=1.20&mip_opt_out=true\n"
		  "Authorization: Token key");
	v.speaker.voice = STR("aura-2-apollo-en");
	CHECK(str_find(voice_wire_ws(&v, &deepgram_aura), STR("model=aura-2-apollo-en&")) < v.out.n);
	CHECK_STR(voice_wire_step(&v, &deepgram_aura, TTS_WS_BEGIN, ""), "");
	CHECK_STR(voice_wire_step(&v, &deepgram_aura, TTS_WS_SAY, "Hello, how can I help? "),
		  "{\"type\":\"Speak\",\"text\":\"Hello, how can I help? \"}\n");
	CHECK_STR(voice_wire_step(&v, &deepgram_aura, TTS_WS_FINISH, ""), "{\"type\":\"Flush\"}\n");
	CHECK_STR(voice_wire_step(&v, &deepgram_aura, TTS_WS_CANCEL, ""), "{\"type\":\"Clear\"}\n");
	CHECK_STR(voice_wire_step(&v, &deepgram_aura, TTS_WS_BYE, ""), "{\"type\":\"Close\"}\n");
	voice_wire_fini(&v);
}

TEST(deepgram_aura_is_understood)
{
	static const struct {
		const char *message;
		bool over, cancelled;
		enum fault fault;
		int rc;
	} rows[] = {
		{"{\"type\":\"Metadata\",\"request_id\":\"r\",\"model_name\":\"m\",\"model_version\":\"v\","
		 "\"model_uuid\":\"u\"}",
		 false, false, FAULT_NONE, 0},
		{"{\"type\":\"Flushed\",\"sequence_id\":0}", true, false, FAULT_NONE, 0},
		{"{\"type\":\"Cleared\",\"sequence_id\":1}", false, true, FAULT_NONE, 0},
		{"{\"type\":\"Warning\",\"code\":\"x\",\"description\":\"y\"}", false, false, FAULT_NONE, 0},
		{"{\"type\":\"Error\",\"description\":\"bad\"}", false, false, FAULT_PROTOCOL, 0},
		{"{\"sequence_id\":1}", false, false, FAULT_NONE, -EBADMSG},
	};
	struct tts_ws_news news;
	struct json *doc = NULL;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(voice_wire_read(&deepgram_aura, rows[i].message, &news, &doc), rows[i].rc);
		CHECK_INT(news.over, rows[i].over);
		CHECK_INT(news.cancelled, rows[i].cancelled);
		CHECK_INT(news.fault, rows[i].fault);
	}
	json_free(doc);
}

TEST(deepgram_aura_hangs_up_for_a_reason)
{
	static const struct {
		int code;
		const char *words;
		enum fault fault;
	} rows[] = {
		{1008, "DATA-0001", FAULT_QUOTA},       {1008, "DATA-0000", FAULT_PROTOCOL},
		{1003, "MESSAGE-0000", FAULT_PROTOCOL}, {1009, "BIG-0001", FAULT_PROTOCOL},
		{1011, "NET-0001", FAULT_NONE},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ws_end end = {.code = rows[i].code, .words = str_from(rows[i].words)};

		CHECK_INT(deepgram_aura.closed(&end), rows[i].fault);
	}
}
