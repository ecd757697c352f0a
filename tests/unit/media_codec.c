/* G.711 against its definition, the codec table, the resampler against arithmetic and against itself. */
#include <math.h>
#include <stdlib.h>

#include "media/codec.h"
#include "media/g711.h"
#include "media/resample.h"
#include "media/resample_kernel.h"
#include "test.h"

TEST(g711_matches_the_vectors)
{
	static const struct {
		int16_t pcm;
		uint8_t ulaw;
		int16_t of_ulaw;
		uint8_t alaw;
		int16_t of_alaw;
	} rows[] = {
		{0, 0xff, 0, 0xd5, 8},
		{100, 0xf2, 104, 0xd3, 104},
		{-100, 0x72, -104, 0x53, -104},
		{1000, 0xce, 988, 0xfa, 1008},
		{-1000, 0x4e, -988, 0x7a, -1008},
		{8159, 0x9f, 8316, 0x8a, 8064},
		{32767, 0x80, 32124, 0xaa, 32256},
		{-32768, 0x00, -32124, 0x2a, -32256},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t code;
		int16_t back;

		g711_ulaw_encode(&rows[i].pcm, 1, &code);
		CHECK_INT(code, rows[i].ulaw);
		g711_ulaw_decode(&code, 1, &back);
		CHECK_INT(back, rows[i].of_ulaw);
		g711_alaw_encode(&rows[i].pcm, 1, &code);
		CHECK_INT(code, rows[i].alaw);
		g711_alaw_decode(&code, 1, &back);
		CHECK_INT(back, rows[i].of_alaw);
	}
}

/* Half a step of either law is at most a 32nd of the value, and of the finest step a few units. */
TEST(g711_errs_by_half_a_step_and_never_turns_back)
{
	int16_t u_before = INT16_MIN, a_before = INT16_MIN;

	for (int pcm = INT16_MIN; pcm <= INT16_MAX; pcm++) {
		int16_t in = (int16_t)pcm, u, a;
		uint8_t code;

		g711_ulaw_encode(&in, 1, &code);
		g711_ulaw_decode(&code, 1, &u);
		g711_alaw_encode(&in, 1, &code);
		g711_alaw_decode(&code, 1, &a);
		CHECK(abs(u - pcm) <= (abs(pcm) + 132) / 32 + 1);
		CHECK(abs(a - pcm) <= abs(pcm) / 32 + 9);
		CHECK(u >= u_before && a >= a_before);
		u_before = u;
		a_before = a;
	}
}

TEST(g711_decoding_loses_nothing)
{
	for (int code = 0; code < 256; code++) {
		uint8_t in = (uint8_t)code, out;
		int16_t v;

		g711_ulaw_decode(&in, 1, &v);
		g711_ulaw_encode(&v, 1, &out);
		CHECK(out == in || (in == 0x7f && out == 0xff)); /* minus zero */
		g711_alaw_decode(&in, 1, &v);
		g711_alaw_encode(&v, 1, &out);
		CHECK_INT(out, in);
	}
}

TEST(codec_table_is_found_by_name_and_number)
{
	const struct codec *c = codec_find(STR("pcma"), 8000);
	int16_t pcm[160] = {0};
	uint8_t bytes[160];

	REQUIRE(c != NULL);
	CHECK_INT(c->payload_type, 8);
	CHECK(codec_find_static(8) == c);
	CHECK(codec_find(STR("PCMA"), 16000) == NULL);
	CHECK(codec_find_static(CODEC_DYNAMIC) == NULL);
	for (size_t i = 0; codec_at(i); i++) {
		c = codec_at(i);
		CHECK_INT(c->encode(NULL, pcm, 160, bytes, sizeof(bytes)), c->bytes_a_frame);
		CHECK_INT(c->decode(NULL, bytes, c->bytes_a_frame, pcm, 160), 160);
		CHECK_INT(c->encode(NULL, pcm, 160, bytes, 159), -EMSGSIZE);
		CHECK_INT(c->decode(NULL, bytes, 160, pcm, 159), -EMSGSIZE);
	}
}

/* ---- resampler ---- */

static const uint32_t pairs[][2] = {
	{8000, 16000}, {8000, 24000},  {8000, 48000}, {16000, 24000}, {16000, 48000}, {16000, 8000},
	{22050, 8000}, {22050, 16000}, {24000, 8000}, {24000, 16000}, {32000, 8000},  {32000, 16000},
	{44100, 8000}, {44100, 16000}, {48000, 8000}, {48000, 16000},
};

static uint32_t noise_state;

static int16_t noise(void)
{
	noise_state = noise_state * 1664525u + 1013904223u;
	return (int16_t)(noise_state >> 16);
}

