/*
 * ws.c - what a message to a recogniser costs
 *
 * CONNS WebSockets to a server on this machine; each round sends 100 ms of mu-law
 * (800 bytes) on every one of them, and in the second row hears a partial text
 * back on each. Prints the processor time of our thread for each message, and for
 * each connection, the best of five rounds of rounds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "net/ws.h"
#include "net_peer.h"

#define CONNS   100u
#define ROUNDS  50u
#define REPEATS 5u
#define CHUNK   800u

static const char partial[] = "{\"type\":\"Results\",\"channel_index\":[0,1],\"duration\":1.02,\"start\":3.4,"
			      "\"is_final\":false,\"speech_final\":false,\"channel\":{\"alternatives\":[{"
			      "\"transcript\":\"i would like to move my appointment to next tuesday\","
			      "\"confidence\":0.98,\"words\":[]}]}}";

struct bench {
	struct loop *loop;
	struct ws_net *net;
	struct ws *conns[CONNS];
	unsigned open, heard, closed;
	bool answers; /* the server says something to each message */
};

static void on_open(void *arg)
{
	((struct bench *)arg)->open++;
}

static void on_message(void *arg, enum ws_kind kind, struct str payload)
{
	((struct bench *)arg)->heard++;
}

static void on_closed(void *arg, const struct ws_end *end)
{
	fprintf(stderr, "bench: " STR_FMT "\n", STR_ARG(end->words));
	exit(1);
}

/* Reads in the order in which the client writes. */
static void script(struct peer *p)
{
	static struct peer_conn conns[CONNS];
	const struct bench *b = p->arg;
	char payload[CHUNK];
	size_t n;

	for (size_t i = 0; i < CONNS; i++) {
		peer_accept(p, &conns[i]);
		peer_upgrade(p, &conns[i]);
	}
	for (unsigned round = 0; round < ROUNDS * REPEATS; round++) {
		for (size_t i = 0; i < CONNS; i++) {
			(void)peer_read_frame(p, &conns[i], payload, sizeof(payload), &n);
			if (b->answers)
				peer_frame(p, &conns[i], 0x81, partial, sizeof(partial) - 1);
		}
	}
	for (size_t i = 0; i < CONNS; i++) {
		(void)peer_drain(p, &conns[i]);
		peer_close(&conns[i]);
	}
}

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench: %s failed\n", what);
	exit(1);
}

static void serve_until(struct bench *b, const unsigned *counter, unsigned n)
{
	while (*counter < n)
		must(loop_turn(b->loop, USEC_SEC(1)) >= 0, "loop");
}

static double connect_all(struct bench *b, const char *url)
{
	const struct ws_target target = {.url = str_from(url)};
	const struct ws_sink sink = {on_open, on_message, on_closed, b};
	usec begun = clock_cpu();

	for (unsigned i = 0; i < CONNS; i++) {
		must(ws_open(b->net, &target, &sink, &b->conns[i]) == 0, "opening");
		serve_until(b, &b->open, i + 1);
	}
	return (double)(clock_cpu() - begun) / CONNS;
}

static double send_rounds(struct bench *b)
{
	static const char chunk[CHUNK];
	usec begun = clock_cpu();

	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < CONNS; i++)
			must(ws_send(b->conns[i], WS_BINARY, (struct str){chunk, sizeof(chunk)}) == 0,
			     "sending");
		if (b->answers)
			serve_until(b, &b->heard, b->heard + CONNS);
		must(loop_turn(b->loop, 0) >= 0, "loop");
	}
	return (double)(clock_cpu() - begun) / (ROUNDS * CONNS);
}

static void measure(const char *what, enum peer_cert cert, bool answers)
{
	const struct ws_net_config config = {.conns_max = CONNS, .authority = peer_authority()};
	struct bench b = {.answers = answers};
	double connecting, best = 1e9;
	struct peer p;
	char url[64];

	must(loop_new(LOOP_REAL, 0, &b.loop) == 0 && ws_net_new(b.loop, &config, &b.net) == 0, "net");
	peer_start(&p, cert, script, &b);
	snprintf(url, sizeof(url), "%s://127.0.0.1:%u/", cert == PEER_PLAIN ? "ws" : "wss", p.port);
	connecting = connect_all(&b, url);
	for (unsigned i = 0; i < REPEATS; i++) {
		double took = send_rounds(&b);

		best = took < best ? took : best;
	}
	printf("%-40s %8.1f us a message   %6.0f us a connection\n", what, best, connecting);
	for (unsigned i = 0; i < CONNS; i++)
		b.conns[i] = ws_close(b.conns[i], 1000);
	while (ws_net_read_stats(b.net).open > 0)
		must(loop_turn(b.loop, USEC_SEC(1)) >= 0, "loop");
	peer_stop(&p);
	ws_net_free(b.net);
	loop_free(b.loop);
}

int main(void)
{
	printf("%u connections, %u bytes each, processor time of the client's thread\n", CONNS, CHUNK);
	measure("ws, sent", PEER_PLAIN, false);
	measure("ws, sent and answered", PEER_PLAIN, true);
	measure("wss, sent", PEER_GOOD, false);
	measure("wss, sent and answered", PEER_GOOD, true);
	return 0;
}
