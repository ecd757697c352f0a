#include "stt_live.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "test.h"

#define FRAME   160 /* 20 ms */
#define KEY     "key-of-tests"
#define NOTICED USEC_MS(160) /* what the detector needs to hear that it is quiet */
#define RUN_MAX USEC_SEC(40)

static void on_tick(struct timer *t);

int live_start(struct live_room *l, const struct vendor_config *config)
{
	struct http_client_config http = {.asks_max = 32, .conns_max = 32};
	struct ws_net_config ws = {.conns_max = 64};
	int rc;

	*l = (struct live_room){0};
	rng_init_number(&l->rng, 11);
	rc = vendor_start(config, &l->server);
	if (rc == 0)
		rc = loop_new(LOOP_REAL, 0, &l->loop);
	ws.authority = http.authority = str_from(vendor_authority());
	if (rc == 0)
		rc = ws_net_new(l->loop, &ws, &l->ws);
	if (rc == 0)
		rc = http_client_new(l->loop, &http, &l->http);
	l->host = (struct service_host){.loop = l->loop, .http = l->http, .ws = l->ws, .rng = &l->rng};
	return rc;
}

static void on_event(void *arg, const struct stt_event *ev)
{
	struct live_caller *c = arg;

	c->ready |= ev->type == STT_EV_READY;
	c->partials += ev->type == STT_EV_PARTIAL;
	c->likelies += ev->type == STT_EV_LIKELY;
	c->endpoints += ev->type == STT_EV_ENDPOINT;
	c->finals += ev->type == STT_EV_FINAL;
	if (ev->type == STT_EV_FAULT)
		c->fault = ev->fault;
	if (ev->type == STT_EV_FINAL || ev->type == STT_EV_FAULT)
		c->told_n += (size_t)snprintf(c->told + c->told_n, sizeof(c->told) - c->told_n,
					      "%s %u " STR_FMT "\n",
					      ev->type == STT_EV_FINAL ? "FINAL" : fault_name(ev->fault),
					      ev->utterance, STR_ARG(ev->text));
}

static void on_usage(void *arg, const struct usage *u)
{
	struct live_caller *c = arg;

	c->sound += u->amount[USAGE_AUDIO_IN];
	c->requests += u->amount[USAGE_REQUESTS];
}

struct live_caller *live_add(struct live_room *l, const struct stt_ws_dialect *d, const char *path,
			     const struct live_act *script)
{
	struct live_caller *c = &l->callers[l->count++];
	char address[256];

	*c = (struct live_caller){.dialect = d, .script = script, .live = l};
	snprintf(c->url, sizeof(c->url), "%s", vendor_url(l->server, d->ask ? "http" : "ws", path, address));
	c->service = (struct service){
		.name = str_from(d->name),
		.type = str_from(d->name),
		.url = str_from(c->url),
		.key = STR(KEY),
		.connect_limit = USEC_SEC(10),
		.first_limit = USEC_SEC(10),
		.stall_limit = USEC_SEC(10),
	};
	buf_init(&c->speech, 1u << 20);
	c->use = (struct service_use){&c->service, &l->host, d};
	return c;
}

static void open_caller(struct live_room *l, struct live_caller *c)
{
	struct stt_params params = {
		.loop = l->loop, .sink = {on_event, c}, .usage = {on_usage, c}, .language = STR("en-US")};

	c->opened = true;
	c->stt = mem_zalloc(stt_ws_ops.state_size);
	if (!c->stt || stt_open(c->stt, &stt_ws_ops, &c->use, &params) < 0)
		test_failed(c->dialect->name, 0, "the session cannot be opened");
}

/* The next frame of the speech, or silence. */
static void feed(struct live_caller *c, usec at)
{
	int16_t pcm[FRAME] = {0};
	size_t n = MIN(c->speech.n, sizeof(pcm));

	if (n > 0)
		memcpy(pcm, c->speech.p, n);
	buf_consume(&c->speech, n);
	(void)!stt_feed(c->stt, at, pcm, FRAME);
}

static void next_act(struct live_caller *c)
{
	c->act++;
	c->spent = 0;
}

static void close_caller(struct live_caller *c)
{
	if (c->stt)
		stt_close(c->stt);
	c->stt = mem_free(c->stt);
	buf_fini(&c->speech);
}

