/*
 * message.h - an answering machine: what is left when nobody is left
 *
 * Asks for a message, gives the tone, and waits until the caller is done: a key,
 * a longer silence, or the limit. It needs nothing but the leg: no recogniser,
 * no voice, no model. The words themselves lie in the call's recording; this
 * says where.
 *
 *   ASKING --> TONE --> RECORDING --> THANKING --> OVER
 *         (key)        (key, quiet, limit)
 *
 * Threads: the shard's control loop. Layer: call.
 */
#ifndef CALL_MESSAGE_H
#define CALL_MESSAGE_H

#include "base/loop.h"
#include "call/notice.h"
#include "leg/leg.h"

enum message_stage {
	MESSAGE_IDLE,
	MESSAGE_ASKING,
	MESSAGE_TONE,
	MESSAGE_RECORDING,
	MESSAGE_THANKING,
	MESSAGE_OVER,
};

struct message_params {
	struct loop *loop;
	struct leg *leg;
	const struct notices *notices;
	bool asked;      /* somebody has asked for the message already: the tone comes at once */
	bool speaking;   /* the caller is */
	uint32_t answer; /* the newest generation of leg_play(); ours follow */
	/* Thanked, or nobody spoke: hang up now. Once, never inside message_start(). */
	void (*on_done)(void *arg);
	void *arg;
};

struct message {
	struct message_params p;
	enum message_stage stage;
	struct timer quiet, limit; /* while recording; the rest of the time the call sees to it */
	struct notice sound;       /* being played */
	size_t sent;
	uint32_t answer;
	bool speaking;     /* the caller is */
	bool spoken;       /* there is a message */
	usec began, ended; /* of the recording; 0 = not yet */
	const char *why;   /* it ended: "key", "quiet", "limit", "hung up" */
};

/* The line is open and nothing else is played or listened to any more. `params` is copied. */
void message_start(struct message *m, const struct message_params *params);

/* What the leg reports from then on. */
void message_leg_event(struct message *m, const struct leg_event *ev);

/* Nothing more comes, or matters. Returns whether a message was left: once, then never again. Takes one that
 * never started, zeroed. */
bool message_stop(struct message *m);

#endif
