#include "recording.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "wire/wav.h"

#define FILE_BYTES_MAX (256u << 20)
#define LOUD           5.5f /* of a step, as loudness() counts */
#define LOUD_LEAST     8    /* steps of a window */
#define SEARCH_EVERY   5    /* steps */
#define CANDIDATES     8
#define ALIKE          0.8 /* of a waveform */
#define AROUND         240 /* samples to both sides of where the loudness fits */
#define PROOF          800 /* samples compared first */
#define ASTRAY_MOST    6
#define NEWEST         480u /* samples that find a place nearby */
#define BACK_MOST      800u
#define LOST_MOST      6400u

static float loudness(const int16_t *pcm)
{
	double sum = 1;

	for (int i = 0; i < RECORDING_STEP; i++)
		sum += (double)pcm[i] * pcm[i];
	return (float)log(1 + sqrt(sum / RECORDING_STEP));
}

void recording_resample(const int16_t *pcm, size_t n, int16_t *out, size_t n_out)
{
	for (size_t i = 0; i < n_out; i++) {
		size_t from = i * n / n_out, to = MAX((i + 1) * n / n_out, from + 1);
		long sum = 0;

		for (size_t k = from; k < to; k++)
			sum += pcm[k];
		out[i] = (int16_t)(sum / (long)(to - from));
	}
}

/* ---- loading ---- */

static int read_file(const char *path, uint8_t **ret_p, size_t *ret_n)
{
	FILE *f = fopen(path, "rbe");
	uint8_t *p = NULL;
	long n = -1;

	if (!f)
		return -ENOENT;
	if (fseek(f, 0, SEEK_END) == 0)
		n = ftell(f);
	if (n > 0 && n < (long)FILE_BYTES_MAX && fseek(f, 0, SEEK_SET) == 0)
		p = mem_alloc((size_t)n);
	if (p && fread(p, 1, (size_t)n, f) != (size_t)n)
		p = mem_free(p);
	fclose(f);
	if (!p)
		return -EBADMSG;
	*ret_p = p;
	*ret_n = (size_t)n;
	return 0;
}

static int take_sound(const struct wav *w, struct recording *r)
{
	int16_t *all = mem_alloc(w->frames * sizeof(*all) + 1);
	size_t n = all ? wav_read_mono(w, 0, all, w->frames) : 0;

	r->n = (size_t)((uint64_t)n * RECORDING_HZ / w->rate_hz);
	r->steps = r->n / RECORDING_STEP;
	r->pcm = r->steps ? mem_alloc(r->n * sizeof(*r->pcm)) : NULL;
	r->loudness = r->pcm ? mem_alloc(r->steps * sizeof(*r->loudness)) : NULL;
	if (!r->loudness) {
		mem_free(all);
		recording_fini(r);
		return -ENOMEM;
	}
	recording_resample(all, n, r->pcm, r->n);
	for (size_t i = 0; i < r->steps; i++)
		r->loudness[i] = loudness(r->pcm + i * RECORDING_STEP);
	mem_free(all);
	return 0;
}

int recording_load(const char *path, struct recording *ret_recording)
{
	struct wav wav;
	uint8_t *file;
	size_t n;
	int rc = read_file(path, &file, &n);

	if (rc < 0)
		return rc;
	*ret_recording = (struct recording){0};
	rc = wav_parse(file, n, &wav) < 0 ? -EBADMSG : take_sound(&wav, ret_recording);
	mem_free(file);
	return rc;
}

void recording_fini(struct recording *r)
{
	mem_free(r->pcm);
	mem_free(r->loudness);
	*r = (struct recording){0};
}

/* ---- likeness ---- */

static double alike(const int16_t *a, const int16_t *b, size_t n)
{
	double ab = 0, aa = 1, bb = 1;

	for (size_t i = 0; i < n; i++) {
		ab += (double)a[i] * b[i];
		aa += (double)a[i] * a[i];
		bb += (double)b[i] * b[i];
	}
	return ab / sqrt(aa * bb);
}

static double same_shape(const float *a, const float *b)
{
	double ma = 0, mb = 0, ab = 0, aa = 1e-9, bb = 1e-9;

	for (int i = 0; i < RECORDING_WINDOW; i++) {
		ma += a[i] / RECORDING_WINDOW;
		mb += b[i] / RECORDING_WINDOW;
	}
	for (int i = 0; i < RECORDING_WINDOW; i++) {
		ab += (a[i] - ma) * (b[i] - mb);
		aa += (a[i] - ma) * (a[i] - ma);
		bb += (b[i] - mb) * (b[i] - mb);
	}
	return ab / sqrt(aa * bb);
}

/* ---- searching ---- */

struct place {
	const struct recording *r;
	size_t step;
	double score;
};

static void keep(struct place best[CANDIDATES], const struct place *p)
{
	int i = CANDIDATES;

	while (i > 0 && best[i - 1].score < p->score)
		i--;
	if (i == CANDIDATES)
		return;
	memmove(best + i + 1, best + i, (size_t)(CANDIDATES - 1 - i) * sizeof(best[0]));
	best[i] = *p;
}

