#include "app/providers.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "provider/llm/llm.h"
#include "provider/stt/stt.h"
#include "provider/tts/tts.h"

#define WORDS_BYTES 512

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

static bool has(struct opt_strs names, struct str name)
{
	for (size_t i = 0; i < names.count; i++)
		if (str_eq(names.at[i], name))
			return true;
	return false;
}

bool providers_names(const struct config *c, struct str name, enum usage_kind kind)
{
	return has(providers_stage(c, kind), name) || (kind == USAGE_LLM && has(c->pipeline.deep, name));
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

static const char *const heads[] = {"KIND", "TYPE",       "NAME",       "CAN",
				    "KEY",  "USUALLY IN", "TRIED WITH", "CONFIGURED AS"};

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
		return v->tried ? str_from(v->tried) : STR("simulated only");
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
	if (v->tried)
		json_str(w, "tried_with", str_from(v->tried));
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
