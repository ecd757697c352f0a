/*
 * brain.h - what decides what to say next; the contract
 *
 * A brain holds one conversation: it is told what the caller said, pressed or
 * did not say, and answers with acts: say this, transfer there, hang up. The
 * flow (deterministic states and slots) is one brain; a language model with
 * tools is another. It hears only what the caller really said and is told what
 * of its own words was really heard.
 *
 *   start            -> SAY greeting, DONE
 *   heard("Tuesday") -> SAY "At what time?", DONE
 *   heard("a human") -> SAY "One moment.", TRANSFER, DONE
 *
 * Every question (start, heard, keys, silence, transfer_failed) has a number
 * and is answered by any number of acts and then exactly one DONE. A new question before
 * that withdraws the old one: no act of it arrives any more, though what it has
 * done (an appointment booked) stays done and is known to the next answer. An
 * answer that is interrupted is withdrawn without a new question.
 *
 * While a pause may still become longer, the host can let it guess: the answer
 * to these words is prepared in secret. Nothing is told of it, nothing is done
 * for it that cannot be undone, and the history knows nothing of it until the
 * caller is heard with the same words; anything else throws it away.
 *
 *   guess("Tuesday.")  heard("Tuesday")  -> SAY (at once), DONE
 *
 * Acts never arrive inside a brain_ call; close runs exactly once.
 *
 * Threads: the shard's control loop. Layer: agent.
 */
#ifndef AGENT_BRAIN_H
#define AGENT_BRAIN_H

#include <stdbool.h>

#include "base/str.h"
#include "provider/eot/eot.h"

/* Instead of a confidence: words are missing, and the rest is not to be acted on, unless it is an emergency.
 * The answer asks for it again. */
#define BRAIN_FRAGMENT (-2.0f)

struct brain;

enum brain_act_type {
	BRAIN_SAY,
	BRAIN_EXPECT,   /* what the next turn of the caller will probably be */
	BRAIN_TRANSFER, /* to a human; after what was said has been heard */
	BRAIN_HANGUP,   /* after what was said has been heard */
	BRAIN_NOTE,     /* a fact for the trail: slot set, intent, tool called */
	BRAIN_DONE,     /* the question is answered */
	BRAIN_ACT_COUNT_,
};

enum brain_transfer {
	BRAIN_COLD, /* emergency: at once, no whisper */
	BRAIN_WARM, /* with the whole story */
};

struct brain_act {
	enum brain_act_type type;
	uint32_t question;
	union {
		struct {
			struct str text; /* written to be read, not yet normalised for the ear */
			bool uninterruptible;
			bool fixed; /* the same for every caller: belongs into the phrase cache */
		} say;
		struct {
			enum eot_expect kind;
			unsigned digits_wanted;
			usec silence_limit; /* ask again after so long without a word; 0 = the agent's usual
					     */
		} expect;
		struct {
			enum brain_transfer kind;
			struct str target;  /* URI */
			struct str reason;  /* for people and X-Context-Reason */
			struct str summary; /* handoff JSON (R37) */
		} transfer;
		struct {
			struct str disposition; /* "booked", "answered", "abandoned" ... */
			bool message; /* the caller was asked for one: the tone, and not before they are
					 done the end */
		} hangup;
		struct {
			struct str name, value; /* "intent" "book_appointment" */
		} note;
	};
};

struct brain_sink {
	void (*on_act)(void *arg, const struct brain_act *act);
	void *arg;
};

struct brain_ops {
	const char *name;
	void (*start)(struct brain *b, uint32_t question);
	void (*heard)(struct brain *b, uint32_t question, struct str text, float confidence);
	void (*keys)(struct brain *b, uint32_t question, struct str keys);
	void (*silence)(struct brain *b, uint32_t question);
	void (*transfer_failed)(struct brain *b, uint32_t question, struct str why);
	void (*spoken)(struct brain *b, struct str text, bool whole);
	void (*guess)(struct brain *b, struct str text); /* empty = throw it away */
	void (*withdraw)(struct brain *b);               /* the question, and a guess */
	void (*close)(struct brain *b);
};

/* First member of every brain. */
struct brain {
	const struct brain_ops *ops;
	struct brain_sink sink;
	uint32_t question;  /* the newest; acts of older ones are dropped */
	uint32_t withdrawn; /* acts of it are dropped, too */
	bool closed;
};

/* Each returns the number of the question. `text` and `keys` are borrowed for the duration of the call. */
uint32_t brain_start(struct brain *b);
/* `confidence` 0..1, negative = not known, or BRAIN_FRAGMENT; then the text may be empty. */
uint32_t brain_heard(struct brain *b, struct str text, float confidence);
uint32_t brain_keys(struct brain *b, struct str keys);
uint32_t brain_silence(struct brain *b); /* nobody said anything for the expected time */
uint32_t brain_transfer_failed(struct brain *b, struct str why);

/* What of the last answer the caller really heard. */
void brain_spoken(struct brain *b, struct str text, bool whole);

/* What the next brain_heard() will probably be; an empty text throws the guess away. For a host that waits
 * for no answer and has told what was spoken. Costs the same as a question. */
void brain_guess(struct brain *b, struct str text);

/* Nobody waits for the answer to the newest question any more: no act of it arrives, not even DONE. Throws a
 * guess away, too. */
void brain_withdraw(struct brain *b);

/* Takes NULL. Returns NULL. */
struct brain *brain_close(struct brain *b);

/* For implementations: drops acts of a question that was withdrawn. */
void brain_emit(struct brain *b, const struct brain_act *act);

/* For implementations: whether both texts are the same words; letter case and punctuation do not count. */
bool brain_same_words(struct str a, struct str b);

#endif
