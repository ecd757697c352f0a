/* A scripted caller on a leg that the test plays, on simulated time. */
#include "app/rehearsal/caller.h"
#include "base/mem.h"
#include "test.h"

#define WORDS_SAMPLES 8000 /* a second, of which the first and last tenth are silent */
#define WIRE_DELAY    USEC_MS(40)

struct line {
	struct leg leg; /* first */
	struct loop *loop;
	struct timer tick;
	usec loud_until; /* the agent speaks */
	uint32_t played;
	bool hung_up, over;
	char keys[16];
	unsigned sayings;
};

static struct line line;
static struct rehearsal_step steps[4];
static struct rehearsal script;
static struct caller caller;

static int leg_play_(struct leg *leg, uint32_t answer, const int16_t *pcm, size_t samples)
{
	(void)leg;
	(void)answer;
	(void)pcm;
	return (int)samples;
}

static int leg_keys(struct leg *leg, struct str digits)
{
	str_copy(digits, ((struct line *)leg)->keys, sizeof(line.keys));
	return 0;
}

static void leg_hang_up(struct leg *leg, const struct leg_headers *headers)
{
	(void)headers;
	((struct line *)leg)->hung_up = true;
}

static void leg_gone(struct leg *leg)
{
	(void)leg;
}

static const struct leg_ops ops = {.name = "test",
				   .can = LEG_CAN_DTMF,
				   .hangup = leg_hang_up,
				   .send_dtmf = leg_keys,
				   .play = leg_play_,
				   .close = leg_gone};

/* What the wire does every 20 ms: our sound has left, theirs arrives, and a hang-up ends it. */
static void on_tick(struct timer *t)
{
	usec now = loop_now(line.loop);
	int16_t pcm[LEG_FRAME_SAMPLES] = {0};
	struct leg_event heard = {.type = LEG_EV_AUDIO, .at = now, .audio = {.pcm = pcm}};
	struct leg_event played = {.type = LEG_EV_PLAYED, .at = now + WIRE_DELAY, .played = {.answer = 1}};
	struct leg_event ended = {.type = LEG_EV_ENDED, .at = now, .ended = {.why = LEG_END_LOCAL}};

	if (line.hung_up) {
		leg_emit(&line.leg, &ended);
		return;
	}
	if (now <= line.loud_until)
		for (size_t i = 0; i < LEG_FRAME_SAMPLES; i++)
			pcm[i] = 4000;
	line.played += LEG_FRAME_SAMPLES;
	played.played.heard = line.played;
	timer_start(t, line.loop, now + LEG_FRAME_USEC, on_tick);
	leg_emit(&line.leg, &played);
	leg_emit(&line.leg, &heard);
}

static void on_saying(void *arg, const struct caller *c)
{
	(void)arg;
	(void)c;
	line.sayings++;
}

static void on_over(void *arg, struct caller *c)
{
	(void)arg;
	(void)c;
	line.over = true;
}

static int render(struct caller_sound *s)
{
	*s = (struct caller_sound){.count = script.steps.count};
	s->words = mem_zalloc(s->count * sizeof(*s->words));
	for (size_t i = 0; s->words && i < s->count; i++) {
		struct caller_words *w = &s->words[i];

		w->pcm = mem_zalloc(WORDS_SAMPLES * sizeof(*w->pcm));
		if (!w->pcm)
			return -ENOMEM;
		w->samples = w->cap = WORDS_SAMPLES;
		w->first = WORDS_SAMPLES / 10;
		w->last = WORDS_SAMPLES - w->first;
		for (size_t k = w->first; k < w->last; k++)
			w->pcm[k] = 5000;
	}
	return s->words ? 0 : -ENOMEM;
}

/* The call is answered at second 10; the agent is silent so far. */
static void begin(size_t count)
{
	struct caller_config c = {.leg = &line.leg, .r = &script, .on_saying = on_saying, .on_over = on_over};
	struct leg_event answered = {.type = LEG_EV_ANSWERED, .at = USEC_SEC(10)};

	line = (struct line){.leg.ops = &ops};
	script = (struct rehearsal){
		.patience = USEC_MS(900), .longest = USEC_SEC(100), .steps = {steps, count}};
	CHECK_INT(loop_new(LOOP_SIM, USEC_SEC(10), &line.loop), 0);
	c.loop = line.loop;
	CHECK_INT(render(&c.sound), 0);
	caller_start(&caller, &c);
	leg_emit(&line.leg, &answered);
	timer_start(&line.tick, line.loop, USEC_SEC(10), on_tick);
}

