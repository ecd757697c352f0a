#include "app/agents.h"

#include <errno.h>
#include <string.h>

#define TEXTS_MAX 4096

static int path_of(struct agents *a, struct str file, struct str *ret_path)
{
	const char *p = file.n > 0 && file.p[0] == '/' ? arena_printf(&a->arena, STR_FMT, STR_ARG(file))
						       : arena_printf(&a->arena, STR_FMT "/" STR_FMT,
								      STR_ARG(a->config->dir), STR_ARG(file));

	if (!p)
		return -ENOMEM;
	*ret_path = str_from(p);
	return 0;
}

static struct str last_part(struct str *path)
{
	size_t at = path->n;
	struct str part;

	while (at > 0 && path->p[at - 1] != '/')
		at--;
	part = str_sub(*path, at, SIZE_MAX);
	*path = str_sub(*path, 0, at > 0 ? at - 1 : 0);
	return part;
}

/* agents/clinic/agent.yaml -> clinic; agents/garage.json -> garage */
static struct str short_name(struct str path)
{
	struct str file = last_part(&path), stem = str_cut(&file, '.');
	struct str folder = last_part(&path);

	return str_eq(stem, STR("agent")) && folder.n > 0 ? folder : stem;
}

static const struct agent_target *fallback_of(const struct agent *a)
{
	return agent_find_target(a, STR("human"));
}

static void fill_call(struct agents_entry *e)
{
	const struct agent *a = e->agent;
	const struct agent_target *t = fallback_of(a);

	e->call = (struct call_agent){
		.name = e->name,
		.tenant = a->tenant_id,
		.language = a->language,
		.voice = a->voice,
		.voice_speed = 1,
		.filler = a->phrases.hold,
		.sorry = a->phrases.handover,
		.fallback = t ? t->uri : STR(""),
		.timing = conversation_timing_default,
		.record = true,
		.arg = e,
	};
}

static int read_one(struct agents *a, struct agents_entry *e, struct str file, struct tree_errors *errors)
{
	int rc = path_of(a, file, &e->path);

	if (rc < 0)
		return rc;
	e->name = short_name(e->path);
	rc = agent_read(e->path.p, opt_getenv, &a->arena, errors, &e->agent);
	if (rc == 0)
		fill_call(e);
	return rc;
}

static void check_routes(const struct agents *a, struct tree_errors *errors)
{
	const struct config_route *routes = a->config->routes.at;

	for (size_t i = 0; i < a->config->routes.count; i++) {
		bool found = false;

		for (size_t k = 0; k < a->count; k++)
			found |= str_eq(a->list[k].name, routes[i].agent);
		if (!found)
			tree_errors_add(errors, (struct tree_pos){.file = "routes"},
					"there is no agent '" STR_FMT "'", STR_ARG(routes[i].agent));
	}
}

int agents_read(struct agents *a, const struct config *c, struct buf *problems)
{
	struct tree_errors errors;
	int rc = 0;

	*a = (struct agents){.config = c, .count = c->agents.count};
	arena_init(&a->arena, AGENTS_ARENA_BYTES);
	tree_errors_init(&errors, &a->arena);
	a->list = ARENA_ARRAY(&a->arena, struct agents_entry, a->count);
	if (!a->list)
		return -ENOMEM;
	for (size_t i = 0; i < a->count && (rc == 0 || rc == -EBADMSG); i++) {
		int one = read_one(a, &a->list[i], c->agents.at[i], &errors);

		rc = one < 0 ? one : rc;
	}
	if (rc == 0)
		check_routes(a, &errors);
	tree_errors_print(&errors, problems);
	return rc < 0 ? rc : errors.count > 0 ? -EBADMSG : 0;
}

int agents_learn(struct agents *a, struct embed *e)
{
	int rc = 0;

	for (size_t i = 0; i < a->count && rc == 0; i++)
		rc = meaning_new(a->list[i].agent, e, &a->list[i].meaning);
	return rc;
}

void agents_free(struct agents *a)
{
	for (size_t i = 0; i < a->count && a->list; i++)
		a->list[i].meaning = meaning_free(a->list[i].meaning);
	arena_fini(&a->arena);
	*a = (struct agents){0};
}

