#include "net/dns.h"

#include <ares.h>
#include <errno.h>
#include <string.h>

#include "base/live.h"
#include "base/map.h"
#include "base/mem.h"

#define SOCKETS_MAX      16u
#define TRY_LIMIT_MS     1500 /* a resolver's first try; each further one takes twice as long */
#define TRIES            3
#define OTHER_FAMILY     USEC_MS(50) /* RFC 8305 section 3 */
#define FRESH_MIN_USEC   USEC_SEC(5)
#define FRESH_MAX_USEC   USEC_SEC(300)
#define SERVERS_TEXT_MAX 512

LIVE_DEFINE(dns_name);

struct socket_watch {
	struct watch watch;
	struct dns *dns;
};

struct dns {
	struct loop *loop;
	ares_channel channel;
	struct map names;
	struct list order; /* names, the longest unused first */
	struct socket_watch sockets[SOCKETS_MAX];
	struct timer retry; /* c-ares' own timeouts */
	bool closing;
};

struct dns_name {
	struct map_node node;
	struct list link;
	struct list asks;
	struct timer telling;
	struct dns *dns;
	unsigned pending; /* families that are being asked for */
	usec fresh_until;
	int error;
	struct str words; /* static */
	struct addr v6[DNS_ADDRS_MAX], v4[DNS_ADDRS_MAX];
	size_t v6_count, v4_count;
	char host[DNS_HOST_MAX + 1];
};

/* ---- c-ares on our loop ---- */

static void schedule_retry(struct dns *d);

