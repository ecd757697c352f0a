/*
 * conversation.h - ear, voice, brain and floor at one table
 *
 * Drives the turn-taking of one call from answer to the last word: events of
 * the leg and the providers become events of the floor, the floor's actions
 * become calls of ear, voice and brain. Every turn leaves its timeline in the
 * trail.
 *
 *   leg --audio, speech, keys--> ear --text--> brain --say--> voice --> leg
 *                                   \________ floor ________/
 *
 * Threads: the shard's control loop. Layer: call.
 */
#ifndef CALL_CONVERSATION_H
#define CALL_CONVERSATION_H

#include "agent/brain.h"
#include "call/ear.h"
#include "call/floor.h"
#include "call/trail.h"
#include "call/voice.h"

#define CONVERSATION_KEYS_MAX   32
#define CONVERSATION_PIECES_MAX 32

/* How long each state may last; all have defaults (conversation_timing_default). */
struct conversation_timing {
	usec idle;      /* LISTENING: ask again after so long */
	usec monologue; /* HEARING: the longest turn */
	usec final;     /* FINISHING: the final text is late */
	usec late;      /* AWAITING: then it will not come; sooner when nobody was told to wait */
	usec keys;      /* KEYING: between two keys */
	usec think;     /* THINKING: say a filler, again and again */
	usec stalled;   /* SPEAKING: nothing heard for so long */
	usec decide;    /* DUCKED: fall silent when the caller still speaks, from the onset on */
	usec give_up;   /* HELD: the caller still speaks: hear them out */
	usec doubt;     /* DOUBTING: no words have come: it was a noise */
};

extern const struct conversation_timing conversation_timing_default;

/* From the caller's last sound to our first one. */
struct turn_figures {
	usec quiet;    /* until it was judged to be our turn */
	usec text;     /* until the final text */
	usec agent;    /* until the agent's first words */
	usec voice;    /* until the first speech of them */
	usec play;     /* until it was handed to the leg */
	usec response; /* all of it */
	bool cached;
};

/* What the conversation asks of the call. */
struct conversation_sink {
	/* BRAIN_TRANSFER or BRAIN_HANGUP: copy what is needed and wait for on_leave(). */
	void (*on_act)(void *arg, const struct brain_act *act);
	/* What was said has been heard: transfer or hang up now. */
	void (*on_leave)(void *arg);
	/* An answer has begun to be heard. */
	void (*on_response)(void *arg, const struct turn_figures *figures);
	/* Recogniser and voice are open: the call may be answered. Once. */
	void (*on_ready)(void *arg);
	/* Ear, voice or brain do not work any more, and the caller was told if that was possible: hand over.
	 */
	void (*on_failed)(void *arg, const char *what);
	void *arg;
};

struct conversation_params {
	struct loop *loop;
	struct leg *leg;
	struct stt *stt; /* open, its sink is conversation_stt_sink() */
	struct tts *tts; /* open, its sink is conversation_tts_sink() */
	struct brain *brain;
	struct trail *trail;
	const struct eot_ops *eot;
	const struct conversation_timing *timing;
	struct str filler;             /* said when the agent is slow, "One moment please." */
	struct str sorry;              /* said before a hand-over because something failed; empty = nothing */
	const struct notices *notices; /* said when the voice is what failed; NULL = nothing, and a call whose
					  ear or voice cannot be opened is not ready, but failed */
	struct conversation_sink sink;
};

/* Pieces of an answer that wait to be said. */
struct conversation_pending {
	char text[VOICE_TEXT_MAX];
	size_t n;
	size_t ends[CONVERSATION_PIECES_MAX]; /* of each piece, bytes */
	unsigned count;
	bool uninterruptible;
};

struct conversation {
	struct conversation_params p;
	struct floor floor;
	struct ear ear;
	struct voice voice;
	struct conversation_pending pending;

	bool caller_speaks;          /* by the detector, also while the floor ignores it */
	usec speech_at;              /* since when */
	bool on_hold;                /* the caller has put us */
	bool thinking;               /* the brain has a question and has not said DONE */
	bool leaving;                /* when all is spoken */
	bool transfers;              /* then, and the answer announces it */
	bool retried;                /* the voice has failed in this answer before */
	bool slow;                   /* it has not failed, it has only kept us waiting */
	size_t insist_n;             /* so much of the answer's text must be heard */
	bool guessed;                /* the brain prepares an answer to a turn that may not be over */
	const char *failed;          /* what of ours is gone for good, NULL = nothing */
	const struct notice *notice; /* is to be said next, whatever the voice can */
	struct str transfer_failed;
	struct str farewell, ending; /* the last words and the disposition, when it is to be wound up */
	bool winding_up;
	char saying[512]; /* words that are not in the trail yet */
	size_t saying_n;
	char keys[CONVERSATION_KEYS_MAX + 1];
	unsigned key_count, stalls;
	bool counted; /* the last keys were complete without a terminator: one may still come */
	unsigned turns, interruptions, back_channels;
	usec entered;  /* the floor's state */
	usec progress; /* the voice's last sign of life */
	usec think_at; /* the brain was asked */
	usec said_at;  /* it first answered */
	usec silence_limit;
	struct ear_figures heard; /* of the turn that is being answered */
	struct eot_verdict why;
	bool reported; /* that turn's answer is in the trail */
};

/* Borrowed for the whole conversation: everything in `params`. */
void conversation_init(struct conversation *c, const struct conversation_params *params);
void conversation_fini(struct conversation *c);

/* Sinks to open the providers with, before conversation_init() is called. */
struct stt_sink conversation_stt_sink(struct conversation *c);
struct tts_sink conversation_tts_sink(struct conversation *c);

/* The call is up: the agent begins. */
void conversation_start(struct conversation *c);

/* Everything the leg reports while the call is up. */
void conversation_leg_event(struct conversation *c, const struct leg_event *ev);

/* The transfer that was asked for did not happen: the agent explains. `why` is a literal. */
void conversation_transfer_failed(struct conversation *c, struct str why);

/* When the answer that is being given, or the next one, has been heard, `farewell` (may be empty) is said and
 * the call hangs up with that disposition; both outlive the conversation. Nothing happens inside this call.
 */
void conversation_wind_up(struct conversation *c, struct str farewell, struct str disposition);

/* Nothing is said or heard any more. */
void conversation_stop(struct conversation *c);

#endif
