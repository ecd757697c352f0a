/* The client's half of sip_auth.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "wire/sip_auth.h"
#include "wire/sip_lex.h"
#include "wire/sip_print.h"

struct challenge {
	struct str realm, nonce, opaque, alg_name, qop;
	enum sip_auth_alg alg;
	bool has_opaque, stale;
};

static void note_param(struct challenge *c, const struct sip_param *param)
{
	struct str value = sip_param_bare(param->value);

	if (str_ieq(param->name, STR("realm"))) {
		c->realm = value;
	} else if (str_ieq(param->name, STR("nonce"))) {
		c->nonce = value;
	} else if (str_ieq(param->name, STR("opaque"))) {
		c->opaque = value;
		c->has_opaque = true;
	} else if (str_ieq(param->name, STR("algorithm"))) {
		c->alg_name = value;
	} else if (str_ieq(param->name, STR("qop"))) {
		c->qop = value;
	} else if (str_ieq(param->name, STR("stale"))) {
		c->stale = str_ieq(value, STR("true"));
	}
}

/* Whether "auth" is in a list like "auth,auth-int". */
static bool lists_auth(struct str qop)
{
	while (qop.n > 0)
		if (str_ieq(str_trim(str_cut(&qop, ',')), STR("auth")))
			return true;
	return false;
}

/* Returns 0, -ENOTSUP or -EBADMSG. */
static int read_challenge(struct str text, struct challenge *ret_challenge)
{
	struct challenge c = {0};
	struct sip_param param;
	int rc;

	if (!sip_auth_take_scheme(&text))
		return -ENOTSUP;
	while ((rc = sip_param_next_comma(&text, &param)) > 0)
		note_param(&c, &param);
	if (rc < 0 || !c.realm.p || c.nonce.n == 0)
		return -EBADMSG;
	if (!sip_lex_plain(c.realm) || !sip_lex_plain(c.nonce) || !sip_lex_plain(c.opaque))
		return -EBADMSG;
	if (c.realm.n > SIP_AUTH_REALM_MAX || c.nonce.n > SIP_AUTH_NONCE_MAX ||
	    c.opaque.n > SIP_AUTH_OPAQUE_MAX)
		return -EBADMSG;
	if (!sip_auth_alg_find(c.alg_name, &c.alg) || (c.qop.p && !lists_auth(c.qop)))
		return -ENOTSUP;
	*ret_challenge = c;
	return 0;
}

/* The strongest of all; -ENOENT, or what was wrong with the last one. */
static int choose(const struct sip_msg *response, enum sip_hdr_id id, struct challenge *ret_best)
{
	int result = -ENOENT;

	for (const struct sip_hdr *hdr = sip_msg_find(response, id); hdr;
	     hdr = sip_msg_find_next(response, hdr)) {
		struct challenge c;
		int rc = read_challenge(hdr->value, &c);

		if (rc == 0 && (result < 0 || c.alg > ret_best->alg)) {
			*ret_best = c;
			result = 0;
		} else if (rc < 0 && result < 0) {
			result = rc;
		}
	}
	return result;
}

/* Whether this challenge says that our answer was wrong, rather than our nonce too old. Servers that forget
 * to say "stale" are believed when the nonce had worked before. */
static bool refused(const struct sip_auth_client *c, enum sip_auth_role role, const struct challenge *new)
{
	if (!c->ready || c->role != role || c->count == 0 ||
	    !str_eq(new->realm, (struct str){c->realm, c->realm_n}))
		return false;
	if (str_eq(new->nonce, (struct str){c->nonce, c->nonce_n}))
		return true;
	return !new->stale && c->count == 1;
}

static uint16_t keep(char *to, struct str s)
{
	if (s.n > 0)
		memcpy(to, s.p, s.n);
	return (uint16_t)s.n;
}

int sip_auth_take(struct sip_auth_client *c, const struct sip_msg *response)
{
	enum sip_auth_role role = response->status == 407 ? SIP_AUTH_PROXY : SIP_AUTH_USER;
	struct challenge best = {0};
	int rc;

	rc = choose(response, role == SIP_AUTH_PROXY ? SIP_HDR_PROXY_AUTHENTICATE : SIP_HDR_WWW_AUTHENTICATE,
		    &best);
	if (rc < 0)
		return rc;
	if (refused(c, role, &best))
		return -EACCES;
	c->ready = true;
	c->role = role;
	c->alg = best.alg;
	c->alg_named = best.alg_name.n > 0;
	c->qop = best.qop.p != NULL;
	c->count = 0;
	c->has_opaque = best.has_opaque;
	c->realm_n = keep(c->realm, best.realm);
	c->nonce_n = keep(c->nonce, best.nonce);
	c->opaque_n = keep(c->opaque, best.opaque);
	return 0;
}

/* Text that stands in quotes as it is. */
static bool plain(struct str s)
{
	return sip_lex_plain(s) && str_chr(s, '"') == s.n && str_chr(s, '\\') == s.n;
}

static void put_answer(const struct sip_auth_client *c, struct buf *b, const struct sip_auth_input *in,
		       struct str response)
{
	buf_printf(b,
		   "%s: Digest username=\"" STR_FMT "\", realm=\"" STR_FMT "\", nonce=\"" STR_FMT
		   "\", uri=\"" STR_FMT "\", response=\"" STR_FMT "\"",
		   c->role == SIP_AUTH_PROXY ? "Proxy-Authorization" : "Authorization", STR_ARG(in->user),
		   STR_ARG(in->realm), STR_ARG(in->nonce), STR_ARG(in->uri), STR_ARG(response));
	if (c->alg_named)
		buf_printf(b, ", algorithm=" STR_FMT, STR_ARG(sip_auth_alg_name(c->alg)));
	if (c->qop)
		buf_printf(b, ", qop=auth, nc=" STR_FMT ", cnonce=\"" STR_FMT "\"", STR_ARG(in->nc),
			   STR_ARG(in->cnonce));
	if (c->has_opaque)
		buf_printf(b, ", opaque=\"%.*s\"", c->opaque_n, c->opaque);
	buf_add_str(b, STR("\r\n"));
}

void sip_auth_print(struct sip_auth_client *c, struct buf *b, const struct sip_credentials *who,
		    enum sip_method method, struct str uri, struct str cnonce)
{
	char nc[9], hex[HASH_MAX_HEX];
	struct str response;
	struct sip_auth_input in = {
		.alg = c->alg,
		.user = who->user,
		.realm = {c->realm, c->realm_n},
		.password = who->password,
		.method = sip_method_name(method),
		.uri = uri,
		.nonce = {c->nonce, c->nonce_n},
		.cnonce = cnonce,
	};

	c->count++;
	snprintf(nc, sizeof(nc), "%08x", c->count);
	in.nc = (struct str){nc, 8};
	if (c->qop)
		in.qop = STR("auth");
	if (!c->ready || !plain(who->user) || !plain(uri) || !plain(cnonce)) {
		if (!b->error)
			b->error = -EINVAL;
		return;
	}
	if (sip_auth_response(&in, hex, &response) < 0) {
		if (!b->error)
			b->error = -ENOTSUP;
		return;
	}
	put_answer(c, b, &in, response);
}
