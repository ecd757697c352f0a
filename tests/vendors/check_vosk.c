/* vosk-server: a conversation of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_vosk, sim_vosk_older;

#define SCRIPT                                                                     \
	"GET /\n\n"                                                                \
	"> {\"config\":{\"sample_rate\":16000,\"words\":1,\"max_alternatives\":0," \
	"\"phrase_list\":[\"yes\",\"no\",\"[unk]\"]}}\n"                           \
	"t yes no\n"                                                               \
	"< \"partial\" : \"yes\"\n"                                                \
	"b 25600\n"                                                                \
	"< \"text\" : \"yes no\"\n"                                                \
	"t yes\n"                                                                  \
	"> {\"reset\" : 1}\n"                                                      \
	"< \"text\" : \"yes\"\n"                                                   \
	"> {\"eof\" : 1}\n"                                                        \
	"< \"text\" : \"\"\n"                                                      \
	"=\n"

static const struct talk_mutation mutations[] = {
	{"\"sample_rate\":16000", "\"sample_rate\":\"8000\"", 0, 1011},
	{"\"sample_rate\":16000", "\"sample_rate\":800", 0, 1011},
	{"\"sample_rate\":16000", "\"sample_rate\":8000", 0, 0, "\"text\": \"\""},
	{"\"words\":1", "\"model\":\"/m\"", 0, 1011},
	{"\"words\":1", "\"word\":1", 0, 1011},
	{"\"phrase_list\":[\"yes\",\"no\",\"[unk]\"]", "\"phrase_list\":\"yes\"", 0, 1011},
	{"{\"reset\" : 1}", "{\"reset\": 1}", 0, 1011},
	{"{\"eof\" : 1}", "{\"eof\":1}", 0, 1011},
	{"{\"eof\" : 1}", "{\"eof\" : true}", 0, 1011},
	{"b 25600", "b 25601", 0, 1011},
	{"b 25600", "b 0", 0, 1011},
	{"b 25600", "b 1100000", 0, 1009},
	{"b 25600", "> {\"config\":{\"sample_rate\":16000}}", 0, 1011},
	{"b 25600", "> hello", 0, 1011},
};

static struct talk start(void)
{
	static const struct vendor_sim *const sims[] = {&sim_vosk, NULL};
	struct talk t = talk_start(&(struct vendor_config){.sims = sims, .says.ear = VENDOR_EAR_TONES});

	t.sound = (struct sound){SOUND_S16, 16000};
	return t;
}

TEST(vosk_refuses_what_the_sheet_refuses)
{
	struct talk t = start();

	talk_mutations(&t, SCRIPT, mutations, ARRAY_LEN(mutations));
	vendor_stop(t.v);
}

TEST(vosk_answers_each_message_once)
{
	struct talk t = start();

	talk_run(&t, SCRIPT);
	CHECK(talk_came(&t, "\"word\" : \"yes\""));
	CHECK(talk_came(&t, "\"end\" : "));
	CHECK_INT(t.close_code, 1000);
	talk_fini(&t);
	vendor_stop(t.v);
}

TEST(vosk_of_older_times_knows_no_reset)
{
	static const struct vendor_sim *const sims[] = {&sim_vosk_older, NULL};
	struct talk t = talk_start(&(struct vendor_config){.sims = sims, .says.ear = VENDOR_EAR_TONES});

	talk_run(&t,
		 "GET /vosk-older\n\n> {\"config\":{\"sample_rate\":16000}}\nb 3200\n> {\"reset\" : 1}\n=\n");
	CHECK_INT(t.close_code, 1011);
	talk_fini(&t);
	vendor_stop(t.v);
}