static void agent_speaks(usec span)
{
	line.loud_until = loop_now(line.loop) + span;
	loop_advance(line.loop, span);
}

static void end(void)
{
	CHECK(line.over);
	timer_stop(&line.tick);
	caller_fini(&caller);
	loop_free(line.loop);
}

static struct rehearsal_step say(const char *when)
{
	return (struct rehearsal_step){.when = str_from(when), .say = STR("words"), .interrupt = -1};
}

TEST(caller_speaks_when_the_agent_has_finished_and_measures_its_answer)
{
	usec spoke;

	steps[0] = say("");
	begin(1);
	agent_speaks(USEC_SEC(2));
	loop_advance(line.loop, USEC_MS(800));
	CHECK_INT(line.sayings, 0);
	loop_advance(line.loop, USEC_MS(150));
	CHECK_INT(line.sayings, 1);
	loop_advance(line.loop, USEC_MS(1500));
	CHECK_INT(caller.turn_count, 1);
	spoke = caller.turns[0].ended;
	CHECK_INT(spoke - caller.turns[0].began, USEC_MS(800));
	CHECK(caller.turns[0].answered == 0);
	agent_speaks(USEC_SEC(1));
	CHECK(caller.turns[0].answered > spoke && caller.turns[0].answered < USEC_MS(14500));
	CHECK(!caller.turns[0].cut_off && !caller.turns[0].interrupting);
	loop_advance(line.loop, USEC_SEC(2));
	CHECK_INT(caller.failure[0], 0);
	end();
}

TEST(caller_interrupts_and_sees_how_soon_there_is_silence)
{
	steps[0] = say("");
	steps[0].interrupt = USEC_SEC(1);
	begin(1);
	agent_speaks(USEC_MS(1500));
	CHECK_INT(line.sayings, 1);
	loop_advance(line.loop, USEC_SEC(2));
	CHECK(caller.turns[0].interrupting && !caller.turns[0].cut_off);
	/* It fell silent 1.5 s after the start; the words began after 1 s, a tenth of a second of quiet, and
	 * the way to the wire. */
	CHECK(caller.turns[0].silenced - caller.turns[0].began > USEC_MS(200));
	CHECK(caller.turns[0].silenced - caller.turns[0].began < USEC_MS(420));
	loop_advance(line.loop, USEC_SEC(20));
	end();
}

TEST(caller_notices_that_it_was_cut_off)
{
	steps[0] = say("");
	begin(1);
	agent_speaks(USEC_SEC(1));
	loop_advance(line.loop, USEC_MS(1600)); /* 700 ms into the words */
	agent_speaks(USEC_SEC(1));
	loop_advance(line.loop, USEC_SEC(20));
	CHECK(caller.turns[0].cut_off);
	end();
}

TEST(caller_insists_on_what_it_waits_for)
{
	steps[0] = say("which DAY");
	begin(1);
	agent_speaks(USEC_SEC(1));
	caller_agent_said(&caller, STR("And Which day?"));
	loop_advance(line.loop, USEC_SEC(1));
	CHECK_INT(line.sayings, 1);
	loop_advance(line.loop, USEC_SEC(20));
	CHECK_INT(caller.failure[0], 0);
	end();

	begin(1);
	caller_agent_said(&caller, STR("Hello."));
	agent_speaks(USEC_SEC(1));
	loop_advance(line.loop, USEC_SEC(1));
	CHECK_INT(line.sayings, 0);
	CHECK_STR(str_from(caller.failure), "step 1: the agent did not say 'which DAY' but 'Hello. '");
	end();
}

/* A second of answer, and what the trail tells of it. */
static void agent_does_not_understand(const char *words)
{
	caller_agent_asks_again(&caller);
	caller_agent_said(&caller, str_from(words));
	agent_speaks(USEC_SEC(1));
}

TEST(caller_says_it_again_when_the_agent_has_finished_asking)
{
	steps[0] = say("");
	steps[0].again = 1;
	steps[1] = say("which day");
	steps[1].interrupt = USEC_MS(200);
	begin(2);
	agent_speaks(USEC_SEC(1));
	loop_advance(line.loop, USEC_SEC(2));
	CHECK_INT(line.sayings, 1);
	agent_does_not_understand("Sorry?");
	loop_advance(line.loop, USEC_MS(800));
	CHECK_INT(line.sayings, 1);
	loop_advance(line.loop, USEC_SEC(2));
	CHECK_INT(line.sayings, 2);
	CHECK_INT(caller.turns[1].step, 0);
	CHECK_INT(caller.turns[1].again, 1);
	caller_agent_said(&caller, STR("Which day?"));
	agent_speaks(USEC_SEC(2));
	CHECK_INT(line.sayings, 3);
	CHECK_INT(caller.turns[2].step, 1);
	CHECK_INT(caller.turns[2].again, 0);
	loop_advance(line.loop, USEC_SEC(20));
	CHECK_INT(caller.failure[0], 0);
	end();
}

