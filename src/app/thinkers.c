#include "app/thinkers.h"

#include <errno.h>
#include <stdio.h>

#include "agent/model_prompt.h"
#include "agent/model_tools.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "provider/local/reading.h"
#include "provider/local/thinking.h"
#include "provider/service.h"
#include "provider/vendors.h"

#define PREPARE_LIMIT USEC_SEC(60) /* for each agent: the server is not ready before */
#define PATH_BYTES    1024
#define ARENA_BYTES   (64 * 1024)
#define FORM_BYTES    64

static bool is_thinker(const struct service *s)
{
	return str_eq(s->type, STR(VENDOR_LLAMA_CPP));
}

/* What may stand in `extra`. */
static int check_extra(const struct service *s, struct llama_words *why)
{
	static const char *const known[] = {"at_once", "library", "template", "threads", "tools"};

	for (size_t i = 0; i < s->extra.count; i++) {
		struct str name, value;
		bool found = false;

		service_extra_at(s, i, &name, &value);
		for (size_t k = 0; k < ARRAY_LEN(known); k++)
			found |= str_eq(name, str_from(known[k]));
		if (found)
			continue;
		snprintf(why->text, sizeof(why->text),
			 "`extra` says " STR_FMT
			 ", which is not one of at_once, library, template, threads, tools",
			 STR_ARG(name));
		return -EINVAL;
	}
	return 0;
}

/* Returns 0 when there is no such number. */
static int number(const struct service *s, const char *name, int max)
{
	int64_t n;

	return str_to_int(service_extra(s, name, STR("")), 1, max, &n) < 0 ? 0 : (int)n;
}

static int open_one(const struct service *s, struct thinker *t)
{
	char libllama[PATH_BYTES], model[PATH_BYTES], form[FORM_BYTES];
	const struct thinking_config config = {.libllama = libllama,
					       .model = model,
					       .form = form,
					       .window = (size_t)s->window,
					       .threads = number(s, "threads", THINKING_THREADS_MAX)};
	int rc;

	str_copy(service_extra(s, "library", STR(LLAMA_DOOR_LIBRARY)), libllama, sizeof(libllama));
	str_copy(service_extra(s, "template", STR("")), form, sizeof(form));
	str_copy(s->model, model, sizeof(model));
	rc = check_extra(s, &t->why);
	if (rc == 0)
		rc = thinking_open(&config, &t->why, &t->thinking);
	if (rc < 0 && rc != -ENOMEM)
		log_warning("a language model in this process cannot be used", log_str("provider", s->name),
			    log_text("why", t->why.text));
	return rc == -ENOMEM ? rc : 0;
}

int thinkers_open(const struct config *c, struct thinkers *ret_thinkers)
{
	const struct service *s = c->providers.at;
	struct thinkers t = {.count = c->providers.count};
	int rc = 0;

	t.list = mem_zalloc((t.count + 1) * sizeof(*t.list));
	if (!t.list)
		return -ENOMEM;
	for (size_t i = 0; i < t.count && rc == 0; i++)
		if (is_thinker(&s[i]))
			rc = open_one(&s[i], &t.list[i]);
	if (rc < 0)
		thinkers_close(&t);
	else
		*ret_thinkers = t;
	return rc;
}

/* ---- before the first call ---- */

bool thinkers_use_tools(const struct service *s)
{
	return !str_eq(service_extra(s, "tools", STR("")), STR("no"));
}

/* As far as the first word of an answer, or until it has taken too long: what was read so far is kept. */
static int think(struct thinking *t, const struct llm_request *r)
{
	static const atomic_bool never;
	struct thinking_out out = {.stop = LLM_STOP_END};
	struct llama_words words;
	struct thought *th = NULL;
	usec until = clock_read() + PREPARE_LIMIT;
	int rc = thought_open(t, &never, &th);

	buf_init(&out.text, LLAMA_DOOR_PIECE_MAX);
	if (rc == 0)
		rc = thought_ask(th, r, &words);
	while (rc == 0 || rc == THINKING_MORE) {
		rc = thought_step(th, &out);
		if (rc <= 0 || out.usage.tokens_out > 0 || clock_read() > until)
			break;
	}
	thought_shut(th);
	buf_fini(&out.text);
	return rc;
}

static void read_ahead(const struct service *s, struct thinking *t, const struct agents_entry *e)
{
	struct llm_message m = {.role = LLM_SYSTEM};
	struct llm_request r = {.messages = &m, .message_count = 1};
	struct model_tools tools = {.count = 0};
	struct civil_date today;
	struct arena arena;
	struct buf text;
	int minute;

	arena_init(&arena, ARENA_BYTES);
	buf_init(&text, MODEL_PROMPT_MAX);
	agents_now(e, &today, &minute);
	model_prompt_write(e->agent, today, minute, &text);
	if (!thinkers_use_tools(s) || model_tools_init(&tools, e->agent, &arena) == 0) {
		m.text = buf_str(&text);
		r.tools = tools.list;
		r.tool_count = tools.count;
		if (think(t, &r) < 0)
			log_warning("a language model in this process cannot read about an agent",
				    log_str("provider", s->name), log_str("agent", e->name));
	}
	buf_fini(&text);
	arena_fini(&arena);
}

static bool thinks_with(const struct agents *a, const struct agents_entry *e, struct str name)
{
	struct opt_strs names = agents_stage(a, e, AGENTS_LLM);
	bool found = false;

	for (size_t i = 0; i < names.count; i++)
		found |= str_eq(names.at[i], name);
	return found && e->agent->brain == AGENT_BRAIN_MODEL;
}

void thinkers_prepare(struct thinkers *t, const struct agents *a)
{
	const struct service *s = a->config->providers.at;

	for (size_t i = 0; i < t->count; i++) {
		size_t left = READINGS_IDLE_MAX;

		for (size_t k = 0; k < a->count && t->list[i].thinking && left > 0; k++) {
			const struct agents_entry *e = &a->list[k];

			if (!thinks_with(a, e, s[i].name))
				continue;
			read_ahead(&s[i], t->list[i].thinking, e);
			left--;
		}
	}
}

void thinkers_close(struct thinkers *t)
{
	for (size_t i = 0; i < t->count; i++)
		thinking_close(t->list[i].thinking);
	mem_free(t->list);
	*t = (struct thinkers){0};
}
