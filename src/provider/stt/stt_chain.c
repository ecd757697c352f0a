#include "provider/stt/stt_chain.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/live.h"
#include "base/loop.h"
#include "provider/stt/stt_tape.h"

#define BURST_PIECES 250 /* 5 s of sound in one go, so that a long replay does not hold up the loop */
#define BURST_PAUSE  USEC_MS(5)
#define FULL_PAUSE   USEC_MS(20)   /* a recogniser that can take no more is asked again */
#define FULL_MAX     USEC_MS(1000) /* then it will not take it: a monologue beyond its cap */

LIVE_DEFINE(stt_chain);

enum link_state {
	LINK_IDLE, /* may be opened */
	LINK_OPENING,
	LINK_SERVING,
	LINK_BROKEN, /* has failed after it served: closed soon, and worth another try */
	LINK_DYING,  /* has failed: closed soon */
	LINK_FAILED, /* not to be opened again before the next FINAL */
};

struct stt_chain;

/* One recogniser of the list. Its session lies behind the chain. */
struct child {
	struct stt_chain *chain;
	const struct stt_link *link;
	struct stt *stt;
	enum link_state state;
	struct breaker_pass pass;
	struct stt_player player;
	bool again;     /* it was tried a second time since the last FINAL */
	uint32_t ahead; /* our number of an utterance less its own */
};

struct stt_chain {
	struct stt stt;
	const struct stt_chain_config *config;
	struct loop *loop;
	struct stt_params params;
	struct child children[CHAIN_LINKS_MAX];
	struct child *serving; /* NULL while one is being opened */
	struct stt_tape tape;
	struct timer work;  /* what must not happen inside an event */
	struct timer slow;  /* the newest opening takes too long */
	struct timer drive; /* the rest of a replay */
	usec full_since;    /* 0 = it takes what it gets */
	unsigned waiting;   /* finishes without a FINAL */
	enum fault last;
	struct str gave_way; /* whose successor is being looked for */
	bool ready;
};

static void on_work(struct timer *t);
static void on_slow(struct timer *t);
static void on_drive(struct timer *t);
static void on_event(void *arg, const struct stt_event *ev);

static struct stt_chain *of(struct stt *s)
{
	return CONTAINER_OF(s, struct stt_chain, stt);
}

static usec now_of(const struct stt_chain *c)
{
	return loop_now(c->loop);
}

/* ---- opening ---- */

static void fail(struct child *k, enum fault fault)
{
	struct stt_chain *c = k->chain;

	k->state = k->state == LINK_SERVING && !k->again ? LINK_BROKEN : LINK_DYING;
	k->again |= k->state == LINK_BROKEN;
	breaker_failed(k->link->breaker, &k->pass, now_of(c), fault, 0);
	c->last = fault;
	c->gave_way = k->link->name;
	if (c->serving == k)
		c->serving = NULL;
	timer_start(&c->work, c->loop, now_of(c), on_work);
}

/* Returns whether it is being opened. */
static bool open_child(struct child *k)
{
	struct stt_chain *c = k->chain;
	struct stt_params params = c->params;
	int rc;

	if (!breaker_ask(k->link->breaker, now_of(c), &k->pass))
		return false;
	memset(k->stt, 0, k->link->ops->state_size);
	params.sink = (struct stt_sink){on_event, k};
	k->state = LINK_OPENING;
	rc = stt_open(k->stt, k->link->ops, k->link->config, &params);
	if (rc == 0)
		return true;
	fail(k, chain_fault(rc));
	return false;
}

static bool open_first(struct stt_chain *c, bool again)
{
	for (size_t i = 0; i < c->config->count; i++) {
		struct child *k = &c->children[i];

		if (k->state == LINK_IDLE && k->again == again && open_child(k))
			return true;
	}
	return false;
}

/* The next of the list that is worth trying, those that have failed already last. Returns false when there is
 * none. */
static bool open_next(struct stt_chain *c)
{
	if (!open_first(c, false) && !open_first(c, true))
		return false;
	timer_start(&c->slow, c->loop, now_of(c) + c->config->open_limit, on_slow);
	return true;
}

static bool is_opening(const struct stt_chain *c)
{
	for (size_t i = 0; i < c->config->count; i++)
		if (c->children[i].state == LINK_OPENING)
			return true;
	return false;
}

static void on_slow(struct timer *t)
{
	struct stt_chain *c = CONTAINER_OF(t, struct stt_chain, slow);

	if (!c->serving)
		(void)open_next(c);
}

static void close_child(struct child *k, enum link_state state)
{
	breaker_released(k->link->breaker, &k->pass);
	stt_close(k->stt);
	k->state = state;
}

/* Those that were slower than the one which serves now. */
static void close_losers(struct stt_chain *c)
{
	for (size_t i = 0; i < c->config->count; i++) {
		struct child *k = &c->children[i];

		if (k->state != LINK_OPENING)
			continue;
		breaker_failed(k->link->breaker, &k->pass, now_of(c), FAULT_STALLED, 0);
		close_child(k, LINK_FAILED);
		c->gave_way = k->link->name;
		c->last = FAULT_STALLED;
	}
}

static void tell_switch(struct stt_chain *c, struct str to)
{
	struct chain_switch sw = {.kind = USAGE_STT, .from = c->gave_way, .to = to, .fault = c->last};

	if (!str_empty(c->gave_way))
		chain_tell(&c->config->watch, &sw);
	c->gave_way = STR("");
}

