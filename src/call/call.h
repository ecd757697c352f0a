/*
 * call.h - one call, from the INVITE to the last line of its trail
 *
 * Owns everything that lives as long as the call: the leg, the sessions with
 * recogniser and voice, the brain, the conversation, all in one arena that is
 * freed at once. Its life is a matrix like the floor's; the two never look into
 * each other.
 *
 *   ARRIVED -> ANSWERING -> UP <-> TRANSFERRING -> LEAVING -> ENDED
 *                           |'---> RESCUING --------^
 *                           '-----> MESSAGE <'------'
 *
 * Threads: the shard's control loop. Layer: call.
 */
#ifndef CALL_CALL_H
#define CALL_CALL_H

#include "base/arena.h"
#include "base/fsm.h"
#include "call/call_cost.h"
#include "call/conversation.h"
#include "call/message.h"

#define CALL_ARENA_BYTES (512u * 1024)
#define CALL_ID_BYTES    32

struct call;

enum call_state {
	CALL_ARRIVED,      /* offered to us, it rings; deadline: the providers' opening */
	CALL_ANSWERING,    /* we said yes; deadline: their acknowledgement */
	CALL_UP,           /* the conversation; deadline: the longest call */
	CALL_TRANSFERRING, /* they were asked to call somebody else; deadline: the guard of RFC 3515 */
	CALL_RESCUING,     /* the same because something of ours failed: there is no way back */
	CALL_MESSAGE,      /* nobody could be reached: they may leave a message; deadline: it has its own */
	CALL_LEAVING,      /* we hung up; deadline: then it is over anyway */
	CALL_ENDED,
	CALL_STATE_COUNT_,
};

enum call_event {
	CALL_EV_ACCEPT, /* recogniser and voice are open, and it has rung */
	CALL_EV_ANSWERED,
	CALL_EV_TRANSFER, /* all is said, transfer now */
	CALL_EV_MESSAGE,  /* all is said, and they were asked for a message */
	CALL_EV_HANGUP,   /* all is said, or the server is told to stop: hang up now */
	CALL_EV_REFERRED, /* the transfer was taken */
	CALL_EV_REFUSED,  /* the transfer was not */
	CALL_EV_FAILED,   /* ear, voice or brain are gone */
	CALL_EV_SILENT,   /* no packet for too long */
	CALL_EV_ENDED,    /* the leg has ended */
	CALL_EV_DEADLINE,
	CALL_EVENT_COUNT_,
};

extern const struct fsm call_fsm;

/* An agent as far as a call needs to know it. Belongs to a configuration snapshot that outlives the call. */
struct call_agent {
	struct str name, version, tenant, language, voice;
	const struct str *key_terms; /* for the recogniser */
	size_t key_term_count;
	float voice_speed;
	struct str filler;             /* "One moment please." */
	struct str sorry;              /* said before a hand-over when something of ours failed */
	struct str fallback;           /* where to transfer to then; empty = nowhere */
	const struct notices *notices; /* when nobody can be reached it takes a message; NULL = it does not */
	struct conversation_timing timing;
	const struct call_cost_limits *cost; /* NULL = it may cost what it costs */
	bool record;

	/* Who hears and speaks for it. */
	const struct stt_ops *stt;
	const void *stt_config;
	const struct tts_ops *tts;
	const void *tts_config;

	/* A brain for one call. Its memory is the arena's or its own. Returns 0 or -errno. */
	int (*brain_new)(const struct call_agent *agent, struct call *call, struct brain **ret_brain);
	void *arg;
};

/* Where in the call's recording somebody left a message. */
struct call_message {
	usec from, length;
};

/* Where trails and recordings are kept. All calls come on the control loop and must not block. */
struct call_keeper {
	struct trail_sink (*trail_open)(void *arg, struct call *call);
	void (*trail_close)(void *arg, struct call *call, struct trail_sink *sink);
	void (*record_start)(void *arg, struct call *call); /* once it is up, if the agent records, or for a
							       message; ends with the leg */
	void (*message_left)(void *arg, struct call *call, const struct call_message *message);
	void *arg;
};

/* Told about, for the metrics. */
struct call_observer {
	void (*on_state)(void *arg, const struct call *call, enum call_state from, enum call_state to);
	void (*on_response)(void *arg, const struct call *call, const struct turn_figures *figures);
	/* See meter.h; also after the call's end, when its sessions are closed. */
	void (*on_cost)(void *arg, const struct call *call, const struct meter_line *line,
			const struct usage *u, picos cost);
	void *arg;
};

/* What all calls of a shard share. */
struct call_services {
	struct loop *loop;
	const struct eot_ops *eot;
	const struct call_keeper *keeper;
	const struct call_observer *observer; /* NULL = nobody looks */
	const struct prices *prices;          /* NULL = nothing has a price */
	int64_t (*today)(void);               /* counts days, for budgets; NULL = it is always the same */
	/* A limit of cost was reached: from now on the cheapest that will do. Nothing may be closed or said
	 * here. NULL = nothing can be done. */
	void (*degrade)(void *arg, struct call *call);
	void *degrade_arg;
	usec ring_min;     /* how long it rings at least before we answer */
	usec call_max;     /* the longest call */
	usec transfer_max; /* how long a transfer may take to be taken */
};

struct call_params {
	const struct call_services *services;
	const struct call_agent *agent;
	struct leg *leg; /* offered to us; taken */
	struct str id;
	/* The last thing the call does; it is freed when this returns. */
	void (*on_ended)(void *arg, struct call *call);
	void *arg;
};

struct call {
	struct arena arena;
	struct call_params p;
	char id[CALL_ID_BYTES];
	uint8_t state;         /* enum call_state */
	const struct fsm *fsm; /* call_fsm; a test may put a changed copy */
	struct timer timer, ring;
	struct leg *leg;
	struct stt *stt;
	struct tts *tts;
	struct brain *brain;
	struct trail trail;
	struct trail_sink trail_sink;
	struct meter meter;
	bool cost_reached; /* a limit */
	char trunk[METER_NAME_BYTES];
	struct conversation conversation;
	bool talking;    /* the conversation was made */
	unsigned refers; /* transfers that were tried */
	struct message message;
	bool wants_message; /* the caller was asked for one */
	usec recorded;      /* since then; 0 = not */
	bool referred;      /* they are at it: the transfer was accepted, its result is open */
	usec arrived, up, ended;

	char target[256]; /* of the transfer that was prepared */
	char reason[128];
	char summary[2048];
	char disposition[64]; /* how it came out */
};

/* Takes the leg, lets it ring, opens what the agent needs and then, not before this returns, answers.
 * on_ended() follows. Returns 0, -ENOMEM or -errno; then the leg is still the caller's and nothing follows.
 */
int call_start(const struct call_params *params, struct call **ret_call) must_check;

/* Ends it politely: what is being said is cut. `disposition` for the trail. */
void call_hangup(struct call *c, const char *disposition);

/* For metrics and the API. */
const char *call_state_name(const struct call *c);

#endif
