/*
 * sip_call_table.h - the life of a SIP call as one constant matrix
 *
 *   called:   NEW -> OFFERED -> ACCEPTED -> UP -> LEAVING -> ENDED
 *                                   \-> ENDING (hung up before the ACK) -> LEAVING
 *   calling:  NEW -> CALLING -> RINGING -> UP ...
 *                        \-> GIVING_UP -> CANCELLING -> ENDED, or LEAVING when a 200 crossed
 *
 * Only sip_call.c steps it; the actions it names are there too. The tests prove
 * that every state is reached, leads to the end, and never waits without a
 * deadline.
 *
 * Threads: any (constant). Layer: leg.
 */
#ifndef LEG_SIP_CALL_TABLE_H
#define LEG_SIP_CALL_TABLE_H

#include "base/fsm.h"

enum sip_call_state {
	SIP_CALL_NEW,
	SIP_CALL_OFFERED,    /* INVITE arrived; the owner decides */
	SIP_CALL_ACCEPTED,   /* our 200 waits for its ACK */
	SIP_CALL_ENDING,     /* the same, but the owner has hung up: BYE must wait (RFC 3261 section 15) */
	SIP_CALL_CALLING,    /* INVITE sent, no answer of any kind */
	SIP_CALL_RINGING,    /* a provisional answer came */
	SIP_CALL_GIVING_UP,  /* the owner hung up, CANCEL must wait for a provisional answer (section 9.1) */
	SIP_CALL_CANCELLING, /* CANCEL sent */
	SIP_CALL_UP,
	SIP_CALL_LEAVING, /* BYE sent */
	SIP_CALL_ENDED,
	SIP_CALL_STATES,
};

enum sip_call_event {
	/* from the other end */
	SIP_CALL_RX_INVITE,
	SIP_CALL_RX_CANCEL,
	SIP_CALL_RX_ACK,
	SIP_CALL_RX_BYE,
	SIP_CALL_RX_PROGRESS,   /* 100-199 */
	SIP_CALL_RX_ANSWER,     /* 2xx of our first INVITE, each time it comes */
	SIP_CALL_RX_REFUSAL,    /* 300-699 of it */
	SIP_CALL_RX_CHALLENGE,  /* 401, 407 that we can answer */
	SIP_CALL_RX_BYE_ANSWER, /* of our BYE, or its silence */
	SIP_CALL_GONE,          /* the other end knows the dialog no more (481, 408), or cannot be reached */
	/* from the owner */
	SIP_CALL_DIAL,
	SIP_CALL_ANSWER,
	SIP_CALL_HANGUP,
	/* from the clock */
	SIP_CALL_REPEAT, /* our 200 again */
	SIP_CALL_GUARD,  /* the state has lasted too long */
	SIP_CALL_EVENTS,
};

extern const struct fsm sip_call_fsm;

/* ---- the actions; `self` is the struct sip_call, `input` a struct sip_call_input ---- */

void sip_call_act_trying(void *self, const void *input);        /* 100, at once */
void sip_call_act_refuse(void *self, const void *input);        /* the owner's status */
void sip_call_act_cancelled(void *self, const void *input);     /* 487 */
void sip_call_act_undecided(void *self, const void *input);     /* 480 */
void sip_call_act_confirmed(void *self, const void *input);     /* tell: the ACK is here */
void sip_call_act_reconfirmed(void *self, const void *input);   /* tell: so is that of a re-INVITE */
void sip_call_act_repeat(void *self, const void *input);        /* the 200 again */
void sip_call_act_progress(void *self, const void *input);      /* tell */
void sip_call_act_answered(void *self, const void *input);      /* make the dialog, ACK, tell */
void sip_call_act_answered_late(void *self, const void *input); /* a 200 crossed our CANCEL: ACK, BYE */
void sip_call_act_ack_again(void *self, const void *input);     /* or ACK and BYE for another fork */
void sip_call_act_authenticate(void *self, const void *input);
void sip_call_act_cancel(void *self, const void *input);
void sip_call_act_cancel_silent(void *self, const void *input); /* nobody picked up */
void sip_call_act_bye(void *self, const void *input);
void sip_call_act_bye_unheard(void *self, const void *input); /* no ACK came */
void sip_call_act_end_local(void *self, const void *input);
void sip_call_act_end_remote(void *self, const void *input);
void sip_call_act_end_refused(void *self, const void *input);
void sip_call_act_end_lost(void *self, const void *input);

#endif
