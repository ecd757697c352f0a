#include "wire/sip_header.h"

#include <errno.h>
#include <string.h>

#include "wire/sip_lex.h"

int sip_header_next(struct str *rest, struct str *ret_item)
{
	struct str s = sip_lex_skip(*rest), item;
	bool bracket = false;
	size_t i = 0;

	if (s.n == 0)
		return 0;
	for (; i < s.n && (bracket || s.p[i] != ','); i++) {
		if (s.p[i] == '"' && !bracket) {
			size_t n = sip_lex_quoted(sip_lex_rest(s, i));

			if (n == 0)
				return -EBADMSG;
			i += n - 1;
		} else if (s.p[i] == '<') {
			bracket = true;
		} else if (s.p[i] == '>') {
			bracket = false;
		}
	}
	item = str_trim(str_sub(s, 0, i));
	if (bracket || item.n == 0)
		return -EBADMSG;
	if (i < s.n) {
		s = sip_lex_skip(sip_lex_rest(s, i + 1));
		if (s.n == 0)
			return -EBADMSG;
	} else {
		s = sip_lex_rest(s, i);
	}
	*rest = s;
	*ret_item = item;
	return 1;
}

/* ---- addresses ---- */

/* Cuts the display name and "<uri>" off `*s`. */
static int cut_name_addr(struct str *s, size_t display_n, struct sip_addr *addr)
{
	struct str rest = sip_lex_skip(sip_lex_rest(*s, display_n));
	size_t n;

	addr->display = str_trim(str_sub(*s, 0, display_n));
	if (rest.n == 0 || rest.p[0] != '<')
		return -EBADMSG;
	rest = sip_lex_rest(rest, 1);
	n = str_chr(rest, '>');
	if (n == rest.n)
		return -EBADMSG;
	addr->uri = str_sub(rest, 0, n);
	*s = sip_lex_skip(sip_lex_rest(rest, n + 1));
	return 0;
}

/* A bare URI: no "," or "?" in it, and what follows ";" belongs to the header. */
static int cut_addr_spec(struct str *s, struct sip_addr *addr)
{
	size_t n = 0;

	while (n < s->n && s->p[n] != ';' && !sip_lex_is(s->p[n], SIP_LEX_BLANK)) {
		if (s->p[n] == ',' || s->p[n] == '?')
			return -EBADMSG;
		n++;
	}
	addr->uri = str_sub(*s, 0, n);
	*s = sip_lex_skip(sip_lex_rest(*s, n));
	return 0;
}

/* What follows the address: parameters, of which a tag may be one. */
static int parse_addr_params(struct str s, struct sip_addr *addr)
{
	struct sip_param param;
	int rc;

	if (s.n > 0 && s.p[0] != ';')
		return -EBADMSG;
	if (s.n > 0) {
		addr->params = sip_lex_skip(sip_lex_rest(s, 1));
		if (addr->params.n == 0)
			return -EBADMSG;
	}
	while ((rc = sip_param_next(&s, &param)) > 0) {
		if (!str_ieq(param.name, STR("tag")))
			continue;
		if (addr->tag.n > 0 || !sip_lex_all(param.value, SIP_LEX_VALUE))
			return -EBADMSG;
		addr->tag = param.value;
	}
	return rc;
}

/* Length of a display name without quotes. The grammar has tokens only; people's names and telephone numbers
 * have more, and whatever has no separator in it cannot be mistaken for a URI. */
static size_t span_display(struct str s)
{
	size_t n = 0;

	while (n < s.n && !strchr(":;,<>\"", s.p[n]))
		n++;
	return n;
}

int sip_addr_parse(struct str value, struct sip_addr *ret_addr)
{
	struct str s = str_trim(value);
	struct sip_addr addr = {0};
	struct sip_uri uri;
	size_t n = 0;
	int rc;

	if (str_eq(s, STR("*"))) {
		*ret_addr = (struct sip_addr){.uri = s};
		return 0;
	}
	if (s.n > 0 && s.p[0] == '"') {
		n = sip_lex_quoted(s);
		rc = n > 0 ? cut_name_addr(&s, n, &addr) : -EBADMSG;
	} else {
		n = span_display(s);
		if (n < s.n && s.p[n] == '<')
			rc = cut_name_addr(&s, n, &addr);
		else
			rc = cut_addr_spec(&s, &addr);
	}
	if (rc < 0 || parse_addr_params(s, &addr) < 0 || sip_uri_parse(addr.uri, &uri) < 0)
		return -EBADMSG;
	*ret_addr = addr;
	return 0;
}

