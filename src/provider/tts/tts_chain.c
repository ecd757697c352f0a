#include "provider/tts/tts_chain.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/live.h"
#include "provider/aloud/clause.h"
#include "provider/links.h"

#define LETTER_SAMPLES (TTS_RATE_HZ / 15) /* people speak about 15 letters a second */

LIVE_DEFINE(tts_chain);

/* One voice of the list. Its session lies behind the chain. */
struct child {
	struct link link;
	struct tts_chain *chain;
	const struct tts_link *config;
	struct tts *tts;
};

/* An answer that is not at its end. Voices call it by the same number as the host. */
struct answer {
	uint32_t number;
	struct buf text;
	bool ended;
	uint32_t samples;                /* delivered */
	uint32_t spoken;                 /* bytes of text that the marks say are in them */
	uint32_t told;                   /* likewise, as far as the host was told: it never goes back */
	uint32_t text_base, sample_base; /* where the voice that speaks began */
};

struct tts_chain {
	struct tts tts;
	const struct tts_chain_config *config;
	struct tts_params params;
	struct child children[CHAIN_LINKS_MAX];
	struct links links;
	struct answer answers[TTS_CHAIN_ANSWERS_MAX]; /* the first is being delivered */
	size_t count;
	struct link *local; /* takes over when no answer is left; NULL = nobody */
	bool ready;
};

static void on_event(void *arg, const struct tts_event *ev);

static struct tts_chain *of(struct tts *t)
{
	return CONTAINER_OF(t, struct tts_chain, tts);
}

static struct child *child_of(struct link *l)
{
	return CONTAINER_OF(l, struct child, link);
}

/* ---- answers ---- */

static struct str text_of(const struct answer *a)
{
	return buf_str(&a->text);
}

static void drop(struct tts_chain *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_fini(&c->answers[i].text);
	c->count -= n;
	memmove(c->answers, c->answers + n, c->count * sizeof(c->answers[0]));
}

static void drop_until(struct tts_chain *c, uint32_t number)
{
	size_t n = 0;

	while (n < c->count && c->answers[n].number <= number)
		n++;
	drop(c, n);
}

/* The one of that number, which becomes the first: those before it were left without an end. */
static struct answer *reach(struct tts_chain *c, uint32_t number)
{
	drop_until(c, number - 1);
	return c->count > 0 && c->answers[0].number == number ? &c->answers[0] : NULL;
}

/* The newest, begun if there is none of that number. NULL when there are too many. */
static struct answer *newest(struct tts_chain *c, uint32_t number)
{
	struct answer *a = c->count > 0 ? &c->answers[c->count - 1] : NULL;

	if (a && a->number == number)
		return a;
	if (c->count == TTS_CHAIN_ANSWERS_MAX)
		return NULL;
	a = &c->answers[c->count++];
	*a = (struct answer){.number = number};
	buf_init(&a->text, TTS_TEXT_MAX);
	return a;
}

/* The start of the clause that the byte at `pos` belongs to. */
static size_t clause_start(struct str text, bool ended, size_t pos)
{
	struct clause c;
	struct clause_piece piece;
	struct str rest = text;
	size_t start = 0;

	clause_init(&c);
	while (rest.n > 0 || ended) {
		size_t n = clause_push(&c, rest);
		bool last = n == rest.n;

		rest = str_sub(rest, n, rest.n);
		while (clause_next(&c, last && ended ? CLAUSE_ENDING : CLAUSE_MORE, &piece)) {
			if (piece.end > pos)
				return start;
			start = piece.end;
		}
		if (last)
			break;
	}
	return start;
}

/* Where the next voice begins. */
static uint32_t restart_at(const struct answer *a, bool marks)
{
	uint32_t guess = a->text_base + (a->samples - a->sample_base) / LETTER_SAMPLES;
	size_t pos = marks ? a->spoken : MIN(guess, a->text.n);

	if (a->samples == a->sample_base)
		return a->text_base;
	return (uint32_t)MAX(clause_start(text_of(a), a->ended, pos), a->text_base);
}

