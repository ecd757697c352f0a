#include "app/providers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/optvalue.h"
#include "provider/llm/llm.h"
#include "provider/stt/stt.h"
#include "provider/tts/tts.h"

#define WORDS_BYTES 512

/* ---- checking ---- */

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
	static const char *const jobs[] = {
		[USAGE_STT] = "recogniser", [USAGE_LLM] = "language model", [USAGE_TTS] = "voice"};
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

static void check_stage(const struct config *c, const struct tree_node *pipeline, const char *key,
			enum usage_kind kind, struct tree_errors *errors)
{
	const struct tree_node *stage = tree_find(pipeline, str_from(key));

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

static void check_authority(const struct config *c, const struct tree_node *root, struct tree_errors *errors)
{
	const struct tree_node *network = tree_find(root, STR("network"));
	const struct tree_node *node = network ? tree_find(network, STR("authority")) : NULL;

	if (node && access(c->network.authority.p, R_OK) < 0)
		tree_errors_add(errors, node->at, "'authority': cannot read " STR_FMT ": %s",
				STR_ARG(c->network.authority), strerror(errno));
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
		else
			check_key(&s[i], node->key_at, errors);
	}
	check_authority(c, root, errors);
	if (!pipeline)
		return;
	check_stage(c, pipeline, "stt", USAGE_STT, errors);
	check_stage(c, pipeline, "llm", USAGE_LLM, errors);
	check_stage(c, pipeline, "deep", USAGE_LLM, errors);
	check_stage(c, pipeline, "tts", USAGE_TTS, errors);
}

/* ---- finding ---- */

const struct service *providers_find(const struct config *c, struct str name)
{
	const struct service *s = c->providers.at;

	for (size_t i = 0; i < c->providers.count; i++)
		if (str_eq(s[i].name, name))
			return &s[i];
	return NULL;
}

struct opt_strs providers_stage(const struct config *c, enum usage_kind kind)
{
	switch (kind) {
	case USAGE_STT:
		return c->pipeline.stt;
	case USAGE_TTS:
		return c->pipeline.tts;
	case USAGE_LLM:
	case USAGE_KINDS_:
		break;
	}
	return c->pipeline.llm;
}

bool providers_want_local(const struct config *c, enum usage_kind kind)
{
	struct opt_strs names = providers_stage(c, kind);

	for (size_t i = 0; i < names.count; i++)
		if (str_eq(names.at[i], STR(VENDOR_LOCAL)))
			return true;
	return false;
}

/* ---- listing ---- */

struct ability {
	unsigned bit;
	const char *name;
};

static const struct ability stt_can[] = {{STT_PARTIALS, "partials"},
					 {STT_LIKELY, "early finals"},
					 {STT_ENDPOINTS, "turns"},
					 {STT_LOCAL, "local"}};
static const struct ability llm_can[] = {{LLM_TOOLS, "tools"}, {LLM_LOCAL, "local"}};
static const struct ability tts_can[] = {
	{TTS_MARKS, "word marks"}, {TTS_TAKES_PIECES, "streams text"}, {TTS_LOCAL, "local"}};

static const struct {
	const struct ability *at;
	size_t count;
} abilities[] = {
	[USAGE_STT] = {stt_can, ARRAY_LEN(stt_can)},
	[USAGE_LLM] = {llm_can, ARRAY_LEN(llm_can)},
	[USAGE_TTS] = {tts_can, ARRAY_LEN(tts_can)},
};

static const char *const keys[] = {
	[VENDOR_KEY_NONE] = "none", [VENDOR_KEY_OPTIONAL] = "optional", [VENDOR_KEY_NEEDED] = "needed"};

/* Calls fn with the name of each service of that type. */
static void each_service(const struct config *c, const struct vendor *v,
			 void (*fn)(void *arg, struct str name), void *arg)
{
	const struct service *s = c ? c->providers.at : NULL;

	for (size_t i = 0; c && i < c->providers.count; i++)
		if (str_eq(s[i].type, str_from(v->type)))
			fn(arg, s[i].name);
}

static void add_word(void *arg, struct str word)
{
	struct buf *b = arg;

	buf_printf(b, "%s" STR_FMT, b->n > 0 ? ", " : "", STR_ARG(word));
}

