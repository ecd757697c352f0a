#include "wire/wav.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "wire/bytes.h"

#define RIFF_HEAD_BYTES  12
#define CHUNK_HEAD_BYTES 8
#define FMT_BYTES        16
#define FMT_EXTENDED     0xfffe
#define FMT_GUID_AT      24 /* whose first two bytes are the coding */
#define SIZE_UNKNOWN     0xffffffffu
#define PCM_BYTES_MAX    4

static bool tag_is(const uint8_t *p, const char *tag)
{
	return memcmp(p, tag, 4) == 0;
}

static bool coding_known(unsigned coding, unsigned sample_bytes)
{
	switch (coding) {
	case WAV_PCM:
		return sample_bytes >= 1 && sample_bytes <= PCM_BYTES_MAX;
	case WAV_FLOAT:
		return sample_bytes == 4 || sample_bytes == 8;
	case WAV_ALAW:
	case WAV_ULAW:
		return sample_bytes == 1;
	default:
		return false;
	}
}

static int parse_format(const uint8_t *p, size_t n, struct wav *w)
{
	unsigned coding, bits, align;

	if (n < FMT_BYTES)
		return -EBADMSG;
	coding = bytes_le16(p);
	w->channels = bytes_le16(p + 2);
	w->rate_hz = bytes_le32(p + 4);
	align = bytes_le16(p + 12);
	bits = bytes_le16(p + 14);
	if (coding == FMT_EXTENDED) {
		if (n < FMT_GUID_AT + 2)
			return -EBADMSG;
		coding = bytes_le16(p + FMT_GUID_AT);
	}
	if (w->channels == 0 || bits == 0 || bits % 8 != 0)
		return -EBADMSG;
	w->sample_bytes = bits / 8;
	if (w->channels > 2 || w->rate_hz < WAV_RATE_MIN_HZ || w->rate_hz > WAV_RATE_MAX_HZ ||
	    !coding_known(coding, w->sample_bytes))
		return -ENOTSUP;
	if (align != w->channels * w->sample_bytes)
		return -EBADMSG;
	w->coding = (enum wav_coding)coding;
	return 0;
}

/* How much of the `rest` bytes belong to a data chunk of the declared size. Programs that stream leave 0 or
 * -1; a 0 is meant when the RIFF size agrees that nothing follows. */
static size_t data_bytes(uint32_t declared, size_t rest, bool riff_covers)
{
	if (declared == SIZE_UNKNOWN || (declared == 0 && !riff_covers))
		return rest;
	return MIN(declared, rest);
}

int wav_parse(const uint8_t *p, size_t n, struct wav *ret_wav)
{
	struct wav w = {0};
	bool riff_covers;
	size_t data = 0;

	if (n < RIFF_HEAD_BYTES || !tag_is(p, "RIFF") || !tag_is(p + 8, "WAVE"))
		return -EBADMSG;
	riff_covers = (uint64_t)bytes_le32(p + 4) + CHUNK_HEAD_BYTES >= n;
	for (size_t at = RIFF_HEAD_BYTES; n - at >= CHUNK_HEAD_BYTES && (!w.data || !w.channels);) {
		uint32_t declared = bytes_le32(p + at + 4);
		size_t rest = n - at - CHUNK_HEAD_BYTES;
		const uint8_t *body = p + at + CHUNK_HEAD_BYTES;
		int rc = 0;

		if (tag_is(p + at, "data")) {
			w.data = body;
			data = data_bytes(declared, rest, riff_covers);
		} else if (tag_is(p + at, "fmt ")) {
			rc = parse_format(body, MIN(declared, rest), &w);
		}
		if (rc < 0)
			return rc;
		at += CHUNK_HEAD_BYTES + MIN((size_t)declared + declared % 2, rest);
	}
	if (!w.data || !w.channels)
		return -EBADMSG;
	w.frames = data / (w.channels * w.sample_bytes);
	*ret_wav = w;
	return 0;
}

