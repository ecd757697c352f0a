/* providers_check.c - what is wrong with the services that a configuration names */
#include "app/providers.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/optvalue.h"
#include "net/proxy.h"

static const char *const jobs[] = {
	[USAGE_STT] = "recogniser", [USAGE_LLM] = "language model", [USAGE_TTS] = "voice"};

/* ---- a service ---- */

static bool is_known(struct str type)
{
	for (int k = 0; k < USAGE_KINDS_; k++)
		if (vendor_find(type, (enum usage_kind)k))
			return true;
	return false;
}

static void refuse_type(const struct service *s, struct tree_pos at, struct tree_errors *errors)
{
	struct optvalue_nearest n = {.word = s->type};

	for (size_t i = 0; i < vendors_count; i++)
		optvalue_try(&n, vendors[i].type);
	tree_errors_add(
		errors, at, "there is no provider of type '" STR_FMT "'%s%s%s; see `offhook providers`",
		STR_ARG(s->type), n.best ? "; did you mean '" : "", n.best ? n.best : "", n.best ? "'?" : "");
}

/* A name that no provider bears, with the one that was probably meant. */
static void refuse_unknown(const struct config *c, const char *key, const struct tree_node *name,
			   struct tree_errors *errors)
{
	struct optvalue_nearest n = {.word = name->text};

	for (size_t i = 0; i < c->providers.count; i++)
		optvalue_try(&n, ((const struct service *)c->providers.at)[i].name.p);
	optvalue_try(&n, VENDOR_LOCAL);
	tree_errors_add(errors, name->at, "%s: '" STR_FMT "': there is no provider of that name%s%s%s", key,
			STR_ARG(name->text), n.best ? "; did you mean '" : "", n.best ? n.best : "",
			n.best ? "'?" : "");
}

static void check_name(const struct config *c, const char *key, enum usage_kind kind,
		       const struct tree_node *name, struct tree_errors *errors)
{
	const struct service *s = providers_find(c, name->text);
	bool local = str_eq(name->text, STR(VENDOR_LOCAL));

	if (local && !vendor_find(name->text, kind))
		tree_errors_add(errors, name->at, "%s: '" VENDOR_LOCAL "': there is no %s in this process",
				key, jobs[kind]);
	else if (!local && !s)
		refuse_unknown(c, key, name, errors);
	else if (s && is_known(s->type) && !vendor_find(s->type, kind))
		tree_errors_add(errors, name->at,
				"%s: '" STR_FMT "': type '" STR_FMT "' is no %s; see `offhook providers`",
				key, STR_ARG(name->text), STR_ARG(s->type), jobs[kind]);
}

void providers_check_stage(const struct config *c, const struct tree_node *section, const char *key,
			   enum usage_kind kind, struct tree_errors *errors)
{
	const struct tree_node *stage = tree_find(section, str_from(key));

	if (!stage || stage->kind != TREE_LIST)
		return;
	TREE_EACH(name, stage)
	{
		check_name(c, key, kind, name, errors);
	}
}

/* The vendor's own service answers nobody without a key. */
static void check_key(const struct service *s, struct tree_pos at, struct tree_errors *errors)
{
	for (size_t i = 0; i < vendors_count; i++) {
		const struct vendor *v = &vendors[i];

		if (!str_eq(s->type, str_from(v->type)) || v->key != VENDOR_KEY_NEEDED ||
		    !service_lacks_key(s))
			continue;
		tree_errors_add(errors, at,
				"'" STR_FMT "' wants a key, such as `key: ${%s}`; "
				"only a server of your own, with a url, may do without",
				STR_ARG(s->name), v->key_env ? v->key_env : "NAME");
		return;
	}
}

/* ---- what it lacks ---- */

