#include "net/http_curl.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/live.h"
#include "base/mem.h"

#define HEAD_MAX        (64u * 1024) /* bytes of all header lines of an answer */
#define HEADER_MAX      (16u * 1024) /* bytes of one header of ours */
#define KEEPALIVE_SEC   30L          /* shorter than the idle limit of common NAT gateways */
#define RETRY_AFTER_MAX USEC_SEC(86400)

LIVE_DEFINE(http_curl);
LIVE_DEFINE(http_transfer);

struct http_curl {
	struct loop *loop;
	char *authority, *proxy; /* NULL = the system's; "" = none */
	CURLM *multi;
	CURLSH *share;
	struct timer curl_timer; /* the one that libcurl asks for */
	struct timer work;       /* what has to wait until libcurl is not running */
	bool inside;             /* libcurl is running */
	struct list socks;
	struct list fresh, running, resuming, doomed; /* a transfer is in one of them */
};

/* A socket of libcurl's that the loop watches. */
struct sock {
	struct watch watch;
	struct list link;
	struct http_curl *curl;
};

struct http_transfer {
	struct http_curl *curl;
	struct list link;
	const struct http_transfer_ops *ops;
	void *arg;
	CURL *easy;
	struct curl_slist *headers;
	bool added, headed, paused, doomed;
	size_t head_bytes;
	char error[CURL_ERROR_SIZE];
};

static CURLcode begun;

/* Once a process and never undone: other threads may have clients of their own. */
static void begin(void)
{
	begun = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* ---- the end of a transfer ---- */

static void free_now(struct http_transfer *t)
{
	list_remove(&t->link);
	if (t->added)
		curl_multi_remove_handle(t->curl->multi, t->easy);
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	live_down(&live_http_transfer);
	mem_free(t);
}

struct http_transfer *http_transfer_free(struct http_transfer *t)
{
	if (!t)
		return NULL;
	if (!t->curl->inside) {
		free_now(t);
		return NULL;
	}
	t->doomed = true;
	list_remove(&t->link);
	list_append(&t->curl->doomed, &t->link);
	return NULL;
}

static enum fault code_fault(CURLcode code)
{
	static const struct {
		CURLcode code;
		enum fault fault;
	} known[] = {
		{CURLE_COULDNT_RESOLVE_HOST, FAULT_UNREACHABLE},
		{CURLE_COULDNT_RESOLVE_PROXY, FAULT_UNREACHABLE},
		{CURLE_COULDNT_CONNECT, FAULT_UNREACHABLE},
		{CURLE_PROXY, FAULT_UNREACHABLE},
		{CURLE_SSL_CONNECT_ERROR, FAULT_UNREACHABLE},
		{CURLE_PEER_FAILED_VERIFICATION, FAULT_UNREACHABLE},
		{CURLE_SEND_ERROR, FAULT_UNREACHABLE},
		{CURLE_RECV_ERROR, FAULT_UNREACHABLE},
		{CURLE_GOT_NOTHING, FAULT_UNREACHABLE},
		{CURLE_SSL_CACERT_BADFILE, FAULT_CONFIG},
		{CURLE_OPERATION_TIMEDOUT, FAULT_STALLED},
		{CURLE_OUT_OF_MEMORY, FAULT_OVERLOAD},
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].code == code)
			return known[i].fault;
	return FAULT_PROTOCOL;
}

/* What was given up while libcurl ran, and what it has finished. */
static void settle(struct http_curl *c)
{
	struct list *link;
	CURLMsg *msg;
	int left;

	while ((link = list_pop(&c->doomed)))
		free_now(LIST_ENTRY(link, struct http_transfer, link));
	while ((msg = curl_multi_info_read(c->multi, &left))) {
		CURLcode code = msg->data.result;
		struct http_transfer *t;
		char *private = NULL;

		if (msg->msg != CURLMSG_DONE ||
		    curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &private) != CURLE_OK)
			continue;
		t = (struct http_transfer *)(void *)private;
		t->ops->on_done(t->arg, code == CURLE_OK ? FAULT_NONE : code_fault(code),
				str_from(code == CURLE_OK ? ""
					 : *t->error      ? t->error
							  : curl_easy_strerror(code)));
	}
}

