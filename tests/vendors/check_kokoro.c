/* Kokoro-FastAPI: requests of the sheet, and what is wrong with their mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_kokoro, sim_kokoro_captioned;

#define BODY                                                                                             \
	"\nContent-Type: application/json\n\n{\"model\":\"kokoro\",\"input\":\"Your table is booked.\"," \
	"\"voice\":\"af_bella(2)+af_sky\",\"response_format\":\"pcm\",\"speed\":1.0,\"stream\":true,"    \
	"\"lang_code\":\"a\"}\n.\n"

static const struct talk_mutation mutations[] = {
	{"/v1/audio/speech", "/v2/audio/speech", 404},
	{"\"model\":\"kokoro\"", "\"model\":\"kokoro-82m\"", 400, 0, "model"},
	{"\"input\":\"Your table is booked.\",", "", 422, 0, "input is missing"},
	{"af_sky", "af_cloud", 400, 0, "Voice"},
	{"(2)", "(-2)", 400, 0, "Voice"},
	{"(2)", "(two)", 400, 0, "Voice"},
	{"\"pcm\"", "\"ulaw\"", 422, 0, "response_format"},
	{"\"speed\":1.0", "\"speed\":\"fast\"", 422, 0, "speed"},
	{"\"stream\":true", "\"stream\":\"true\"", 422, 0, "stream"},
	{"\"lang_code\":\"a\"", "\"lang_code\":\"en\"", 422, 0, "lang_code"},
	{"\"lang_code\":\"a\"", "\"ssml\":true", 400, 0, "allow_voice_tags"},
	{"\"a\"}", "\"a\"", 422, 0, "not JSON"},
};

TEST(kokoro_refuses_and_speaks)
{
	static const struct vendor_sim *const sims[] = {&sim_kokoro, &sim_kokoro_captioned, NULL};
	const struct sound as = {SOUND_S16, 24000};
	struct talk t = talk_start(&(struct vendor_config){.sims = sims});
	struct buf text;

	talk_mutations(&t, "POST /kokoro/v1/audio/speech" BODY, mutations, ARRAY_LEN(mutations));
	buf_init(&text, 1024);
	talk_run(&t, "POST /kokoro/v1/audio/speech" BODY);
	tones_read(&as, buf_str(&t.texts), &text);
	CHECK_STR(buf_str(&text), "Your table is booked.");
	talk_fini(&t);
	talk_run(&t, "POST /dev/captioned_speech" BODY);
	CHECK(talk_came(&t, "\"timestamps\":[{\"word\":\"Your\",\"start_time\":0,\"end_time\":0.24},"));
	talk_fini(&t);
	buf_fini(&text);
	vendor_stop(t.v);
}
