/*
 * hash.h - MD5, SHA-1, SHA-256 and HMAC: the door to OpenSSL's digests
 *
 * Input comes in parts so that nobody has to join them first. MD5 and SHA-1
 * are here because protocols demand them (SIP digest, WebSocket, STUN), not
 * because they are good.
 *
 * Threads: any. Layer: base.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>

#include "base/str.h"

enum hash_kind {
	HASH_MD5,
	HASH_SHA1,
	HASH_SHA256,
};

#define HASH_MAX_BYTES 32
#define HASH_MAX_HEX   (2 * HASH_MAX_BYTES)

struct hash {
	unsigned char bytes[HASH_MAX_BYTES];
	size_t n; /* 16, 20 or 32 */
};

/* Digest of parts[count] joined. Returns 0, or -ENOTSUP when the library refuses the algorithm (MD5 on a
 * FIPS host) or has no memory. */
int hash_of(enum hash_kind kind, const struct str *parts, size_t count, struct hash *ret_hash) must_check;

/* HMAC (RFC 2104) of parts[count] joined, keyed by `key` of any length. Returns as hash_of(). */
int hash_hmac(enum hash_kind kind, struct str key, const struct str *parts, size_t count,
	      struct hash *ret_hash) must_check;

/* Lower-case hex into buf[HASH_MAX_HEX]; returns the view of it. Not zero-terminated. */
struct str hash_hex(const struct hash *h, char buf[HASH_MAX_HEX]);

/* Equality in a time that depends on the lengths only. */
bool hash_equal(struct str a, struct str b);

#endif
