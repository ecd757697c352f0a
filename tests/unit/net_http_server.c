/* The small HTTP server, asked over a real socket. */
#include <sys/socket.h>
#include <unistd.h>

#include "net/http_server.h"
#include "test.h"

static void handler(void *arg, const struct http_request *request, struct http_reply *reply)
{
	if (!str_eq(request->path, STR("/hello")))
		return;
	reply->status = 200;
	buf_printf(&reply->body, "%s " STR_FMT, (const char *)arg, STR_ARG(request->method));
}

static size_t ask(const struct addr *to, const char *request, char *out, size_t size)
{
	struct sockaddr_storage sa;
	socklen_t n = addr_to_sockaddr(to, &sa);
	int fd = socket(sa.ss_family, SOCK_STREAM, 0);
	size_t got = 0;
	ssize_t rc = -1;

	if (connect(fd, (struct sockaddr *)&sa, n) == 0)
		rc = write(fd, request, strlen(request));
	while (rc > 0 && (rc = read(fd, out + got, size - 1 - got)) > 0)
		got += (size_t)rc;
	out[got] = '\0';
	close(fd);
	return got;
}

TEST(http_server_answers_what_it_knows_and_404_else)
{
	struct http_server *s, *second = NULL;
	struct addr at;
	char out[1024], me[] = "world";

	REQUIRE(addr_parse(STR("127.0.0.1"), 0, &at) == 0);
	REQUIRE(http_server_start(&at, handler, me, &s) == 0);
	at = *http_server_local(s);
	CHECK(at.port != 0);
	CHECK(ask(&at, "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", out, sizeof(out)) > 0);
	CHECK(strstr(out, "200") && strstr(out, "world GET"));
	CHECK(ask(&at, "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc",
		  out, sizeof(out)) > 0);
	CHECK(strstr(out, "world POST") != NULL);
	CHECK(ask(&at, "GET /other HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", out, sizeof(out)) > 0);
	CHECK(strstr(out, "404") != NULL);
	CHECK_INT(http_server_start(&at, handler, me, &second), -EADDRINUSE);
	http_server_stop(s);
}
