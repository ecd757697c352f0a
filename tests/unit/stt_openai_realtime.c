#include "stt_dialect.h"

extern const struct stt_ws_dialect openai_realtime, speaches_realtime;

static const struct service plain = {.key = STR_INIT("sk-key")};

TEST(openai_realtime_is_told_to_wait_for_commits)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(dialect_address(&openai_realtime, &t),
		  "wss://api.openai.com/v1/realtime?intent=transcription\nAuthorization: Bearer sk-key\n");
	CHECK_STR(
		dialect_says(openai_realtime.begin, &t),
		"{\"type\":\"session.update\",\"session\":{\"type\":\"transcription\",\"audio\":{\"input\":{"
		"\"format\":{\"type\":\"audio/"
		"pcmu\"},\"transcription\":{\"model\":\"gpt-4o-mini-transcribe\","
		"\"language\":\"en\"},\"turn_detection\":null}}}}\n");
	CHECK_STR(dialect_sound(&openai_realtime, &t, STR("\xff\xff\xff\x7f")),
		  "{\"type\":\"input_audio_buffer.append\",\"audio\":\"////fw==\"}\n");
	CHECK_STR(dialect_says(openai_realtime.flush, &t), "{\"type\":\"input_audio_buffer.commit\"}\n");
	CHECK(openai_realtime.chunk_min >= USEC_MS(100));
}

TEST(openai_realtime_takes_terms_as_its_models_do)
{
	static const struct str terms[] = {STR_INIT("Acme"), STR_INIT("Okafor")};
	static const struct service listed = {.model = STR_INIT("gpt-live-transcribe")};
	static const struct service none = {.model = STR_INIT("gpt-realtime-whisper")};
	struct stt_ws_talk t = dialect_talk(&plain);
	struct str said;

	t.key_terms = terms;
	t.key_term_count = 2;
	said = dialect_says(openai_realtime.begin, &t);
	CHECK(str_ihas(said, STR("\"prompt\":\"names: Acme, Okafor\"")));
	t.service = &listed;
	said = dialect_says(openai_realtime.begin, &t);
	CHECK(str_ihas(said, STR("\"keywords\":[\"Acme\",\"Okafor\"]")) && !str_ihas(said, STR("prompt")));
	t.service = &none;
	said = dialect_says(openai_realtime.begin, &t);
	CHECK(!str_ihas(said, STR("Acme")));
}

TEST(openai_realtime_tells_items)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(dialect_reads(&openai_realtime, &t, "{\"type\":\"session.created\",\"session\":{}}"),
		  "greeted\n");
	CHECK_STR(dialect_reads(&openai_realtime, &t,
				"{\"type\":\"input_audio_buffer.committed\",\"item_id\":\"a\","
				"\"previous_item_id\":null}"),
		  "piece #1 cut ''\n");
	CHECK_STR(dialect_reads(
			  &openai_realtime, &t,
			  "{\"type\":\"conversation.item.input_audio_transcription.delta\",\"item_id\":\"b\","
			  "\"content_index\":0,\"delta\":\" hel\"}"),
		  "piece #2 more ' hel'\n");
	CHECK_STR(
		dialect_reads(
			&openai_realtime, &t,
			"{\"type\":\"conversation.item.input_audio_transcription.completed\",\"item_id\":"
			"\"a\",\"transcript\":\"Hello.\",\"usage\":{\"type\":\"tokens\",\"input_tokens\":14,"
			"\"output_tokens\":3}}"),
		"piece #1 final 'Hello.'\nflushed #1\nused 14 3\n");
	CHECK_STR(dialect_reads(
			  &openai_realtime, &t,
			  "{\"type\":\"conversation.item.input_audio_transcription.completed\",\"item_id\":"
			  "\"b\",\"transcript\":\"\",\"usage\":{\"type\":\"duration\",\"seconds\":2}}"),
		  "piece #2 final ''\nflushed #2\n");
	CHECK_STR(dialect_reads(&openai_realtime, &t,
				"{\"type\":\"conversation.item.added\",\"item\":{\"id\":\"a\"}}"),
		  "");
}

TEST(openai_realtime_fails_by_names)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(dialect_reads(&openai_realtime, &t,
				"{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"code\":"
				"\"input_audio_buffer_commit_empty\",\"message\":\"buffer too small\"}}"),
		  "flushed\n");
	CHECK_STR(dialect_reads(
			  &openai_realtime, &t,
			  "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"code\":null,"
			  "\"message\":\"no such model\"}}"),
		  "failed 0 'invalid_request_error' 'no such model'\n");
	CHECK_STR(
		dialect_reads(
			&openai_realtime, &t,
			"{\"type\":\"conversation.item.input_audio_transcription.failed\",\"item_id\":\"a\","
			"\"error\":{\"type\":\"server_error\",\"message\":\"x\"}}"),
		"failed 0 'server_error' 'x'\n");
	CHECK_INT(stt_ws_fault(&openai_realtime, 0, STR("invalid_api_key"), STR(""), FAULT_PROTOCOL),
		  FAULT_AUTH);
	CHECK_INT(stt_ws_fault(&openai_realtime, 0, STR("invalid_request_error"), STR(""), FAULT_PROTOCOL),
		  FAULT_CONFIG);
}

TEST(speaches_is_asked_by_its_query)
{
	static const struct service home = {.url = STR_INIT("http://gpu:8000/v1"),
					    .model = STR_INIT("Systran/faster-whisper-large-v3")};
	struct stt_ws_talk t = dialect_talk(&home);

	CHECK_STR(dialect_address(&speaches_realtime, &t),
		  "ws://gpu:8000/v1/realtime?model=Systran%2Ffaster-whisper-large-v3&intent=transcription"
		  "&language=en\n");
	CHECK_INT(speaches_realtime.coding, STT_WS_S16_24K);
}
