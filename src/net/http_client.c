#include "net/http_client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/live.h"
#include "base/map.h"
#include "base/mem.h"
#include "net/http_curl.h"
#include "net/http_status.h"

#define CONNECT_USEC USEC_SEC(5)
#define WARM_USEC    USEC_SEC(10)
#define REFUSAL_USEC USEC_SEC(1) /* for the body of a refusal: its status has said what it means */

LIVE_DEFINE(http_client);
LIVE_DEFINE(http_ask);

struct http_client {
	struct loop *loop;
	struct http_curl *curl;
	size_t asks_max;
	struct map asks; /* by number */
	struct list all;
	uint32_t last;
};

enum ask_phase {
	ASK_CONNECTING,
	ASK_WAITING, /* connected; no byte of the body yet */
	ASK_BODY,
	ASK_PAUSED,  /* by the one who asked: nobody stalls but him */
	ASK_REFUSED, /* what still comes is words for the log */
};

/* Any callback may cancel its own ask: after one, the ask is looked for by its number. */
struct ask {
	struct http_client *client;
	struct list link;
	struct map_node node;
	struct timer limit;
	struct http_transfer *transfer;
	struct http_sink sink;
	uint32_t number;
	enum ask_phase phase;
	usec asked, moved; /* `moved`: when the last piece of the body came, or a refusal's head */
	usec connect_limit, first_limit, stall_limit, total_limit;
	size_t got, answer_max;
	struct http_done done;
	size_t words_n;
	char words[HTTP_CLIENT_WORDS_MAX];
};

static struct ask *find(const struct http_client *c, uint32_t number)
{
	struct map_node *node = map_find(&c->asks, (struct str){(const char *)&number, sizeof(number)});

	return node ? MAP_ENTRY(node, struct ask, node) : NULL;
}

/* ---- the end of an ask ---- */

/* Out of all that can be named, and its connection free again. */
static void unhook(struct ask *a)
{
	timer_stop(&a->limit);
	list_remove(&a->link);
	if (a->node.key.p)
		map_remove(&a->client->asks, &a->node);
	a->node.key.p = NULL;
	a->transfer = http_transfer_free(a->transfer);
}

static void ask_free(struct ask *a)
{
	unhook(a);
	live_down(&live_http_ask);
	mem_free(a);
}

static void say(struct ask *a, const char *fmt, ...) printf_like(2, 3);

static void say(struct ask *a, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(a->words, sizeof(a->words), fmt, ap);
	va_end(ap);
	a->words_n = MIN((size_t)MAX(n, 0), sizeof(a->words) - 1);
}

static void finish(struct ask *a, enum fault fault)
{
	a->done.fault = fault;
	a->done.words = (struct str){a->words, a->words_n};
	a->done.total = loop_now(a->client->loop) - a->asked;
	unhook(a);
	if (a->sink.on_done)
		a->sink.on_done(a->sink.arg, &a->done);
	ask_free(a);
}

/* A status tells more than how its body ended, and what was said before is nearer to the cause. */
static void on_done(void *arg, enum fault fault, struct str words)
{
	struct ask *a = arg;
	bool headed = a->done.status != 0;

	if (headed && http_status_fault(a->done.status) != FAULT_NONE) {
		fault = http_status_fault(a->done.status);
		words = STR("");
		if (a->words_n == 0)
			say(a, "HTTP status %d", a->done.status);
	}
	if (fault == FAULT_NONE && !headed)
		fault = FAULT_PROTOCOL;
	if (fault == FAULT_UNREACHABLE && headed && http_status_fault(a->done.status) == FAULT_NONE)
		fault = FAULT_PROTOCOL; /* an answer that had begun and broke off */
	if (fault != FAULT_NONE && a->words_n == 0)
		say(a, STR_FMT, STR_ARG(words));
	finish(a, fault);
}

/* ---- limits ---- */

