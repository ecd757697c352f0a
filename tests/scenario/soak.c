/*
 * soak.c - conversations as they come: random callers, agents, delays and faults
 *
 *   soak [--failing] COUNT [SEED]     with a SEED: that one only, with its trail
 *
 * Every call ends with a disposition, keeps the invariants and leaves nothing
 * alive; every tenth is played twice and must be the same to the letter.
 *
 * With --failing three recognisers and three voices in chains, each of which fails
 * one time in five; caller and agent are well, and nobody waits for 4 s.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/live.h"
#include "base/mem.h"
#include "base/rng.h"
#include "world.h"

#define TWICE_EVERY  10
#define CALL_SECONDS 30 /* of real time; a call takes milliseconds */

static char seed_line[64];
static bool failing;
static usec ducked_worst, silent_worst;
static unsigned reactions;

static const char *const sayings[] = {
	"I want to book an appointment.",
	"Yes.",
	"No, thank you.",
	"okay",
	"Mhm.",
	"Tuesday at ten and",
	"four two seven",
	"Hello? Is anybody there?",
	"Well, I do not know, maybe, let me think about it for a moment",
	"What are your opening hours?",
	"A human please.",
	"uh",
};

static const char *const answers[] = {
	"Which day would suit you?",
	"We are open from nine to five, and on Saturday, too.",
	"Yes.",
	"I have noted an appointment on Tuesday at ten. Is there anything else that I can do for you today?",
	" ",
};

static const char *const keys[] = {"1", "42#", "4711", "#", "12345678901234567890123456789012345"};

static usec up_to(struct rng *r, usec most)
{
	return USEC_MS(rng_below(r, (uint32_t)(most / 1000) + 1));
}

static bool one_in(struct rng *r, uint32_t n)
{
	return rng_below(r, n) == 0;
}

#define PICK(r, list) (list)[rng_below((r), ARRAY_LEN(list))]

/* ---- a random agent ---- */

static struct brain_act random_act(struct rng *r)
{
	struct brain_act a = {.type = BRAIN_SAY};

	if (one_in(r, 12)) {
		a = (struct brain_act){.type = BRAIN_TRANSFER};
		a.transfer.target = STR("sip:desk@example.com");
	} else if (one_in(r, 12)) {
		a = (struct brain_act){.type = BRAIN_HANGUP};
		a.hangup.disposition = STR("answered");
	} else if (one_in(r, 6)) {
		a = (struct brain_act){.type = BRAIN_EXPECT};
		a.expect.kind = (enum eot_expect)rng_below(r, EOT_EXPECT_COUNT_);
		a.expect.digits_wanted = rng_below(r, 6);
	} else {
		a.say.text = str_from(PICK(r, answers));
		a.say.uninterruptible = one_in(r, 6);
	}
	return a;
}

static void random_rule(struct script *s, struct rng *r, enum fake_cue cue)
{
	struct fake_rule *rule = &s->part.rules[s->part.rule_count++];

	*rule = (struct fake_rule){.cue = cue, .never_done = one_in(r, 20)};
	rule->step_count = rng_below(r, 5);
	/* An agent that never says anything to silence leaves the line silent: that is not the engine's. */
	if (cue == CUE_SILENCE)
		rule->steps[rule->step_count++].act =
			(struct brain_act){.type = BRAIN_SAY, .say.text = STR("Are you there?")};
	for (size_t i = 0; i + (cue == CUE_SILENCE) < rule->step_count; i++) {
		rule->steps[i].after = one_in(r, 3) ? up_to(r, USEC_SEC(3)) : 0;
		rule->steps[i].act = random_act(r);
	}
}

static void random_part(struct script *s, struct rng *r)
{
	static const enum fake_cue cues[] = {CUE_START,   CUE_HEARD,           CUE_HEARD, CUE_HEARD,
					     CUE_SILENCE, CUE_TRANSFER_FAILED, CUE_KEYS};

	for (size_t i = 0; i < ARRAY_LEN(cues); i++)
		random_rule(s, r, cues[i]);
	s->part.guesses = one_in(r, 2);
}

/* ---- a random caller ---- */

