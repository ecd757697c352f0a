#include "stt_dialect.h"

extern const struct stt_ws_dialect vosk_older, vosk_server;

static const struct service plain;

TEST(vosk_is_told_its_rate_first)
{
	static const struct service far = {.url = STR_INIT("ws://vosk.local:2700")};
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(dialect_address(&vosk_server, &t), "ws://127.0.0.1:2700\n");
	CHECK_STR(dialect_says(vosk_server.begin, &t),
		  "{\"config\":{\"sample_rate\":16000,\"words\":1,\"max_alternatives\":0}}\n");
	CHECK_STR(dialect_says(vosk_server.flush, &t), "{\"reset\" : 1}\n");
	CHECK_STR(dialect_says(vosk_server.end, &t), "{\"eof\" : 1}\n");
	t.service = &far;
	CHECK_STR(dialect_address(&vosk_server, &t), "ws://vosk.local:2700\n");
}

/* An older one would drop the connection. */
TEST(vosk_older_hears_silence_instead_of_reset)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(dialect_says(vosk_older.begin, &t),
		  "{\"config\":{\"sample_rate\":16000,\"words\":1,\"max_alternatives\":0}}\n");
	CHECK(!stt_ws_has(&vosk_older.flush));
	CHECK(vosk_older.flush_silence > USEC_SEC(2));
}

TEST(vosk_tells_partials_and_results)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(dialect_reads(&vosk_server, &t, "{\n  \"partial\" : \"hello wor\"\n}"),
		  "piece 'hello wor'\n");
	CHECK_STR(dialect_reads(
			  &vosk_server, &t,
			  "{\n \"result\" : [{\"conf\" : 1.0, \"start\" : 0.51, \"end\" : 0.70, \"word\" : "
			  "\"hello\"}, {\"conf\" : 0.8, \"start\" : 0.70, \"end\" : 0.90, \"word\" : "
			  "\"world\"}],"
			  "\n \"text\" : \"hello world\"}"),
		  "piece final 0.510-0.900 sure 0.90 'hello world'\n");
	CHECK_STR(dialect_reads(&vosk_server, &t,
				"{\"alternatives\" : [{\"confidence\" : 198.3, \"text\" : \"hello world\", "
				"\"result\" : []}, {\"confidence\" : 1, \"text\" : \"yellow\"}]}"),
		  "piece final 'hello world'\n");
	CHECK_STR(dialect_reads(&vosk_server, &t, "{\"text\" : \"\"}"), "piece final ''\n");
}
