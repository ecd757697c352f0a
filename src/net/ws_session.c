#include "net/ws_session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/live.h"
#include "base/mem.h"
#include "net/conduit.h"
#include "net/http_status.h"

#define CONNECT_LIMIT   USEC_SEC(5)
#define CLOSE_LIMIT     USEC_SEC(2)  /* for the other end's close frame */
#define READ_BUDGET     (64u * 1024) /* bytes of one connection in one turn */
#define ANSWER_ROOM     4096u
#define CONTROL_ROOM    (4u * 1024)  /* for pongs and the close frame, beyond WS_UNSENT_MAX */
#define KEEP_BYTES      (64u * 1024) /* of memory for what is to be sent */
#define CLOSE_NO_STATUS 1005
#define CLOSE_ABNORMAL  1006

_Static_assert(WS_FRAMES_MESSAGE_MAX == WS_MESSAGE_MAX, "the header says so");

LIVE_DEFINE(ws);

/* ---- ends ---- */

static usec now_of(const struct ws *w)
{
	return loop_now(w->net->loop);
}

/* What a running callback may still look at goes with the session itself. */
static void bury(struct ws *w)
{
	ws_frames_fini(&w->frames);
	buf_fini(&w->head);
	buf_fini(&w->out);
	buf_fini(&w->heard);
	live_down(&live_ws);
	mem_free(w);
}

static void release(struct ws *w)
{
	w->state = WS_GONE;
	w->conduit = conduit_free(w->conduit);
	timer_stop(&w->limit);
	timer_stop(&w->turn);
	list_remove(&w->link);
	w->net->stats.open--;
}

void ws_session_drop(struct ws *w)
{
	if (w->state != WS_GONE)
		release(w);
	if (!w->calling)
		bury(w);
}

/* After a callback. Returns whether the session is still there. */
static bool leave(struct ws *w)
{
	w->calling = false;
	if (w->state != WS_GONE)
		return true;
	bury(w);
	return false;
}

/* The owner's last word. */
static bool tell_closed(struct ws *w, const struct ws_end *end)
{
	struct ws_sink sink = w->sink;

	w->sink = (struct ws_sink){0};
	w->calling = true;
	if (sink.on_closed)
		sink.on_closed(sink.arg, end);
	return leave(w);
}

static void end(struct ws *w, const struct ws_end *how)
{
	struct ws_end e = *how;

	if (w->state < WS_OPEN)
		w->net->stats.refused++;
	str_copy(e.words, w->words, sizeof(w->words));
	e.words = str_from(w->words);
	release(w);
	(void)!tell_closed(w, &e);
}

static void end_without_close(struct ws *w, enum fault fault, struct str words)
{
	const struct ws_end e = {.fault = fault, .code = CLOSE_ABNORMAL, .words = words, .retry_after = -1};

	end(w, &e);
}

static void end_lost(struct ws *w, int error)
{
	struct str words = conduit_words(w->conduit);

	if (error == -ENODATA)
		words = STR("the other end closed the connection");
	else if (words.n == 0)
		words = str_from(strerror(-error));
	end_without_close(w, FAULT_UNREACHABLE, words);
}

/* What a close code means: RFC 6455 section 7.4 and IANA's registry. */
static enum fault code_fault(int code)
{
	switch (code) {
	case 1000:
	case 1001:
		return FAULT_NONE;
	case 1005:
	case 1011:
	case 1014:
		return FAULT_UNREACHABLE;
	case 1012:
	case 1013:
		return FAULT_OVERLOAD;
	case 3000:
	case 3003:
		return FAULT_AUTH;
	case 3008:
		return FAULT_STALLED;
	default:
		return FAULT_PROTOCOL;
	}
}

/* ---- writing ---- */

static void on_turn(struct timer *t);
static void on_limit(struct timer *t);

void ws_session_turn(struct ws *w)
{
	if (!timer_running(&w->turn))
		timer_start(&w->turn, w->net->loop, now_of(w), on_turn);
}

/* Writes as much of `b` as the socket takes. Returns 0 or -errno. */
static int write_some(struct ws *w, struct buf *b)
{
	size_t done = 0, n;
	int rc = 0;

	while (rc == 0 && done < b->n) {
		rc = conduit_write(w->conduit, b->p + done, b->n - done, &n);
		if (rc == 0)
			done += n;
	}
	buf_consume(b, done);
	if (b->n == 0 && b->cap > KEEP_BYTES)
		buf_fini(b);
	w->blocked = rc == -EAGAIN;
	return w->blocked ? 0 : rc;
}