static void on_retry(struct timer *t)
{
	struct dns *d = CONTAINER_OF(t, struct dns, retry);

	ares_process_fd(d->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	schedule_retry(d);
}

static void schedule_retry(struct dns *d)
{
	struct timeval tv, *next = ares_timeout(d->channel, NULL, &tv);

	if (next)
		timer_start(&d->retry, d->loop, loop_now(d->loop) + USEC_SEC(next->tv_sec) + next->tv_usec,
			    on_retry);
	else
		timer_stop(&d->retry);
}

static void on_socket(struct watch *w, unsigned ready)
{
	struct dns *d = CONTAINER_OF(w, struct socket_watch, watch)->dns;
	ares_socket_t reads = ready & (WATCH_READ | WATCH_ERROR) ? w->fd : ARES_SOCKET_BAD;
	ares_socket_t writes = ready & WATCH_WRITE ? w->fd : ARES_SOCKET_BAD;

	ares_process_fd(d->channel, reads, writes);
	schedule_retry(d);
}

static struct watch *watch_of(struct dns *d, int fd)
{
	struct watch *free_one = NULL;

	for (size_t i = 0; i < SOCKETS_MAX; i++) {
		struct watch *w = &d->sockets[i].watch;

		if (w->loop && w->fd == fd)
			return w;
		if (!w->loop)
			free_one = w;
	}
	return free_one;
}

/* A socket that cannot be watched makes its query time out, which is told. */
static void on_socket_state(void *arg, ares_socket_t fd, int reads, int writes)
{
	struct dns *d = arg;
	struct watch *w = watch_of(d, fd);
	unsigned asked = (reads ? WATCH_READ : 0u) | (writes ? WATCH_WRITE : 0u);

	if (!w)
		return;
	if (asked == 0)
		watch_stop(w);
	else if (w->loop)
		(void)!watch_ask(w, asked);
	else
		(void)!watch_start(w, d->loop, fd, WATCH_STREAM, asked, on_socket);
}

/* ---- answers ---- */

static struct dns_answer answer_of(const struct dns_name *n, struct addr addrs[DNS_ADDRS_MAX])
{
	struct dns_answer a = {.addrs = addrs};

	for (size_t i = 0; a.count < DNS_ADDRS_MAX && (i < n->v6_count || i < n->v4_count); i++) {
		if (i < n->v6_count)
			addrs[a.count++] = n->v6[i];
		if (i < n->v4_count && a.count < DNS_ADDRS_MAX)
			addrs[a.count++] = n->v4[i];
	}
	if (a.count == 0) {
		a.error = n->error;
		a.words = n->words;
	}
	return a;
}

static void ask_end(struct dns_ask *ask)
{
	list_remove(&ask->link);
	timer_stop(&ask->limit);
	ask->dns = NULL;
}

static void on_telling(struct timer *t)
{
	struct dns_name *n = CONTAINER_OF(t, struct dns_name, telling);
	struct addr addrs[DNS_ADDRS_MAX];
	struct dns_answer answer = answer_of(n, addrs);
	struct list told;

	/* Who asks again inside fn waits for the next telling. */
	list_init(&told);
	while (!list_empty(&n->asks)) {
		struct list *link = list_pop(&n->asks);

		list_append(&told, link);
	}
	while (!list_empty(&told)) {
		struct dns_ask *ask = LIST_ENTRY(told.next, struct dns_ask, link);

		ask_end(ask);
		ask->fn(ask, &answer);
	}
}

static void tell_at(struct dns_name *n, usec due)
{
	if (!timer_running(&n->telling) || n->telling.due > due)
		timer_start(&n->telling, n->dns->loop, due, on_telling);
}

static void take_addrs(struct dns_name *n, const struct ares_addrinfo *info, usec now)
{
	usec fresh = FRESH_MAX_USEC;

	for (const struct ares_addrinfo_node *at = info->nodes; at; at = at->ai_next) {
		struct sockaddr_storage sa = {0};
		struct addr a;

		memcpy(&sa, at->ai_addr, MIN((size_t)at->ai_addrlen, sizeof(sa)));
		a = addr_from_sockaddr(&sa);
		a.port = 0;
		if (a.family == ADDR_V6 && n->v6_count < DNS_ADDRS_MAX)
			n->v6[n->v6_count++] = a;
		else if (a.family == ADDR_V4 && n->v4_count < DNS_ADDRS_MAX)
			n->v4[n->v4_count++] = a;
		fresh = MIN(fresh, USEC_SEC(at->ai_ttl));
	}
	n->fresh_until = MAX(n->fresh_until, now + MAX(fresh, FRESH_MIN_USEC));
}

static int error_of(int status)
{
	switch (status) {
	case ARES_ENODATA:
	case ARES_ENOTFOUND:
	case ARES_ENONAME:
		return -ENOENT;
	case ARES_ETIMEOUT:
		return -ETIMEDOUT;
	default:
		return -EIO;
	}
}

/* May run inside ares_getaddrinfo(). */
static void on_addrinfo(void *arg, int status, int timeouts, struct ares_addrinfo *info)
{
	struct dns_name *n = arg;
	usec now = loop_now(n->dns->loop);

	if (n->dns->closing)
		return;
	n->pending--;
	if (status == ARES_SUCCESS) {
		take_addrs(n, info, now);
	} else {
		n->error = error_of(status);
		n->words = str_from(ares_strerror(status));
	}
	ares_freeaddrinfo(info);
	if (n->pending == 0)
		tell_at(n, now);
	else if (n->v4_count + n->v6_count > 0)
		tell_at(n, now + OTHER_FAMILY);
}

/* ---- names ---- */

static void name_free(struct dns_name *n)
{
	LIST_EACH_SAFE (link, &n->asks)
		ask_end(LIST_ENTRY(link, struct dns_ask, link));
	timer_stop(&n->telling);
	map_remove(&n->dns->names, &n->node);
	list_remove(&n->link);
	live_down(&live_dns_name);
	mem_free(n);
}

/* Returns 0, or -EBUSY when all of them are in use. */
static int forget_one(struct dns *d)
{
	LIST_EACH_SAFE (link, &d->order) {
		struct dns_name *n = LIST_ENTRY(link, struct dns_name, link);

		if (n->pending == 0 && list_empty(&n->asks)) {
			name_free(n);
			return 0;
		}
	}
	return -EBUSY;
}

static int name_new(struct dns *d, struct str host, struct dns_name **ret_name)
{
	int rc = d->names.count >= DNS_NAMES_MAX ? forget_one(d) : 0;
	struct dns_name *n;

	if (rc < 0)
		return rc;
	n = mem_zalloc(sizeof(*n));
	if (!n)
		return -ENOMEM;
	n->dns = d;
	list_init(&n->asks);
	str_copy(host, n->host, sizeof(n->host));
	rc = map_add(&d->names, &n->node, str_from(n->host));
	if (rc < 0) {
		mem_free(n);
		return rc;
	}
	list_append(&d->order, &n->link);
	live_up(&live_dns_name);
	*ret_name = n;
	return 0;
}

/* RFC 6761 section 6.3: nobody needs to be asked. c-ares 1.18 knows it too, but leaks the name each time. */
static bool answer_localhost(struct dns_name *n)
{
	struct str host = str_from(n->host);

	if (!str_ieq(host, STR("localhost")) || addr_parse(STR("::1"), 0, &n->v6[0]) < 0 ||
	    addr_parse(STR("127.0.0.1"), 0, &n->v4[0]) < 0)
		return false;
	n->v6_count = n->v4_count = 1;
	n->fresh_until = USEC_NEVER;
	tell_at(n, loop_now(n->dns->loop));
	return true;
}

static void name_query(struct dns_name *n)
{
	static const int families[] = {AF_INET6, AF_INET};

	if (answer_localhost(n))
		return;
	n->v6_count = n->v4_count = 0;
	n->error = -ENOENT;
	n->words = STR("no address");
	n->pending = ARRAY_LEN(families);
	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		struct ares_addrinfo_hints hints = {.ai_family = families[i], .ai_socktype = SOCK_STREAM};

		ares_getaddrinfo(n->dns->channel, n->host, NULL, &hints, on_addrinfo, n);
	}
	schedule_retry(n->dns);
}

