#include "provider/tts/tts_tcp.h"

#include <errno.h>
#include <string.h>

#include "net/dns.h"
#include "net/tcp.h"

#define IDLE USEC_SEC(3600)

struct tts_tcp {
	struct tts_stream stream;
	const struct tts_tcp_dialect *dialect;
	struct dns_ask ask;
	struct tcp *tcp;
	struct addr remotes[DNS_ADDRS_MAX]; /* of its name; those that do not answer are passed over */
	size_t remote_count, remote_at;
	uint16_t port;
	uint32_t conn;         /* 0 = none */
	usec opened;           /* since the greeting was answered; 0 = not yet */
	struct timer greeting; /* until when it has to be answered */
	struct list at;        /* the stretch that is spoken */
	struct buf out;
};

static struct tts_tcp *of(struct tts_stream *s)
{
	return CONTAINER_OF(s, struct tts_tcp, stream);
}

/* NULL when nothing is spoken. */
static struct tts_stretch *current(struct tts_tcp *w)
{
	return list_empty(&w->at) ? NULL : LIST_ENTRY(w->at.next, struct tts_stretch, carried);
}

static void unbind(struct tts_stretch *st)
{
	list_remove(&st->carried);
	st->carrier = NULL;
}

/* ---- the connection ---- */

static int send_step(struct tts_tcp *w, enum tts_tcp_step step, struct str words)
{
	buf_clear(&w->out);
	w->dialect->write(step, &w->stream.speaker, words, &w->out);
	return w->out.error ? w->out.error : tcp_send(w->tcp, w->conn, buf_str(&w->out));
}

static void hang_up(struct tts_tcp *w, enum usage_end end)
{
	tcp_close(w->tcp, w->conn);
	timer_stop(&w->greeting);
	tts_stream_bill_connection(&w->stream, w->opened, end);
	w->conn = 0;
	w->opened = 0;
}

static void on_no_answer(struct timer *timer);

/* The next address that there is a way to at all: some networks know one family only. */
static int connect_next(struct tts_tcp *w)
{
	int rc = tcp_connect(w->tcp, &w->remotes[w->remote_at], &w->conn);

	while (rc < 0 && w->remote_at + 1 < w->remote_count)
		rc = tcp_connect(w->tcp, &w->remotes[++w->remote_at], &w->conn);
	return rc;
}

static int call(struct tts_tcp *w)
{
	struct loop *loop = w->stream.loop;
	int rc = connect_next(w);

	if (rc < 0)
		return rc;
	timer_start(&w->greeting, loop, loop_now(loop) + w->stream.use.service->connect_limit, on_no_answer);
	rc = send_step(w, TTS_TCP_GREET, STR(""));
	if (rc < 0)
		hang_up(w, USAGE_FAILED);
	return rc;
}

static void fail(struct tts_tcp *w, enum fault fault, struct str words)
{
	if (current(w))
		tts_stream_failed(&w->stream, current(w), fault, words);
	if (!w->stream.up)
		tts_stream_lost(&w->stream, fault, words);
}

static void gone(struct tts_tcp *w, enum fault fault, struct str words)
{
	bool idle = !current(w) && w->opened > 0;

	w->conn = 0;
	timer_stop(&w->greeting);
	if (w->opened == 0 && w->remote_at + 1 < w->remote_count) {
		w->remote_at++;
		if (call(w) == 0)
			return;
	}
	tts_stream_bill_connection(&w->stream, w->opened, idle ? USAGE_DONE : USAGE_FAILED);
	w->opened = 0;
	fail(w, fault, words);
	if (current(w))
		unbind(current(w));
}

static void on_closed(void *arg, uint32_t conn, const struct addr *remote, int error)
{
	(void)conn, (void)remote;
	gone(arg, error == -EBADMSG ? FAULT_PROTOCOL : FAULT_UNREACHABLE,
	     str_from(error ? strerror(-error) : "the connection was closed"));
}

static void on_no_answer(struct timer *timer)
{
	struct tts_tcp *w = CONTAINER_OF(timer, struct tts_tcp, greeting);

	tcp_close(w->tcp, w->conn);
	gone(w, FAULT_STALLED, STR("the greeting was not answered"));
}

/* ---- in ---- */

static void hear(struct tts_tcp *w, const struct tts_tcp_news *news)
{
	struct tts_stretch *st = current(w);

	if (news->ready && w->opened == 0) {
		timer_stop(&w->greeting);
		w->opened = loop_now(w->stream.loop);
		if (st)
			tts_stream_reached(st, 0);
		tts_stream_up(&w->stream);
	}
	if (news->fault != FAULT_NONE)
		fail(w, news->fault, str_from(news->words));
	if (!st || news->fault != FAULT_NONE)
		return;
	if (news->form.rate_hz > 0 && tts_sound_init(&st->sound, &news->form) < 0)
		tts_stream_failed(&w->stream, st, FAULT_PROTOCOL, STR("a rate that nobody plays"));
	if (news->sound.n > 0)
		tts_stream_sound(&w->stream, st, news->sound);
	if (news->over) {
		unbind(st);
		tts_stream_over(&w->stream, st);
	}
}

