/*
 * proxy.h - the proxy that connections go through, as an operator names it
 *
 *   http://[user:password@]host:port     what is special in a password is %XX
 *
 * It is reached without TLS and asked by CONNECT (RFC 9110 section 9.3.6). libcurl
 * is given the same text and reads it the same way, which is why the port must be
 * told: there it would be another.
 *
 * Threads: any. Layer: net.
 */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include "net/dns.h"

#define PROXY_AUTH_MAX 512

struct proxy {
	char host[DNS_HOST_MAX + 1]; /* empty = there is none */
	uint16_t port;
	char auth[PROXY_AUTH_MAX]; /* value of Proxy-Authorization, secret; empty = none */
};

/* An empty text is no proxy. Returns 0, -EINVAL, or -ENOMEM. */
int proxy_parse(struct str text, struct proxy *ret_proxy) must_check;

#endif
