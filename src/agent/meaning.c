#include "agent/meaning.h"

#include <errno.h>

#include "agent/words.h"
#include "base/live.h"
#include "base/mem.h"

LIVE_DEFINE(meaning);

#define NEVER (-2.0f) /* below any cosine */

/* One way of saying something, and what it stands for. */
struct example {
	const void *what; /* struct agent_intent or struct faq_entry */
	struct embedding direction;
};

struct meaning {
	const struct agent *agent;
	struct example *intents, *questions;
	size_t intent_count, question_count;
};

static size_t count_examples(const struct agent *a)
{
	const struct agent_intent *in = a->intents.at;
	size_t n = 0;

	for (size_t i = 0; i < a->intents.count; i++)
		n += in[i].examples.count;
	return n;
}

static size_t count_questions(const struct agent *a)
{
	const struct faq_entry *f = a->faq.at;
	size_t n = 0;

	for (size_t i = 0; i < a->faq.count; i++)
		n += f[i].questions.count;
	return n;
}

static int add(struct example *list, size_t *n, const struct opt_strs *texts, const void *what,
	       struct embed *e)
{
	for (size_t i = 0; i < texts->count; i++) {
		int rc = embed_text(e, texts->at[i], &list[*n].direction);
		if (rc < 0)
			return rc;
		list[(*n)++].what = what;
	}
	return 0;
}

static int build(struct meaning *m, struct embed *e)
{
	const struct agent_intent *in = m->agent->intents.at;
	const struct faq_entry *f = m->agent->faq.at;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < m->agent->intents.count; i++)
		rc = add(m->intents, &m->intent_count, &in[i].examples, &in[i], e);
	for (size_t i = 0; rc == 0 && i < m->agent->faq.count; i++)
		rc = add(m->questions, &m->question_count, &f[i].questions, &f[i], e);
	return rc;
}

int meaning_new(const struct agent *a, struct embed *e, struct meaning **ret_meaning)
{
	struct meaning *m = mem_zalloc(sizeof(*m));

	if (!m)
		return -ENOMEM;
	live_up(&live_meaning);
	m->agent = a;
	m->intents = mem_zalloc((count_examples(a) + 1) * sizeof(struct example));
	m->questions = mem_zalloc((count_questions(a) + 1) * sizeof(struct example));
	int rc = m->intents && m->questions ? build(m, e) : -ENOMEM;
	if (rc < 0) {
		meaning_free(m);
		return rc;
	}
	*ret_meaning = m;
	return 0;
}

struct meaning *meaning_free(struct meaning *m)
{
	if (!m)
		return NULL;
	mem_free(m->intents);
	mem_free(m->questions);
	mem_free(m);
	live_down(&live_meaning);
	return NULL;
}

/* The mean of the two best examples, or the only one there is: one odd example does not decide. */
float meaning_score(const struct meaning *m, const struct agent_intent *in, const struct embedding *said)
{
	float best = NEVER, second = NEVER;

	for (size_t i = 0; i < m->intent_count; i++) {
		if (m->intents[i].what != in)
			continue;
		float s = embed_similarity(said, &m->intents[i].direction);
		if (s > best) {
			second = best;
			best = s;
		} else if (s > second) {
			second = s;
		}
	}
	return second > NEVER ? (best + second) / 2 : best;
}

struct meaning_intent meaning_intent(const struct meaning *m, const struct embedding *said)
{
	struct meaning_intent r = {.score = NEVER, .runner_up = NEVER};
	const struct agent_intent *in = m->agent->intents.at;

	for (size_t i = 0; i < m->agent->intents.count; i++) {
		float s = meaning_score(m, &in[i], said);
		if (s > r.score) {
			r.runner_up = r.score;
			r.second = r.intent;
			r.score = s;
			r.intent = &in[i];
		} else if (s > r.runner_up) {
			r.runner_up = s;
			r.second = &in[i];
		}
	}
	r.accepted = r.intent && r.intent->kind != AGENT_INTENT_OTHER &&
		     (double)r.score >= m->agent->matching.intent &&
		     (double)(r.score - r.runner_up) >= m->agent->matching.intent_margin;
	return r;
}

struct meaning_faq meaning_faq(const struct meaning *m, const struct embedding *said)
{
	struct meaning_faq r = {.score = NEVER};

	for (size_t i = 0; i < m->question_count; i++) {
		float s = embed_similarity(said, &m->questions[i].direction);
		if (s > r.score) {
			r.score = s;
			r.entry = m->questions[i].what;
		}
	}
	return r;
}

/* ---- exact phrases ---- */

/* "no chest pain", "I don't have any chest pain". When in doubt it is said: "no I have chest pain" begins
 * anew after the no, and "never had chest pain like this" is no denial. */
static bool is_denied(const struct words *ws, size_t at)
{
	static const char negators[] = "no|not|isnt|arent|dont|doesnt|didnt|havent|hasnt|without|nor|wasnt";
	static const char passable[] =
		"have|has|had|any|a|an|the|got|need|want|to|is|really|feel|feeling|speak|with|be|talk|"
		"of|chest|or|am|having|bleeding|been";

	for (size_t back = 1; back <= 5 && back <= at; back++) {
		size_t k = at - back;
		if (ws->w[k + 1].mark == ',' || ws->w[k + 1].mark == '.' || ws->w[k + 1].mark == '?')
			return false;
		if (words_is(ws, k, negators))
			return true;
		if (!words_is(ws, k, passable))
			return false;
	}
	return false;
}

/* The phrase, as the file writes it, in the words: "can't breathe" is "cant breathe". */
static bool stands_in(const struct words *ws, struct str phrase)
{
	struct words p;

	words_read(&p, phrase);
	for (size_t i = 0; p.n > 0 && i + p.n <= ws->n; i++) {
		size_t n = 0;
		while (n < p.n && str_eq(str_from(ws->w[i + n].low), str_from(p.w[n].low)))
			n++;
		if (n == p.n && !is_denied(ws, i))
			return true;
	}
	return false;
}

static const struct agent_intent *of_kind(const struct agent *a, const struct words *ws, unsigned kinds)
{
	const struct agent_intent *in = a->intents.at;

	for (size_t i = 0; i < a->intents.count; i++) {
		if (!(kinds & 1u << in[i].kind))
			continue;
		for (size_t k = 0; k < in[i].phrases.count; k++)
			if (stands_in(ws, in[i].phrases.at[k]))
				return &in[i];
	}
	return NULL;
}

const struct agent_intent *meaning_phrase(const struct agent *a, struct str text)
{
	const struct agent_intent *found;
	struct words ws;

	words_read(&ws, text);
	found = of_kind(a, &ws, 1u << AGENT_INTENT_EMERGENCY);
	found = found ? found : of_kind(a, &ws, 1u << AGENT_INTENT_HUMAN);
	return found ? found : of_kind(a, &ws, ~0u);
}
