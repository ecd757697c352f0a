/*
 * sip_auth.h - digest authentication, both ends
 *
 * RFC 3261 section 22 with the algorithms of RFC 8760: SHA-256 and MD5,
 * qop=auth, and the form without qop of RFC 2069 for old peers.
 *
 * As client: sip_auth_take() keeps the strongest challenge of a 401 or 407,
 * sip_auth_print() answers it in this and the following requests.
 * As server: a nonce is its time of making and an HMAC over it, so nothing is
 * stored until somebody proves a password; then a small table remembers which
 * nonce counts of that nonce were used. `now` comes from the caller.
 *
 *   401 <- sip_auth_print_challenge        sip_auth_read -> user -> (password) -> sip_auth_verify
 *
 * Threads: the owner of the struct. Layer: wire.
 */
#ifndef WIRE_SIP_AUTH_H
#define WIRE_SIP_AUTH_H

#include "base/buf.h"
#include "wire/sip_msg.h"

enum sip_auth_alg {
	SIP_AUTH_MD5,
	SIP_AUTH_SHA256,
};

enum sip_auth_role {
	SIP_AUTH_USER,  /* 401, WWW-Authenticate, Authorization */
	SIP_AUTH_PROXY, /* 407, Proxy-Authenticate, Proxy-Authorization */
};

/* ---- client ---- */

#define SIP_AUTH_REALM_MAX  128
#define SIP_AUTH_NONCE_MAX  512
#define SIP_AUTH_OPAQUE_MAX 512

/* What a server asked for; zeroed = nothing yet. The strings keep their escapes. */
struct sip_auth_client {
	bool ready;
	enum sip_auth_role role;
	enum sip_auth_alg alg;
	bool alg_named; /* the challenge said which, so the answer does */
	bool qop;       /* qop=auth was offered */
	uint32_t count; /* answers given with this nonce */
	uint16_t realm_n, nonce_n, opaque_n;
	bool has_opaque;
	char realm[SIP_AUTH_REALM_MAX];
	char nonce[SIP_AUTH_NONCE_MAX];
	char opaque[SIP_AUTH_OPAQUE_MAX];
};

struct sip_credentials {
	struct str user;
	struct str password;
};

/* Reads the challenges of a 401 or 407 and keeps the strongest one known. Returns 0: answer it;
 * -EACCES: our first answer to a nonce of that realm was refused, so the password is wrong;
 * -ENOTSUP: only unknown schemes, algorithms or qop; -ENOENT: no challenge; -EBADMSG. */
int sip_auth_take(struct sip_auth_client *c, const struct sip_msg *response) must_check;

/* Appends the Authorization or Proxy-Authorization header for a request, counting nc up. `cnonce` is fresh
 * random text without quotes. `c` must be ready. Errors stick in b->error. */
void sip_auth_print(struct sip_auth_client *c, struct buf *b, const struct sip_credentials *who,
		    enum sip_method method, struct str uri, struct str cnonce);

/* ---- server ---- */

#define SIP_AUTH_SECRET_BYTES 32
#define SIP_AUTH_NONCES       256 /* nonces whose counts are remembered at a time */

/* Which counts of one nonce were used: the highest, and a bit for each of the 64 below it. */
struct sip_auth_seen {
	uint64_t id;    /* of the nonce: its time; 0 = free */
	uint64_t floor; /* nonces up to this time were forgotten: they are stale */
	uint64_t window;
	uint32_t highest;
};

struct sip_auth_server {
	enum sip_auth_role role;
	struct str realm; /* no quotes or backslashes; the caller's, must outlive this */
	bool sha256, md5; /* offered, in this order */
	bool legacy;      /* accept answers without qop, each nonce once */
	usec lifetime;    /* of a nonce */
	usec last;        /* time in the nonce made last: no two are equal */
	unsigned char secret[SIP_AUTH_SECRET_BYTES];
	struct sip_auth_seen seen[SIP_AUTH_NONCES];
};

/* Appends one challenge header an algorithm, strongest first. `stale` tells the client that only the nonce
 * was wrong. */
void sip_auth_print_challenge(struct sip_auth_server *s, struct buf *b, usec now, bool stale);

/* The credentials in a request. Views, quotes taken off, escapes left. */
struct sip_auth {
	struct str user, realm, nonce, uri, response, cnonce, opaque, nc, qop;
	enum sip_auth_alg alg;
};

/* Finds the credentials for the server's realm. Returns 0, -ENOENT (none for this realm and scheme: send a
 * challenge), -ENOTSUP (an algorithm or qop that was not offered), -EBADMSG (400). */
int sip_auth_read(const struct sip_auth_server *s, const struct sip_msg *request,
		  struct sip_auth *ret_auth) must_check;

enum sip_auth_result {
	SIP_AUTH_OK,
	SIP_AUTH_STALE, /* right password, but a nonce too old or used; or a nonce that is not ours, whatever
			 * the password: challenge with stale=true */
	SIP_AUTH_WRONG, /* for a nonce of ours, so the sender does hear us: 403, or challenge again */
};

/* Checks them against the user's password; p == NULL for an unknown user costs the same time and is WRONG.
 * The URI inside the credentials is the one that is hashed; proxies may have changed the request's since, so
 * comparing them is the caller's policy. Returns a sip_auth_result, or -ENOTSUP (see hash.h). */
int sip_auth_verify(struct sip_auth_server *s, const struct sip_auth *auth, struct str method,
		    struct str password, usec now) must_check;

/* ---- what both ends share ---- */

struct sip_auth_input {
	enum sip_auth_alg alg;
	struct str user, realm, password, method, uri, nonce;
	struct str nc, cnonce, qop; /* qop empty = the form without it */
};

/* The response in hex (RFC 7616 section 3.4.1) into buf[HASH_MAX_HEX]. Returns 0 or -ENOTSUP. */
int sip_auth_response(const struct sip_auth_input *in, char *buf, struct str *ret_hex) must_check;

/* "SHA-256" */
struct str sip_auth_alg_name(enum sip_auth_alg alg);

/* Empty is MD5. Returns whether it is one that we know. */
bool sip_auth_alg_find(struct str name, enum sip_auth_alg *ret_alg);

/* Takes "Digest" and the blanks behind it off a credential or challenge. Returns whether it was there. */
bool sip_auth_take_scheme(struct str *rest);

#endif
