#include "stt_dialect.h"

extern const struct stt_ws_dialect assemblyai_streaming;

static const struct service plain = {.key = STR_INIT("aai-key")};

TEST(assemblyai_is_asked_with_the_bare_key)
{
	static const struct str terms[] = {STR_INIT("Okafor"), STR_INIT("a \"b\"")};
	struct stt_ws_talk t = dialect_talk(&plain);

	t.key_terms = terms;
	t.key_term_count = 2;
	CHECK_STR(dialect_address(&assemblyai_streaming, &t),
		  "wss://streaming.assemblyai.com/v3/ws?sample_rate=8000&encoding=pcm_mulaw&format_turns=true"
		  "&speech_model=universal-streaming-english"
		  "&keyterms_prompt=%5B%22Okafor%22%2C%22a%20%5C%22b%5C%22%22%5D\nAuthorization: aai-key\n");
	CHECK_STR(dialect_says(assemblyai_streaming.flush, &t), "{\"type\":\"ForceEndpoint\"}\n");
	CHECK_STR(dialect_says(assemblyai_streaming.keepalive, &t), "{\"type\":\"KeepAlive\"}\n");
	CHECK_STR(dialect_says(assemblyai_streaming.end, &t), "{\"type\":\"Terminate\"}\n");
	CHECK(assemblyai_streaming.chunk_min >= USEC_MS(50) && assemblyai_streaming.spare_life == 0);
}

TEST(assemblyai_tells_turns)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(dialect_reads(
			  &assemblyai_streaming, &t,
			  "{\"type\":\"Begin\",\"id\":\"uuid\",\"expires_at\":1700000000,\"configuration\":{"
			  "\"model\":\"..\",\"mode\":\"..\",\"api_version\":\"..\"}}"),
		  "ready\n");
	CHECK_STR(dialect_reads(
			  &assemblyai_streaming, &t,
			  "{\"type\":\"Turn\",\"turn_order\":0,\"turn_is_formatted\":false,\"end_of_turn\":"
			  "false,\"transcript\":\"my name is\",\"end_of_turn_confidence\":0.12,\"words\":[{"
			  "\"text\":\"my\",\"start\":120,\"end\":250,\"confidence\":0.99,\"word_is_final\":"
			  "true},{\"text\":\"Jo\",\"start\":300,\"end\":420,\"confidence\":0.5,"
			  "\"word_is_final\":false}],\"language_code\":\"en\",\"speaker_label\":\"A\"}"),
		  "piece #1 0.120-0.420 sure 0.75 'my name is Jo'\n");
	CHECK_STR(
		dialect_reads(
			&assemblyai_streaming, &t,
			"{\"type\":\"Turn\",\"turn_order\":0,\"turn_is_formatted\":false,\"end_of_turn\":"
			"true,\"transcript\":\"my name is jo\",\"end_of_turn_confidence\":0.9,\"words\":[]}"),
		"piece #1 final 'my name is jo'\nflushed\nendpoint 0.90\n");
	/* The same once more, for the eye. */
	CHECK_STR(dialect_reads(
			  &assemblyai_streaming, &t,
			  "{\"type\":\"Turn\",\"turn_order\":0,\"turn_is_formatted\":true,\"end_of_turn\":"
			  "true,\"transcript\":\"My name is Jo.\",\"end_of_turn_confidence\":0.9}"),
		  "piece #1 final 'My name is Jo.'\nflushed\n");
}

TEST(assemblyai_fails_by_numbers)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(dialect_reads(&assemblyai_streaming, &t,
				"{\"type\":\"Error\",\"error_code\":3006,\"error\":\"Invalid\"}"),
		  "failed 3006 '' 'Invalid'\n");
	CHECK_STR(dialect_reads(&assemblyai_streaming, &t,
				"{\"type\":\"Warning\",\"warning_code\":1,\"warning\":\"..\"}"),
		  "");
	CHECK_STR(dialect_reads(&assemblyai_streaming, &t,
				"{\"type\":\"Termination\",\"audio_duration_seconds\":12,"
				"\"session_duration_seconds\":13}"),
		  "");
	CHECK_INT(stt_ws_fault(&assemblyai_streaming, 4001, STR(""), STR(""), FAULT_PROTOCOL), FAULT_AUTH);
	CHECK_INT(stt_ws_fault(&assemblyai_streaming, 4002, STR(""), STR(""), FAULT_PROTOCOL), FAULT_QUOTA);
	CHECK_INT(stt_ws_fault(&assemblyai_streaming, 3007, STR(""), STR(""), FAULT_PROTOCOL),
		  FAULT_PROTOCOL);
	CHECK_INT(stt_ws_fault(&assemblyai_streaming, 4031, STR(""), STR(""), FAULT_PROTOCOL), FAULT_STALLED);
}

TEST(assemblyai_is_told_as_many_terms_as_there_is_room_for)
{
	struct stt_ws_talk t = dialect_talk(&plain);
	struct str terms[STT_WS_TERMS_MAX], url;

	for (size_t i = 0; i < ARRAY_LEN(terms); i++)
		terms[i] = STR("\"The\" practice of Dr. Anna-Maria Okafor-Lindqvist");
	t.key_terms = terms;
	t.key_term_count = ARRAY_LEN(terms);
	url = dialect_address(&assemblyai_streaming, &t);
	url = str_cut(&url, '\n');
	CHECK(url.n > WS_URL_MAX - 256 && url.n <= WS_URL_MAX);
	CHECK(str_ends(url, STR("Lindqvist%22%5D")));
}
