#include "media/resample.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "media/resample_kernel.h"

#define KAISER_BETA 6.3 /* 66 dB; 16 bit coefficients carry about 75 */

struct resample_filter {
	uint32_t from_hz, to_hz;
	uint32_t phases, step; /* the ratio L/M in lowest terms */
	uint32_t taps;         /* of one phase, a multiple of 16 */
	int16_t *coefs;
	pthread_once_t *once;
	void (*design)(void);
};

/* Each pair's room, and a function that pthread_once() can call for it. The taps of all phases together span
 * at least 26.5 periods of the lower rate: what 66 dB need over a transition of 0.15 of it (Kaiser). */
#define FILTERS(X)                    \
	X(8000, 16000, 2, 1, 32)      \
	X(8000, 24000, 3, 1, 32)      \
	X(8000, 48000, 6, 1, 32)      \
	X(16000, 24000, 3, 2, 32)     \
	X(16000, 48000, 3, 1, 32)     \
	X(16000, 8000, 1, 2, 64)      \
	X(22050, 8000, 160, 441, 80)  \
	X(22050, 16000, 320, 441, 48) \
	X(24000, 8000, 1, 3, 96)      \
	X(24000, 16000, 2, 3, 48)     \
	X(32000, 8000, 1, 4, 112)     \
	X(32000, 16000, 1, 2, 64)     \
	X(44100, 8000, 80, 441, 160)  \
	X(44100, 16000, 160, 441, 80) \
	X(48000, 8000, 1, 6, 160)     \
	X(48000, 16000, 1, 3, 96)

static void design(const struct resample_filter *f);
static const struct resample_filter *filter_of(uint32_t from_hz, uint32_t to_hz);

#define ROOM(from, to, l, m, taps)                                             \
	static _Alignas(32) int16_t coefs_##from##_##to[(size_t)(l) * (taps)]; \
	static pthread_once_t once_##from##_##to = PTHREAD_ONCE_INIT;          \
	static void design_##from##_##to(void)                                 \
	{                                                                      \
		design(filter_of(from, to));                                   \
	}
FILTERS(ROOM)

#define ROW(from, to, l, m, taps) \
	{from, to, l, m, taps, coefs_##from##_##to, &once_##from##_##to, design_##from##_##to},
static const struct resample_filter filters[] = {FILTERS(ROW)};

static const struct resample_filter *filter_of(uint32_t from_hz, uint32_t to_hz)
{
	for (size_t i = 0; i < ARRAY_LEN(filters); i++)
		if (filters[i].from_hz == from_hz && filters[i].to_hz == to_hz)
			return &filters[i];
	return NULL;
}

/* The modified Bessel function of the first kind, order 0. */
static double bessel_i0(double x)
{
	double sum = 1, term = 1;

	for (int k = 1; term > sum * 1e-12; k++) {
		term *= x / (2 * k) * (x / (2 * k));
		sum += term;
	}
	return sum;
}

/* Tap i of the prototype, which runs at `phases` times the input rate and lets half the lower rate pass. */
static double prototype(const struct resample_filter *f, size_t i)
{
	double last = (double)f->phases * f->taps - 1, t = (double)i - last / 2, edge = 2 * t / last;
	double cutoff = (double)MIN(f->from_hz, f->to_hz) / ((double)f->from_hz * f->phases);
	double sinc = fabs(t) < 1e-9 ? 1 : sin(M_PI * cutoff * t) / (M_PI * cutoff * t);

	return cutoff * f->phases * sinc * bessel_i0(KAISER_BETA * sqrt(MAX(0, 1 - edge * edge))) /
	       bessel_i0(KAISER_BETA);
}

/* Rounds one phase so that it passes a constant unchanged: the error goes to the largest tap. */
static void design_phase(const struct resample_filter *f, size_t phase)
{
	int16_t *row = f->coefs + phase * f->taps, *largest = row;
	double sum = 0;
	int32_t left = 1 << RESAMPLE_Q;

	for (size_t k = 0; k < f->taps; k++)
		sum += prototype(f, phase + k * f->phases);
	for (size_t k = 0; k < f->taps; k++) {
		int16_t *c = &row[f->taps - 1 - k]; /* the newest sample meets the first tap */

		*c = (int16_t)lrint(prototype(f, phase + k * f->phases) / sum * (1 << RESAMPLE_Q));
		left -= *c;
		if (abs(*c) > abs(*largest))
			largest = c;
	}
	*largest = (int16_t)(*largest + left);
}

static void design(const struct resample_filter *f)
{
	for (size_t phase = 0; phase < f->phases; phase++)
		design_phase(f, phase);
}

static void run_scalar(const struct resample_run *r)
{
	size_t at = r->phase;

	for (size_t k = 0; k < r->count; k++, at += r->step) {
		const int16_t *x = r->x + at / r->phases, *c = r->coefs + at % r->phases * r->taps;
		int32_t sum = 0;

		for (size_t i = 0; i < r->taps; i++)
			sum += x[i] * c[i];
		r->out[k] = resample_round(sum);
	}
}

static bool always(void)
{
	return true;
}

static const struct resample_kernel scalar = {"scalar", run_scalar, always};
static const struct resample_kernel *kernel = &scalar;

const struct resample_kernel *resample_kernel_at(size_t i)
{
	if (i < resample_machine_kernel_count)
		return &resample_machine_kernels[i];
	return i == resample_machine_kernel_count ? &scalar : NULL;
}

void resample_use(const struct resample_kernel *k)
{
	kernel = k;
}

__attribute__((constructor)) static void choose_kernel(void)
{
	size_t i = 0;

	while (!resample_kernel_at(i)->usable())
		i++;
	resample_use(resample_kernel_at(i));
}

int resample_init(struct resample *r, uint32_t from_hz, uint32_t to_hz)
{
	const struct resample_filter *f = filter_of(from_hz, to_hz);

	if (!f && from_hz != to_hz)
		return -ENOTSUP;
	if (f)
		pthread_once(f->once, f->design);
	*r = (struct resample){.filter = f};
	return 0;
}

size_t resample_bound(const struct resample *r, size_t n)
{
	return r->filter ? n * r->filter->phases / r->filter->step + 1 : n;
}

size_t resample_delay(const struct resample *r)
{
	return r->filter ? (size_t)r->filter->taps * r->filter->phases / 2 / r->filter->step : 0;
}

size_t resample_push(struct resample *r, const int16_t *in, size_t n, int16_t *out)
{
	const struct resample_filter *f = r->filter;
	int16_t x[RESAMPLE_TAPS_MAX + RESAMPLE_PCM_MAX];
	size_t keep, end, count;

	if (n == 0)
		return 0;
	if (!f) {
		memcpy(out, in, n * sizeof(*in));
		return n;
	}
	keep = f->taps - 1;
	end = n * f->phases;
	count = r->phase < end ? (end - r->phase - 1) / f->step + 1 : 0;
	memcpy(x, r->past, keep * sizeof(*x));
	memcpy(x + keep, in, n * sizeof(*x));
	kernel->run(&(struct resample_run){x, f->coefs, f->taps, f->phases, f->step, r->phase, count, out});
	r->phase = (uint32_t)(r->phase + count * f->step - end);
	memcpy(r->past, x + n, keep * sizeof(*x));
	return count;
}
