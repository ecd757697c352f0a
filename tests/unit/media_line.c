/* What a bad line does to packets, and what we make of it: order, gaps, concealment. */
#include <math.h>
#include <stdlib.h>

#include "media/conceal.h"
#include "media/reorder.h"
#include "media/tone.h"
#include "test.h"

static struct reorder r;

/* Pushes the numbers of `packets` ("1 3 2", "+50" lets milliseconds pass) and logs what comes out. */
static void run(const char *packets, uint16_t base, char *log, size_t size)
{
	struct str rest = str_from(packets);
	usec now = 0;
	size_t n = 0;

	memset(&r, 0, sizeof(r));
	log[0] = '\0';
	for (struct str word = str_word(&rest); !str_empty(word); word = str_word(&rest)) {
		const struct reorder_packet *p;
		int64_t number = 0;
		enum reorder_what what;

		CHECK_INT(str_to_int(word.p[0] == '+' ? str_sub(word, 1, 9) : word, 0, 100000, &number), 0);
		if (word.p[0] == '+')
			now += USEC_MS(number);
		else
			CHECK(reorder_push(&r, (uint16_t)(base + number), (uint32_t)number * 160,
					   (const uint8_t *)"x", 1, now) >= 0);
		while ((what = reorder_pull(&r, now, &p)) != REORDER_NOTHING) {
			if (what == REORDER_PACKET) {
				CHECK_INT(p->timestamp, (uint16_t)(p->seq - base) * 160);
				n += (size_t)snprintf(log + n, size - n, "%u ", (uint16_t)(p->seq - base));
			} else {
				n += (size_t)snprintf(log + n, size - n, "- ");
			}
		}
	}
}

TEST(reorder_restores_order_and_gives_up_in_time)
{
	static const struct {
		const char *packets, *want;
		unsigned late, duplicate, lost, jumps;
	} rows[] = {
		{"0 1 2 3", "0 1 2 3 ", 0, 0, 0, 0},
		{"0 2 1 3", "0 1 2 3 ", 0, 0, 0, 0},
		{"0 3 2 1 4", "0 - 2 3 4 ", 1, 0, 1, 0},
		{"0 3 1 2", "0 1 2 3 ", 0, 0, 0, 0},
		{"0 2 3 4 5", "0 - 2 3 4 5 ", 0, 0, 1, 0},
		{"0 2 +59 +1 3", "0 - 2 3 ", 0, 0, 1, 0},
		{"0 2 +60 1", "0 - 2 ", 1, 0, 1, 0},
		{"0 1 1 2", "0 1 2 ", 1, 0, 0, 0},
		{"0 2 2 1", "0 1 2 ", 0, 1, 0, 0},
		{"0 4 1 5 6", "0 1 - - 4 5 6 ", 0, 0, 2, 0},
		{"0 20 21", "0 - - - - - 20 21 ", 0, 0, 19, 0},  /* a long hole: what is worth concealing */
		{"0 1 1000 1001", "0 1 1000 1001 ", 0, 0, 0, 1}, /* another stream */
		{"500 501 300 301", "500 501 300 301 ", 0, 0, 0, 1},
	};
	static const uint16_t bases[] = {0, 65535, 65534, 32767};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t b = 0; b < ARRAY_LEN(bases); b++) {
			char log[256];

			run(rows[i].packets, bases[b], log, sizeof(log));
			CHECK_STR(str_from(log), rows[i].want);
			CHECK_INT(r.late, rows[i].late);
			CHECK_INT(r.duplicate, rows[i].duplicate);
			CHECK_INT(r.lost, rows[i].lost);
			CHECK_INT(r.jumps, rows[i].jumps);
		}
}

TEST(reorder_refuses_what_is_too_long)
{
	static const uint8_t payload[REORDER_BYTES_MAX + 1];

	memset(&r, 0, sizeof(r));
	CHECK_INT(reorder_push(&r, 1, 0, payload, sizeof(payload), 0), -EMSGSIZE);
	CHECK_INT(reorder_push(&r, 1, 0, payload, REORDER_BYTES_MAX, 0), 0);
}

/* Any order, any loss: numbers come out rising, each at most once, and the books balance. */
TEST(reorder_never_goes_back)
{
	uint32_t state = 7, sent = 0, passed = 0, gaps = 0;
	int64_t last = -1;

	memset(&r, 0, sizeof(r));
	for (uint32_t i = 0; i < 50000; i++) {
		const struct reorder_packet *p;
		enum reorder_what what;

		state = state * 1664525u + 1013904223u;
		if ((state >> 8) % 10 == 0)
			continue;
		sent++;
		CHECK(reorder_push(&r, (uint16_t)(i + (state >> 16) % 4), i, (const uint8_t *)"x", 1,
				   USEC_MS(20) * i) >= 0);
		while ((what = reorder_pull(&r, USEC_MS(20) * i, &p)) != REORDER_NOTHING) {
			int64_t number =
				last + (what == REORDER_GAP ? 1 : (uint16_t)(p->seq - (uint16_t)last));

			CHECK(number > last);
			last = number;
			passed += what == REORDER_PACKET;
			gaps += what == REORDER_GAP;
		}
	}
	CHECK_INT(sent, passed + r.late + r.duplicate + r.waiting);
	CHECK(r.lost >= gaps && gaps > 4000); /* of a long hole only the beginning is reported */
}

/* ---- concealment ---- */

static double level(const int16_t *pcm, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)pcm[i] * pcm[i];
	return sqrt(sum / (double)n);
}

static int16_t sound[8000];

TEST(conceal_goes_on_with_the_pitch_and_fades)
{
	struct conceal c = {0};
	struct tone t;
	int16_t lost[160], jump = 0;
	double before;

	tone_init(&t, 8000, 125, 250, 6000);
	tone_pull(&t, sound, 8000);
	for (size_t at = 0; at < 1600; at += 160)
		conceal_good(&c, sound + at, 160);
	before = level(sound + 1440, 160);
	conceal_lost(&c, lost, 160);
	CHECK_INT(c.pitch % 64, 0);
	for (size_t i = 0; i < 80; i++) /* what should have come, but for the wrap of a period */
		CHECK(abs(lost[i] - sound[1600 + i]) < 1500);
	CHECK(level(lost, 80) > before * 0.8);
	for (size_t i = 1; i < 160; i++)
		jump = (int16_t)MAX(jump, abs(lost[i] - lost[i - 1]));
	CHECK(jump < 3500);
	for (int i = 0; i < 3; i++)
		conceal_lost(&c, lost, 160);
	CHECK_INT(lost[159], 0);
	CHECK(level(lost, 160) < 1);
}

TEST(conceal_blends_when_sound_returns_and_is_silent_in_silence)
{
	struct conceal c = {0};
	struct tone t;
	int16_t lost[160];

	conceal_lost(&c, lost, 160);
	CHECK(level(lost, 160) < 1);
	tone_init(&t, 8000, 200, 0, 8000);
	tone_pull(&t, sound, 8000);
	for (size_t at = 0; at < 800; at += 160)
		conceal_good(&c, sound + at, 160);
	conceal_lost(&c, lost, 160);
	conceal_good(&c, sound + 960, 160);
	CHECK(abs(sound[960] - lost[159]) < 3000);
	CHECK_INT(c.lost_samples, 0);
}
