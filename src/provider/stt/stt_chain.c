#include "provider/stt/stt_chain.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/live.h"
#include "base/loop.h"
#include "provider/links.h"
#include "provider/stt/stt_tape.h"

#define BURST_PIECES 250 /* 5 s of sound in one go, so that a long replay does not hold up the loop */
#define BURST_PAUSE  USEC_MS(5)
#define FULL_PAUSE   USEC_MS(20)   /* a recogniser that can take no more is asked again */
#define FULL_MAX     USEC_MS(1000) /* then it will not take it: a monologue beyond its cap */

LIVE_DEFINE(stt_chain);

/* One recogniser of the list. Its session lies behind the chain. */
struct child {
	struct link link;
	struct stt_chain *chain;
	const struct stt_link *config;
	struct stt *stt;
	struct stt_player player;
	uint32_t ahead; /* our number of an utterance less its own */
};

struct stt_chain {
	struct stt stt;
	const struct stt_chain_config *config;
	struct stt_params params;
	struct child children[CHAIN_LINKS_MAX];
	struct links links;
	struct stt_tape tape;
	struct timer drive; /* the rest of a replay */
	usec full_since;    /* 0 = it takes what it gets */
	unsigned waiting;   /* finishes without a FINAL */
	bool ready;
	uint32_t known_of; /* the newest text is of this utterance */
	size_t known_n;
	char known[STT_TEXT_MAX];
};

static void on_drive(struct timer *t);
static void on_event(void *arg, const struct stt_event *ev);

static struct stt_chain *of(struct stt *s)
{
	return CONTAINER_OF(s, struct stt_chain, stt);
}

static struct child *child_of(struct link *l)
{
	return CONTAINER_OF(l, struct child, link);
}

/* NULL while nobody serves. */
static struct child *serving(const struct stt_chain *c)
{
	return c->links.serving ? child_of(c->links.serving) : NULL;
}

/* The current one, when no finish waits for its text. */
static uint32_t oldest_waiting(const struct stt_chain *c)
{
	return c->stt.utterance - c->waiting;
}

static usec now_of(const struct stt_chain *c)
{
	return loop_now(c->links.loop);
}

/* ---- telling it what is on the tape ---- */

/* Returns 0, or why it was not taken. */
static int tell(struct child *k, const struct stt_piece *p)
{
	if (p->kind == STT_PIECE_SOUND)
		return stt_feed(k->stt, p->at, p->pcm, p->samples);
	if (p->note == STT_NOTE_FINISH)
		return stt_finish(k->stt, p->at);
	stt_speech(k->stt, p->note == STT_NOTE_SPEECH, p->at);
	return 0;
}

/* It can take no more at the moment. Returns whether to go on with the next piece. */
static bool is_full(struct child *k, const struct stt_piece *p, int rc)
{
	struct stt_chain *c = k->chain;

	if (c->full_since == 0)
		c->full_since = now_of(c);
	if (now_of(c) - c->full_since < FULL_MAX) {
		timer_start(&c->drive, c->links.loop, now_of(c) + FULL_PAUSE, on_drive);
		return false;
	}
	if (p->kind == STT_PIECE_SOUND)
		return true;
	links_refused(&k->link, rc); /* what was asked for cannot be left out */
	return false;
}

/* Returns whether to go on with the next piece. */
static bool tell_piece(struct child *k, const struct stt_piece *p)
{
	int rc = tell(k, p);

	if (rc == -ENOBUFS || rc == -EBUSY)
		return is_full(k, p, rc);
	k->chain->full_since = 0;
	if (rc < 0 && rc != -EPIPE) /* of that its fault was told */
		links_refused(&k->link, rc);
	return rc == 0;
}

static void drive(struct child *k)
{
	struct stt_chain *c = k->chain;
	struct stt_piece p;

	for (int i = 0; i < BURST_PIECES; i++) {
		if (!stt_player_peek(&k->player, &c->tape, &p) || !tell_piece(k, &p))
			return;
		stt_player_advance(&k->player, &p);
	}
	timer_start(&c->drive, c->links.loop, now_of(c) + BURST_PAUSE, on_drive);
}

static void on_drive(struct timer *t)
{
	struct stt_chain *c = CONTAINER_OF(t, struct stt_chain, drive);

	if (serving(c))
		drive(serving(c));
}

static void go_on(struct stt_chain *c)
{
	if (serving(c) && !timer_running(&c->drive))
		drive(serving(c));
}

