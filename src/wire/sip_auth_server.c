/* The server's half of sip_auth.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "wire/sip_auth.h"
#include "wire/sip_lex.h"
#include "wire/sip_print.h"

#define TIME_CHARS  16
#define PROOF_CHARS 32 /* half of an HMAC-SHA256 */
#define NONCE_CHARS (TIME_CHARS + PROOF_CHARS)
#define WINDOW_BITS 64

/* ---- nonces: "time proof" in hex ---- */

/* The nonce made at `id` into text[NONCE_CHARS]. */
static int make_nonce(const struct sip_auth_server *s, uint64_t id, char *text)
{
	struct str secret = {(const char *)s->secret, sizeof(s->secret)};
	char time[TIME_CHARS + 1], hex[HASH_MAX_HEX];
	struct hash proof;
	int rc;

	snprintf(time, sizeof(time), "%016" PRIx64, id);
	rc = hash_hmac(HASH_SHA256, secret, (struct str[]){{time, TIME_CHARS}, s->realm}, 2, &proof);
	if (rc < 0)
		return rc;
	hash_hex(&proof, hex);
	memcpy(text, time, TIME_CHARS);
	memcpy(text + TIME_CHARS, hex, PROOF_CHARS);
	return 0;
}

/* Whether we made `nonce`; its time. */
static bool know_nonce(const struct sip_auth_server *s, struct str nonce, uint64_t *ret_id)
{
	char text[NONCE_CHARS];
	uint64_t id = 0;

	if (nonce.n != NONCE_CHARS)
		return false;
	for (size_t i = 0; i < TIME_CHARS; i++) {
		int digit = sip_lex_hex(nonce.p[i]);

		if (digit < 0)
			return false;
		id = id << 4 | (unsigned)digit;
	}
	if (make_nonce(s, id, text) < 0 || !hash_equal(nonce, (struct str){text, NONCE_CHARS}))
		return false;
	*ret_id = id;
	return true;
}

/* Marks `count` as used. Returns false when it was used before or is too far behind to know. */
static bool use_count(struct sip_auth_seen *seen, uint32_t count)
{
	uint32_t behind;

	if (count > seen->highest) {
		uint32_t ahead = count - seen->highest;

		seen->window = ahead < WINDOW_BITS ? seen->window << ahead : 0;
		seen->window |= 1;
		seen->highest = count;
		return true;
	}
	behind = seen->highest - count;
	if (behind >= WINDOW_BITS || seen->window & (uint64_t)1 << behind)
		return false;
	seen->window |= (uint64_t)1 << behind;
	return true;
}

/* A nonce that had to make room for another cannot be told from a replay any more, so it is refused. */
static bool use_nonce(struct sip_auth_server *s, uint64_t id, uint32_t count)
{
	struct sip_auth_seen *seen = &s->seen[id * 0x9e3779b97f4a7c15u >> 32 & (SIP_AUTH_NONCES - 1)];

	if (seen->id != id) {
		if (id <= seen->floor)
			return false;
		seen->floor = MAX(seen->floor, seen->id);
		if (id <= seen->floor)
			return false;
		*seen = (struct sip_auth_seen){.id = id, .floor = seen->floor};
	}
	return use_count(seen, count);
}

/* ---- challenges ---- */

static void put_challenge(const struct sip_auth_server *s, struct buf *b, enum sip_auth_alg alg,
			  struct str nonce, bool stale)
{
	sip_print_headerf(
		b, s->role == SIP_AUTH_PROXY ? SIP_HDR_PROXY_AUTHENTICATE : SIP_HDR_WWW_AUTHENTICATE,
		"Digest realm=\"" STR_FMT "\", nonce=\"" STR_FMT "\", algorithm=" STR_FMT ", qop=\"auth\"%s",
		STR_ARG(s->realm), STR_ARG(nonce), STR_ARG(sip_auth_alg_name(alg)),
		stale ? ", stale=true" : "");
}

void sip_auth_print_challenge(struct sip_auth_server *s, struct buf *b, usec now, bool stale)
{
	char text[NONCE_CHARS];
	struct str nonce = {text, NONCE_CHARS};

	s->last = MAX(now, s->last + 1);
	if (make_nonce(s, (uint64_t)s->last, text) < 0) {
		if (!b->error)
			b->error = -ENOTSUP;
		return;
	}
	if (s->sha256)
		put_challenge(s, b, SIP_AUTH_SHA256, nonce, stale);
	if (s->md5)
		put_challenge(s, b, SIP_AUTH_MD5, nonce, stale);
}

/* ---- credentials ---- */

