#include "net/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/live.h"
#include "base/mem.h"

#define BATCH_MAX    64u
#define CONTROL_ROOM 64u /* one in6_pktinfo */

LIVE_DEFINE(udp_socket);

union control {
	char bytes[CONTROL_ROOM];
	struct cmsghdr align;
};

struct udp_batch {
	size_t n, packet_bytes;
	char *bytes;
	struct mmsghdr messages[BATCH_MAX];
	struct iovec iov[BATCH_MAX];
	struct sockaddr_storage from[BATCH_MAX];
	union control control[BATCH_MAX];
};

struct udp {
	struct watch watch;
	struct udp_batch *batch;
	struct addr local;
	int fd;
	udp_packet_fn *on_packet;
	void *arg;
	struct udp_stats stats;
	bool *closed; /* set while packets are being delivered: a callback may close the socket */
};

int udp_batch_new(size_t packets, size_t packet_bytes, struct udp_batch **ret_batch)
{
	struct udp_batch *b = mem_zalloc(sizeof(*b));

	if (!b)
		return -ENOMEM;
	b->n = CLAMP(packets, 1, BATCH_MAX);
	b->packet_bytes = packet_bytes;
	b->bytes = mem_alloc(b->n * packet_bytes);
	if (!b->bytes) {
		udp_batch_free(b);
		return -ENOMEM;
	}
	*ret_batch = b;
	return 0;
}

struct udp_batch *udp_batch_free(struct udp_batch *b)
{
	if (b)
		mem_free(b->bytes);
	return mem_free(b);
}

static void prepare(struct udp_batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		b->iov[i] = (struct iovec){b->bytes + i * b->packet_bytes, b->packet_bytes};
		b->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &b->from[i],
			.msg_namelen = sizeof(b->from[i]),
			.msg_iov = &b->iov[i],
			.msg_iovlen = 1,
			.msg_control = &b->control[i],
			.msg_controllen = sizeof(b->control[i]),
		};
	}
}

static struct addr local_of(const struct udp *u, struct msghdr *h)
{
	struct sockaddr_storage sa = {0};
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	struct in_pktinfo info4;
	struct in6_pktinfo info6;
	struct addr local = u->local;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&info4, CMSG_DATA(c), sizeof(info4));
			v4.sin_addr = info4.ipi_addr;
			memcpy(&sa, &v4, sizeof(v4));
			local = addr_from_sockaddr(&sa);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info6, CMSG_DATA(c), sizeof(info6));
			v6.sin6_addr = info6.ipi6_addr;
			memcpy(&sa, &v6, sizeof(v6));
			local = addr_from_sockaddr(&sa);
		}
	}
	local.port = u->local.port;
	return local;
}

static void deliver(struct udp *u, size_t i)
{
	struct msghdr *h = &u->batch->messages[i].msg_hdr;
	struct udp_packet packet;

	u->stats.packets++;
	if (h->msg_flags & MSG_TRUNC) {
		u->stats.too_long++;
		return;
	}
	packet = (struct udp_packet){
		.bytes = {u->batch->iov[i].iov_base, u->batch->messages[i].msg_len},
		.from = addr_from_sockaddr(&u->batch->from[i]),
		.local = local_of(u, h),
	};
	u->on_packet(u->arg, u, &packet);
}

static void on_ready(struct watch *w, unsigned ready)
{
	struct udp *u = CONTAINER_OF(w, struct udp, watch);
	bool closed = false;
	int n;

	prepare(u->batch);
	n = recvmmsg(u->fd, u->batch->messages, (unsigned)u->batch->n, MSG_DONTWAIT, NULL);
	if (n < 0) {
		u->stats.errors++;
		return;
	}
	u->closed = &closed;
	for (size_t i = 0; i < (size_t)n && !closed; i++)
		deliver(u, i);
	if (!closed)
		u->closed = NULL;
}