static void random_speeches(struct script *s, struct rng *r)
{
	struct fake_leg_plan *p = &s->leg;
	usec at = SCRIPT_START + up_to(r, USEC_SEC(4));

	for (size_t n = rng_below(r, 12); p->speech_count < n;) {
		struct str text = one_in(r, 3) ? STR("") : str_from(PICK(r, sayings));
		usec lasts = str_empty(text) ? up_to(r, USEC_SEC(2)) : USEC_MS(55) * (usec)text.n;

		p->speeches[p->speech_count++] = (struct fake_speech){at, at + lasts, text};
		at += lasts + USEC_MS(20) + up_to(r, USEC_SEC(5));
	}
}

static void random_keys(struct script *s, struct rng *r)
{
	struct str digits = str_from(PICK(r, keys));
	usec at = SCRIPT_START + up_to(r, USEC_SEC(20));

	if (!one_in(r, 3))
		return;
	for (size_t i = 0; i < digits.n; i++, at += up_to(r, USEC_MS(600)))
		s->leg.keys[s->leg.key_count++] = (struct fake_key){at, digits.p[i]};
}

static void add_action(struct script *s, enum script_do what, usec at)
{
	s->actions[s->action_count++] =
		(struct script_action){what, SCRIPT_START + at, STR("server stopped")};
}

static void random_actions(struct script *s, struct rng *r)
{
	static const enum script_do mishaps[] = {
		DO_HOLD,       DO_EAR_FAILS,    DO_EAR_ENDPOINT,    DO_VOICE_FAILS, DO_VOICE_FAILS,
		DO_VOICE_DIES, DO_VOICE_STALLS, DO_SERVER_HANGS_UP, DO_VANISH,      DO_CANCEL};

	for (unsigned n = rng_below(r, 3); n > 0; n--)
		add_action(s, PICK(r, mishaps), up_to(r, USEC_SEC(30)));
	add_action(s, DO_RESUME, USEC_SEC(31));
	add_action(s, DO_HANG_UP, USEC_SEC(20) + up_to(r, USEC_SEC(60)));
}

static void random_parts(struct script *s, struct rng *r)
{
	s->fallback = one_in(r, 2) ? STR("sip:desk@example.com") : STR("");
	s->message_max = one_in(r, 2) ? USEC_SEC(5) + up_to(r, USEC_SEC(20)) : 0;
	s->sorry = one_in(r, 4) ? STR("") : s->sorry;
	s->ear.opening = one_in(r, 60) ? (enum fake_opening)rng_below(r, 4) : FAKE_OPENS;
	s->voice.opening = one_in(r, 60) ? (enum fake_opening)rng_below(r, 4) : FAKE_OPENS;
	s->ear.opens_after = one_in(r, 4) ? up_to(r, USEC_SEC(2)) : 0;
	s->ear.likely_silence = one_in(r, 4) ? 0 : s->ear.likely_silence;
	s->ear.partial_every = one_in(r, 4) ? 0 : s->ear.partial_every;
	s->ear.final_took = one_in(r, 20) ? USEC_NEVER : up_to(r, USEC_MS(1500));
	s->voice.first_after = up_to(r, USEC_MS(800));
	s->voice.marks = !one_in(r, 4);
	s->leg.acked_after = one_in(r, 60) ? USEC_NEVER : up_to(r, USEC_MS(300));
	s->leg.refer = (enum fake_refer)rng_below(r, 4);
	s->leg.refer_after = up_to(r, USEC_SEC(8));
	s->leg.cannot_end = one_in(r, 40);
}

static void random_script(struct script *s, uint64_t seed)
{
	struct rng r;

	rng_init_number(&r, seed);
	script_init(s, seed_line);
	random_part(s, &r);
	random_speeches(s, &r);
	random_keys(s, &r);
	random_actions(s, &r);
	random_parts(s, &r);
}

