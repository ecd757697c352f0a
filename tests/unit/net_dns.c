/* Names: a small resolver on 127.0.0.1 that knows some, refuses some and is silent about others. */
#include "net/dns.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "test.h"

#define TYPE_A    1
#define TYPE_AAAA 28
#define NXDOMAIN  3
#define PATIENCE  USEC_SEC(10)

/* ---- the resolver ---- */

struct resolver {
	int fd;
	uint16_t port;
	pthread_t thread;
	atomic_uint queries;
};

/* What is known: addresses by family; NULL = no such address, "" = no answer at all. */
static const struct record {
	const char *name, *v4, *v6;
} records[] = {
	{"both.test", "192.0.2.1", "2001:db8::1"},
	{"four.test", "192.0.2.4", NULL},
	{"six.test", NULL, "2001:db8::6"},
	{"mute6.test", "192.0.2.7", ""},
	{"mute.test", "", ""},
};

/* The dotted name of a question, and its length on the wire. */
static size_t read_name(const unsigned char *at, char name[256])
{
	size_t n = 0, out = 0;

	while (at[n] && out < 200) {
		memcpy(name + out, at + n + 1, at[n]);
		out += at[n];
		n += at[n] + 1u;
		name[out++] = '.';
	}
	name[out ? out - 1 : 0] = '\0';
	return n + 1;
}

/* Appends an answer record; returns its length. */
static size_t put_address(unsigned char *at, unsigned type, const char *text)
{
	struct addr a;
	size_t n = type == TYPE_A ? 4 : 16;
	const unsigned char head[] = {0xc0, 12, 0, (unsigned char)type, 0, 1, 0, 0,
				      0,    60, 0, (unsigned char)n};

	if (addr_parse(str_from(text), 0, &a) < 0)
		return 0;
	memcpy(at, head, sizeof(head));
	memcpy(at + sizeof(head), a.ip, n);
	return sizeof(head) + n;
}

/* Turns a query of `n` bytes into its answer. Returns its length; 0 = silence. */
static size_t answer(unsigned char *packet, size_t n)
{
	char name[256];
	size_t end = 12 + read_name(packet + 12, name) + 4;
	unsigned type = packet[end - 3];

	packet[2] = 0x81;
	packet[3] = 0x80 | NXDOMAIN;
	memset(packet + 6, 0, 6);
	for (size_t i = 0; i < ARRAY_LEN(records); i++) {
		const char *text = type == TYPE_A ? records[i].v4 : records[i].v6;

		if (strcmp(records[i].name, name) != 0)
			continue;
		packet[3] = 0x80;
		if (text && !*text)
			return 0;
		if (text) {
			packet[7] = 1;
			end += put_address(packet + end, type, text);
		}
	}
	return end;
}

static void *resolve(void *arg)
{
	struct resolver *r = arg;
	unsigned char packet[1024];
	struct sockaddr_storage from;
	socklen_t from_n = sizeof(from);
	ssize_t n;

	/* One byte ends it. */
	while ((n = recvfrom(r->fd, packet, 512, 0, (struct sockaddr *)&from, &from_n)) > 12) {
		size_t length = answer(packet, (size_t)n);

		r->queries++;
		if (length > 0)
			(void)!sendto(r->fd, packet, length, 0, (struct sockaddr *)&from, from_n);
		from_n = sizeof(from);
	}
	return NULL;
}

static void resolver_start(struct resolver *r)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(at);

	*r = (struct resolver){.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
	REQUIRE(r->fd >= 0 && bind(r->fd, (struct sockaddr *)&at, n) == 0 &&
		getsockname(r->fd, (struct sockaddr *)&at, &n) == 0);
	r->port = ntohs(at.sin_port);
	REQUIRE(pthread_create(&r->thread, NULL, resolve, r) == 0);
}

static void resolver_stop(struct resolver *r)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(r->port)};

	(void)!sendto(r->fd, "", 1, 0, (struct sockaddr *)&at, sizeof(at));
	pthread_join(r->thread, NULL);
	close(r->fd);
}

/* ---- who asks ---- */

struct asker {
	struct loop *loop;
	struct dns *dns;
	struct resolver resolver;
	struct dns_ask ask, second;
	unsigned told;
	int error;
	char addrs[256]; /* "192.0.2.1 ..." */
};

static void on_answer(struct asker *a, const struct dns_answer *answer_told)
{
	char text[ADDR_TEXT_BYTES];
	size_t n = 0;

	a->told++;
	a->error = answer_told->error;
	a->addrs[0] = '\0';
	for (size_t i = 0; i < answer_told->count; i++)
		n += (size_t)snprintf(a->addrs + n, sizeof(a->addrs) - n, STR_FMT " ",
				      STR_ARG(addr_ip_text(&answer_told->addrs[i], text)));
	CHECK((a->error != 0) == (answer_told->words.n > 0));
}

static void on_first(struct dns_ask *ask, const struct dns_answer *answer_told)
{
	on_answer(CONTAINER_OF(ask, struct asker, ask), answer_told);
}

static void on_second(struct dns_ask *ask, const struct dns_answer *answer_told)
{
	on_answer(CONTAINER_OF(ask, struct asker, second), answer_told);
}