/* ---- the links ---- */

static int open_link(struct link *l)
{
	struct child *k = child_of(l);
	struct tts_params params = k->chain->params;

	memset(k->tts, 0, k->config->ops->state_size);
	params.sink = (struct tts_sink){on_event, k};
	if (k->config->renames)
		params.voice = k->config->voice;
	return tts_open(k->tts, k->config->ops, k->config->config, &params);
}

static void close_link(struct link *l)
{
	tts_close(child_of(l)->tts);
}

/* Returns 0 or why the voice does not take it. */
static int speak_rest(struct child *k, const struct answer *a)
{
	struct str rest = str_sub(text_of(a), a->text_base, a->text.n);
	int rc = rest.n > 0 ? tts_say(k->tts, a->number, rest) : 0;

	return rc == 0 && a->ended ? tts_end(k->tts, a->number) : rc;
}

static void serve(struct link *l)
{
	struct child *k = child_of(l);
	struct tts_chain *c = k->chain;
	int rc = 0;

	c->tts.can = k->tts->can;
	for (size_t i = 0; i < c->count && rc == 0; i++)
		rc = speak_rest(k, &c->answers[i]);
	if (rc < 0)
		links_refused(l, rc);
}

/* Whatever it has not said is left for the next. */
static void leave(struct link *l)
{
	struct child *k = child_of(l);
	struct tts_chain *c = k->chain;
	struct answer *a = &c->answers[0];

	for (size_t i = 0; i < c->count; i++, a++) {
		a->text_base = restart_at(a, (k->tts->can & TTS_MARKS) != 0);
		a->spoken = a->text_base;
		a->sample_base = a->samples;
	}
}

/* For the answers behind it all voices are tried again. */
static void give_up(struct links *ls, enum fault fault, bool opened)
{
	struct tts_chain *c = CONTAINER_OF(ls, struct tts_chain, links);
	struct tts_event ev = {
		.type = TTS_EV_FAULT, .fault = fault, .words = links_words(ls), .dead = !opened};
	bool owed = c->count > 0;

	if (owed) {
		ev.answer = c->answers[0].number;
		drop(c, 1);
	}
	links_forgive(ls);
	if (opened)
		links_start(ls);
	if (owed || !opened)
		tts_emit(&c->tts, &ev);
}

static const struct links_ops links_ops = {
	.kind = USAGE_TTS,
	.open = open_link,
	.close = close_link,
	.serve = serve,
	.leave = leave,
	.give_up = give_up,
};

/* ---- what it says ---- */

static void on_ready(struct child *k)
{
	struct tts_chain *c = k->chain;
	struct tts_event ready = {.type = TTS_EV_READY};

	if (!links_ready(&k->link) || c->ready)
		return;
	c->ready = true;
	tts_emit(&c->tts, &ready);
}

static void on_audio(struct tts_chain *c, struct answer *a, const struct tts_event *ev)
{
	a->samples += (uint32_t)ev->samples;
	tts_emit(&c->tts, ev);
}

static void on_mark(struct tts_chain *c, struct answer *a, const struct tts_event *ev)
{
	struct tts_event ours = *ev;

	a->spoken = MIN(a->text_base + ev->text_end, (uint32_t)a->text.n);
	a->told = MAX(a->told, a->spoken);
	ours.text_end = a->told;
	ours.sample_offset = a->sample_base + ev->sample_offset;
	tts_emit(&c->tts, &ours);
}

/* Not in the middle of an answer: it is no emergency. */
static void go_local(struct tts_chain *c)
{
	if (c->local && c->count == 0)
		links_turn_to(&c->links, c->local);
}

static void on_done(struct child *k, const struct tts_event *ev)
{
	struct tts_chain *c = k->chain;

	drop(c, 1);
	links_succeeded(&k->link);
	go_local(c);
	tts_emit(&c->tts, ev);
}

