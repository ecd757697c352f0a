/* Looking closely at what a client sends. */
#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/mem.h"
#include "vendors/sim.h"

bool vendor_one_of(struct str text, const char *list)
{
	struct str rest = str_from(list);

	while (rest.n)
		if (str_eq(str_cut(&rest, '|'), text))
			return true;
	return false;
}

static void tell(struct vendor_session *s, char why[160], const char *fmt, ...) printf_like(3, 4);

static void tell(struct vendor_session *s, char why[160], const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	vendor_wrong(s, "%s", text);
	if (!why[0])
		memcpy(why, text, sizeof(text));
}

static bool in_range(const struct vendor_rule *r, double value)
{
	return (r->min == 0 && r->max == 0) || (value >= r->min && value <= r->max);
}

/* ---- queries ---- */

static bool query_value_fits(const struct vendor_rule *r, struct str value)
{
	int64_t n;
	double x;

	switch (r->type) {
	case VENDOR_BOOL:
		return vendor_one_of(value, "true|false");
	case VENDOR_INT:
		return str_to_int(value, INT64_MIN, INT64_MAX, &n) == 0 && in_range(r, (double)n);
	case VENDOR_NUM:
		return str_to_num(value, &x) == 0 && in_range(r, x);
	case VENDOR_TEXT:
	case VENDOR_LIST:
	case VENDOR_MAP:
	case VENDOR_ANY:
		return !r->only || vendor_one_of(value, r->only);
	}
	return false;
}

static const struct vendor_rule *find_rule(const struct vendor_rule *rules, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(name, str_from(rules[i].name)))
			return &rules[i];
	return NULL;
}

bool vendor_check_query(struct vendor_session *s, const struct vendor_rule *rules, size_t n, char why[160])
{
	struct str name, value, again;

	why[0] = '\0';
	for (unsigned i = 0; vendor_query_at(s, i, &name, &value); i++) {
		const struct vendor_rule *r = find_rule(rules, n, name);

		if (!r)
			tell(s, why, "there is no parameter " STR_FMT, STR_ARG(name));
		else if (!query_value_fits(r, value))
			tell(s, why, STR_FMT " may not be '" STR_FMT "'", STR_ARG(name), STR_ARG(value));
		else if (r->must != VENDOR_MANY && vendor_query(s, r->name, 1, &again))
			tell(s, why, "%s stands there twice", r->name);
	}
	for (size_t i = 0; i < n; i++)
		if (rules[i].must == VENDOR_MUST && !vendor_query(s, rules[i].name, 0, &value))
			tell(s, why, "%s is missing", rules[i].name);
	return !why[0];
}

/* ---- maps ---- */

static bool member_fits(const struct vendor_rule *r, const struct json *value)
{
	enum json_kind kind = json_kind(value);

	switch (r->type) {
	case VENDOR_BOOL:
		return kind == JSON_KIND_BOOL;
	case VENDOR_INT:
		return kind == JSON_KIND_INT && in_range(r, json_num_or(value, "", 0));
	case VENDOR_NUM:
		return (kind == JSON_KIND_INT || kind == JSON_KIND_NUM) &&
		       in_range(r, json_num_or(value, "", 0));
	case VENDOR_LIST:
		return kind == JSON_KIND_LIST;
	case VENDOR_MAP:
		return kind == JSON_KIND_MAP;
	case VENDOR_TEXT:
		return kind == JSON_KIND_STR &&
		       (!r->only || vendor_one_of(json_str_or(value, "", STR("")), r->only));
	case VENDOR_ANY:
		return true;
	}
	return false;
}

struct walk {
	struct vendor_session *s;
	const struct vendor_rule *rules;
	size_t n;
	char *why;
};

static int check_member(struct str key, const struct json *value, void *arg)
{
	struct walk *w = arg;
	const struct vendor_rule *r = find_rule(w->rules, w->n, key);

	if (!r)
		tell(w->s, w->why, "there is no member " STR_FMT, STR_ARG(key));
	else if (!member_fits(r, value) && (r->must == VENDOR_MUST || json_kind(value) != JSON_KIND_NULL))
		tell(w->s, w->why, "%s may not be what it is", r->name);
	return 0;
}

bool vendor_check_json(struct vendor_session *s, const struct json *map, const struct vendor_rule *rules,
		       size_t n, char why[160])
{
	struct walk w = {s, rules, n, why};

	why[0] = '\0';
	if (json_kind(map) != JSON_KIND_MAP)
		tell(s, why, "it is no map");
	json_each(map, check_member, &w);
	for (size_t i = 0; i < n; i++)
		if (rules[i].must == VENDOR_MUST && !json_find(map, rules[i].name))
			tell(s, why, "%s is missing", rules[i].name);
	return !why[0];
}

struct json *vendor_json(struct vendor_session *s, struct str text)
{
	const struct json_limits limits = {.bytes = 32u << 20, .depth = 64};
	struct json_problem problem = {0};
	struct json *doc = NULL;

	if (json_parse(text, &limits, &problem, &doc) < 0)
		vendor_wrong(s, "it is not JSON: %s", problem.text);
	return doc;
}

/* ---- base64 ---- */

bool vendor_unbase64(struct str text, struct buf *out)
{
	size_t pad = str_ends(text, STR("==")) ? 2 : str_ends(text, STR("=")) ? 1 : 0;
	unsigned char *bytes = text.n % 4 ? NULL : mem_alloc(text.n / 4 * 3 + 1);
	int n;

	if (!bytes)
		return false;
	n = str_chr(str_sub(text, 0, text.n - pad), '=') < text.n - pad
		    ? -1
		    : EVP_DecodeBlock(bytes, (const unsigned char *)(text.n ? text.p : ""), (int)text.n);
	if (n >= 0)
		buf_add(out, bytes, (size_t)n - pad);
	mem_free(bytes);
	return n >= 0;
}

void vendor_base64(struct str bytes, struct buf *out)
{
	char *text = mem_alloc((bytes.n + 2) / 3 * 4 + 1);

	if (!text) {
		out->error = -ENOMEM;
		return;
	}
	buf_add(out, text,
		(size_t)EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)bytes.p, (int)bytes.n));
	mem_free(text);
}
