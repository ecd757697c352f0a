/* Rime: a conversation of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_rime;

#define SCRIPT                                                                                          \
	"GET /ws3?speaker=luna&modelId=arcana&audioFormat=mulaw&samplingRate=8000&segment=bySentence\n" \
	"Authorization: Bearer key-of-tests\n\n"                                                        \
	"> {\"text\":\"Hello, how \",\"contextId\":\"turn-7\"}\n"                                       \
	"> {\"text\":\"are you? \",\"contextId\":\"turn-7\"}\n"                                         \
	"< timestamps\n"                                                                                \
	"> {\"text\":\"And more \",\"contextId\":\"turn-7\"}\n"                                         \
	"> {\"operation\":\"flush\"}\n"                                                                 \
	"< \"type\":\"done\"\n"                                                                         \
	"> {\"text\":\"Not this\",\"contextId\":\"turn-8\"}\n"                                          \
	"> {\"operation\":\"clear\"}\n"                                                                 \
	"> {\"operation\":\"eos\"}\n"                                                                   \
	"=\n"

static const struct talk_mutation mutations[] = {
	{"/ws3", "/ws4", 404},
	{"key-of-tests", "key-of-others", 401},
	{"Bearer ", "", 401},
	{"speaker=luna&", "", 400, 0, "speaker is missing"},
	{"modelId=arcana&", "", 400, 0, "modelId is missing"},
	{"audioFormat=mulaw", "audioFormat=ulaw", 400, 0, "audioFormat"},
	{"segment=bySentence", "segment=sentence", 400, 0, "segment"},
	{"samplingRate=8000", "sampleRate=8000", 400, 0, "sampleRate"},
	{"\"text\":\"Hello, how \"", "\"txt\":\"Hello, how \"", 0, 0, "error"},
	{"\"contextId\":\"turn-7\"", "\"context_id\":\"turn-7\"", 0, 0, "context_id"},
	{"\"operation\":\"flush\"", "\"operation\":\"flash\"", 0, 0, "flush, clear or eos"},
	{"\"operation\":\"clear\"", "\"operation\":\"clear\",\"contextId\":\"turn-8\"", 0, 0, "alone"},
	{"> {\"operation\":\"flush\"}", "> <FLUSH>", 0, 0, "not JSON"},
	{"> {\"operation\":\"flush\"}", "x 00", 0, 1003},
};

static struct talk start(void)
{
	static const struct vendor_sim *const sims[] = {&sim_rime, NULL};

	return talk_start(&(struct vendor_config){.sims = sims});
}

TEST(rime_refuses_what_the_sheet_refuses)
{
	struct talk t = start();

	talk_mutations(&t, SCRIPT, mutations, ARRAY_LEN(mutations));
	vendor_stop(t.v);
}

TEST(rime_speaks_what_it_is_given)
{
	const struct sound as = {SOUND_MULAW, 8000};
	struct talk t = start();
	struct buf sound, text;

	talk_run(&t, SCRIPT);
	CHECK_INT(t.close_code, 1000);
	talk_sound(&t, "\"data\":\"", &sound);
	buf_init(&text, 1024);
	tones_read(&as, buf_str(&sound), &text);
	CHECK_STR(buf_str(&text), "Hello, how are you? And more ");
	CHECK(talk_came(&t,
			"{\"type\":\"timestamps\",\"contextId\":\"turn-7\",\"word_timestamps\":{\"words\":"
			"[\"Hello,\",\"how\",\"are\",\"you?\"],\"start\":[0,0.42,"));
	buf_fini(&text);
	buf_fini(&sound);
	talk_fini(&t);
	vendor_stop(t.v);
}
