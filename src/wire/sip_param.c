#include "wire/sip_param.h"

#include <errno.h>

#include "wire/sip_lex.h"

/* Cuts the value behind "=" off `*s`, with the blanks after it. */
static bool cut_value(struct str *s, struct str *ret_value)
{
	size_t n;

	if (s->n > 0 && s->p[0] == '"')
		n = sip_lex_quoted(*s);
	else
		n = sip_lex_span(*s, SIP_LEX_VALUE);
	if (n == 0)
		return false;
	*ret_value = (struct str){s->p, n};
	*s = sip_lex_skip(sip_lex_rest(*s, n));
	return true;
}

int sip_param_next(struct str *rest, struct sip_param *ret_param)
{
	struct str s = sip_lex_skip(*rest);
	struct sip_param param = {0};

	if (s.n == 0)
		return 0;
	sip_lex_take(&s, ';');
	param.name = sip_lex_cut(&s, SIP_LEX_TOKEN | SIP_LEX_URIPARAM);
	if (param.name.n == 0)
		return -EBADMSG;
	if (sip_lex_take(&s, '=') && !cut_value(&s, &param.value))
		return -EBADMSG;
	if (s.n > 0 && s.p[0] != ';')
		return -EBADMSG;
	if (s.n > 0 && sip_lex_skip(sip_lex_rest(s, 1)).n == 0)
		return -EBADMSG;
	*rest = s;
	*ret_param = param;
	return 1;
}

int sip_param_check(struct str params, const char *const *unique)
{
	struct sip_param param;
	unsigned seen = 0;
	int rc;

	while ((rc = sip_param_next(&params, &param)) > 0) {
		for (unsigned i = 0; unique && unique[i]; i++) {
			if (!str_ieq(param.name, str_from(unique[i])))
				continue;
			if (seen & 1u << i)
				return -EBADMSG;
			seen |= 1u << i;
		}
	}
	return rc;
}

bool sip_param_find(struct str params, struct str name, struct str *ret_value)
{
	struct sip_param param;

	while (sip_param_next(&params, &param) > 0) {
		if (str_ieq(param.name, name)) {
			*ret_value = param.value;
			return true;
		}
	}
	return false;
}

int sip_param_int(struct str params, struct str name, int64_t max, int64_t *ret_value)
{
	struct str text;

	if (!sip_param_find(params, name, &text))
		return -ENOENT;
	if (!sip_lex_all(text, SIP_LEX_DIGIT))
		return -EBADMSG;
	return str_to_int(text, 0, max, ret_value) < 0 ? -EBADMSG : 0;
}

int sip_param_next_comma(struct str *rest, struct sip_param *ret_param)
{
	struct str s = sip_lex_skip(*rest);
	struct sip_param param = {0};

	if (s.n == 0)
		return 0;
	param.name = sip_lex_cut(&s, SIP_LEX_TOKEN);
	if (param.name.n == 0 || !sip_lex_take(&s, '=') || !cut_value(&s, &param.value))
		return -EBADMSG;
	if (s.n > 0 && (!sip_lex_take(&s, ',') || s.n == 0))
		return -EBADMSG;
	*rest = s;
	*ret_param = param;
	return 1;
}

struct str sip_param_bare(struct str value)
{
	return value.n >= 2 && value.p[0] == '"' ? str_sub(value, 1, value.n - 2) : value;
}

struct str sip_param_unquote(struct str value, char *buf, size_t size)
{
	bool quoted = value.n >= 2 && value.p[0] == '"';
	size_t end = quoted ? value.n - 1 : value.n, n = 0;

	for (size_t i = quoted; i < end && n < size; i++) {
		if (quoted && value.p[i] == '\\' && i + 1 < end)
			i++;
		buf[n++] = value.p[i];
	}
	return (struct str){buf, n};
}
