#include "app/services.h"

#include <errno.h>
#include <stdio.h>

#include "app/providers.h"
#include "app/thinkers.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "net/http_client.h"
#include "net/ws.h"
#include "provider/llm/llm_chain.h"
#include "provider/llm/llm_sse.h"
#include "provider/local/llm_local.h"
#include "provider/local/thinking.h"
#include "provider/service.h"
#include "provider/stt/stt_chain.h"
#include "provider/tts/tts_chain.h"

#define ARENA_BYTES (16u * 1024 * 1024) /* some kilobytes an agent */

/* Then the next of a chain is opened beside it: what a hanging connection costs in the middle of a call.
 * Name, TCP, TLS and upgrade take four journeys there and back, so that somebody 200 ms away is ready before;
 * a SYN that was lost comes again after a second, and by then another is wanted anyway. */
#define OPEN_LIMIT USEC_SEC(1)

METRIC_DEFINE(switches, .name = "offhook_provider_switches_total",
	      .help = "Times that a service gave way to the next of its chain in the middle of a call.",
	      .kind = METRIC_COUNTER, .labels = {"kind", "from", "to", "fault"});
METRIC_DEFINE(lost, .name = "offhook_provider_sound_lost_seconds_total",
	      .help = "Speech that the next recogniser of a chain was not told, because it was too long ago.",
	      .kind = METRIC_COUNTER, .decimals = 6);
METRIC_DEFINE(breakers, .name = "offhook_provider_open",
	      .help = "Whether a service is left alone at the moment because it failed: 0 no, 1 yes, 2 it is "
		      "being tried.",
	      .kind = METRIC_GAUGE, .labels = {"provider"});

/* A configured service as one kind of session. */
struct member {
	const struct vendor *vendor; /* NULL = it cannot do that */
	struct service_use use;
	struct llm_local_config local; /* instead, of a language model in this process */
};

struct services {
	struct services_params p;
	struct arena arena;
	struct service_host host;
	struct breaker *breakers;               /* [providers] */
	struct llm_local_room *rooms;           /* [providers]; used by the models in this process */
	struct member (*members)[USAGE_KINDS_]; /* [providers] */
};

/* ---- figures ---- */

static void on_switch(void *arg, const struct chain_switch *sw)
{
	const struct services *s = arg;
	const struct service *service = providers_find(s->p.config, sw->from);
	char from[METRIC_LABEL_MAX_BYTES], to[METRIC_LABEL_MAX_BYTES], clean[CHAIN_WORDS_MAX];
	const char *kind = usage_kind_name(sw->kind), *fault = fault_name(sw->fault);
	struct metric_series *series;
	struct str words = sw->words;

	if (service)
		words = service_redact(service, words, clean, sizeof(clean));
	log_warning(str_empty(sw->to) ? "a provider has failed and nobody is left"
				      : "a provider has failed, the next takes over",
		    log_text("kind", kind), log_str("from", sw->from), log_str("to", sw->to),
		    log_text("fault", fault), log_str("words", words));
	str_copy(sw->from, from, sizeof(from));
	str_copy(sw->to, to, sizeof(to));
	if (metric_get_series(&metric_switches, (const char *const[]){kind, from, to, fault}, &series) == 0)
		metric_add(series, 1);
}

static void on_lost(void *arg, usec sound)
{
	(void)arg;
	metric_add(&metric_lost.only, sound);
}

void services_figures(const struct services *s)
{
	const struct service *service = s->p.config->providers.at;
	usec now = loop_now(s->p.loop);

	for (size_t i = 0; i < s->p.config->providers.count; i++) {
		struct metric_series *series;

		if (metric_get_series(&metric_breakers, (const char *const[]){service[i].name.p}, &series) ==
		    0)
			metric_set(series, breaker_read(&s->breakers[i], now));
	}
}

/* ---- who there is ---- */

static const struct member *find(const struct services *s, struct str name, enum usage_kind kind,
				 struct breaker **ret_breaker)
{
	const struct service *service = providers_find(s->p.config, name);
	size_t i;

	if (!service)
		return NULL;
	i = (size_t)(service - (const struct service *)s->p.config->providers.at);
	*ret_breaker = &s->breakers[i];
	return s->members[i][kind].vendor ? &s->members[i][kind] : NULL;
}

