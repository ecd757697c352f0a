/*
 * vendor.h - the services of the internet, played on this machine
 *
 * One server on 127.0.0.1 that plays any number of vendors, each by a simulator
 * of its wire protocol (sim.h) written from the protocol's fact sheet. It checks
 * what it is sent, answers as the sheet says at delays that are configured, and
 * misbehaves when it is told to. What it would bill, it writes down.
 *
 *     struct vendor *v;
 *     struct vendor_config c = {.key = "secret", .tls = true};
 *
 *     vendor_start(&c, &v);
 *     ... talk to https://localhost:<vendor_port(v)>/v1/chat/completions ...
 *     vendor_log_read(v, &log);            // JSON lines: see vendor_log_read()
 *     CHECK_INT(vendor_wrongs(v), 0);      // no rule of any sheet was broken
 *     v = vendor_stop(v);
 *
 * Where two vendors have the same path, the first of the list gets it; a host or,
 * where nobody has the path as it is, a first segment names another one:
 * https://localhost:PORT/vllm/v1/chat/... or https://vllm.localhost:PORT/v1/chat/...
 *
 * Threads: the server has one of its own; the functions here are for any other.
 */
#ifndef TESTS_VENDORS_VENDOR_H
#define TESTS_VENDORS_VENDOR_H

#include <stdbool.h>

#include "base/buf.h"

struct vendor;
struct vendor_sim;

enum vendor_certificate {
	VENDOR_CERTIFICATE_GOOD,
	VENDOR_CERTIFICATE_WRONG_NAME, /* for wrong.example */
	VENDOR_CERTIFICATE_EXPIRED,
	VENDOR_CERTIFICATE_STRANGER, /* by an authority that nobody knows */
};

/* ---- what is said ---- */

/* How a recogniser knows what it hears. */
enum vendor_ear {
	VENDOR_EAR_WORDS,    /* `words` by the time of the sound received, whatever it holds */
	VENDOR_EAR_VOICED,   /* `transcript`, a word each `word_span` of sound that is not silence */
	VENDOR_EAR_COUNTED,  /* the same, but a final text has no more words than there was sound for */
	VENDOR_EAR_TONES,    /* what is really in the sound, if it is the speech of sound.h */
	VENDOR_EAR_RECORDED, /* what is really in the sound, if it is a piece of one of `recordings` */
};

struct vendor_word {
	usec start, end; /* of the sound received in this session */
	const char *word;
};

/* Real speech that is known word by word. */
struct vendor_recording {
	const char *path; /* of a WAVE file */
	const struct vendor_word *words;
	size_t n_words;
};

/* What a model answers when `when` stands in the last thing it was told (NULL: always). First match counts.
 */
struct vendor_answer {
	const char *when;
	const char *text;      /* NULL: says nothing */
	const char *tool;      /* NULL: calls nothing */
	const char *arguments; /* a JSON map */
};

struct vendor_says {
	enum vendor_ear ear;
	const struct vendor_word *words; /* ascending */
	size_t n_words;
	const struct vendor_recording *recordings;
	size_t n_recordings;
	const char *transcript;
	usec word_span;                      /* 0 = 300 ms */
	const struct vendor_answer *answers; /* none: "I heard you." */
	size_t n_answers;
	uint64_t tokens_cached; /* of each request's input, at most all of it */
};

/* ---- when ---- */

/* Each span is drawn anew from `jitter_percent` around it. */
struct vendor_delays {
	usec final;        /* of a recogniser: from the moment it knows that the utterance is over */
	usec first_token;  /* of a model, from the request */
	usec token;        /* from one to the next */
	usec first_audio;  /* of a voice, from the text that makes it speak */
	double audio_pace; /* seconds of speech a second; 0 = at once */
	unsigned jitter_percent;
};

/* ---- misbehaviour ---- */

enum vendor_fault_kind {
	VENDOR_FAULT_NONE,
	VENDOR_FAULT_SLOW,    /* the first byte of the answer comes `span` later */
	VENDOR_FAULT_STALL,   /* nothing more is said, the connection stays */
	VENDOR_FAULT_CLOSE,   /* WebSocket: closed with `code`; HTTP: the body ends too early */
	VENDOR_FAULT_GARBAGE, /* a message that is not what the protocol speaks */
	VENDOR_FAULT_HUGE,    /* a message of 20 MiB */
	VENDOR_FAULT_ORDER,   /* two messages change places */
	VENDOR_FAULT_ERROR,   /* the vendor's own message of failure, in the middle */
	VENDOR_FAULT_STATUS,  /* HTTP `code` instead of the answer or the upgrade */
	VENDOR_FAULT_RATE,    /* 429 with Retry-After: 7 */
	VENDOR_FAULT_KEY,     /* the key has expired: 401 */
	VENDOR_FAULT_RESET,   /* the connection is reset */
	VENDOR_FAULT_REFUSE,  /* accepted and closed before TLS */
	VENDOR_FAULT_NAME,    /* TLS with the certificate of another name */
	VENDOR_FAULT_DRIBBLE, /* each message from there on comes `span` behind the one before; not at random
			       */
	VENDOR_FAULT_KINDS_,
};