/* An agent that answers, and a caller who speaks and waits. */
static void failing_script(struct script *s, uint64_t seed)
{
	static const enum fake_cue cues[] = {CUE_START, CUE_HEARD, CUE_SILENCE};
	usec at = SCRIPT_START + USEC_SEC(3);
	struct rng r;

	rng_init_number(&r, seed);
	script_init(s, seed_line);
	s->failing = seed;
	s->fallback = STR("sip:desk@example.com");
	s->message_max = USEC_SEC(20);
	for (size_t i = 0; i < ARRAY_LEN(cues); i++)
		s->part.rules[s->part.rule_count++] =
			(struct fake_rule){.cue = cues[i],
					   .steps = {{up_to(&r, USEC_SEC(1)),
						      {.type = BRAIN_SAY, .say.text = str_from(answers[i])}}},
					   .step_count = 1};
	for (s->leg.speech_count = 0; s->leg.speech_count < 5; at += USEC_SEC(7)) {
		struct str text = str_from(PICK(&r, sayings));

		s->leg.speeches[s->leg.speech_count++] =
			(struct fake_speech){at, at + USEC_MS(55) * (usec)text.n, text};
	}
	add_action(s, DO_HANG_UP, USEC_SEC(45));
}

/* ---- playing ---- */

static bool disposed(const struct world *w)
{
	struct str trail = buf_str(&w->trail);

	return str_find(trail, STR("\"disposition\":\"")) < trail.n &&
	       str_find(trail, STR("\"disposition\":\"\"")) == trail.n;
}

static bool judge(const struct world *w)
{
	const struct fake_reaction *r = &w->leg.reaction;

	ducked_worst = MAX(ducked_worst, r->ducked);
	silent_worst = MAX(silent_worst, r->silent);
	reactions += r->count;
	if (w->problem[0])
		printf("FAILED %s: %s\n", seed_line, w->problem);
	else if (w->started && !disposed(w))
		printf("FAILED %s: no disposition\n", seed_line);
	else
		return true;
	return false;
}

static bool play(const struct script *s, bool twice, bool verbose)
{
	struct world *w = NULL, *again = NULL;
	bool ok = world_play(s, NULL, &w) == 0 && judge(w);

	if (ok && twice && world_play(s, NULL, &again) == 0 &&
	    !str_eq(buf_str(&w->trail), buf_str(&again->trail))) {
		printf("FAILED %s: two runs differ\n", seed_line);
		ok = false;
	}
	if (w && verbose)
		printf(STR_FMT "---- history\n" STR_FMT "---- heard\n" STR_FMT "\n",
		       STR_ARG(buf_str(&w->trail)), STR_ARG(buf_str(&w->brain.history)),
		       STR_ARG(buf_str(&w->leg.letters)));
	world_free(w);
	world_free(again);
	return ok;
}

static bool soak(uint64_t seed, bool twice, bool verbose)
{
	static struct script s;
	long blocks = mem_live(), objects = live_total();

	snprintf(seed_line, sizeof(seed_line), "seed %llu", (unsigned long long)seed);
	if (failing)
		failing_script(&s, seed);
	else
		random_script(&s, seed);
	alarm(CALL_SECONDS);
	if (!play(&s, twice, verbose))
		return false;
	if (mem_live() == blocks && live_total() == objects)
		return true;
	printf("FAILED %s: %ld blocks and %ld objects left alive\n", seed_line, mem_live() - blocks,
	       live_total() - objects);
	return false;
}

/* An assertion says which, and a clock that stands still says nothing; this says with which seed. */
static void on_trouble(int signal)
{
	static const char stuck[] = "FAILED stuck: ";

	if (signal == SIGALRM)
		(void)!write(STDERR_FILENO, stuck, sizeof(stuck) - 1);
	(void)!write(STDERR_FILENO, seed_line, strlen(seed_line));
	(void)!write(STDERR_FILENO, "\n", 1);
	if (signal == SIGALRM)
		_exit(1);
}

int main(int argc, char **argv)
{
	uint64_t count, failed = 0;

	if (argc > 1 && strcmp(argv[1], "--failing") == 0) {
		failing = true;
		argc--;
		argv++;
	}
	count = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	signal(SIGABRT, on_trouble);
	signal(SIGALRM, on_trouble);
	if (argc > 2)
		return !soak(strtoull(argv[2], NULL, 10), false, true);
	for (uint64_t seed = 1; seed <= count; seed++)
		failed += !soak(seed, seed % TWICE_EVERY == 0, false);
	printf("worst of %u reactions to an onset: ducked after %lld ms, silent after %lld ms (simulated)\n",
	       reactions, (long long)ducked_worst / 1000, (long long)silent_worst / 1000);
	printf("%llu passed, %llu failed\n", (unsigned long long)(count - failed),
	       (unsigned long long)failed);
	return failed > 0 || count == 0;
}
