/*
 * agent.h - an agent as its file declares it
 *
 * Who it is and how it greets, what it can be asked (intents), what it must find
 * out (slots), the way through a conversation (the flow's states and edges), what
 * it says when it does not understand (the ladder), and where it hands over. All
 * of it is data: a clinic and a garage differ by their file alone.
 *
 * Its brain is the flow, or a language model that is told all of this and uses
 * the same tools; the flow, too, may ask a model what somebody meant.
 *
 * The object {agent_name, tenant_id, voice_profile, language, goals,
 * knowledge_sources, tools, guardrails} is a whole agent: everything else has a
 * default.
 *
 * Threads: read-only after loading, then any. Layer: agent.
 */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include "agent/civil.h"
#include "agent/understand.h"
#include "base/opt.h"

enum agent_slot_type {
	AGENT_SLOT_TEXT,
	AGENT_SLOT_DATE,
	AGENT_SLOT_TIME,
	AGENT_SLOT_PHONE,
	AGENT_SLOT_NAME,
	AGENT_SLOT_BIRTH,
	AGENT_SLOT_EMAIL,
	AGENT_SLOT_NUMBER,
	AGENT_SLOT_DIGITS,
	AGENT_SLOT_YES_NO,
	AGENT_SLOT_CHOICE,
	AGENT_SLOT_OFFER, /* one of the moments that a tool has offered */
	AGENT_SLOT_TYPES,
};

struct agent_slot {
	struct str name;
	enum agent_slot_type type;
	struct str ask;      /* the question */
	struct str again;    /* first misunderstanding; empty = the phrase "clarify" and the question */
	struct str rephrase; /* second: another way to ask; empty = the phrase "rephrase" and the question */
	struct str ack;      /* said when filled; empty = nothing */
	struct str confirm;  /* asked when filled; empty = taken as heard */
	int confirm_below;   /* per cent of confidence under which `confirm` is asked */
	int digits;          /* of a digits slot how many, of a phone how many to expect; 0 = any */
	struct opt_strs choices;
};

enum agent_intent_kind {
	AGENT_INTENT_GO, /* enters the state `go` */
	AGENT_INTENT_HUMAN,
	AGENT_INTENT_EMERGENCY,
	AGENT_INTENT_REPEAT,
	AGENT_INTENT_HELP,
	AGENT_INTENT_GOODBYE,
	AGENT_INTENT_FRUSTRATION, /* three in a row hand over */
	AGENT_INTENT_OTHER,       /* examples of what the agent is not there for: out of scope */
	AGENT_INTENT_KINDS,
};

struct agent_intent {
	struct str name;
	enum agent_intent_kind kind;
	struct str go;
	struct str label;         /* what it does, to follow "Would you like to" */
	struct opt_strs examples; /* what callers say; compared by meaning */
	struct opt_strs phrases;  /* exact words that decide at once, unless denied ("no chest pain") */
};

struct agent_edge {
	struct str on; /* an outcome of the tool, "filled", "changed", "yes", "no", or "slot=value" */
	struct str go;
	struct str say;
	struct str disposition; /* what the call came to, from here on */
	struct opt_strs clear;  /* slots to forget */
};

enum agent_end {
	AGENT_END_NONE,
	AGENT_END_HANGUP,
	AGENT_END_TRANSFER,
};

struct agent_state {
	struct str name, goal;
	struct str say;              /* on entering for the first time */
	struct str ask;              /* listens for intents after this; only without slots */
	struct opt_strs slots, also; /* asked for in this order; and those that may be said along */
	struct str confirm;          /* asked when all slots are filled, before the tool */
	struct str tool;
	struct opt_list edges; /* struct agent_edge */
	enum agent_end end;
	struct str target;      /* AGENT_END_TRANSFER: a key of `handoff` */
	int visits;             /* how often it may be entered; 0 = the agent's limit */
	struct str reason;      /* of the transfer, here or when it was entered too often; for people */
	struct str disposition; /* AGENT_END_HANGUP */
};

struct agent_target {
	struct str name, uri;
	bool cold; /* at once, without a whisper */
};

struct agent_phrases {
	struct str clarify, rephrase, handover, emergency, goodbye, help, still_there, silent_goodbye,
		anything_else, what_to_change, transfer_failed, nobody_free, back, hold, past_date,
		closed_then, too_many_digits, no_card, out_of_scope, either, trouble, leave_message,
		message_taken, emergency_alone;
};

/* What is done when nobody can be reached. */
struct agent_message {
	bool take;
	usec limit; /* the longest */
};