/* Acts that take no time, and what others begin with. */
static void act_now(struct live_caller *c, usec at)
{
	const struct live_act *a = &c->script[c->act];

	if (a->step == LIVE_SPEAK && c->spent == 0) {
		tones_speak(str_from(a->text), &(struct sound){SOUND_S16, 8000}, &c->speech);
		stt_speech(c->stt, true, at);
	}
	if (a->step == LIVE_CANCEL)
		stt_cancel(c->stt);
	if ((a->step == LIVE_ASK || (a->step == LIVE_FINISH && c->spent == 0)) && stt_finish(c->stt, at) < 0)
		test_failed(c->dialect->name, 0, "a finish was refused");
	c->asks += a->step == LIVE_ASK || (a->step == LIVE_FINISH && c->spent == 0);
	if (a->step == LIVE_CLOSE)
		close_caller(c);
	if (a->step != LIVE_ASK && a->step != LIVE_CANCEL && a->step != LIVE_CLOSE)
		return;
	next_act(c);
	if (c->stt)
		act_now(c, at);
}

static bool act_is_over(const struct live_caller *c)
{
	const struct live_act *a = &c->script[c->act];

	switch (a->step) {
	case LIVE_READY:
		return c->ready;
	case LIVE_FINISH:
		return c->finals == c->asks;
	case LIVE_QUIET:
		return c->spent >= a->span;
	case LIVE_SPEAK:
		return c->speech.n == 0;
	case LIVE_END:
	case LIVE_ASK:
	case LIVE_CANCEL:
	case LIVE_CLOSE:
		break;
	}
	return false;
}

static bool is_over(const struct live_caller *c)
{
	return c->script[c->act].step == LIVE_END || (c->stt && c->stt->dead);
}

/* 20 ms of one caller's life. */
static void live_on(struct live_caller *c, usec at)
{
	bool speaks;

	act_now(c, at);
	if (!c->stt || is_over(c))
		return;
	speaks = c->script[c->act].step == LIVE_SPEAK;
	feed(c, at);
	if (c->quiet_due > 0 && at >= c->quiet_due) {
		stt_speech(c->stt, false, c->quiet_due - NOTICED);
		c->quiet_due = 0;
	}
	c->spent += USEC_MS(20);
	if (!act_is_over(c))
		return;
	if (speaks)
		c->quiet_due = at + USEC_MS(20) + NOTICED;
	next_act(c);
}

static void on_tick(struct timer *t)
{
	struct live_room *l = CONTAINER_OF(t, struct live_room, tick);
	bool over = true;

	for (size_t i = 0; i < l->count; i++) {
		struct live_caller *c = &l->callers[i];

		if (!c->opened)
			open_caller(l, c);
		if (!is_over(c))
			live_on(c, l->at);
		over &= is_over(c);
	}
	l->at += USEC_MS(20);
	if (over || l->at - l->started > RUN_MAX)
		loop_stop(l->loop);
	else
		timer_start(t, l->loop, l->at, on_tick);
}

void live_run(struct live_room *l)
{
	l->at = l->started = loop_now(l->loop);
	timer_start(&l->tick, l->loop, l->at, on_tick);
	CHECK_INT(loop_run(l->loop), 0);
	for (size_t i = 0; i < l->count; i++)
		if (!is_over(&l->callers[i]))
			test_failed(l->callers[i].dialect->name, 0, "hangs at act %zu: %s", l->callers[i].act,
				    l->callers[i].told);
	timer_stop(&l->tick);
}

void live_settle(struct live_room *l)
{
	l->http = http_client_free(l->http); /* it keeps connections */
	for (int i = 0; i < 1000 && (vendor_open(l->server) > 0 || ws_net_read_stats(l->ws).open > 0); i++)
		CHECK_INT(loop_turn(l->loop, USEC_MS(5)), 0);
	CHECK_INT(vendor_open(l->server), 0);
}

void live_stop(struct live_room *l)
{
	for (size_t i = 0; i < l->count; i++)
		close_caller(&l->callers[i]);
	l->http = http_client_free(l->http);
	l->ws = ws_net_free(l->ws);
	loop_free(l->loop);
	vendor_stop(l->server);
}
