/* Piper: a request of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_piper, sim_piper_voices;

#define REQUEST                                                                              \
	"POST /synthesize\nContent-Type: application/json\n\n"                               \
	"{\"text\":\"Hello there.\",\"voice\":\"en_US-lessac-medium\",\"speaker\":\"p239\"," \
	"\"speaker_id\":3,\"length_scale\":1.0,\"noise_scale\":0.667,\"noise_w_scale\":0.8}\n.\n"

static const struct talk_mutation mutations[] = {
	{"/synthesize", "/synthesise", 404},
	{"POST /synthesize", "GET /synthesize", 404},
	{"\"text\":\"Hello there.\",", "", 500},
	{"Hello there.", " ", 500},
	{"\"text\":\"Hello there.\"", "\"text\":7", 500},
	{"\"text\"", "\"input\"", 500},
	{"\"speaker_id\":3", "\"speaker_id\":\"3\"", 500},
	{"\"length_scale\":1.0", "\"length_scale\":0", 500},
	{"\"length_scale\"", "\"speed\"", 500},
	{"\"noise_w_scale\"", "\"noise_w\"", 500},
	{"0.8}", "0.8", 500},
};

TEST(piper_refuses_and_speaks)
{
	static const struct vendor_sim *const sims[] = {&sim_piper, &sim_piper_voices, NULL};
	const struct sound as = {SOUND_S16, 22050};
	struct talk t = talk_start(&(struct vendor_config){.sims = sims});
	struct buf text;

	talk_mutations(&t, REQUEST, mutations, ARRAY_LEN(mutations));
	buf_init(&text, 1024);
	talk_run(&t, REQUEST);
	CHECK(str_starts(buf_str(&t.texts), STR("RIFF")));
	CHECK(str_find(buf_str(&t.heads), STR("Content-Type: text/html")) < t.heads.n);
	tones_read(&as, str_sub(buf_str(&t.texts), 44, t.texts.n - 45), &text);
	CHECK_STR(buf_str(&text), "Hello there.");
	talk_fini(&t);
	buf_fini(&text);
	vendor_stop(t.v);
}
