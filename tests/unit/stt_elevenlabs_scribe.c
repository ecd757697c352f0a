#include "stt_dialect.h"

extern const struct stt_ws_dialect elevenlabs_scribe;

static const struct service plain = {.key = STR_INIT("xi-key")};

TEST(scribe_is_committed_by_us)
{
	static const struct str terms[] = {STR_INIT("Okafor"), STR_INIT("Acme")};
	struct stt_ws_talk t = dialect_talk(&plain);

	t.key_terms = terms;
	t.key_term_count = 2;
	CHECK_STR(dialect_address(&elevenlabs_scribe, &t),
		  "wss://api.elevenlabs.io/v1/speech-to-text/realtime?model_id=scribe_v2_realtime"
		  "&audio_format=ulaw_8000&commit_strategy=manual&language_code=en&keyterms=Okafor&keyterms="
		  "Acme\n"
		  "xi-api-key: xi-key\n");
	CHECK_STR(dialect_sound(&elevenlabs_scribe, &t, STR("\xff\xff\xff\x7f")),
		  "{\"message_type\":\"input_audio_chunk\",\"audio_base_64\":\"////fw==\",\"commit\":false,"
		  "\"sample_rate\":8000}\n");
	CHECK_STR(dialect_says(elevenlabs_scribe.flush, &t),
		  "{\"message_type\":\"input_audio_chunk\",\"audio_base_64\":\"\",\"commit\":true,"
		  "\"sample_rate\":8000}\n");
	CHECK(!stt_ws_has(&elevenlabs_scribe.end)); /* there is no last word */
}

TEST(scribe_tells_commits_once)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(dialect_reads(&elevenlabs_scribe, &t,
				"{\"message_type\":\"session_started\",\"session_id\":\"s\",\"config\":{}}"),
		  "ready\n");
	CHECK_STR(dialect_reads(&elevenlabs_scribe, &t,
				"{\"message_type\":\"partial_transcript\",\"text\":\"I need\"}"),
		  "piece 'I need'\n");
	CHECK_STR(dialect_reads(&elevenlabs_scribe, &t,
				"{\"message_type\":\"committed_transcript\",\"text\":\"I need help.\"}"),
		  "piece final 'I need help.'\nflushed\n");
	CHECK_STR(dialect_reads(&elevenlabs_scribe, &t,
				"{\"message_type\":\"committed_transcript_with_timestamps\",\"text\":"
				"\"I need help.\",\"language_code\":\"en\",\"words\":[]}"),
		  "");
	CHECK_STR(dialect_reads(&elevenlabs_scribe, &t,
				"{\"message_type\":\"committed_transcript\",\"text\":\"\"}"),
		  "piece final ''\nflushed\n");
}

TEST(scribe_survives_some_errors)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(dialect_reads(&elevenlabs_scribe, &t,
				"{\"message_type\":\"commit_throttled\",\"error\":\"too little\"}"),
		  "flushed\n");
	CHECK_STR(dialect_reads(&elevenlabs_scribe, &t,
				"{\"message_type\":\"input_error\",\"error\":\"bad chunk\"}"),
		  "");
	CHECK_STR(dialect_reads(&elevenlabs_scribe, &t,
				"{\"message_type\":\"quota_exceeded\",\"error\":\"no credits\"}"),
		  "failed 0 'quota_exceeded' 'no credits'\n");
	CHECK_INT(stt_ws_fault(&elevenlabs_scribe, 0, STR("quota_exceeded"), STR(""), FAULT_PROTOCOL),
		  FAULT_QUOTA);
	CHECK_INT(stt_ws_fault(&elevenlabs_scribe, 0, STR("auth_error"), STR(""), FAULT_PROTOCOL),
		  FAULT_AUTH);
}
