#include "provider/service.h"

#include <string.h>

#include "wire/url.h"

#define FIRST_LIMIT      USEC_MS(1500) /* final text, first sound */
#define FIRST_WORD_LIMIT USEC_MS(2500) /* of a language model */

#define KEY_MIN 4 /* bytes; shorter ones would stand in half the words there are */

/* A header takes it as it is; what it holds is not repeated to anybody. */
static const char *wrong_with_key(struct str key)
{
	if (key.n > SERVICE_KEY_MAX)
		return "the key is too long to be one: is that the right file?";
	for (size_t i = 0; i < key.n; i++)
		if (key.p[i] <= ' ' || key.p[i] >= 0x7f)
			return "the key holds a blank, a line break or a letter that no key has";
	return NULL;
}

static void check_key(const struct service *s, const struct tree_node *node, struct tree_errors *errors)
{
	const struct tree_node *at = tree_find(node, STR("key"));
	const char *wrong = wrong_with_key(s->key);

	if (at && wrong)
		tree_errors_add(errors, at->at, "%s", wrong);
}

/* It becomes part of a host's name. */
static bool is_region(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = str_lower(s.p[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return true;
}

static void check_region(const struct service *s, const struct tree_node *node, struct tree_errors *errors)
{
	const struct tree_node *at = tree_find(node, STR("region"));

	if (at && !is_region(s->region))
		tree_errors_add(errors, at->at, "region: '" STR_FMT "' is none: letters, digits and hyphens",
				STR_ARG(s->region));
}

static void check_service(const void *loaded, const struct tree_node *node, struct tree_errors *errors)
{
	const struct service *s = loaded;

	if (!node)
		return;
	check_key(s, node, errors);
	check_region(s, node, errors);
	for (size_t i = 0; i < s->extra.count; i++) {
		struct str pair = s->extra.at[i];
		size_t cut = str_chr(pair, '=');

		if (cut == 0 || cut == pair.n)
			tree_errors_add(errors, node->at, "extra: '" STR_FMT "' is not name=value",
					STR_ARG(pair));
	}
}

static const struct opt service_opts[] = {
	OPT_KEY("name", struct service, name, .help = "How the rest of the configuration calls it."),
	OPT_STR("type", struct service, type, .required = true,
		.help = "Whose protocol it speaks; `offhook providers` lists them."),
	OPT_STR("url", struct service, url,
		.help = "Where it is, when it is not the vendor's own: a regional host, your own server."),
	OPT_SECRET("key", struct service, key, .help = "The key it wants, as ${NAME} or file:PATH."),
	OPT_STR("model", struct service, model, .help = "The vendor's name of the model."),
	OPT_STR("voice", struct service, voice, .help = "The vendor's name of the voice."),
	OPT_STR("region", struct service, region, .help = "Where the vendor names hosts by region."),
	OPT_STR("version", struct service, version,
		.help = "Of the vendor's interface, when not the usual one."),
	OPT_INT("window", struct service, window, .preset = "0", .min = 0, .max = 10000000,
		.help = "Tokens that a language model can hold; 0 is what its vendor says."),
	OPT_INT("spares", struct service, spares, .preset = "0", .min = 0, .max = 64,
		.help = "Connections kept open in advance, so that no call waits for a handshake."),
	OPT_BOOL("prepare", struct service, prepare, .preset = "true",
		 .help = "Whether this voice may speak fixed phrases beforehand (pipeline.prepare); false "
			 "where the "
			 "vendor's terms forbid keeping its sound on disk."),
	OPT_MS("connect_ms", struct service, connect_limit, .preset = "3000", .min = 100, .max = 60000,
	       .help = "How long name, connection and handshake may take."),
	OPT_MS("first_ms", struct service, first_limit, .preset = "0", .min = 0, .max = 60000,
	       .help = "How long the final text, the first word or the first sound may take; 0 is 1.5 s, and "
		       "2.5 s "
		       "for a language model."),
	OPT_MS("stall_ms", struct service, stall_limit, .preset = "3000", .min = 100, .max = 60000,
	       .help = "How long an answer may pause in its middle."),
	OPT_STRS("extra", struct service, extra, .min = 0, .max = 32,
		 .help = "What only this vendor knows, each as name=value; sent along as it is."),
};

const struct opt_table service_table =
	OPT_TABLE("provider", struct service, service_opts, .check = check_service,
		  .help = "A recogniser, language model or voice on the network.");

void service_extra_at(const struct service *s, size_t i, struct str *ret_name, struct str *ret_value)
{
	*ret_value = s->extra.at[i];
	*ret_name = str_cut(ret_value, '=');
}

usec service_first_limit(const struct service *s, enum usage_kind kind)
{
	if (s->first_limit > 0)
		return s->first_limit;
	return kind == USAGE_LLM ? FIRST_WORD_LIMIT : FIRST_LIMIT;
}

struct str service_extra(const struct service *s, const char *name, struct str fallback)
{
	struct str at, value;

	for (size_t i = 0; i < s->extra.count; i++) {
		service_extra_at(s, i, &at, &value);
		if (str_eq(at, str_from(name)))
			return value;
	}
	return fallback;
}

bool service_extra_has(const struct service *s, const char *name)
{
	return service_extra(s, name, (struct str){0}).p != NULL;
}

void service_extra_query(const struct service *s, struct buf *url)
{
	struct str name, value;

	for (size_t i = 0; i < s->extra.count; i++) {
		service_extra_at(s, i, &name, &value);
		url_query(url, name, value);
	}
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* As JSON writes numbers: 007, .5 and 1. are none. */
static bool is_number(struct str value)
{
	struct str v = str_starts(value, STR("-")) ? str_sub(value, 1, value.n) : value;
	double number;

	return str_to_num(value, &number) == 0 && is_digit(v.p[0]) && is_digit(v.p[v.n - 1]) &&
	       (v.n == 1 || v.p[0] != '0' || v.p[1] == '.');
}

static bool is_raw(struct str value)
{
	return str_eq(value, STR("true")) || str_eq(value, STR("false")) || is_number(value);
}

void service_extra_json(const struct service *s, struct json_out *w)
{
	struct str name, value;

	for (size_t i = 0; i < s->extra.count; i++) {
		service_extra_at(s, i, &name, &value);
		json_key(w, name);
		if (is_raw(value))
			json_raw(w, NULL, value);
		else
			json_str(w, NULL, value);
	}
}

/* Where the key stands, or its beginning at the end of words that were cut short; words.n = nowhere. */
static size_t find_key(struct str words, struct str key)
{
	size_t at = key.n >= KEY_MIN ? str_find(words, key) : words.n;

	for (size_t n = MIN(words.n + 1, key.n); at == words.n && n-- > KEY_MIN;)
		if (str_ends(words, str_sub(key, 0, n)))
			at = words.n - n;
	return at;
}

struct str service_redact(const struct service *s, struct str words, char *buf, size_t size)
{
	size_t n = 0, take, at;

	while (words.n > 0 && n + 1 < size) {
		at = find_key(words, s->key);
		take = MIN(at, size - 1 - n);
		memcpy(buf + n, words.p, take);
		n += take;
		if (at == words.n)
			break;
		n += str_copy(STR("***"), buf + n, size - n);
		words = str_sub(words, at + s->key.n, words.n);
	}
	buf[n] = '\0';
	return (struct str){buf, n};
}
