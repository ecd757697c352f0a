/* Cartesia: a conversation of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_cartesia;

#define MESSAGE(text, rest)                                                                     \
	"> {\"model_id\":\"sonic-3\",\"transcript\":\"" text "\",\"voice\":{\"mode\":\"id\","   \
	"\"id\":\"a0e99841\"},\"language\":\"en\",\"context_id\":\"turn-7\",\"output_format\":" \
	"{\"container\":\"raw\",\"encoding\":\"pcm_mulaw\",\"sample_rate\":8000},"              \
	"\"add_timestamps\":true,\"max_buffer_delay_ms\":200,"                                  \
	"\"generation_config\":{\"speed\":1.0,\"volume\":1.0,\"emotion\":\"calm\"}," rest "}\n"

#define OPEN "GET /tts/websocket?cartesia_version=2025-04-16\nX-API-Key: key-of-tests\n\n"

#define SCRIPT                                                                                           \
	OPEN MESSAGE("Hello, ", "\"continue\":true") MESSAGE("there. ", "\"continue\":true")             \
		MESSAGE("", "\"continue\":true,\"flush\":true") "< flush_done\n" MESSAGE(                \
			"Bye. ", "\"continue\":false") "< \"type\":\"done\"\n"                           \
						       "> {\"context_id\":\"turn-7\",\"cancel\":true}\n" \
						       "> {\"context_id\":\"turn-8\",\"cancel\":true}\n" \
						       "c 1000\n"

static const struct talk_mutation mutations[] = {
	{"/tts/websocket", "/tts/socket", 404},
	{"cartesia_version=2025-04-16", "cartesia_version=latest", 400, 0, "Version"},
	{"?cartesia_version=2025-04-16", "", 400},
	{"key-of-tests", "key-of-others", 401},
	{"\"model_id\":\"sonic-3\",", "", 0, 0, "model_id is missing"},
	{"\"mode\":\"id\",", "", 0, 0, "mode"},
	{"\"context_id\":\"turn-7\",\"output", "\"output", 0, 0, "context_id is missing"},
	{"\"container\":\"raw\"", "\"container\":\"wav\"", 0, 0, "container"},
	{"pcm_mulaw", "ulaw", 0, 0, "encoding"},
	{"\"sample_rate\":8000", "\"sample_rate\":11025", 0, 0, "sample_rate"},
	{"\"max_buffer_delay_ms\":200", "\"max_buffer_delay_ms\":9000", 0, 0, "max_buffer_delay_ms"},
	{"\"speed\":1.0", "\"speed\":9.0", 0, 0, "speed"},
	{"\"add_timestamps\":true", "\"add_timestamps\":\"yes\"", 0, 0, "add_timestamps"},
	{"\"language\":\"en\"", "\"language\":\"de\"", 0, 0, "stay as they were"},
	{"\"continue\":true}", "\"continue\":false}", 0, 0, "not used again"},
	{"\"language\":\"en\"", "\"lang\":\"en\"", 0, 0, "lang"},
	{"\"cancel\":true", "\"cancel\":false", 0, 0, "cancel"},
	{"> {\"model_id\"", "> {model_id", 0, 0, "not JSON"},
	{"> {\"model_id\"", "x 00\n> {\"model_id\"", 0, 1003},
};

static struct talk start(const struct vendor_delays *d)
{
	static const struct vendor_sim *const sims[] = {&sim_cartesia, NULL};

	return talk_start(&(struct vendor_config){.sims = sims, .delays = *d});
}

TEST(cartesia_refuses_what_the_sheet_refuses)
{
	struct talk t = start(&(struct vendor_delays){0});

	talk_mutations(&t, SCRIPT, mutations, ARRAY_LEN(mutations));
	vendor_stop(t.v);
}

TEST(cartesia_speaks_what_it_is_given)
{
	const struct sound as = {SOUND_MULAW, 8000};
	struct talk t = start(&(struct vendor_delays){0});
	struct buf sound, text;

	talk_run(&t, SCRIPT);
	talk_sound(&t, "\"data\":\"", &sound);
	buf_init(&text, 1024);
	tones_read(&as, buf_str(&sound), &text);
	CHECK_STR(buf_str(&text), "Hello, there. Bye. ");
	CHECK(talk_came(&t, "\"words\":[\"Hello,\",\"there.\"],\"start\":[0,0.42],\"end\":[0.36,0.78]"));
	CHECK(talk_came(&t, "\"words\":[\"Bye.\"],\"start\":[0.84],\"end\":[1.08]"));
	CHECK(talk_came(
		&t, "{\"type\":\"flush_done\",\"context_id\":\"turn-7\",\"status_code\":206,\"done\":false,"
		    "\"flush_done\":true,\"flush_id\":0}"));
	CHECK(talk_came(&t,
			"{\"type\":\"done\",\"context_id\":\"turn-7\",\"status_code\":200,\"done\":true}"));
	CHECK(talk_logged(&t, "\"note\":\"cancel\""));
	buf_fini(&text);
	buf_fini(&sound);
	talk_fini(&t);
	vendor_stop(t.v);
}

TEST(cartesia_stops_what_is_cancelled)
{
	struct talk t = start(&(struct vendor_delays){.audio_pace = 0.001});

	talk_run(&t,
		 OPEN MESSAGE("A long story. ",
			      "\"continue\":false") "< chunk\n"
						    "> {\"context_id\":\"turn-7\",\"cancel\":true}\n"
						    "> {\"context_id\":\"turn-7\",\"transcript\":\"\"}\n< "
						    "error\nc 1000\n");
	CHECK_INT(t.close_code, 1000);
	CHECK(str_find(buf_str(&t.texts), STR("\"type\":\"done\"")) == t.texts.n);
	talk_fini(&t);
	vendor_stop(t.v);
}
