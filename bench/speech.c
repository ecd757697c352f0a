/*
 * speech.c - how well and how fast the local recogniser hears people
 *
 * Decodes the human prompts of corpus.h offline (no call, no network) with both
 * models and prints word error rates: of the recordings as they are, and after
 * mu-law. With --times: how long an utterance of 1, 2, 3, 5 and 10 seconds takes
 * from its end to its text, what detection costs a window, and what a sentence's
 * meaning does (medians). One thread, as in a call.
 *
 *   speech [--models DIR] [--sounds DIR] [--wording FILE] [--only base|tiny] [--show] [--times]
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/rehearsal/wer.h"
#include "bench/corpus.h"
#include "media/g711.h"
#include "provider/local/minilm.h"
#include "provider/local/moonshine.h"
#include "provider/local/ort.h"
#include "provider/local/pieces.h"
#include "provider/local/transcribe.h"
#include "provider/vad/silero.h"

#define TEXT_MAX   16384
#define TIME_RUNS  15
#define VAD_RUNS   200
#define WORDS_MIN  3
#define LONGEST_MS 20000

struct speech {
	const char *models, *sounds, *wording, *only;
	bool show, times;
	struct ort *ort;
	struct pieces *pieces;
	struct corpus corpus;
};

static double read_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double now_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

/* What the machine's other work does not lengthen. */
static double cpu_ms(void)
{
	return read_ms(CLOCK_THREAD_CPUTIME_ID);
}

static void through_ulaw(struct corpus *c)
{
	uint8_t law[1024];

	for (size_t i = 0; i < c->count; i++) {
		struct corpus_prompt *p = &c->prompts[i];

		for (size_t at = 0; at < p->samples; at += sizeof(law)) {
			size_t n = MIN(p->samples - at, sizeof(law));

			g711_ulaw_encode(p->pcm + at, n, law);
			g711_ulaw_decode(law, n, p->pcm + at);
		}
	}
}

static int recognise(const struct transcribe *t, const int16_t *pcm, size_t samples, struct buf *text)
{
	int rc;

	buf_clear(text);
	rc = transcribe_run(t, pcm, samples, text);
	if (rc < 0)
		fprintf(stderr, "recognition failed: %s (%s)\n", strerror(-rc), t->err->text);
	return rc;
}

static int score_prompt(const struct speech *s, const struct transcribe *t, const struct corpus_prompt *p,
			struct wer *sum)
{
	struct buf text;
	int rc;

	buf_init(&text, TEXT_MAX);
	rc = recognise(t, p->pcm, p->samples, &text);
	if (rc == 0)
		rc = wer_add(sum, p->text, buf_str(&text));
	if (rc > 0 && s->show)
		printf("  " STR_FMT " (%d)\n    said  " STR_FMT "\n    heard " STR_FMT "\n", STR_ARG(p->name),
		       rc, STR_ARG(p->text), STR_ARG(buf_str(&text)));
	buf_fini(&text);
	return MIN(rc, 0);
}

static int score_corpus(const struct speech *s, const struct transcribe *t, const char *name,
			const char *line)
{
	struct wer sum = {0};
	double start = now_ms(), audio_ms = 0;

	for (size_t i = 0; i < s->corpus.count; i++) {
		int rc = score_prompt(s, t, &s->corpus.prompts[i], &sum);

		if (rc < 0)
			return rc;
		audio_ms += (double)s->corpus.prompts[i].samples / (TRANSCRIBE_RATE_HZ / 1000);
	}
	printf("%-5s %-6s %5zu prompts %5zu words  word error rate %5.2f %%  (%zu other, %zu added, %zu "
	       "lost)  "
	       "exact %4.1f %%  %.3f of real time\n",
	       name, line, sum.sentences, sum.said, wer_percent(&sum), sum.swapped, sum.added, sum.lost,
	       100.0 * (double)sum.exact / (double)sum.sentences, (now_ms() - start) / audio_ms);
	return 0;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Speech of exactly that length: prompts one behind the other. */
static size_t fill_speech(const struct corpus *c, int16_t *pcm, size_t want)
{
	size_t n = 0;

	for (size_t i = 0; i < c->count && n < want; i++) {
		size_t part = MIN(want - n, c->prompts[i].samples);

		memcpy(pcm + n, c->prompts[i].pcm, part * sizeof(*pcm));
		n += part;
	}
	return n;
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(values[0]), by_value);
	return values[n / 2];
}

static int time_length(const struct speech *s, const struct transcribe *t, size_t seconds)
{
	static int16_t pcm[TRANSCRIBE_PART_MAX];
	size_t n = fill_speech(&s->corpus, pcm, seconds * TRANSCRIBE_RATE_HZ);
	double took[TIME_RUNS], cpu[TIME_RUNS];
	struct buf text;
	int rc = 0;

	buf_init(&text, TEXT_MAX);
	for (size_t i = 0; i < TIME_RUNS && rc == 0; i++) {
		double start = now_ms(), start_cpu = cpu_ms();

		rc = recognise(t, pcm, n, &text);
		took[i] = now_ms() - start;
		cpu[i] = cpu_ms() - start_cpu;
	}
	buf_fini(&text);
	if (rc == 0)
		printf("  %zu s: %.0f (%.0f)", seconds, median(took, TIME_RUNS), median(cpu, TIME_RUNS));
	return rc;
}

static int time_lengths(const struct speech *s, const struct transcribe *t, const char *name)
{
	static const size_t seconds[] = {1, 2, 3, 5, 10};

	printf("%-6s", name);
	for (size_t i = 0; i < ARRAY_LEN(seconds); i++) {
		int rc = time_length(s, t, seconds[i]);

		if (rc < 0)
			return rc;
	}
	printf("  ms, and of processor time (medians of %d)\n", TIME_RUNS);
	return 0;
}

