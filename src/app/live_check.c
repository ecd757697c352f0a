#include "app/live_check.h"

#include <errno.h>
#include <string.h>

#include "app/providers.h"
#include "app/services.h"
#include "app/thinkers.h"
#include "app/trial.h"
#include "base/pool.h"
#include "provider/local/speaking.h"

#define WORDS_SAMPLES_MAX (10 * STT_RATE_HZ)
#define WORDS             "I would like to book an appointment for next Tuesday, please."
#define QUESTION          "Greet a caller in one short sentence."
#define JOBS_MAX          64
#define GREETING          "Good morning, how can I help you?"

struct check {
	const struct config *config;
	struct loop *loop;
	struct pool *pool;
	struct pool_port port;
	struct thinkers thinkers;
	struct rng rng;
	struct services *services;
	int16_t pcm[WORDS_SAMPLES_MAX];
	size_t samples;
	FILE *out;
	size_t failed;
};

static bool on_pcm(void *arg, const int16_t *pcm, size_t samples)
{
	struct check *c = arg;
	size_t n = MIN(samples, WORDS_SAMPLES_MAX - c->samples);

	memcpy(c->pcm + c->samples, pcm, n * sizeof(*pcm));
	c->samples += n;
	return n == samples;
}

/* What recognisers are to hear. */
static int say_words(struct check *c)
{
	struct voice_out_sink sink = {on_pcm, c};
	struct speaking *s;
	int rc = speaking_open(NULL, NULL, SPEAKING_FLITE, NULL, &s);

	if (rc < 0)
		return rc;
	rc = speaking_say(s, speaking_find(s, STR("slt")), STR(WORDS), 1, &sink);
	speaking_close(s);
	return rc;
}

static long long ms(usec t)
{
	return t / USEC_MS(1);
}

static void print(struct check *c, const struct service *s, enum usage_kind kind, const struct trial *t)
{
	static const char *const firsts[] = {
		[USAGE_STT] = "final text", [USAGE_LLM] = "first word", [USAGE_TTS] = "first sound"};

	fprintf(c->out, "%-4s %-16s %-18s ", usage_kind_name(kind), s->name.p, s->type.p);
	if (t->ok)
		fprintf(c->out, "ok      ready %5lld ms  %-11s %5lld ms  done %5lld ms  %s\n", ms(t->opened),
			firsts[kind], ms(t->first), ms(t->total), t->text);
	else
		fprintf(c->out, "FAILED  %s%s%s\n", fault_name(t->fault), t->text[0] ? ": " : "", t->text);
	fflush(c->out);
	c->failed += !t->ok;
}

static int try_one(struct check *c, const struct service *s, enum usage_kind kind)
{
	struct services_stt stt = services_one_stt(c->services, s->name);
	struct services_llm llm = services_one_llm(c->services, s->name);
	struct services_tts tts = services_one_tts(c->services, s->name);
	struct trial t;
	int rc = 0;

	if (kind == USAGE_STT)
		rc = trial_stt(c->loop, stt.ops, stt.config, (struct trial_sound){c->pcm, c->samples}, &t);
	else if (kind == USAGE_LLM)
		rc = trial_llm(c->loop, llm.ops, llm.config, STR(QUESTION), &t);
	else
		rc = trial_tts(c->loop, tts.ops, tts.config, s->voice, STR(GREETING), &t);
	if (rc == 0)
		print(c, s, kind, &t);
	return rc;
}

/* Whether the service is there for that: of a vendor that can do several things, those that a stage names it
 * for, or all when none does. */
static bool is_wanted(const struct config *c, const struct service *s, enum usage_kind kind)
{
	bool named = false, here = false;

	if (!vendor_find(s->type, kind))
		return false;
	for (int k = 0; k < USAGE_KINDS_; k++) {
		struct opt_strs names = providers_stage(c, (enum usage_kind)k);

		for (size_t i = 0; i < names.count; i++) {
			named |= str_eq(names.at[i], s->name);
			here |= k == (int)kind && str_eq(names.at[i], s->name);
		}
	}
	return here || !named;
}

static int try_all(struct check *c)
{
	const struct service *s = c->config->providers.at;
	int rc = 0;

	for (size_t i = 0; i < c->config->providers.count; i++)
		for (int k = 0; k < USAGE_KINDS_ && rc == 0; k++)
			if (is_wanted(c->config, &s[i], (enum usage_kind)k))
				rc = try_one(c, &s[i], (enum usage_kind)k);
	return rc;
}

static int open_all(struct check *c)
{
	struct services_params p = {
		.config = c->config, .rng = &c->rng, .thinkers = &c->thinkers, .port = &c->port};
	unsigned char seed[RNG_SEED_BYTES];
	int rc = rng_read_seed(seed);

	if (rc == 0)
		rc = loop_new(LOOP_REAL, 0, &c->loop);
	if (rc == 0)
		rc = pool_new(1, JOBS_MAX, &c->pool);
	if (rc == 0)
		rc = thinkers_open(c->config, &c->thinkers);
	if (rc < 0)
		return rc;
	rng_init(&c->rng, seed);
	pool_port_open(&c->port, c->pool, c->loop);
	p.loop = c->loop;
	rc = services_new(&p, &c->services);
	return rc < 0 ? rc : say_words(c);
}

static void close_all(struct check *c)
{
	services_free(c->services);
	while (c->port.pending > 0)
		(void)!loop_turn(c->loop, USEC_MS(50));
	pool_port_close(&c->port);
	pool_free(c->pool);
	loop_free(c->loop);
	thinkers_close(&c->thinkers);
}

int live_check(const struct config *config, FILE *out)
{
	static struct check c;
	int rc;

	c = (struct check){.config = config, .out = out};
	if (config->providers.count == 0) {
		fprintf(out, "no provider is configured: everything happens in this process\n");
		return 0;
	}
	rc = open_all(&c);
	if (rc == 0)
		rc = try_all(&c);
	close_all(&c);
	return rc < 0 ? rc : c.failed > 0 ? -ENOLINK : 0;
}