struct agent_limits {
	int turns;      /* of a conversation; then a human takes over */
	int visits;     /* of one state */
	int ladder;     /* misunderstandings in a row before handing over */
	int ladder_all; /* in the whole conversation */
	int silences;   /* reprompts before a polite goodbye */
	usec silence;
};

struct agent_matching {
	double intent, intent_margin, intent_busy, faq, faq_busy;
};

struct agent_booking {
	int slot_minutes, days_ahead, offers;
	struct opt_strs doctors;
};

struct agent_hours {
	struct str day[7]; /* "08:00-18:00", or "closed"; Monday first */
};

enum agent_brain {
	AGENT_BRAIN_FLOW,
	AGENT_BRAIN_MODEL,
};

/* When a model's deep services are asked instead of the fast ones. 0 = not for that reason. */
struct agent_deep {
	struct opt_strs intents; /* one of their phrases was said */
	int words;               /* the caller's turn has so many, or more */
	int rounds;              /* so many rounds of tools were needed in this answer */
	int ladder;              /* so many misunderstandings in a row */
};

struct agent_model {
	struct opt_strs fast, deep; /* names under the server's `providers`, in the order they are tried */
	struct agent_deep deep_when;
	double temperature; /* negative = the model's own */
	int tokens;         /* of an answer */
	int rounds;         /* of tools in one answer, then a human takes over */
	usec first_token;   /* no word by then is a fault */
	bool understand;    /* the flow asks it when meanings are not clear */
	bool wording;       /* the flow lets it fit its sentences to what was said */
};

struct agent_range {
	int from, to; /* minutes of the day; equal = closed */
};

struct agent {
	struct str agent_name, tenant_id, voice_profile, voice, language, time_zone, persona, greeting, home;
	struct str seed; /* path of what its store begins with; empty = nothing */
	enum agent_brain brain;
	struct opt_strs stt, tts;  /* names under the server's `providers`; empty = as its pipeline says */
	struct opt_strs key_terms; /* names and words that callers will say */
	struct agent_model model;
	struct opt_strs goals, knowledge_sources, knowledge, tools, guardrails;
	struct agent_phrases phrases;
	struct agent_limits limits;
	struct agent_message message;
	struct agent_matching matching;
	struct agent_hours hours;
	struct agent_booking booking;
	struct opt_list intents; /* struct agent_intent */
	struct opt_list slots;   /* struct agent_slot */
	struct opt_list states;  /* struct agent_state */
	struct opt_list handoff; /* struct agent_target */
	struct agent_range open[7];
	struct opt_list faq;          /* struct faq_entry, see knowledge.h */
	const struct tree_node *tree; /* what was read: where things stand */
};

extern const struct opt_table agent_table;

/* Reads an agent and the knowledge files it names; everything lives in `arena`. Wrong values, unknown keys
 * and references to nothing are noted with file and line. Returns 0, -EBADMSG (errors tell), -ENOMEM, or the
 * -errno of reading the file. */
int agent_read(const char *path, opt_env *env, struct arena *arena, struct tree_errors *errors,
	       struct agent **ret_agent) must_check;

/* The same from a text; knowledge files are named relative to `file`. */
int agent_parse(struct str text, const char *file, opt_env *env, struct arena *arena,
		struct tree_errors *errors, struct agent **ret_agent) must_check;

/* NULL when there is none. */
const struct agent_state *agent_find_state(const struct agent *a, struct str name);
const struct agent_slot *agent_find_slot(const struct agent *a, struct str name);
const struct agent_intent *agent_find_intent(const struct agent *a, struct str name);
const struct agent_target *agent_find_target(const struct agent *a, struct str name);

/* Who takes over: the target "human", or the first that is not cold; and in an emergency the first cold one,
 * or else the same. NULL when there is none. */
const struct agent_target *agent_human(const struct agent *a);
const struct agent_target *agent_rescue(const struct agent *a);

/* The state's edge for this outcome; NULL when there is none. */
const struct agent_edge *agent_find_edge(const struct agent_state *s, struct str on);

bool agent_has(const struct opt_strs *list, struct str name);

/* "morning", "afternoon", "evening". */
struct str agent_part_of_day(int minute);

/* Calls fn with every text that the agent says to every caller alike, so that a voice can render it before
 * the first call. Of a text with a caller's values in it, what comes before them; "{part_of_day}" and
 * "{agent_name}" are written out. `text` is valid during the call. */
void agent_each_fixed(const struct agent *a, void (*fn)(struct str text, void *arg), void *arg);

/* Hours of that day; equal bounds when closed. */
struct agent_range agent_open_on(const struct agent *a, struct civil_date d);

/* How to read dates and bare hours for this agent: order by language, hours of the longest day. */
struct understand_context agent_context(const struct agent *a, struct civil_date today, int minute);

#endif