static int name_get(struct dns *d, struct str host, struct dns_name **ret_name)
{
	struct map_node *node = map_find(&d->names, host);
	int rc = 0;

	if (node)
		*ret_name = MAP_ENTRY(node, struct dns_name, node);
	else
		rc = name_new(d, host, ret_name);
	return rc;
}

/* ---- asking ---- */

/* Letters, digits, hyphens, dots and underscores: nothing that a resolver would take for something else. */
static bool is_host(struct str host)
{
	for (size_t i = 0; i < host.n; i++) {
		char c = str_lower(host.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '.' && c != '_')
			return false;
	}
	return host.n > 0 && host.n <= DNS_HOST_MAX;
}

static void on_limit(struct timer *t)
{
	struct dns_ask *ask = CONTAINER_OF(t, struct dns_ask, limit);
	const struct dns_answer late = {.error = -ETIMEDOUT, .words = STR("no answer in time")};

	ask_end(ask);
	ask->fn(ask, &late);
}

int dns_ask(struct dns *d, struct str host, usec limit, struct dns_ask *ask,
	    void (*fn)(struct dns_ask *ask, const struct dns_answer *answer))
{
	usec now = loop_now(d->loop);
	struct dns_name *n;
	int rc = is_host(host) ? name_get(d, host, &n) : -EINVAL;

	if (rc < 0)
		return rc;
	*ask = (struct dns_ask){.dns = d, .fn = fn};
	list_append(&n->asks, &ask->link);
	list_remove(&n->link);
	list_append(&d->order, &n->link);
	timer_start(&ask->limit, d->loop, now + limit, on_limit);
	if (n->fresh_until > now)
		tell_at(n, now);
	else if (n->pending == 0 && !timer_running(&n->telling))
		name_query(n);
	return 0;
}

void dns_unask(struct dns_ask *ask)
{
	if (ask->dns)
		ask_end(ask);
}

/* ---- the resolver ---- */

static int set_servers(struct dns *d, struct str servers)
{
	char text[SERVERS_TEXT_MAX];
	int status;

	if (servers.n == 0)
		return 0;
	if (servers.n >= sizeof(text))
		return -EINVAL;
	str_copy(servers, text, sizeof(text));
	status = ares_set_servers_ports_csv(d->channel, text);
	return status == ARES_SUCCESS ? 0 : status == ARES_ENOMEM ? -ENOMEM : -EINVAL;
}

int dns_new(struct loop *l, const struct dns_config *config, struct dns **ret_dns)
{
	char lookups[] = "fb"; /* files, then the network */
	struct ares_options options = {.timeout = TRY_LIMIT_MS, .tries = TRIES, .lookups = lookups};
	struct dns *d = mem_zalloc(sizeof(*d));
	int rc;

	if (!d)
		return -ENOMEM;
	d->loop = l;
	map_init(&d->names);
	list_init(&d->order);
	for (size_t i = 0; i < SOCKETS_MAX; i++)
		d->sockets[i].dns = d;
	options.sock_state_cb = on_socket_state;
	options.sock_state_cb_data = d;
	rc = ares_init_options(&d->channel, &options,
			       ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
				       ARES_OPT_SOCK_STATE_CB);
	if (rc != ARES_SUCCESS) {
		mem_free(d);
		return rc == ARES_ENOMEM ? -ENOMEM : -EIO;
	}
	rc = set_servers(d, config->servers);
	if (rc < 0) {
		dns_free(d);
		return rc;
	}
	*ret_dns = d;
	return 0;
}

struct dns *dns_free(struct dns *d)
{
	if (!d)
		return NULL;
	d->closing = true;
	ares_destroy(d->channel);
	for (size_t i = 0; i < SOCKETS_MAX; i++)
		watch_stop(&d->sockets[i].watch);
	LIST_EACH_SAFE (link, &d->order)
		name_free(LIST_ENTRY(link, struct dns_name, link));
	timer_stop(&d->retry);
	map_fini(&d->names);
	return mem_free(d);
}