/* All have failed, or none is worth trying. */
static void give_up(struct stt_chain *c)
{
	struct stt_event ev = {.type = STT_EV_FAULT, .utterance = c->stt.utterance, .confidence = -1};

	for (size_t i = 0; i < c->config->count && c->last == FAULT_NONE; i++)
		if (c->config->links[i].breaker)
			c->last = c->config->links[i].breaker->last;
	ev.fault = c->last;
	tell_switch(c, STR(""));
	stt_emit(&c->stt, &ev);
}

static void bury(struct child *k)
{
	if (k->state == LINK_BROKEN)
		close_child(k, LINK_IDLE);
	else if (k->state == LINK_DYING)
		close_child(k, LINK_FAILED);
}

static void on_work(struct timer *t)
{
	struct stt_chain *c = CONTAINER_OF(t, struct stt_chain, work);

	for (size_t i = 0; i < c->config->count; i++)
		bury(&c->children[i]);
	if (!c->serving && !is_opening(c) && !open_next(c))
		give_up(c);
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

/* Whether to wait until it can take more. */
static bool is_full(struct stt_chain *c)
{
	if (c->full_since == 0)
		c->full_since = now_of(c);
	return now_of(c) - c->full_since < FULL_MAX;
}

static void drive(struct child *k)
{
	struct stt_chain *c = k->chain;
	struct stt_piece p;
	int rc;

	for (int i = 0; i < BURST_PIECES; i++) {
		if (!stt_player_peek(&k->player, &c->tape, &p))
			return;
		rc = tell(k, &p);
		if (rc == -EPIPE)
			return; /* its fault was told */
		if (rc == -ENOBUFS && is_full(c)) {
			timer_start(&c->drive, c->loop, now_of(c) + FULL_PAUSE, on_drive);
			return;
		}
		if (rc < 0 && rc != -ENOBUFS) {
			fail(k, chain_fault(rc));
			return;
		}
		if (rc == 0)
			c->full_since = 0;
		stt_player_advance(&k->player, &p);
	}
	timer_start(&c->drive, c->loop, now_of(c) + BURST_PAUSE, on_drive);
}

static void on_drive(struct timer *t)
{
	struct stt_chain *c = CONTAINER_OF(t, struct stt_chain, drive);

	if (c->serving)
		drive(c->serving);
}

static void go_on(struct stt_chain *c)
{
	if (c->serving && !timer_running(&c->drive))
		drive(c->serving);
}

/* It begins with the oldest utterance that has no final text. */
static void serve(struct child *k)
{
	struct stt_chain *c = k->chain;
	bool voiced = (k->stt->can & STT_LOCAL) != 0;
	usec since;

	k->ahead = c->stt.utterance - c->waiting - k->stt->utterance;
	k->player = stt_player_new(&c->tape, voiced, &since);
	c->serving = k;
	c->full_since = 0;
	c->stt.can = k->stt->can & ~(unsigned)STT_LOCAL;
	timer_stop(&c->slow);
	timer_stop(&c->drive);
	if (since > 0)
		stt_speech(k->stt, true, since);
	drive(k);
}

/* ---- what it says ---- */

static void on_ready(struct child *k)
{
	struct stt_chain *c = k->chain;
	struct stt_event ready = {.type = STT_EV_READY, .utterance = c->stt.utterance, .confidence = -1};

	if (k->state != LINK_OPENING)
		return;
	k->state = LINK_SERVING;
	close_losers(c);
	tell_switch(c, k->link->name);
	serve(k);
	if (c->ready)
		return;
	c->ready = true;
	stt_emit(&c->stt, &ready);
}

/* Everybody has a new chance. */
static void forgive(struct stt_chain *c)
{
	for (size_t i = 0; i < c->config->count; i++) {
		struct child *k = &c->children[i];

		k->again = false;
		if (k->state == LINK_FAILED)
			k->state = LINK_IDLE;
	}
}

static void on_final(struct child *k, const struct stt_event *ev)
{
	struct stt_chain *c = k->chain;

	if (c->waiting == 0 || ev->utterance != c->stt.utterance - c->waiting)
		return;
	c->waiting--;
	stt_tape_answered(&c->tape);
	breaker_succeeded(k->link->breaker, &k->pass);
	forgive(c);
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
	case STT_EV_ENDPOINT:
		if (k->state == LINK_SERVING && ours.utterance == c->stt.utterance)
			stt_emit(&c->stt, &ours);
		break;
	case STT_EV_FINAL:
		if (k->state == LINK_SERVING)
			on_final(k, &ours);
		break;
	case STT_EV_FAULT:
		if (k->state == LINK_OPENING || k->state == LINK_SERVING)
			fail(k, ev->fault);
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
	c->loop = params->loop;
	c->params = *params;
	for (size_t i = 0; i < c->config->count; i++) {
		const struct stt_link *link = &c->config->links[i];

		c->children[i] = (struct child){.chain = c, .link = link, .stt = (struct stt *)(void *)room};
		room += chain_room(link->ops->state_size);
	}
	live_up(&live_stt_chain);
	timer_start(&c->work, c->loop, now_of(c), on_work);
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
	struct child *k = c->serving;
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

	if (!c->loop)
		return;
	timer_stop(&c->work);
	timer_stop(&c->slow);
	timer_stop(&c->drive);
	for (size_t i = 0; i < c->config->count; i++)
		close_child(&c->children[i], LINK_FAILED);
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

void stt_chain_init(struct stt_chain_config *c)
{
	assert(c->count > 0 && c->count <= CHAIN_LINKS_MAX);
	c->ops = ops;
	c->ops.can = c->links[0].ops->can & ~(unsigned)STT_LOCAL;
	c->ops.state_size = chain_room(sizeof(struct stt_chain));
	for (size_t i = 0; i < c->count; i++)
		c->ops.state_size += chain_room(c->links[i].ops->state_size);
}
