#include "sound.h"

#include <math.h>
#include <string.h>

#define LOW_HZ(i)  (300.0 + 50.0 * (i))
#define HIGH_HZ(i) (1200.0 + 100.0 * (i))
#define TONES      16
#define LOUDNESS   6000.0
#define SOUNDING   USEC_MS(48) /* of a letter; the rest is gap */
#define HOPS_HZ    200         /* loudness is looked at every 5 ms */
#define LOUD       300         /* root mean square; a voice that is ducked is well above */

/* ---- codings ---- */

unsigned sound_sample_bytes(enum sound_coding c)
{
	return c == SOUND_S16 ? 2 : c == SOUND_F32 ? 4 : 1;
}

usec sound_span(const struct sound *as, size_t bytes)
{
	return (usec)(bytes / sound_sample_bytes(as->coding)) * USEC_SEC(1) / as->rate_hz;
}

/* G.711, both laws: a sign, a segment that doubles, four bits within it. */
uint8_t sound_to_mulaw(int16_t pcm)
{
	int x = MIN(pcm < 0 ? -(int)pcm : pcm, 32635) + 132, segment = 7;

	while (segment > 0 && !(x & 0x80 << segment))
		segment--;
	return (uint8_t) ~((pcm < 0 ? 0x80 : 0) | segment << 4 | (x >> (segment + 3) & 15));
}

int16_t sound_from_mulaw(uint8_t byte)
{
	int b = ~byte & 0xff, x = (((b & 15) << 3) + 132) << (b >> 4 & 7);

	return (int16_t)(b & 0x80 ? 132 - x : x - 132);
}

uint8_t sound_to_alaw(int16_t pcm)
{
	int x = (pcm < 0 ? -(int)pcm - 1 : pcm) >> 4, segment = 0;

	while (x > (segment ? 31 : 15) && segment < 7) {
		segment++;
		if (segment > 1)
			x >>= 1;
	}
	return (uint8_t)(((pcm < 0 ? 0 : 0x80) | segment << 4 | (x & 15)) ^ 0x55);
}

int16_t sound_from_alaw(uint8_t byte)
{
	int b = byte ^ 0x55, segment = b >> 4 & 7, x = (b & 15) << 4 | 8;

	x = segment ? (x | 0x100) << (segment - 1) : x;
	return (int16_t)(b & 0x80 ? x : -x);
}

void sound_encode(enum sound_coding c, const int16_t *pcm, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		float f = (float)pcm[i] / 32768.0f;

		switch (c) {
		case SOUND_S16:
			buf_add_char(out, (char)(pcm[i] & 0xff));
			buf_add_char(out, (char)(pcm[i] >> 8));
			break;
		case SOUND_MULAW:
			buf_add_char(out, (char)sound_to_mulaw(pcm[i]));
			break;
		case SOUND_ALAW:
			buf_add_char(out, (char)sound_to_alaw(pcm[i]));
			break;
		case SOUND_F32:
			buf_add(out, &f, sizeof(f));
			break;
		case SOUND_U8:
			buf_add_char(out, (char)((pcm[i] >> 8) + 128));
			break;
		}
	}
}

void sound_decode(enum sound_coding c, const uint8_t *p, int16_t *pcm, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		float f;

		switch (c) {
		case SOUND_S16:
			pcm[i] = (int16_t)(p[2 * i] | p[2 * i + 1] << 8);
			break;
		case SOUND_MULAW:
			pcm[i] = sound_from_mulaw(p[i]);
			break;
		case SOUND_ALAW:
			pcm[i] = sound_from_alaw(p[i]);
			break;
		case SOUND_F32:
			memcpy(&f, p + 4 * i, sizeof(f));
			pcm[i] = (int16_t)(CLAMP(f, -1.0f, 0.99996f) * 32768.0f);
			break;
		case SOUND_U8:
			pcm[i] = (int16_t)((p[i] - 128) * 256);
			break;
		}
	}
}

/* ---- tones ---- */

/* A sine by recurrence, from zero on: a voice of many calls has no time for sin(). */
struct tone {
	double twice_cos, now, next;
};

static struct tone tone_of(double hz, double rate_hz)
{
	double w = 2 * M_PI * hz / rate_hz;

	return (struct tone){2 * cos(w), 0, sin(w)};
}

static double tone_step(struct tone *t)
{
	double now = t->now;

	t->now = t->next;
	t->next = t->twice_cos * t->now - now;
	return now;
}

