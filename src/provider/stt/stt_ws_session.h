/*
 * stt_ws_session.h - a session of stt_ws.h, for the files that it is made of
 *
 *   stt_ws.c       opens, sends, closes: what has to do with the connection
 *   stt_ws_turn.c  utterances: pauses, flushes, finishes, and what is told when
 *
 * What happens is noted first and told afterwards, one event at a time, because
 * any event may make the host close the session.
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_STT_STT_WS_SESSION_H
#define PROVIDER_STT_STT_WS_SESSION_H

#include "base/arena.h"
#include "provider/stt/stt_ws_text.h"

#define STT_WS_FLUSHES_MAX 8u
#define STT_WS_WORDS_MAX   256u

/* On its way, or answered by nobody yet. */
struct stt_ws_flush {
	uint32_t utterance;
	usec clock, at;  /* it covers the sound up to here: in sound, in our time */
	usec behind;     /* sent when so much sound has been */
	usec sent;       /* when; 0 = not yet */
	uint64_t key;    /* the piece that it became */
	uint64_t answer; /* lockstep: the number of the message that answers it */
};

struct stt_ws_session {
	struct stt stt;
	struct loop *loop;
	const struct service *service;
	const struct service_host *host;
	const struct stt_ws_dialect *dialect;
	struct arena memory; /* language and key terms */
	struct stt_ws_talk talk;
	struct stt_ws_outbox out;

	struct ws *ws;
	uint32_t ask;      /* the HTTP request that opens the session; 0 = none under way */
	bool ask_secure;   /* it is made over TLS: so must the WebSocket be */
	struct buf answer; /* to it */
	struct timer opening, wake, pause, wait, idle;
	unsigned reached; /* the vendor: so often, each time counts as a request */
	bool connected, begun, ready;
	bool starved; /* no sound came for nearly as long as the dialect bears, and none since */
	usec connected_at, ready_at;
	usec heard_at;            /* it last said something, since it is ready */
	uint64_t asked, answered; /* messages that want an answer, messages that came; lockstep */

	struct stt_ws_sound sound;
	struct stt_ws_text text;
	struct stt_ws_flush flushes[STT_WS_FLUSHES_MAX];
	size_t flush_count;
	bool speaking;

	/* to be told */
	bool ready_due, endpoint_due, likely_told;
	float endpoint;
	bool forced; /* the message being read answers a flush: its endpoint is ours */
	enum fault fault;
	char words[STT_WS_WORDS_MAX];
	size_t words_n;
	usec retry_after; /* with FAULT_QUOTA; 0 = not told */

	/* used since the last report */
	usec sound_told;
	uint64_t tokens[2];
};

static inline struct stt_ws_session *stt_ws_of(struct stt *s)
{
	return CONTAINER_OF(s, struct stt_ws_session, stt);
}

/* ---- stt_ws.c ---- */

/* Notes the end of the session; the first one counts. The vendor's words are for the log. */
void stt_ws_fail(struct stt_ws_session *s, enum fault fault, struct str words);

/* Sends what sound and flushes are due. */
void stt_ws_pump(struct stt_ws_session *s);

/* Reports what was used since the last time. */
void stt_ws_report(struct stt_ws_session *s, enum usage_end end, uint32_t utterance);

/* ---- stt_ws_turn.c ---- */

void stt_ws_on_fact(void *arg, const struct stt_ws_fact *fact);

/* A message has been read: flushes that it answers by being the nth, or that were not answered for too long.
 */
void stt_ws_after_message(struct stt_ws_session *s);

/* Sent at last. */
void stt_ws_flush_sent(struct stt_ws_session *s, struct stt_ws_flush *f);

/* Tells the next of what is due, and comes back for more. The session may be closed afterwards. */
void stt_ws_tell_due(struct stt_ws_session *s);

/* The same, soon. */
void stt_ws_wake(struct stt_ws_session *s);

void stt_ws_speech(struct stt *stt, bool speaking, usec at);
int stt_ws_finish(struct stt *stt, usec until);
void stt_ws_cancel(struct stt *stt);

#endif
