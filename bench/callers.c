/*
 * callers.c - the callers of a measurement: dials, speaks, writes down what was said and when
 *
 * Places the calls of plan.h, a few at once, over real SIP and RTP. For each a
 * line of JSON goes to --out, which the judges (heard.c, response.c) hold
 * against the server's own trails and recordings afterwards:
 *
 *   {"id":"<Call-ID>","lines":[{"text":"Next Tuesday.","usec":8120000,"samples":9811,"into":false}]}
 *
 * "usec" is the line's first audible sample, counted from the answer; "samples"
 * how long it is audible; "into": the agent was speaking.
 *
 *   callers --sip 127.0.0.1:5060 --kind speech|turns|matters|errands|interruptions|asides --out FILE
 *           [--at-once N] [--calls N] [--seed N]
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "app/rehearsal/caller.h"
#include "app/rehearsal/rehearse_phone.h"
#include "base/addr.h"
#include "base/json.h"
#include "base/mem.h"
#include "bench/plan.h"

#define AT_ONCE_MAX    64
#define STREAMS        4 /* for each call at once: the last ones still say goodbye */
#define LINE_BYTES_MAX 65536
#define ID_MAX         256
#define STAGGER        USEC_MS(370) /* calls do not begin in step */

struct placed {
	struct caller caller;
	const struct plan_call *call;
	char id[ID_MAX];
};

struct callers {
	struct loop *loop;
	struct rehearse_phone *phone;
	struct plan plan;
	struct timer next;
	struct placed *placed;
	size_t wanted, placed_count, active, failed;
	FILE *out;
	/* what was asked for */
	struct str kind;
	const char *sip, *path;
	int64_t at_once, calls, seed;
};

/* ---- what was said ---- */

static void write_line(struct json_out *j, const struct placed *p, const struct caller_turn *t)
{
	const struct caller_words *w = &p->caller.sound.words[t->step];

	json_map(j, NULL);
	json_str(j, "text", p->call->steps[t->step].say);
	json_int(j, "usec", t->began - p->caller.began);
	json_int(j, "samples", (int64_t)(w->last - w->first));
	json_bool(j, "into", t->interrupting);
	json_end(j);
}

static void write_call(struct callers *c, const struct placed *p)
{
	struct json_out j;
	struct buf b;

	buf_init(&b, LINE_BYTES_MAX);
	json_begin(&j, &b);
	json_map(&j, NULL);
	json_str(&j, "id", str_from(p->id));
	json_list(&j, "lines");
	for (size_t i = 0; i < p->caller.turn_count; i++)
		write_line(&j, p, &p->caller.turns[i]);
	json_end(&j);
	json_end(&j);
	fprintf(c->out, STR_FMT "\n", STR_ARG(buf_str(&b)));
	fflush(c->out);
	buf_fini(&b);
}

/* What is said is told when the call is over. */
static void on_saying(void *arg, const struct caller *caller)
{
	(void)arg;
	(void)caller;
}

static void on_over(void *arg, struct caller *caller)
{
	struct callers *c = arg;
	struct placed *p = CONTAINER_OF(caller, struct placed, caller);

	write_call(c, p);
	c->active--;
	fprintf(stderr, "call %zu of %zu: %zu lines said%s%s\n", (size_t)(p - c->placed) + 1, c->wanted,
		caller->turn_count, caller->failure[0] ? ", " : "", caller->failure);
	c->failed += caller->failure[0] != '\0';
}

/* ---- dialling ---- */

static void dial(struct callers *c)
{
	struct placed *p = &c->placed[c->placed_count];
	struct plan_call *call = &c->plan.calls[c->placed_count++];
	struct caller_config config = {.loop = c->loop,
				       .r = &call->rehearsal,
				       .sound = call->sound,
				       .on_saying = on_saying,
				       .on_over = on_over,
				       .arg = c};
	int rc = rehearse_phone_dial(c->phone, &call->rehearsal, 0, &config.leg);

	if (rc < 0) {
		fprintf(stderr, "call %zu cannot be dialled: %s\n", c->placed_count, strerror(-rc));
		c->failed++;
		return;
	}
	call->sound = (struct caller_sound){0};
	p->call = call;
	str_copy(config.leg->info.remote_id, p->id, sizeof(p->id));
	caller_start(&p->caller, &config);
	c->active++;
}

