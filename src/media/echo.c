#include "media/echo.h"

#include <math.h>
#include <string.h>

#include "media/gate.h"

#define QUIET       100.0f /* mean square added before the logarithm: -70 dB, below it all is equal */
#define AUDIBLE_DB  40.0f  /* of a mean square: 50 dB below full scale */
#define LOUD_DB     50.0f  /* loud enough to learn the coupling from */
#define MEAN_RATE   0.01f  /* 1 s */
#define DECAY       0.995f /* 2 s */
#define LEARN_STEPS 100    /* a second of our voice */
#define SURE        0.6f   /* correlation of the loudness that makes a delay known ... */
#define LOST        0.3f   /* ... and below which it is not any more */
#define SPREAD      3      /* steps that an echo smears over, and jitter moves it by */
#define MARGIN_DB   6.0f
#define UNKNOWN_DB  (-14.0f)
#define LEAK_STEPS  25
#define LEAK_MARGIN 6.0f

void echo_init(struct echo *e)
{
	*e = (struct echo){.lag = -1, .coupling_db = UNKNOWN_DB};
	for (int i = 0; i < ECHO_LEAKS; i++)
		e->leak_db[i] = UNKNOWN_DB;
}

static float loudness(const int16_t *pcm)
{
	return 10.0f * log10f(gate_energy(pcm, ECHO_STEP_SAMPLES) + QUIET);
}

/* Our loudness at lag 0 of the near step in hand, and on from there. */
static const float *past(const struct echo *e, const float *steps)
{
	return steps + e->far_at + e->behind;
}

/* Our loudest moment between two lags. */
static float far_peak(const struct echo *e, int from, int to)
{
	const float *far = past(e, e->far);
	float peak = 0;

	for (int lag = MAX(from, 0); lag <= MIN(to, ECHO_LAGS - 1); lag++)
		peak = MAX(peak, far[lag]);
	return peak;
}

void echo_far(struct echo *e, const int16_t *pcm, size_t n)
{
	for (size_t at = 0; at + ECHO_STEP_SAMPLES <= n; at += ECHO_STEP_SAMPLES) {
		float db = loudness(pcm + at);

		e->far_mean += (db - e->far_mean) * MEAN_RATE;
		e->far_at = (e->far_at + ECHO_PAST - 1) % ECHO_PAST;
		e->far[e->far_at] = e->far[e->far_at + ECHO_PAST] = db;
		e->far_ac[e->far_at] = e->far_ac[e->far_at + ECHO_PAST] = db - e->far_mean;
	}
	e->behind = 0;
	e->peak = far_peak(e, 0, ECHO_LAGS - 1);
}

static void correlate(struct echo *e, float near_ac)
{
	const float *far_ac = past(e, e->far_ac);

	for (int lag = 0; lag < ECHO_LAGS; lag++)
		e->cross[lag] = e->cross[lag] * DECAY + near_ac * far_ac[lag];
	e->near_power = e->near_power * DECAY + near_ac * near_ac;
	e->far_power = e->far_power * DECAY + far_ac[0] * far_ac[0];
	e->learned++;
}

static void find_lag(struct echo *e)
{
	float whole = sqrtf(e->near_power * e->far_power);
	int best = 0;

	for (int lag = 1; lag < ECHO_LAGS; lag++)
		if (e->cross[lag] > e->cross[best])
			best = lag;
	if (e->learned >= LEARN_STEPS && e->cross[best] > SURE * whole) {
		e->lag = best;
	} else if (e->lag >= 0 && e->cross[e->lag] < LOST * whole) {
		e->lag = -1;
		e->coupling_db = UNKNOWN_DB;
	}
}

/* Up more slowly than down: a caller talking over the echo must not teach us that it is loud; but what is
 * learned has to lie near the middle, or the margin is used up (measured on calls: twice as many frames of
 * echo were taken for speech). */
static void learn_coupling(struct echo *e, float near_db)
{
	float far_db = far_peak(e, e->lag, e->lag + 1), d = near_db - far_db - e->coupling_db;

	if (far_db > LOUD_DB && d < MARGIN_DB * 2)
		e->coupling_db += d * (d < 0 ? 0.02f : 0.012f);
}

/* What is too loud for an echo is the caller's, and says nothing of the line. */
static void learn_leak(struct echo *e, float near_db)
{
	float d = near_db - e->peak;

	if (e->peak <= LOUD_DB || d >= UNKNOWN_DB)
		return;
	e->leak_db[0] = MAX(e->leak_db[0], d);
	if (++e->leak_steps % LEAK_STEPS != 0)
		return;
	memmove(e->leak_db + 1, e->leak_db, sizeof(e->leak_db) - sizeof(e->leak_db[0]));
	e->leak_db[0] = -HUGE_VALF;
}

/* What is at most so much louder than our loudest moment may be its echo. */
static float doubtful_db(const struct echo *e)
{
	float leak = -HUGE_VALF;

	for (int i = 2; i < ECHO_LEAKS; i++)
		leak = MAX(leak, e->leak_db[i]);
	return MIN(UNKNOWN_DB, leak + LEAK_MARGIN);
}

static bool explained(const struct echo *e, float near_db)
{
	if (near_db < AUDIBLE_DB) /* nobody: what is left of an open gate's patience */
		return true;
	if (e->lag < 0)
		return near_db <= e->peak + doubtful_db(e);
	return near_db <= far_peak(e, e->lag - SPREAD, e->lag + SPREAD) + e->coupling_db + MARGIN_DB;
}

bool echo_near(struct echo *e, const int16_t *pcm, size_t n)
{
	size_t steps = n / ECHO_STEP_SAMPLES, echoes = 0;

	if (e->peak < AUDIBLE_DB)
		return false;
	for (size_t i = 0; i < steps; i++) {
		float db = loudness(pcm + i * ECHO_STEP_SAMPLES);

		e->behind = (uint32_t)(steps - 1 - i);
		e->near_mean += (db - e->near_mean) * MEAN_RATE;
		correlate(e, db - e->near_mean);
		if (e->lag >= 0)
			learn_coupling(e, db);
		echoes += explained(e, db);
		learn_leak(e, db);
	}
	find_lag(e);
	return echoes == steps;
}