/* ---- Via ---- */

static int via_param(const struct sip_param *param, struct sip_via *via)
{
	struct str value = param->value;
	struct str *view = NULL;

	if (str_ieq(param->name, STR("branch")))
		view = &via->branch;
	else if (str_ieq(param->name, STR("received")))
		view = &via->received;
	else if (str_ieq(param->name, STR("maddr")))
		view = &via->maddr;
	if (view) {
		if (view->p || value.n == 0)
			return -EBADMSG;
		*view = value;
	} else if (str_ieq(param->name, STR("rport"))) {
		if (via->has_rport ||
		    (value.n > 0 && (!sip_uri_cut_port(&value, &via->rport) || value.n > 0)))
			return -EBADMSG;
		via->has_rport = true;
	}
	return 0;
}

static int via_params(struct str s, struct sip_via *via)
{
	struct sip_param param;
	int rc;

	if (s.n == 0)
		return 0;
	if (!sip_lex_take(&s, ';') || s.n == 0)
		return -EBADMSG;
	via->params = s;
	while ((rc = sip_param_next(&s, &param)) > 0)
		if (via_param(&param, via) < 0)
			return -EBADMSG;
	if (rc == 0 && via->received.n > 2 && via->received.p[0] == '[')
		via->received = str_sub(via->received, 1, via->received.n - 2);
	return rc;
}

int sip_via_parse(struct str value, struct sip_via *ret_via)
{
	struct str s = str_trim(value);
	struct sip_via via = {0};

	if (!str_ieq(sip_lex_cut(&s, SIP_LEX_TOKEN), STR("SIP")) || !sip_lex_take(&s, '/'))
		return -EBADMSG;
	via.version = sip_lex_cut(&s, SIP_LEX_TOKEN);
	if (via.version.n == 0 || !sip_lex_take(&s, '/'))
		return -EBADMSG;
	via.transport = sip_lex_cut(&s, SIP_LEX_TOKEN);
	if (via.transport.n == 0 || via.transport.p + via.transport.n == s.p ||
	    !sip_uri_cut_host(&s, &via.host))
		return -EBADMSG;
	s = sip_lex_skip(s);
	if (sip_lex_take(&s, ':') && !sip_uri_cut_port(&s, &via.port))
		return -EBADMSG;
	if (via_params(sip_lex_skip(s), &via) < 0)
		return -EBADMSG;
	*ret_via = via;
	return 0;
}

bool sip_via_has_cookie(const struct sip_via *via)
{
	const struct str cookie = STR("z9hG4bK");

	return via->branch.n > cookie.n && str_istarts(via->branch, cookie);
}

/* ---- the smaller ones ---- */

int sip_cseq_parse(struct str value, struct sip_cseq *ret_cseq)
{
	struct str s = str_trim(value);
	struct sip_cseq cseq;
	int64_t number;

	/* RFC 3261 section 8.1.1.5: less than 2^31. */
	if (str_to_int(sip_lex_cut(&s, SIP_LEX_DIGIT), 0, INT32_MAX, &number) < 0 ||
	    !sip_lex_all(s, SIP_LEX_TOKEN) || sip_lex_is(s.p[-1], SIP_LEX_DIGIT))
		return -EBADMSG;
	cseq.number = (uint32_t)number;
	cseq.method_name = s;
	cseq.method = sip_method_find(s);
	*ret_cseq = cseq;
	return 0;
}

/* Cuts "value" off "value;params": both trimmed, parameters checked. */
static int cut_params(struct str text, struct str *ret_value, struct str *ret_params)
{
	struct str s = str_trim(text);
	size_t n = str_chr(s, ';');

	*ret_value = str_trim(str_sub(s, 0, n));
	*ret_params = n < s.n ? sip_lex_skip(sip_lex_rest(s, n + 1)) : (struct str){0};
	if (n < s.n && ret_params->n == 0)
		return -EBADMSG;
	return sip_param_check(*ret_params, NULL);
}