TEST(caller_says_it_again_so_often_and_no_more)
{
	steps[0] = say("");
	steps[0].again = 2;
	begin(1);
	agent_speaks(USEC_SEC(1));
	for (int i = 0; i < 3; i++) {
		loop_advance(line.loop, USEC_SEC(2));
		CHECK(!line.hung_up);
		agent_does_not_understand("Sorry?");
	}
	CHECK_INT(line.sayings, 3);
	CHECK_INT(caller.turns[2].again, 2);
	loop_advance(line.loop, USEC_SEC(2));
	CHECK(line.hung_up);
	end();
}

TEST(caller_goes_on_when_the_script_has_an_answer_to_being_asked_again)
{
	steps[0] = say("");
	steps[0].again = 1;
	steps[1] = say("digit by digit");
	begin(2);
	agent_speaks(USEC_SEC(1));
	loop_advance(line.loop, USEC_SEC(2));
	agent_does_not_understand("Sorry, digit by digit please?");
	loop_advance(line.loop, USEC_SEC(2));
	CHECK_INT(caller.turns[1].step, 1);
	loop_advance(line.loop, USEC_SEC(20));
	CHECK_INT(caller.turn_count, 2);
	end();
}

TEST(caller_does_not_repeat_what_need_not_be_repeated)
{
	steps[0] = say("");
	steps[1] = say("");
	begin(2);
	agent_does_not_understand("Hello?"); /* nothing was said yet */
	loop_advance(line.loop, USEC_SEC(2));
	agent_does_not_understand("Sorry?"); /* `again` is 0 */
	loop_advance(line.loop, USEC_SEC(2));
	CHECK_INT(caller.turn_count, 2);
	CHECK_INT(caller.turns[1].step, 1);
	loop_advance(line.loop, USEC_SEC(20));
	end();
}

TEST(caller_has_other_words_the_second_time_if_it_was_given_some)
{
	struct caller_words words[2] = {{.samples = 1}, {.samples = 1}}, instead[2] = {{.samples = 1}};
	struct caller_sound s = {.words = words, .instead = instead, .count = 2};

	CHECK(caller_sound_words(&s, 0, 0) == &words[0]);
	CHECK(caller_sound_words(&s, 0, 2) == &instead[0]);
	CHECK(caller_sound_words(&s, 1, 0) == &words[1]);
	CHECK(caller_sound_words(&s, 1, 1) == &words[1]);
}

TEST(caller_presses_keys_keeps_quiet_and_goes)
{
	steps[0] = (struct rehearsal_step){.keys = STR("12#"), .interrupt = -1};
	steps[1] = (struct rehearsal_step){.quiet = USEC_SEC(3), .interrupt = -1};
	steps[2] = (struct rehearsal_step){.hangup = true, .interrupt = -1};
	begin(3);
	agent_speaks(USEC_SEC(1));
	loop_advance(line.loop, USEC_SEC(1));
	CHECK_STR(str_from(line.keys), "12#");
	agent_speaks(USEC_SEC(1));
	loop_advance(line.loop, USEC_SEC(1));
	CHECK_INT(caller.state, CALLER_QUIET);
	loop_advance(line.loop, USEC_SEC(3));
	CHECK_INT(caller.state, CALLER_WAITING);
	agent_speaks(USEC_SEC(1));
	loop_advance(line.loop, USEC_SEC(1));
	CHECK_INT(caller.failure[0], 0);
	end();
}

TEST(caller_does_not_wait_for_ever)
{
	steps[0] = say("");
	begin(1);
	loop_advance(line.loop, USEC_SEC(16));
	CHECK_STR(str_from(caller.failure), "step 1: the agent says nothing");
	end();
}

TEST(noise_is_as_loud_as_it_is_said_to_be)
{
	struct caller_sound s = {.noise = 1000};
	double sum = 0;
	size_t frames = 2000;

	rng_init_number(&s.rng, 1);
	for (size_t i = 0; i < frames; i++) {
		int16_t pcm[CALLER_FRAME] = {0};

		caller_sound_mix(&s, pcm);
		for (size_t k = 0; k < CALLER_FRAME; k++)
			sum += (double)pcm[k] * pcm[k];
	}
	double power = sum / (double)(frames * CALLER_FRAME);
	CHECK(power > 0.8e6 && power < 1.2e6);
}
