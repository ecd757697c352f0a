#include "net/http_server.h"

#include <errno.h>
#include <microhttpd.h>
#include <string.h>
#include <unistd.h>

#include "base/live.h"
#include "base/mem.h"

#define IDLE_SECONDS 30u

LIVE_DEFINE(http_server);

struct http_server {
	struct MHD_Daemon *daemon;
	http_handler *handler;
	void *arg;
	struct addr local;
};

/* Swallows the body. */
static enum MHD_Result reply(struct MHD_Connection *conn, struct http_reply *a)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(a->body.n, a->body.p, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result rc;

	buf_fini(&a->body);
	if (!r)
		return MHD_NO;
	if (MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, a->content_type) == MHD_NO ||
	    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff") == MHD_NO)
		a->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
	rc = MHD_queue_response(conn, (unsigned)a->status, r);
	MHD_destroy_response(r);
	return rc;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *conn, const char *url, const char *method,
				  const char *version, const char *upload, size_t *upload_n, void **state)
{
	static const char seen;
	struct http_server *s = arg;
	struct http_request req = {str_from(method), str_from(url)};
	struct http_reply a = {.status = 404, .content_type = "text/plain; charset=utf-8"};

	(void)version;
	(void)upload;
	if (!*state) { /* headers only: the body, if any, is read and dropped first */
		*state = (void *)(uintptr_t)&seen;
		return MHD_YES;
	}
	if (*upload_n > 0) {
		*upload_n = 0;
		return MHD_YES;
	}
	buf_init(&a.body, HTTP_REPLY_MAX);
	s->handler(s->arg, &req, &a);
	if (a.body.error)
		a.status = 500;
	return reply(conn, &a);
}

/* The socket is ours, so that failing to bind can be told in errno's words. */
static int bind_socket(const struct addr *listen_at, struct addr *ret_local)
{
	struct sockaddr_storage sa;
	socklen_t n = addr_to_sockaddr(listen_at, &sa);
	int one = 1, rc = 0, fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, (struct sockaddr *)&sa, n) < 0 || listen(fd, HTTP_CONNS_MAX) < 0)
		rc = -errno;
	n = sizeof(sa);
	if (rc == 0 && getsockname(fd, (struct sockaddr *)&sa, &n) < 0)
		rc = -errno;
	if (rc < 0) {
		close(fd);
		return rc;
	}
	*ret_local = addr_from_sockaddr(&sa);
	return fd;
}

int http_server_start(const struct addr *listen_at, http_handler *handler, void *arg,
		      struct http_server **ret_server)
{
	struct http_server *s = mem_zalloc(sizeof(*s));
	int fd;

	if (!s)
		return -ENOMEM;
	*s = (struct http_server){.handler = handler, .arg = arg};
	fd = bind_socket(listen_at, &s->local);
	if (fd < 0) {
		mem_free(s);
		return fd;
	}
	s->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, s,
				     MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
				     (unsigned)HTTP_CONNS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS,
				     MHD_OPTION_END);
	if (!s->daemon) {
		close(fd);
		mem_free(s);
		return -EIO;
	}
	live_up(&live_http_server);
	*ret_server = s;
	return 0;
}

const struct addr *http_server_local(const struct http_server *s)
{
	return &s->local;
}

struct http_server *http_server_stop(struct http_server *s)
{
	if (!s)
		return NULL;
	MHD_stop_daemon(s->daemon);
	live_down(&live_http_server);
	return mem_free(s);
}