/* A pong that finds no room is left away: the next ping asks again. */
static void put_control(struct ws *w, enum ws_opcode opcode, struct str payload)
{
	(void)!ws_frames_put(&w->frames, &w->out, opcode, payload);
	ws_session_turn(w);
}

void ws_session_say_close(struct ws *w, int code)
{
	const char payload[] = {(char)(code >> 8), (char)code};

	put_control(w, WS_OP_CLOSE, (struct str){payload, code == CLOSE_NO_STATUS ? 0 : sizeof(payload)});
	w->state = WS_CLOSING;
	timer_start(&w->limit, w->net->loop, now_of(w) + CLOSE_LIMIT, on_limit);
}

/* ---- telling ---- */

static bool tell_open(struct ws *w)
{
	w->adopted = false;
	w->calling = true;
	if (w->sink.on_open)
		w->sink.on_open(w->sink.arg);
	return leave(w);
}

static bool tell_message(struct ws *w, enum ws_kind kind, struct str payload)
{
	w->calling = true;
	if (w->sink.on_message)
		w->sink.on_message(w->sink.arg, kind, payload);
	return leave(w);
}

/* What the session heard before it had this owner. Returns whether it is still there. */
static bool tell_heard(struct ws *w)
{
	while (!w->paused && w->told < w->heard.n) {
		struct ws_heard record;
		const char *at = w->heard.p + w->told;

		memcpy(&record, at, sizeof(record));
		w->told += sizeof(record) + record.bytes;
		if (!tell_message(w, record.kind, (struct str){at + sizeof(record), record.bytes}))
			return false;
	}
	if (w->told == w->heard.n) {
		buf_fini(&w->heard);
		w->told = 0;
	}
	return true;
}

/* ---- reading ---- */

static size_t read_bytes(void *arg, void *p, size_t n)
{
	struct ws *w = arg;
	size_t got = MIN(n, w->head.n);
	int rc;

	if (got > 0) {
		memcpy(p, w->head.p, got);
		buf_consume(&w->head, got);
		if (w->head.n == 0)
			buf_fini(&w->head);
		return got;
	}
	rc = w->budget > 0 ? conduit_read(w->conduit, p, MIN(n, w->budget), &got) : -EAGAIN;
	if (rc < 0) {
		w->lost = rc == -EAGAIN ? 0 : rc;
		return 0;
	}
	w->budget -= got;
	w->heard_at = now_of(w);
	w->pinged = false;
	return got;
}

/* The other end has said goodbye. */
static void end_closed(struct ws *w, const struct ws_frame_event *ev)
{
	const struct ws_end e = {
		.fault = code_fault(ev->code), .code = ev->code, .words = ev->payload, .retry_after = -1};

	if (w->state == WS_CLOSING) {
		ws_session_drop(w);
		return;
	}
	ws_session_say_close(w, ev->code);
	(void)!write_some(w, &w->out);
	end(w, &e);
}

/* Frames that no server may send. Our words must reach it before the socket goes. */
static void end_broken(struct ws *w, int error)
{
	const struct ws_end e = {
		.fault = FAULT_PROTOCOL,
		.code = ws_frames_code(error),
		.words = error == -EMSGSIZE ? STR("a message is too long")
			 : error == -EILSEQ ? STR("a text is not UTF-8")
			 : error == -ENOMEM ? STR("no memory for a message")
					    : STR("frames that no server may send"),
		.retry_after = -1,
	};

	w->broken = true;
	if (w->state == WS_CLOSING) {
		ws_session_drop(w);
		return;
	}
	ws_session_say_close(w, e.code);
	(void)!write_some(w, &w->out);
	w->more = true;
	(void)!tell_closed(w, &e);
}

/* Returns whether the session is still there. */
static bool take_event(struct ws *w, const struct ws_frame_event *ev)
{
	switch (ev->what) {
	case WS_OP_TEXT:
	case WS_OP_BINARY:
		return w->state != WS_OPEN ||
		       tell_message(w, ev->what == WS_OP_TEXT ? WS_TEXT : WS_BINARY, ev->payload);
	case WS_OP_PING:
		if (w->state == WS_OPEN)
			put_control(w, WS_OP_PONG, ev->payload);
		return true;
	case WS_OP_PONG:
		return true;
	case WS_OP_CLOSE:
		break;
	}
	end_closed(w, ev);
	return false;
}

/* After -EPROTO bytes are only drained, so that the kernel does not answer them with a reset. */
static int drain(struct ws *w)
{
	char room[ANSWER_ROOM];

	while (read_bytes(w, room, sizeof(room)) > 0)
		continue;
	return 0;
}