static void drive(struct http_curl *c, curl_socket_t fd, int ready)
{
	int left;

	c->inside = true;
	curl_multi_socket_action(c->multi, fd, ready, &left);
	c->inside = false;
	settle(c);
}

/* ---- what libcurl tells of a transfer ---- */

static int on_connected(void *arg, char *remote, char *local, int remote_port, int local_port)
{
	struct http_transfer *t = arg;
	long opened = 0;

	if (t->doomed)
		return CURL_PREREQFUNC_ABORT;
	curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &opened);
	t->ops->on_connected(t->arg, (int)opened);
	return t->doomed ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static struct str header_of(struct http_transfer *t, const char *name)
{
	struct curl_header *h;

	if (curl_easy_header(t->easy, name, 0, CURLH_HEADER, -1, &h) != CURLHE_OK)
		return STR("");
	return str_from(h->value);
}

/* In milliseconds, seconds, or as a date; negative = not told. */
static usec retry_after(struct http_transfer *t)
{
	struct str ms = header_of(t, "retry-after-ms"), plain = header_of(t, "retry-after");
	curl_off_t seconds = 0;
	double n;

	if (!str_empty(ms) && str_to_num(ms, &n) == 0 && n >= 0)
		return (usec)(MIN(n, (double)RETRY_AFTER_MAX / 1e3) * 1e3);
	if (str_empty(plain))
		return -1;
	if (str_to_num(plain, &n) == 0)
		return n >= 0 ? (usec)(MIN(n, (double)RETRY_AFTER_MAX / 1e6) * 1e6) : -1;
	if (curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK || seconds <= 0)
		return -1;
	return MIN(USEC_SEC(MIN(seconds, 86400)), RETRY_AFTER_MAX);
}

static void tell_head(struct http_transfer *t, int status)
{
	const char *type = NULL;
	struct str rest;
	struct http_head head = {.status = status, .retry_after = retry_after(t)};

	curl_easy_getinfo(t->easy, CURLINFO_CONTENT_TYPE, &type);
	rest = str_from(type);
	head.content_type = str_trim(str_cut(&rest, ';'));
	t->headed = true;
	t->ops->on_head(t->arg, &head);
}

/* One line of the answer's head; an empty one ends it. Interim answers (1xx) have heads too, and trailers
 * come here after the body. */
static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
	struct http_transfer *t = arg;
	long status = 0;

	t->head_bytes += n;
	if (t->doomed || t->head_bytes > HEAD_MAX)
		return 0;
	if (t->headed || !str_empty(str_trim((struct str){p, n})))
		return n;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200)
		tell_head(t, (int)status);
	return t->doomed ? 0 : n;
}

static size_t on_write(char *p, size_t size, size_t n, void *arg)
{
	struct http_transfer *t = arg;
	int rc = -ECANCELED;

	if (n == 0)
		return 0;
	if (!t->doomed)
		rc = t->ops->on_body(t->arg, (struct str){p, n});
	t->paused = rc == -EAGAIN;
	if (t->doomed || (rc < 0 && !t->paused))
		return CURL_WRITEFUNC_ERROR;
	return t->paused ? CURL_WRITEFUNC_PAUSE : n;
}

/* ---- libcurl on the loop ---- */

static void on_curl_timer(struct timer *t)
{
	drive(CONTAINER_OF(t, struct http_curl, curl_timer), CURL_SOCKET_TIMEOUT, 0);
}

static int ask_timer(CURLM *multi, long ms, void *arg)
{
	struct http_curl *c = arg;

	if (ms < 0)
		timer_stop(&c->curl_timer);
	else
		timer_start(&c->curl_timer, c->loop, loop_now(c->loop) + USEC_MS(ms), on_curl_timer);
	return 0;
}

static void sock_free(struct sock *s)
{
	watch_stop(&s->watch);
	list_remove(&s->link);
	mem_free(s);
}

static void on_ready(struct watch *w, unsigned ready)
{
	struct sock *s = CONTAINER_OF(w, struct sock, watch);
	int mask = (ready & WATCH_READ ? CURL_CSELECT_IN : 0) | (ready & WATCH_WRITE ? CURL_CSELECT_OUT : 0) |
		   (ready & WATCH_ERROR ? CURL_CSELECT_ERR : 0);

	drive(s->curl, w->fd, mask);
}

