/*
 * addr.h - an address of the internet: IPv4 or IPv6, and a port
 *
 * One comparable value instead of sockaddr's family of casts. An IPv4 address
 * that a dual-stack socket reports as ::ffff:a.b.c.d is stored as IPv4, so that
 * a peer has one form whatever socket it came through. A range (CIDR) answers
 * access lists and "is this one of the local networks".
 *
 * Threads: any. Layer: base.
 */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <sys/socket.h>

#include "base/str.h"

enum addr_family {
	ADDR_NONE,
	ADDR_V4,
	ADDR_V6,
};

struct addr {
	uint8_t family; /* enum addr_family */
	uint8_t ip[16]; /* network order; IPv4 in the first four bytes, the rest zero */
	uint16_t port;  /* host order; 0 = none */
	uint32_t scope; /* interface of a link-local IPv6 address, else 0 */
};

/* Addresses whose first `bits` bits are those of `ip`. */
struct addr_range {
	struct addr ip;
	unsigned bits;
};

/* Room for the longest text of an address, its port and the final zero. */
#define ADDR_TEXT_BYTES 72

/* "192.0.2.1", "2001:db8::1" or "[2001:db8::1]", without a port. Returns 0 or -EBADMSG. */
int addr_parse(struct str text, uint16_t port, struct addr *ret_addr) must_check;

/* "192.0.2.0/24", "2001:db8::/32", or a single address. Returns 0 or -EBADMSG. */
int addr_range_parse(struct str text, struct addr_range *ret_range) must_check;

/* Whether the ranges hold `a` (ports do not count). */
bool addr_range_has(const struct addr_range *ranges, size_t n, const struct addr *a);

/* The IP alone: "192.0.2.1", "2001:db8::1". A view of `text`. */
struct str addr_ip_text(const struct addr *a, char text[ADDR_TEXT_BYTES]);

/* The IP as a host stands in URIs and Via: IPv6 in brackets. */
struct str addr_host_text(const struct addr *a, char text[ADDR_TEXT_BYTES]);

/* "192.0.2.1:5060", "[2001:db8::1]:5060". */
struct str addr_text(const struct addr *a, char text[ADDR_TEXT_BYTES]);

bool addr_eq(const struct addr *a, const struct addr *b);
bool addr_same_ip(const struct addr *a, const struct addr *b);

/* 0.0.0.0, :: and "none". */
bool addr_is_any(const struct addr *a);

bool addr_is_loopback(const struct addr *a);

/* Not routed on the public internet: loopback, RFC 1918, RFC 6598, RFC 4193, link-local. */
bool addr_is_private(const struct addr *a);

/* A view of the bytes that make the IP: the key of a table by source. Lives as long as `a`. */
struct str addr_ip_key(const struct addr *a);

/* To and from the kernel's form. A family that is neither IPv4 nor IPv6 gives ADDR_NONE. */
struct addr addr_from_sockaddr(const struct sockaddr_storage *sa);
socklen_t addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *ret_sa);

#endif