static const struct agents_entry *by_name(const struct agents *a, struct str name)
{
	for (size_t i = 0; i < a->count; i++)
		if (str_eq(a->list[i].name, name))
			return &a->list[i];
	return NULL;
}

const struct agents_entry *agents_route(const struct agents *a, struct str called)
{
	const struct config_route *routes = a->config->routes.at;

	for (size_t i = 0; i < a->config->routes.count; i++)
		if (str_eq(routes[i].called, STR("*")) || str_eq(routes[i].called, called))
			return by_name(a, routes[i].agent);
	return by_name(a, called);
}

/* ---- what is said word for word ---- */

struct texts {
	struct arena *arena;
	const struct agent *agent;
	struct str *at;
	size_t count;
};

static void put(struct texts *t, struct str text)
{
	if (!str_empty(text) && t->count < TEXTS_MAX)
		t->at[t->count++] = text;
}

/* A text whose first gap has few fillings, in each of them. */
static void put_filled(struct texts *t, struct str text, struct str gap, const struct str *fillings, size_t n)
{
	size_t at = str_find(text, gap);
	struct str rest = str_sub(text, at + gap.n, SIZE_MAX);

	for (size_t i = 0; i < n; i++)
		put(t, str_from(arena_printf(t->arena, STR_FMT STR_FMT STR_FMT, STR_ARG(str_sub(text, 0, at)),
					     STR_ARG(fillings[i]), STR_ARG(rest))));
}

/* What is filled in during the call is not known yet, but for the time of day and the agent's own name. */
static void add(struct texts *t, struct str text)
{
	static const struct str parts_of_day[] = {STR_INIT("morning"), STR_INIT("afternoon"),
						  STR_INIT("evening")};
	struct str day = STR("{part_of_day}"), name = STR("{agent_name}");
	size_t gap = str_chr(text, '{');

	if (gap == text.n)
		put(t, text);
	else if (str_chr(str_sub(text, gap + 1, SIZE_MAX), '{') < text.n - gap - 1)
		return;
	else if (str_find(text, day) < text.n)
		put_filled(t, text, day, parts_of_day, ARRAY_LEN(parts_of_day));
	else if (str_find(text, name) < text.n)
		put_filled(t, text, name, &t->agent->agent_name, 1);
}

static void add_states(struct texts *t, const struct agent *a)
{
	const struct agent_state *states = a->states.at;

	for (size_t i = 0; i < a->states.count; i++) {
		const struct agent_edge *edges = states[i].edges.at;

		add(t, states[i].say);
		add(t, states[i].ask);
		add(t, states[i].confirm);
		for (size_t k = 0; k < states[i].edges.count; k++)
			add(t, edges[k].say);
	}
}

static void add_slots(struct texts *t, const struct agent *a)
{
	const struct agent_slot *slots = a->slots.at;

	for (size_t i = 0; i < a->slots.count; i++) {
		add(t, slots[i].ask);
		add(t, slots[i].again);
		add(t, slots[i].rephrase);
		add(t, slots[i].ack);
		add(t, slots[i].confirm);
	}
}

static void add_phrases(struct texts *t, const struct agent *a)
{
	const struct str *phrases = (const struct str *)&a->phrases;

	for (size_t i = 0; i < sizeof(a->phrases) / sizeof(struct str); i++)
		add(t, phrases[i]);
}

int agents_fixed_texts(const struct agents_entry *e, struct arena *arena, struct str **ret_texts,
		       size_t *ret_count)
{
	struct texts t = {.arena = arena, .agent = e->agent, .at = ARENA_ARRAY(arena, struct str, TEXTS_MAX)};
	const struct faq_entry *faq = e->agent->faq.at;

	if (!t.at)
		return -ENOMEM;
	add(&t, e->agent->greeting);
	add_phrases(&t, e->agent);
	add_slots(&t, e->agent);
	add_states(&t, e->agent);
	for (size_t i = 0; i < e->agent->faq.count; i++)
		add(&t, faq[i].answer);
	*ret_texts = t.at;
	*ret_count = t.count;
	return 0;
}
