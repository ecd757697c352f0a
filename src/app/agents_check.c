/* agents_check.c - what does not fit between agents, routes and services */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/agents.h"
#include "app/providers.h"
#include "base/optvalue.h"

#define TEXT_BYTES 512

/* ---- routes ---- */

static void refuse_route(const struct agents *a, struct str agent, struct tree_pos at,
			 struct tree_errors *errors)
{
	struct optvalue_nearest n = {.word = agent};

	for (size_t i = 0; i < a->count; i++)
		optvalue_try(&n, arena_str(errors->arena, a->list[i].name).p);
	tree_errors_add(errors, at, "there is no agent '" STR_FMT "'%s%s%s", STR_ARG(agent),
			n.best ? "; did you mean '" : "", n.best ? n.best : "", n.best ? "'?" : "");
}

static bool is_agent(const struct agents *a, struct str name)
{
	for (size_t i = 0; i < a->count; i++)
		if (str_eq(a->list[i].name, name))
			return true;
	return false;
}

static void check_routes(const struct agents *a, const struct tree_node *root, struct tree_errors *errors)
{
	const struct tree_node *routes = tree_find(root, STR("routes"));

	for (const struct tree_node *r = routes ? routes->first : NULL; r; r = r->next) {
		const struct tree_node *agent = tree_find(r, STR("agent"));

		if (agent && !is_agent(a, agent->text))
			refuse_route(a, agent->text, agent->at, errors);
	}
}

/* ---- services ---- */

/* What the pipeline does not name a service for has not been looked at yet. */
static void check_needs(const struct config *c, const struct tree_node *section, const char *key,
			enum usage_kind kind, struct tree_errors *errors)
{
	const struct tree_node *stage = tree_find(section, str_from(key));

	for (const struct tree_node *n = stage ? stage->first : NULL; n; n = n->next) {
		const struct service *s = providers_find(c, n->text);

		if (s && !providers_names(c, s->name, kind))
			providers_check_needs(s, kind, n->at, errors);
	}
}

static void check_stage(const struct config *c, const struct tree_node *section, const char *key,
			enum usage_kind kind, struct tree_errors *errors)
{
	providers_check_stage(c, section, key, kind, errors);
	check_needs(c, section, key, kind, errors);
}

static void check_brain(const struct agents *a, const struct agents_entry *e, const struct tree_node *root,
			struct tree_errors *errors)
{
	const struct agent_model *m = &e->agent->model;
	const struct tree_node *why = tree_find(root, STR("brain"));

	if (e->agent->brain != AGENT_BRAIN_MODEL && !m->understand && !m->wording)
		return;
	if (agents_stage(a, e, AGENTS_LLM).count == 0)
		tree_errors_add(errors, why ? why->at : root->at,
				"the agent needs a language model: name one in its model.fast, or in the "
				"server's pipeline.llm");
}

static void check_agent(const struct agents *a, const struct agents_entry *e, struct tree_errors *errors)
{
	const struct tree_node *root = e->agent->tree, *model = tree_find(root, STR("model"));

	check_stage(a->config, root, "stt", USAGE_STT, errors);
	check_stage(a->config, root, "tts", USAGE_TTS, errors);
	if (model) {
		check_stage(a->config, model, "fast", USAGE_LLM, errors);
		check_stage(a->config, model, "deep", USAGE_LLM, errors);
	}
	check_brain(a, e, root, errors);
}

void agents_check(const struct agents *a, struct tree_errors *errors)
{
	check_routes(a, a->config->tree, errors);
	for (size_t i = 0; i < a->count; i++)
		check_agent(a, &a->list[i], errors);
}

/* ---- what is probably not meant ---- */

static void warn_price(const struct agents *a, const struct service *s, const struct vendor *v,
		       void (*fn)(void *arg, const char *text), void *arg)
{
	struct str model = vendor_model(v, s);
	char text[TEXT_BYTES];

	/* A kind of price begins with the kind of usage. */
	if (prices_find(a->config->prices, (enum price_kind)v->kind, s->name, s->type, model))
		return;
	snprintf(text, sizeof(text),
		 "cost unknown: no row of " STR_FMT " prices '" STR_FMT "' (%s, " STR_FMT "%s" STR_FMT ")",
		 STR_ARG(a->config->prices_file), STR_ARG(s->name), usage_kind_name(v->kind),
		 STR_ARG(s->type), str_empty(model) ? "" : ", ", STR_ARG(model));
	fn(arg, text);
}

static void warn_file(const struct service *s, void (*fn)(void *arg, const char *text), void *arg)
{
	char text[TEXT_BYTES];

	if (access(s->model.p, R_OK) == 0)
		return;
	snprintf(text, sizeof(text), "'" STR_FMT "' cannot answer: " STR_FMT ": %s", STR_ARG(s->name),
		 STR_ARG(s->model), strerror(errno));
	fn(arg, text);
}

/* Connections that a call of the agent holds as long as it lasts. */
static int held_by(const struct agents *a, const struct agents_entry *e)
{
	static const enum agents_stage stages[] = {AGENTS_STT, AGENTS_TTS};
	int held = 0;

	for (size_t i = 0; i < ARRAY_LEN(stages); i++) {
		struct opt_strs names = agents_stage(a, e, stages[i]);

		held += names.count > 0 && providers_find(a->config, names.at[0]) != NULL;
	}
	return held;
}

static void warn_connections(const struct agents *a, void (*fn)(void *arg, const char *text), void *arg)
{
	const struct config *c = a->config;
	int calls = (c->limits.calls + c->shards - 1) / c->shards, held = 0;
	char text[TEXT_BYTES];

	for (size_t i = 0; i < a->count; i++)
		held = MAX(held, held_by(a, &a->list[i]));
	if ((int64_t)calls * held <= c->network.connections)
		return;
	snprintf(text, sizeof(text),
		 "network.connections: %d are too few for the %d calls that a shard may have: each holds %d",
		 c->network.connections, calls, held);
	fn(arg, text);
}

void agents_warn(const struct agents *a, void (*fn)(void *arg, const char *text), void *arg)
{
	const struct config_cost *cost = &a->config->limits.cost;
	const struct service *s = a->config->providers.at;

	for (size_t i = 0; i < a->config->providers.count; i++) {
		for (int k = 0; k < USAGE_KINDS_; k++) {
			const struct vendor *v = vendor_find(s[i].type, (enum usage_kind)k);

			if (v && a->config->prices && agents_use(a, s[i].name, v->kind))
				warn_price(a, &s[i], v, fn, arg);
		}
		if (str_eq(s[i].type, STR(VENDOR_LLAMA_CPP)))
			warn_file(&s[i], fn, arg);
	}
	warn_connections(a, fn, arg);
	if (!a->config->prices && (cost->call > 0 || cost->agent_day > 0 || cost->tenant_day > 0))
		fn(arg, "limits.cost: without `prices` nothing costs anything, and no limit is ever reached");
}
