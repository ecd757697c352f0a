/*
 * floor.h - who has the floor: the matrix of a polite conversation
 *
 * One machine a call. It owns no audio, no text and no clock: events say what
 * happened, actions say what to do about it, and the time after which a state
 * must not last any longer comes from the conversation that drives it.
 *
 *              speech           quiet            deadline: our turn
 *   LISTENING --------> HEARING ------> PAUSED ----------> FINISHING
 *       ^                  ^   <-speech---'        (AWAITING) | final
 *       |                  | interrupt                         v
 *       |          DUCKED/HELD/DOUBTING <--speech-- SPEAKING <-say- THINKING
 *       '---------------- spoken --------------------'
 *
 * Interruption has three steps. The voice is ducked the moment somebody speaks
 * (DUCKED, the media loop's reflex has done it already); it falls silent but
 * can resume if the speech goes on (HELD); it is given up for good when words
 * come that mean something. A cough or an "mhm" (DOUBTING) brings it back, and
 * even a long noise does in the end: they are heard out (HEARING), and if the
 * final text has no words in it the answer goes on where it stopped.
 *
 * A final text that is late is waited for once more, and the caller is told so
 * (AWAITING): words that are missing must not be guessed at.
 *
 * What must be heard is spoken to its end (INSISTING); what the caller says
 * meanwhile is overheard, and is their turn afterwards.
 *
 * The invariant that no line is ever silent without something pending: every
 * state but IDLE and OVER has a deadline, and every deadline has a cell.
 *
 * Threads: the shard's control loop. Layer: call.
 */
#ifndef CALL_FLOOR_H
#define CALL_FLOOR_H

#include <stdbool.h>

#include "base/fsm.h"
#include "base/loop.h"

enum floor_state {
	FLOOR_IDLE,      /* not answered yet */
	FLOOR_LISTENING, /* nobody speaks, the caller may; deadline: are they still there? */
	FLOOR_HEARING,   /* the caller speaks; deadline: the longest monologue */
	FLOOR_PAUSED,    /* the caller is quiet; deadline: the judge's hangover */
	FLOOR_FINISHING, /* our turn, the final text is on its way; deadline: it is late */
	FLOOR_AWAITING,  /* it is late, they are told to hold on; deadline: go on without it */
	FLOOR_KEYING,    /* the caller presses keys; deadline: between two of them */
	FLOOR_THINKING,  /* the agent works; deadline: say something meanwhile */
	FLOOR_SPEAKING,  /* our voice; deadline: it has stalled */
	FLOOR_INSISTING, /* our voice, not to be interrupted; deadline: it has stalled */
	FLOOR_DUCKED,    /* the caller speaks over us, softly we go on; deadline: fall silent */
	FLOOR_HELD,      /* the caller speaks, we are silent and may resume; deadline: hear them out */
	FLOOR_DOUBTING,  /* it was short: were there words in it? deadline: no */
	FLOOR_LEAVING,   /* all is said, the call transfers or hangs up; deadline: wait on, it has its own */
	FLOOR_OVER,
	FLOOR_STATE_COUNT_,
};

enum floor_event {
	FLOOR_EV_START,       /* the call is up */
	FLOOR_EV_SPEECH,      /* the caller began to speak, and may interrupt */
	FLOOR_EV_QUIET,       /* the caller stopped */
	FLOOR_EV_WORDS,       /* a partial or likely text with meaning in it */
	FLOOR_EV_BACKCHANNEL, /* a text that is only "mhm", "okay", or nothing at all */
	FLOOR_EV_FINAL,       /* the final text is there */
	FLOOR_EV_KEY,         /* a key was pressed */
	FLOOR_EV_SAY,         /* the agent has something to say */
	FLOOR_EV_INSIST,      /* the same, and it must be heard */
	FLOOR_EV_INSISTED,    /* what must be heard was, and more follows */
	FLOOR_EV_YIELD,       /* the agent has nothing to say */
	FLOOR_EV_SPOKEN,      /* everything said has been heard */
	FLOOR_EV_RESUME,      /* they were heard out and said nothing: the answer may go on */
	FLOOR_EV_LEAVE,       /* nothing is left to be said: transfer or hang up */
	FLOOR_EV_RETURN,      /* the transfer did not happen */
	FLOOR_EV_HOLD,        /* the caller put us on hold, or came back */
	FLOOR_EV_EAR_FAULT,   /* the recogniser failed */
	FLOOR_EV_AGENT_FAULT, /* the agent does not answer */
	FLOOR_EV_VOICE_FAULT, /* the voice failed */
	FLOOR_EV_DEADLINE,
	FLOOR_EV_OVER, /* the call ends */
	FLOOR_EVENT_COUNT_,
};

struct conversation;

struct floor_ops {
	/* Until when the state just entered or confirmed may last; never USEC_NEVER but for IDLE and OVER. */
	usec (*deadline)(struct conversation *c, enum floor_state state);
	/* For the trail, before the action runs. */
	void (*stepped)(struct conversation *c, enum floor_state from, enum floor_event event,
			enum floor_state to);
};

/* Posted from inside an action and waiting for its end; no action posts more than two. */
#define FLOOR_PENDING_MAX 8

struct floor {
	uint8_t state;         /* enum floor_state */
	const struct fsm *fsm; /* floor_fsm; a test may put a changed copy */
	const struct floor_ops *ops;
	struct conversation *conversation;
	struct loop *loop;
	struct timer timer;
	enum floor_event pending[FLOOR_PENDING_MAX];
	unsigned pending_count;
	bool stepping;
};

/* The matrix; its actions are floor_acts.h. */
extern const struct fsm floor_fsm;

void floor_init(struct floor *f, struct loop *loop, const struct floor_ops *ops, struct conversation *c);
void floor_fini(struct floor *f);

/* Takes a step; an event without a cell in this state is ignored. Inside an action the event waits its turn.
 */
void floor_post(struct floor *f, enum floor_event event);

#endif
