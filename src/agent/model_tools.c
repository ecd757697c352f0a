#include "agent/model_tools.h"

#include <errno.h>

#include "agent/schema.h"

#define WORDS_BYTES 4000

const char model_tools_transfer[] = "transfer_to_human";
const char model_tools_end[] = "end_call";

static const char end_schema[] =
	"{\"type\":\"object\",\"properties\":{\"disposition\":{\"type\":\"string\",\"maxLength\":40,"
	"\"description\":\"What the call came to, in one word: booked, answered, message, not_interested\"}},"
	"\"required\":[\"disposition\"],\"additionalProperties\":false}";

/* Cold targets are for emergencies: those are found without a model. */
static bool write_targets(const struct agent *a, struct json_out *w)
{
	const struct agent_target *t = a->handoff.at;
	bool any = false;

	json_list(w, "enum");
	for (size_t i = 0; i < a->handoff.count; i++)
		if (!t[i].cold) {
			json_str(w, NULL, t[i].name);
			any = true;
		}
	json_end(w);
	return any;
}

static void write_text(struct json_out *w, const char *name, const char *about)
{
	json_map(w, name);
	json_str(w, "type", STR("string"));
	json_str(w, "description", str_from(about));
	json_int(w, "maxLength", 200);
	json_end(w);
}

static bool write_transfer(const struct agent *a, struct buf *out)
{
	struct json_out w;
	bool any;

	json_begin(&w, out);
	json_map(&w, NULL);
	json_str(&w, "type", STR("object"));
	json_map(&w, "properties");
	write_text(&w, "reason", "Why, in one sentence, for the colleague");
	json_map(&w, "to");
	any = write_targets(a, &w);
	json_end(&w);
	json_end(&w);
	json_list(&w, "required");
	json_str(&w, NULL, STR("reason"));
	json_end(&w);
	json_bool(&w, "additionalProperties", false);
	json_end(&w);
	return any;
}

static void add(struct model_tools *t, const char *name, const char *about, struct str schema)
{
	if (t->count < MODEL_TOOLS_MAX)
		t->list[t->count++] = (struct llm_tool){str_from(name), str_from(about), schema};
}

int model_tools_init(struct model_tools *t, const struct agent *a, struct arena *arena)
{
	struct str schema = {NULL, 0};
	struct buf out;

	*t = (struct model_tools){.count = 0};
	add(t, model_tools_end, "Ends the call, after you have said goodbye.", str_from(end_schema));
	buf_init(&out, WORDS_BYTES);
	bool any = write_transfer(a, &out);
	if (!out.error)
		schema = arena_str(arena, buf_str(&out));
	buf_fini(&out);
	if (any && !schema.p)
		return -ENOMEM;
	if (any)
		add(t, model_tools_transfer, "Puts the caller through to a colleague.", schema);
	for (size_t i = 0; i < a->tools.count; i++) {
		const struct tool_ops *ops = tool_find(a->tools.at[i]);

		if (ops)
			add(t, ops->name, ops->about, str_from(ops->schema));
	}
	return 0;
}

static void write_refusal(struct buf *out, const char *outcome, struct str words)
{
	struct json_out w;

	json_begin(&w, out);
	json_map(&w, NULL);
	json_str(&w, "outcome", str_from(outcome));
	json_str(&w, "note", words);
	json_end(&w);
}

int model_tools_check(const struct model_tools *t, struct str name, struct str arguments, struct buf *words,
		      struct json **ret_arguments)
{
	struct buf mistakes;

	for (size_t i = 0; i < t->count; i++) {
		if (!str_eq(t->list[i].name, name))
			continue;
		buf_init(&mistakes, WORDS_BYTES);
		int rc = schema_read(t->list[i].schema, arguments, &mistakes, ret_arguments);
		if (rc == -EBADMSG)
			write_refusal(words, "invalid_arguments", buf_str(&mistakes));
		buf_fini(&mistakes);
		return rc;
	}
	write_refusal(words, "forbidden", STR("There is no such tool."));
	return -EBADMSG;
}

/* ---- the call ---- */

struct filling {
	struct tool_value *at;
	size_t n;
	struct arena *arena;
	uint64_t digest;
};

static uint64_t hash(uint64_t h, struct str s)
{
	/* FNV-1a: stable across restarts, unlike str_hash() */
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
	return (h ^ 0xff) * 0x100000001b3u;
}

/* Texts as they are, anything else as JSON; p == NULL without memory. */
static struct str value_text(const struct json *value, struct arena *arena)
{
	struct str text = {NULL, 0};
	struct json_out w;
	struct buf out;

	if (json_kind(value) == JSON_KIND_STR)
		return arena_str(arena, json_str_or(value, "", STR("")));
	buf_init(&out, MODEL_TOOLS_RESULT);
	json_begin(&w, &out);
	json_node(&w, NULL, value);
	if (!out.error)
		text = arena_str(arena, buf_str(&out));
	buf_fini(&out);
	return text;
}

static int fill(struct str key, const struct json *value, void *arg)
{
	struct filling *f = arg;
	struct str name = arena_str(f->arena, key), text = value_text(value, f->arena);

	if (f->n == MODEL_TOOLS_ARGS_MAX)
		return -E2BIG;
	if (!name.p || !text.p)
		return -ENOMEM;
	f->at[f->n++] = (struct tool_value){name, text, text};
	f->digest += hash(hash(0xcbf29ce484222325u, name), text);
	return 0;
}

int model_tools_fill(struct tool_call *c, struct str session, const struct json *arguments,
		     struct arena *arena)
{
	struct filling f = {.arena = arena,
			    .at = ARENA_ARRAY(arena, struct tool_value, MODEL_TOOLS_ARGS_MAX)};
	int rc = f.at ? json_each(arguments, fill, &f) : -ENOMEM;

	if (rc < 0)
		return rc;
	char *key = arena_printf(arena, STR_FMT "/" STR_FMT "/%016llx", STR_ARG(session), STR_ARG(c->name),
				 (unsigned long long)f.digest);
	if (!key)
		return -ENOMEM;
	c->args = f.at;
	c->arg_count = f.n;
	c->key = str_from(key);
	return 0;
}

void model_tools_result(const struct tool_result *r, struct buf *out)
{
	struct json_out w;

	if (!r) {
		write_refusal(out, "error", STR("The tool does not work right now."));
		return;
	}
	json_begin(&w, out);
	json_map(&w, NULL);
	json_str(&w, "outcome", r->outcome);
	for (size_t i = 0; i < r->count; i++) {
		json_key(&w, r->values[i].name);
		json_map(&w, NULL);
		json_str(&w, "value", r->values[i].value);
		json_str(&w, "say", r->values[i].spoken);
		json_end(&w);
	}
	json_end(&w);
}