static struct llm_local_config thinker_of(const struct services *s, size_t i)
{
	const struct service *service = s->p.config->providers.at;
	struct llm_local_config c = {.service = &service[i],
				     .why = "no model has been opened",
				     .port = s->p.port,
				     .no_tools = !thinkers_use_tools(&service[i]),
				     .room = &s->rooms[i]};

	if (s->p.thinkers && s->p.thinkers->list) {
		c.thinking = s->p.thinkers->list[i].thinking;
		c.why = s->p.thinkers->list[i].why.text;
	}
	return c;
}

static void make_room(const struct service *service, struct llm_local_room *room)
{
	int64_t n = LLM_LOCAL_AT_ONCE;

	if (str_to_int(service_extra(service, "at_once", STR("")), 1, LLM_LOCAL_AT_ONCE_MAX, &n) < 0)
		n = LLM_LOCAL_AT_ONCE;
	llm_local_room_init(room, (size_t)n);
}

static int fill_members(struct services *s)
{
	const struct service *service = s->p.config->providers.at;
	size_t n = s->p.config->providers.count;

	s->breakers = ARENA_ARRAY(&s->arena, struct breaker, n + 1);
	s->rooms = ARENA_ARRAY(&s->arena, struct llm_local_room, n + 1);
	s->members = arena_alloc(&s->arena, (n + 1) * sizeof(*s->members));
	if (!s->breakers || !s->rooms || !s->members)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		breaker_init(&s->breakers[i], &breaker_rules_default);
		make_room(&service[i], &s->rooms[i]);
		for (int k = 0; k < USAGE_KINDS_; k++) {
			const struct vendor *v = vendor_find(service[i].type, (enum usage_kind)k);

			s->members[i][k] = (struct member){
				v,
				{.service = &service[i], .host = &s->host, .dialect = v ? v->dialect : NULL},
				thinker_of(s, i)};
		}
	}
	return 0;
}

/* ---- chains ---- */

static bool is_local(struct str name)
{
	return str_eq(name, STR(VENDOR_LOCAL));
}

static bool is_local_alone(struct opt_strs names)
{
	return names.count == 1 && is_local(names.at[0]);
}

static struct stt_link stt_link(const struct services *s, struct str name)
{
	struct breaker *b = NULL;
	const struct member *m = find(s, name, USAGE_STT, &b);

	if (m)
		return (struct stt_link){name, m->vendor->stt, &m->use, b};
	return (struct stt_link){name, vendor_find(STR(VENDOR_LOCAL), USAGE_STT)->stt, s->p.stt_local, NULL};
}

static struct tts_link tts_link(const struct services *s, struct str name)
{
	struct breaker *b = NULL;
	const struct member *m = find(s, name, USAGE_TTS, &b);

	if (m)
		return (struct tts_link){
			.name = name,
			.ops = m->vendor->tts,
			.config = &m->use,
			.renames = true, /* an agent's voice is a name of those in this process */
			.voice = m->use.service->voice,
			.breaker = b};
	return (struct tts_link){.name = name,
				 .ops = vendor_find(STR(VENDOR_LOCAL), USAGE_TTS)->tts,
				 .config = s->p.tts_local};
}

int services_stt(struct services *s, struct opt_strs names, struct services_stt *ret_stt)
{
	struct stt_chain_config *c = arena_alloc(&s->arena, sizeof(*c));

	if (!c)
		return -ENOMEM;
	*c = (struct stt_chain_config){.open_limit = OPEN_LIMIT, .watch = {on_switch, on_lost, s}};
	for (size_t i = 0; i < names.count && i < CHAIN_LINKS_MAX; i++)
		c->links[c->count++] = stt_link(s, names.at[i]);
	stt_chain_init(c);
	*ret_stt = is_local_alone(names) ? (struct services_stt){c->links[0].ops, c->links[0].config}
					 : (struct services_stt){&c->ops, c};
	return 0;
}

int services_tts(struct services *s, struct opt_strs names, struct services_tts *ret_tts)
{
	struct tts_chain_config *c = arena_alloc(&s->arena, sizeof(*c));

	if (!c)
		return -ENOMEM;
	*c = (struct tts_chain_config){.open_limit = OPEN_LIMIT, .watch = {.on_switch = on_switch, .arg = s}};
	for (size_t i = 0; i < names.count && i < CHAIN_LINKS_MAX; i++)
		c->links[c->count++] = tts_link(s, names.at[i]);
	tts_chain_init(c);
	*ret_tts = is_local_alone(names) ? (struct services_tts){c->links[0].ops, c->links[0].config}
					 : (struct services_tts){&c->ops, c};
	return 0;
}

