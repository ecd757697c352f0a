#include "net_client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define PATIENCE USEC_SEC(10)

static void on_open(void *arg)
{
	struct client *c = arg;

	buf_printf(&c->log, "open ");
}

static void on_message(void *arg, enum ws_kind kind, struct str payload)
{
	struct client *c = arg;

	if (kind == WS_TEXT && payload.n < 200)
		buf_printf(&c->log, "text:" STR_FMT " ", STR_ARG(payload));
	else
		buf_printf(&c->log, "%s:%zu ", kind == WS_TEXT ? "text" : "binary", payload.n);
	if (c->pause_on_message)
		ws_pause(c->ws, true);
	if (c->close_on_message)
		c->ws = ws_close(c->ws, 1000);
	if (c->abort_on_message)
		c->ws = ws_abort(c->ws);
}

static void on_closed(void *arg, const struct ws_end *end)
{
	struct client *c = arg;

	buf_printf(&c->log, "closed:%s/%d/%d:" STR_FMT " ", fault_name(end->fault), end->status, end->code,
		   STR_ARG(end->words));
	c->end = *end;
	c->ws = NULL;
}

const struct ws_sink client_sink = {on_open, on_message, on_closed, NULL};

int client_init(struct client *c, const struct ws_net_config *config)
{
	struct ws_net_config own = {.conns_max = 32, .authority = peer_authority()};
	int rc;

	*c = (struct client){0};
	buf_init(&c->log, 1 << 16);
	rc = loop_new(LOOP_REAL, 0, &c->loop);
	return rc ? rc : ws_net_new(c->loop, config ? config : &own, &c->net);
}

void client_fini(struct client *c)
{
	ws_net_free(c->net);
	if (c->loop)
		loop_free(c->loop);
	buf_fini(&c->log);
}

int client_open(struct client *c, const char *url, uint16_t port)
{
	struct ws_sink sink = client_sink;
	struct ws_target target = c->target;
	char text[256];

	snprintf(text, sizeof(text), url, port);
	target.url = str_from(text);
	sink.arg = c;
	/* What the test did meanwhile took time that the loop has not seen. */
	if (loop_turn(c->loop, 0) < 0)
		return -EIO;
	return ws_open(c->net, &target, &sink, &c->ws);
}

bool client_hears(struct client *c, const char *what)
{
	usec end = clock_read() + PATIENCE;

	while (str_find(buf_str(&c->log), str_from(what)) == c->log.n) {
		if (clock_read() > end || loop_turn(c->loop, USEC_MS(50)) < 0) {
			fprintf(stderr, "heard '" STR_FMT "', not '%s'\n", STR_ARG(buf_str(&c->log)), what);
			return false;
		}
	}
	return true;
}

bool client_counts(struct client *c, size_t n)
{
	usec end = clock_read() + PATIENCE;

	while (ws_net_read_stats(c->net).open != n)
		if (clock_read() > end || loop_turn(c->loop, USEC_MS(50)) < 0)
			return false;
	return true;
}

void client_serve(struct client *c, usec span)
{
	usec end = clock_read() + span;

	while (clock_read() < end && loop_turn(c->loop, USEC_MS(5)) == 0)
		continue;
}
