#include "app/shard.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#include "agent/flow_brain.h"
#include "agent/model_brain.h"
#include "app/call_metrics.h"
#include "app/keeper.h"
#include "app/services.h"
#include "app/sip_metrics.h"
#include "app/spending.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/mem.h"
#include "call/call_acts.h"
#include "call/detector.h"
#include "leg/reflex.h"
#include "provider/local/stt_local.h"
#include "provider/local/tts_local.h"
#include "provider/vad/silero.h"

#define ORDER_SLOTS    16
#define FIGURES_EVERY  USEC_SEC(1)
#define SHARE_SPARE    2  /* a shard may take so many times its share: calls do not spread evenly */
#define STREAMS_SPARE  16 /* a caller who is refused has one for a moment */
#define STOP_TURNS_MAX 2000

enum order {
	HANG_UP,
};

struct shard {
	struct shard_params p;
	struct loop *control, *media;
	pthread_t control_thread, media_thread;
	bool running;
	struct rng rng;
	struct mailbox *orders;
	struct timer figures;

	struct vad *vad;
	struct detector *detector;
	struct stream_pool *streams;
	struct sip *sip;
	struct pool_port port, store_port;
	struct stt_local_config stt;
	struct tts_local_config tts;
	struct call_keeper keeper;
	struct call_observer observer;
	struct services *providers;
	struct call_services services;
	struct call_agent *agents; /* [agents->count]: theirs, with our brains */
	struct crew *crews;        /* [agents->count] */
	struct list calls;
};

/* Who serves an agent; no language models when it has no use for them. */
struct crew {
	struct services_stt stt;
	struct services_tts tts;
	struct services_llm fast, deep;
};

/* A call and its place in the shard's list. */
struct taken {
	struct list node;
	struct shard *shard;
	struct call *call;
	size_t trunk;
};

/* ---- brains ---- */

static struct session session_of(const struct call_agent *ca, const struct call *c)
{
	return (struct session){.session_id = c->p.id,
				.tenant_id = ca->tenant,
				.channel = str_from(c->leg->ops->name),
				.language = ca->language,
				.agent = ca->name,
				.caller_id = c->leg->info.caller};
}

static int flow_new(struct shard *s, const struct agents_entry *e, struct call *c,
		    const struct session *session, struct brain **ret_brain)
{
	const struct services_llm *fast = &s->crews[e - s->p.agents->list].fast;
	bool asks = e->agent->model.understand || e->agent->model.wording;
	struct flow_brain_params p = {
		.flow = {.agent = e->agent, .meaning = e->meaning, .session = *session},
		.loop = s->control,
		.embed = s->p.speech->embed,
		.models = &s->port,
		.llm = asks ? fast->ops : NULL,
		.llm_config = fast->config,
		.usage = call_cost_sink(c),
		.store = s->p.store,
		.deeds = &s->store_port,
	};

	agents_now(e, &p.flow.today, &p.flow.minute);
	return flow_brain_open(&p, ret_brain);
}

static struct model_brain_service mind(const struct services_llm *m)
{
	return (struct model_brain_service){m->ops, m->config, m->window};
}

static int model_new(struct shard *s, const struct agents_entry *e, struct call *c,
		     const struct session *session, struct brain **ret_brain)
{
	const struct crew *m = &s->crews[e - s->p.agents->list];
	struct model_brain_params p = {.agent = e->agent,
				       .session = *session,
				       .loop = s->control,
				       .usage = call_cost_sink(c),
				       .fast = mind(&m->fast),
				       .deep = mind(&m->deep),
				       .store = s->p.store,
				       .deeds = &s->store_port};

	agents_now(e, &p.today, &p.minute);
	return model_brain_open(&p, ret_brain);
}

static int brain_new(const struct call_agent *ca, struct call *c, struct brain **ret_brain)
{
	const struct agents_entry *e = ca->arg;
	struct shard *s = ((struct taken *)c->p.arg)->shard;
	struct session session = session_of(ca, c);

	return e->agent->brain == AGENT_BRAIN_MODEL ? model_new(s, e, c, &session, ret_brain)
						    : flow_new(s, e, c, &session, ret_brain);
}

/* ---- calls ---- */

static void release(struct taken *t)
{
	struct shard_admission *a = t->shard->p.admission;

	list_remove(&t->node);
	atomic_fetch_sub(&a->calls, 1);
	atomic_fetch_sub(&a->trunk_calls[t->trunk], 1);
	mem_free(t);
}

