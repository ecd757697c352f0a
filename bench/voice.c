/* bench/voice: how soon and how fast the local voices speak
 *
 *   build/bench/voice [ROUNDS]      OFFHOOK_MODELS_DIR=DIR; without Kokoro's weights flite alone
 *
 * For clauses of three lengths: milliseconds to the first samples and to the last, medians; processor time of
 * the speaking thread and time on the wall for each second of speech. A busy machine shows in the difference.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "provider/aloud/speakable.h"
#include "provider/local/ort.h"
#include "provider/local/speaking.h"

#define ROUNDS_DEFAULT 7
#define ROUNDS_MAX     101

struct clause {
	const char *name, *text;
};

static const struct clause clauses[] = {
	{"one word", "Yes."},
	{"four words", "Thank you for calling."},
	{"twelve words", "Your appointment is on Tuesday the 24th of November at 10:30."},
	{"thirty words",
	 "We are open from Monday to Friday from nine in the morning until five in the afternoon, and on "
	 "Saturdays until noon, but you can leave a message for us at any time."},
};

static const char *const voices[] = {"flite/rms", "flite/slt", "flite/kal16", "kokoro/af_heart"};

struct run {
	usec start, first;
	size_t samples;
};

static bool on_pcm(void *arg, const int16_t *pcm, size_t samples)
{
	struct run *r = arg;

	(void)pcm;
	if (r->samples == 0)
		r->first = clock_read();
	r->samples += samples;
	return true;
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[n / 2];
}

static void measure(struct speaking *s, const struct speaking_voice *v, const struct clause *clause,
		    size_t rounds)
{
	double first[ROUNDS_MAX], whole[ROUNDS_MAX], cpu[ROUNDS_MAX], wall[ROUNDS_MAX], seconds = 0;
	struct buf words;

	buf_init(&words, 4096);
	if (speakable(str_from(clause->text), NULL, &words) < 0)
		rounds = 0;
	for (size_t i = 0; i < rounds; i++) {
		struct run r = {.start = clock_read()};
		struct voice_out_sink sink = {on_pcm, &r};
		usec used = clock_cpu();

		if (speaking_say(s, v, buf_str(&words), 1, &sink) < 0 || r.samples == 0) {
			printf("%-24s %-14s failed\n", v->id, clause->name);
			rounds = 0;
			break;
		}
		used = clock_cpu() - used;
		seconds = (double)r.samples / VOICE_OUT_RATE_HZ;
		first[i] = (double)(r.first - r.start) / 1e3;
		whole[i] = (double)(clock_read() - r.start) / 1e3;
		cpu[i] = (double)used / 1e6 / seconds;
		wall[i] = whole[i] / 1e3 / seconds;
	}
	if (rounds > 0)
		printf("%-24s %-14s %6.2f s  first %7.1f ms  all %7.1f ms  cpu %.3f  wall %.3f\n", v->id,
		       clause->name, seconds, median(first, rounds), median(whole, rounds),
		       median(cpu, rounds), median(wall, rounds));
	buf_fini(&words);
}

static size_t rounds_of(int argc, char **argv)
{
	int64_t n;

	if (argc < 2 || str_to_int(str_from(argv[1]), 1, ROUNDS_MAX, &n) < 0)
		return ROUNDS_DEFAULT;
	return (size_t)n;
}

int main(int argc, char **argv)
{
	const char *dir = getenv("OFFHOOK_MODELS_DIR");
	struct ort_error err = {0};
	struct ort *ort = NULL;
	struct speaking *s;

	dir = dir ? dir : "models";
	if (ort_open(dir, &err, &ort) < 0)
		fprintf(stderr, "%s\n", err.text);
	if (speaking_open(ort, dir, SPEAKING_BEST, &err, &s) < 0)
		return 1;
	if (err.text[0])
		fprintf(stderr, "%s\n", err.text);
	for (size_t v = 0; v < ARRAY_LEN(voices); v++) {
		const struct speaking_voice *voice = speaking_find(s, str_from(voices[v]));

		if (!voice || !str_starts(str_from(voice->id), str_sub(str_from(voices[v]), 0, 5)))
			continue; /* another stands in for it */
		for (size_t i = 0; i < ARRAY_LEN(clauses); i++)
			measure(s, voice, &clauses[i], rounds_of(argc, argv));
	}
	speaking_close(s);
	ort_close(ort);
	return 0;
}