static void refuse_lack(const struct service *s, const struct vendor *v, struct tree_pos at,
			struct tree_errors *errors)
{
	static const struct {
		enum vendor_need need;
		const char *what, *write;
	} needs[] = {
		{VENDOR_NEEDS_URL, "url", "url: https://HOST..."},
		{VENDOR_NEEDS_MODEL, "model", "model: NAME"},
		{VENDOR_NEEDS_PLACE, "region or a url", "region: NAME"},
	};
	unsigned lacks = vendor_lacks(v, s);

	for (size_t i = 0; i < ARRAY_LEN(needs); i++)
		if (lacks & needs[i].need)
			tree_errors_add(
				errors, at, "'" STR_FMT "' is a %s of type %s and needs a %s: write `%s`",
				STR_ARG(s->name), jobs[v->kind], v->type, needs[i].what, needs[i].write);
}

void providers_check_needs(const struct service *s, enum usage_kind kind, struct tree_pos at,
			   struct tree_errors *errors)
{
	const struct vendor *v = vendor_find(s->type, kind);

	if (v)
		refuse_lack(s, v, at, errors);
}

/* What the pipeline names it for must be possible; of what nobody names it for, one thing at least. */
static void check_needs(const struct config *c, const struct service *s, struct tree_pos at,
			struct tree_errors *errors)
{
	const struct vendor *lacking = NULL;
	bool named = false, useful = false;

	for (int k = 0; k < USAGE_KINDS_; k++) {
		const struct vendor *v = vendor_find(s->type, (enum usage_kind)k);
		bool here = v && providers_names(c, s->name, (enum usage_kind)k);

		if (here)
			refuse_lack(s, v, at, errors);
		if (v && vendor_lacks(v, s))
			lacking = v;
		named |= here;
		useful |= v && !vendor_lacks(v, s);
	}
	if (!named && !useful && lacking)
		refuse_lack(s, lacking, at, errors);
}

/* ---- the whole ---- */

static void check_network(const struct config *c, const struct tree_node *root, struct tree_errors *errors)
{
	const struct tree_node *network = tree_find(root, STR("network"));
	const struct tree_node *authority = tree_find(network, STR("authority"));
	const struct tree_node *proxy = tree_find(network, STR("proxy"));
	struct proxy parsed;

	if (authority && access(c->network.authority.p, R_OK) < 0)
		tree_errors_add(errors, authority->at, "'authority': cannot read " STR_FMT ": %s",
				STR_ARG(c->network.authority), strerror(errno));
	if (proxy && proxy_parse(c->network.proxy, &parsed) == -EINVAL) /* it may hold a password */
		tree_errors_add(
			errors, proxy->at,
			"'proxy' must be http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, with %%XX "
			"for what is special in the password");
}

void providers_check(const struct config *c, const struct tree_node *root, struct tree_errors *errors)
{
	const struct tree_node *section = tree_find(root, STR("providers"));
	const struct tree_node *pipeline = tree_find(root, STR("pipeline"));
	const struct service *s = c->providers.at;

	for (size_t i = 0; i < c->providers.count; i++) {
		const struct tree_node *node = tree_find(section, s[i].name);

		if (str_eq(s[i].name, STR(VENDOR_LOCAL)) || str_eq(s[i].type, STR(VENDOR_LOCAL)))
			tree_errors_add(errors, node->key_at,
					"'" VENDOR_LOCAL
					"' is what is in this process: name it in the pipeline, "
					"it needs no provider");
		else if (!is_known(s[i].type))
			refuse_type(&s[i], node->at, errors);
		else {
			check_key(&s[i], node->key_at, errors);
			check_needs(c, &s[i], node->key_at, errors);
		}
	}
	check_network(c, root, errors);
	if (!pipeline)
		return;
	providers_check_stage(c, pipeline, "stt", USAGE_STT, errors);
	providers_check_stage(c, pipeline, "llm", USAGE_LLM, errors);
	providers_check_stage(c, pipeline, "deep", USAGE_LLM, errors);
	providers_check_stage(c, pipeline, "tts", USAGE_TTS, errors);
}