static unsigned asked_of(int what)
{
	return (what == CURL_POLL_IN || what == CURL_POLL_INOUT ? WATCH_READ : 0u) |
	       (what == CURL_POLL_OUT || what == CURL_POLL_INOUT ? WATCH_WRITE : 0u);
}

static int sock_new(struct http_curl *c, curl_socket_t fd, int what)
{
	struct sock *s = mem_zalloc(sizeof(*s));
	int rc;

	if (!s)
		return -ENOMEM;
	*s = (struct sock){.curl = c};
	list_append(&c->socks, &s->link);
	rc = watch_start(&s->watch, c->loop, fd, WATCH_STREAM, asked_of(what), on_ready);
	if (rc == 0 && curl_multi_assign(c->multi, fd, s) != CURLM_OK)
		rc = -ENOMEM;
	if (rc < 0)
		sock_free(s);
	return rc;
}

/* An error returned from here would end everything on the multi for good. A socket that cannot be watched
 * leaves its transfer to the limits that its owner keeps. */
static int ask_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *assigned)
{
	struct http_curl *c = arg;
	struct sock *s = assigned;

	if (what == CURL_POLL_REMOVE && s)
		sock_free(s);
	else if (what != CURL_POLL_REMOVE && s)
		(void)!watch_ask(&s->watch, asked_of(what));
	else if (what != CURL_POLL_REMOVE)
		(void)!sock_new(c, fd, what);
	return 0;
}

static void start(struct http_transfer *t)
{
	t->added = curl_multi_add_handle(t->curl->multi, t->easy) == CURLM_OK;
	if (!t->added)
		t->ops->on_done(t->arg, FAULT_OVERLOAD, STR("no memory"));
}

/* The piece that was refused comes again inside this call. */
static void go_on(struct http_transfer *t)
{
	struct http_curl *c = t->curl;

	t->paused = false;
	c->inside = true;
	curl_easy_pause(t->easy, CURLPAUSE_CONT);
	c->inside = false;
}

/* What is there now; what callbacks add waits for the next turn. */
static void work_off(struct http_curl *c, struct list *from, void (*fn)(struct http_transfer *t))
{
	struct list *link, now;

	list_init(&now);
	while ((link = list_pop(from)))
		list_append(&now, link);
	while ((link = list_pop(&now))) {
		list_append(&c->running, link);
		fn(LIST_ENTRY(link, struct http_transfer, link));
	}
}

static void on_work(struct timer *timer)
{
	struct http_curl *c = CONTAINER_OF(timer, struct http_curl, work);

	work_off(c, &c->fresh, start);
	work_off(c, &c->resuming, go_on);
	drive(c, CURL_SOCKET_TIMEOUT, 0);
}

static void queue(struct http_transfer *t, struct list *at)
{
	list_remove(&t->link);
	list_append(at, &t->link);
	timer_start(&t->curl->work, t->curl->loop, loop_now(t->curl->loop), on_work);
}

void http_transfer_resume(struct http_transfer *t)
{
	if (t->paused)
		queue(t, &t->curl->resuming);
}

/* ---- asking ---- */

static int add_header(struct http_transfer *t, const char *line)
{
	struct curl_slist *all = curl_slist_append(t->headers, line);

	if (!all)
		return -ENOMEM;
	t->headers = all;
	return 0;
}

/* libcurl takes "Name;" for a header without a value, and "Name:" for one that shall not be sent. */
static int set_header(struct http_transfer *t, const struct http_header *h)
{
	struct buf line;
	int rc;

	if (!http_header_is_valid(h))
		return -EINVAL;
	buf_init(&line, HEADER_MAX);
	buf_printf(&line, str_empty(h->value) ? STR_FMT ";" : STR_FMT ": ", STR_ARG(h->name));
	buf_add_str(&line, h->value);
	buf_add_char(&line, '\0');
	rc = line.error ? line.error : add_header(t, line.p);
	buf_fini(&line);
	return rc == -EMSGSIZE ? -EINVAL : rc;
}