struct vendor_fault {
	enum vendor_fault_kind kind;
	uint64_t item;      /* strikes at this message of the answer (from 0) ... */
	uint64_t partial;   /* ... or, if not 0, behind the nth text that may still change ... */
	usec after;         /* ... or, if not 0, this long after the session began */
	usec span;          /* SLOW; 0 = 10 s. DRIBBLE; 0 = 700 ms */
	int code;           /* CLOSE: 0 = 1011; STATUS: 0 = 503 */
	const char *reason; /* of a close; NULL = none */
};

/* "stall#3", "stall~2" (behind the second partial text), "reset@1500ms", "close:1008#2", "status:529",
 * "slow:800ms", "dribble:700ms#1". Returns 0 or -EBADMSG. */
int vendor_fault_parse(struct str text, struct vendor_fault *ret_fault) must_check;

/* The other way; never NULL. */
const char *vendor_fault_name(enum vendor_fault_kind kind);

/* ---- the server ---- */

struct vendor_config {
	const struct vendor_sim *const *sims; /* ends with NULL; NULL = every simulator there is */
	const char *key;                      /* what clients must show; NULL = "key-of-tests" */
	bool tells_key;                       /* repeats it in each message of failure, as some vendors do */
	bool tls;
	enum vendor_certificate certificate;
	uint16_t port; /* 0 = any */
	uint64_t seed;
	struct vendor_says says;
	struct vendor_delays delays;
	struct vendor_fault fault; /* of every session */
	unsigned fault_one_in; /* one session in so many gets a fault of `fault_kinds` at a random point */
	uint32_t fault_kinds;  /* bits 1 << enum vendor_fault_kind; 0 = all that need no code */
	usec fault_within;     /* the random point lies in this span; 0 = 2 s */
	const char *log_path;  /* the log also goes here as it is written; NULL = only to memory */
};

/* The texts that `c` points at are borrowed until vendor_stop(). Returns 0 or -errno. */
int vendor_start(const struct vendor_config *c, struct vendor **ret_vendor) must_check;

/* Cuts what is open. Takes NULL, returns NULL. */
struct vendor *vendor_stop(struct vendor *v);

uint16_t vendor_port(const struct vendor *v);

/* "ws" or "http" as `scheme`, with an s where TLS is spoken, "://localhost:", the port, `rest`. Returns
 * `text`. */
const char *vendor_url(const struct vendor *v, const char *scheme, const char *rest, char text[256]);

/* The file with the certificate of the authority that signs ours, PEM; one a process, gone with it.
 * NULL when it could not be written. */
const char *vendor_authority(void);

/* The next session misbehaves so, instead of as configured; may be ordered many times, first come first
 * served. */
void vendor_order_fault(struct vendor *v, const struct vendor_fault *f);

/* Connections and sessions that are open now. */
unsigned vendor_open(const struct vendor *v);

/* How often a rule of a sheet was broken so far; the log has the words. */
unsigned vendor_wrongs(const struct vendor *v);

/* Appends the log so far: JSON lines, `usec` counting on CLOCK_MONOTONIC.
 *   {"usec":..,"log":"note","session":3,"sim":"cartesia","note":"cancel"}        moments worth comparing;
 *                                                          "struck" is that of a fault
 *   {"usec":..,"log":"wrong","session":3,"sim":"cartesia","rule":"voice is missing"}
 *   {"usec":..,"log":"session","session":3,"sim":"cartesia","path":"/tts/websocket","status":101,
 *    "end":"done","fault":"none","close_code":1000,"wrongs":0,
 *    "requests":1,"audio_in_usec":0,"audio_out_usec":900000,"connected_usec":1200000,
 *    "characters":15,"tokens_in":0,"tokens_cached":0,"tokens_out":0}
 * The line of a session comes when the client has left: wait for vendor_open() to be 0.
 * A session is one HTTP request or one connection; `end` is done, cancelled (the client left work undone) or
 * failed. All of them were billed what they say. */
void vendor_log_read(struct vendor *v, struct buf *out);

#endif
