#include "bench/recorded.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

#include "app/rehearsal/caller_sound.h"
#include "base/mem.h"
#include "wire/wav.h"

#define FILE_MAX    (256L * 1024 * 1024)
#define AUDIBLE_MS  90000.0 /* mean square of 300: a window that the ear misses when it is gone */
#define STILL_MS    100.0   /* and of 10: the least that is more than silence in mu-law */
#define PLACE_BY    6400    /* samples before a place by which it is known: 0.8 s */
#define PLACE_REACH 16000
#define FULL_SHARE  0.25 /* of the power: 6 dB less is lowered */

static int read_bytes(const char *path, uint8_t **ret_bytes, size_t *ret_n)
{
	FILE *f = fopen(path, "rbe");
	struct stat st;
	uint8_t *p;

	if (!f)
		return -errno;
	if (fstat(fileno(f), &st) < 0 || st.st_size <= 0 || st.st_size > FILE_MAX) {
		fclose(f);
		return -EBADMSG;
	}
	p = mem_alloc((size_t)st.st_size);
	*ret_n = p ? fread(p, 1, (size_t)st.st_size, f) : 0;
	fclose(f);
	*ret_bytes = p;
	return p ? 0 : -ENOMEM;
}

static int split(struct recorded *r, const uint8_t *bytes, size_t n)
{
	struct wav wav;
	int rc = wav_parse(bytes, n, &wav);

	if (rc < 0)
		return rc;
	if (wav.rate_hz != RECORDED_RATE_HZ || wav.channels != 2)
		return -ENOTSUP;
	r->caller = mem_alloc((wav.frames + 1) * sizeof(*r->caller));
	r->agent = mem_alloc((wav.frames + 1) * sizeof(*r->agent));
	if (!r->caller || !r->agent)
		return -ENOMEM;
	r->samples = wav_read_channel(&wav, 0, 0, r->caller, wav.frames);
	r->samples = MIN(r->samples, wav_read_channel(&wav, 1, 0, r->agent, wav.frames));
	return 0;
}

int recorded_read(struct recorded *r, const char *path)
{
	uint8_t *bytes = NULL;
	size_t n = 0;
	int rc;

	*r = (struct recorded){0};
	rc = read_bytes(path, &bytes, &n);
	if (rc == 0)
		rc = split(r, bytes, n);
	mem_free(bytes);
	if (rc < 0)
		recorded_fini(r);
	return rc;
}

void recorded_fini(struct recorded *r)
{
	r->caller = mem_free(r->caller);
	r->agent = mem_free(r->agent);
	r->samples = 0;
}

size_t recorded_first(const int16_t *pcm, size_t from, size_t to)
{
	return from < to ? from + caller_sound_first(pcm + from, to - from) : to;
}

/* Samples of the two that differ, `n` in front of each place; given up beyond `most`. */
static size_t count_others(const int16_t *a, const int16_t *b, size_t n, size_t most)
{
	size_t others = 0;

	for (size_t i = 0; i < n && others <= most; i++)
		others += a[i] != b[i];
	return others;
}

size_t recorded_place(const struct recorded_phrase *p, size_t at)
{
	size_t n = MIN(at, (size_t)PLACE_BY), place = SIZE_MAX, least = n / 10 + 1;

	for (size_t far = 0; far <= PLACE_REACH && least > 0; far++) {
		const size_t sides[] = {at - MIN(far, at), at + far};

		for (size_t k = 0; k < ARRAY_LEN(sides); k++) {
			size_t others;

			if (sides[k] < n || sides[k] > p->whole_n)
				continue;
			others = count_others(p->whole + sides[k] - n, p->heard + at - n, n, least);
			if (others >= least)
				continue;
			least = others;
			place = sides[k];
		}
	}
	return place;
}

static double power(const int16_t *pcm)
{
	double sum = 0;

	for (size_t i = 0; i < RECORDED_WINDOW; i++)
		sum += (double)pcm[i] * pcm[i];
	return sum / RECORDED_WINDOW;
}

/* The end of the last window behind `from` that is audible in the whole phrase, and of which `share` of the
 * power is there, or anything at all with a share of 0. */
static size_t last_window(const struct recorded_phrase *p, size_t from, double share)
{
	size_t n = MIN(p->whole_n, p->heard_n), last = from;

	for (size_t i = from; i + RECORDED_WINDOW <= n; i += RECORDED_WINDOW) {
		double whole = power(p->whole + i), heard = power(p->heard + i);

		if (whole >= AUDIBLE_MS && heard >= STILL_MS && heard >= share * whole)
			last = i + RECORDED_WINDOW;
	}
	return last;
}

size_t recorded_full_until(const struct recorded_phrase *p, size_t from)
{
	return last_window(p, from, FULL_SHARE);
}

size_t recorded_heard_until(const struct recorded_phrase *p, size_t from)
{
	return last_window(p, from, 0);
}
