#include "agent/understand.h"
#include "agent/words.h"

#define RAMBLING_WORDS 12 /* in a sentence this long a "fine" is rarely the answer */

struct phrase {
	const char *words;
	enum understand_answer answer;
	int confidence;
	bool whole; /* an answer only at the end of what is said: "I have", but not "I have to cancel" */
};

/* The one that reaches farthest counts: "no problem" is no no. Places are separated by blanks, alternatives
 * for a place by bars. */
static const struct phrase phrases[] = {
	{"dont see why not", UNDERSTAND_YES, 90},
	{"no problem|problems|worries|trouble|objection", UNDERSTAND_YES, 85},
	{"not a problem", UNDERSTAND_YES, 85},
	{"dont|wouldnt mind", UNDERSTAND_YES, 75},
	{"why not", UNDERSTAND_YES, 85},
	{"by all means", UNDERSTAND_YES, 95},
	{"probably not", UNDERSTAND_NO, 70},
	{"of course not", UNDERSTAND_NO, 95},
	{"absolutely|definitely|certainly|obviously not", UNDERSTAND_NO, 95},
	{"not right now", UNDERSTAND_NO, 85},
	{"not really|quite|exactly|necessarily|yet|today|now|particularly|correct|right", UNDERSTAND_NO, 85},
	{"not at all", UNDERSTAND_NO, 85},
	{"im not sure|certain", UNDERSTAND_UNSURE, 90},
	{"not sure|certain", UNDERSTAND_UNSURE, 90},
	{"not entirely|completely|100|totally|too|so|quite|really sure|certain", UNDERSTAND_UNSURE, 90},
	{"dont|didnt|wouldnt know", UNDERSTAND_UNSURE, 90},
	{"couldnt say|tell", UNDERSTAND_UNSURE, 85},
	{"no idea|clue", UNDERSTAND_UNSURE, 90},
	{"let me think|check|see|look", UNDERSTAND_UNSURE, 85},
	{"hang|hold on", UNDERSTAND_UNSURE, 75},
	{"it depends", UNDERSTAND_UNSURE, 85},
	{"kind|sort of", UNDERSTAND_UNSURE, 75},
	{"dont think so", UNDERSTAND_NO, 90},
	{"dont believe so", UNDERSTAND_NO, 90},
	{"rather|prefer not", UNDERSTAND_NO, 90},
	{"id rather not", UNDERSTAND_NO, 90},
	{"no|nope|nah|naw thanks", UNDERSTAND_NO, 95},
	{"no|nope|nah thats it|all|everything|fine|okay", UNDERSTAND_NO, 90},
	{"no|nope|nah im good|fine|okay|alright|done", UNDERSTAND_NO, 95},
	{"no|nope|nah i think thats it|all|everything", UNDERSTAND_NO, 95},
	{"no thank you", UNDERSTAND_NO, 95},
	{"no way", UNDERSTAND_NO, 95},
	{"never mind", UNDERSTAND_NO, 80},
	{"thats|that is|was wrong|incorrect|false", UNDERSTAND_NO, 95},
	{"thats|its wrong|incorrect|false", UNDERSTAND_NO, 90},
	{"thats|its not", UNDERSTAND_NO, 85},
	{"not|doesnt|wont|dont|cant work|suit|fit", UNDERSTAND_NO, 90},
	{"i think|guess|suppose|believe|hope so", UNDERSTAND_YES, 75},
	{"i guess|suppose", UNDERSTAND_YES, 65},
	{"go ahead|on|for", UNDERSTAND_YES, 90},
	{"go for it", UNDERSTAND_YES, 90},
	{"that is|was|sounds|looks|works|will right|correct|good|fine|great|perfect|it|do|work",
	 UNDERSTAND_YES, 95},
	{"thats|thatll|thatd right|correct|it|fine|good|great|perfect|okay|ok|me|do|work|lovely|true",
	 UNDERSTAND_YES, 95},
	{"be fine|good|great|perfect|lovely|okay|wonderful", UNDERSTAND_YES, 85},
	{"sounds good|great|right|fine|perfect|lovely", UNDERSTAND_YES, 90},
	{"works for me", UNDERSTAND_YES, 90},
	{"that works", UNDERSTAND_YES, 90},
	{"you got|have it", UNDERSTAND_YES, 85},
	{"you bet", UNDERSTAND_YES, 90},
	{"spot on", UNDERSTAND_YES, 90},
	{"of course", UNDERSTAND_YES, 95},
	{"please do", UNDERSTAND_YES, 95},
	{"yes|yeah|yep|please please|please", UNDERSTAND_YES, 95},
	{"lets do it|that", UNDERSTAND_YES, 90},
	{"book|do|confirm it", UNDERSTAND_YES, 80},
	{"uh huh", UNDERSTAND_YES, 85},
	{"mm hmm", UNDERSTAND_YES, 85},
	{"uh uh", UNDERSTAND_NO, 70},
	{"i do|am|would|have|can|will|did", UNDERSTAND_YES, 75, true},
	{"it is|does|was", UNDERSTAND_YES, 80, true},
	{"i dont|wont|cant|havent|didnt|wouldnt", UNDERSTAND_NO, 75, true},
	{"it isnt|doesnt|wasnt", UNDERSTAND_NO, 85, true},
	{"yes|yeah|yep|yup|yah|ya|yea|aye|yess", UNDERSTAND_YES, 95},
	{"no|nope|nah|naw|nay|negative", UNDERSTAND_NO, 95},
	{"wrong|incorrect|false", UNDERSTAND_NO, 85},
	{"correct|right|exactly|precisely|true|indeed|affirmative|absolutely|definitely|certainly|totally",
	 UNDERSTAND_YES, 90},
	{"sure|surely|gladly|obviously", UNDERSTAND_YES, 90},
	{"mhm|mmhmm|uhhuh|mm|aha", UNDERSTAND_YES, 80},
	{"okay|ok|okey|alright|alrighty|fine|great|perfect|lovely|wonderful|excellent|good|brilliant|cool|"
	 "agreed|deal",
	 UNDERSTAND_YES, 80},
	{"probably|presumably", UNDERSTAND_YES, 65},
	{"maybe|perhaps|possibly|dunno|depends|unsure|undecided|might", UNDERSTAND_UNSURE, 85},
};

