#include "bench/plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "bench/corpus.h"

#define ARENA_MAX      (1024 * 1024)
#define PATIENCE       USEC_MS(600)
#define CALL_LONGEST   USEC_SEC(420)
#define PROMPT_CALLS   12
#define TURN_CALLS     16
#define TURN_STEPS     15
#define MATTER_CALLS   50
#define MATTER_STEPS   6
#define ERRAND_STEPS   2
#define SENTENCE_STEPS 3
#define BREAK_CALLS    5
#define BREAK_STEPS    12
#define BREAK_FIRST    500   /* ms after the agent's first sound ... */
#define BREAK_LAST     12000 /* ... that a caller breaks in */
#define ASIDE_FIRST    1000
#define ASIDE_LAST     4000
#define PROMPT_WORDS   3
#define PROMPT_LONGEST USEC_SEC(20)

/* None of them is the voice that the agent has. */
static const char *const voices[] = {"slt", "awb"};

static const char *const day_forms[] = {
	"Can I come on the %s of %s?",
	"On the %s of %s, please.",
	"I would like the %s of %s.",
};

static const char *const day_names[] = {
	"first",        "second",       "third",          "fourth",        "fifth",        "sixth",
	"seventh",      "eighth",       "ninth",          "tenth",         "eleventh",     "twelfth",
	"thirteenth",   "fourteenth",   "fifteenth",      "sixteenth",     "seventeenth",  "eighteenth",
	"nineteenth",   "twentieth",    "twenty first",   "twenty second", "twenty third", "twenty fourth",
	"twenty fifth", "twenty sixth", "twenty seventh", "twenty eighth",
};

static const char *const months[] = {
	"January", "February", "March",     "April",   "May",      "June",
	"July",    "August",   "September", "October", "November", "December",
};

static const char *const time_forms[] = {
	"At %s %s in the %s.",
	"%s %s in the %s would be good.",
	"Can we say %s %s in the %s?",
};

static const char *const hours[] = {"two", "three", "four", "five", "nine", "ten", "eleven"};
static const char *const minutes[] = {"fifteen", "twenty",     "twenty five", "thirty",
				      "forty",   "forty five", "fifty"};

static const char *const matters[] = {
	"My left knee hurts when I climb the stairs.", "I need a new prescription for my allergy.",
	"It is about the results of my blood test.",   "I have had a headache for a week.",
	"My son needs a vaccination for school.",      "I would like to talk about my back pain.",
	"My ear has been blocked since Sunday.",       "I want to have a mole looked at.",
};

static const char *const breaks[] = {
	"Sorry, can I stop you there for a moment?",        "Wait, I have a different question about that.",
	"I know all of this already, thank you very much.", "Please tell me about the opening hours instead.",
	"Can we talk about my appointment first?",          "No, that is not what I have asked you for.",
};

/* The voices of the callers spell "mm hmm" instead of humming it. */
static const char *const asides[] = {"Okay.", "Uh huh.", "Yeah.", "Right.", "Sure.", "I see."};

static int fail(struct plan *p, int rc, const char *what)
{
	if (!p->error[0])
		snprintf(p->error, sizeof(p->error), "%s: %s", what, strerror(-rc));
	return rc;
}

static struct plan_call *add_call(struct plan *p)
{
	struct plan_call *call = &p->calls[p->count];

	call->rehearsal = (struct rehearsal){
		.name = STR("bench"),
		.called = STR("bench"),
		.voice = str_from(voices[p->count % ARRAY_LEN(voices)]),
		.speed = 1,
		.patience = PATIENCE,
		.longest = CALL_LONGEST,
		.steps = {.at = call->steps},
	};
	p->count++;
	return call;
}

static struct rehearsal_step *add_step(struct plan_call *call, struct str say)
{
	struct rehearsal_step *s = &call->steps[call->rehearsal.steps.count++];

	*s = (struct rehearsal_step){.say = say, .interrupt = -1};
	return s;
}

static const char *pick(struct rng *rng, const char *const *among, uint32_t count)
{
	return among[rng_below(rng, count)];
}

