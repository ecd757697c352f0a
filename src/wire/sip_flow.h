/*
 * sip_flow.h - the way a SIP message came, and the way back
 *
 * A value that names transport, both addresses and, for streams, the
 * connection. A response returns by the flow of its request; requests of a
 * call go by the flow of its dialog (symmetric routing, RFC 3581).
 *
 * Threads: any. Layer: wire.
 */
#ifndef WIRE_SIP_FLOW_H
#define WIRE_SIP_FLOW_H

#include "base/addr.h"

enum sip_transport {
	SIP_UDP,
	SIP_TCP,
	SIP_TRANSPORT_COUNT,
};

struct sip_flow {
	enum sip_transport transport;
	uint32_t conn; /* streams: the connection; 0 = whichever leads to `remote`, opened if need be */
	struct addr local;
	struct addr remote;
};

/* Whether the transport repeats lost messages itself. */
static inline bool sip_flow_reliable(const struct sip_flow *f)
{
	return f->transport != SIP_UDP;
}

/* "UDP", "TCP": as Via writes it. */
static inline struct str sip_transport_name(enum sip_transport t)
{
	return t == SIP_UDP ? STR("UDP") : STR("TCP");
}

#endif