struct heard {
	const struct phrase *p;
	size_t at, n;
	bool denied;
};

static size_t longest_at(const struct words *ws, size_t i, struct heard *h)
{
	size_t longest = 0;

	for (size_t k = 0; k < ARRAY_LEN(phrases); k++) {
		size_t n = words_phrase(ws, i, phrases[k].words);
		bool goes_on = i + n < ws->n && !ws->w[i + n].mark;
		if (n <= longest || (phrases[k].whole && goes_on))
			continue;
		*h = (struct heard){.p = &phrases[k], .at = i, .n = n};
		longest = n;
	}
	return longest;
}

/* "I don't mind" is more than "I don't". */
static size_t phrase_at(const struct words *ws, size_t i, struct heard *h)
{
	struct heard behind = {0};
	size_t n = longest_at(ws, i, h);

	if (!words_is(ws, i, "i") || longest_at(ws, i + 1, &behind) < n || n == 0)
		return n;
	*h = behind;
	return behind.n + 1;
}

/* "that isn't right", "it does not work for me". */
static bool is_denied(const struct words *ws, size_t i)
{
	static const char negators[] = "not|isnt|doesnt|wasnt|dont|never|aint|arent|hardly|less";

	return (i > 0 && words_is(ws, i - 1, negators)) ||
	       (i > 1 && words_is(ws, i - 2, negators) &&
		words_is(ws, i - 1, "quite|really|that|a|be|very|all|so|too"));
}

static enum understand_answer answer_of(const struct heard *h)
{
	if (!h->denied || h->p->answer == UNDERSTAND_UNSURE)
		return h->p->answer;
	return h->p->answer == UNDERSTAND_YES ? UNDERSTAND_NO : UNDERSTAND_YES;
}

/* Two that disagree: the later one counts ("yeah, no"; "no, that's fine"), with less confidence; "yes, I
 * think so" agrees and loses nothing. */
static void weigh(struct understood_answer *v, bool has, const struct words *ws, const struct heard *h)
{
	enum understand_answer said = answer_of(h);
	int confidence = h->denied ? MIN(h->p->confidence, 85) : h->p->confidence;

	if (!has)
		v->how.from = words_from(ws, h->at);
	v->how.to = words_to(ws, h->at + h->n);
	if (!has) {
		v->answer = said;
		v->how.confidence = confidence;
	} else if (said == v->answer) {
		v->how.confidence = MAX(v->how.confidence, confidence);
	} else if (confidence >= 75 || said == UNDERSTAND_UNSURE) {
		v->answer = said;
		v->how.ambiguous = true;
		v->how.confidence = MIN(confidence, 60);
	}
}

int understand_answer(struct str text, struct understood_answer *ret_answer)
{
	struct understood_answer v = {0};
	struct heard h = {0};
	struct words ws;
	bool has = false;

	words_read(&ws, text);
	for (size_t i = 0; i < ws.n;) {
		size_t n = phrase_at(&ws, i, &h);
		/* far into a sentence "good" and "right" are ordinary words */
		bool incidental = n == 1 && i >= 4 && h.p->confidence < 95;
		if (n > 0 && !incidental) {
			h.denied = is_denied(&ws, i);
			weigh(&v, has, &ws, &h);
			has = true;
		}
		i += n ? n : 1;
	}
	if (!has)
		return UNDERSTAND_NOTHING;
	if (ws.n > RAMBLING_WORDS)
		v.how.confidence = MIN(v.how.confidence, 60);
	*ret_answer = v;
	return 0;
}