/* ITU-T G.711: sign, three bits of exponent, four of mantissa. */
static int32_t expand_ulaw(uint8_t code)
{
	int32_t v;

	code = (uint8_t)~code;
	v = (((code & 0x0f) << 3) + 0x84) << (code >> 4 & 7);
	return code & 0x80 ? 0x84 - v : v - 0x84;
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

static int32_t of_float(double v)
{
	if (!(v > -1.0)) /* not a number is silence, as good as any */
		return v <= -1.0 ? INT16_MIN : 0;
	return v >= 1.0 ? INT16_MAX : (int32_t)lrint(v * INT16_MAX);
}

static int32_t read_float(const uint8_t *p, unsigned bytes)
{
	uint64_t bits = bytes_le32(p);
	uint32_t bits32 = (uint32_t)bits;
	double d;
	float f;

	if (bytes == sizeof(d)) {
		bits |= (uint64_t)bytes_le32(p + 4) << 32;
		memcpy(&d, &bits, sizeof(d));
		return of_float(d);
	}
	memcpy(&f, &bits32, sizeof(f));
	return of_float((double)f);
}

static int32_t read_sample(const struct wav *w, const uint8_t *p)
{
	switch (w->coding) {
	case WAV_ALAW:
		return expand_alaw(*p);
	case WAV_ULAW:
		return expand_ulaw(*p);
	case WAV_FLOAT:
		return read_float(p, w->sample_bytes);
	case WAV_PCM:
		break;
	}
	if (w->sample_bytes == 1)
		return (*p - 0x80) * 256;
	return (int16_t)bytes_le16(p + w->sample_bytes - 2); /* the upper 16 of 16, 24 or 32 bits */
}

static size_t frames_left(const struct wav *w, size_t from, size_t n)
{
	return from < w->frames ? MIN(n, w->frames - from) : 0;
}

size_t wav_read_channel(const struct wav *w, unsigned channel, size_t from, int16_t *pcm, size_t n)
{
	size_t frame_bytes = w->channels * w->sample_bytes;

	n = frames_left(w, from, n);
	for (size_t i = 0; i < n; i++)
		pcm[i] = (int16_t)read_sample(w,
					      w->data + (from + i) * frame_bytes + channel * w->sample_bytes);
	return n;
}

size_t wav_read_mono(const struct wav *w, size_t from, int16_t *pcm, size_t n)
{
	size_t frame_bytes = w->channels * w->sample_bytes;

	if (w->channels == 1)
		return wav_read_channel(w, 0, from, pcm, n);
	n = frames_left(w, from, n);
	for (size_t i = 0; i < n; i++) {
		const uint8_t *p = w->data + (from + i) * frame_bytes;

		pcm[i] = (int16_t)((read_sample(w, p) + read_sample(w, p + w->sample_bytes)) / 2);
	}
	return n;
}

void wav_print_header(enum wav_coding coding, uint32_t rate_hz, unsigned channels, uint64_t data_bytes,
		      uint8_t out[WAV_HEADER_BYTES])
{
	unsigned sample_bytes = coding == WAV_PCM ? 2 : 1;
	uint64_t size_max = UINT32_MAX - WAV_HEADER_BYTES;
	uint32_t size = (uint32_t)MIN(data_bytes, size_max);

	memcpy(out, "RIFF", 4);
	bytes_put_le32(out + 4, size + size % 2 + WAV_HEADER_BYTES - CHUNK_HEAD_BYTES);
	memcpy(out + 8, "WAVEfmt ", 8);
	bytes_put_le32(out + 16, FMT_BYTES);
	bytes_put_le16(out + 20, (uint16_t)coding);
	bytes_put_le16(out + 22, (uint16_t)channels);
	bytes_put_le32(out + 24, rate_hz);
	bytes_put_le32(out + 28, rate_hz * channels * sample_bytes);
	bytes_put_le16(out + 32, (uint16_t)(channels * sample_bytes));
	bytes_put_le16(out + 34, (uint16_t)(sample_bytes * 8));
	memcpy(out + 36, "data", 4);
	bytes_put_le32(out + 40, size);
}
