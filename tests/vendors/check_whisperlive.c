/* WhisperLive: a conversation of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_whisperlive;

#define SCRIPT                                                                                             \
	"GET /?token=key-of-tests\n\n"                                                                     \
	"> {\"uid\":\"u1\",\"language\":\"en\",\"task\":\"transcribe\",\"model\":\"small\","               \
	"\"use_vad\":true,\"audio_format\":\"int16\",\"send_last_n_segments\":10,"                         \
	"\"no_speech_thresh\":0.45,\"clip_audio\":false,\"same_output_threshold\":10,\"hotwords\":null}\n" \
	"< SERVER_READY\n"                                                                                 \
	"t hello there\n"                                                                                  \
	"b 32000\n"                                                                                        \
	"< \"completed\":true\n"                                                                           \
	"t bye\n"                                                                                          \
	"x 454e445f4f465f415544494f\n"                                                                     \
	"< bye\n"                                                                                          \
	"=\n"

static const struct talk_mutation mutations[] = {
	{"token=key-of-tests", "token=key-of-others", 401},
	{"?token=key-of-tests\n", "\nAuthorization: Bearer key-of-others\n", 401},
	{"\"uid\":\"u1\",", "", 0, 1011},
	{"\"use_vad\":true,", "", 0, 1011},
	{"\"model\":\"small\",", "", 0, 1011},
	{"\"task\":\"transcribe\"", "\"task\":\"listen\"", 0, 1011},
	{"\"int16\"", "\"mulaw\"", 0, 1011},
	{"\"clip_audio\"", "\"clip\"", 0, 1011},
	{"\"no_speech_thresh\":0.45", "\"no_speech_thresh\":\"0.45\"", 0, 1011},
	{"> {\"uid\"", "b 320\n> {\"uid\"", 0, 1011},
	{"> {\"uid\"", "> {uid", 0, 1011},
	{"t hello there", "b 3201", 0, 1011},
	{"t hello there", "b 0", 0, 1011},
	{"t hello there", "> {\"uid\":\"u1\"}", 0, 1011},
	{"x 454e445f4f465f415544494f", "> END_OF_AUDIO", 0, 1011},
};

static struct talk start(void)
{
	static const struct vendor_sim *const sims[] = {&sim_whisperlive, NULL};
	struct talk t = talk_start(&(struct vendor_config){.sims = sims, .says.ear = VENDOR_EAR_TONES});

	t.sound = (struct sound){SOUND_S16, 16000};
	return t;
}

TEST(whisperlive_refuses_what_the_sheet_refuses)
{
	struct talk t = start();

	talk_mutations(&t, SCRIPT, mutations, ARRAY_LEN(mutations));
	vendor_stop(t.v);
}

TEST(whisperlive_repeats_its_segments)
{
	struct talk t = start();

	talk_run(&t, SCRIPT);
	CHECK(talk_came(&t,
			"{\"uid\": \"u1\", \"message\": \"SERVER_READY\", \"backend\": \"faster_whisper\"}"));
	CHECK(talk_came(&t, "\"text\":\" hello\",\"completed\":false}]}"));
	CHECK(talk_came(&t, "\"text\":\" hello there\",\"completed\":true},{\"start\":\""));
	CHECK(talk_came(&t, "\"text\":\" bye\",\"completed\":true}]}"));
	talk_fini(&t);
	vendor_stop(t.v);
}
