#include "fake_ws.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WAITING_MAX 64

struct said {
	usec due;
	char text[FAKE_WS_TEXT_MAX];
	size_t n;
};

struct ws {
	struct ws_sink sink;
	struct timer opening, saying;
	struct said said[WAITING_MAX];
	size_t said_first, said_count;
	bool alive;
};

static struct ws the_one;
static struct loop *loop;
static struct fake_vendor vendor;
static struct fake_ws_seen seen;
static size_t unsent;

void fake_ws_start(struct loop *l, const struct fake_vendor *v)
{
	loop = l;
	vendor = *v;
	memset(&seen, 0, sizeof(seen));
	memset(&the_one, 0, sizeof(the_one));
	unsent = 0;
}

const struct fake_ws_seen *fake_ws_seen(void)
{
	return &seen;
}

void fake_ws_choke(size_t bytes)
{
	unsent = bytes;
}

/* ---- the vendor's side ---- */

static void on_opening(struct timer *t)
{
	(void)t;
	if (vendor.on_open)
		vendor.on_open();
	the_one.sink.on_open(the_one.sink.arg);
}

static void on_saying(struct timer *t)
{
	struct said *s = &the_one.said[the_one.said_first];

	the_one.said_first = (the_one.said_first + 1) % WAITING_MAX;
	if (--the_one.said_count > 0)
		timer_start(t, loop, the_one.said[the_one.said_first].due, on_saying);
	the_one.sink.on_message(the_one.sink.arg, WS_TEXT, (struct str){s->text, s->n});
}

void fake_ws_say(struct str text)
{
	struct said *s = &the_one.said[(the_one.said_first + the_one.said_count) % WAITING_MAX];

	if (!the_one.alive || vendor.latency == USEC_NEVER || the_one.said_count == WAITING_MAX)
		return;
	s->due = loop_now(loop) + vendor.latency;
	s->n = str_copy(text, s->text, sizeof(s->text));
	if (the_one.said_count++ == 0)
		timer_start(&the_one.saying, loop, s->due, on_saying);
}

static void stop(void)
{
	timer_stop(&the_one.opening);
	timer_stop(&the_one.saying);
	the_one.alive = false;
}

void fake_ws_end(const struct ws_end *end)
{
	if (!the_one.alive)
		return;
	stop();
	the_one.sink.on_closed(the_one.sink.arg, end);
}

/* ---- net/ws.h ---- */

int ws_open(struct ws_net *n, const struct ws_target *target, const struct ws_sink *sink, struct ws **ret_ws)
{
	size_t at = 0;

	(void)n;
	if (!str_starts(target->url, STR("ws")))
		return -EINVAL;
	str_copy(target->url, seen.url, sizeof(seen.url));
	for (size_t i = 0; i < target->header_count; i++)
		at += (size_t)snprintf(seen.headers + at, sizeof(seen.headers) - at,
				       STR_FMT ": " STR_FMT "\n", STR_ARG(target->headers[i].name),
				       STR_ARG(target->headers[i].value));
	seen.opened++;
	memset(&the_one, 0, sizeof(the_one));
	the_one.sink = *sink;
	the_one.alive = true;
	if (vendor.opens_after != USEC_NEVER)
		timer_start(&the_one.opening, loop, loop_now(loop) + vendor.opens_after, on_opening);
	*ret_ws = &the_one;
	return 0;
}

int ws_keep_spares(struct ws_net *n, const struct ws_target *target, unsigned count, usec life)
{
	(void)n, (void)target;
	seen.spares = count;
	seen.spare_life = life;
	return 0;
}

static void note(struct str text)
{
	if (text.n + 1 >= sizeof(seen.sent) - seen.sent_n)
		return;
	memcpy(seen.sent + seen.sent_n, text.p, text.n);
	seen.sent_n += text.n;
	seen.sent[seen.sent_n++] = '\n';
}

static void note_sound(size_t n)
{
	seen.sound_bytes += n;
	seen.sound_least = seen.sound_least ? MIN(seen.sound_least, n) : n;
	seen.sound_most = MAX(seen.sound_most, n);
	if (seen.sent_n < 2 || seen.sent[seen.sent_n - 2] != '~')
		note(STR("~"));
}

int ws_send(struct ws *w, enum ws_kind kind, struct str payload)
{
	if (!w->alive)
		return -EPIPE;
	if (kind == WS_BINARY)
		note_sound(payload.n);
	else
		note(payload);
	if (vendor.on_message)
		vendor.on_message(kind, payload);
	return 0;
}

size_t ws_unsent(const struct ws *w)
{
	(void)w;
	return unsent;
}

struct ws *ws_close(struct ws *w, int code)
{
	(void)code;
	if (w) {
		stop();
		seen.closed++;
	}
	return NULL;
}