int sip_event_parse(struct str value, struct sip_event *ret_event)
{
	struct sip_event event = {0};
	struct str params;

	if (cut_params(value, &event.package, &params) < 0 || !sip_lex_all(event.package, SIP_LEX_TOKEN))
		return -EBADMSG;
	if (sip_param_find(params, STR("id"), &event.id) && !sip_lex_all(event.id, SIP_LEX_TOKEN))
		return -EBADMSG;
	*ret_event = event;
	return 0;
}

/* A count of seconds among parameters; -1 when absent. */
static int param_seconds(struct str params, struct str name, int64_t *ret_sec)
{
	int rc = sip_param_int(params, name, UINT32_MAX, ret_sec);

	if (rc == -ENOENT)
		*ret_sec = -1;
	return rc == -EBADMSG ? rc : 0;
}

int sip_substate_parse(struct str value, struct sip_substate *ret_state)
{
	static const char *const names[] = {
		[SIP_SUB_ACTIVE] = "active",
		[SIP_SUB_PENDING] = "pending",
		[SIP_SUB_TERMINATED] = "terminated",
	};
	struct sip_substate state = {.state = SIP_SUB_OTHER};
	struct str name, params;

	if (cut_params(value, &name, &params) < 0 || !sip_lex_all(name, SIP_LEX_TOKEN))
		return -EBADMSG;
	for (unsigned i = 0; i < ARRAY_LEN(names); i++)
		if (str_ieq(name, str_from(names[i])))
			state.state = (enum sip_sub)i;
	sip_param_find(params, STR("reason"), &state.reason);
	if (param_seconds(params, STR("expires"), &state.expires_sec) < 0 ||
	    param_seconds(params, STR("retry-after"), &state.retry_after_sec) < 0)
		return -EBADMSG;
	*ret_state = state;
	return 0;
}

int sip_type_parse(struct str value, struct sip_type *ret_type)
{
	struct sip_type type;
	struct str s;

	if (cut_params(value, &s, &type.params) < 0)
		return -EBADMSG;
	type.type = sip_lex_cut(&s, SIP_LEX_TOKEN);
	if (type.type.n == 0 || !sip_lex_take(&s, '/') || !sip_lex_all(s, SIP_LEX_TOKEN))
		return -EBADMSG;
	type.subtype = s;
	*ret_type = type;
	return 0;
}

bool sip_type_is(const struct sip_type *t, struct str type, struct str subtype)
{
	return (str_eq(t->type, STR("*")) || str_ieq(t->type, type)) &&
	       (str_eq(t->subtype, STR("*")) || str_ieq(t->subtype, subtype));
}

int sip_seconds_parse(struct str value, uint32_t *ret_seconds)
{
	struct str s = str_trim(value);
	int64_t seconds;

	if (str_to_int(sip_lex_cut(&s, SIP_LEX_DIGIT), 0, UINT32_MAX, &seconds) < 0)
		return -EBADMSG;
	if (s.n > 0 && s.p[0] != '(' && s.p[0] != ';')
		return -EBADMSG;
	*ret_seconds = (uint32_t)seconds;
	return 0;
}

int sip_status_parse(struct str line, int *ret_status, struct str *ret_reason)
{
	struct str s = line, code;
	int64_t status;

	if (!str_istarts(s, STR("SIP/2.0 ")))
		return -EBADMSG;
	s = sip_lex_rest(s, STR("SIP/2.0 ").n);
	code = str_cut(&s, ' ');
	if (code.n != 3 || str_to_int(code, 100, 699, &status) < 0)
		return -EBADMSG;
	*ret_status = (int)status;
	*ret_reason = s;
	return 0;
}

int sip_frag_parse(struct str body, int *ret_status, struct str *ret_reason)
{
	struct str line = str_sub(body, 0, str_chr(body, '\n'));

	return sip_status_parse(str_trim(line), ret_status, ret_reason);
}
