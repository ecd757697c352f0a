/*
 * echo.c - a WebSocket client that says what it hears, for tests with servers of others
 *
 *   echo URL [AUTHORITY [PROXY [PROTOCOL]]]     "" = none
 *
 * Messages come back as they are; longer ones than may be sent are answered with their length. Prints the
 * protocol's end as `FAULT STATUS CODE WORDS`, and gives up after half a minute.
 */
#include <stdio.h>

#include "base/buf.h"
#include "net/ws.h"

#define LONGEST  USEC_SEC(30)
#define ECHO_MAX (WS_UNSENT_MAX / 2)

struct echo {
	struct loop *loop;
	struct ws *ws;
	struct timer limit;
	int status; /* of the program */
};

static void give_up(struct echo *e, const char *why)
{
	printf("gave up: %s\n", why);
	e->ws = ws_abort(e->ws);
	loop_stop(e->loop);
}

static void on_limit(struct timer *t)
{
	give_up(CONTAINER_OF(t, struct echo, limit), "too late");
}

static void on_open(void *arg)
{
	(void)arg;
}

static void on_message(void *arg, enum ws_kind kind, struct str payload)
{
	struct echo *e = arg;
	char length[32];

	if (payload.n > ECHO_MAX) {
		kind = WS_TEXT;
		payload = (struct str){length,
				       (size_t)snprintf(length, sizeof(length), "%zu bytes", payload.n)};
	}
	if (ws_send(e->ws, kind, payload) < 0)
		give_up(e, "it does not take what it said");
}

static void on_closed(void *arg, const struct ws_end *end)
{
	struct echo *e = arg;

	printf("%s %d %d " STR_FMT "\n", fault_name(end->fault), end->status, end->code, STR_ARG(end->words));
	e->ws = NULL;
	e->status = 0;
	loop_stop(e->loop);
}

static int run(struct echo *e, struct ws_net *net, const struct ws_target *target)
{
	const struct ws_sink sink = {on_open, on_message, on_closed, e};
	int rc = ws_open(net, target, &sink, &e->ws);

	if (rc < 0)
		return rc;
	timer_start(&e->limit, e->loop, loop_now(e->loop) + LONGEST, on_limit);
	rc = loop_run(e->loop);
	timer_stop(&e->limit);
	return rc;
}

int main(int argc, char **argv)
{
	const char *const *args = (const char *const *)argv;
	struct ws_net_config config = {
		.conns_max = 1,
		.authority = argc > 2 ? str_from(args[2]) : (struct str){0},
		.proxy = argc > 3 ? str_from(args[3]) : (struct str){0},
	};
	struct ws_target target = {.url = argc > 1 ? str_from(args[1]) : (struct str){0},
				   .protocol = argc > 4 ? str_from(args[4]) : (struct str){0}};
	struct echo e = {.status = 1};
	struct ws_net *net = NULL;

	if (loop_new(LOOP_REAL, 0, &e.loop) < 0 || ws_net_new(e.loop, &config, &net) < 0 ||
	    run(&e, net, &target) < 0)
		fprintf(stderr, "echo: it cannot be done\n");
	ws_net_free(net);
	loop_free(e.loop);
	return e.status;
}
