#include "app/phrases.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "app/figures.h"
#include "app/providers.h"
#include "app/services.h"
#include "base/clock.h"
#include "base/live.h"
#include "base/log.h"
#include "base/mem.h"
#include "call/prices.h"
#include "provider/tts/phrase_cache.h"
#include "provider/tts/tts_prepare.h"

#define THREAD_NICE  10           /* calls come first */
#define TRIES_MAX    5            /* of an agent's voice that may come back */
#define RETRY_AFTER  USEC_SEC(30) /* doubled each time */
#define REPORT_EVERY USEC_SEC(10)

METRIC_DEFINE(phrases, .name = "offhook_prepared_phrases",
	      .help = "Fixed phrases of the agents, in clauses, that a voice on a network speaks beforehand.",
	      .kind = METRIC_GAUGE, .labels = {"agent", "service", "state"});
METRIC_DEFINE(cost, .name = "offhook_prepare_cost_dollars_total",
	      .help = "What speaking fixed phrases beforehand cost by the prices' file, in its currency.",
	      .kind = METRIC_COUNTER, .decimals = 12, .labels = {"service"});
METRIC_DEFINE(characters, .name = "offhook_prepare_characters_total",
	      .help = "Characters that were spoken beforehand.", .kind = METRIC_COUNTER,
	      .labels = {"service"});

LIVE_DEFINE(phrases);

struct phrases {
	struct phrases_params p;
	struct loop *loop;
	struct services *services;
	struct rng rng;
	pthread_t thread;
	bool running;

	size_t at;                          /* the agent whose phrases are spoken */
	char label[METRIC_LABEL_MAX_BYTES]; /* its name */
	unsigned tries;
	struct arena arena; /* its texts */
	struct tts_prepare *prepare;
	struct timer next;
	usec began, reported;
	uint64_t characters; /* of this agent's */
	picos cost;
	bool unpriced; /* nobody knows what it costs */
};

static const struct agents_entry *entry(const struct phrases *p)
{
	return &p->p.agents->list[p->at];
}

/* The voice that speaks first for an agent; NULL when it is in this process or may not be prepared. */
static const struct service *voice_of(const struct phrases_params *p, const struct agents_entry *e)
{
	struct opt_strs names = agents_stage(p->agents, e, AGENTS_TTS);
	const struct service *s = names.count > 0 ? providers_find(p->config, names.at[0]) : NULL;

	return s && s->prepare && p->config->pipeline.prepare ? s : NULL;
}

static bool has_work(const struct phrases_params *p)
{
	for (size_t i = 0; i < p->agents->count; i++)
		if (voice_of(p, &p->agents->list[i]))
			return true;
	return false;
}

/* ---- figures ---- */

static void set_figure(const struct phrases *p, const char *state, size_t n)
{
	const char *const labels[] = {p->label, voice_of(&p->p, entry(p))->name.p, state};
	struct metric_series *series;

	if (metric_get_series(&metric_phrases, labels, &series) == 0)
		metric_set(series, (int64_t)n);
}

static void show(const struct phrases *p, const struct tts_prepare_progress *now)
{
	set_figure(p, "ready", now->done - now->failed);
	set_figure(p, "failed", now->failed);
	set_figure(p, "waiting", now->total - now->done);
}

static void on_usage(void *arg, const struct usage *u)
{
	struct phrases *p = arg;
	const struct service *s = voice_of(&p->p, entry(p));
	const struct prices *prices = p->p.config->prices;
	const struct price_row *row =
		prices ? prices_find(prices, PRICE_TTS, u->service, u->type, u->model) : NULL;
	picos cost = row ? prices_cost(row, u->amount) : 0;

	p->characters += u->amount[USAGE_CHARACTERS];
	p->cost += cost;
	p->unpriced = !row;
	figures_add(&metric_characters, s->name.p, (int64_t)u->amount[USAGE_CHARACTERS]);
	figures_add(&metric_cost, s->name.p, cost);
}

/* ---- one agent after the other ---- */

static void on_next(struct timer *timer);

static void go_on(struct phrases *p, usec after)
{
	timer_start(&p->next, p->loop, loop_now(p->loop) + after, on_next);
}

static void report(const struct phrases *p, const char *message, const struct tts_prepare_progress *now)
{
	char cost[PICOS_TEXT_BYTES];

	log_info(message, log_str("provider", voice_of(&p->p, entry(p))->name),
		 log_str("agent", entry(p)->name), log_number("done", (int64_t)now->done),
		 log_number("of", (int64_t)now->total), log_number("made", (int64_t)now->made),
		 log_number("missing", (int64_t)now->failed),
		 log_number("characters", (int64_t)p->characters),
		 log_str("cost", p->unpriced ? STR("unpriced") : picos_text(p->cost, cost)),
		 log_usec("after", loop_now(p->loop) - p->began));
}

static void warn(const struct phrases *p, const struct tts_prepare_progress *now)
{
	struct phrase_cache_stats stats;

	if (now->failed > 0)
		log_warning(
			"a voice does not speak all fixed phrases beforehand: calls will ask for the others",
			log_str("provider", voice_of(&p->p, entry(p))->name),
			log_str("agent", entry(p)->name), log_text("fault", fault_name(now->fault)),
			log_str("words", now->words), log_number("missing", (int64_t)now->failed));
	phrase_cache_read_stats(p->p.speech->cache, &stats);
	if (stats.unwritten > 0)
		log_warning("phrases cannot be written to disk: they will be paid for again",
			    log_str("folder", p->p.config->speech.phrases),
			    log_number("phrases", (int64_t)stats.unwritten));
}

