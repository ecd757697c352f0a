#include "media/codec.h"

#include <errno.h>

#include "media/g711.h"

static int encode_ulaw(void *state, const int16_t *pcm, size_t samples, uint8_t *out, size_t size)
{
	(void)state;
	if (samples > size)
		return -EMSGSIZE;
	g711_ulaw_encode(pcm, samples, out);
	return (int)samples;
}

static int decode_ulaw(void *state, const uint8_t *in, size_t n, int16_t *pcm, size_t size)
{
	(void)state;
	if (n > size)
		return -EMSGSIZE;
	g711_ulaw_decode(in, n, pcm);
	return (int)n;
}

static int encode_alaw(void *state, const int16_t *pcm, size_t samples, uint8_t *out, size_t size)
{
	(void)state;
	if (samples > size)
		return -EMSGSIZE;
	g711_alaw_encode(pcm, samples, out);
	return (int)samples;
}

static int decode_alaw(void *state, const uint8_t *in, size_t n, int16_t *pcm, size_t size)
{
	(void)state;
	if (n > size)
		return -EMSGSIZE;
	g711_alaw_decode(in, n, pcm);
	return (int)n;
}

static const struct codec codecs[] = {
	{"PCMU", 0, 8000, 8000, 160, 0, encode_ulaw, decode_ulaw},
	{"PCMA", 8, 8000, 8000, 160, 0, encode_alaw, decode_alaw},
};

const struct codec *codec_find(struct str name, uint32_t clock_hz)
{
	for (size_t i = 0; i < ARRAY_LEN(codecs); i++)
		if (codecs[i].clock_hz == clock_hz && str_ieq(str_from(codecs[i].name), name))
			return &codecs[i];
	return NULL;
}

const struct codec *codec_find_static(uint8_t payload_type)
{
	for (size_t i = 0; i < ARRAY_LEN(codecs); i++)
		if (codecs[i].payload_type == payload_type && payload_type != CODEC_DYNAMIC)
			return &codecs[i];
	return NULL;
}

const struct codec *codec_at(size_t i)
{
	return i < ARRAY_LEN(codecs) ? &codecs[i] : NULL;
}