static void on_event(void *arg, const struct tts_event *ev)
{
	struct child *k = arg;
	struct answer *a;

	if (ev->type == TTS_EV_READY) {
		on_ready(k);
		return;
	}
	if (ev->type == TTS_EV_FAULT) {
		links_fail(&k->link, ev->fault, ev->retry_after, ev->words);
		return;
	}
	a = link_serves(&k->link) ? reach(k->chain, ev->answer) : NULL;
	if (!a)
		return;
	if (ev->type == TTS_EV_AUDIO)
		on_audio(k->chain, a, ev);
	else if (ev->type == TTS_EV_MARK)
		on_mark(k->chain, a, ev);
	else
		on_done(k, ev);
}

/* ---- the contract ---- */

static int op_open(struct tts *tts, const void *config, const struct tts_params *params)
{
	struct tts_chain *c = of(tts);
	char *room = (char *)c + chain_room(sizeof(*c));

	c->config = config;
	c->params = *params;
	c->links = (struct links){.ops = &links_ops,
				  .watch = &c->config->watch,
				  .loop = params->loop,
				  .open_limit = c->config->open_limit};
	for (size_t i = 0; i < c->config->count; i++) {
		const struct tts_link *l = &c->config->links[i];
		struct child *k = &c->children[i];

		*k = (struct child){.chain = c, .config = l, .tts = chain_place(&room, l->ops->state_size)};
		links_add(&c->links, &k->link, l->name, l->breaker);
	}
	live_up(&live_tts_chain);
	links_start(&c->links);
	return 0;
}

/* What the voice does not take, the next one may. */
static void pass_on(struct tts_chain *c, uint32_t answer, struct str text, bool end)
{
	struct child *k = c->links.serving ? child_of(c->links.serving) : NULL;
	int rc;

	if (!k)
		return;
	rc = end ? tts_end(k->tts, answer) : tts_say(k->tts, answer, text);
	if (rc < 0)
		links_refused(&k->link, rc);
}

static int op_say(struct tts *tts, uint32_t answer, struct str text)
{
	struct tts_chain *c = of(tts);
	struct answer *a = newest(c, answer);

	if (!a)
		return -EBUSY;
	buf_add_str(&a->text, text);
	if (a->text.error)
		return a->text.error;
	pass_on(c, answer, text, false);
	return 0;
}

static int op_end(struct tts *tts, uint32_t answer)
{
	struct tts_chain *c = of(tts);
	struct answer *a = newest(c, answer);

	if (!a)
		return -EBUSY;
	a->ended = true;
	pass_on(c, answer, STR(""), true);
	return 0;
}

static void op_cancel(struct tts *tts, uint32_t answer)
{
	struct tts_chain *c = of(tts);

	drop_until(c, answer);
	go_local(c);
	if (c->links.serving)
		tts_cancel(child_of(c->links.serving)->tts, answer);
}

static void op_close(struct tts *tts)
{
	struct tts_chain *c = of(tts);

	links_close(&c->links);
	drop(c, c->count);
	live_down(&live_tts_chain);
}

static const struct tts_ops ops = {
	.name = "chain",
	.open = op_open,
	.say = op_say,
	.end = op_end,
	.cancel = op_cancel,
	.close = op_close,
};

bool tts_chain_go_local(struct tts *t)
{
	struct tts_chain *c = of(t);

	if (t->closed || !t->ops || t->ops->open != op_open)
		return false;
	for (size_t i = 0; i < c->config->count && !c->local; i++)
		if (c->config->links[i].ops->can & TTS_LOCAL)
			c->local = &c->children[i].link;
	go_local(c);
	return c->local != NULL;
}

void tts_chain_init(struct tts_chain_config *c)
{
	assert(c->count > 0 && c->count <= CHAIN_LINKS_MAX);
	c->ops = ops;
	c->ops.can = c->links[0].ops->can;
	c->ops.state_size = chain_room(sizeof(struct tts_chain));
	for (size_t i = 0; i < c->count; i++)
		c->ops.state_size += chain_room(c->links[i].ops->state_size);
}
