#include "stt_dialect.h"

extern const struct stt_ws_dialect speechmatics_rt;

static const struct service plain = {.key = STR_INIT("sm-key")};

TEST(speechmatics_is_asked_by_region)
{
	static const struct service us = {.key = STR_INIT("sm-key"), .region = STR_INIT("us")};
	static const struct service own = {.key = STR_INIT("k"), .url = STR_INIT("ws://sm.local:9000/v2")};
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(dialect_address(&speechmatics_rt, &t),
		  "wss://eu.rt.speechmatics.com/v2\nAuthorization: Bearer sm-key\n");
	t.service = &us;
	CHECK_STR(dialect_address(&speechmatics_rt, &t),
		  "wss://us.rt.speechmatics.com/v2\nAuthorization: Bearer sm-key\n");
	t.service = &own;
	CHECK_STR(dialect_address(&speechmatics_rt, &t), "ws://sm.local:9000/v2\nAuthorization: Bearer k\n");
}

TEST(speechmatics_is_begun_and_ended)
{
	static const struct str terms[] = {STR_INIT("Acme")}, extra[] = {STR_INIT("domain=medical")};
	static const struct service s = {.extra = {extra, 1}};
	struct stt_ws_talk t = dialect_talk(&s);

	t.key_terms = terms;
	t.key_term_count = 1;
	t.audio_messages = 17;
	CHECK_STR(
		dialect_says(speechmatics_rt.begin, &t),
		"{\"message\":\"StartRecognition\",\"audio_format\":{\"type\":\"raw\",\"encoding\":\"mulaw\","
		"\"sample_rate\":8000},\"transcription_config\":{\"language\":\"en\",\"operating_point\":"
		"\"enhanced\",\"max_delay\":1,\"max_delay_mode\":\"flexible\",\"enable_partials\":true,"
		"\"additional_vocab\":[{\"content\":\"Acme\"}],\"conversation_config\":{"
		"\"end_of_utterance_silence_trigger\":0.5},\"domain\":\"medical\"}}\n");
	CHECK_STR(dialect_says(speechmatics_rt.flush, &t), "{\"message\":\"ForceEndOfUtterance\"}\n");
	CHECK_STR(dialect_says(speechmatics_rt.end, &t),
		  "{\"message\":\"EndOfStream\",\"last_seq_no\":17}\n");
}

TEST(speechmatics_tells_transcripts)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(dialect_reads(&speechmatics_rt, &t, "{\"message\":\"RecognitionStarted\",\"id\":\"x\"}"),
		  "ready\n");
	CHECK_STR(dialect_reads(&speechmatics_rt, &t, "{\"message\":\"AudioAdded\",\"seq_no\":1}"), "");
	CHECK_STR(
		dialect_reads(
			&speechmatics_rt, &t,
			"{\"message\":\"AddTranscript\",\"format\":\"2.9\",\"metadata\":{\"start_time\":0.1,"
			"\"end_time\":1.4,\"transcript\":\"Hello. \"},\"results\":[{\"type\":\"word\","
			"\"start_time\":0.1,\"end_time\":0.5,\"alternatives\":[{\"content\":\"Hello\","
			"\"confidence\":0.99,\"language\":\"en\",\"speaker\":\"S1\"}]},{\"type\":"
			"\"punctuation\",\"attaches_to\":\"previous\",\"is_eos\":true,\"start_time\":0.5,"
			"\"end_time\":0.5,\"alternatives\":[{\"content\":\".\",\"confidence\":0.97}]}]}"),
		"piece final 0.100-1.400 sure 0.98 'Hello. '\n");
	CHECK_STR(
		dialect_reads(
			&speechmatics_rt, &t,
			"{\"message\":\"AddPartialTranscript\",\"metadata\":{\"start_time\":1.4,\"end_time\":"
			"2,\"transcript\":\"you \"},\"results\":[]}"),
		"piece 1.400-2.000 'you '\n");
	CHECK_STR(dialect_reads(
			  &speechmatics_rt, &t,
			  "{\"message\":\"EndOfUtterance\",\"metadata\":{\"start_time\":2,\"end_time\":2}}"),
		  "flushed\nendpoint 0.50\n");
	CHECK_STR(
		dialect_reads(
			&speechmatics_rt, &t,
			"{\"message\":\"Error\",\"type\":\"quota_exceeded\",\"reason\":\"no more\",\"code\":"
			"4005}"),
		"failed 4005 'quota_exceeded' 'no more'\n");
	CHECK_INT(stt_ws_fault(&speechmatics_rt, 4001, STR(""), STR("not_authorised"), FAULT_PROTOCOL),
		  FAULT_AUTH);
	CHECK_INT(stt_ws_fault(&speechmatics_rt, 0, STR("buffer_error"), STR(""), FAULT_PROTOCOL),
		  FAULT_OVERLOAD);
}
