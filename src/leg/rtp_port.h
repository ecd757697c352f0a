/*
 * rtp_port.h - a pair of UDP sockets for RTP and RTCP
 *
 * RTP on an even port, RTCP on the one above (RFC 3550 section 11), from a
 * configured range or wherever the kernel has room. The range is walked from
 * where the last search ended, so that a port that a late packet of an old
 * call still arrives at is not given out again at once.
 *
 * Threads: the owner's. Layer: leg.
 */
#ifndef LEG_RTP_PORT_H
#define LEG_RTP_PORT_H

#include "base/addr.h"

struct rtp_ports {
	struct addr bind;  /* IP of the sockets */
	uint16_t min, max; /* inclusive; 0, 0 = any */
	uint16_t next;     /* where the next search begins */
};

struct rtp_port {
	int rtp_fd, rtcp_fd; /* non-blocking */
	struct addr local;   /* of RTP */
};

/* Returns 0, -EADDRINUSE when every pair of the range is taken, -EADDRNOTAVAIL when the IP is not ours,
 * -EMFILE, or another -errno. */
int rtp_port_open(struct rtp_ports *ports, struct rtp_port *ret_port) must_check;

void rtp_port_close(struct rtp_port *port);

#endif
