/*
 * fake_dns.h - net/dns.h without a resolver: every name has the addresses that the test says
 *
 * Linked instead of the real one. Answers come in the loop's next turn.
 *
 * Threads: the loop's owner. Layer: tests.
 */
#ifndef TESTS_UNIT_FAKE_DNS_H
#define TESTS_UNIT_FAKE_DNS_H

#include "net/dns.h"

/* "fe80::1,127.0.0.1"; the next names have these. */
void fake_dns_knows(const char *addrs);

#endif