static void on_ended(void *arg, struct call *c)
{
	struct taken *t = arg;

	call_metrics_ended(c);
	log_info("call ended", log_text("call", c->id), log_text("disposition", c->disposition),
		 log_usec("after", c->ended - c->arrived));
	release(t);
}

/* Counts the call in, or says which limit it meets. */
static int admit(struct shard *s, size_t trunk)
{
	struct shard_admission *a = s->p.admission;

	if (atomic_load(&a->draining)) {
		call_metrics_refused("draining");
		return 503;
	}
	if (atomic_fetch_add(&a->calls, 1) >= a->calls_max) {
		atomic_fetch_sub(&a->calls, 1);
		call_metrics_refused("full");
		return 503;
	}
	if (atomic_fetch_add(&a->trunk_calls[trunk], 1) >= a->trunk_max[trunk] && a->trunk_max[trunk] > 0) {
		atomic_fetch_sub(&a->trunk_calls[trunk], 1);
		atomic_fetch_sub(&a->calls, 1);
		call_metrics_refused("trunk full");
		return 486;
	}
	return 0;
}

static int take(struct shard *s, struct leg *leg, size_t trunk, const struct agents_entry *e)
{
	struct taken *t = mem_zalloc(sizeof(*t));
	struct id id;
	struct call_params p = {.services = &s->services,
				.agent = &s->agents[e - s->p.agents->list],
				.leg = leg,
				.on_ended = on_ended,
				.arg = t};
	int rc;

	if (!t)
		return -ENOMEM;
	*t = (struct taken){.shard = s, .trunk = trunk};
	list_append(&s->calls, &t->node);
	id = id_draw(&s->rng);
	p.id = id_str(&id);
	rc = call_start(&p, &t->call);
	if (rc < 0) {
		log_error("cannot take a call", log_str("agent", e->name), log_error_code("error", rc));
		list_remove(&t->node);
		mem_free(t);
		return rc;
	}
	log_info("call taken", log_text("call", t->call->id), log_str("agent", e->name),
		 log_str("caller", leg->info.caller), log_str("trunk", leg->info.trunk));
	return 0;
}

static int on_leg(void *arg, struct leg *leg, const struct sip_trunk *trunk)
{
	struct shard *s = arg;
	const struct agents_entry *e = agents_route(s->p.agents, leg->info.called);
	size_t number = (size_t)(trunk - s->p.trunks->list);
	int status;

	if (!e) {
		call_metrics_refused("nobody here");
		return 404;
	}
	status = admit(s, number);
	if (status)
		return status;
	if (take(s, leg, number, e) == 0)
		return 0;
	atomic_fetch_sub(&s->p.admission->calls, 1);
	atomic_fetch_sub(&s->p.admission->trunk_calls[number], 1);
	call_metrics_refused("failed");
	return 500;
}

static const struct sip_ops sip_ops = {.on_leg = on_leg};

static void on_order(void *arg, const void *message)
{
	struct shard *s = arg;

	(void)message;
	LIST_EACH_SAFE (node, &s->calls) {
		call_hangup(LIST_ENTRY(node, struct taken, node)->call, "server stops");
	}
}

static void on_figures(struct timer *t)
{
	struct shard *s = CONTAINER_OF(t, struct shard, figures);
	struct stream_pool_stats streams;
	struct loop_stats control;
	struct sip_stats sip;

	stream_pool_read_stats(s->streams, &streams);
	loop_read_stats(s->control, &control);
	call_metrics_media(s->p.number, &streams, &control);
	sip = sip_read_stats(s->sip);
	sip_metrics_shard(s->p.number, &sip);
	services_figures(s->providers);
	timer_start(t, s->control, loop_now(s->control) + FIGURES_EVERY, on_figures);
}

/* ---- making ---- */

static size_t calls_here(const struct shard *s)
{
	size_t max = (size_t)s->p.config->limits.calls, shards = (size_t)s->p.config->shards;

	return MIN(max, (max + shards - 1) / shards * SHARE_SPARE);
}

static size_t streams_here(const struct shard *s)
{
	return calls_here(s) + STREAMS_SPARE;
}

static int open_streams(struct shard *s)
{
	const struct config_media *m = &s->p.config->media;
	struct str host = str_empty(m->bind) ? s->p.config->sip.listen.host : m->bind;
	struct stream_pool_config c = {.control = s->control,
				       .media = s->media,
				       .streams = streams_here(s),
				       .port_min = (uint16_t)m->port_min,
				       .port_max = (uint16_t)m->port_max,
				       .media_timeout = m->timeout,
				       .duck_db = (float)m->duck_db,
				       .reflex = &reflex_hysteresis,
				       .reflex_config = &reflex_hysteresis_default,
				       .detect = detector_link(s->detector)};
	int rc = addr_parse(host, 0, &c.bind);

	rng_bytes(&s->rng, c.seed, sizeof(c.seed));
	return rc < 0 ? rc : stream_pool_new(&c, &s->streams);
}