static int asker_init(struct asker *a)
{
	char server[32];
	int rc;

	*a = (struct asker){0};
	resolver_start(&a->resolver);
	snprintf(server, sizeof(server), "127.0.0.1:%u", a->resolver.port);
	rc = loop_new(LOOP_REAL, 0, &a->loop);
	return rc ? rc : dns_new(a->loop, &(struct dns_config){.servers = str_from(server)}, &a->dns);
}

static void asker_fini(struct asker *a)
{
	dns_free(a->dns);
	if (a->loop)
		loop_free(a->loop);
	resolver_stop(&a->resolver);
}

static bool until_told(struct asker *a, unsigned n)
{
	usec end = clock_read() + PATIENCE;

	while (a->told < n)
		if (clock_read() > end || loop_turn(a->loop, USEC_MS(50)) < 0)
			return false;
	return true;
}

TEST(dns_tells_both_families_by_turns)
{
	static const struct {
		const char *name;
		int error;
		const char *addrs;
	} rows[] = {
		{"both.test", 0, "2001:db8::1 192.0.2.1 "},
		{"four.test", 0, "192.0.2.4 "},
		{"six.test", 0, "2001:db8::6 "},
		{"none.test", -ENOENT, ""},
		{"mute6.test", 0, "192.0.2.7 "},
		{"localhost", 0, "::1 127.0.0.1 "},
	};
	struct asker a;

	REQUIRE(asker_init(&a) == 0);
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(dns_ask(a.dns, str_from(rows[i].name), PATIENCE, &a.ask, on_first), 0);
		CHECK_INT(a.told, i);
		CHECK(until_told(&a, i + 1));
		CHECK_INT(a.error, rows[i].error);
		CHECK_STR(str_from(a.addrs), rows[i].addrs);
	}
	asker_fini(&a);
}

TEST(dns_shares_and_remembers_answers)
{
	struct asker a;

	REQUIRE(asker_init(&a) == 0);
	CHECK_INT(dns_ask(a.dns, STR("both.test"), PATIENCE, &a.ask, on_first), 0);
	CHECK_INT(dns_ask(a.dns, STR("both.test"), PATIENCE, &a.second, on_second), 0);
	CHECK(until_told(&a, 2));
	CHECK_INT(dns_ask(a.dns, STR("both.test"), PATIENCE, &a.ask, on_first), 0);
	CHECK_INT(a.told, 2);
	CHECK(until_told(&a, 3));
	CHECK_STR(str_from(a.addrs), "2001:db8::1 192.0.2.1 ");
	CHECK_INT(a.resolver.queries, 2); /* one a family */
	asker_fini(&a);
}

TEST(dns_gives_up_in_time_and_stays_silent_when_told_to)
{
	struct asker a;

	REQUIRE(asker_init(&a) == 0);
	CHECK_INT(dns_ask(a.dns, STR("mute.test"), USEC_MS(100), &a.ask, on_first), 0);
	CHECK_INT(dns_ask(a.dns, STR("mute.test"), USEC_MS(50), &a.second, on_second), 0);
	dns_unask(&a.second);
	dns_unask(&a.second);
	CHECK(until_told(&a, 1));
	CHECK_INT(a.error, -ETIMEDOUT);
	CHECK_INT(dns_ask(a.dns, STR("mute.test"), USEC_MS(100), &a.ask, on_first), 0);
	asker_fini(&a);
	CHECK_INT(a.told, 1);
}

TEST(dns_refuses_what_is_no_name)
{
	static const char *const names[] = {"", "a b", "a/b", "::1", "a\tb", "\xc3\xbc.test"};
	static const char *const servers[] = {"nobody", "127.0.0.1:x", "1.2.3.4,,x"};
	struct dns *d = NULL;
	struct asker a;

	REQUIRE(asker_init(&a) == 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		CHECK_INT(dns_ask(a.dns, str_from(names[i]), PATIENCE, &a.ask, on_first), -EINVAL);
	for (size_t i = 0; i < ARRAY_LEN(servers); i++)
		CHECK_INT(dns_new(a.loop, &(struct dns_config){.servers = str_from(servers[i])}, &d),
			  -EINVAL);
	CHECK(!d);
	asker_fini(&a);
}

TEST(dns_forgets_the_longest_unused_name)
{
	struct asker a;
	char name[32];

	REQUIRE(asker_init(&a) == 0);
	for (unsigned i = 0; i < DNS_NAMES_MAX + 10; i++) {
		snprintf(name, sizeof(name), "nobody%u.test", i);
		CHECK_INT(dns_ask(a.dns, str_from(name), PATIENCE, &a.ask, on_first), 0);
		REQUIRE(until_told(&a, i + 1));
	}
	asker_fini(&a);
}

TEST_OOM(dns_survives_without_memory)
{
	struct asker a;
	int rc = asker_init(&a);

	rc = rc ? rc : dns_ask(a.dns, STR("both.test"), PATIENCE, &a.ask, on_first);
	if (rc == 0 && !until_told(&a, 1))
		rc = -EIO;
	asker_fini(&a);
	return rc;
}
