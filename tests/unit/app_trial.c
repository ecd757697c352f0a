/* What people are told of a service that they try. */
#include "app/trial.h"
#include "test.h"

/* A voice that fails a moment after it was opened, with words that no terminal should be shown. */
struct hoarse {
	struct tts tts;
	struct timer soon;
};

static void on_soon(struct timer *t)
{
	struct hoarse *h = CONTAINER_OF(t, struct hoarse, soon);
	const struct tts_event ev = {.type = TTS_EV_FAULT,
				     .fault = FAULT_QUOTA,
				     .words = STR("no \033[2Jcredit\r\nleft"),
				     .dead = true};

	tts_emit(&h->tts, &ev);
}

static int open(struct tts *t, const void *config, const struct tts_params *params)
{
	struct hoarse *h = CONTAINER_OF(t, struct hoarse, tts);

	timer_start(&h->soon, params->loop, loop_now(params->loop), on_soon);
	return 0;
}

static int say(struct tts *t, uint32_t answer, struct str text)
{
	return 0;
}

static int end(struct tts *t, uint32_t answer)
{
	return 0;
}

static void cancel(struct tts *t, uint32_t answer)
{
}

static void close(struct tts *t)
{
	timer_stop(&CONTAINER_OF(t, struct hoarse, tts)->soon);
}

static const struct tts_ops hoarse_ops = {
	.name = "hoarse",
	.state_size = sizeof(struct hoarse),
	.open = open,
	.say = say,
	.end = end,
	.cancel = cancel,
	.close = close,
};

struct came_out {
	struct loop *loop;
	size_t waiting;
	struct trial *trials[2];
	struct trial_result results[2];
};

static void come_out(struct came_out *o, size_t i, const struct trial_result *r)
{
	o->results[i] = *r;
	o->trials[i] = trial_free(o->trials[i]);
	if (--o->waiting == 0)
		loop_stop(o->loop);
}

static void on_first(void *arg, const struct trial_result *r)
{
	come_out(arg, 0, r);
}

static void on_second(void *arg, const struct trial_result *r)
{
	come_out(arg, 1, r);
}

/* None waits for another. */
TEST(trials_go_side_by_side_and_tell_the_vendors_words)
{
	struct trial_want want = {.tts = &hoarse_ops, .words = STR("Hello.")};
	struct came_out o = {.waiting = 2};

	REQUIRE(loop_new(LOOP_REAL, 0, &o.loop) == 0);
	REQUIRE(trial_start(o.loop, &want, &(struct trial_sink){on_first, &o}, &o.trials[0]) == 0);
	REQUIRE(trial_start(o.loop, &want, &(struct trial_sink){on_second, &o}, &o.trials[1]) == 0);
	CHECK_INT(loop_run(o.loop), 0);
	for (size_t i = 0; i < 2; i++) {
		CHECK(!o.results[i].ok && !o.trials[i]);
		CHECK_INT(o.results[i].fault, FAULT_QUOTA);
		CHECK_STR(str_from(o.results[i].text), "no  [2Jcredit  left");
	}
	loop_free(o.loop);
}

TEST(trial_that_is_given_up_tells_nothing)
{
	struct trial_want want = {.tts = &hoarse_ops, .words = STR("Hello.")};
	struct came_out o = {.waiting = 1};

	REQUIRE(loop_new(LOOP_REAL, 0, &o.loop) == 0);
	REQUIRE(trial_start(o.loop, &want, &(struct trial_sink){on_first, &o}, &o.trials[0]) == 0);
	CHECK(trial_free(o.trials[0]) == NULL);
	CHECK_INT(loop_turn(o.loop, 0), 0);
	CHECK_INT(o.waiting, 1);
	loop_free(o.loop);
}
