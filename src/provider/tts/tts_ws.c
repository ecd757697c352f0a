#include "provider/tts/tts_ws.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/list.h"
#include "base/live.h"
#include "base/mem.h"

#define OUT_MAX    (128u * 1024) /* bytes of messages written at once */
#define PING_EVERY USEC_SEC(20)

LIVE_DEFINE(tts_ws_line);

/* A socket. */
struct line {
	struct list node;
	struct tts_ws *session;
	struct ws *ws;
	struct list stretches; /* that it is at */
	usec opened;           /* 0 = not yet */
	unsigned deaf;         /* cancels that have not been answered */
};

struct tts_ws {
	struct tts_stream stream;
	const struct tts_ws_dialect *dialect;
	struct tts_address address;
	struct list lines;
	struct line *next; /* for the next stretch; NULL = none is open */
	bool reopened;     /* it was closed idle, and the one after it was not of use yet */
	struct buf out, sound;
};

static struct tts_ws *of(struct tts_stream *s)
{
	return CONTAINER_OF(s, struct tts_ws, stream);
}

/* ---- sockets ---- */

static void on_open(void *arg);
static void on_message(void *arg, enum ws_kind kind, struct str payload);
static void on_closed(void *arg, const struct ws_end *end);

static struct ws_target target(struct tts_ws *w)
{
	return (struct ws_target){.url = buf_str(&w->address.url),
				  .headers = w->address.headers,
				  .header_count = w->address.header_count,
				  .connect_limit = w->stream.use.service->connect_limit,
				  .ping_every = PING_EVERY};
}

static int line_open(struct tts_ws *w, struct line **ret_line)
{
	struct ws_target to = target(w);
	struct line *l = mem_zalloc(sizeof(*l));
	struct ws_sink sink = {on_open, on_message, on_closed, l};
	int rc;

	if (!l)
		return -ENOMEM;
	rc = ws_open(w->stream.use.host->ws, &to, &sink, &l->ws);
	if (rc < 0) {
		mem_free(l);
		return rc;
	}
	l->session = w;
	list_init(&l->stretches);
	list_append(&w->lines, &l->node);
	live_up(&live_tts_ws_line);
	*ret_line = l;
	return 0;
}

static void unbind(struct tts_stretch *st)
{
	list_remove(&st->carried);
	st->carrier = NULL;
}

static void line_free(struct line *l, enum usage_end end)
{
	struct tts_ws *w = l->session;

	LIST_EACH_SAFE (node, &l->stretches)
		unbind(LIST_ENTRY(node, struct tts_stretch, carried));
	if (w->next == l)
		w->next = NULL;
	tts_stream_bill_connection(&w->stream, l->opened, end);
	list_remove(&l->node);
	live_down(&live_tts_ws_line);
	mem_free(l);
}

/* Whatever the vendor is doing ends here. */
static void line_drop(struct line *l, enum usage_end end)
{
	l->ws = ws_abort(l->ws);
	line_free(l, end);
}

static void line_close(struct line *l)
{
	l->ws = ws_close(l->ws, 1000);
	line_free(l, USAGE_DONE);
}

static void fail_all(struct line *l, enum fault fault, struct str words)
{
	LIST_EACH_SAFE (node, &l->stretches)
		tts_stream_failed(&l->session->stream, LIST_ENTRY(node, struct tts_stretch, carried), fault,
				  words);
}

/* The socket for the next stretch, if it can be had: it is tried again when there are words. */
static void open_next(struct tts_ws *w)
{
	if (!w->next && line_open(w, &w->next) < 0)
		w->next = NULL;
}

/* ---- out ---- */

static int send_lines(struct line *l, struct str out)
{
	int rc = 0;

	while (rc == 0 && out.n > 0)
		rc = ws_send(l->ws, WS_TEXT, str_cut(&out, '\n'));
	return rc;
}

static int send_step(struct line *l, enum tts_ws_step step, const struct tts_stretch *st, struct str words)
{
	struct tts_ws *w = l->session;
	char name[TTS_WS_NAME_MAX] = "";
	struct tts_ws_piece piece = {.speaker = &w->stream.speaker, .words = words};

	if (st) {
		snprintf(name, sizeof(name), "s%u", st->number);
		piece.name = str_from(name);
	}
	buf_clear(&w->out);
	w->dialect->write(step, &piece, &w->out);
	return w->out.error ? w->out.error : send_lines(l, buf_str(&w->out));
}

static int begin(struct tts_ws *w, struct tts_stretch *st)
{
	int rc = w->next ? 0 : line_open(w, &w->next);
	struct line *l = w->next;

	if (rc < 0)
		return rc;
	rc = send_step(l, TTS_WS_BEGIN, st, STR(""));
	if (rc < 0)
		return rc;
	st->carrier = l;
	list_append(&l->stretches, &st->carried);
	if (l->opened > 0)
		tts_stream_reached(st, 0);
	if (w->dialect->socket_a_stretch) {
		w->next = NULL;
		open_next(w);
	}
	return 0;
}

