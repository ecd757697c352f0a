#include <immintrin.h>

#include "media/resample_kernel.h"

__attribute__((target("avx2"))) static int32_t dot_avx2(const int16_t *x, const int16_t *c, size_t taps)
{
	__m256i sum = _mm256_setzero_si256();
	__m128i half;

	for (size_t i = 0; i < taps; i += 16) {
		__m256i samples = _mm256_loadu_si256((const __m256i *)(const void *)(x + i));
		__m256i coefs = _mm256_load_si256((const __m256i *)(const void *)(c + i));

		sum = _mm256_add_epi32(sum, _mm256_madd_epi16(samples, coefs));
	}
	half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
	half = _mm_add_epi32(half, _mm_shuffle_epi32(half, _MM_SHUFFLE(1, 0, 3, 2)));
	half = _mm_add_epi32(half, _mm_shuffle_epi32(half, _MM_SHUFFLE(2, 3, 0, 1)));
	return _mm_cvtsi128_si32(half);
}

__attribute__((target("avx2"))) static void run_avx2(const struct resample_run *r)
{
	size_t whole = r->phase / r->phases, phase = r->phase % r->phases;
	size_t step_whole = r->step / r->phases, step_phase = r->step % r->phases;

	for (size_t k = 0; k < r->count; k++) {
		r->out[k] = resample_round(dot_avx2(r->x + whole, r->coefs + phase * r->taps, r->taps));
		whole += step_whole;
		phase += step_phase;
		if (phase >= r->phases) {
			phase -= r->phases;
			whole++;
		}
	}
}

static int32_t dot_sse2(const int16_t *x, const int16_t *c, size_t taps)
{
	__m128i sum = _mm_setzero_si128();

	for (size_t i = 0; i < taps; i += 8) {
		__m128i samples = _mm_loadu_si128((const __m128i *)(const void *)(x + i));
		__m128i coefs = _mm_load_si128((const __m128i *)(const void *)(c + i));

		sum = _mm_add_epi32(sum, _mm_madd_epi16(samples, coefs));
	}
	sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, _MM_SHUFFLE(1, 0, 3, 2)));
	sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, _MM_SHUFFLE(2, 3, 0, 1)));
	return _mm_cvtsi128_si32(sum);
}

static void run_sse2(const struct resample_run *r)
{
	size_t at = r->phase;

	for (size_t k = 0; k < r->count; k++, at += r->step)
		r->out[k] = resample_round(
			dot_sse2(r->x + at / r->phases, r->coefs + at % r->phases * r->taps, r->taps));
}

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

static bool has_sse2(void)
{
	return __builtin_cpu_supports("sse2");
}

const struct resample_kernel resample_machine_kernels[] = {
	{"avx2", run_avx2, has_avx2},
	{"sse2", run_sse2, has_sse2},
};
const size_t resample_machine_kernel_count = ARRAY_LEN(resample_machine_kernels);
