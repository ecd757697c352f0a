#include "app/live_check.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "app/providers.h"
#include "app/services.h"
#include "app/thinkers.h"
#include "app/trial.h"
#include "base/json.h"
#include "base/pool.h"
#include "provider/local/speaking.h"

#define WORDS_SAMPLES_MAX (10 * STT_RATE_HZ)
#define WORDS             "I would like to book an appointment for next Tuesday, please."
#define QUESTION          "Greet a caller in one short sentence."
#define GREETING          "Good morning, how can I help you?"

#define JOBS_MAX       64
#define EXCHANGES_MAX  300 /* services times what each can do */
#define AT_ONCE        16  /* a vendor may take a burst for an attack */
#define TEXT_BYTES     (256u * 1024)
#define WAITING_BYTES  79 /* of a terminal's line */
#define NAME_WIDTH_MIN 7
#define NAME_WIDTH_MAX 32

struct check;

/* One service for one of the things it can do. */
struct exchange {
	struct check *check;
	const struct service *service;
	enum usage_kind kind;
	struct trial *trial; /* while it is under way */
	bool over;
	struct trial_result result;
};

struct check {
	const struct agents *agents;
	struct live_check_how how;
	FILE *out;
	bool terminal;
	int name_width, type_width;

	struct loop *loop;
	struct pool *pool;
	struct pool_port port;
	struct thinkers thinkers;
	struct rng rng;
	struct services *services;
	int16_t pcm[WORDS_SAMPLES_MAX];
	size_t samples;

	struct exchange list[EXCHANGES_MAX];
	size_t count, begun, over, failed;
};

/* ---- what is told ---- */

/* What a person can do about it. */
static const char *const faults[] = {
	[FAULT_NONE] = "",
	[FAULT_CONFIG] = "it does not know what is asked for (model, voice, url, extra?)",
	[FAULT_AUTH] = "the key is refused",
	[FAULT_QUOTA] = "no credit is left, or a rate limit is reached",
	[FAULT_UNREACHABLE] = "it cannot be reached (url, network, certificate?)",
	[FAULT_PROTOCOL] = "what it says makes no sense (is the type right for that url?)",
	[FAULT_STALLED] = "it did not answer in time",
	[FAULT_OVERLOAD] = "it is overloaded",
};

static void print_time(FILE *out, usec t)
{
	if (t > 0)
		fprintf(out, "  %6lld ms", (long long)(t / USEC_MS(1)));
	else
		fprintf(out, "  %9s", "-");
}

static void print_head(const struct check *c)
{
	fprintf(c->out, "KIND  %-*s  %-*s  %9s  %9s  %9s\n", c->name_width, "SERVICE", c->type_width, "TYPE",
		"CONNECTED", "FIRST", "TOTAL");
}

static void print_result(const struct check *c, const struct exchange *e)
{
	const struct trial_result *r = &e->result;

	fprintf(c->out, "%-4s  %-*s  %-*s", usage_kind_name(e->kind), c->name_width, e->service->name.p,
		c->type_width, e->service->type.p);
	print_time(c->out, r->ok ? r->opened : 0); /* a voice over HTTP is ready before it connects */
	print_time(c->out, r->ok ? r->first : 0);
	print_time(c->out, r->ok ? r->total : 0);
	if (r->ok)
		fprintf(c->out, "  %s\n", r->text);
	else
		fprintf(c->out, "  FAILED: %s%s%s\n", faults[r->fault], r->text[0] ? ": " : "", r->text);
}

/* On a terminal the last line says whom it waits for, and is written over. */
static void print_waiting(const struct check *c)
{
	char line[WAITING_BYTES + 1];
	struct buf names;

	if (!c->terminal)
		return;
	fputs("\r\033[K", c->out);
	if (c->over == c->count)
		return;
	buf_init(&names, TEXT_BYTES);
	buf_printf(&names, "%zu of %zu tried, waiting for", c->over, c->count);
	for (size_t i = 0; i < c->begun; i++)
		if (!c->list[i].over)
			buf_printf(&names, " " STR_FMT, STR_ARG(c->list[i].service->name));
	str_copy(buf_str(&names), line, sizeof(line));
	fputs(line, c->out);
	buf_fini(&names);
}

static void print_end(const struct check *c)
{
	if (c->failed == 0)
		fprintf(c->out, "all %zu work\n", c->count);
	else
		fprintf(c->out, "%zu of %zu %s not work\n", c->failed, c->count,
			c->failed == 1 ? "does" : "do");
}

static void add_time(struct json_out *w, const char *name, usec t)
{
	if (t > 0)
		json_int(w, name, t / USEC_MS(1));
}

static void add_json(struct json_out *w, const struct exchange *e)
{
	const struct trial_result *r = &e->result;

	json_map(w, NULL);
	json_str(w, "kind", str_from(usage_kind_name(e->kind)));
	json_str(w, "service", e->service->name);
	json_str(w, "type", e->service->type);
	json_bool(w, "ok", r->ok);
	add_time(w, "connected_ms", r->ok ? r->opened : 0);
	add_time(w, "first_ms", r->first);
	add_time(w, "total_ms", r->total);
	if (!r->ok)
		json_str(w, "fault", str_from(fault_name(r->fault)));
	json_str(w, "text", str_from(r->text));
	json_end(w);
}

