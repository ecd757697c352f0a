/* The HTTP client over HTTP/2, against nghttpd where it is installed (Debian: nghttp2-server): many transfers
 * on one connection, held back and cancelled among each other. */
#include <arpa/inet.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/http_client.h"
#include "test.h"
#include "web_stage.h"

#define ASKS      12
#define BIG_BYTES 2000000

struct got {
	uint32_t ask;
	size_t n;
	int hold; /* pieces to be held back once */
	bool cancel, over;
	enum fault fault;
};

static struct {
	struct loop *loop;
	struct http_client *client;
	pid_t server;
	char cert[64], key[64], folder[64], file[80], url[128];
	struct got got[ASKS];
} world;

static int on_body(void *arg, struct str piece)
{
	struct got *g = arg;

	if (g->hold > 0)
		return g->hold--, -EAGAIN;
	g->n += piece.n;
	g->over = g->cancel;
	if (g->cancel)
		http_client_cancel(world.client, g->ask);
	return 0;
}

static void on_done(void *arg, const struct http_done *done)
{
	struct got *g = arg;

	g->over = true;
	g->fault = done->fault;
}

static int free_port(void)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t n = sizeof(sa);
	int port = 0;

	if (bind(fd, (struct sockaddr *)&sa, n) == 0 && getsockname(fd, (struct sockaddr *)&sa, &n) == 0)
		port = ntohs(sa.sin_port);
	close(fd);
	return port;
}

static int write_big(void)
{
	static const char byte[1] = {'x'};
	FILE *f;

	snprintf(world.folder, sizeof(world.folder), "%s/offhook-h2-XXXXXX", P_tmpdir);
	if (!mkdtemp(world.folder))
		return -errno;
	snprintf(world.file, sizeof(world.file), "%s/big", world.folder);
	f = fopen(world.file, "w");
	if (!f)
		return -errno;
	for (int i = 0; i < BIG_BYTES; i++)
		fwrite(byte, 1, 1, f);
	return fclose(f) == 0 ? 0 : -errno;
}

/* Returns 0, or -ENOENT where there is no such program. */
static int start_server(void)
{
	extern char **environ;
	char port[16], folder[80];
	char *argv[] = {
		(char[]){"nghttpd"}, (char[]){"-d"}, folder, (char[]){"-a"}, (char[]){"127.0.0.1"}, port,
		world.key,           world.cert,     NULL};

	snprintf(port, sizeof(port), "%d", free_port());
	snprintf(folder, sizeof(folder), "%s", world.folder);
	snprintf(world.url, sizeof(world.url), "https://localhost:%s/big", port);
	return -posix_spawnp(&world.server, "nghttpd", NULL, NULL, argv, environ);
}

static void ask(struct got *g)
{
	struct http_ask a = {.method = "GET",
			     .url = str_from(world.url),
			     .answer_max = BIG_BYTES,
			     .total_limit = USEC_SEC(20)};
	struct http_sink sink = {NULL, on_body, on_done, g};

	CHECK_INT(http_client_ask(world.client, &a, &sink, &g->ask), 0);
}

static void until_over(void)
{
	for (int turns = 0, left = 1; left > 0 && turns < 4000; turns++) {
		left = 0;
		CHECK_INT(loop_turn(world.loop, USEC_MS(5)), 0);
		for (size_t i = 0; i < ASKS; i++) {
			left += world.got[i].ask && !world.got[i].over;
			if (world.got[i].ask && !world.got[i].over)
				http_client_resume(world.client, world.got[i].ask);
		}
	}
}

/* The server needs a moment to listen. */
static bool is_there(void)
{
	for (int i = 0; i < 500; i++) {
		world.got[0] = (struct got){0};
		ask(&world.got[0]);
		until_over();
		if (world.got[0].fault != FAULT_UNREACHABLE)
			return world.got[0].fault == FAULT_NONE;
		CHECK_INT(loop_turn(world.loop, USEC_MS(20)), 0);
	}
	return false;
}

static void all_at_once(void)
{
	memset(world.got, 0, sizeof(world.got));
	for (size_t i = 0; i < ASKS; i++) {
		world.got[i] = (struct got){.hold = i % 3 == 0 ? 2 : 0, .cancel = i % 4 == 1};
		ask(&world.got[i]);
	}
	until_over();
	for (size_t i = 0; i < ASKS; i++) {
		CHECK(world.got[i].over);
		CHECK_INT(world.got[i].fault, FAULT_NONE);
		CHECK(world.got[i].cancel || world.got[i].n == BIG_BYTES);
	}
}

static int open_world(void)
{
	struct http_client_config config = {.asks_max = ASKS, .conns_max = ASKS};
	int rc = web_identity("localhost", world.cert, world.key);

	config.authority = str_from(world.cert);
	rc = rc ? rc : write_big();
	rc = rc ? rc : loop_new(LOOP_REAL, 0, &world.loop);
	rc = rc ? rc : http_client_new(world.loop, &config, &world.client);
	return rc ? rc : start_server();
}

static void close_world(void)
{
	if (world.server > 0) {
		kill(world.server, SIGTERM);
		waitpid(world.server, NULL, 0);
	}
	http_client_free(world.client);
	loop_free(world.loop);
	unlink(world.cert);
	unlink(world.key);
	unlink(world.file);
	rmdir(world.folder);
}

TEST(http_client_speaks_http2)
{
	int rc = open_world();

	if (rc == 0 && is_there())
		for (int i = 0; i < 3; i++)
			all_at_once();
	else
		CHECK_INT(rc, -ENOENT);
	close_world();
	if (rc == -ENOENT)
		SKIP("nghttpd is not installed");
}
