/*
 * sip_trunk.h - who may call us, and as whom we call
 *
 * A trunk is a source we know: a list of address ranges, a user with a password
 * (digest), or both. Several trunks may share a range; then the user name in
 * the credentials decides. The list is immutable and read from all threads.
 *
 * Threads: any (constant). Layer: leg.
 */
#ifndef LEG_SIP_TRUNK_H
#define LEG_SIP_TRUNK_H

#include "wire/sip_auth.h"
#include "wire/sip_flow.h"

struct sip_trunk {
	struct str name;
	const struct addr_range *from; /* may hold addresses of this host, 0.0.0.0/0 with a password */
	size_t from_count;
	struct sip_credentials guest; /* who calls must prove to be; user empty = the address is enough */

	/* calls of ours */
	struct addr gateway; /* ADDR_NONE = this trunk takes calls only */
	enum sip_transport transport;
	struct str domain;          /* host part of our URIs; empty = the gateway's address */
	struct sip_credentials own; /* for the gateway's challenges; user empty = none */
};

struct sip_trunks {
	const struct sip_trunk *list;
	size_t count;
};

/* Whether any trunk lists the address: everybody else is a stranger. */
bool sip_trunks_know(const struct sip_trunks *trunks, const struct addr *source);

/* The trunk for a source that needs no password; NULL when there is none. */
const struct sip_trunk *sip_trunks_open(const struct sip_trunks *trunks, const struct addr *source);

/* The trunk whose guest is `user`, from that source; NULL when there is none. */
const struct sip_trunk *sip_trunks_guest(const struct sip_trunks *trunks, const struct addr *source,
					 struct str user);

#endif