void tones_speak(struct str text, const struct sound *as, struct buf *out)
{
	size_t letter = (size_t)(TONES_LETTER * as->rate_hz / USEC_SEC(1));
	double sounding = (double)SOUNDING * as->rate_hz / (double)USEC_SEC(1), edge = sounding / 24;
	int16_t pcm[TONES_MAX_HZ * 6 / 100];

	letter = MIN(letter, ARRAY_LEN(pcm));
	for (size_t k = 0; k < text.n; k++) {
		unsigned char c = (unsigned char)text.p[k];
		struct tone low = tone_of(LOW_HZ(c >> 4), as->rate_hz),
			    high = tone_of(HIGH_HZ(c & 15), as->rate_hz);

		for (size_t i = 0; i < letter; i++) {
			double fade = CLAMP(MIN((double)i, sounding - (double)i) / edge, 0.0, 1.0);

			pcm[i] = (int16_t)(fade * LOUDNESS * (tone_step(&low) + tone_step(&high)));
		}
		sound_encode(as->coding, pcm, letter, out);
	}
}

void tones_init(struct tones_ear *e, uint32_t rate_hz)
{
	*e = (struct tones_ear){.rate_hz = MIN(rate_hz, (uint32_t)TONES_MAX_HZ)};
}

/* Goertzel: how much of `hz` is in x[n]. */
static double power_at(const int16_t *x, size_t n, double hz, double rate_hz)
{
	double k = 2 * cos(2 * M_PI * hz / rate_hz), a = 0, b = 0;

	for (size_t i = 0; i < n; i++) {
		double c = x[i] + k * a - b;

		b = a;
		a = c;
	}
	return a * a + b * b - k * a * b;
}

static int strongest(const struct tones_ear *e, const int16_t *x, size_t n, bool high, double *ret_power)
{
	int best = 0;

	*ret_power = 0;
	for (int i = 0; i < TONES; i++) {
		double p = power_at(x, n, high ? HIGH_HZ(i) : LOW_HZ(i), e->rate_hz);

		if (p > *ret_power) {
			*ret_power = p;
			best = i;
		}
	}
	return best;
}

/* Whether what was loud is a letter: as long as one, and two tones hold most of its power. */
static bool read_letter(struct tones_ear *e, char *ret_letter)
{
	size_t margin = e->rate_hz / 250, least = e->rate_hz * 35 / 1000;
	double low, high, all = 0;
	const int16_t *x = e->sound + margin;
	size_t n = e->n - MIN(e->n, 2 * margin);
	int row, column;

	if (e->drowned || e->n < least)
		return false;
	for (size_t i = 0; i < n; i++)
		all += (double)x[i] * x[i];
	row = strongest(e, x, n, false, &low);
	column = strongest(e, x, n, true, &high);
	*ret_letter = (char)(row << 4 | column);
	return (low + high) * 2 / (double)n > 0.7 * all && low < 16 * high && high < 16 * low;
}

bool tones_hear(struct tones_ear *e, int16_t sample, char *ret_letter)
{
	bool letter = false, loud;

	if (e->n < ARRAY_LEN(e->sound))
		e->sound[e->n++] = sample;
	else
		e->drowned = true;
	e->energy += (int64_t)sample * sample;
	if (++e->hop < e->rate_hz / HOPS_HZ)
		return false;
	loud = e->energy > (int64_t)LOUD * LOUD * e->hop;
	if (!loud && e->loud)
		letter = read_letter(e, ret_letter);
	if (!loud)
		e->n = 0;
	e->drowned = e->drowned && loud;
	e->loud = loud;
	e->energy = 0;
	e->hop = 0;
	return letter;
}

void tones_read(const struct sound *as, struct str bytes, struct buf *out)
{
	unsigned size = sound_sample_bytes(as->coding);
	struct tones_ear e;
	int16_t sample;
	char letter;

	tones_init(&e, as->rate_hz);
	for (size_t i = 0; i + size <= bytes.n; i += size) {
		sound_decode(as->coding, (const uint8_t *)bytes.p + i, &sample, 1);
		if (tones_hear(&e, sample, &letter))
			buf_add_char(out, letter);
	}
	for (uint32_t i = 0; i < as->rate_hz / 50; i++) /* the gap that may be missing at the end */
		if (tones_hear(&e, 0, &letter))
			buf_add_char(out, letter);
}
