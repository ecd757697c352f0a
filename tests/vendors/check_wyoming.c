/* Wyoming: conversations of the sheet, and what is wrong with their mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_wyoming;

#define FORMAT "{\"rate\": 16000, \"width\": 2, \"channels\": 1}"

#define SCRIPT                                                          \
	"i {\"type\": \"describe\"}\n"                                  \
	"? supports_synthesize_streaming\n"                             \
	"m transcribe\2{\"language\": \"en\"}\2\n"                      \
	"m audio-start\2" FORMAT "\2\n"                                 \
	"m audio-chunk\2" FORMAT "\2t hello there\n"                    \
	"m audio-chunk\2" FORMAT "\2b 640\n"                            \
	"m audio-stop\2\2\n"                                            \
	"? Hello there.\n"                                              \
	"i {\"type\": \"synthesize\", \"data\": {\"text\": \"Hi.\"}}\n" \
	"? audio-stop\n"                                                \
	"m synthesize-start\2{\"voice\": {\"name\": \"v\"}}\2\n"        \
	"m synthesize-chunk\2{\"text\": \"Good \"}\2\n"                 \
	"m synthesize-chunk\2{\"text\": \"day.\"}\2\n"                  \
	"m synthesize\2{\"text\": \"Good day.\"}\2\n"                   \
	"m synthesize-stop\2{}\2\n"                                     \
	"? synthesize-stopped\n"                                        \
	"i {\"type\": \"ping\"}\n"                                      \
	"? \"pong\"\n"

static const struct talk_mutation mutations[] = {
	{"{\"type\": \"describe\"}", "{\"type\": describe}", 0, 1006},
	{"{\"type\": \"describe\"}", "{\"event\": \"describe\"}", 0, 1006},
	{"{\"type\": \"describe\"}", "{\"type\": \"describe\", \"data_length\": -1}", 0, 1006},
	{"{\"type\": \"describe\"}", "{\"type\": \"describe\", \"payload_length\": 99999999}", 0, 1006},
	{"{\"language\": \"en\"}", "{\"language\": en}", 0, 1006},
	{"m transcribe\2{\"language\": \"en\"}\2\n", "", 0, 0, "transcribe comes before"},
	{"m audio-start\2" FORMAT "\2\n", "", 0, 0, "after audio-start"},
	{"\"rate\": 16000", "\"rate\": 8000", 0, 0, "rate 16000"},
	{"b 640", "b 641", 0, 0, "whole samples"},
	{"b 640", "", 0, 0, "whole samples"},
	{"{\"text\": \"Hi.\"}", "{\"text\": \" \"}", 0, 0, "has a text"},
	{"m synthesize-start\2{\"voice\": {\"name\": \"v\"}}\2\n", "", 0, 0, "synthesize-start comes before"},
	{"m audio-stop\2\2\n", "m audio-stop\2\2\nm audio-stop\2\2\n", 0, 0, "audio-start comes before"},
	{"\"text\": \"Hi.\"", "\"txt\": \"Hi.\"", 0, 0, "txt"},
	{"\"text\": \"Hi.\"", "\"text\": \"Hi.\", \"voice\": \"v\"", 0, 0, "voice"},
	{"\"text\": \"Hi.\"", "\"text\": \"Hi.\", \"voice\": {\"language\": \"en\"}", 0, 0, "no such voice"},
	{"\"text\": \"Hi.\"", "\"text\": \"Hi.\", \"text_format\": \"html\"", 0, 0, "text_format"},
	{"\"name\": \"v\"", "\"speaker\": \"p239\"", 0, 0, "only with a name"},
	{"\"name\": \"v\"", "\"id\": \"v\"", 0, 0, "id"},
	{"{\"type\": \"ping\"}", "{\"type\": \"pling\"}\ni {\"type\": \"ping\"}"},
};

static struct talk start(void)
{
	static const struct vendor_sim *const sims[] = {&sim_wyoming, NULL};
	struct talk t = talk_start(&(struct vendor_config){.sims = sims, .says.ear = VENDOR_EAR_TONES});

	t.sound = (struct sound){SOUND_S16, 16000};
	return t;
}

TEST(wyoming_refuses_what_the_sheet_refuses)
{
	struct talk t = start();

	talk_mutations(&t, SCRIPT, mutations, ARRAY_LEN(mutations));
	vendor_stop(t.v);
}

TEST(wyoming_hears_and_speaks)
{
	struct talk t = start();

	talk_run(&t, SCRIPT);
	CHECK(!t.missed);
	CHECK(talk_came(&t, "{\"type\": \"transcript\", \"version\": \"1.8.0\", \"data_length\": 39}\n"
			    "{\"text\":\"Hello there.\",\"language\":\"en\"}"));
	CHECK(talk_logged(&t, "\"note\":\"first audio\""));
	CHECK(talk_logged(&t, "\"characters\":12,"));
	talk_fini(&t);
	vendor_stop(t.v);
}

TEST(wyoming_says_its_own_error_and_stays)
{
	static const struct vendor_fault once = {.kind = VENDOR_FAULT_ERROR, .item = 1};
	struct talk t = start();

	vendor_order_fault(t.v, &once);
	talk_run(&t, "i {\"type\": \"describe\"}\n"
		     "i {\"type\": \"synthesize\", \"data\": {\"text\": \"Hi.\"}}\n"
		     "? could not be run\n"
		     "i {\"type\": \"ping\"}\n"
		     "? \"pong\"\n");
	CHECK(!t.missed);
	CHECK_INT(vendor_wrongs(t.v), 0);
	talk_fini(&t);
	vendor_stop(t.v);
}