static int try_model(struct speech *s, const char *name, const char *line)
{
	struct ort_error err = {0};
	struct transcribe t = {.pieces = s->pieces, .err = &err};
	char dir[64];
	int rc;

	if (s->only && strcmp(s->only, name) != 0)
		return 0;
	snprintf(dir, sizeof(dir), "moonshine/%s", name);
	rc = moonshine_open(s->ort, dir, &err, &t.model);
	if (rc < 0) {
		fprintf(stderr, "%s\n", err.text);
		return rc;
	}
	rc = s->times ? time_lengths(s, &t, name) : score_corpus(s, &t, name, line);
	moonshine_close(t.model);
	return rc;
}

/* ---- detection and meaning: only times ---- */

static int time_batch(const struct speech *s, struct vad *v, size_t batch)
{
	static _Alignas(16) char state[VAD_BATCH_MAX][VAD_STATE_BYTES_MAX];
	const struct corpus_prompt *p = &s->corpus.prompts[0];
	struct vad_item items[VAD_BATCH_MAX];
	double took[VAD_RUNS];

	for (size_t r = 0; r < VAD_RUNS; r++) {
		double start;

		for (size_t i = 0; i < batch; i++)
			items[i] = (struct vad_item){
				.state = state[i],
				.near = p->pcm +
					(r * VAD_WINDOW_SAMPLES + i) % (p->samples - VAD_WINDOW_SAMPLES),
			};
		start = cpu_ms();
		if (vad_run(v, items, batch) < 0)
			return -EIO;
		took[r] = cpu_ms() - start;
	}
	printf("  %zu calls: %.0f us", batch, median(took, VAD_RUNS) * 1e3 / (double)batch);
	return 0;
}

static int time_detection(const struct speech *s)
{
	static const size_t batches[] = {1, 8, 32, 128};
	struct ort_error err = {0};
	struct vad *v;
	int rc = vad_open(&silero_ops, &(struct silero_config){s->ort, &err}, &v);

	if (rc < 0) {
		fprintf(stderr, "%s\n", err.text);
		return rc;
	}
	printf("detect");
	for (size_t i = 0; i < ARRAY_LEN(batches) && rc == 0; i++)
		rc = time_batch(s, v, batches[i]);
	printf("  of processor time a window of 32 ms and a call\n");
	vad_close(v);
	return rc;
}

static int time_meaning(const struct speech *s)
{
	const struct str text = STR("I would like to move my appointment to next Tuesday");
	double took[TIME_RUNS];
	struct ort_error err = {0};
	struct embedding out;
	struct embed *e;
	int rc = minilm_open(s->ort, &err, &e);

	if (rc < 0) {
		fprintf(stderr, "%s\n", err.text);
		return rc;
	}
	for (size_t i = 0; i < TIME_RUNS && rc == 0; i++) {
		double start = cpu_ms();

		rc = embed_text(e, text, &out);
		took[i] = cpu_ms() - start;
	}
	printf("meaning  %.1f ms of processor time for a sentence of ten words\n", median(took, TIME_RUNS));
	embed_close(e);
	return rc;
}

static int show_times(struct speech *s)
{
	int rc = try_model(s, "base", "");

	if (rc == 0)
		rc = try_model(s, "tiny", "");
	if (rc == 0)
		rc = time_detection(s);
	if (rc == 0)
		rc = time_meaning(s);
	return rc;
}

static int show_errors(struct speech *s)
{
	int rc = try_model(s, "base", "as is");

	if (rc == 0)
		rc = try_model(s, "tiny", "as is");
	through_ulaw(&s->corpus);
	if (rc == 0)
		rc = try_model(s, "base", "mu-law");
	if (rc == 0)
		rc = try_model(s, "tiny", "mu-law");
	return rc;
}

static int open_all(struct speech *s)
{
	const struct corpus_filter filter = {WORDS_MIN, USEC_MS(LONGEST_MS)};
	struct ort_error err = {0};
	char path[1024];
	int rc = ort_open(s->models, &err, &s->ort);

	if (rc < 0) {
		fprintf(stderr, "%s\n", err.text);
		return rc;
	}
	snprintf(path, sizeof(path), "%s/" PIECES_SCRIPT, s->models);
	rc = pieces_load(path, &s->pieces);
	if (rc < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(-rc));
		return rc;
	}
	rc = corpus_read(&s->corpus, s->sounds, s->wording, &filter);
	if (rc < 0)
		fprintf(stderr, "%s\n", s->corpus.error);
	return rc;
}

static int parse(struct speech *s, int argc, char **argv)
{
	static const struct option options[] = {{"models", required_argument, NULL, 'm'},
						{"sounds", required_argument, NULL, 's'},
						{"wording", required_argument, NULL, 'w'},
						{"only", required_argument, NULL, 'o'},
						{"show", no_argument, NULL, 'v'},
						{"times", no_argument, NULL, 't'},
						{0}};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == 'm')
			s->models = optarg;
		else if (c == 's')
			s->sounds = optarg;
		else if (c == 'w')
			s->wording = optarg;
		else if (c == 'o')
			s->only = optarg;
		else if (c == 'v')
			s->show = true;
		else if (c == 't')
			s->times = true;
		else
			return -EINVAL;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct speech s = {.models = "models", .sounds = CORPUS_SOUNDS, .wording = CORPUS_WORDING};
	int rc = parse(&s, argc, argv);

	if (rc == 0)
		rc = open_all(&s);
	if (rc == 0)
		rc = s.times ? show_times(&s) : show_errors(&s);
	corpus_fini(&s.corpus);
	pieces_free(s.pieces);
	ort_close(s.ort);
	return rc < 0;
}