static void on_next(struct timer *t)
{
	struct callers *c = CONTAINER_OF(t, struct callers, next);

	if (c->placed_count == c->wanted)
		return;
	if (c->active < (size_t)c->at_once)
		dial(c);
	timer_start(t, c->loop, loop_now(c->loop) + STAGGER, on_next);
}

static int place_all(struct callers *c)
{
	int rc = 0;

	timer_start(&c->next, c->loop, loop_now(c->loop), on_next);
	while (rc == 0 && (c->active > 0 || c->placed_count < c->wanted))
		rc = loop_turn(c->loop, USEC_MS(50));
	timer_stop(&c->next);
	return rc;
}

/* ---- the frame around it ---- */

static int fail(const char *what, int rc)
{
	fprintf(stderr, "callers: %s: %s\n", what, strerror(-rc));
	return rc;
}

static int read_server(const char *text, struct addr *ret_addr)
{
	const char *colon = strrchr(text, ':');
	int64_t port;

	if (!colon || str_to_int(str_from(colon + 1), 1, 65535, &port) < 0)
		return -EBADMSG;
	return addr_parse((struct str){text, (size_t)(colon - text)}, (uint16_t)port, ret_addr);
}

static int open_all(struct callers *c)
{
	struct addr server;
	int rc = read_server(c->sip, &server);

	if (rc < 0)
		return fail(c->sip, rc);
	rc = plan_make(&c->plan, c->kind, (uint64_t)c->seed);
	if (rc < 0) {
		fprintf(stderr, "callers: %s\n", c->plan.error);
		return rc;
	}
	c->wanted = MIN(c->plan.count, (size_t)c->calls);
	c->placed = mem_zalloc(c->wanted * sizeof(*c->placed));
	c->out = fopen(c->path, "we");
	if (!c->out || !c->placed)
		return fail(c->path, c->out ? -ENOMEM : -errno);
	rc = loop_new(LOOP_REAL, 0, &c->loop);
	if (rc == 0)
		rc = rehearse_phone_open(c->loop, &server, STREAMS * (size_t)c->at_once, &c->phone);
	return rc < 0 ? fail("the telephone cannot be opened", rc) : 0;
}

static void close_all(struct callers *c)
{
	for (size_t i = 0; c->placed && i < c->placed_count; i++)
		if (c->placed[i].call)
			caller_fini(&c->placed[i].caller);
	c->phone = rehearse_phone_close(c->phone);
	c->loop = c->loop ? loop_free(c->loop) : NULL;
	if (c->out)
		fclose(c->out);
	c->placed = mem_free(c->placed);
	plan_fini(&c->plan);
}

static int parse(struct callers *c, int argc, char **argv)
{
	static const struct option options[] = {{"sip", required_argument, NULL, 's'},
						{"kind", required_argument, NULL, 'k'},
						{"out", required_argument, NULL, 'o'},
						{"at-once", required_argument, NULL, 'n'},
						{"seed", required_argument, NULL, 'r'},
						{"calls", required_argument, NULL, 'c'},
						{0}};
	int rc = 0, o;

	while (rc == 0 && (o = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (o == 's')
			c->sip = optarg;
		else if (o == 'k')
			c->kind = str_from(optarg);
		else if (o == 'o')
			c->path = optarg;
		else if (o == 'n')
			rc = str_to_int(str_from(optarg), 1, AT_ONCE_MAX, &c->at_once);
		else if (o == 'c')
			rc = str_to_int(str_from(optarg), 1, PLAN_CALLS_MAX, &c->calls);
		else if (o == 'r')
			rc = str_to_int(str_from(optarg), 0, INT32_MAX, &c->seed);
		else
			rc = -EINVAL;
	}
	return rc == 0 && c->sip && c->path && !str_empty(c->kind) ? 0 : -EINVAL;
}

int main(int argc, char **argv)
{
	struct callers c = {.at_once = 4, .calls = PLAN_CALLS_MAX, .seed = 1};
	int rc = parse(&c, argc, argv);

	if (rc < 0) {
		fprintf(stderr, "usage: callers --sip ADDRESS:PORT --kind KIND (see plan.h) "
				"--out FILE [--at-once N] [--calls N] [--seed N]\n");
		return 2;
	}
	rc = open_all(&c);
	if (rc == 0)
		rc = place_all(&c);
	close_all(&c);
	return rc < 0 || c.failed > 0;
}
