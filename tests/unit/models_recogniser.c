/* The recogniser as a call uses it: a real loop, a pool of two threads, the real models, several calls. */
#include "app/rehearsal/wer.h"
#include "base/pool.h"
#include "models.h"
#include "provider/local/hearing.h"
#include "provider/local/stt_local.h"

#define CALLS   4
#define FRAME   160
#define TURNS   3000 /* of at most 10 ms: half a minute */
#define WARNING "errors in what %d callers said: %.1f %%"

struct caller {
	union {
		struct stt stt;
		_Alignas(16) char state[1024];
	} u;
	int counts[STT_EV_COUNT_];
	char likely[STT_TEXT_MAX], final[STT_TEXT_MAX];
};

static void on_event(void *arg, const struct stt_event *ev)
{
	struct caller *c = arg;

	c->counts[ev->type]++;
	if (ev->type == STT_EV_LIKELY)
		str_copy(ev->text, c->likely, sizeof(c->likely));
	if (ev->type == STT_EV_FINAL)
		str_copy(ev->text, c->final, sizeof(c->final));
}

/* All at once, as if it had been said until now. */
static void say(struct caller *c, usec now, const struct corpus_prompt *p)
{
	usec at = now - (usec)p->samples * USEC_SEC(1) / STT_RATE_HZ;

	stt_speech(&c->u.stt, true, at);
	for (size_t i = 0; i < p->samples; i += FRAME, at += USEC_MS(20))
		CHECK_INT(stt_feed(&c->u.stt, at, p->pcm + i, MIN(p->samples - i, (size_t)FRAME)), 0);
	stt_speech(&c->u.stt, false, now);
}

static int wait_for(struct loop *l, struct caller *callers, enum stt_event_type type)
{
	int missing = CALLS;

	for (int turn = 0; turn < TURNS && missing > 0; turn++) {
		if (loop_turn(l, USEC_MS(10)) < 0)
			return -EIO;
		missing = CALLS;
		for (int i = 0; i < CALLS; i++)
			missing -= callers[i].counts[type] > 0;
	}
	return missing;
}

/* Everybody speaks at once; each is read before the end is asked for, and nothing is read again then. */
static void converse(struct loop *l, struct caller *callers, const struct corpus *c)
{
	struct wer sum = {0};

	for (int i = 0; i < CALLS; i++)
		say(&callers[i], loop_now(l), &c->prompts[i]);
	CHECK_INT(wait_for(l, callers, STT_EV_LIKELY), 0);
	for (int i = 0; i < CALLS; i++)
		CHECK_INT(stt_finish(&callers[i].u.stt, loop_now(l)), 0);
	CHECK_INT(wait_for(l, callers, STT_EV_FINAL), 0);
	for (int i = 0; i < CALLS; i++) {
		CHECK_STR(str_from(callers[i].final), callers[i].likely);
		CHECK(wer_add(&sum, c->prompts[i].text, str_from(callers[i].final)) >= 0);
	}
	if (wer_percent(&sum) > 10)
		test_failed(__FILE__, __LINE__, WARNING, CALLS, wer_percent(&sum));
}

static int open_caller(struct caller *c, struct loop *l, struct hearing *h, struct pool_port *port)
{
	const struct stt_local_config config = {h, port};

	if (stt_local_ops.state_size > sizeof(c->u))
		return -EOVERFLOW;
	return stt_open(&c->u.stt, &stt_local_ops, &config,
			&(struct stt_params){.loop = l, .sink = {on_event, c}, .language = STR("en-US")});
}

TEST(callers_are_understood_at_the_same_time)
{
	static struct caller callers[CALLS];
	struct ort *o = models_runtime();
	struct pool_port port = {0};
	struct ort_error err = {0};
	struct hearing *h;
	struct pool *pool;
	struct loop *l;
	struct corpus c;

	REQUIRE(o);
	models_corpus(&c);
	REQUIRE(c.count >= CALLS);
	REQUIRE(hearing_open(o, &err, &h) == 0);
	REQUIRE(loop_new(LOOP_REAL, 0, &l) == 0);
	REQUIRE(loop_turn(l, 0) == 0);
	REQUIRE(pool_new(2, 64, &pool) == 0);
	pool_port_open(&port, pool, l);
	for (int i = 0; i < CALLS; i++)
		CHECK_INT(open_caller(&callers[i], l, h, &port), 0);
	converse(l, callers, &c);
	for (int i = 0; i < CALLS; i++)
		stt_close(&callers[i].u.stt);
	while (port.pending > 0)
		CHECK(loop_turn(l, USEC_MS(10)) >= 0);
	pool_port_close(&port);
	pool_free(pool);
	loop_free(l);
	hearing_close(h);
	corpus_fini(&c);
	ort_close(o);
}