/* What a model can hold: as configured, or as its dialect or itself knows. */
static struct services_llm llm_of(const struct member *m)
{
	struct services_llm l = {m->vendor->llm, &m->use, (size_t)m->use.service->window};

	if (m->use.dialect)
		l.window = llm_sse_window(&m->use);
	if (l.ops != &llm_local_ops)
		return l;
	l.config = &m->local;
	if (m->local.thinking)
		l.window = m->local.thinking->window;
	return l;
}

int services_llm(struct services *s, struct opt_strs names, struct services_llm *ret_llm)
{
	struct llm_chain_config *c = arena_alloc(&s->arena, sizeof(*c));
	size_t window = 0;

	if (!c)
		return -ENOMEM;
	*c = (struct llm_chain_config){.hedge_after = s->p.config->pipeline.hedge,
				       .watch = {.on_switch = on_switch, .arg = s}};
	for (size_t i = 0; i < names.count && i < CHAIN_LINKS_MAX; i++) {
		struct breaker *b = NULL;
		const struct member *m = find(s, names.at[i], USAGE_LLM, &b);
		struct services_llm l;

		if (!m)
			return -ENOENT;
		l = llm_of(m);
		c->links[c->count++] = (struct llm_link){names.at[i], l.ops, l.config, b};
		window = l.window > 0 && (window == 0 || l.window < window) ? l.window : window;
	}
	*ret_llm = (struct services_llm){0};
	if (c->count == 0)
		return 0;
	llm_chain_init(c);
	*ret_llm = (struct services_llm){&c->ops, c, window};
	return 0;
}

void services_go_local(struct stt *stt, struct tts *tts)
{
	if (stt)
		(void)stt_chain_go_local(stt);
	if (tts)
		(void)tts_chain_go_local(tts);
}

/* ---- one alone ---- */

struct services_stt services_one_stt(const struct services *s, struct str name)
{
	struct breaker *b;
	const struct member *m = find(s, name, USAGE_STT, &b);

	return m ? (struct services_stt){m->vendor->stt, &m->use} : (struct services_stt){0};
}

struct services_tts services_one_tts(const struct services *s, struct str name)
{
	struct breaker *b;
	const struct member *m = find(s, name, USAGE_TTS, &b);

	return m ? (struct services_tts){m->vendor->tts, &m->use} : (struct services_tts){0};
}

struct services_llm services_one_llm(const struct services *s, struct str name)
{
	struct breaker *b;
	const struct member *m = find(s, name, USAGE_LLM, &b);

	return m ? llm_of(m) : (struct services_llm){0};
}

/* ---- making ---- */

static int open_net(struct services *s)
{
	const struct config_network *n = &s->p.config->network;
	struct http_client_config http = {.asks_max = (size_t)n->connections,
					  .conns_max = (size_t)n->connections,
					  .authority = n->authority,
					  .proxy = n->proxy};
	struct ws_net_config ws = {
		.conns_max = (size_t)n->connections, .authority = n->authority, .proxy = n->proxy};
	int rc = http_client_new(s->p.loop, &http, &s->host.http);

	rc = rc < 0 ? rc : ws_net_new(s->p.loop, &ws, &s->host.ws);
	if (rc == 0)
		s->host.dns = ws_net_dns(s->host.ws);
	return rc;
}

int services_new(const struct services_params *p, struct services **ret_services)
{
	struct services *s = mem_zalloc(sizeof(*s));
	int rc;

	if (!s)
		return -ENOMEM;
	s->p = *p;
	arena_init(&s->arena, ARENA_BYTES);
	s->host = (struct service_host){.loop = p->loop,
					.rng = p->rng,
					.phrases = p->phrases,
					.reading = p->reading,
					.prepares = p->prepares,
					.utc_zero = clock_unix() - loop_now(p->loop)};
	rc = fill_members(s);
	if (rc == 0 && p->config->providers.count > 0)
		rc = open_net(s);
	if (rc < 0) {
		services_free(s);
		return rc;
	}
	*ret_services = s;
	return 0;
}

struct services *services_free(struct services *s)
{
	if (!s)
		return NULL;
	s->host.ws = ws_net_free(s->host.ws);
	s->host.http = http_client_free(s->host.http);
	arena_fini(&s->arena);
	return mem_free(s);
}