static int read_params(struct str text, struct sip_auth *auth, struct str *ret_alg)
{
	const struct {
		const char *name;
		struct str *view;
	} wanted[] = {
		{"username", &auth->user},     {"realm", &auth->realm},
		{"nonce", &auth->nonce},       {"uri", &auth->uri},
		{"response", &auth->response}, {"cnonce", &auth->cnonce},
		{"opaque", &auth->opaque},     {"nc", &auth->nc},
		{"qop", &auth->qop},           {"algorithm", ret_alg},
	};
	struct sip_param param;
	int rc;

	while ((rc = sip_param_next_comma(&text, &param)) > 0) {
		for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
			if (!str_ieq(param.name, str_from(wanted[i].name)))
				continue;
			if (wanted[i].view->p)
				return -EBADMSG;
			*wanted[i].view = sip_param_bare(param.value);
		}
	}
	return rc;
}

static bool all_hex(struct str s, size_t n)
{
	return s.n == n && sip_lex_all(s, SIP_LEX_HEX);
}

/* Whether algorithm and qop are what the server offers, and complete. */
static int check_auth(const struct sip_auth_server *s, struct sip_auth *auth, struct str alg)
{
	bool sha;

	if (!auth->user.p || !auth->uri.p || auth->nonce.n == 0)
		return -EBADMSG;
	if (!sip_auth_alg_find(alg, &auth->alg))
		return -ENOTSUP;
	sha = auth->alg == SIP_AUTH_SHA256;
	if (sha ? !s->sha256 : !s->md5)
		return -ENOTSUP;
	if (!all_hex(auth->response, sha ? 64 : 32))
		return -EBADMSG;
	if (auth->qop.n == 0)
		return s->legacy ? 0 : -ENOTSUP;
	if (!str_ieq(auth->qop, STR("auth")))
		return -ENOTSUP;
	return all_hex(auth->nc, 8) && auth->cnonce.n > 0 ? 0 : -EBADMSG;
}

int sip_auth_read(const struct sip_auth_server *s, const struct sip_msg *request, struct sip_auth *ret_auth)
{
	enum sip_hdr_id id = s->role == SIP_AUTH_PROXY ? SIP_HDR_PROXY_AUTHORIZATION : SIP_HDR_AUTHORIZATION;

	for (const struct sip_hdr *hdr = sip_msg_find(request, id); hdr;
	     hdr = sip_msg_find_next(request, hdr)) {
		struct sip_auth auth = {0};
		struct str text = hdr->value, alg = {0};
		int rc;

		if (!sip_auth_take_scheme(&text))
			continue;
		if (read_params(text, &auth, &alg) < 0)
			return -EBADMSG;
		if (!str_eq(auth.realm, s->realm))
			continue;
		rc = check_auth(s, &auth, alg);
		if (rc == 0)
			*ret_auth = auth;
		return rc;
	}
	return -ENOENT;
}

static uint32_t count_of(struct str nc)
{
	uint32_t count = 0;

	for (size_t i = 0; i < nc.n; i++)
		count = count << 4 | (unsigned)sip_lex_hex(nc.p[i]);
	return count;
}

/* Lower-case, as our own hex is; peers may write it either way. */
static struct str lower_hex(struct str hex, char *buf)
{
	for (size_t i = 0; i < hex.n; i++)
		buf[i] = str_lower(hex.p[i]);
	return (struct str){buf, hex.n};
}

int sip_auth_verify(struct sip_auth_server *s, const struct sip_auth *auth, struct str method,
		    struct str password, usec now)
{
	const struct sip_auth_input in = {
		.alg = auth->alg,
		.user = auth->user,
		.realm = s->realm,
		.password = password,
		.method = method,
		.uri = auth->uri,
		.nonce = auth->nonce,
		.nc = auth->nc,
		.cnonce = auth->cnonce,
		.qop = auth->qop,
	};
	char expected_hex[HASH_MAX_HEX], given_hex[HASH_MAX_HEX];
	struct str expected, given = lower_hex(auth->response, given_hex);
	uint64_t id;
	int rc;

	rc = sip_auth_response(&in, expected_hex, &expected);
	if (rc < 0)
		return rc;
	if (!know_nonce(s, auth->nonce, &id) || id > (uint64_t)s->last)
		return SIP_AUTH_STALE;
	if (!hash_equal(expected, given) || !password.p)
		return SIP_AUTH_WRONG;
	if (now - (usec)id > s->lifetime || !use_nonce(s, id, auth->qop.n > 0 ? count_of(auth->nc) : 1))
		return SIP_AUTH_STALE;
	return SIP_AUTH_OK;
}