static int set_headers(struct http_transfer *t, const struct http_ask *ask)
{
	bool typed = false;
	int rc = ask->header_count > HTTP_CLIENT_HEADERS_MAX ? -EINVAL : add_header(t, "Expect:");

	for (size_t i = 0; rc == 0 && i < ask->header_count; i++) {
		typed = typed || str_ieq(ask->headers[i].name, STR("content-type"));
		rc = set_header(t, &ask->headers[i]);
	}
	if (rc == 0 && !typed)
		rc = add_header(t, "Content-Type:"); /* else libcurl calls every body a form */
	return rc;
}

/* What all transfers have in common. libcurl's own limits are out of reach: ours are exact. */
static CURLcode set_common(CURL *easy)
{
	static const struct {
		CURLoption option;
		long value;
	} common[] = {
		{CURLOPT_NOSIGNAL, 1},
		{CURLOPT_QUICK_EXIT, 1}, /* a cancel does not wait for getaddrinfo() */
		{CURLOPT_FOLLOWLOCATION, 0},
		{CURLOPT_SSL_VERIFYPEER, 1},
		{CURLOPT_SSL_VERIFYHOST, 2},
		{CURLOPT_SSLVERSION,
		 CURL_SSLVERSION_TLSv1_2}, /* as tls.c; else the system's policy decides */
		{CURLOPT_TCP_NODELAY, 1},
		{CURLOPT_TCP_KEEPALIVE, 1},
		{CURLOPT_TCP_KEEPIDLE, KEEPALIVE_SEC},
		{CURLOPT_TCP_KEEPINTVL, KEEPALIVE_SEC},
		{CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
		{CURLOPT_HTTP09_ALLOWED, 0},
	};
	CURLcode code = CURLE_OK;

	for (size_t i = 0; code == CURLE_OK && i < ARRAY_LEN(common); i++)
		code = curl_easy_setopt(easy, common[i].option, common[i].value);
	code = code ? code : curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	/* Set and empty, so that no_proxy of the environment is not looked at. */
	return code ? code : curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
}

static CURLcode set_hooks(struct http_transfer *t)
{
	CURLcode code = curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);

	code = code ? code : curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->error);
	code = code ? code : curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	code = code ? code : curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, on_connected);
	code = code ? code : curl_easy_setopt(t->easy, CURLOPT_PREREQDATA, t);
	code = code ? code : curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
	code = code ? code : curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
	code = code ? code : curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_write);
	return code ? code : curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
}

/* With a directory of certificates libcurl would read them anew for each connection; from a file alone it
 * keeps them, and a file of the operator's is then all that is trusted. */
static CURLcode set_trust(const struct http_curl *c, CURL *easy)
{
	const curl_version_info_data *built = curl_version_info(CURLVERSION_NOW);
	CURLcode code = CURLE_OK;

	if (c->authority)
		code = curl_easy_setopt(easy, CURLOPT_CAINFO, c->authority);
	if (code == CURLE_OK && (c->authority || built->cainfo))
		code = curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	code = code ? code : curl_easy_setopt(easy, CURLOPT_PROXY, c->proxy);
	return code ? code : curl_easy_setopt(easy, CURLOPT_SHARE, c->share);
}

static CURLcode set_body(CURL *easy, struct str body)
{
	CURLcode code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);

	return code ? code : curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body.n > 0 ? body.p : "");
}

static CURLcode set_request(CURL *easy, const struct http_ask *ask, const char *url)
{
	long version = ask->version == HTTP_1_1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS;
	CURLcode code = curl_easy_setopt(easy, CURLOPT_URL, url);

	code = code ? code : curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, version);
	/* With several addresses to try, libcurl divides the time among them. */
	code = code ? code
		    : curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(ask->connect_limit / 1000));
	if (code == CURLE_OK && (ask->body.n > 0 || strcmp(ask->method, "POST") == 0))
		code = set_body(easy, ask->body);
	if (code == CURLE_OK && strcmp(ask->method, "HEAD") == 0)
		return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	return code ? code : curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, ask->method);
}

