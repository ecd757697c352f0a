#include "leg/rtp_port.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define TRIES_ANYWHERE 64 /* the kernel's choice is odd half of the time, or the port above is taken */
#define SOCKET_BYTES   (64 * 1024) /* the kernel doubles it: about 160 packets, three seconds of one stream */

static const int dscp_ef = 46 << 2;

static int open_socket(const struct addr *ip, uint16_t port, int *ret_fd)
{
	struct addr local = *ip;
	struct sockaddr_storage sa;
	int bytes = SOCKET_BYTES, fd, rc;
	socklen_t n;

	local.port = port;
	n = addr_to_sockaddr(&local, &sa);
	fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&sa, n) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	/* Expedited forwarding (RFC 3246), for networks that look at it. */
	(void)setsockopt(fd, sa.ss_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP,
			 sa.ss_family == AF_INET6 ? IPV6_TCLASS : IP_TOS, &dscp_ef, sizeof(dscp_ef));
	/* Only a limit on what queues while the loop stalls: failing to set it costs nothing. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	*ret_fd = fd;
	return 0;
}

static int bound_port(int fd, uint16_t *ret_port)
{
	struct sockaddr_storage sa;
	socklen_t n = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &n) < 0)
		return -errno;
	*ret_port = addr_from_sockaddr(&sa).port;
	return 0;
}

/* RTP at `port` (0 = anywhere even), RTCP above. -EADDRINUSE = try another. */
static int open_pair(const struct addr *ip, uint16_t port, struct rtp_port *p)
{
	int rc = open_socket(ip, port, &p->rtp_fd);

	if (rc < 0)
		return rc;
	rc = bound_port(p->rtp_fd, &p->local.port);
	if (rc == 0 && p->local.port % 2 != 0)
		rc = -EADDRINUSE;
	if (rc == 0)
		rc = open_socket(ip, (uint16_t)(p->local.port + 1), &p->rtcp_fd);
	if (rc < 0)
		close(p->rtp_fd);
	return rc;
}

static int open_anywhere(const struct rtp_ports *ports, struct rtp_port *p)
{
	int rc = -EADDRINUSE;

	for (int i = 0; i < TRIES_ANYWHERE && rc == -EADDRINUSE; i++)
		rc = open_pair(&ports->bind, 0, p);
	return rc;
}

static int open_in_range(struct rtp_ports *ports, struct rtp_port *p)
{
	uint32_t first = (ports->min + 1u) / 2 * 2,
		 pairs = ports->max > first ? (ports->max - first + 1) / 2 : 0;
	uint32_t start = ports->next >= first ? (ports->next - first) / 2 : 0;
	int rc = -EADDRINUSE;

	for (uint32_t i = 0; i < pairs && rc == -EADDRINUSE; i++) {
		uint16_t port = (uint16_t)(first + (start + i) % pairs * 2);

		rc = open_pair(&ports->bind, port, p);
		ports->next = (uint16_t)(port + 2);
	}
	return rc;
}

int rtp_port_open(struct rtp_ports *ports, struct rtp_port *ret_port)
{
	struct rtp_port p = {.local = ports->bind};
	int rc = ports->max ? open_in_range(ports, &p) : open_anywhere(ports, &p);

	if (rc == 0)
		*ret_port = p;
	return rc;
}

void rtp_port_close(struct rtp_port *port)
{
	close(port->rtp_fd);
	close(port->rtcp_fd);
}
