#include "stt_dialect.h"

extern const struct stt_ws_dialect deepgram_listen;

static const struct service plain = {.key = STR_INIT("dg-key")};

TEST(deepgram_is_asked_for_the_telephone)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(
		dialect_address(&deepgram_listen, &t),
		"wss://api.deepgram.com/v1/listen?model=nova-3&language=en-US&encoding=mulaw&sample_rate=8000"
		"&channels=1&interim_results=true&endpointing=300&utterance_end_ms=1000&smart_format=true\n"
		"Authorization: Token dg-key\n");
}

TEST(deepgram_at_home_with_other_wishes)
{
	static const struct str extra[] = {STR_INIT("endpointing=false"), STR_INIT("redact=pci"),
					   STR_INIT("redact=ssn")};
	static const struct str terms[] = {STR_INIT("Dr. Okafor"), STR_INIT("Acme")};
	static const struct service home = {.url = STR_INIT("ws://dg.local:8080"),
					    .model = STR_INIT("nova-2-phonecall"),
					    .extra = {extra, 3}};
	struct stt_ws_talk t = dialect_talk(&home);

	t.key_terms = terms;
	t.key_term_count = 2;
	t.language = (struct str){0};
	CHECK_STR(dialect_address(&deepgram_listen, &t),
		  "ws://dg.local:8080/v1/listen?model=nova-2-phonecall&encoding=mulaw&sample_rate=8000"
		  "&channels=1&interim_results=true&utterance_end_ms=1000&smart_format=true"
		  "&keyterm=Dr.%20Okafor&keyterm=Acme&endpointing=false&redact=pci&redact=ssn\n");
}

TEST(deepgram_is_told_in_texts)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(dialect_says(deepgram_listen.flush, &t), "{\"type\":\"Finalize\"}\n");
	CHECK_STR(dialect_says(deepgram_listen.keepalive, &t), "{\"type\":\"KeepAlive\"}\n");
	CHECK_STR(dialect_says(deepgram_listen.end, &t), "{\"type\":\"CloseStream\"}\n");
	CHECK_STR(dialect_sound(&deepgram_listen, &t, STR("\xff\x7f")), "0xff7f\n");
}

TEST(deepgram_tells_segments)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(
		dialect_reads(&deepgram_listen, &t,
			      "{\"type\":\"Results\",\"channel_index\":[0,1],\"duration\":1.5,\"start\":3.2,"
			      "\"is_final\":true,\"speech_final\":true,\"from_finalize\":false,\"channel\":"
			      "{\"alternatives\":[{\"transcript\":\"hello there\",\"confidence\":0.99,"
			      "\"languages\":[\"en\"],\"words\":[{\"word\":\"hello\",\"punctuated_word\":"
			      "\"Hello\",\"start\":3.3,\"end\":3.6,\"confidence\":0.99,\"speaker\":0}]}]},"
			      "\"metadata\":{\"request_id\":\"..\",\"model_info\":{\"name\":\"..\","
			      "\"version\":\"..\",\"arch\":\"nova-3\"},\"model_uuid\":\"..\"}}"),
		"piece final 3.200-4.700 sure 0.99 'hello there'\nendpoint 0.50\n");
	CHECK_STR(
		dialect_reads(&deepgram_listen, &t,
			      "{\"type\":\"Results\",\"start\":0,\"duration\":1,\"is_final\":false,"
			      "\"speech_final\":false,\"channel\":{\"alternatives\":[{\"transcript\":\"hel\","
			      "\"confidence\":0.5}]}}"),
		"piece 0.000-1.000 sure 0.50 'hel'\n");
	CHECK_STR(dialect_reads(
			  &deepgram_listen, &t,
			  "{\"type\":\"Results\",\"start\":1,\"duration\":0.25,\"is_final\":true,"
			  "\"from_finalize\":true,\"channel\":{\"alternatives\":[{\"transcript\":\"\"}]}}"),
		  "piece final 1.000-1.250 ''\nflushed\n");
}

TEST(deepgram_tells_ends_and_what_does_not_matter)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(dialect_reads(&deepgram_listen, &t,
				"{\"type\":\"UtteranceEnd\",\"channel\":[0,1],\"last_word_end\":4.6}"),
		  "endpoint 0.80\n");
	/* No words, no end of a turn. */
	CHECK_STR(dialect_reads(&deepgram_listen, &t,
				"{\"type\":\"UtteranceEnd\",\"channel\":[0,1],\"last_word_end\":-1}"),
		  "");
	CHECK_STR(dialect_reads(&deepgram_listen, &t,
				"{\"type\":\"SpeechStarted\",\"channel\":[0,1],\"timestamp\":3.2}"),
		  "");
	CHECK_STR(dialect_reads(
			  &deepgram_listen, &t,
			  "{\"type\":\"Metadata\",\"transaction_key\":\"deprecated\",\"request_id\":\"..\","
			  "\"sha256\":\"..\",\"created\":\"..\",\"duration\":9.1,\"channels\":1}"),
		  "");
	CHECK_STR(dialect_reads(&deepgram_listen, &t, "Bad Gateway"), "bad\n");
	CHECK_STR(dialect_reads(&deepgram_listen, &t, "[]"), "");
}

TEST(deepgram_closes_for_reasons)
{
	CHECK_INT(stt_ws_fault(&deepgram_listen, 1011, STR(""), STR("NET-0001"), FAULT_PROTOCOL),
		  FAULT_STALLED);
	CHECK_INT(stt_ws_fault(&deepgram_listen, 1008, STR(""), STR("DATA-0000"), FAULT_NONE),
		  FAULT_PROTOCOL);
	CHECK_INT(stt_ws_fault(&deepgram_listen, 402, STR(""), STR("ASR_PAYMENT_REQUIRED"), FAULT_PROTOCOL),
		  FAULT_QUOTA);
	CHECK_INT(stt_ws_fault(&deepgram_listen, 1006, STR(""), STR(""), FAULT_UNREACHABLE),
		  FAULT_UNREACHABLE);
}

/* A URL has an end: what does not fit is left out, not the session; `extra` fits always. */
TEST(deepgram_is_told_as_many_terms_as_there_is_room_for)
{
	static const struct str extra[] = {STR_INIT("tag=the last of all")};
	static const struct service tagged = {.key = STR_INIT("dg-key"), .extra = {extra, 1}};
	struct stt_ws_talk t = dialect_talk(&tagged);
	struct str terms[STT_WS_TERMS_MAX], url;

	for (size_t i = 0; i < ARRAY_LEN(terms); i++)
		terms[i] = i % 2 ? STR("The practice of Dr. Anna-Maria von und zu Okafor-Lindqvist, Ph.D.")
				 : STR("Cafe");
	t.key_terms = terms;
	t.key_term_count = ARRAY_LEN(terms);
	url = dialect_address(&deepgram_listen, &t);
	url = str_cut(&url, '\n');
	CHECK(url.n > WS_URL_MAX - 256 && url.n <= WS_URL_MAX);
	CHECK(str_ends(url, STR("&tag=the%20last%20of%20all")));
}