static int op_speak(struct tts_stream *s, struct tts_stretch *st, const struct tts_clause *c)
{
	int rc = st->asked ? 0 : begin(of(s), st);

	if (rc == 0 && !st->carrier)
		rc = -EPIPE;
	return rc < 0 ? rc : send_step(st->carrier, TTS_WS_SAY, st, buf_str(&c->words));
}

static int op_finish(struct tts_stream *s, struct tts_stretch *st)
{
	(void)s;
	return st->carrier ? send_step(st->carrier, TTS_WS_FINISH, st, STR("")) : -EPIPE;
}

/* Of a vendor that calls nothing by name, all ends with one: the others begin again. */
static void unbind_unnamed(struct line *l)
{
	if (l->session->dialect->traits.in_order)
		LIST_EACH_SAFE (node, &l->stretches)
			unbind(LIST_ENTRY(node, struct tts_stretch, carried));
}

static void cancel_politely(struct line *l, struct tts_stretch *st)
{
	if (send_step(l, TTS_WS_CANCEL, st, STR("")) < 0) {
		fail_all(l, FAULT_OVERLOAD, STR("a cancel could not be sent"));
		line_drop(l, USAGE_CANCELLED);
		return;
	}
	l->deaf += l->session->dialect->answers_cancel;
	unbind(st);
	unbind_unnamed(l);
}

/* What has stalled is not asked to stop. */
static void op_cancel(struct tts_stream *s, struct tts_stretch *st)
{
	struct line *l = st->carrier;
	enum fault fault = st->fault;

	if (!l)
		return;
	if (!of(s)->dialect->socket_a_stretch && fault != FAULT_STALLED) {
		cancel_politely(l, st);
		return;
	}
	unbind(st);
	unbind_unnamed(l);
	fail_all(l, fault, STR("its connection was dropped"));
	line_drop(l, fault == FAULT_NONE ? USAGE_CANCELLED : USAGE_FAILED);
}

/* ---- in ---- */

static void on_open(void *arg)
{
	struct line *l = arg;

	l->opened = loop_now(l->session->stream.loop);
	LIST_EACH (node, &l->stretches)
		tts_stream_reached(LIST_ENTRY(node, struct tts_stretch, carried), 0);
	tts_stream_up(&l->session->stream);
}

/* The stretch that the vendor names, or the oldest. */
static struct tts_stretch *stretch_of(struct line *l, struct str name)
{
	int64_t number;

	if (list_empty(&l->stretches))
		return NULL;
	if (str_empty(name))
		return LIST_ENTRY(l->stretches.next, struct tts_stretch, carried);
	if (!str_starts(name, STR("s")) || str_to_int(str_sub(name, 1, name.n), 0, UINT32_MAX, &number) < 0)
		return NULL;
	LIST_EACH (node, &l->stretches)
		if (LIST_ENTRY(node, struct tts_stretch, carried)->number == number)
			return LIST_ENTRY(node, struct tts_stretch, carried);
	return NULL;
}

static void hear_words(struct tts_stream *s, struct tts_stretch *st, const struct tts_ws_times *t,
		       uint32_t from)
{
	size_t n = json_count(t->words);
	struct str word;
	double at;

	for (size_t i = 0; i < n; i++) {
		word = json_str_or(json_at(t->words, i), "", STR(""));
		at = t->ends ? json_num_or(json_at(t->ends, i), "", 0)
			     : json_num_or(json_at(t->starts, i), "", 0) +
				       json_num_or(json_at(t->lasts, i), "", 0);
		at = CLAMP(at * t->unit * TTS_RATE_HZ, 0.0, (double)TTS_RATE_HZ * 3600);
		tts_stream_spoken(s, st, word, from + (uint32_t)at);
	}
}

static void hear_sound(struct tts_ws *w, struct tts_stretch *st, struct str base64)
{
	int rc;

	buf_clear(&w->sound);
	rc = base64_read(&w->sound, base64);
	if (rc < 0)
		tts_stream_failed(&w->stream, st, rc == -ENOMEM ? FAULT_OVERLOAD : FAULT_PROTOCOL,
				  STR("its sound is not base64"));
	else
		tts_stream_sound(&w->stream, st, buf_str(&w->sound));
}

static void stretch_over(struct line *l, struct tts_stretch *st)
{
	struct tts_ws *w = l->session;

	w->reopened = false;
	unbind(st);
	tts_stream_over(&w->stream, st);
	if (w->dialect->socket_a_stretch)
		line_close(l);
}

static void hear_fault(struct line *l, const struct tts_ws_news *news)
{
	struct tts_stretch *st = stretch_of(l, news->name);

	if (news->fault == FAULT_AUTH)
		tts_stream_lost(&l->session->stream, news->fault, news->words);
	else if (st)
		tts_stream_failed(&l->session->stream, st, news->fault, news->words);
}

