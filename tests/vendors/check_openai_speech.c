/* OpenAI /v1/audio/speech: a request of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_openai_speech, sim_groq_speech;

#define HEAD                                   \
	"Authorization: Bearer key-of-tests\n" \
	"Content-Type: application/json\n\n"

#define BODY                                                                                      \
	"{\"model\":\"gpt-4o-mini-tts\",\"voice\":\"marin\",\"input\":\"Your table is booked.\"," \
	"\"instructions\":\"calm, friendly\",\"response_format\":\"pcm\",\"speed\":1.0,"          \
	"\"stream_format\":\"audio\"}\n.\n"

static const struct talk_mutation mutations[] = {
	{"/v1/audio/speech", "/v1/audio/speak", 404},
	{"key-of-tests", "key-of-others", 401, 0, "invalid_api_key"},
	{"Bearer ", "", 401},
	{"application/json", "application/x-www-form-urlencoded", 400},
	{"gpt-4o-mini-tts", "gpt-4o-maxi-tts", 400, 0, "model"},
	{"gpt-4o-mini-tts", "tts-1", 400, 0, "instructions"},
	{"marin", "moritz", 400, 0, "voice"},
	{"\"voice\":\"marin\",", "", 400, 0, "voice is missing"},
	{"Your table is booked.", " ", 400, 0, "empty"},
	{"\"pcm\"", "\"ulaw\"", 400, 0, "response_format"},
	{"\"speed\":1.0", "\"speed\":5.0", 400, 0, "speed"},
	{"\"stream_format\":\"audio\"", "\"stream_format\":\"json\"", 400},
	{"\"instructions\"", "\"instruction\"", 400, 0, "instruction"},
	{"\"audio\"}", "\"audio\"", 400},
};

static struct talk start(void)
{
	static const struct vendor_sim *const sims[] = {&sim_openai_speech, &sim_groq_speech, NULL};

	return talk_start(&(struct vendor_config){.sims = sims});
}

static void check_heard(const struct sound *as, struct str bytes)
{
	struct buf text;

	buf_init(&text, 1024);
	tones_read(as, bytes, &text);
	CHECK_STR(buf_str(&text), "Your table is booked.");
	buf_fini(&text);
}

TEST(openai_speech_refuses_what_the_sheet_refuses)
{
	struct talk t = start();

	talk_mutations(&t, "POST /v1/audio/speech\n" HEAD BODY, mutations, ARRAY_LEN(mutations));
	vendor_stop(t.v);
}

TEST(openai_speech_speaks_what_it_is_given)
{
	struct talk t = start();
	struct str rest;

	talk_run(&t, "POST /v1/audio/speech\n" HEAD BODY);
	check_heard(&(struct sound){SOUND_S16, 24000}, buf_str(&t.texts));
	CHECK(talk_logged(&t, "\"characters\":21,"));
	talk_fini(&t);
	talk_run(&t,
		 "POST /openai/v1/audio/speech\n" HEAD "{\"model\":\"canopylabs/orpheus\",\"voice\":\"troy\","
		 "\"input\":\"Your table is booked.\",\"response_format\":\"wav\"}\n.\n");
	rest = buf_str(&t.texts);
	CHECK(str_starts(rest, STR("RIFF\xff\xff\xff\xffWAVE")));
	check_heard(&(struct sound){SOUND_S16, 48000}, str_sub(rest, 44, SIZE_MAX));
	talk_fini(&t);
	vendor_stop(t.v);
}

TEST(openai_speech_tells_its_usage_in_events)
{
	struct talk t = start();

	talk_run(&t, "POST /v1/audio/speech\n" HEAD
		     "{\"model\":\"gpt-4o-mini-tts\",\"voice\":{\"id\":\"voice_1\"},"
		     "\"input\":\"Hi there\",\"response_format\":\"pcm\",\"stream_format\":\"sse\"}\n.\n");
	CHECK(talk_came(&t, "data: {\"type\":\"speech.audio.delta\",\"audio\":\""));
	CHECK(talk_came(
		&t, "data: {\"type\":\"speech.audio.done\",\"usage\":{\"input_tokens\":3,\"output_tokens\":9,"
		    "\"total_tokens\":12}}"));
	talk_fini(&t);
	vendor_stop(t.v);
}
