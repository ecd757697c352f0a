/*
 * sip_txn_table.h - the four transaction machines as one constant table
 *
 * RFC 3261 section 17 with the corrections of RFC 6026: what a transaction does
 * at each event, and which timers run in each state. sip_txn.c walks it; the
 * tests prove it edge by edge.
 *
 *   INVITE client      CALLING -> PROCEEDING -> COMPLETED | ACCEPTED -> TERMINATED
 *   other client       TRYING -> PROCEEDING -> COMPLETED -> TERMINATED
 *   INVITE server      PROCEEDING -> COMPLETED -> CONFIRMED | ACCEPTED -> TERMINATED
 *   other server       TRYING -> PROCEEDING -> COMPLETED -> TERMINATED
 *
 * An empty cell means that the event does not matter in that state.
 *
 * Threads: any (constant). Layer: wire.
 */
#ifndef WIRE_SIP_TXN_TABLE_H
#define WIRE_SIP_TXN_TABLE_H

#include "base/def.h"

enum sip_txn_state {
	SIP_TXN_NONE, /* an empty cell; no transaction is ever here */
	SIP_TXN_IC_CALLING,
	SIP_TXN_IC_PROCEEDING,
	SIP_TXN_IC_COMPLETED,
	SIP_TXN_IC_ACCEPTED,
	SIP_TXN_C_TRYING,
	SIP_TXN_C_PROCEEDING,
	SIP_TXN_C_COMPLETED,
	SIP_TXN_IS_PROCEEDING,
	SIP_TXN_IS_COMPLETED,
	SIP_TXN_IS_CONFIRMED,
	SIP_TXN_IS_ACCEPTED,
	SIP_TXN_S_TRYING,
	SIP_TXN_S_PROCEEDING,
	SIP_TXN_S_COMPLETED,
	SIP_TXN_TERMINATED,
	SIP_TXN_STATE_COUNT,
};

enum sip_txn_event {
	SIP_TXN_RX_1XX,
	SIP_TXN_RX_2XX,
	SIP_TXN_RX_REFUSAL, /* 300-699 */
	SIP_TXN_RX_REQUEST, /* the request once more */
	SIP_TXN_RX_ACK,
	SIP_TXN_RX_CANCEL,
	SIP_TXN_TX_1XX,
	SIP_TXN_TX_2XX,
	SIP_TXN_TX_REFUSAL,
	SIP_TXN_TX_CANCEL,
	SIP_TXN_RETRY,  /* timers A, E, G */
	SIP_TXN_END,    /* timers B, D, F, H, I, J, K, L, M */
	SIP_TXN_FAILED, /* the transport could not send */
	SIP_TXN_EVENT_COUNT,
};

/* What a step does, in this order. */
enum {
	SIP_TXN_ACT_SEND = 1,     /* send the kept request, or the newest response */
	SIP_TXN_ACT_ACK = 2,      /* acknowledge a refusal */
	SIP_TXN_ACT_GUARD = 4,    /* a cancelled INVITE must end within 64*T1 (section 9.1) */
	SIP_TXN_ACT_DELIVER = 8,  /* hand the message to the user */
	SIP_TXN_ACT_TIMEOUT = 16, /* tell the user: no answer, no ACK */
	SIP_TXN_ACT_FAILED = 32,  /* tell the user: unreachable */
};

struct sip_txn_edge {
	uint8_t next; /* enum sip_txn_state */
	uint8_t act;
};

enum sip_txn_span {
	SIP_TXN_SPAN_NONE,
	SIP_TXN_SPAN_KEEP, /* runs on from the state before */
	SIP_TXN_SPAN_T1,
	SIP_TXN_SPAN_T2,
	SIP_TXN_SPAN_T4,
	SIP_TXN_SPAN_64T1,
};

/* The timers that are started when a state is entered from another one. */
struct sip_txn_timers {
	uint8_t retry;               /* first span of A, E, G; only over unreliable transports */
	uint8_t retry_cap;           /* where doubling stops; NONE = never */
	uint8_t end;                 /* B, D, F, H, I, J, K, L, M */
	uint8_t end_unreliable_only; /* zero over reliable transports */
};

extern const struct sip_txn_edge sip_txn_edges[SIP_TXN_STATE_COUNT][SIP_TXN_EVENT_COUNT];
extern const struct sip_txn_timers sip_txn_timers[SIP_TXN_STATE_COUNT];

#endif
