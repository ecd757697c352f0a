/* sherpa-onnx: a conversation of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_sherpa;

#define SCRIPT                   \
	"GET /\n\n"              \
	"t hello there\n"        \
	"< \"text\":\"hello\"\n" \
	"x 00000000\n"           \
	"t  and bye \n"          \
	"> Done\n"               \
	"< \"is_eof\":true\n"    \
	"< Done!\n"              \
	"c 1000\n"

/* The server answers what is wrong with silence: rules are counted, the conversation goes on. */
static const struct talk_mutation mutations[] = {
	{"x 00000000", "x 000000"},
	{"x 00000000", "x 0000000000"},
	{"x 00000000", "x 0000803f00"},
	{"x 00000000", "b 3200"},     /* 0xffffffff is not a number */
	{"x 00000000", "x 00000041"}, /* 8.0 */
	{"x 00000000", "x 000000c1"}, /* -8.0 */
	{"x 00000000", "x 0000c07f"}, /* no number */
	{"x 00000000", "x 0000807f"}, /* infinite */
	{"x 00000000", "b 0"},
	{"x 00000000", "> {\"config\":{}}"},
	{"x 00000000", "> done"},
	{"> Done", "> Done \n> Done"},
	{"GET /", "GET /nowhere\nSec-WebSocket-Version: 8", 400},
};

static struct talk start(void)
{
	static const struct vendor_sim *const sims[] = {&sim_sherpa, NULL};
	struct talk t = talk_start(&(struct vendor_config){.sims = sims, .says.ear = VENDOR_EAR_TONES});

	t.sound = (struct sound){SOUND_F32, 16000};
	return t;
}

TEST(sherpa_counts_what_the_sheet_forbids)
{
	struct talk t = start();

	talk_mutations(&t, SCRIPT, mutations, ARRAY_LEN(mutations));
	vendor_stop(t.v);
}

TEST(sherpa_says_the_segment_again_and_again)
{
	struct talk t = start();

	talk_run(&t, SCRIPT);
	CHECK(talk_came(
		&t, "{\"text\":\"hello\",\"tokens\":[\"hello\"],\"timestamps\":[0],\"ys_probs\":[],\"lm_"
		    "probs\":[],"
		    "\"context_scores\":[],\"segment\":0,\"words\":[],\"start_time\":0,\"is_final\":false,"
		    "\"is_eof\":false}"));
	CHECK(talk_came(&t, "\"is_final\":true,\"is_eof\":true}\nDone!\n"));
	talk_fini(&t);
	vendor_stop(t.v);
}
