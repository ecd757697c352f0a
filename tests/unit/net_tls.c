/* TLS without a network: two ends of a pair of sockets, the other one driven by a script's thread. */
#include "net/tls.h"

#include <poll.h>

#include "base/addr.h"
#include "base/live.h"
#include "net/stream_socket.h"
#include "net_peer.h"
#include "test.h"

#include <unistd.h>

/* ---- one connection, waiting with poll() ---- */

static int connect_to(const struct peer *p)
{
	struct addr at;
	int fd = -1;

	if (addr_parse(STR("127.0.0.1"), p->port, &at) < 0 || stream_socket_connect(&at, &fd) < 0)
		return -1;
	return poll(&(struct pollfd){fd, POLLOUT, 0}, 1, 10000) == 1 ? fd : -1;
}

static void wait_for(struct tls *t, int fd, int want)
{
	(void)!poll(&(struct pollfd){fd, want == TLS_WANT_WRITE ? POLLOUT : POLLIN, 0}, 1, 10000);
	tls_ready(t);
}

static int shake(struct tls *t, int fd)
{
	int rc;

	while ((rc = tls_handshake(t)) > 0)
		wait_for(t, fd, rc);
	return rc;
}

static int read_byte(struct tls *t, int fd, char *byte)
{
	size_t n;
	int rc;

	while ((rc = tls_read(t, byte, 1, &n)) > 0)
		wait_for(t, fd, rc);
	return rc;
}

/* Says one byte, which brings the ticket along, and goes. */
static void script_one_byte(struct peer *p)
{
	const unsigned *count = p->arg;

	for (unsigned i = 0; i < *count; i++) {
		struct peer_conn c;

		peer_accept(p, &c);
		peer_write(p, &c, "x", 1);
		peer_close(&c);
	}
}

/* Returns whether it was shortened; negative on failure. */
static int visit(struct tls_client *client, const struct peer *p, uint16_t port)
{
	const struct tls_peer to = {.host = STR("localhost"), .port = port, .protocol = STR("http/1.1")};
	struct tls *t;
	char byte = 0;
	int fd = connect_to(p), rc = fd < 0 ? fd : tls_open(client, fd, &to, &t);

	if (rc < 0)
		return rc;
	rc = shake(t, fd);
	rc = rc ? rc : read_byte(t, fd, &byte);
	if (rc == 0 && byte == 'x')
		rc = tls_resumed(t);
	tls_close(t);
	close(fd);
	return rc;
}

TEST(tls_remembers_a_ticket_for_each_host_and_port)
{
	const struct tls_client_config config = {.authority = peer_authority()};
	struct tls_client *client;
	unsigned count = 4;
	struct peer p;

	REQUIRE(tls_client_new(&config, &client) == 0);
	peer_start(&p, PEER_GOOD, script_one_byte, &count);
	CHECK_INT(visit(client, &p, 1), 0);
	CHECK_INT(visit(client, &p, 1), 1);
	CHECK_INT(visit(client, &p, 2), 0);
	CHECK_INT(visit(client, &p, 1), 1);
	peer_stop(&p);
	tls_client_free(client);
}

static void count_sessions(const char *type, long count, void *arg)
{
	if (strcmp(type, "tls_session") == 0)
		*(long *)arg = count;
}

TEST(tls_forgets_the_longest_unused_ticket)
{
	const struct tls_client_config config = {.authority = peer_authority()};
	unsigned count = TLS_SESSIONS_MAX + 3;
	struct tls_client *client;
	long sessions = 0;
	struct peer p;

	REQUIRE(tls_client_new(&config, &client) == 0);
	peer_start(&p, PEER_GOOD, script_one_byte, &count);
	for (unsigned i = 0; i <= TLS_SESSIONS_MAX; i++)
		CHECK_INT(visit(client, &p, (uint16_t)(i + 1)), 0);
	live_each(count_sessions, &sessions);
	CHECK_INT(sessions, TLS_SESSIONS_MAX);
	CHECK_INT(visit(client, &p, TLS_SESSIONS_MAX + 1), 1);
	CHECK_INT(visit(client, &p, 1), 0);
	peer_stop(&p);
	tls_client_free(client);
}

TEST(tls_needs_an_authority_and_a_host)
{
	const struct tls_client_config missing = {.authority = STR("/nowhere/at/all.pem")};
	const struct tls_client_config no_cert = {.authority = STR("/dev/null")};
	const struct tls_client_config good = {.authority = peer_authority()};
	struct tls_client *client = NULL;
	struct tls *t = NULL;

	CHECK_INT(tls_client_new(&missing, &client), -EINVAL);
	CHECK_INT(tls_client_new(&no_cert, &client), -EINVAL);
	REQUIRE(tls_client_new(&good, &client) == 0);
	CHECK_INT(tls_open(client, 0, &(struct tls_peer){.port = 1}, &t), -EINVAL);
	CHECK(!t);
	tls_client_free(client);
}

static void script_leaves(struct peer *p)
{
	struct peer_conn c;

	peer_accept(p, &c);
	(void)peer_read(p, &c, c.request, 1);
	peer_close(&c);
}

/* The socket goes without a farewell: that is an end, not a failure; and writing on raises no signal. */
TEST(tls_ends_without_a_signal_when_the_other_end_is_gone)
{
	const struct tls_client_config config = {.authority = peer_authority()};
	const struct tls_peer to = {.host = STR("127.0.0.1"), .port = 1};
	struct tls_client *client;
	struct tls *t = NULL;
	struct peer p;
	char byte;
	size_t n;
	int fd, rc;

	REQUIRE(tls_client_new(&config, &client) == 0);
	peer_start(&p, PEER_GOOD, script_leaves, NULL);
	fd = connect_to(&p);
	REQUIRE(tls_open(client, fd, &to, &t) == 0);
	CHECK_INT(shake(t, fd), 0);
	CHECK_INT(tls_write(t, "x", 1, &n), 0);
	CHECK_INT(n, 1);
	CHECK_INT(read_byte(t, fd, &byte), -ENODATA);
	peer_stop(&p);
	for (int i = 0; i < 100 && (rc = tls_write(t, "x", 1, &n)) == 0; i++)
		continue;
	CHECK_INT(rc, -ENODATA);
	tls_close(t);
	close(fd);
	tls_client_free(client);
}