static int on_bytes(void *arg, uint32_t conn, struct str unread)
{
	struct tts_tcp *w = arg;
	size_t used = 0;
	int n = 1;

	while (n > 0 && used < unread.n && conn == w->conn) {
		struct tts_tcp_news news = {0};

		n = w->dialect->read(str_sub(unread, used, unread.n), &news);
		if (n < 0)
			return n;
		used += (size_t)n;
		if (n > 0)
			hear(w, &news);
	}
	return (int)used;
}

/* ---- out ---- */

static int op_speak(struct tts_stream *s, struct tts_stretch *st, const struct tts_clause *c)
{
	struct tts_tcp *w = of(s);
	int rc = w->conn || w->remote_count == 0 ? 0 : call(w);

	if (rc == 0)
		rc = w->conn ? send_step(w, TTS_TCP_SAY, buf_str(&c->words)) : -ENOTCONN;
	if (rc < 0)
		return rc;
	st->carrier = w;
	list_append(&w->at, &st->carried);
	if (w->opened > 0)
		tts_stream_reached(st, 0);
	return 0;
}

/* A clause has all its words from the start. */
static int op_finish(struct tts_stream *s, struct tts_stretch *st)
{
	(void)s, (void)st;
	return 0;
}

static void op_cancel(struct tts_stream *s, struct tts_stretch *st)
{
	struct tts_tcp *w = of(s);

	if (!st->carrier)
		return;
	unbind(st);
	hang_up(w, st->fault == FAULT_NONE ? USAGE_CANCELLED : USAGE_FAILED);
	if (call(w) < 0)
		w->conn = 0; /* it is tried again when there are words */
}

/* ---- birth and death ---- */

static void on_name(struct dns_ask *ask, const struct dns_answer *answer)
{
	struct tts_tcp *w = CONTAINER_OF(ask, struct tts_tcp, ask);

	if (answer->error < 0) {
		fail(w, FAULT_UNREACHABLE, answer->words);
		return;
	}
	w->remote_count = MIN(answer->count, (size_t)DNS_ADDRS_MAX);
	for (size_t i = 0; i < w->remote_count; i++) {
		w->remotes[i] = answer->addrs[i];
		w->remotes[i].port = w->port;
	}
	if (call(w) < 0)
		fail(w, FAULT_UNREACHABLE, STR("no connection"));
}

/* "tcp://host:port/", "[::1]:port", "host". Returns 0, -EINVAL. */
static int parse_url(struct str url, uint16_t preset, struct str *ret_host, uint16_t *ret_port)
{
	size_t scheme = str_find(url, STR("://"));
	struct str where = scheme < url.n ? str_sub(url, scheme + 3, url.n) : url;

	if (str_ends(where, STR("/")))
		where.n--;
	return url_authority(where, preset, ret_host, ret_port);
}

static int find_remote(struct tts_tcp *w)
{
	const struct service *service = w->stream.use.service;
	struct dns *dns;
	struct str host;
	int rc = parse_url(service_or(service->url, "127.0.0.1"), w->dialect->port, &host, &w->port);

	if (rc < 0)
		return rc;
	if (addr_parse(host, w->port, &w->remotes[0]) == 0) {
		w->remote_count = 1;
		return call(w);
	}
	dns = w->stream.use.host->dns;
	return dns ? dns_ask(dns, host, service->connect_limit, &w->ask, on_name) : -EINVAL;
}

static int op_open(struct tts_stream *s)
{
	static const struct tcp_ops ops = {.on_bytes = on_bytes, .on_closed = on_closed};
	struct tts_tcp *w = of(s);
	const struct tcp_config config = {.conns_max = 2,
					  .in_bytes_max = TTS_TCP_MESSAGE_MAX + 65536,
					  .out_bytes_max = 65536,
					  .idle = IDLE,
					  .connect_timeout = s->use.service->connect_limit};
	int rc = tcp_new(s->loop, &config, &ops, w, &w->tcp);

	return rc < 0 ? rc : find_remote(w);
}

static void op_close(struct tts_stream *s)
{
	struct tts_tcp *w = of(s);

	if (w->conn)
		hang_up(w, USAGE_DONE);
	w->tcp = tcp_free(w->tcp);
	dns_unask(&w->ask);
	buf_fini(&w->out);
}

static const struct tts_carrier carrier = {op_open, op_speak, op_finish, op_cancel, op_close};

static int tcp_voice_open(struct tts *t, const void *config, const struct tts_params *params)
{
	struct tts_tcp *w = of(CONTAINER_OF(t, struct tts_stream, tts));
	const struct service_use *use = config;
	int rc;

	w->dialect = use->dialect;
	list_init(&w->at);
	buf_init(&w->out, 65536);
	rc = tts_stream_open(&w->stream, &carrier, &w->dialect->traits, use, params);
	if (rc < 0)
		op_close(&w->stream);
	return rc;
}

const struct tts_ops tts_tcp_ops = {
	.name = "tcp",
	.state_size = sizeof(struct tts_tcp),
	.open = tcp_voice_open,
	.say = tts_stream_say,
	.end = tts_stream_end,
	.cancel = tts_stream_cancel,
	.close = tts_stream_close,
};
