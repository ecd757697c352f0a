#include "app/agents.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "agent/clinic.h"
#include "base/clock.h"

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
		.key_terms = a->key_terms.at,
		.key_term_count = a->key_terms.count,
		.voice = a->voice,
		.voice_speed = 1,
		.filler = a->phrases.hold,
		.sorry = t ? a->phrases.handover : a->phrases.trouble,
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
	if (rc < 0)
		return rc;
	fill_call(e);
	rc = zone_open(e->agent->time_zone, &e->zone);
	if (rc == -ENOENT || rc == -EBADMSG) {
		tree_errors_add(errors, (struct tree_pos){.file = e->path.p},
				"time_zone: there is no zone '" STR_FMT
				"'; they have names like Europe/London",
				STR_ARG(e->agent->time_zone));
		rc = -EBADMSG;
	}
	return rc;
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
		agents_check(a, &errors);
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

int agents_seed(struct agents *a, struct store *store, struct buf *problems)
{
	time_t now = (time_t)(clock_unix() / USEC_SEC(1));
	struct tree_errors errors;
	struct tm tm;
	int rc = 0;

	localtime_r(&now, &tm);
	tree_errors_init(&errors, &a->arena);
	for (size_t i = 0; i < a->count && rc == 0; i++) {
		const struct agent *agent = a->list[i].agent;

		if (!str_empty(agent->seed))
			rc = clinic_seed(store, agent, agent->seed.p,
					 (struct civil_date){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday},
					 &a->arena, &errors);
	}
	tree_errors_print(&errors, problems);
	return rc;
}

void agents_free(struct agents *a)
{
	for (size_t i = 0; i < a->count && a->list; i++) {
		a->list[i].meaning = meaning_free(a->list[i].meaning);
		zone_close(&a->list[i].zone);
	}
	arena_fini(&a->arena);
	*a = (struct agents){0};
}

void agents_now(const struct agents_entry *e, struct civil_date *ret_today, int *ret_minute)
{
	int64_t t = clock_unix() / USEC_SEC(1);

	t += zone_offset(&e->zone, t);
	*ret_today = civil_from_days((int)(t / 86400));
	*ret_minute = (int)(t % 86400 / 60);
}

/* ---- whom they need ---- */

struct opt_strs agents_stage(const struct agents *a, const struct agents_entry *e, enum agents_stage stage)
{
	const struct config_pipeline *p = &a->config->pipeline;
	const struct agent *agent = e->agent;

	switch (stage) {
	case AGENTS_STT:
		return agent->stt.count > 0 ? agent->stt : p->stt;
	case AGENTS_LLM:
		return agent->model.fast.count > 0 ? agent->model.fast : p->llm;
	case AGENTS_DEEP:
		return agent->model.deep.count > 0 ? agent->model.deep : p->deep;
	case AGENTS_TTS:
	case AGENTS_STAGES_:
		break;
	}
	return agent->tts.count > 0 ? agent->tts : p->tts;
}

bool agents_use(const struct agents *a, struct str name, enum usage_kind kind)
{
	static const enum usage_kind kinds[] = {[AGENTS_STT] = USAGE_STT,
						[AGENTS_LLM] = USAGE_LLM,
						[AGENTS_DEEP] = USAGE_LLM,
						[AGENTS_TTS] = USAGE_TTS};

	for (size_t i = 0; i < a->count; i++) {
		for (int k = 0; k < AGENTS_STAGES_; k++) {
			struct opt_strs names = agents_stage(a, &a->list[i], (enum agents_stage)k);

			if (kinds[k] == kind && agent_has(&names, name))
				return true;
		}
	}
	return false;
}

/* ---- who answers ---- */

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
	struct str *at;
	size_t count;
	bool short_of_memory;
};

static void keep(struct str text, void *arg)
{
	struct texts *t = arg;
	struct str copy = arena_str(t->arena, text);

	if (!copy.p)
		t->short_of_memory = true;
	else if (t->count < TEXTS_MAX)
		t->at[t->count++] = copy;
}

int agents_fixed_texts(const struct agents_entry *e, struct arena *arena, struct str **ret_texts,
		       size_t *ret_count)
{
	struct texts t = {.arena = arena, .at = ARENA_ARRAY(arena, struct str, TEXTS_MAX)};

	if (!t.at)
		return -ENOMEM;
	agent_each_fixed(e->agent, keep, &t);
	if (t.short_of_memory)
		return -ENOMEM;
	*ret_texts = t.at;
	*ret_count = t.count;
	return 0;
}
