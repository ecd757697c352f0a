#include "media/playout.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define UNITY (1 << 15)

void playout_init(struct playout *p)
{
	memset(p, 0, sizeof(*p));
	p->gain = p->gain_target = UNITY;
	p->tail_at = PLAYOUT_FADE_SAMPLES;
}

size_t playout_room(const struct playout *p)
{
	return PLAYOUT_SAMPLES - p->queued;
}

static struct playout_span *span_at(struct playout *p, uint32_t i)
{
	return &p->spans[(p->span_head + i) % PLAYOUT_SPANS];
}

static bool is_cut(const struct playout *p, uint32_t answer)
{
	return p->any_cut && answer <= p->cut_answer;
}

/* The span that more of `answer` can be added to, made if need be. NULL when there are too many. */
static struct playout_span *open_span(struct playout *p, uint32_t answer)
{
	struct playout_span *s = p->span_count > 0 ? span_at(p, p->span_count - 1) : NULL;

	if (s && s->answer == answer)
		return s;
	if (p->span_count == PLAYOUT_SPANS)
		return NULL;
	s = span_at(p, p->span_count++);
	*s = (struct playout_span){.answer = answer};
	return s;
}

static void ring_write(struct playout *p, uint32_t at, const int16_t *pcm, size_t n)
{
	size_t first;

	at %= PLAYOUT_SAMPLES;
	first = MIN(n, PLAYOUT_SAMPLES - at);
	memcpy(p->pcm + at, pcm, first * sizeof(*pcm));
	memcpy(p->pcm, pcm + first, (n - first) * sizeof(*pcm));
}

static void ring_read(const struct playout *p, uint32_t at, int16_t *pcm, size_t n)
{
	size_t first;

	at %= PLAYOUT_SAMPLES;
	first = MIN(n, PLAYOUT_SAMPLES - at);
	memcpy(pcm, p->pcm + at, first * sizeof(*pcm));
	memcpy(pcm + first, p->pcm, (n - first) * sizeof(*pcm));
}

int playout_push(struct playout *p, uint32_t answer, const int16_t *pcm, size_t n)
{
	struct playout_span *s;

	if (is_cut(p, answer))
		return -ECANCELED;
	n = MIN(n, playout_room(p));
	s = n > 0 ? open_span(p, answer) : NULL;
	if (!s)
		return 0;
	ring_write(p, p->head + p->queued, pcm, n);
	s->samples += (uint32_t)n;
	p->queued += (uint32_t)n;
	return (int)n;
}

/* Prepares the 5 ms that follow a voice which stops here: its own next samples if `more` of them are known,
 * else its last value, going to zero. */
static void make_tail(struct playout *p, size_t more)
{
	int16_t next[PLAYOUT_FADE_SAMPLES];
	int16_t last = p->last;

	more = MIN(more, PLAYOUT_FADE_SAMPLES);
	ring_read(p, p->head, next, more);
	for (int32_t i = 0; i < PLAYOUT_FADE_SAMPLES; i++) {
		if ((size_t)i < more)
			last = (int16_t)(next[i] * p->gain / UNITY);
		p->tail[i] = (int16_t)(last * (PLAYOUT_FADE_SAMPLES - 1 - i) / PLAYOUT_FADE_SAMPLES);
	}
	p->tail_at = 0;
	p->flowing = false;
}

void playout_cut(struct playout *p, uint32_t answer)
{
	uint32_t samples = 0, spans = 0;

	if (is_cut(p, answer))
		return;
	p->any_cut = true;
	p->cut_answer = answer;
	for (; spans < p->span_count && span_at(p, spans)->answer <= answer; spans++)
		samples += span_at(p, spans)->samples;
	if (p->flowing && p->answer <= answer)
		make_tail(p, samples);
	p->head = (p->head + samples) % PLAYOUT_SAMPLES;
	p->queued -= samples;
	p->span_head = (p->span_head + spans) % PLAYOUT_SPANS;
	p->span_count -= spans;
}

void playout_duck(struct playout *p, float db)
{
	p->gain_target = (int32_t)lrintf(UNITY * powf(10.0f, MIN(db, 0.0f) / 20.0f));
	p->gain_step = (p->gain_target - p->gain) / PLAYOUT_DUCK_SAMPLES;
}

bool playout_is_ducked(const struct playout *p)
{
	return p->gain_target < UNITY;
}

static void step_gain(struct playout *p)
{
	int32_t left = p->gain_target - p->gain;

	p->gain = abs(left) <= abs(p->gain_step) ? p->gain_target : p->gain + p->gain_step;
}

/* Lets the voice's volume follow ducking and the rise after silence. */
static void shape(struct playout *p, int16_t *pcm, size_t n)
{
	if (p->gain == UNITY && p->gain_target == UNITY && p->fade_in == 0)
		return;
	for (size_t i = 0; i < n; i++) {
		int32_t v;

		step_gain(p);
		v = pcm[i] * p->gain / UNITY;
		if (p->fade_in > 0)
			v = v * (int32_t)(PLAYOUT_FADE_SAMPLES - p->fade_in--) / PLAYOUT_FADE_SAMPLES;
		pcm[i] = (int16_t)v;
	}
}

static void rise(struct playout *p)
{
	p->fade_in = PLAYOUT_FADE_SAMPLES;
	p->gain = p->gain_target;
}

/* Up to n samples of the first span. */
static size_t pull_span(struct playout *p, int16_t *out, size_t n)
{
	struct playout_span *s = span_at(p, 0);

	n = MIN(n, s->samples);
	if (s->answer != p->answer) {
		p->answer = s->answer;
		p->heard = 0;
	}
	if (!p->flowing)
		rise(p);
	ring_read(p, p->head, out, n);
	shape(p, out, n);
	p->last = out[n - 1];
	p->flowing = true;
	p->head = (uint32_t)((p->head + n) % PLAYOUT_SAMPLES);
	p->queued -= (uint32_t)n;
	p->heard += (uint32_t)n;
	s->samples -= (uint32_t)n;
	return n;
}

static void add_tail(struct playout *p, int16_t *out, size_t n)
{
	for (size_t i = 0; i < n && p->tail_at < PLAYOUT_FADE_SAMPLES; i++) {
		int32_t v = out[i] + p->tail[p->tail_at++];

		out[i] = (int16_t)CLAMP(v, INT16_MIN, INT16_MAX);
	}
}

size_t playout_pull(struct playout *p, int16_t *out, size_t n,
		    struct playout_report ret_reports[PLAYOUT_REPORTS_MAX])
{
	size_t done = 0, reports = 0, tail_from = 0;

	while (p->span_count > 0 && done < n) {
		struct playout_span *s = span_at(p, 0);

		done += pull_span(p, out + done, n - done);
		ret_reports[reports++] = (struct playout_report){s->answer, p->heard};
		if (s->samples == 0) {
			p->span_head = (p->span_head + 1) % PLAYOUT_SPANS;
			p->span_count--;
		}
	}
	memset(out + done, 0, (n - done) * sizeof(*out));
	if (p->flowing && done < n) {
		make_tail(p, 0);
		tail_from = done;
	}
	add_tail(p, out + tail_from, n - tail_from);
	return reports;
}