/* Where in the window the loudest PROOF samples begin. */
static size_t loudest(const struct finder *f)
{
	float best = -1;
	size_t at = 0;

	for (size_t i = 0; i + PROOF / RECORDING_STEP <= RECORDING_WINDOW; i++) {
		float sum = 0;

		for (size_t k = 0; k < PROOF / RECORDING_STEP; k++)
			sum += f->loudness[i + k];
		if (sum > best) {
			best = sum;
			at = i * RECORDING_STEP;
		}
	}
	return at;
}

/* The sample of the recording at which the window begins, by the waveform of its loudest part. Returns
 * whether there is one. */
static bool prove_part(const struct finder *f, const struct place *p, size_t *ret_from)
{
	size_t inside = loudest(f), guess = p->step * RECORDING_STEP;
	double best = ALIKE;
	bool found = false;

	for (size_t from = guess > AROUND ? guess - AROUND : 0; from <= guess + AROUND; from++) {
		double score;

		if (from + inside + PROOF > p->r->n)
			break;
		score = alike(f->pcm + inside, p->r->pcm + from + inside, PROOF);
		if (score > best) {
			best = score;
			*ret_from = from;
			found = true;
		}
	}
	return found;
}

/* The same, by all of it: one vowel is like another. */
static bool prove(const struct finder *f, const struct place *p, size_t *ret_from)
{
	return prove_part(f, p, ret_from) && *ret_from + ARRAY_LEN(f->pcm) <= p->r->n &&
	       alike(f->pcm, p->r->pcm + *ret_from, ARRAY_LEN(f->pcm)) > ALIKE;
}

static void search(struct finder *f, const struct recording *rs, size_t n)
{
	struct place best[CANDIDATES] = {{0}};
	size_t from;

	for (size_t k = 0; k < n; k++)
		for (size_t step = 0; step + RECORDING_WINDOW <= rs[k].steps; step++) {
			struct place p = {&rs[k], step, same_shape(f->loudness, rs[k].loudness + step)};

			if (p.score > 0.5)
				keep(best, &p);
		}
	for (int i = 0; i < CANDIDATES && best[i].r && !f->found; i++)
		if (prove(f, &best[i], &from)) {
			f->found = best[i].r;
			f->at = from + RECORDING_WINDOW * RECORDING_STEP;
			f->astray = 0;
		}
}

static void lose(struct finder *f, unsigned kept)
{
	f->found = NULL;
	f->astray = 0;
	f->n = kept;
}

/* Frames of it were lost on the way, or one came twice: it goes on nearby. Returns whether it does. */
static bool find_nearby(struct finder *f)
{
	const int16_t *newest = f->pcm + ARRAY_LEN(f->pcm) - NEWEST;
	size_t end = f->at + RECORDING_STEP, from = MAX(end, NEWEST + BACK_MOST) - BACK_MOST;
	double best = ALIKE;

	for (size_t at = from; at <= MIN(end + LOST_MOST, f->found->n); at++) {
		double score = alike(newest, f->found->pcm + at - NEWEST, NEWEST);

		if (score > best) {
			best = score;
			f->at = at;
			f->astray = 0;
		}
	}
	return f->astray == 0;
}

/* The step must go on where the last one ended. What comes behind the end is another recording's. */
static void follow(struct finder *f, const int16_t *pcm, bool loud)
{
	if (f->at + RECORDING_STEP > f->found->n) {
		lose(f, 0);
		return;
	}
	if (loud && alike(pcm, f->found->pcm + f->at, RECORDING_STEP) > ALIKE / 2)
		f->astray = 0;
	else if (loud && ++f->astray * RECORDING_STEP >= NEWEST && find_nearby(f))
		return;
	else if (!loud)
		f->astray -= f->astray > 0; /* what ends in silence has ended */
	if (f->astray > ASTRAY_MOST)
		lose(f, ASTRAY_MOST);
	else
		f->at += RECORDING_STEP;
}

void finder_hear(struct finder *f, const int16_t *pcm, const struct recording *rs, size_t n)
{
	float level = loudness(pcm);
	unsigned loud = 0;

	memmove(f->pcm, f->pcm + RECORDING_STEP, sizeof(f->pcm) - RECORDING_STEP * sizeof(f->pcm[0]));
	memmove(f->loudness, f->loudness + 1, sizeof(f->loudness) - sizeof(f->loudness[0]));
	memcpy(f->pcm + (RECORDING_WINDOW - 1) * RECORDING_STEP, pcm, RECORDING_STEP * sizeof(pcm[0]));
	f->loudness[RECORDING_WINDOW - 1] = level;
	f->n = MIN(f->n + 1, RECORDING_WINDOW);
	if (f->found) {
		follow(f, pcm, level > LOUD);
		return;
	}
	for (int i = 0; i < RECORDING_WINDOW; i++)
		loud += f->loudness[i] > LOUD;
	if (++f->since < SEARCH_EVERY || loud < LOUD_LEAST || f->n < RECORDING_WINDOW)
		return;
	f->since = 0;
	search(f, rs, n);
}
