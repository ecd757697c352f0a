#include "test.h"

#include <pthread.h>
#include <stdlib.h>

#include "provider/local/flite_door.h"
#include "provider/local/fold.h"
#include "provider/local/kokoro.h"
#include "provider/local/voice_out.h"

#define KEPT_MAX (VOICE_OUT_RATE_HZ * 10)

struct kept {
	int16_t pcm[KEPT_MAX];
	size_t n, limit;
};

static bool keep(void *arg, const int16_t *pcm, size_t samples)
{
	struct kept *k = arg;

	samples = MIN(samples, KEPT_MAX - k->n);
	memcpy(k->pcm + k->n, pcm, samples * sizeof(*pcm));
	k->n += samples;
	return !k->limit || k->n < k->limit;
}

static int peak(const int16_t *pcm, size_t n)
{
	int max = 0;

	for (size_t i = 0; i < n; i++)
		max = MAX(max, abs(pcm[i]));
	return max;
}

/* ---- fold ---- */

TEST(fold_takes_the_accents)
{
	static const struct {
		const char *text, *folded;
	} rows[] = {
		{"Müller", "Muller"}, {"naïve café", "naive cafe"}, {"Ælf Þór ß œ", "Aelf Thor ss oe"},
		{"Łódź", "Lodz"},     {"İstanbul", "Istanbul"},     {"日本 a", " a"},
		{"€5", "5"},          {"plain", "plain"},           {"\xc3", ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf out;

		buf_init(&out, 100);
		fold(str_from(rows[i].text), &out);
		CHECK_STR(buf_str(&out), rows[i].folded);
		buf_fini(&out);
	}
}

/* ---- voice_out ---- */

#define LEVEL 5000

static void push_level(struct voice_out *o, int16_t level, size_t samples)
{
	for (size_t i = 0; i < samples; i++) {
		int16_t pcm = i % 2 ? level : (int16_t)-level;

		voice_out_push(o, &pcm, 1);
	}
}

TEST(voice_out_trims_what_nobody_says)
{
	static struct kept k;
	struct voice_out_sink sink = {keep, &k};
	struct voice_out o;
	size_t lead;

	k = (struct kept){0};
	REQUIRE(voice_out_init(&o, VOICE_OUT_RATE_HZ, &sink) == 0);
	push_level(&o, 3, 4000);
	CHECK_INT(k.n, 0);
	push_level(&o, LEVEL, 800);
	lead = VOICE_OUT_LEAD_SAMPLES;
	CHECK_INT(k.n, lead + 800);
	push_level(&o, 3, VOICE_OUT_RATE_HZ);
	push_level(&o, LEVEL, 800);
	CHECK_INT(k.n, lead + 1600 + VOICE_OUT_PAUSE_SAMPLES);
	push_level(&o, 3, 8000);
	voice_out_end(&o, STR("Yes."));
	CHECK_INT(k.n, lead + 1600 + VOICE_OUT_PAUSE_SAMPLES + voice_out_pause(STR("Yes.")));
}

TEST(voice_out_makes_the_pause_that_the_mark_asks_for)
{
	CHECK(voice_out_pause(STR("Yes.")) > voice_out_pause(STR("yes;")));
	CHECK(voice_out_pause(STR("yes; ")) > voice_out_pause(STR("yes,")));
	CHECK(voice_out_pause(STR("yes,")) > voice_out_pause(STR("yes")));
	CHECK_INT(voice_out_pause(STR("")), voice_out_pause(STR("yes")));
}

TEST(voice_out_is_silent_about_silence)
{
	static struct kept k;
	struct voice_out_sink sink = {keep, &k};
	struct voice_out o;
	float nothing[480] = {0};

	k = (struct kept){0};
	nothing[7] = __builtin_nanf("");
	REQUIRE(voice_out_init(&o, 24000, &sink) == 0);
	CHECK(voice_out_push_float(&o, nothing, ARRAY_LEN(nothing)));
	voice_out_end(&o, STR("Yes."));
	CHECK_INT(k.n, 0);
	CHECK_INT(voice_out_init(&o, 12345, &sink), -ENOTSUP);
}

TEST(voice_out_stops_when_told)
{
	static struct kept k;
	struct voice_out_sink sink = {keep, &k};
	struct voice_out o;
	size_t n;

	k = (struct kept){.limit = 400};
	REQUIRE(voice_out_init(&o, VOICE_OUT_RATE_HZ, &sink) == 0);
	push_level(&o, LEVEL, 2000);
	CHECK(o.stopped);
	n = k.n;
	voice_out_end(&o, STR("Yes."));
	CHECK_INT(k.n, n);
}

TEST(voice_out_keeps_within_full_scale)
{
	static struct kept k;
	struct voice_out_sink sink = {keep, &k};
	struct voice_out o;
	float loud[960];

	k = (struct kept){0};
	for (size_t i = 0; i < ARRAY_LEN(loud); i++)
		loud[i] = i / 100 % 2 ? 3.0f : -3.0f;
	REQUIRE(voice_out_init(&o, 8000, &sink) == 0);
	CHECK(voice_out_push_float(&o, loud, ARRAY_LEN(loud)));
	CHECK(k.n > 0 && peak(k.pcm, k.n) == INT16_MAX);
}

/* ---- flite ---- */

TEST(flite_has_its_voices)
{
	static const char *const names[] = {"rms", "slt", "awb", "kal16", "RMS"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		CHECK(flite_door_find(str_from(names[i])) != NULL);
	CHECK(flite_door_find(STR("heart")) == NULL);
	CHECK(flite_door_find(STR("")) == NULL);
}

static size_t spoken_samples(const char *voice, const char *words, float speed)
{
	static __thread struct kept k;
	struct voice_out_sink sink = {keep, &k};

	k = (struct kept){0};
	if (flite_door_say(flite_door_find(str_from(voice)), str_from(words), speed, &sink) != 0)
		return 0;
	return peak(k.pcm, k.n) > 1000 ? k.n : 0;
}

TEST(flite_speaks_as_fast_as_told)
{
	size_t normal = spoken_samples("rms", "We are open from nine to five.", 1);
	size_t fast = spoken_samples("rms", "We are open from nine to five.", 1.5f);

	CHECK(normal > VOICE_OUT_RATE_HZ && normal < 4 * VOICE_OUT_RATE_HZ);
	CHECK(fast > normal / 2 && fast < normal * 3 / 4 + 2000);
	CHECK_INT(spoken_samples("rms", "", 1), 0);
	CHECK(spoken_samples("kal16", "Yes.", 1) > 0);
}

TEST(flite_stops_when_told)
{
	static struct kept k;
	struct voice_out_sink sink = {keep, &k};

	k = (struct kept){.limit = 800};
	CHECK_INT(flite_door_say(flite_door_find(STR("rms")), STR("This goes on for a while."), 1, &sink),
		  -ECANCELED);
	CHECK(k.n >= 800 && k.n < 2000);
}

static void *speak_again(void *arg)
{
	size_t *lengths = arg;

	for (int i = 0; i < 2; i++)
		lengths[i] = spoken_samples(i ? "slt" : "rms", "Half past ten on Tuesday.", 1);
	return NULL;
}

/* The breath differs from time to time, and with it the frame at which a sound begins or ends. */
TEST(flite_speaks_on_several_threads_at_once)
{
	size_t alone[2], lengths[4][2];
	pthread_t threads[4];

	speak_again(alone);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		REQUIRE(pthread_create(&threads[i], NULL, speak_again, lengths[i]) == 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		pthread_join(threads[i], NULL);
		for (int k = 0; k < 2; k++)
			CHECK(labs((long)lengths[i][k] - (long)alone[k]) <= 10 * VOICE_OUT_FRAME_SAMPLES);
	}
}

TEST(flite_knows_how_words_are_pronounced)
{
	struct flite_door_phones p;

	flite_door_pronounce(STR("record"), FLITE_DOOR_NOUN, &p);
	REQUIRE(p.n == 5);
	CHECK_STR(str_from(p.phone[0].name), "r");
	CHECK_INT(p.phone[0].stress, -1);
	CHECK_INT(p.phone[1].stress, 1);
	flite_door_pronounce(STR("record"), FLITE_DOOR_VERB, &p);
	CHECK_INT(p.phone[1].stress, 0);
	flite_door_pronounce(STR(""), FLITE_DOOR_ANY, &p);
	CHECK_INT(p.n, 0);
}

/* ---- kokoro, as far as it goes without the model ---- */

TEST(kokoro_tokens_are_those_of_its_alphabet)
{
	static const int64_t want[] = {50, 83, 54, 156, 31, 3, 16, 65, 156, 87, 123, 54, 46, 4};
	int64_t tokens[KOKORO_TOKENS_MAX];
	size_t used, n;

	n = kokoro_tokens(STR("həlˈO, wˈɜɹld."), tokens, ARRAY_LEN(tokens), &used);
	REQUIRE(n == ARRAY_LEN(want));
	CHECK(memcmp(tokens, want, sizeof(want)) == 0);
	CHECK_INT(used, strlen("həlˈO, wˈɜɹld."));
	CHECK_INT(kokoro_tokens(STR("日本#"), tokens, ARRAY_LEN(tokens), &used), 0);
}

TEST(kokoro_tokens_are_cut_between_words)
{
	int64_t tokens[8];
	size_t used;

	CHECK_INT(kokoro_tokens(STR("kˈæt kˈæt kˈæt"), tokens, 8, &used), 5);
	CHECK_INT(used, strlen("kˈæt "));
	CHECK_INT(kokoro_tokens(STR("kˈætkˈætkˈæt"), tokens, 8, &used), 8);
	CHECK_INT(used, strlen("kˈætkˈæt"));
}

TEST(kokoro_says_which_voice_is_missing)
{
	struct ort_error err = {0};
	struct kokoro_voice *v;

	CHECK_INT(kokoro_voice_open("/nonexistent", STR("af_heart"), &err, &v), -ENOENT);
	CHECK_STR(str_from(err.text),
		  "/nonexistent/kokoro/voices/af_heart.bin is missing: fetch the models with "
		  "tools/models.sh");
	CHECK_INT(kokoro_voice_open("/nonexistent", STR("../etc/passwd"), &err, &v), -EINVAL);
}

TEST_OOM(flite_door_survives_without_memory)
{
	static struct kept k;
	struct voice_out_sink sink = {keep, &k};

	k = (struct kept){0};
	return flite_door_say(flite_door_find(STR("kal16")), STR("Yes."), 1, &sink);
}