/* Whether it is worth another try, later. */
static bool may_come_back(enum fault fault)
{
	return fault == FAULT_UNREACHABLE || fault == FAULT_STALLED || fault == FAULT_OVERLOAD ||
	       fault == FAULT_QUOTA;
}

static void finish_agent(struct phrases *p, const struct tts_prepare_progress *now)
{
	bool again = now->failed > 0 && may_come_back(now->fault) && p->tries + 1 < TRIES_MAX;

	report(p, "fixed phrases were spoken beforehand", now);
	if (!again)
		warn(p, now);
	p->prepare = tts_prepare_free(p->prepare);
	if (again) {
		go_on(p, RETRY_AFTER << p->tries++);
		return;
	}
	p->tries = 0;
	p->at++;
	go_on(p, 0);
}

static void on_progress(void *arg, const struct tts_prepare_progress *now)
{
	struct phrases *p = arg;

	show(p, now);
	if (now->done == now->total) {
		finish_agent(p, now);
		return;
	}
	if (loop_now(p->loop) < p->reported + REPORT_EVERY)
		return;
	p->reported = loop_now(p->loop);
	report(p, "speaking fixed phrases beforehand", now);
}

static int prepare_agent(struct phrases *p)
{
	const struct agents_entry *e = entry(p);
	const struct service *s = voice_of(&p->p, e);
	struct services_tts tts = services_one_tts(p->services, s->name);
	const struct tts_prepare_voice voice = {tts.ops,
						tts.config,
						{.loop = p->loop,
						 .usage = {on_usage, p},
						 .voice = s->voice,
						 .language = e->call.language,
						 .speed = e->call.voice_speed}};
	const struct tts_prepare_sink sink = {on_progress, p};
	struct str *texts;
	size_t n;
	int rc;

	arena_fini(&p->arena);
	arena_init(&p->arena, AGENTS_ARENA_BYTES);
	rc = agents_fixed_texts(e, &p->arena, &texts, &n);
	return rc < 0 ? rc : tts_prepare_start(&voice, texts, n, &sink, &p->prepare);
}

static void on_next(struct timer *timer)
{
	struct phrases *p = CONTAINER_OF(timer, struct phrases, next);
	int rc;

	while (p->at < p->p.agents->count && !voice_of(&p->p, entry(p)))
		p->at++;
	if (p->at == p->p.agents->count)
		return;
	str_copy(entry(p)->name, p->label, sizeof(p->label));
	if (p->tries == 0) {
		p->characters = 0;
		p->cost = 0;
		p->unpriced = false;
	}
	p->began = p->reported = loop_now(p->loop);
	rc = prepare_agent(p);
	if (rc == 0)
		return;
	log_warning("fixed phrases cannot be spoken beforehand", log_str("agent", entry(p)->name),
		    log_error_code("error", rc));
	p->at++;
	go_on(p, 0);
}

/* ---- the thread ---- */

static void *run(void *arg)
{
	struct phrases *p = arg;

	pthread_setname_np(pthread_self(), "phrases");
	(void)!nice(THREAD_NICE);
	(void)!loop_run(p->loop);
	return NULL;
}

static int open_all(struct phrases *p)
{
	struct services_params params = {.config = p->p.config,
					 .rng = &p->rng,
					 .phrases = p->p.speech->cache,
					 .reading = p->p.speech->utter.reading,
					 .prepares = true};
	unsigned char seed[RNG_SEED_BYTES];
	int rc = rng_read_seed(seed);

	if (rc < 0)
		return rc;
	rng_init(&p->rng, seed);
	rc = loop_new(LOOP_REAL, 0, &p->loop);
	params.loop = p->loop;
	rc = rc < 0 ? rc : services_new(&params, &p->services);
	if (rc < 0)
		return rc;
	go_on(p, 0);
	rc = -pthread_create(&p->thread, NULL, run, p);
	p->running = rc == 0;
	return rc;
}

int phrases_start(const struct phrases_params *params, struct phrases **ret_phrases)
{
	struct phrases *p;
	int rc;

	*ret_phrases = NULL;
	if (!has_work(params))
		return 0;
	p = mem_zalloc(sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->p = *params;
	arena_init(&p->arena, AGENTS_ARENA_BYTES);
	live_up(&live_phrases);
	rc = open_all(p);
	if (rc < 0) {
		phrases_stop(p);
		return rc;
	}
	*ret_phrases = p;
	return 0;
}

struct phrases *phrases_stop(struct phrases *p)
{
	if (!p)
		return NULL;
	if (p->running) {
		loop_stop(p->loop);
		pthread_join(p->thread, NULL);
	}
	p->prepare = tts_prepare_free(p->prepare);
	timer_stop(&p->next);
	p->services = services_free(p->services);
	p->loop = loop_free(p->loop);
	arena_fini(&p->arena);
	live_down(&live_phrases);
	return mem_free(p);
}
