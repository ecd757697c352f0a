#include "wire/sip_auth.h"

#include "base/hash.h"
#include "wire/sip_lex.h"

static const struct str alg_names[] = {
	[SIP_AUTH_MD5] = STR_INIT("MD5"),
	[SIP_AUTH_SHA256] = STR_INIT("SHA-256"),
};

struct str sip_auth_alg_name(enum sip_auth_alg alg)
{
	return alg_names[alg];
}

bool sip_auth_alg_find(struct str name, enum sip_auth_alg *ret_alg)
{
	if (name.n == 0)
		name = alg_names[SIP_AUTH_MD5];
	for (unsigned i = 0; i < ARRAY_LEN(alg_names); i++) {
		if (str_ieq(name, alg_names[i])) {
			*ret_alg = (enum sip_auth_alg)i;
			return true;
		}
	}
	return false;
}

bool sip_auth_take_scheme(struct str *rest)
{
	struct str s = *rest, scheme = sip_lex_cut(&s, SIP_LEX_TOKEN);

	if (!str_ieq(scheme, STR("Digest")))
		return false;
	*rest = s;
	return true;
}

/* Hex of the digest of up to seven words with colons between. */
static int hash_words(enum sip_auth_alg alg, const struct str *words, size_t count, char *buf,
		      struct str *ret_hex)
{
	struct str parts[13];
	struct hash h;
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			parts[n++] = STR(":");
		parts[n++] = words[i];
	}
	rc = hash_of(alg == SIP_AUTH_SHA256 ? HASH_SHA256 : HASH_MD5, parts, n, &h);
	if (rc == 0)
		*ret_hex = hash_hex(&h, buf);
	return rc;
}

int sip_auth_response(const struct sip_auth_input *in, char *buf, struct str *ret_hex)
{
	char hex1[HASH_MAX_HEX], hex2[HASH_MAX_HEX];
	struct str ha1, ha2;
	int rc;

	rc = hash_words(in->alg, (struct str[]){in->user, in->realm, in->password}, 3, hex1, &ha1);
	if (rc == 0)
		rc = hash_words(in->alg, (struct str[]){in->method, in->uri}, 2, hex2, &ha2);
	if (rc < 0)
		return rc;
	if (in->qop.n == 0)
		return hash_words(in->alg, (struct str[]){ha1, in->nonce, ha2}, 3, buf, ret_hex);
	return hash_words(in->alg, (struct str[]){ha1, in->nonce, in->nc, in->cnonce, in->qop, ha2}, 6, buf,
			  ret_hex);
}