/* The limit that comes first, and what is to be said when it passes. */
static usec next_limit(const struct ask *a, const char **ret_words, usec *ret_span)
{
	const struct {
		bool counts;
		usec from, span;
		const char *words;
	} limits[] = {
		{true, a->asked, a->total_limit, "not done"},
		{a->phase == ASK_CONNECTING, a->asked, a->connect_limit, "no connection"},
		{a->phase <= ASK_WAITING, a->asked, a->first_limit, "no answer"},
		{a->phase == ASK_BODY, a->moved, a->stall_limit, "nothing more"},
		{a->phase == ASK_REFUSED, a->moved, REFUSAL_USEC, ""},
	};
	usec due = USEC_NEVER;

	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		if (!limits[i].counts || limits[i].span == 0 || limits[i].from + limits[i].span >= due)
			continue;
		due = limits[i].from + limits[i].span;
		*ret_words = limits[i].words;
		*ret_span = limits[i].span;
	}
	return due;
}

static void on_limit(struct timer *t)
{
	struct ask *a = CONTAINER_OF(t, struct ask, limit);
	const char *words = "";
	usec span = 0;

	if (a->phase == ASK_REFUSED) {
		on_done(a, FAULT_STALLED, STR(""));
		return;
	}
	next_limit(a, &words, &span);
	if (a->words_n == 0)
		say(a, "%s within %lld ms", words, (long long)(span / 1000));
	finish(a, FAULT_STALLED);
}

static void set_limit(struct ask *a)
{
	const char *words;
	usec span, due = next_limit(a, &words, &span);

	if (due == USEC_NEVER)
		timer_stop(&a->limit);
	else
		timer_start(&a->limit, a->client->loop, due, on_limit);
}

/* ---- what its transfer tells ---- */

static usec since_asked(const struct ask *a)
{
	return MAX(loop_now(a->client->loop) - a->asked, 1); /* 0 = did not happen */
}

static void on_connected(void *arg, int opened)
{
	struct ask *a = arg;

	if (opened > 0)
		a->done.connect = since_asked(a);
	a->phase = ASK_WAITING;
	a->done.sent = true;
	set_limit(a);
}

static void on_head(void *arg, const struct http_head *head)
{
	struct ask *a = arg;

	a->done.status = head->status;
	a->done.retry_after = head->retry_after;
	if (http_status_fault(head->status) != FAULT_NONE) {
		a->phase = ASK_REFUSED;
		a->moved = loop_now(a->client->loop);
		set_limit(a);
	} else if (a->sink.on_head) {
		a->sink.on_head(a->sink.arg, head);
	}
}

static void keep_words(struct ask *a, struct str piece)
{
	size_t n = MIN(piece.n, sizeof(a->words) - a->words_n);

	memcpy(a->words + a->words_n, piece.p, n);
	a->words_n += n;
}

/* To the one who asked. */
static int hand_up(struct ask *a, struct str piece)
{
	struct http_client *c = a->client;
	uint32_t number = a->number;
	int rc = a->sink.on_body ? a->sink.on_body(a->sink.arg, piece) : 0;

	if (!find(c, number))
		return -ECANCELED;
	a->phase = rc == -EAGAIN ? ASK_PAUSED : ASK_BODY;
	a->moved = loop_now(c->loop);
	set_limit(a);
	if (rc < 0 && rc != -EAGAIN)
		say(a, "its answer was refused: %s", strerror(-rc));
	return rc;
}

static int on_body(void *arg, struct str piece)
{
	struct ask *a = arg;
	bool refused = a->phase == ASK_REFUSED;
	int rc = 0;

	if (a->done.first_byte == 0)
		a->done.first_byte = since_asked(a);
	if (piece.n > a->answer_max - a->got) {
		if (!refused)
			say(a, "its answer is over %zu bytes", a->answer_max);
		return -EMSGSIZE;
	}
	if (refused)
		keep_words(a, piece);
	else
		rc = hand_up(a, piece);
	if (rc == 0)
		a->got += piece.n;
	return rc;
}

static const struct http_transfer_ops transfer_ops = {on_connected, on_head, on_body, on_done};