static void hear(struct line *l, const struct tts_ws_news *news)
{
	struct tts_ws *w = l->session;
	struct tts_stretch *st = stretch_of(l, news->name);
	uint32_t from;

	if (news->cancelled && l->deaf > 0)
		l->deaf--;
	if (news->fault != FAULT_NONE)
		hear_fault(l, news);
	if (!st || l->deaf > 0 || news->cancelled || news->fault != FAULT_NONE)
		return;
	from = news->times.of_message ? tts_stretch_made(st) : 0;
	if (!str_empty(news->sound))
		hear_sound(w, st, news->sound);
	hear_words(&w->stream, st, &news->times, from);
	if (news->clause_over)
		tts_stream_clause_over(&w->stream, st);
	if (news->over)
		stretch_over(l, st);
}

static void hear_text(struct line *l, struct str payload)
{
	struct tts_ws_news news = {0};
	struct json *doc;
	int rc = json_parse(payload, NULL, NULL, &doc);

	if (rc == 0) {
		rc = l->session->dialect->read(doc, &news);
		if (rc == 0)
			hear(l, &news);
		json_free(doc);
	}
	if (rc < 0) {
		fail_all(l, rc == -ENOMEM ? FAULT_OVERLOAD : FAULT_PROTOCOL, STR("a message makes no sense"));
		line_drop(l, USAGE_FAILED);
	}
}

static void on_message(void *arg, enum ws_kind kind, struct str payload)
{
	struct line *l = arg;
	struct tts_stretch *st;

	if (kind == WS_TEXT) {
		hear_text(l, payload);
		return;
	}
	st = stretch_of(l, STR(""));
	if (st && l->deaf == 0)
		tts_stream_sound(&l->session->stream, st, payload);
}

static enum fault fault_of(const struct tts_ws *w, const struct ws_end *end)
{
	enum fault fault = w->dialect->closed ? w->dialect->closed(end) : FAULT_NONE;

	if (fault == FAULT_NONE)
		fault = end->fault;
	return fault == FAULT_NONE ? FAULT_UNREACHABLE : fault;
}

static void on_closed(void *arg, const struct ws_end *end)
{
	struct line *l = arg;
	struct tts_ws *w = l->session;
	enum fault fault = fault_of(w, end);
	bool idle = list_empty(&l->stretches), opened = l->opened > 0;

	tts_stream_retry_after(&w->stream, end->retry_after);
	fail_all(l, fault, end->words);
	line_free(l, idle && opened ? USAGE_DONE : USAGE_FAILED);
	if (fault == FAULT_AUTH || !w->stream.up) {
		tts_stream_lost(&w->stream, fault, end->words);
	} else if (idle && opened && !w->reopened) {
		w->reopened = true;
		open_next(w);
	}
}

/* ---- birth and death ---- */

static int op_open(struct tts_stream *s)
{
	struct tts_ws *w = of(s);
	const struct service *service = s->use.service;
	struct ws_target to;
	int rc;

	w->dialect->address(&s->speaker, &w->address);
	rc = w->address.url.error ? w->address.url.error : line_open(w, &w->next);
	if (rc < 0 || service->spares == 0 || s->use.host->prepares)
		return rc;
	to = target(w);
	return ws_keep_spares(s->use.host->ws, &to, (unsigned)service->spares, w->dialect->spare_life);
}

static void fini(struct tts_ws *w)
{
	tts_address_fini(&w->address);
	buf_fini(&w->out);
	buf_fini(&w->sound);
}

static void op_close(struct tts_stream *s)
{
	struct tts_ws *w = of(s);

	LIST_EACH_SAFE (node, &w->lines) {
		struct line *l = LIST_ENTRY(node, struct line, node);

		if (l->opened > 0 && send_step(l, TTS_WS_BYE, NULL, STR("")) == 0)
			line_close(l);
		else
			line_drop(l, USAGE_DONE);
	}
	fini(w);
}

static const struct tts_carrier carrier = {op_open, op_speak, op_finish, op_cancel, op_close};

static int ws_voice_open(struct tts *t, const void *config, const struct tts_params *params)
{
	struct tts_ws *w = of(CONTAINER_OF(t, struct tts_stream, tts));
	const struct service_use *use = config;
	int rc;

	w->dialect = use->dialect;
	list_init(&w->lines);
	tts_address_init(&w->address);
	buf_init(&w->out, OUT_MAX);
	buf_init(&w->sound, WS_MESSAGE_MAX);
	rc = tts_stream_open(&w->stream, &carrier, &w->dialect->traits, use, params);
	if (rc < 0)
		op_close(&w->stream);
	return rc;
}

const struct tts_ops tts_ws_ops = {
	.name = "ws",
	.can = TTS_MARKS | TTS_TAKES_PIECES,
	.state_size = sizeof(struct tts_ws),
	.open = ws_voice_open,
	.say = tts_stream_say,
	.end = tts_stream_end,
	.cancel = tts_stream_cancel,
	.close = tts_stream_close,
};
