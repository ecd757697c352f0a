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

TEST(trial_of_a_voice_tells_the_vendors_words)
{
	struct loop *loop;
	struct trial t;

	REQUIRE(loop_new(LOOP_REAL, 0, &loop) == 0);
	CHECK_INT(trial_tts(loop, &hoarse_ops, NULL, STR(""), STR("Hello."), &t), 0);
	CHECK(!t.ok);
	CHECK_INT(t.fault, FAULT_QUOTA);
	CHECK_STR(str_from(t.text), "no  [2Jcredit  left");
	loop_free(loop);
}