/* ---- asking ---- */

static int ask_start(struct http_client *c, struct ask *a, const struct http_ask *ask)
{
	struct http_ask limited = *ask;
	int rc;

	limited.connect_limit = a->connect_limit;
	rc = map_add(&c->asks, &a->node, (struct str){(const char *)&a->number, sizeof(a->number)});
	if (rc < 0)
		a->node.key.p = NULL;
	return rc ? rc : http_transfer_new(c->curl, &limited, &transfer_ops, a, &a->transfer);
}

int http_client_ask(struct http_client *c, const struct http_ask *ask, const struct http_sink *sink,
		    uint32_t *ret_ask)
{
	struct ask *a;
	int rc;

	loop_assert_here(c->loop);
	if (c->asks.count >= c->asks_max)
		return -EBUSY;
	a = mem_zalloc(sizeof(*a));
	if (!a)
		return -ENOMEM;
	*a = (struct ask){.client = c,
			  .sink = *sink,
			  .asked = loop_now(c->loop),
			  .answer_max = ask->answer_max ? ask->answer_max : HTTP_CLIENT_ANSWER_MAX,
			  .connect_limit = ask->connect_limit ? ask->connect_limit : CONNECT_USEC,
			  .first_limit = ask->first_limit,
			  .stall_limit = ask->stall_limit,
			  .total_limit = ask->total_limit,
			  .done.retry_after = -1};
	live_up(&live_http_ask);
	list_append(&c->all, &a->link);
	a->number = ++c->last ? c->last : ++c->last;
	rc = ask_start(c, a, ask);
	if (rc < 0) {
		ask_free(a);
		return rc;
	}
	set_limit(a);
	*ret_ask = a->number;
	return 0;
}

void http_client_cancel(struct http_client *c, uint32_t ask)
{
	struct ask *a = find(c, ask);

	loop_assert_here(c->loop);
	if (a)
		ask_free(a);
}

bool http_client_sent(const struct http_client *c, uint32_t ask)
{
	const struct ask *a = find(c, ask);

	return a && a->done.sent;
}

void http_client_resume(struct http_client *c, uint32_t ask)
{
	struct ask *a = find(c, ask);

	loop_assert_here(c->loop);
	if (!a || a->phase != ASK_PAUSED)
		return;
	a->phase = ASK_BODY;
	a->moved = loop_now(c->loop);
	set_limit(a);
	http_transfer_resume(a->transfer);
}

/* A connection that libcurl is told only to open is never used again, so that a small question must be asked
 * on it: one without a key, for the root. */
void http_client_warm(struct http_client *c, struct str url)
{
	static const struct http_sink nobody = {0};
	size_t host = str_find(url, STR("://")) + 3;
	struct http_ask ask = {.method = "HEAD", .total_limit = WARM_USEC};
	uint32_t number;

	if (host > url.n)
		return;
	ask.url = str_sub(url, 0, host + str_chr(str_sub(url, host, url.n), '/'));
	(void)!http_client_ask(c, &ask, &nobody, &number);
}

/* ---- the client ---- */

int http_client_new(struct loop *l, const struct http_client_config *config, struct http_client **ret_client)
{
	struct http_client *c = mem_zalloc(sizeof(*c));
	int rc;

	if (!c)
		return -ENOMEM;
	*c = (struct http_client){.loop = l, .asks_max = config->asks_max};
	live_up(&live_http_client);
	map_init(&c->asks);
	list_init(&c->all);
	rc = http_curl_new(l, config, &c->curl);
	if (rc < 0) {
		http_client_free(c);
		return rc;
	}
	*ret_client = c;
	return 0;
}

struct http_client *http_client_free(struct http_client *c)
{
	if (!c)
		return NULL;
	LIST_EACH_SAFE (link, &c->all)
		ask_free(LIST_ENTRY(link, struct ask, link));
	http_curl_free(c->curl);
	map_fini(&c->asks);
	live_down(&live_http_client);
	return mem_free(c);
}
