/*
 * response.c - how soon the answer starts and how soon it stops, read off the recordings
 *
 * For what callers.c placed: the caller's channel tells when a line began and
 * ended, ours when the answer did, whatever the trail says. The trail is asked
 * only for what no recording holds: the stages of an answer, whether its first
 * clause was cached, and what was taken for an interruption.
 *
 *   response turns|interruptions|asides DIR
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "app/rehearsal/rehearse_report.h"
#include "bench/recorded.h"
#include "bench/said.h"

#define TIMES_MAX 4096
#define CLOCKS    USEC_MS(300) /* how far the caller's clock and the recording may lie apart */
#define CROSSED   USEC_MS(400) /* who begins so soon after the other has not heard it */
#define SOONEST   USEC_MS(150) /* behind the caller's last sound: no new answer can be there before */
#define TICK      USEC_MS(20)

struct times {
	usec at[TIMES_MAX];
	size_t n;
};

enum row {
	ROW_WIRE,  /* last audible sample of the caller to the first of the agent, in the recording */
	ROW_STAGE, /* the trail's stages from here on */
	ROW_RESPONSE = ROW_STAGE + TRAIL_STAGE_COUNT_, /* and its sum */
	ROW_ENGINE,                                    /* neither silence nor models */
	ROW_COUNT_,
};

struct response {
	struct times turns[2][ROW_COUNT_]; /* uncached, cached */
	size_t lines, cut_off, unanswered;
	struct times ducked, silent;
	struct recorded whole; /* the call in which nobody interrupted */
	struct recorded_phrase phrase;
	size_t asides, interrupted, resumed;
};

static void add(struct times *t, usec value)
{
	if (t->n < TIMES_MAX)
		t->at[t->n++] = value;
}

static void print_times(const char *what, struct times *t)
{
	struct rehearse_percentiles p = rehearse_report_percentiles(t->at, t->n);

	printf("  %-38s %5zu   p50 %6.0f   p95 %6.0f   p99 %6.0f ms\n", what, t->n, (double)p.p50 / 1e3,
	       (double)p.p95 / 1e3, (double)p.p99 / 1e3);
}

/* ---- a line in the recording ---- */

struct span {
	size_t from, to; /* samples: audible in [from, to) */
	size_t until;    /* the next line begins, or the recording ends */
};

static bool find_line(const struct said_call *call, size_t i, const struct recorded *r, struct span *s)
{
	size_t from = recorded_samples(call->lines[i].at - CLOCKS);
	usec until = said_until(call, i);

	s->from = recorded_first(r->caller, MIN(from, r->samples), r->samples);
	s->to = s->from + call->lines[i].samples;
	s->until = until == USEC_NEVER ? r->samples : MIN(recorded_samples(until - CLOCKS), r->samples);
	return s->to < r->samples &&
	       recorded_span(s->from) - call->lines[i].at < CLOCKS; /* it is that line */
}

static const struct trail_turn *answered_turn(const struct said_call *call, size_t i)
{
	const struct trail_turn *t, *last = NULL;
	size_t at = 0;

	while ((t = said_next_turn(call, i, &at)))
		last = t;
	return last && last->response > 0 ? last : NULL;
}

/* ---- turns ---- */

static void add_stages(struct response *s, const struct trail_turn *t, usec wire)
{
	struct times *rows = s->turns[t->cached];
	usec own = t->stages[TRAIL_STAGE_AGENT] + t->stages[TRAIL_STAGE_PLAY];

	if (t->cached)
		own += t->stages[TRAIL_STAGE_VOICE];
	add(&rows[ROW_WIRE], wire);
	add(&rows[ROW_RESPONSE], t->response);
	add(&rows[ROW_ENGINE], own + TICK);
	for (int i = 0; i < TRAIL_STAGE_COUNT_; i++)
		add(&rows[ROW_STAGE + i], t->stages[i]);
}

static void judge_turn(struct response *s, const struct said_call *call, size_t i, const struct recorded *r)
{
	const struct trail_turn *t = answered_turn(call, i);
	struct span line;
	size_t early, answer;

	if (!find_line(call, i, r, &line))
		return;
	s->lines++;
	early = recorded_first(r->agent, line.from + recorded_samples(CROSSED), line.to);
	answer = recorded_first(r->agent, line.to, line.until);
	if (early < line.to && !call->lines[i].into)
		s->cut_off++;
	else if (!t || answer == line.until)
		s->unanswered++;
	else
		add_stages(s, t, recorded_span(answer - line.to));
}

static void judge_turns(struct response *s, const struct said_call *call, const struct recorded *r)
{
	for (size_t i = 1; i < call->line_count; i++)
		judge_turn(s, call, i, r);
}

static void print_turns(struct response *s)
{
	static const char *const heads[] = {"first clause not cached", "first clause cached"};

	for (size_t c = 2; c-- > 0;) {
		struct times *rows = s->turns[c];

		printf("%s\n", heads[c]);
		print_times("response, in the recording", &rows[ROW_WIRE]);
		print_times("response, by the trail", &rows[ROW_RESPONSE]);
		for (int i = 0; i < TRAIL_STAGE_COUNT_; i++)
			print_times(trail_stage_name((enum trail_stage)i), &rows[ROW_STAGE + i]);
		print_times("engine's own, a whole tick included", &rows[ROW_ENGINE]);
	}
	printf("%zu lines, %zu cut off early (%.1f %%), %zu without an answer\n", s->lines, s->cut_off,
	       s->lines > 0 ? 100.0 * (double)s->cut_off / (double)s->lines : 0, s->unanswered);
}