/* ---- the links ---- */

static int open_link(struct link *l)
{
	struct child *k = child_of(l);
	struct stt_params params = k->chain->params;

	memset(k->stt, 0, k->config->ops->state_size);
	params.sink = (struct stt_sink){on_event, k};
	return stt_open(k->stt, k->config->ops, k->config->config, &params);
}

static void close_link(struct link *l)
{
	stt_close(child_of(l)->stt);
}

static void tell_lost(const struct stt_chain *c)
{
	const struct chain_watch *w = &c->config->watch;

	if (c->tape.dropped > 0 && w->on_lost)
		w->on_lost(w->arg, (usec)c->tape.dropped * USEC_SEC(1) / STT_RATE_HZ);
}

/* It begins with the oldest utterance that has no final text. */
static void serve(struct link *l)
{
	struct child *k = child_of(l);
	struct stt_chain *c = k->chain;
	bool voiced = (k->stt->can & STT_LOCAL) != 0;
	usec since;

	k->ahead = oldest_waiting(c) - k->stt->utterance;
	k->player = stt_player_new(&c->tape, voiced, &since);
	c->full_since = 0;
	c->stt.can = k->stt->can & ~(unsigned)STT_LOCAL;
	timer_stop(&c->drive);
	tell_lost(c);
	if (since > 0)
		stt_speech(k->stt, true, since);
	drive(k);
}

/* All that it has not answered is on the tape. */
static void leave(struct link *l)
{
	(void)l;
}

/* All have stalled behind a text that may not be complete. It is better than nothing, and they may be tried
 * again. */
static void tell_what_is_known(struct stt_chain *c)
{
	char text[STT_TEXT_MAX];
	struct stt_event ev = {.type = STT_EV_FINAL,
			       .utterance = c->known_of,
			       .text = {text, c->known_n},
			       .confidence = -1,
			       .uncertain = true};

	memcpy(text, c->known, c->known_n);
	c->known_n = 0;
	c->waiting--;
	stt_tape_answered(&c->tape);
	links_forgive(&c->links);
	links_start(&c->links);
	stt_emit(&c->stt, &ev);
}

static void give_up(struct links *ls, enum fault fault, bool opened)
{
	struct stt_chain *c = CONTAINER_OF(ls, struct stt_chain, links);
	struct stt_event ev = {.type = STT_EV_FAULT,
			       .utterance = c->stt.utterance,
			       .text = links_words(ls),
			       .confidence = -1,
			       .fault = fault};

	(void)opened;
	if (fault == FAULT_STALLED && c->waiting > 0 && c->known_n > 0 && c->known_of == oldest_waiting(c))
		tell_what_is_known(c);
	else
		stt_emit(&c->stt, &ev);
}

static const struct links_ops links_ops = {
	.kind = USAGE_STT,
	.open = open_link,
	.close = close_link,
	.serve = serve,
	.leave = leave,
	.give_up = give_up,
};

/* ---- what it says ---- */

static void on_ready(struct child *k)
{
	struct stt_chain *c = k->chain;
	struct stt_event ready = {.type = STT_EV_READY, .utterance = c->stt.utterance, .confidence = -1};

	if (!links_ready(&k->link) || c->ready)
		return;
	c->ready = true;
	stt_emit(&c->stt, &ready);
}

static bool is_current(const struct stt_chain *c, const struct stt_event *ev)
{
	return ev->utterance == c->stt.utterance;
}

/* Of the utterances that are not answered the oldest counts, when nobody can finish it. */
static void on_text(struct stt_chain *c, const struct stt_event *ev)
{
	if (ev->utterance == oldest_waiting(c) && !str_empty(ev->text)) {
		c->known_of = ev->utterance;
		c->known_n = str_copy(ev->text, c->known, sizeof(c->known));
	}
	if (is_current(c, ev) || (ev->type == STT_EV_PARTIAL && ev->utterance >= oldest_waiting(c)))
		stt_emit(&c->stt, ev);
}

static void on_final(struct child *k, const struct stt_event *ev)
{
	struct stt_chain *c = k->chain;

	if (c->waiting == 0 || ev->utterance != oldest_waiting(c))
		return;
	c->waiting--;
	stt_tape_answered(&c->tape);
	links_succeeded(&k->link);
	stt_emit(&c->stt, ev);
}

