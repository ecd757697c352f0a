/* ElevenLabs stream-input: a conversation of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_elevenlabs_input;

#define OPEN                                                                   \
	"GET /v1/text-to-speech/21m00/stream-input?model_id=eleven_flash_v2_5" \
	"&output_format=ulaw_8000&inactivity_timeout=60&sync_alignment=true\n" \
	"xi-api-key: key-of-tests\n\n"

#define SCRIPT                                                                                    \
	OPEN "> {\"text\":\" \",\"voice_settings\":{\"stability\":0.5,\"similarity_boost\":0.75," \
	     "\"style\":0,\"use_speaker_boost\":true,\"speed\":1.0},"                             \
	     "\"generation_config\":{\"chunk_length_schedule\":[80,120,160]}}\n"                  \
	     "> {\"text\":\"Hello there, \",\"try_trigger_generation\":true}\n"                   \
	     "> {\"text\":\"how are you? \",\"flush\":true}\n"                                    \
	     "< \"audio\":\"\n"                                                                   \
	     "> {\"text\":\" \"}\n"                                                               \
	     "> {\"text\":\"\"}\n"                                                                \
	     "< \"isFinal\":true\n"                                                               \
	     "=\n"

static const struct talk_mutation mutations[] = {
	{"/21m00/", "//", 404},
	{"stream-input", "stream", 404},
	{"key-of-tests", "key-of-others", 401, 0, "invalid_api_key"},
	{"xi-api-key: key-of-tests\n", "", 0, 1008, "key"},
	{"eleven_flash_v2_5", "eleven_v3", 422},
	{"ulaw_8000", "mulaw_8000", 422, 0, "output_format"},
	{"inactivity_timeout=60", "inactivity_timeout=600", 422},
	{"sync_alignment", "align", 422},
	{"{\"text\":\" \",\"voice", "{\"text\":\"Hello \",\"voice", 0, 1008, "single blank"},
	{"\"stability\":0.5", "\"stability\":5", 0, 1008, "stability"},
	{"[80,120,160]", "[8,120,160]", 0, 1008, "50 to 500"},
	{"\"text\":\"Hello there, \"", "\"txt\":\"Hello there, \"", 0, 1008},
	{"\"try_trigger_generation\":true", "\"voice_settings\":{}", 0, 1008, "first message"},
	{"Hello there, ", "Hello there,"},
	{"\"flush\":true", "\"flush\":\"yes\"", 0, 1008},
	{"> {\"text\":\" \"}", "b 160", 0, 1003},
	{"> {\"text\":\" \"}", "> hello", 0, 1008, "not JSON"},
};

static struct talk start(void)
{
	static const struct vendor_sim *const sims[] = {&sim_elevenlabs_input, NULL};

	return talk_start(&(struct vendor_config){.sims = sims});
}

TEST(elevenlabs_input_refuses_what_the_sheet_refuses)
{
	struct talk t = start();

	talk_mutations(&t, SCRIPT, mutations, ARRAY_LEN(mutations));
	vendor_stop(t.v);
}

TEST(elevenlabs_input_speaks_what_it_is_given)
{
	const struct sound as = {SOUND_MULAW, 8000};
	struct talk t = start();
	struct buf sound, text;

	talk_run(&t, SCRIPT);
	CHECK_INT(t.close_code, 1000);
	talk_sound(&t, "\"audio\":\"", &sound);
	buf_init(&text, 1024);
	tones_read(&as, buf_str(&sound), &text);
	CHECK_STR(buf_str(&text), "Hello there, how are you? ");
	CHECK(talk_came(&t, "\"isFinal\":null,\"normalizedAlignment\":{\"chars\":[\"H\",\"e\"],"
			    "\"charStartTimesMs\":[0,60],\"charsDurationsMs\":[60,60]},\"alignment\":{"));
	CHECK(talk_came(&t, "{\"audio\":null,\"isFinal\":true}"));
	CHECK(talk_logged(&t, "\"characters\":26,"));
	buf_fini(&text);
	buf_fini(&sound);
	talk_fini(&t);
	vendor_stop(t.v);
}