static int open_sip(struct shard *s)
{
	const struct config *c = s->p.config;
	struct sip_config sip = {
		.ua = {.shard = s->p.number,
		       .t1 = SIP_T1,
		       .t2 = SIP_T2,
		       .t4 = SIP_T4,
		       .decide_max = USEC_SEC(20),
		       .ring_max = USEC_SEC(60),
		       .refer_max = c->limits.transfer,
		       .calls_max = calls_here(s) * 2, /* those that still say goodbye count too */
		       .transactions_max = calls_here(s) * 8 + 1024,
		       .retry_after_sec = (unsigned)c->limits.retry_after_s,
		       .realm = c->sip.realm,
		       .sha256 = c->sip.digest != CONFIG_DIGEST_MD5,
		       .md5 = c->sip.digest != CONFIG_DIGEST_SHA256,
		       .trunks = s->p.trunks},
		.acceptor = s->p.acceptor,
		.streams = s->streams,
	};

	return sip_new(s->control, &sip, &sip_ops, s, &s->rng, &s->sip);
}

static int open_detector(struct shard *s)
{
	struct silero_config silero = {.ort = s->p.speech->ort, .err = &s->p.speech->note};
	int rc = vad_open(&silero_ops, &silero, &s->vad);

	if (rc < 0 && silero.err->text[0])
		*s->p.ret_problem = silero.err->text;
	return rc < 0 ? rc : detector_start(s->vad, streams_here(s), &s->detector);
}

static int fill_crew(struct shard *s, size_t i)
{
	const struct agents *a = s->p.agents;
	const struct agents_entry *e = &a->list[i];
	struct crew *c = &s->crews[i];
	int rc = services_stt(s->providers, agents_stage(a, e, AGENTS_STT), &c->stt);

	if (rc == 0)
		rc = services_tts(s->providers, agents_stage(a, e, AGENTS_TTS), &c->tts);
	if (rc == 0)
		rc = services_llm(s->providers, agents_stage(a, e, AGENTS_LLM), &c->fast);
	if (rc == 0)
		rc = services_llm(s->providers, agents_stage(a, e, AGENTS_DEEP), &c->deep);
	return rc;
}

static int fill_agents(struct shard *s)
{
	size_t n = s->p.agents->count;
	int rc = 0;

	s->agents = mem_zalloc(n * sizeof(*s->agents));
	s->crews = mem_zalloc(n * sizeof(*s->crews));
	if (!s->agents || !s->crews)
		return -ENOMEM;
	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = fill_crew(s, i);
		s->agents[i] = s->p.agents->list[i].call;
		s->agents[i].brain_new = brain_new;
		s->agents[i].stt = s->crews[i].stt.ops;
		s->agents[i].stt_config = s->crews[i].stt.config;
		s->agents[i].tts = s->crews[i].tts.ops;
		s->agents[i].tts_config = s->crews[i].tts.config;
	}
	return rc;
}

static int open_services(struct shard *s)
{
	struct services_params p = {.loop = s->control,
				    .config = s->p.config,
				    .rng = &s->rng,
				    .phrases = s->p.speech->cache,
				    .reading = s->p.speech->utter.reading,
				    .stt_local = &s->stt,
				    .tts_local = &s->tts,
				    .thinkers = s->p.thinkers,
				    .port = &s->port};

	s->stt = (struct stt_local_config){.hearing = s->p.speech->hearing, .port = &s->port};
	s->tts = (struct tts_local_config){.utter = &s->p.speech->utter, .port = &s->port};
	return services_new(&p, &s->providers);
}

static void degrade(void *arg, struct call *c)
{
	(void)arg;
	services_go_local(c->stt, c->tts);
}

static void fill_services(struct shard *s)
{
	s->keeper = keeper_of(s->p.writer);
	s->observer = call_metrics_observer();
	s->services = (struct call_services){
		.loop = s->control,
		.eot = &eot_words,
		.keeper = &s->keeper,
		.observer = &s->observer,
		.prices = s->p.config->prices,
		.today = spending_today,
		.degrade = degrade,
		.ring_min = s->p.config->sip.ring,
		.call_max = s->p.config->limits.call,
		.transfer_max = s->p.config->limits.transfer,
	};
}

