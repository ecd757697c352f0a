/* AssemblyAI v3: a conversation of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_assemblyai;

#define OPEN                                                                                    \
	"GET /v3/ws?sample_rate=8000&encoding=pcm_mulaw&format_turns=true&min_turn_silence=200" \
	"&keyterms_prompt=%5B%22Acme%22%5D\nAuthorization: key-of-tests\n\n"

#define SCRIPT                                                                                             \
	OPEN "< {\"type\":\"Begin\"\n"                                                                     \
	     "t my na\nt me is\nt  Bond\nb 1600\n"                                                         \
	     "< \"turn_is_formatted\":true\n"                                                              \
	     "> {\"type\":\"UpdateConfiguration\",\"min_turn_silence\":160,\"keyterms_prompt\":[\"X\"]}\n" \
	     "> {\"type\":\"KeepAlive\"}\n"                                                                \
	     "t yes\n"                                                                                     \
	     "> {\"type\":\"ForceEndpoint\"}\n"                                                            \
	     "< \"turn_order\":1,\"turn_is_formatted\":true\n"                                             \
	     "> {\"type\":\"Terminate\"}\n"                                                                \
	     "< Termination\n"                                                                             \
	     "=\n"

static const struct talk_mutation mutations[] = {
	{"/v3/ws", "/v2/ws", 404},
	{"key-of-tests", "key-of-others", 0, 1008, "Not authorized"},
	{"Authorization: key", "Authorization: Bearer key", 0, 1008, "raw key"},
	{"sample_rate=8000&", "", 0, 3006, "sample_rate is missing"},
	{"pcm_mulaw", "mulaw", 0, 3006, "encoding"},
	{"format_turns=true", "format_turns=yes", 0, 3006, "format_turns"},
	{"min_turn_silence", "min_silence", 0, 3006, "min_silence"},
	{"%5B%22Acme%22%5D", "Acme", 0, 3006, "keyterms_prompt"},
	{"b 1600", "b 160", 0, 3007},
	{"b 1600", "b 16000", 0, 3007},
	{"> {\"type\":\"KeepAlive\"}", "> KeepAlive", 0, 4100},
	{"\"type\":\"KeepAlive\"", "\"type\":\"Ping\"", 0, 4101},
	{"\"min_turn_silence\":160", "\"min_turn_silence\":\"160\"", 0, 4101, "min_turn_silence"},
	{"\"keyterms_prompt\":[\"X\"]", "\"keyterms\":[\"X\"]", 0, 4101, "keyterms"},
};

static struct talk start(void)
{
	static const struct vendor_sim *const sims[] = {&sim_assemblyai, NULL};

	return talk_start(&(struct vendor_config){.sims = sims, .says.ear = VENDOR_EAR_TONES});
}

TEST(assemblyai_refuses_what_the_sheet_refuses)
{
	struct talk t = start();

	talk_mutations(&t, SCRIPT, mutations, ARRAY_LEN(mutations));
	vendor_stop(t.v);
}

TEST(assemblyai_tells_turns_twice)
{
	struct talk t = start();

	talk_run(&t, SCRIPT);
	CHECK(talk_came(
		&t,
		"\"turn_order\":0,\"turn_is_formatted\":false,\"end_of_turn\":false,\"transcript\":\"my\""));
	CHECK(talk_came(
		&t, "\"turn_is_formatted\":false,\"end_of_turn\":true,\"transcript\":\"my name is Bond\""));
	CHECK(talk_came(
		&t, "\"turn_is_formatted\":true,\"end_of_turn\":true,\"transcript\":\"My name is Bond.\""));
	CHECK(talk_came(&t, "\"word_is_final\":false"));
	CHECK(talk_came(
		&t,
		"\"turn_order\":1,\"turn_is_formatted\":true,\"end_of_turn\":true,\"transcript\":\"Yes.\""));
	CHECK_INT(t.close_code, 1000);
	talk_fini(&t);
	vendor_stop(t.v);
}

TEST(assemblyai_does_not_take_a_day_in_a_minute)
{
	struct talk t = start();
	struct buf script;

	buf_init(&script, 1u << 20);
	buf_add_str(&script, STR(OPEN));
	for (int i = 0; i < 100; i++)
		buf_add_str(&script, STR("b 8000\n"));
	buf_add_str(&script, STR("=\n"));
	buf_add_char(&script, '\0');
	talk_run(&t, script.p);
	CHECK_INT(t.close_code, 4029);
	talk_fini(&t);
	buf_fini(&script);
	vendor_stop(t.v);
}
