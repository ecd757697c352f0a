/* Google text:synthesize: a request of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_google_voice;

#define REQUEST                                                                                            \
	"POST /v1/text:synthesize\nAuthorization: Bearer key-of-tests\nContent-Type: application/json\n\n" \
	"{\"input\":{\"text\":\"Hello\"},\"voice\":{\"languageCode\":\"en-US\","                           \
	"\"name\":\"en-US-Chirp3-HD-Aoede\"},\"audioConfig\":{\"audioEncoding\":\"MULAW\","                \
	"\"sampleRateHertz\":8000,\"speakingRate\":1.0}}\n.\n"

static const struct talk_mutation mutations[] = {
	{"/v1/text:synthesize", "/v1/synthesize", 404},
	{"key-of-tests", "key-of-others", 401, 0, "UNAUTHENTICATED"},
	{"application/json", "text/plain", 400},
	{"{\"text\":\"Hello\"}", "{\"text\":\"\"}", 400, 0, "empty"},
	{"{\"text\":\"Hello\"}", "\"Hello\"", 400, 0, "input"},
	{"\"text\":", "\"transcript\":", 400, 0, "transcript"},
	{"\"languageCode\":\"en-US\",", "", 400, 0, "languageCode"},
	{"MULAW", "mulaw", 400, 0, "audioEncoding"},
	{"\"audioEncoding\":\"MULAW\",", "", 400, 0, "audioEncoding"},
	{"\"sampleRateHertz\":8000", "\"sampleRateHertz\":\"8000\"", 400, 0, "sampleRateHertz"},
	{"\"speakingRate\":1.0", "\"speakingRate\":9.0", 400, 0, "speakingRate"},
	{"\"audioConfig\"", "\"audio\"", 400, 0, "audio"},
	{"1.0}}", "1.0}", 400},
};

TEST(google_voice_refuses_and_speaks)
{
	static const struct vendor_sim *const sims[] = {&sim_google_voice, NULL};
	const struct sound as = {SOUND_MULAW, 8000};
	struct talk t = talk_start(&(struct vendor_config){.sims = sims});
	struct buf sound, text;

	talk_mutations(&t, REQUEST, mutations, ARRAY_LEN(mutations));
	talk_run(&t, REQUEST);
	talk_sound(&t, "\"audioContent\":\"", &sound);
	CHECK(str_starts(buf_str(&sound), STR("RIFF")));
	buf_init(&text, 1024);
	tones_read(&as, str_sub(buf_str(&sound), 44, SIZE_MAX), &text);
	CHECK_STR(buf_str(&text), "Hello");
	buf_fini(&text);
	buf_fini(&sound);
	talk_fini(&t);
	vendor_stop(t.v);
}