/* Returns whether the session is still there and open. */
static bool read_on(struct ws *w)
{
	struct ws_frame_event ev;
	int rc = 1;

	w->more = false;
	w->budget = READ_BUDGET;
	while (rc > 0 && !w->paused) {
		rc = w->broken ? drain(w) : ws_frames_next(&w->frames, &ev);
		if (rc > 0 && !take_event(w, &ev))
			return false;
	}
	if (rc < 0) {
		end_broken(w, rc);
		return false;
	}
	if (w->lost && !w->paused) {
		end_lost(w, w->lost);
		return false;
	}
	if (w->budget == 0) {
		w->more = true;
		ws_session_turn(w);
	}
	return true;
}

/* ---- the upgrade ---- */

static void end_refused(struct ws *w, struct str body)
{
	char words[WS_WORDS_MAX];
	const struct ws_end e = {
		.fault = w->status >= 200 && w->status < 300 ? FAULT_PROTOCOL : http_status_fault(w->status),
		.status = w->status,
		.code = CLOSE_ABNORMAL,
		.words = {words, str_copy(body, words, sizeof(words))},
		.retry_after = w->retry_after,
	};

	end(w, &e);
}

static void begin_frames(struct ws *w, size_t answer_bytes)
{
	buf_consume(&w->head, answer_bytes);
	w->state = WS_OPEN;
	w->heard_at = now_of(w);
	w->net->stats.opened++;
	w->net->stats.sessions_resumed += conduit_resumed(w->conduit);
	if (w->ping_every > 0)
		timer_start(&w->limit, w->net->loop, now_of(w) + w->ping_every, on_limit);
	else
		timer_stop(&w->limit);
	w->more = true;
	ws_session_turn(w);
	if (w->paused)
		w->lost = conduit_listen(w->conduit, false);
	(void)!tell_open(w);
}

/* `final` = why nothing more will come, 0 = more may. Returns whether the answer is settled. */
static bool judge_answer(struct ws *w, int final)
{
	struct ws_upgrade_answer answer;
	struct buf body;
	int rc;

	buf_init(&body, WS_WORDS_MAX);
	rc = ws_upgrade_read(buf_str(&w->head), str_from(w->key), str_from(w->protocol), &body, &answer);
	if (rc == 1) {
		w->status = answer.status;
		w->retry_after = answer.retry_after;
		if (!answer.whole && !final && body.n < body.limit_bytes)
			rc = -EAGAIN;
	}
	if (rc == 0)
		begin_frames(w, answer.used_bytes);
	else if (rc == -EPROTO)
		end_without_close(w, FAULT_PROTOCOL, str_from(answer.wrong));
	else if (rc == 1)
		end_refused(w, buf_str(&body));
	else if (final)
		end_lost(w, final);
	buf_fini(&body);
	return rc != -EAGAIN || final;
}

static void read_answer(struct ws *w)
{
	char room[ANSWER_ROOM];
	size_t n;
	int rc;

	do {
		rc = conduit_read(w->conduit, room, sizeof(room), &n);
		if (rc == 0) {
			buf_add(&w->head, room, n);
			rc = w->head.error;
		}
		if (rc == 0 && judge_answer(w, 0))
			return;
	} while (rc == 0);
	if (rc != -EAGAIN)
		(void)!judge_answer(w, rc);
}

static void write_request(struct ws *w)
{
	int rc = write_some(w, &w->head);

	if (rc < 0) {
		end_lost(w, rc);
	} else if (w->head.n == 0) {
		w->state = WS_ANSWERING;
		read_answer(w);
	}
}

/* ---- what the loop calls ---- */

/* All that can be done now, when it is open. */
static void serve(struct ws *w)
{
	int rc;

	if (w->adopted && !tell_open(w))
		return;
	if (w->heard.n > 0 && !tell_heard(w))
		return;
	if (w->more && w->heard.n == 0 && !w->paused && !read_on(w))
		return;
	rc = w->out.n > 0 && !w->blocked ? write_some(w, &w->out) : 0;
	if (rc < 0)
		end_lost(w, rc);
}

static void on_turn(struct timer *t)
{
	serve(CONTAINER_OF(t, struct ws, turn));
}

static void on_up(void *arg)
{
	struct ws *w = arg;

	w->state = WS_ASKING;
	write_request(w);
}

static void on_ready(void *arg)
{
	struct ws *w = arg;

	w->blocked = false;
	w->more = true;
	if (w->state == WS_ASKING)
		write_request(w);
	else if (w->state == WS_ANSWERING)
		read_answer(w);
	else
		serve(w);
}

