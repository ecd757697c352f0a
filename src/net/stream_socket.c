#include "net/stream_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

int stream_socket_new(const struct addr *a, int *ret_fd)
{
	static const int on = 1;
	int fd = socket(a->family == ADDR_V6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			0);

	if (fd < 0)
		return -errno;
	(void)!setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	*ret_fd = fd;
	return 0;
}

int stream_socket_connect(const struct addr *remote, int *ret_fd)
{
	struct sockaddr_storage sa;
	socklen_t n = addr_to_sockaddr(remote, &sa);
	int fd, rc = stream_socket_new(remote, &fd);

	if (rc < 0)
		return rc;
	if (connect(fd, (struct sockaddr *)&sa, n) < 0 && errno != EINPROGRESS) {
		rc = -errno;
		close(fd);
		return rc;
	}
	*ret_fd = fd;
	return 0;
}

int stream_socket_error(int fd)
{
	socklen_t n = sizeof(int);
	int error = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
		return -errno;
	return -error;
}

struct addr stream_socket_local(int fd)
{
	struct sockaddr_storage sa;
	socklen_t n = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &n) < 0)
		return (struct addr){0};
	return addr_from_sockaddr(&sa);
}

static int failure(void)
{
	return errno == EAGAIN || errno == EINTR ? -EAGAIN : -errno;
}

int stream_socket_recv(int fd, void *p, size_t n, size_t *ret_n)
{
	ssize_t got = recv(fd, p, n, MSG_DONTWAIT);

	if (got < 0)
		return failure();
	if (got == 0)
		return -ENODATA;
	*ret_n = (size_t)got;
	return 0;
}

int stream_socket_send(int fd, const void *p, size_t n, size_t *ret_n)
{
	ssize_t sent = send(fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent < 0)
		return failure();
	*ret_n = (size_t)sent;
	return 0;
}
