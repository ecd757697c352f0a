/* Deepgram /v1/listen: a conversation of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_deepgram_listen;

#define QUERY                                                                          \
	"model=nova-3&encoding=mulaw&sample_rate=8000&channels=1&interim_results=true" \
	"&endpointing=300&utterance_end_ms=1000&vad_events=true&smart_format=true&keyterm=Dr%20Who"

#define OPEN "GET /v1/listen?" QUERY "\nAuthorization: Token key-of-tests\n\n"

#define SPEECH     \
	"t hell\n" \
	"t o th\n" \
	"t ere\n"  \
	"b 1600\n"

#define SCRIPT                                                              \
	OPEN SPEECH "b 1600\n"                                              \
		    "< \"speech_final\":true\n"                             \
		    "> {\"type\":\"KeepAlive\"}\n"                          \
		    "b 2000\n"                                              \
		    "b 2000\n"                                              \
		    "b 2000\n"                                              \
		    "< UtteranceEnd\n" SPEECH "> {\"type\":\"Finalize\"}\n" \
		    "< \"from_finalize\":true\n"                            \
		    "> {\"type\":\"CloseStream\"}\n"                        \
		    "< Metadata\n"                                          \
		    "=\n"

static const struct talk_mutation mutations[] = {
	{"/v1/listen", "/v1/listens", 404},
	{"Token ", "Basic ", 401, 0, "INVALID_AUTH"},
	{"key-of-tests", "key-of-others", 401},
	{"mulaw", "ulaw", 400, 0, "encoding"},
	{"&sample_rate=8000", "", 400, 0, "go together"},
	{"sample_rate=8000", "sample_rate=8k", 400},
	{"interim_results=true", "interim_results=1", 400},
	{"&interim_results=true", "", 400, 0, "interim_results"},
	{"utterance_end_ms=1000", "utterance_end_ms=500", 400},
	{"endpointing=300", "endpointing=soon", 400},
	{"vad_events", "vad_event", 400, 0, "vad_event"},
	{"model=nova-3", "model=nova-2", 400, 0, "keyterm"},
	{"model=nova-3", "model=no-such", 400},
	{"b 1600", "b 0"},
	{"b 1600", "b 16000"},
	{"t hell", "b 80"},
	{"t hell", "x 7b2274797065223a224b656570416c697665227d", 0, 1008, "DATA-0000"},
	{"KeepAlive", "KeepDead", 0, 1008, "DATA-0000"},
	{"> {\"type\":\"KeepAlive\"}", "> KeepAlive", 0, 1008},
	{"> {\"type\":\"Finalize\"}", "> {\"type\":\"CloseStream\"}\n> {\"type\":\"Finalize\"}"},
};

static struct talk start(void)
{
	static const struct vendor_sim *const sims[] = {&sim_deepgram_listen, NULL};

	return talk_start(&(struct vendor_config){.sims = sims, .says.ear = VENDOR_EAR_TONES});
}

TEST(deepgram_listen_refuses_what_the_sheet_refuses)
{
	struct talk t = start();

	talk_mutations(&t, SCRIPT, mutations, ARRAY_LEN(mutations));
	vendor_stop(t.v);
}

TEST(deepgram_listen_hears_what_is_in_the_sound)
{
	struct talk t = start();

	talk_run(&t, SCRIPT);
	CHECK(talk_came(&t, "\"type\":\"SpeechStarted\""));
	CHECK(talk_came(&t, "\"is_final\":false,\"speech_final\":false,\"from_finalize\":false,"
			    "\"channel\":{\"alternatives\":[{\"transcript\":\"hello\""));
	CHECK(talk_came(&t, "\"is_final\":true,\"speech_final\":true,\"from_finalize\":false,"
			    "\"channel\":{\"alternatives\":[{\"transcript\":\"Hello there.\""));
	CHECK(talk_came(&t, "\"last_word_end\":0.66}"));
	CHECK(talk_came(
		&t,
		"\"from_finalize\":true,\"channel\":{\"alternatives\":[{\"transcript\":\"Hello there.\""));
	CHECK_INT(t.close_code, 1000);
	talk_fini(&t);
	vendor_stop(t.v);
}

TEST(deepgram_listen_takes_the_key_as_a_subprotocol)
{
	struct talk t = start();

	talk_run(&t, "GET /v1/listen?model=nova-3\nSec-WebSocket-Protocol: token, key-of-tests\n\n"
		     "x 52494646\n> {\"type\":\"CloseStream\"}\n=\n");
	CHECK_INT(t.status, 101);
	CHECK(str_find(buf_str(&t.heads), STR("Sec-WebSocket-Protocol: token\r\n")) < t.heads.n);
	CHECK_INT(t.close_code, 1000);
	talk_fini(&t);
	vendor_stop(t.v);
}