static void on_event(void *arg, const struct stt_event *ev)
{
	struct child *k = arg;
	struct stt_chain *c = k->chain;
	struct stt_event ours = *ev;

	ours.utterance += k->ahead;
	switch (ev->type) {
	case STT_EV_READY:
		on_ready(k);
		break;
	case STT_EV_PARTIAL:
	case STT_EV_LIKELY:
		if (link_serves(&k->link))
			on_text(c, &ours);
		break;
	case STT_EV_ENDPOINT:
		if (link_serves(&k->link) && is_current(c, &ours))
			stt_emit(&c->stt, &ours);
		break;
	case STT_EV_FINAL:
		if (link_serves(&k->link))
			on_final(k, &ours);
		break;
	case STT_EV_FAULT:
		links_fail(&k->link, ev->fault, ev->retry_after, ev->text);
		break;
	case STT_EV_COUNT_:
		break;
	}
}

/* ---- the contract ---- */

static int op_open(struct stt *stt, const void *config, const struct stt_params *params)
{
	struct stt_chain *c = of(stt);
	char *room = (char *)c + chain_room(sizeof(*c));

	c->config = config;
	c->params = *params;
	c->links = (struct links){.ops = &links_ops,
				  .watch = &c->config->watch,
				  .loop = params->loop,
				  .open_limit = c->config->open_limit};
	for (size_t i = 0; i < c->config->count; i++) {
		const struct stt_link *l = &c->config->links[i];
		struct child *k = &c->children[i];

		*k = (struct child){.chain = c, .config = l, .stt = chain_place(&room, l->ops->state_size)};
		links_add(&c->links, &k->link, l->name, l->breaker);
	}
	live_up(&live_stt_chain);
	links_start(&c->links);
	return 0;
}

static int op_feed(struct stt *stt, usec at, const int16_t *pcm, size_t samples)
{
	struct stt_chain *c = of(stt);
	int rc = stt_tape_feed(&c->tape, at, pcm, samples);

	if (rc == 0)
		go_on(c);
	return rc;
}

static void op_speech(struct stt *stt, bool speaking, usec at)
{
	struct stt_chain *c = of(stt);

	stt_tape_note(&c->tape, speaking ? STT_NOTE_SPEECH : STT_NOTE_QUIET, at);
	go_on(c);
}

static int op_finish(struct stt *stt, usec until)
{
	struct stt_chain *c = of(stt);

	if (c->waiting == STT_TAPE_FINISHES_MAX)
		return -EBUSY;
	c->waiting++;
	stt_tape_note(&c->tape, STT_NOTE_FINISH, until);
	go_on(c);
	return 0;
}

/* What the newest was told and the tape still holds is forgotten by both. */
static void op_cancel(struct stt *stt)
{
	struct stt_chain *c = of(stt);
	struct child *k = serving(c);
	usec since;

	c->waiting = 0;
	c->full_since = 0;
	stt_tape_clear(&c->tape);
	timer_stop(&c->drive);
	if (!k)
		return;
	stt_cancel(k->stt);
	k->player = stt_player_new(&c->tape, k->player.voiced, &since);
	k->ahead = c->stt.utterance + 1 - k->stt->utterance;
}

static void op_close(struct stt *stt)
{
	struct stt_chain *c = of(stt);

	timer_stop(&c->drive);
	links_close(&c->links);
	stt_tape_fini(&c->tape);
	live_down(&live_stt_chain);
}

static const struct stt_ops ops = {
	.name = "chain",
	.open = op_open,
	.feed = op_feed,
	.speech = op_speech,
	.finish = op_finish,
	.cancel = op_cancel,
	.close = op_close,
};

bool stt_chain_go_local(struct stt *s)
{
	struct stt_chain *c = of(s);

	if (s->closed || !s->ops || s->ops->open != op_open)
		return false;
	for (size_t i = 0; i < c->config->count; i++) {
		if (!(c->config->links[i].ops->can & STT_LOCAL))
			continue;
		links_turn_to(&c->links, &c->children[i].link);
		return true;
	}
	return false;
}

void stt_chain_init(struct stt_chain_config *c)
{
	assert(c->count > 0 && c->count <= CHAIN_LINKS_MAX);
	c->ops = ops;
	c->ops.can = c->links[0].ops->can & ~(unsigned)STT_LOCAL;
	c->ops.state_size = chain_room(sizeof(struct stt_chain));
	for (size_t i = 0; i < c->count; i++)
		c->ops.state_size += chain_room(c->links[i].ops->state_size);
}