/* ---- interruptions ---- */

/* Our phrase that answers line i, from its first audible sample to `until`. */
static size_t find_phrase(const struct said_call *call, size_t i, const struct recorded *r, size_t *ret_from)
{
	struct span line;

	if (!find_line(call, i, r, &line))
		return 0;
	*ret_from = recorded_first(r->agent, line.to + recorded_samples(SOONEST), r->samples);
	return r->samples - *ret_from;
}

static int keep_whole(struct response *s, const struct said_call *call)
{
	int rc = recorded_read(&s->whole, call->recording);
	size_t from = 0;

	if (rc < 0)
		return rc;
	s->phrase.whole_n = find_phrase(call, 0, &s->whole, &from);
	s->phrase.whole = s->whole.agent + from;
	return s->phrase.whole_n > 0 ? 0 : -ENODATA;
}

/* From the interruption's onset on: what would have been heard, and what was. */
static bool lay_side_by_side(struct recorded_phrase *p, size_t onset, size_t end)
{
	size_t place = recorded_place(p, onset);

	if (place == SIZE_MAX)
		return false;
	p->whole += place;
	p->whole_n -= place;
	p->heard += onset;
	p->heard_n = end - onset;
	return true;
}

static void judge_break(struct response *s, const struct said_call *call, size_t i, const struct recorded *r)
{
	struct recorded_phrase p = s->phrase;
	struct span line;
	size_t from;

	if (!call->lines[i].into || find_phrase(call, i - 1, r, &from) == 0 ||
	    !find_line(call, i, r, &line) || line.from < from)
		return;
	s->lines++;
	p.heard = r->agent + from;
	if (!lay_side_by_side(&p, line.from - from, line.to + recorded_samples(SOONEST) - from)) {
		s->unanswered++;
		return;
	}
	add(&s->ducked, recorded_span(recorded_full_until(&p, 0)));
	add(&s->silent, recorded_span(recorded_heard_until(&p, 0)));
}

static void judge_breaks(struct response *s, const struct said_call *call, const struct recorded *r)
{
	for (size_t i = 1; i < call->line_count; i++)
		judge_break(s, call, i, r);
}

static void print_breaks(struct response *s)
{
	printf("interruptions\n");
	print_times("onset to lowered voice", &s->ducked);
	print_times("onset to silence", &s->silent);
	printf("%zu interruptions, %zu of them not comparable: the line had stalled\n", s->lines,
	       s->unanswered);
}

/* ---- asides ---- */

static void judge_asides(struct response *s, const struct said_call *call, const struct recorded *r)
{
	(void)r;
	for (size_t i = 1; i < call->line_count; i++)
		s->asides += call->lines[i].into;
	s->interrupted += (size_t)call->trail->interruptions;
	s->resumed += (size_t)call->trail->resumed;
}

static void print_asides(struct response *s)
{
	printf("%zu asides while we spoke: %zu cut us off (%.1f %%), %zu times the voice came back\n",
	       s->asides, s->interrupted,
	       s->asides > 0 ? 100.0 * (double)s->interrupted / (double)s->asides : 0, s->resumed);
}

/* ---- the frame around it ---- */

struct judge {
	const char *kind;
	void (*judge)(struct response *s, const struct said_call *call, const struct recorded *r);
	void (*print)(struct response *s);
	bool compares; /* with the call in which nobody interrupts */
};

static const struct judge judges[] = {
	{"turns", judge_turns, print_turns, false},
	{"interruptions", judge_breaks, print_breaks, true},
	{"asides", judge_asides, print_asides, false},
};

static int judge_call(struct response *s, const struct judge *j, const struct said_call *call)
{
	struct recorded r;
	int rc = call->trail ? recorded_read(&r, call->recording) : -ENOENT;

	if (rc < 0) {
		fprintf(stderr, "response: call " STR_FMT ": %s\n", STR_ARG(call->id), strerror(-rc));
		return rc == -ENOMEM ? rc : 0;
	}
	j->judge(s, call, &r);
	recorded_fini(&r);
	return 0;
}

static int find_whole(struct response *s, const struct said *said)
{
	for (size_t i = 0; i < said->count; i++)
		if (said->calls[i].line_count == 1 && said->calls[i].trail)
			return keep_whole(s, &said->calls[i]);
	return -ENODATA;
}

static int run(struct response *s, const struct judge *j, const struct said *said)
{
	int rc = j->compares ? find_whole(s, said) : 0;

	if (rc < 0)
		fprintf(stderr, "response: there is no call without interruptions to compare with\n");
	for (size_t i = 0; rc == 0 && i < said->count; i++)
		rc = judge_call(s, j, &said->calls[i]);
	if (rc == 0)
		j->print(s);
	recorded_fini(&s->whole);
	return rc;
}

int main(int argc, char **argv)
{
	static struct response s;
	static struct said said;
	int rc;

	for (size_t i = 0; argc == 3 && i < ARRAY_LEN(judges); i++) {
		if (strcmp(argv[1], judges[i].kind) != 0)
			continue;
		rc = said_read(&said, argv[2]);
		if (rc < 0)
			fprintf(stderr, "response: %s\n", said.error);
		else
			rc = run(&s, &judges[i], &said);
		said_fini(&said);
		return rc < 0;
	}
	fprintf(stderr, "usage: response turns|interruptions|asides DIR\n");
	return 2;
}