static void add_abilities(const struct vendor *v, struct buf *words)
{
	for (size_t i = 0; i < abilities[v->kind].count; i++)
		if (v->can & abilities[v->kind].at[i].bit)
			add_word(words, str_from(abilities[v->kind].at[i].name));
}

enum column {
	COLUMN_KIND,
	COLUMN_TYPE,
	COLUMN_NAME,
	COLUMN_CAN,
	COLUMN_KEY,
	COLUMN_ENV,
	COLUMN_REAL,
	COLUMN_AS,
	COLUMN_COUNT_
};

static const char *const heads[] = {"KIND", "TYPE",       "NAME",         "CAN",
				    "KEY",  "USUALLY IN", "REAL SERVICE", "CONFIGURED AS"};

/* What stands in a column of the vendor's row; `words` is room for it. */
static struct str cell(const struct config *c, const struct vendor *v, enum column column, struct buf *words)
{
	buf_clear(words);
	switch (column) {
	case COLUMN_KIND:
		return str_from(usage_kind_name(v->kind));
	case COLUMN_TYPE:
		return str_from(v->type);
	case COLUMN_NAME:
		return str_from(v->title);
	case COLUMN_CAN:
		add_abilities(v, words);
		break;
	case COLUMN_KEY:
		return str_from(keys[v->key]);
	case COLUMN_ENV:
		return str_from(v->key_env ? v->key_env : "-");
	case COLUMN_REAL:
		return v->tried ? STR("tried") : STR("simulated only");
	case COLUMN_AS:
		each_service(c, v, add_word, words);
		break;
	case COLUMN_COUNT_:
		break;
	}
	return words->n > 0 ? buf_str(words) : STR("-");
}

static int width(const struct config *c, enum column column, struct buf *words)
{
	size_t n = strlen(heads[column]);

	for (size_t i = 0; i < vendors_count; i++)
		n = MAX(n, cell(c, &vendors[i], column, words).n);
	return (int)n;
}

static void add_cell(struct buf *out, struct str text, int width, enum column column)
{
	bool last = column == COLUMN_AS;

	buf_printf(out, "%-*.*s%s", last ? 0 : width, STR_ARG(text), last ? "\n" : "  ");
}

void providers_table(const struct config *c, struct buf *out)
{
	int widths[COLUMN_COUNT_];
	struct buf words;

	buf_init(&words, WORDS_BYTES);
	for (int k = 0; k < COLUMN_COUNT_; k++) {
		widths[k] = width(c, (enum column)k, &words);
		add_cell(out, str_from(heads[k]), widths[k], (enum column)k);
	}
	for (size_t i = 0; i < vendors_count; i++)
		for (int k = 0; k < COLUMN_COUNT_; k++)
			add_cell(out, cell(c, &vendors[i], (enum column)k, &words), widths[k],
				 (enum column)k);
	buf_fini(&words);
}

static void add_string(void *arg, struct str word)
{
	json_str(arg, NULL, word);
}

static void add_object(const struct config *c, const struct vendor *v, struct json_out *w)
{
	json_map(w, NULL);
	json_str(w, "type", str_from(v->type));
	json_str(w, "kind", str_from(usage_kind_name(v->kind)));
	json_str(w, "name", str_from(v->title));
	json_list(w, "capabilities");
	for (size_t i = 0; i < abilities[v->kind].count; i++)
		if (v->can & abilities[v->kind].at[i].bit)
			json_str(w, NULL, str_from(abilities[v->kind].at[i].name));
	json_end(w);
	json_str(w, "key", str_from(keys[v->key]));
	if (v->key_env) {
		json_str(w, "key_env", str_from(v->key_env));
		json_bool(w, "key_present", getenv(v->key_env) != NULL);
	}
	json_list(w, "configured");
	each_service(c, v, add_string, w);
	json_end(w);
	json_str(w, "real_service", v->tried ? STR("tried") : STR("simulated only"));
	json_end(w);
}

void providers_json(const struct config *c, struct buf *out)
{
	struct json_out w;

	json_begin(&w, out);
	json_map(&w, NULL);
	json_list(&w, "providers");
	for (size_t i = 0; i < vendors_count; i++)
		add_object(c, &vendors[i], &w);
	json_end(&w);
	json_end(&w);
	buf_add_char(out, '\n');
}
