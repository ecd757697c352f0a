#include <unistd.h>

#include "app/rehearsal/wer.h"
#include "base/buf.h"
#include "models.h"
#include "provider/aloud/speakable.h"
#include "provider/local/flite_door.h"
#include "provider/local/kokoro.h"
#include "provider/local/moonshine.h"
#include "provider/local/pieces.h"
#include "provider/local/transcribe.h"

/* What a voice says, the recogniser must hear. */
static const char *const sentences[] = {
	"Thank you for calling the clinic.",
	"How can I help you today?",
	"Your appointment is on Tuesday at half past ten.",
	"Would you like to book another appointment?",
	"Please tell me your date of birth.",
	"The doctor can see you tomorrow morning.",
	"I am sorry, I did not understand that.",
	"We are open from Monday to Friday.",
	"Your confirmation has been sent by email.",
	"Please hold the line while I transfer you to a colleague.",
	"Do you have insurance with us?",
	"I can offer you an appointment on Thursday afternoon.",
	"The prescription will be ready in two days.",
	"If this is an emergency, please hang up and call an ambulance.",
	"What is your telephone number?",
	"I have cancelled your appointment.",
	"The address is twelve Market Street, next to the library.",
	"Is there anything else I can do for you?",
	"Could you please spell your last name for me?",
	"Goodbye, and have a nice day.",
};

#define PCM_MAX       (VOICE_OUT_RATE_HZ * 20)
#define FLITE_PERCENT 12.0
/* A word or two of 150: the recogniser's own, which writes "9:00" or "cans" now and then. */
#define KOKORO_PERCENT 3.0

static struct {
	int16_t pcm[PCM_MAX];
	size_t n;
} spoken;

static bool keep(void *arg, const int16_t *pcm, size_t samples)
{
	samples = MIN(samples, PCM_MAX - spoken.n);
	memcpy(spoken.pcm + spoken.n, pcm, samples * sizeof(*pcm));
	spoken.n += samples;
	return true;
}

static const struct voice_out_sink sink = {keep, NULL};

struct ears {
	struct ort *ort;
	struct moonshine *model;
	struct pieces *pieces;
};

static bool ears_open(struct ears *e)
{
	char path[4096];

	*e = (struct ears){.ort = models_runtime()};
	snprintf(path, sizeof(path), "%s/%s", models_dir(), PIECES_SCRIPT);
	return e->ort && moonshine_open(e->ort, "moonshine/base", NULL, &e->model) == 0 &&
	       pieces_load(path, &e->pieces) == 0;
}

static void ears_close(struct ears *e)
{
	pieces_free(e->pieces);
	moonshine_close(e->model);
	ort_close(e->ort);
}

static void hear(const struct ears *e, const char *said, struct wer *sum)
{
	struct transcribe t = {e->model, e->pieces, NULL, NULL};
	struct buf heard;

	buf_init(&heard, 4096);
	CHECK_INT(transcribe_run(&t, spoken.pcm, spoken.n, &heard), 0);
	CHECK(wer_add(sum, str_from(said), buf_str(&heard)) >= 0);
	buf_fini(&heard);
}

static int words_of(const char *text, struct buf *out)
{
	buf_init(out, 4096);
	return speakable(str_from(text), NULL, out);
}

TEST(flite_is_understood)
{
	struct wer sum = {0};
	struct buf words;
	struct ears e;

	REQUIRE(ears_open(&e));
	for (size_t i = 0; i < ARRAY_LEN(sentences); i++) {
		spoken.n = 0;
		CHECK_INT(words_of(sentences[i], &words), 0);
		CHECK_INT(flite_door_say(flite_door_find(STR("rms")), buf_str(&words), 1, &sink), 0);
		hear(&e, sentences[i], &sum);
		buf_fini(&words);
	}
	printf("flite rms: %.1f %% of %zu words wrong\n", wer_percent(&sum), sum.said);
	CHECK(wer_percent(&sum) <= FLITE_PERCENT);
	ears_close(&e);
}

static bool kokoro_is_here(void)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", models_dir(), KOKORO_MODEL);
	return access(path, R_OK) == 0;
}

TEST(kokoro_is_understood)
{
	struct ort_error err = {0};
	struct kokoro_voice *v;
	struct wer sum = {0};
	struct kokoro *k;
	struct buf words;
	struct ears e;

	if (!kokoro_is_here())
		SKIP("kokoro/kokoro.onnx is not in the models' directory: fetch it with tools/models.sh "
		     "voice");
	REQUIRE(ears_open(&e));
	REQUIRE(kokoro_open(e.ort, &err, &k) == 0);
	REQUIRE(kokoro_voice_open(models_dir(), STR("af_heart"), &err, &v) == 0);
	for (size_t i = 0; i < ARRAY_LEN(sentences); i++) {
		spoken.n = 0;
		CHECK_INT(words_of(sentences[i], &words), 0);
		CHECK_INT(kokoro_say(k, v, buf_str(&words), 1, &sink, &err), 0);
		hear(&e, sentences[i], &sum);
		buf_fini(&words);
	}
	printf("Kokoro af_heart: %.1f %% of %zu words wrong\n", wer_percent(&sum), sum.said);
	CHECK(wer_percent(&sum) <= KOKORO_PERCENT);
	kokoro_voice_close(v);
	kokoro_close(k);
	ears_close(&e);
}
