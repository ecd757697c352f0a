#include "media/g711.h"

#define ULAW_STEP 2 /* bits below mu-law's finest decision */
#define ALAW_STEP 4
#define ULAW_BIAS 0x84

static uint8_t ulaw_of[(INT16_MAX + 1) >> ULAW_STEP]; /* code of a positive magnitude */
static uint8_t alaw_of[(INT16_MAX + 1) >> ALAW_STEP];
static int16_t of_ulaw[256], of_alaw[256];

static int32_t expand_ulaw(uint8_t code)
{
	int32_t v;

	code = (uint8_t)~code;
	v = ((((code & 0x0f) << 3) + ULAW_BIAS) << (code >> 4 & 7)) - ULAW_BIAS;
	return code & 0x80 ? -v : v;
}

static int32_t expand_alaw(uint8_t code)
{
	int32_t v, exponent;

	code ^= 0x55;
	exponent = code >> 4 & 7;
	v = ((code & 0x0f) << 4) + (exponent ? 0x108 : 8);
	v <<= exponent > 1 ? exponent - 1 : 0;
	return code & 0x80 ? v : -v;
}

static uint8_t compress_ulaw(int32_t magnitude)
{
	int32_t v = MIN(magnitude, 32635) + ULAW_BIAS, exponent = 0;

	while (v >> (exponent + 8))
		exponent++;
	return (uint8_t) ~(exponent << 4 | (v >> (exponent + 3) & 0x0f));
}

static uint8_t compress_alaw(int32_t magnitude)
{
	int32_t exponent = 0, mantissa;

	while (magnitude >> (exponent + 8))
		exponent++;
	mantissa = magnitude >> (exponent ? exponent + 3 : 4) & 0x0f;
	return (uint8_t)((exponent << 4 | mantissa) ^ 0xd5);
}

__attribute__((constructor)) static void fill_tables(void)
{
	for (unsigned i = 0; i < 256; i++) {
		of_ulaw[i] = (int16_t)expand_ulaw((uint8_t)i);
		of_alaw[i] = (int16_t)expand_alaw((uint8_t)i);
	}
	for (int32_t i = 0; i < (int32_t)ARRAY_LEN(ulaw_of); i++)
		ulaw_of[i] = compress_ulaw(i << ULAW_STEP);
	for (int32_t i = 0; i < (int32_t)ARRAY_LEN(alaw_of); i++)
		alaw_of[i] = compress_alaw(i << ALAW_STEP);
}

void g711_ulaw_encode(const int16_t *pcm, size_t n, uint8_t *out)
{
	for (size_t i = 0; i < n; i++) {
		int32_t sign = pcm[i] >> 15, magnitude = (pcm[i] ^ sign) - sign;

		out[i] = (uint8_t)(ulaw_of[MIN(magnitude, INT16_MAX) >> ULAW_STEP] ^ (sign & 0x80));
	}
}

void g711_alaw_encode(const int16_t *pcm, size_t n, uint8_t *out)
{
	for (size_t i = 0; i < n; i++) {
		int32_t sign = pcm[i] >> 15,
			magnitude = pcm[i] ^ sign; /* -1 counts as 0: the law has no zero */

		out[i] = (uint8_t)(alaw_of[magnitude >> ALAW_STEP] ^ (sign & 0x80));
	}
}

void g711_ulaw_decode(const uint8_t *in, size_t n, int16_t *pcm)
{
	for (size_t i = 0; i < n; i++)
		pcm[i] = of_ulaw[in[i]];
}

void g711_alaw_decode(const uint8_t *in, size_t n, int16_t *pcm)
{
	for (size_t i = 0; i < n; i++)
		pcm[i] = of_alaw[in[i]];
}