static int open_loops(struct shard *s)
{
	unsigned char seed[RNG_SEED_BYTES];
	int rc = rng_read_seed(seed);

	if (rc < 0)
		return rc;
	rng_init(&s->rng, seed);
	rc = loop_new(LOOP_REAL, 0, &s->control);
	if (rc == 0)
		rc = loop_new(LOOP_REAL, 0, &s->media);
	if (rc < 0)
		return rc;
	pool_port_open(&s->port, s->p.speech->pool, s->control);
	pool_port_open(&s->store_port, s->p.store_pool, s->control);
	return mailbox_new(s->control, sizeof(enum order), ORDER_SLOTS, on_order, s, &s->orders);
}

int shard_new(const struct shard_params *params, struct shard **ret_shard)
{
	struct shard *s = mem_zalloc(sizeof(*s));
	static const struct {
		int (*open)(struct shard *s);
		const char *problem;
	} steps[] = {
		{open_loops, "cannot make the loops"},
		{open_services, "cannot open the network for the providers"},
		{fill_agents, "cannot give the agents their services"},
		{open_detector, "cannot open the voice-activity detector"},
		{open_streams, "cannot make the media streams"},
		{open_sip, "cannot open SIP"},
	};
	int rc = 0;

	if (!s)
		return -ENOMEM;
	s->p = *params;
	list_init(&s->calls);
	for (size_t i = 0; i < ARRAY_LEN(steps) && rc == 0; i++) {
		*params->ret_problem = steps[i].problem;
		rc = steps[i].open(s);
	}
	if (rc < 0) {
		shard_stop(s);
		shard_free(s);
		return rc;
	}
	fill_services(s);
	timer_start(&s->figures, s->control, loop_now(s->control) + FIGURES_EVERY, on_figures);
	*ret_shard = s;
	return 0;
}

/* ---- running ---- */

static void *run_control(void *arg)
{
	struct shard *s = arg;

	pthread_setname_np(pthread_self(), "control");
	(void)!loop_run(s->control);
	return NULL;
}

static void *run_media(void *arg)
{
	struct shard *s = arg;

	pthread_setname_np(pthread_self(), "media");
	(void)!loop_run(s->media);
	return NULL;
}

int shard_start(struct shard *s)
{
	int rc = -pthread_create(&s->media_thread, NULL, run_media, s);

	if (rc < 0)
		return rc;
	rc = -pthread_create(&s->control_thread, NULL, run_control, s);
	if (rc < 0) {
		loop_stop(s->media);
		pthread_join(s->media_thread, NULL);
		return rc;
	}
	s->running = true;
	return 0;
}

void shard_hang_up(struct shard *s)
{
	enum order order = HANG_UP;

	if (mailbox_post(s->orders, &order) < 0)
		log_warning("a shard does not listen", log_number("shard", s->p.number));
}

static void stop_threads(struct shard *s)
{
	if (!s->running)
		return;
	loop_stop(s->control);
	pthread_join(s->control_thread, NULL);
	loop_stop(s->media);
	pthread_join(s->media_thread, NULL);
	s->running = false;
}

/* Whether workers still have something for us, or a media half has not let go of its call yet. */
static bool is_busy(const struct shard *s)
{
	return s->port.pending > 0 || s->store_port.pending > 0 ||
	       (s->sip && sip_read_stats(s->sip).legs > 0) ||
	       (s->streams && stream_pool_open(s->streams) > 0);
}

/* The loops are ours again: what is left of calls goes, and both loops are turned until nothing is under way.
 */
static void drop_calls(struct shard *s)
{
	LIST_EACH_SAFE (node, &s->calls) {
		call_free(LIST_ENTRY(node, struct taken, node)->call);
	}
	for (int i = 0; i < STOP_TURNS_MAX && is_busy(s); i++)
		if (loop_turn(s->control, USEC_MS(2)) < 0 || loop_turn(s->media, USEC_MS(2)) < 0)
			break;
}

void shard_stop(struct shard *s)
{
	stop_threads(s);
	if (s->control)
		drop_calls(s);
	timer_stop(&s->figures);
	s->sip = sip_free(s->sip);
	s->streams = stream_pool_free(s->streams);
	s->detector = detector_stop(s->detector);
	s->vad = vad_close(s->vad);
	if (s->orders)
		s->orders = mailbox_free(s->orders, NULL);
	pool_port_close(&s->port);
	pool_port_close(&s->store_port);
	s->providers = services_free(s->providers);
}

struct shard *shard_free(struct shard *s)
{
	if (!s)
		return NULL;
	s->media = loop_free(s->media);
	s->control = loop_free(s->control);
	mem_free(s->agents);
	mem_free(s->crews);
	return mem_free(s);
}