static int render(struct plan *p, struct plan_call *call, uint64_t seed)
{
	int rc = caller_sound_init(&call->sound, &call->rehearsal, seed);

	return rc < 0 ? fail(p, rc, "the callers' words cannot be spoken") : 0;
}

/* ---- people's prompts ---- */

static int put_prompt(struct plan *p, struct plan_call *call, size_t i, const struct corpus_prompt *prompt)
{
	struct caller_words *w = &call->sound.words[i];

	w->pcm = mem_alloc(MAX(prompt->samples, 1u) * sizeof(*w->pcm));
	call->steps[i].say = arena_str(&p->arena, prompt->text);
	if (!w->pcm || !call->steps[i].say.p)
		return fail(p, -ENOMEM, "prompts");
	memcpy(w->pcm, prompt->pcm, prompt->samples * sizeof(*w->pcm));
	w->samples = w->cap = prompt->samples;
	w->first = caller_sound_first(w->pcm, w->samples);
	w->last = caller_sound_end(w->pcm, w->samples);
	return 0;
}

/* Every PROMPT_CALLSth prompt from `first` on: long and short ones meet in each call. */
static int plan_prompts(struct plan *p, const struct corpus *c, size_t first)
{
	struct plan_call *call = add_call(p);
	int rc;

	add_step(call, STR("Yes, please."));
	for (size_t i = first; i < c->count; i += PROMPT_CALLS)
		add_step(call, STR(""));
	rc = render(p, call, first);
	for (size_t i = first, k = 1; rc == 0 && i < c->count; i += PROMPT_CALLS, k++)
		rc = put_prompt(p, call, k, &c->prompts[i]);
	return rc;
}

static int plan_speech(struct plan *p, uint64_t seed)
{
	const struct corpus_filter filter = {PROMPT_WORDS, PROMPT_LONGEST};
	struct corpus c;
	int rc = corpus_read(&c, CORPUS_SOUNDS, CORPUS_WORDING, &filter);

	(void)seed;
	if (rc < 0)
		snprintf(p->error, sizeof(p->error), "%s", c.error);
	for (size_t i = 0; rc == 0 && i < PROMPT_CALLS; i++)
		rc = plan_prompts(p, &c, i);
	corpus_fini(&c);
	return rc;
}

static int plan_some(struct plan *p, const struct corpus *c, uint64_t seed)
{
	struct rng rng;
	int rc = 0;

	rng_init_number(&rng, seed);
	for (size_t i = 0; rc == 0 && i < MATTER_CALLS; i++) {
		struct plan_call *call = add_call(p);

		for (size_t k = 0; k < SENTENCE_STEPS; k++)
			add_step(call, STR(""));
		rc = render(p, call, i);
		for (size_t k = 0; rc == 0 && k < SENTENCE_STEPS; k++)
			rc = put_prompt(p, call, k, &c->prompts[rng_below(&rng, (uint32_t)c->count)]);
	}
	return rc;
}

static int plan_sentences(struct plan *p, uint64_t seed)
{
	struct corpus c;
	int rc = corpus_read(&c, CORPUS_SOUNDS, CORPUS_WORDING, &corpus_sentences);

	if (rc < 0)
		snprintf(p->error, sizeof(p->error), "%s", c.error);
	else
		rc = plan_some(p, &c, seed);
	corpus_fini(&c);
	return rc;
}

/* ---- what is read back ---- */

/* Another day or time each time: what is answered with it has not been said before. */
static struct str any_day(struct plan *p, struct rng *rng)
{
	const char *form = pick(rng, day_forms, ARRAY_LEN(day_forms));
	const char *day = pick(rng, day_names, ARRAY_LEN(day_names));

	return str_from(arena_printf(&p->arena, form, day, pick(rng, months, ARRAY_LEN(months))));
}

static struct str any_time(struct plan *p, struct rng *rng)
{
	const char *form = pick(rng, time_forms, ARRAY_LEN(time_forms));
	uint32_t hour = rng_below(rng, ARRAY_LEN(hours));
	const char *minute = pick(rng, minutes, ARRAY_LEN(minutes));