static int bind_socket(int fd, const struct addr *local, struct addr *ret_bound)
{
	static const int on = 1;
	struct sockaddr_storage sa;
	socklen_t n = addr_to_sockaddr(local, &sa);
	bool v6 = local->family == ADDR_V6;

	if (v6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
		return -errno;
	if (setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, &on,
		       sizeof(on)) < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&sa, n) < 0)
		return -errno;
	n = sizeof(sa);
	if (getsockname(fd, (struct sockaddr *)&sa, &n) < 0)
		return -errno;
	*ret_bound = addr_from_sockaddr(&sa);
	return 0;
}

int udp_open(struct loop *l, struct udp_batch *batch, const struct addr *local, udp_packet_fn *on_packet,
	     void *arg, struct udp **ret_udp)
{
	struct udp *u = mem_zalloc(sizeof(*u));
	int rc;

	if (!u)
		return -ENOMEM;
	*u = (struct udp){.batch = batch, .on_packet = on_packet, .arg = arg};
	live_up(&live_udp_socket);
	u->fd = socket(local->family == ADDR_V6 ? AF_INET6 : AF_INET,
		       SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	rc = u->fd < 0 ? -errno : bind_socket(u->fd, local, &u->local);
	if (rc == 0)
		rc = watch_start(&u->watch, l, u->fd, WATCH_PACKET, WATCH_READ, on_ready);
	if (rc < 0) {
		udp_close(u);
		return rc;
	}
	*ret_udp = u;
	return 0;
}

struct udp *udp_close(struct udp *u)
{
	if (!u)
		return NULL;
	if (u->closed)
		*u->closed = true;
	watch_stop(&u->watch);
	if (u->fd >= 0)
		close(u->fd);
	live_down(&live_udp_socket);
	return mem_free(u);
}

const struct addr *udp_local(const struct udp *u)
{
	return &u->local;
}

/* Tells the kernel to send from `from`. */
static void put_source(struct msghdr *h, union control *control, const struct addr *from)
{
	struct in_pktinfo info4 = {0};
	struct in6_pktinfo info6 = {0};
	bool v6 = from->family == ADDR_V6;
	size_t n = v6 ? sizeof(info6) : sizeof(info4);
	struct cmsghdr *c;

	memcpy(&info4.ipi_spec_dst, from->ip, sizeof(info4.ipi_spec_dst));
	memcpy(&info6.ipi6_addr, from->ip, sizeof(info6.ipi6_addr));
	info6.ipi6_ifindex = from->scope;
	h->msg_control = control;
	h->msg_controllen = CMSG_SPACE(n);
	c = CMSG_FIRSTHDR(h);
	c->cmsg_level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	c->cmsg_type = v6 ? IPV6_PKTINFO : IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(n);
	memcpy(CMSG_DATA(c), v6 ? (void *)&info6 : (void *)&info4, n);
}

int udp_send(const struct udp *u, const struct addr *from, const struct addr *to, struct str bytes)
{
	struct sockaddr_storage sa;
	union control control = {0};
	struct iovec iov = {(void *)(uintptr_t)bytes.p, bytes.n};
	struct msghdr h = {
		.msg_name = &sa,
		.msg_namelen = addr_to_sockaddr(to, &sa),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};

	if (from && from->family == u->local.family && !addr_is_any(from))
		put_source(&h, &control, from);
	return sendmsg(u->fd, &h, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

struct udp_stats udp_read_stats(const struct udp *u)
{
	return u->stats;
}

int udp_source_for(const struct addr *to, struct addr *ret_local)
{
	struct sockaddr_storage sa;
	socklen_t n = addr_to_sockaddr(to, &sa);
	int fd = socket(to->family == ADDR_V6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&sa, n) < 0)
		rc = -errno;
	n = sizeof(sa);
	if (rc == 0 && getsockname(fd, (struct sockaddr *)&sa, &n) < 0)
		rc = -errno;
	close(fd);
	if (rc == 0)
		*ret_local = addr_from_sockaddr(&sa);
	return rc;
}