static void on_down(void *arg, enum fault fault, struct str words)
{
	end_without_close(arg, fault, words);
}

/* Nothing was heard for a while: ask, and at the next time give up. */
static void check_alive(struct ws *w)
{
	usec now = now_of(w);

	if (w->paused)
		w->heard_at = now;
	if (now - w->heard_at < w->ping_every) {
		timer_start(&w->limit, w->net->loop, w->heard_at + w->ping_every, on_limit);
		return;
	}
	if (w->pinged) {
		end_without_close(w, FAULT_STALLED, STR("no answer to a ping"));
		return;
	}
	w->pinged = true;
	put_control(w, WS_OP_PING, (struct str){0});
	timer_start(&w->limit, w->net->loop, now + w->ping_every, on_limit);
}

static void end_late(struct ws *w)
{
	char words[64];
	struct str stage = w->state == WS_CONNECTING ? conduit_stage(w->conduit) : STR("upgrade");

	if (w->status > 0) {
		(void)!judge_answer(w, -ETIMEDOUT);
		return;
	}
	snprintf(words, sizeof(words), "not connected in time, waiting for: " STR_FMT, STR_ARG(stage));
	end_without_close(w, FAULT_STALLED, str_from(words));
}

static void on_limit(struct timer *t)
{
	struct ws *w = CONTAINER_OF(t, struct ws, limit);

	if (w->state == WS_OPEN)
		check_alive(w);
	else if (w->state == WS_CLOSING)
		ws_session_drop(w);
	else
		end_late(w);
}

/* ---- opening ---- */

static int print_request(struct ws *w, const struct ws_target *target, const struct ws_url *url)
{
	struct ws_upgrade u = {.url = *url,
			       .headers = target->headers,
			       .header_count = target->header_count,
			       .protocol = target->protocol};
	unsigned char random[16];
	struct buf key;
	int rc;

	rng_bytes(&w->net->rng, random, sizeof(random));
	buf_init(&key, WS_UPGRADE_KEY_CHARS);
	base64_write(&key, (struct str){(const char *)random, sizeof(random)});
	str_copy(buf_str(&key), w->key, sizeof(w->key));
	rc = key.error;
	buf_fini(&key);
	u.key = str_from(w->key);
	return rc ? rc : ws_upgrade_print(&u, &w->head);
}

static int begin(struct ws *w, const struct ws_target *target)
{
	const struct conduit_sink sink = {on_up, on_ready, on_down, w};
	struct conduit_target to = {.protocol = STR("http/1.1")};
	usec limit = target->connect_limit > 0 ? target->connect_limit : CONNECT_LIMIT;
	struct ws_url url;
	int rc = ws_url_parse(target->url, &url);

	rc = rc ? rc : ws_frames_init(&w->frames, read_bytes, w, &w->net->rng);
	rc = rc ? rc : print_request(w, target, &url);
	if (rc < 0)
		return rc;
	to.kind = url.secure ? CONDUIT_TLS : CONDUIT_PLAIN;
	to.host = url.host;
	to.port = url.port;
	to.limit = limit;
	timer_start(&w->limit, w->net->loop, now_of(w) + limit, on_limit);
	return conduit_open(&w->net->env, &to, &sink, &w->conduit);
}

int ws_session_new(struct ws_net *n, const struct ws_target *target, const struct ws_sink *sink,
		   struct ws **ret_ws)
{
	struct ws *w;
	int rc;

	if (target->url.n > WS_URL_MAX || target->protocol.n >= WS_PROTOCOL_MAX)
		return -EINVAL;
	if (n->stats.open >= n->conns_max)
		return -EBUSY;
	w = mem_zalloc(sizeof(*w));
	if (!w)
		return -ENOMEM;
	*w = (struct ws){.net = n, .sink = *sink, .ping_every = target->ping_every, .retry_after = -1};
	str_copy(target->protocol, w->protocol, sizeof(w->protocol));
	buf_init(&w->head, WS_UPGRADE_MAX + ANSWER_ROOM);
	buf_init(&w->out, WS_UNSENT_MAX + CONTROL_ROOM);
	list_append(&n->all, &w->link);
	n->stats.open++;
	live_up(&live_ws);
	rc = begin(w, target);
	if (rc < 0) {
		ws_session_drop(w);
		return rc;
	}
	*ret_ws = w;
	return 0;
}

void ws_session_adopt(struct ws *w, const struct ws_sink *sink, struct buf *heard)
{
	w->sink = *sink;
	w->heard = *heard;
	buf_init(heard, heard->limit_bytes);
	w->adopted = true;
	w->more = true;
	ws_session_turn(w);
}
