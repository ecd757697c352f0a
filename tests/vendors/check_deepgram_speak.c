/* Deepgram /v1/speak: a conversation of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_deepgram_speak;

#define OPEN                                                                     \
	"GET /v1/speak?model=aura-2-thalia-en&encoding=mulaw&sample_rate=8000\n" \
	"Authorization: Token key-of-tests\n\n"

#define SPEAK(text) "> {\"type\":\"Speak\",\"text\":\"" text "\"}\n"

#define SCRIPT                                                                                    \
	OPEN SPEAK("Hello, how can I help? ") SPEAK("Just say")                                   \
		SPEAK(" it. ") "> {\"type\":\"Flush\"}\n"                                         \
			       "< {\"type\":\"Flushed\",\"sequence_id\":0}\n" SPEAK(              \
				       "Not this") "> {\"type\":\"Clear\"}\n"                     \
						   "< {\"type\":\"Cleared\",\"sequence_id\":1}\n" \
						   "> {\"type\":\"Close\"}\n"                     \
						   "=\n"

static const struct talk_mutation mutations[] = {
	{"/v1/speak", "/v1/say", 404},
	{"key-of-tests", "key-of-others", 401, 0, "INVALID_AUTH"},
	{"Token ", "", 401},
	{"encoding=mulaw", "encoding=mp3", 400, 0, "encoding"},
	{"sample_rate=8000", "sample_rate=24000", 400, 0, "8000 or 16000"},
	{"encoding=mulaw&sample_rate=8000", "encoding=linear16&sample_rate=22050", 400},
	{"model=aura-2-thalia-en", "model=flux-alexis-en", 400, 0, "model"},
	{"&sample_rate", "&container=none&sample_rate", 400, 0, "container"},
	{"\"type\":\"Flush\"", "\"type\":\"Flash\"", 0, 1008, "DATA-0000"},
	{"\"type\":\"Clear\"", "\"kind\":\"Clear\"", 0, 1003, "MESSAGE-0000"},
	{"> {\"type\":\"Clear\"}", "> Clear", 0, 1003, "MESSAGE-0000"},
	{"> {\"type\":\"Clear\"}", "b 160", 0, 1003, "MESSAGE-0000"},
	{"\"text\":\"Just say\"", "\"transcript\":\"Just say\"", 0, 1008, "DATA-0000"},
	{"\"text\":\"Just say\"", "\"text\":\"Just say\",\"voice\":\"thalia\"", 0, 1008, "DATA-0000"},
};

static struct talk start(const struct vendor_delays *d)
{
	static const struct vendor_sim *const sims[] = {&sim_deepgram_speak, NULL};

	return talk_start(&(struct vendor_config){.sims = sims, .delays = *d});
}

TEST(deepgram_speak_refuses_what_the_sheet_refuses)
{
	struct talk t = start(&(struct vendor_delays){0});

	talk_mutations(&t, SCRIPT, mutations, ARRAY_LEN(mutations));
	vendor_stop(t.v);
}

TEST(deepgram_speak_refuses_more_than_it_can_take)
{
	struct talk t = start(&(struct vendor_delays){0});
	struct buf script;

	buf_init(&script, 1u << 20);
	buf_add_str(&script, STR(OPEN "> {\"type\":\"Speak\",\"text\":\""));
	for (int i = 0; i < 2001; i++)
		buf_add_char(&script, 'a');
	buf_add_str(&script, STR("\"}\n=\n"));
	buf_add_char(&script, '\0');
	talk_run(&t, script.p);
	CHECK_INT(t.close_code, 1009);
	CHECK(talk_came(&t, "BIG-0001"));
	talk_fini(&t);
	buf_clear(&script);
	buf_add_str(&script, STR(OPEN));
	for (int i = 0; i < 21; i++)
		buf_add_str(&script, STR("> {\"type\":\"Flush\"}\n"));
	buf_add_str(&script, STR("< \"Warning\"\nc 1000\n"));
	buf_add_char(&script, '\0');
	talk_run(&t, script.p);
	CHECK(!t.missed);
	CHECK_INT(vendor_wrongs(t.v), 2);
	talk_fini(&t);
	buf_fini(&script);
	vendor_stop(t.v);
}

TEST(deepgram_speak_speaks_what_it_is_given)
{
	const struct sound as = {SOUND_MULAW, 8000};
	struct talk t = start(&(struct vendor_delays){0});
	struct buf text;

	talk_run(&t, SCRIPT);
	CHECK_INT(t.close_code, 1000);
	buf_init(&text, 1024);
	tones_read(&as, buf_str(&t.binary), &text);
	CHECK_STR(buf_str(&text), "Hello, how can I help? Just say it. ");
	CHECK(talk_came(&t, "{\"type\":\"Metadata\""));
	CHECK(talk_logged(&t, "\"characters\":44,"));
	buf_fini(&text);
	talk_fini(&t);
	vendor_stop(t.v);
}

TEST(deepgram_speak_stops_when_it_is_cleared)
{
	struct talk t = start(&(struct vendor_delays){.audio_pace = 0.001});

	talk_run(&t,
		 OPEN SPEAK("A long story. ") "< Metadata\n> {\"type\":\"Flush\"}\n> {\"type\":\"Clear\"}\n"
					      "< {\"type\":\"Cleared\"\nc 1000\n");
	CHECK(!t.missed);
	CHECK(t.binary.n <= 800);
	talk_fini(&t);
	vendor_stop(t.v);
}
