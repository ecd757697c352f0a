#include "wire/sip_check.h"

#include <errno.h>

#include "wire/sip_lex.h"

static bool named(const char *const *list, struct str name)
{
	for (; list && *list; list++)
		if (str_ieq(name, str_from(*list)))
			return true;
	return false;
}

/* 420 for the first option that is demanded and not known. ACK and CANCEL must not demand any
 * (section 8.2.2.3). */
static struct sip_verdict check_options(const struct sip_msg *m, const struct sip_accept *accept)
{
	static const enum sip_hdr_id demands[] = {SIP_HDR_REQUIRE, SIP_HDR_PROXY_REQUIRE};

	if (m->method == SIP_ACK || m->method == SIP_CANCEL)
		return (struct sip_verdict){0};
	for (size_t i = 0; i < ARRAY_LEN(demands); i++) {
		struct sip_items it = sip_msg_items(m, demands[i]);
		struct str option;
		int rc;

		while ((rc = sip_items_next(&it, &option)) > 0)
			if (!named(accept->options, option))
				return (struct sip_verdict){.status = 420, .detail = option};
		if (rc < 0)
			return (struct sip_verdict){.status = 400, .phrase = "Malformed Require"};
	}
	return (struct sip_verdict){0};
}

/* 415 for a body that cannot be read: its type or its encoding (section 8.2.3). */
static struct sip_verdict check_content(const struct sip_msg *m, const struct sip_accept *accept)
{
	struct str value = sip_msg_value(m, SIP_HDR_CONTENT_TYPE);
	struct str encoding = sip_msg_value(m, SIP_HDR_CONTENT_ENCODING);
	struct str bare = str_trim(str_sub(value, 0, str_chr(value, ';')));
	struct sip_type type;

	if (m->body.n == 0)
		return (struct sip_verdict){0};
	if (sip_msg_content_type(m, &type) < 0)
		return (struct sip_verdict){.status = 400,
					    .phrase = value.n > 0 ? "Malformed Content-Type"
								  : "Missing Content-Type"};
	if (accept->types && !named(accept->types, bare))
		return (struct sip_verdict){.status = 415, .detail = bare};
	if (encoding.n > 0 && !str_ieq(encoding, STR("identity")))
		return (struct sip_verdict){.status = 415, .detail = encoding};
	return (struct sip_verdict){0};
}

/* 406 for an INVITE whose sender could not read our session description. */
static struct sip_verdict check_accept(const struct sip_msg *m)
{
	struct sip_items it = sip_msg_items(m, SIP_HDR_ACCEPT);
	struct sip_type type;
	struct str item;
	bool any = false;

	while (sip_items_next(&it, &item) > 0) {
		if (sip_type_parse(item, &type) == 0 && sip_type_is(&type, STR("application"), STR("sdp")))
			return (struct sip_verdict){0};
		any = true;
	}
	return (struct sip_verdict){.status = any ? 406 : 0};
}

struct sip_verdict sip_check_request(const struct sip_msg *m, const struct sip_accept *accept)
{
	struct sip_verdict verdict;

	if (m->fault)
		return (struct sip_verdict){.status = m->fault_status, .phrase = m->fault};
	if (m->method == SIP_METHOD_OTHER)
		return (struct sip_verdict){.status = 501};
	if ((accept->methods & SIP_METHOD_BIT(m->method)) == 0)
		return (struct sip_verdict){.status = 405};
	if (m->uri.scheme == SIP_SCHEME_OTHER)
		return (struct sip_verdict){.status = 416};
	if (m->max_forwards == 0)
		return (struct sip_verdict){.status = 483};
	verdict = check_options(m, accept);
	if (verdict.status == 0)
		verdict = check_content(m, accept);
	if (verdict.status == 0 && m->method == SIP_INVITE && accept->types)
		verdict = check_accept(m);
	return verdict;
}