/* All of in[n] in chunks of `chunk`; returns how many came out. */
static size_t resample_all(uint32_t from, uint32_t to, const int16_t *in, size_t n, size_t chunk,
			   int16_t *out)
{
	struct resample r;
	size_t count = 0;

	CHECK_INT(resample_init(&r, from, to), 0);
	for (size_t at = 0; at < n; at += chunk) {
		size_t here = MIN(chunk, n - at), got = resample_push(&r, in + at, here, out + count);

		CHECK(got <= resample_bound(&r, here));
		count += got;
	}
	return count;
}

#define CLIP 4410
static int16_t clip[CLIP], whole[CLIP * 7], parts[CLIP * 7];

TEST(resample_is_the_same_in_any_chunks_and_on_any_kernel)
{
	static const size_t chunks[] = {1, 7, 80, 441, 960};

	for (size_t i = 0; i < CLIP; i++)
		clip[i] = i % 50 < 25 ? noise() : (int16_t)(i % 2 ? INT16_MAX : INT16_MIN);
	for (size_t p = 0; p < ARRAY_LEN(pairs); p++) {
		uint32_t from = pairs[p][0], to = pairs[p][1];
		size_t n;

		resample_use(resample_kernel_at(resample_machine_kernel_count));
		n = resample_all(from, to, clip, CLIP, 960, whole);
		CHECK_INT(n, ((uint64_t)CLIP * to + from - 1) / from);
		for (size_t k = 0; resample_kernel_at(k); k++) {
			if (!resample_kernel_at(k)->usable())
				continue;
			resample_use(resample_kernel_at(k));
			for (size_t c = 0; c < ARRAY_LEN(chunks); c++) {
				CHECK_INT(resample_all(from, to, clip, CLIP, chunks[c], parts), n);
				CHECK(memcmp(whole, parts, n * sizeof(*whole)) == 0);
			}
		}
	}
	resample_use(resample_kernel_at(0));
}

/* Level in dB of a tone at `hz` after conversion, against what went in. */
static double response(uint32_t from, uint32_t to, double hz)
{
	double sum = 0;
	size_t n, skip;

	for (size_t i = 0; i < CLIP; i++)
		clip[i] = (int16_t)lrint(16000 * sin(2 * M_PI * hz * (double)i / from));
	n = resample_all(from, to, clip, CLIP, 960, whole);
	skip = n / 4;
	for (size_t i = skip; i < n; i++)
		sum += (double)whole[i] * whole[i];
	return 10 * log10(MAX(sum / (double)(n - skip), 1e-3) / (16000.0 * 16000.0 / 2));
}

TEST(resample_passes_speech_and_stops_aliases)
{
	for (size_t p = 0; p < ARRAY_LEN(pairs); p++) {
		uint32_t from = pairs[p][0], to = pairs[p][1], low = MIN(from, to);

		for (double part = 0.0125; part <= 0.425; part += 0.0375)
			CHECK(fabs(response(from, to, part * low)) < 0.1);
		if (from < to)
			continue;
		for (double part = 0.575; part * low < from / 2.0; part += 0.0625)
			CHECK(response(from, to, part * low) < -60);
	}
}

/* Going up, what must vanish are the images: the energy beside the tone itself. */
TEST(resample_leaves_no_images)
{
	for (size_t p = 0; p < ARRAY_LEN(pairs); p++) {
		uint32_t from = pairs[p][0], to = pairs[p][1];
		double hz = 0.4 * from, re = 0, im = 0, sum = 0;
		size_t n, skip, span;

		if (from > to)
			continue;
		response(from, to, hz);
		n = (size_t)CLIP * to / from;
		skip = n / 4;
		span = (n - skip) / (to / 400) * (to / 400); /* whole periods: hz is a multiple of 400 */
		for (size_t i = skip; i < skip + span; i++) {
			double a = 2 * M_PI * hz * (double)i / to;

			re += whole[i] * cos(a);
			im += whole[i] * sin(a);
			sum += (double)whole[i] * whole[i];
		}
		CHECK(10 * log10((sum / (double)span -
				  2 * (re * re + im * im) / (double)span / (double)span) /
				 (sum / (double)span)) <
		      -60);
	}
}

TEST(resample_knows_its_rates_and_its_delay)
{
	struct resample r;
	int16_t out[4] = {0}, in[4] = {1, 2, 3, 4};

	CHECK_INT(resample_init(&r, 8000, 11025), -ENOTSUP);
	REQUIRE(resample_init(&r, 8000, 8000) == 0);
	CHECK_INT(resample_push(&r, in, 4, out), 4);
	CHECK(memcmp(in, out, sizeof(in)) == 0);
	CHECK_INT(resample_delay(&r), 0);
	memset(clip, 0, sizeof(clip));
	clip[0] = 16000;
	REQUIRE(resample_init(&r, 8000, 16000) == 0);
	CHECK(resample_push(&r, clip, 160, whole) == 320);
	for (size_t i = 0; i < 320; i++)
		CHECK(abs(whole[i]) <= abs(whole[resample_delay(&r)]));
}
