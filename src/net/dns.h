/*
 * dns.h - names to addresses, without waiting: the door to c-ares
 *
 * Both families are asked for at once. An answer is told when both are there, or
 * a moment after the first: some resolvers never answer for the family they do
 * not know. Addresses of the two families alternate, IPv6 first, so that who
 * tries them in turn is not held up by one that leads nowhere. /etc/hosts is
 * honoured. Answers are kept for as long as they say, within limits; several who
 * ask for one name share a query.
 *
 *   dns_ask -> fn(answer)     or     dns_unask
 *
 * fn never runs inside dns_ask(). Inside fn everything but dns_free() may be
 * called.
 *
 * Threads: the loop's owner. Layer: net. The only door to <ares.h>.
 */
#ifndef NET_DNS_H
#define NET_DNS_H

#include "base/addr.h"
#include "base/list.h"
#include "base/loop.h"

#define DNS_NAMES_MAX 256 /* remembered; the longest unused is forgotten first */
#define DNS_ADDRS_MAX 8   /* of a name */
#define DNS_HOST_MAX  254

struct dns;
struct dns_name;

struct dns_config {
	struct str servers; /* "192.0.2.53,192.0.2.54:5353"; empty = the system's */
};

struct dns_answer {
	int error;        /* 0, -ENOENT: no such name or no address, -ETIMEDOUT, -EIO: no resolver answers */
	struct str words; /* of the error */
	const struct addr *addrs; /* without ports */
	size_t count;
};

/* Lives in the thing it serves. A zeroed one is not under way. */
struct dns_ask {
	struct list link;
	struct dns *dns;
	struct timer limit;
	void (*fn)(struct dns_ask *ask, const struct dns_answer *answer);
};

/* Returns 0, -EINVAL for a server list that is none, or -ENOMEM. */
int dns_new(struct loop *l, const struct dns_config *config, struct dns **ret_dns) must_check;

/* Nobody is told any more. Takes NULL. Returns NULL. */
struct dns *dns_free(struct dns *d);

/* fn runs once, at the latest when `limit` has passed. Returns 0, -EINVAL for what cannot be a name, -EBUSY
 * when DNS_NAMES_MAX are being asked for, or -ENOMEM. */
int dns_ask(struct dns *d, struct str host, usec limit, struct dns_ask *ask,
	    void (*fn)(struct dns_ask *ask, const struct dns_answer *answer)) must_check;

/* fn does not run. Takes one that is not under way. */
void dns_unask(struct dns_ask *ask);

#endif