static void print_json(const struct check *c)
{
	struct json_out w;
	struct buf text;

	buf_init(&text, TEXT_BYTES);
	json_begin(&w, &text);
	json_map(&w, NULL);
	json_list(&w, "exchanges");
	for (size_t i = 0; i < c->count; i++)
		add_json(&w, &c->list[i]);
	json_end(&w);
	json_int(&w, "failed", (int64_t)c->failed);
	json_end(&w);
	fprintf(c->out, STR_FMT "\n", STR_ARG(buf_str(&text)));
	buf_fini(&text);
}

/* ---- trying ---- */

static int begin_one(struct check *c, struct exchange *e);

static int begin_more(struct check *c)
{
	int rc = 0;

	while (rc == 0 && c->begun < c->count && c->begun - c->over < AT_ONCE)
		rc = begin_one(c, &c->list[c->begun++]);
	if (rc < 0)
		loop_stop(c->loop);
	return rc;
}

static void on_done(void *arg, const struct trial_result *result)
{
	struct exchange *e = arg;
	struct check *c = e->check;

	e->result = *result;
	e->over = true;
	e->trial = trial_free(e->trial);
	c->over++;
	c->failed += !e->result.ok;
	if (!c->how.json) {
		if (c->terminal)
			fputs("\r\033[K", c->out);
		print_result(c, e);
	}
	(void)!begin_more(c); /* without memory the loop stops, and what is missing is seen below */
	print_waiting(c);
	fflush(c->out);
	if (c->over == c->count)
		loop_stop(c->loop);
}

static int begin_one(struct check *c, struct exchange *e)
{
	struct services_stt stt = services_one_stt(c->services, e->service->name);
	struct services_llm llm = services_one_llm(c->services, e->service->name);
	struct services_tts tts = services_one_tts(c->services, e->service->name);
	struct trial_want w = {.voice = e->service->voice, .sound = c->pcm, .samples = c->samples};
	struct trial_sink sink = {on_done, e};

	if (e->kind == USAGE_STT) {
		w.stt = stt.ops;
		w.config = stt.config;
	} else if (e->kind == USAGE_LLM) {
		w.llm = llm.ops;
		w.config = llm.config;
		w.words = STR(QUESTION);
	} else {
		w.tts = tts.ops;
		w.config = tts.config;
		w.words = STR(GREETING);
	}
	return trial_start(c->loop, &w, &sink, &e->trial);
}

static int try_all(struct check *c)
{
	int rc;

	if (!c->how.json)
		print_head(c);
	rc = begin_more(c);
	print_waiting(c);
	fflush(c->out);
	if (rc == 0)
		rc = loop_run(c->loop);
	for (size_t i = 0; i < c->begun; i++)
		c->list[i].trial = trial_free(c->list[i].trial);
	if (rc == 0 && c->over < c->count)
		rc = -ENOMEM;
	if (rc < 0)
		return rc;
	(c->how.json ? print_json : print_end)(c);
	return 0;
}

/* ---- whom to try ---- */

static void add_exchange(struct check *c, const struct service *s, enum usage_kind kind)
{
	if (c->count == EXCHANGES_MAX)
		return;
	c->list[c->count++] = (struct exchange){.check = c, .service = s, .kind = kind};
	c->name_width = MAX(c->name_width, (int)MIN(s->name.n, (size_t)NAME_WIDTH_MAX));
	c->type_width = MAX(c->type_width, (int)MIN(s->type.n, (size_t)NAME_WIDTH_MAX));
}

static void choose(struct check *c)
{
	const struct config *config = c->agents->config;
	const struct service *s = config->providers.at;

	c->name_width = c->type_width = NAME_WIDTH_MIN;
	for (size_t i = 0; i < config->providers.count; i++)
		for (int k = 0; k < USAGE_KINDS_; k++)
			if (vendor_find(s[i].type, (enum usage_kind)k) &&
			    (c->how.all || agents_use(c->agents, s[i].name, (enum usage_kind)k)))
				add_exchange(c, &s[i], (enum usage_kind)k);
}

static int say_nothing_to_try(const struct check *c)
{
	size_t n = c->agents->config->providers.count;

	if (c->how.json)
		print_json(c);
	else if (n == 0)
		fprintf(c->out, "no provider is configured: everything happens in this process\n");
	else
		fprintf(c->out,
			"%zu %s configured, but no pipeline and no agent names %s: nothing was tried "
			"(--all tries them)\n",
			n, n == 1 ? "provider is" : "providers are", n == 1 ? "it" : "them");
	return 0;
}

/* ---- what is needed for it ---- */

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

static int open_all(struct check *c)
{
	const struct config *config = c->agents->config;
	struct services_params p = {
		.config = config, .rng = &c->rng, .thinkers = &c->thinkers, .port = &c->port};
	unsigned char seed[RNG_SEED_BYTES];
	int rc = rng_read_seed(seed);

	if (rc == 0)
		rc = loop_new(LOOP_REAL, 0, &c->loop);
	if (rc == 0)
		rc = pool_new(1, JOBS_MAX, &c->pool);
	if (rc == 0)
		rc = thinkers_open(config, &c->thinkers);
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

int live_check(const struct agents *a, struct live_check_how how, FILE *out)
{
	static struct check c;
	int rc;

	c = (struct check){.agents = a, .how = how, .out = out};
	c.terminal = !how.json && isatty(fileno(out)) == 1;
	choose(&c);
	if (c.count == 0)
		return say_nothing_to_try(&c);
	rc = open_all(&c);
	if (rc == 0)
		rc = try_all(&c);
	close_all(&c);
	return rc < 0 ? rc : c.failed > 0 ? -ENOLINK : 0;
}
