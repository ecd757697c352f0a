/*
 * resample_kernel.h - the inner loop of the resampler, once for each kind of machine
 *
 * A run makes `count` output samples. Output k stands at phase + k * step in
 * units of 1/phases of an input sample; the whole part says where its `taps`
 * samples begin, the rest which row of coefficients they are multiplied with.
 * taps is a multiple of 16, and the magnitudes of a row sum to less than 2^16,
 * so that 32 bits never overflow and every order of adding gives the same sum.
 *
 * Threads: any. Layer: media.
 */
#ifndef MEDIA_RESAMPLE_KERNEL_H
#define MEDIA_RESAMPLE_KERNEL_H

#include <stdbool.h>

#include "base/def.h"

#define RESAMPLE_Q 14

struct resample_run {
	const int16_t *x;
	const int16_t *coefs; /* [phases][taps], aligned to 32 bytes */
	size_t taps, phases, step;
	size_t phase; /* of the first output */
	size_t count;
	int16_t *out;
};

struct resample_kernel {
	const char *name;
	void (*run)(const struct resample_run *run);
	bool (*usable)(void);
};

/* Best first; the scalar one is last and always usable. NULL behind the last. */
const struct resample_kernel *resample_kernel_at(size_t i);

/* From now on in the whole process; for tests and bench. */
void resample_use(const struct resample_kernel *k);

/* What this kind of machine adds, best first: resample_x86.c or resample_plain.c. */
extern const struct resample_kernel resample_machine_kernels[];
extern const size_t resample_machine_kernel_count;

/* A sum in Q14 as a sample. */
static inline int16_t resample_round(int32_t sum)
{
	int32_t v = (sum + (1 << (RESAMPLE_Q - 1))) >> RESAMPLE_Q;

	return (int16_t)CLAMP(v, INT16_MIN, INT16_MAX);
}

#endif
