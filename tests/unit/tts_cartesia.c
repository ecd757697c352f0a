#include "voice_wire.h"

extern const struct tts_ws_dialect cartesia_tts;

static const char say[] =
	"{\"model_id\":\"sonic-3\",\"transcript\":\"Hello, \",\"context_id\":\"s7\",\"continue\":true,"
	"\"voice\":{\"mode\":\"id\",\"id\":\"v-1\"},"
	"\"output_format\":{\"container\":\"raw\",\"encoding\":\"pcm_mulaw\",\"sample_rate\":8000},"
	"\"language\":\"en\",\"add_timestamps\":true,\"max_buffer_delay_ms\":0}\n"
	"{\"model_id\":\"sonic-3\",\"transcript\":\"\",\"context_id\":\"s7\",\"continue\":true,\"flush\":"
	"true,"
	"\"voice\":{\"mode\":\"id\",\"id\":\"v-1\"},"
	"\"output_format\":{\"container\":\"raw\",\"encoding\":\"pcm_mulaw\",\"sample_rate\":8000},"
	"\"language\":\"en\",\"add_timestamps\":true,\"max_buffer_delay_ms\":0}\n";

static const char last[] =
	"{\"model_id\":\"sonic-2\",\"transcript\":\"\",\"context_id\":\"s7\",\"continue\":false,"
	"\"voice\":{\"mode\":\"id\",\"id\":\"v-1\"},"
	"\"output_format\":{\"container\":\"raw\",\"encoding\":\"pcm_mulaw\",\"sample_rate\":8000},"
	"\"language\":\"de\",\"add_timestamps\":true,\"max_buffer_delay_ms\":0}\n";

TEST(cartesia_is_asked)
{
	struct voice_wire v;

	voice_wire_init(&v, "key");
	CHECK_STR(voice_wire_ws(&v, &cartesia_tts), "wss://api.cartesia.ai/tts/websocket\n"
						    "X-API-Key: key\n"
						    "Cartesia-Version: 2025-04-16");
	v.speaker.voice = STR("v-1");
	CHECK_STR(voice_wire_step(&v, &cartesia_tts, TTS_WS_BEGIN, ""), "");
	CHECK_STR(voice_wire_step(&v, &cartesia_tts, TTS_WS_SAY, "Hello, "), say);
	CHECK_STR(voice_wire_step(&v, &cartesia_tts, TTS_WS_CANCEL, ""),
		  "{\"context_id\":\"s7\",\"cancel\":true}\n");
	CHECK_STR(voice_wire_step(&v, &cartesia_tts, TTS_WS_BYE, ""), "");
	v.service.model = STR("sonic-2");
	v.service.url = STR("http://127.0.0.1:9/");
	v.service.version = STR("2026-08-14");
	v.speaker.language = STR("de-DE");
	v.speaker.speed = 2; /* which this model does not know */
	CHECK_STR(voice_wire_ws(&v, &cartesia_tts), "ws://127.0.0.1:9/tts/websocket\n"
						    "X-API-Key: key\n"
						    "Cartesia-Version: 2026-08-14");
	CHECK_STR(voice_wire_step(&v, &cartesia_tts, TTS_WS_FINISH, ""), last);
	v.service.model = STR("sonic-3");
	CHECK(str_find(voice_wire_step(&v, &cartesia_tts, TTS_WS_FINISH, ""),
		       STR("\"generation_config\":{\"speed\":1.5}")) < v.out.n);
	voice_wire_fini(&v);
}

TEST(cartesia_is_understood)
{
	struct tts_ws_news news;
	struct json *doc = NULL;

	CHECK_INT(voice_wire_read(&cartesia_tts,
				  "{\"type\":\"chunk\",\"context_id\":\"turn-7\",\"status_code\":206,"
				  "\"done\":false,\"data\":\"/////w==\",\"step_time\":12.3,\"flush_id\":1}",
				  &news, &doc),
		  0);
	CHECK_STR(news.name, "turn-7");
	CHECK_STR(news.sound, "/////w==");
	CHECK(!news.over && !news.clause_over && news.fault == FAULT_NONE);
	CHECK_INT(voice_wire_read(&cartesia_tts,
				  "{\"type\":\"timestamps\",\"context_id\":\"turn-7\",\"status_code\":206,"
				  "\"done\":false,\"word_timestamps\":{\"words\":[\"Hello\"],\"start\":[0.0],"
				  "\"end\":[0.4]},\"flush_id\":1}",
				  &news, &doc),
		  0);
	CHECK_INT(json_count(news.times.words), 1);
	CHECK(json_num_or(json_at(news.times.ends, 0), "", 0) == 0.4 && news.times.unit == 1);
	CHECK_INT(voice_wire_read(&cartesia_tts,
				  "{\"type\":\"flush_done\",\"context_id\":\"turn-7\",\"status_code\":206,"
				  "\"done\":false,\"flush_done\":true,\"flush_id\":1}",
				  &news, &doc),
		  0);
	CHECK(news.clause_over && !news.over);
	CHECK_INT(voice_wire_read(
			  &cartesia_tts,
			  "{\"type\":\"done\",\"context_id\":\"turn-7\",\"status_code\":200,\"done\":true}",
			  &news, &doc),
		  0);
	CHECK(news.over && !news.clause_over);
	CHECK_INT(voice_wire_read(&cartesia_tts, "{\"type\":\"chunk\",\"data\":\"\"}", &news, &doc),
		  -EBADMSG);
	json_free(doc);
}

TEST(cartesia_says_what_is_wrong)
{
	static const struct {
		const char *message, *words;
		enum fault fault;
	} rows[] = {
		{"{\"type\":\"error\",\"context_id\":\"s7\",\"status_code\":400,\"done\":true,"
		 "\"title\":\"Bad\",\"message\":\"no such voice\",\"error_code\":\"x\"}",
		 "no such voice", FAULT_CONFIG},
		{"{\"type\":\"error\",\"context_id\":\"s7\",\"status_code\":429,\"error\":\"too many\"}",
		 "too many", FAULT_QUOTA},
		{"{\"type\":\"error\",\"status_code\":401,\"title\":\"Invalid key\"}", "Invalid key",
		 FAULT_AUTH},
		{"{\"type\":\"error\"}", "", FAULT_PROTOCOL},
	};
	struct tts_ws_news news;
	struct json *doc = NULL;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(voice_wire_read(&cartesia_tts, rows[i].message, &news, &doc), 0);
		CHECK_INT(news.fault, rows[i].fault);
		CHECK_STR(news.words, rows[i].words);
	}
	json_free(doc);
}
