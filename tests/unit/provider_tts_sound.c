#include "test.h"

#include "media/g711.h"
#include "provider/tts/tts.h"
#include "provider/tts/tts_sound.h"
#include "wire/wav.h"

#define PCM_MAX 20000

struct heard {
	int16_t pcm[PCM_MAX];
	size_t n;
};

static int on_pcm(void *arg, const int16_t *pcm, size_t samples)
{
	struct heard *h = arg;

	if (h->n + samples > PCM_MAX)
		return -EMSGSIZE;
	memcpy(h->pcm + h->n, pcm, samples * sizeof(*pcm));
	h->n += samples;
	return 0;
}

/* Pushes p[n] in pieces of `piece` bytes, and ends. */
static int hear(struct heard *h, const struct tts_form *form, const uint8_t *p, size_t n, size_t piece)
{
	struct tts_sound_sink sink = {on_pcm, h};
	static struct tts_sound s;
	int rc = tts_sound_init(&s, form);

	h->n = 0;
	for (size_t i = 0; rc == 0 && i < n; i += piece)
		rc = tts_sound_push(&s, (struct str){(const char *)p + i, MIN(piece, n - i)}, &sink);
	return rc < 0 ? rc : tts_sound_end(&s, &sink);
}

static void ramp(uint8_t *out, size_t samples)
{
	for (size_t i = 0; i < samples; i++) {
		out[2 * i] = (uint8_t)(i * 5);
		out[2 * i + 1] = (uint8_t)(i * 5 >> 8);
	}
}

static const struct tts_form s16_8k = {TTS_S16, 8000}, s16_24k = {TTS_S16, 24000};

TEST(tts_sound_is_the_same_however_it_comes)
{
	static const size_t pieces[] = {1, 2, 3, 7, 959, 4800};
	static struct heard whole, cut;
	uint8_t bytes[4801];

	ramp(bytes, sizeof(bytes) / 2);
	bytes[4800] = 9; /* half a sample at the very end: nobody hears it */
	CHECK_INT(hear(&whole, &s16_24k, bytes, sizeof(bytes), sizeof(bytes)), 0);
	CHECK(whole.n >= 800 && whole.n < 830); /* and the resampler's tail */
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		CHECK_INT(hear(&cut, &s16_24k, bytes, sizeof(bytes), pieces[i]), 0);
		CHECK(cut.n == whole.n && memcmp(cut.pcm, whole.pcm, cut.n * sizeof(*cut.pcm)) == 0);
	}
	CHECK_INT(hear(&cut, &s16_8k, bytes, 1601, 3), 0);
	CHECK_INT(cut.n, 800);
	for (size_t i = 0; i < cut.n; i++)
		CHECK_INT(cut.pcm[i], i * 5);
}

/* test-vectors, 6 */
TEST(tts_sound_reads_both_laws)
{
	static const uint8_t ulaw[] = {0xff, 0xf2, 0x72, 0xce, 0x9f}, alaw[] = {0xd5, 0xd3, 0x53, 0xfa, 0x8a};
	static const int16_t of_ulaw[] = {0, 104, -104, 988, 8316}, of_alaw[] = {8, 104, -104, 1008, 8064};
	static const struct tts_form ulaw_8k = {TTS_ULAW, 8000}, alaw_8k = {TTS_ALAW, 8000};
	static struct heard h;

	CHECK_INT(hear(&h, &ulaw_8k, ulaw, sizeof(ulaw), 1), 0);
	CHECK(h.n == 5 && memcmp(h.pcm, of_ulaw, sizeof(of_ulaw)) == 0);
	CHECK_INT(hear(&h, &alaw_8k, alaw, sizeof(alaw), 2), 0);
	CHECK(h.n == 5 && memcmp(h.pcm, of_alaw, sizeof(of_alaw)) == 0);
}

/* Whatever was asked for; the sizes of a streamed one are not believed. */
TEST(tts_sound_knows_a_wave_file)
{
	static const uint64_t sizes[] = {1600, UINT32_MAX, 0};
	static struct heard h;
	uint8_t file[WAV_HEADER_BYTES + 1600 + 8];

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		size_t n = i == 0 ? sizeof(file) : sizeof(file) - 8; /* something behind the samples */

		wav_print_header(WAV_PCM, 8000, 1, sizes[i], file);
		ramp(file + WAV_HEADER_BYTES, 804);
		for (size_t piece = 1; piece < 100; piece += 7) {
			CHECK_INT(hear(&h, &s16_24k, file, n, piece), 0);
			CHECK_INT(h.n, 800);
			CHECK_INT(h.pcm[799], 799 * 5);
		}
	}
	wav_print_header(WAV_ULAW, 8000, 1, 1600, file);
	CHECK_INT(hear(&h, &s16_24k, file, WAV_HEADER_BYTES + 1600, 100), 0);
	CHECK_INT(h.n, 1600);
}

TEST(tts_sound_refuses_what_it_cannot_play)
{
	static const struct tts_form odd = {TTS_S16, 12345};
	static uint8_t file[WAV_HEADER_BYTES + TTS_SOUND_HEAD_MAX];
	static struct heard h;

	CHECK_INT(hear(&h, &odd, file, 0, 1), -ENOTSUP);
	wav_print_header(WAV_PCM, 8000, 2, 100, file); /* two voices */
	CHECK_INT(hear(&h, &s16_8k, file, sizeof(file), 50), -ENOTSUP);
	wav_print_header(WAV_PCM, 12345, 1, 100, file);
	CHECK_INT(hear(&h, &s16_8k, file, sizeof(file), 50), -ENOTSUP);
	wav_print_header(WAV_PCM, 8000, 1, 100, file);
	CHECK_INT(hear(&h, &s16_8k, file, 20, 50), -EBADMSG); /* it ends in its head */
	memcpy(file + 12, "junk\xff\xff\xff\x0f", 8);         /* a chunk without end */
	CHECK_INT(hear(&h, &s16_8k, file, sizeof(file), 50), -EBADMSG);
}