/* Returns 0, -EINVAL or -ENOMEM. */
static int check_url(struct str url, char *ret_url)
{
	CURLUcode code;
	CURLU *u;

	if (url.n > HTTP_CLIENT_URL_MAX ||
	    !(str_istarts(url, STR("http://")) || str_istarts(url, STR("https://"))))
		return -EINVAL;
	if (memchr(url.p, '\0', url.n))
		return -EINVAL;
	str_copy(url, ret_url, HTTP_CLIENT_URL_MAX + 1);
	u = curl_url();
	if (!u)
		return -ENOMEM;
	code = curl_url_set(u, CURLUPART_URL, ret_url, 0);
	curl_url_cleanup(u);
	return code == CURLUE_OUT_OF_MEMORY ? -ENOMEM : code == CURLUE_OK ? 0 : -EINVAL;
}

static int fill(struct http_transfer *t, const struct http_ask *ask)
{
	char url[HTTP_CLIENT_URL_MAX + 1];
	int rc = check_url(ask->url, url);
	CURLcode code;

	rc = rc ? rc : set_headers(t, ask);
	if (rc < 0)
		return rc;
	t->easy = curl_easy_init();
	if (!t->easy)
		return -ENOMEM;
	code = set_common(t->easy);
	code = code ? code : set_trust(t->curl, t->easy);
	code = code ? code : set_hooks(t);
	code = code ? code : set_request(t->easy, ask, url);
	return code == CURLE_OK ? 0 : code == CURLE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL;
}

int http_transfer_new(struct http_curl *c, const struct http_ask *ask, const struct http_transfer_ops *ops,
		      void *arg, struct http_transfer **ret_transfer)
{
	struct http_transfer *t = mem_zalloc(sizeof(*t));
	int rc;

	if (!t)
		return -ENOMEM;
	*t = (struct http_transfer){.curl = c, .ops = ops, .arg = arg};
	list_init(&t->link);
	live_up(&live_http_transfer);
	rc = fill(t, ask);
	if (rc < 0) {
		free_now(t);
		return rc;
	}
	queue(t, &c->fresh);
	*ret_transfer = t;
	return 0;
}

/* ---- the multi ---- */

static int fill_curl(struct http_curl *c, const struct http_client_config *config)
{
	c->multi = curl_multi_init();
	c->share = curl_share_init();
	c->proxy = mem_strndup(config->proxy.p, config->proxy.n);
	if (!c->multi || !c->share || !c->proxy)
		return -ENOMEM;
	if (!str_empty(config->authority)) {
		c->authority = mem_strndup(config->authority.p, config->authority.n);
		if (!c->authority)
			return -ENOMEM;
	}
	/* TLS sessions are remembered by all transfers together; one thread needs no locks. */
	if (curl_share_setopt(c->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK)
		return -ENOMEM;
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, ask_socket);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, ask_timer);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)config->conns_max);
	/* 7.88 forgets the last bytes of one transfer that it has read together with another's. */
	curl_multi_setopt(c->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	return 0;
}

int http_curl_new(struct loop *l, const struct http_client_config *config, struct http_curl **ret_curl)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct http_curl *c;
	int rc;

	pthread_once(&once, begin);
	c = begun == CURLE_OK ? mem_zalloc(sizeof(*c)) : NULL;
	if (!c)
		return -ENOMEM;
	*c = (struct http_curl){.loop = l};
	live_up(&live_http_curl);
	list_init(&c->socks);
	list_init(&c->fresh);
	list_init(&c->running);
	list_init(&c->resuming);
	list_init(&c->doomed);
	rc = fill_curl(c, config);
	if (rc < 0) {
		http_curl_free(c);
		return rc;
	}
	*ret_curl = c;
	return 0;
}

struct http_curl *http_curl_free(struct http_curl *c)
{
	if (!c)
		return NULL;
	curl_multi_cleanup(c->multi);
	curl_share_cleanup(c->share);
	LIST_EACH_SAFE (link, &c->socks)
		sock_free(LIST_ENTRY(link, struct sock, link));
	timer_stop(&c->curl_timer);
	timer_stop(&c->work);
	mem_free(c->authority);
	mem_free(c->proxy);
	live_down(&live_http_curl);
	return mem_free(c);
}
