#include "stt_dialect.h"

extern const struct stt_ws_dialect gladia_live;

static const struct service plain = {.key = STR_INIT("gl-key"), .region = STR_INIT("eu-west")};

TEST(gladia_is_asked_for_a_session_first)
{
	static const struct str terms[] = {STR_INIT("Acme")};
	struct stt_ws_talk t = dialect_talk(&plain);

	t.key_terms = terms;
	t.key_term_count = 1;
	CHECK_STR(dialect_address(&gladia_live, &t),
		  "https://api.gladia.io/v2/live?region=eu-west\nx-gladia-key: gl-key\n"
		  "Content-Type: application/json\n"
		  "{\"encoding\":\"wav/ulaw\",\"bit_depth\":8,\"sample_rate\":8000,\"channels\":1,\"model\":"
		  "\"solaria-1\",\"endpointing\":0.2,\"language_config\":{\"languages\":[\"en\"],"
		  "\"code_switching\":false},\"realtime_processing\":{\"custom_vocabulary\":true,"
		  "\"custom_vocabulary_config\":{\"vocabulary\":[\"Acme\"]}},\"messages_config\":{"
		  "\"receive_partial_transcripts\":true,\"receive_final_transcripts\":true,"
		  "\"receive_acknowledgments\":false,\"receive_errors\":true}}\n");
}

static int answered(const char *body, const char *want)
{
	struct stt_ws_talk t = dialect_talk(&plain);
	struct buf url;
	int rc;

	buf_init(&url, WS_URL_MAX);
	rc = gladia_live.answer(&t, str_from(body), &url);
	CHECK_STR(buf_str(&url), want);
	buf_fini(&url);
	return rc;
}

TEST(gladia_names_its_websocket)
{
	CHECK_INT(answered("{\"id\":\"..\",\"url\":\"wss://api.gladia.io/v2/live?token=t\"}",
			   "wss://api.gladia.io/v2/live?token=t"),
		  0);
	CHECK_INT(answered("{\"id\":\"..\"}", ""), -EBADMSG);
	CHECK_INT(answered("<html>", ""), -EBADMSG);
}

TEST(gladia_tells_utterances)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(dialect_reads(&gladia_live, &t,
				"{\"type\":\"transcript\",\"data\":{\"id\":\"00_1\",\"is_final\":false,"
				"\"utterance\":{"
				"\"text\":\" "
				"Hello\",\"start\":0.2,\"end\":0.8,\"confidence\":0.7,\"words\":[{\"word\":"
				"\" Hello\",\"start\":0.2,\"end\":0.8,\"confidence\":0.7}]}}}"),
		  "piece #1 0.200-0.800 sure 0.70 ' Hello'\n");
	CHECK_STR(
		dialect_reads(
			&gladia_live, &t,
			"{\"type\":\"transcript\",\"data\":{\"id\":\"00_1\",\"is_final\":true,\"utterance\":{"
			"\"text\":\"Hello there.\",\"start\":0.2,\"end\":1.3,\"confidence\":0.9}}}"),
		"piece #1 final 0.200-1.300 sure 0.90 'Hello there.'\n");
	CHECK_STR(dialect_reads(
			  &gladia_live, &t,
			  "{\"type\":\"audio_chunk\",\"acknowledged\":true,\"data\":{\"byte_range\":[0,3200],"
			  "\"time_range\":[0,0.4]}}"),
		  "");
	CHECK_STR(dialect_reads(&gladia_live, &t, "{\"type\":\"speech_end\",\"data\":{\"time\":1.4}}"), "");
	CHECK_STR(dialect_reads(&gladia_live, &t, "{\"type\":\"error\",\"data\":{\"message\":\"no\"}}"),
		  "failed 0 '' 'no'\n");
	CHECK_STR(dialect_says(gladia_live.end, &t), "{\"type\":\"stop_recording\"}\n");
}