	return str_from(
		arena_printf(&p->arena, form, hours[hour], minute, hour < 4 ? "afternoon" : "morning"));
}

static int plan_turns(struct plan *p, uint64_t seed)
{
	struct rng rng;
	int rc = 0;

	rng_init_number(&rng, seed);
	for (size_t i = 0; rc == 0 && i < TURN_CALLS; i++) {
		struct plan_call *call = add_call(p);

		add_step(call, STR("Yes, please."));
		for (size_t k = 0; k < TURN_STEPS / 3; k++) {
			add_step(call, any_day(p, &rng));
			add_step(call, any_time(p, &rng));
			add_step(call, str_from(pick(&rng, matters, ARRAY_LEN(matters))));
		}
		rc = render(p, call, i);
	}
	return rc;
}

static int plan_steps(struct plan *p, uint64_t seed, size_t steps)
{
	struct rng rng;
	int rc = 0;

	rng_init_number(&rng, seed);
	for (size_t i = 0; rc == 0 && i < MATTER_CALLS; i++) {
		struct plan_call *call = add_call(p);

		add_step(call, STR("Yes, please."));
		for (size_t k = 0; k < steps; k++)
			add_step(call, str_from(pick(&rng, matters, ARRAY_LEN(matters))));
		rc = render(p, call, i);
	}
	return rc;
}

static int plan_matters(struct plan *p, uint64_t seed)
{
	return plan_steps(p, seed, MATTER_STEPS);
}

static int plan_errands(struct plan *p, uint64_t seed)
{
	return plan_steps(p, seed, ERRAND_STEPS);
}

/* ---- what breaks in ---- */

struct breaking {
	const char *const *words;
	uint32_t count;
	uint32_t first_ms, last_ms;
};

/* The first caller only listens: what is broken into later is compared with that. */
static int plan_breaks(struct plan *p, uint64_t seed, const struct breaking *b)
{
	struct rng rng;
	int rc = 0;

	rng_init_number(&rng, seed);
	for (size_t i = 0; rc == 0 && i < BREAK_CALLS + 1; i++) {
		struct plan_call *call = add_call(p);

		add_step(call, STR("Yes, please."));
		for (size_t k = 0; i > 0 && k < BREAK_STEPS; k++) {
			struct rehearsal_step *s = add_step(call, str_from(pick(&rng, b->words, b->count)));

			s->interrupt =
				USEC_MS((usec)(b->first_ms + rng_below(&rng, b->last_ms - b->first_ms)));
		}
		rc = render(p, call, i);
	}
	return rc;
}

static int plan_interruptions(struct plan *p, uint64_t seed)
{
	return plan_breaks(p, seed, &(struct breaking){breaks, ARRAY_LEN(breaks), BREAK_FIRST, BREAK_LAST});
}

static int plan_asides(struct plan *p, uint64_t seed)
{
	return plan_breaks(p, seed, &(struct breaking){asides, ARRAY_LEN(asides), ASIDE_FIRST, ASIDE_LAST});
}

static const struct {
	const char *kind;
	int (*make)(struct plan *p, uint64_t seed);
} makers[] = {
	{"speech", plan_speech},   {"turns", plan_turns},         {"matters", plan_matters},
	{"errands", plan_errands}, {"sentences", plan_sentences}, {"interruptions", plan_interruptions},
	{"asides", plan_asides},
};

int plan_make(struct plan *p, struct str kind, uint64_t seed)
{
	*p = (struct plan){0};
	arena_init(&p->arena, ARENA_MAX);
	p->calls = mem_zalloc(PLAN_CALLS_MAX * sizeof(*p->calls));
	if (!p->calls)
		return fail(p, -ENOMEM, "plan");
	for (size_t i = 0; i < ARRAY_LEN(makers); i++)
		if (str_eq(kind, str_from(makers[i].kind)))
			return makers[i].make(p, seed);
	return fail(p, -EINVAL, "no such measurement");
}

void plan_fini(struct plan *p)
{
	for (size_t i = 0; i < p->count; i++)
		caller_sound_fini(&p->calls[i].sound);
	p->calls = mem_free(p->calls);
	arena_fini(&p->arena);
}
