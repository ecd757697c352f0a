/*
 * sim.h - how to write a simulator
 *
 * A simulator is a table of functions for one route of one vendor. It is called
 * on the server's thread with whole requests and messages, and what it says
 * goes into its session's queue, where each item waits for its moment and where
 * misbehaviour is inflicted; so it never waits, and knows nothing of sockets.
 *
 *     static void on_text(struct vendor_session *s, struct str text)
 *     {
 *             struct json *m = vendor_json(s, text);             // not JSON: counted, NULL
 *
 *             if (!str_eq(json_str_or(m, "type", STR("")), STR("Speak")))
 *                     vendor_close(s, 1008, "DATA-0000");        // as the sheet says
 *             else
 *                     vendor_text(s, vendor_span(s, 84000), STR("{\"type\":\"Flushed\"}"));
 *             json_free(m);
 *     }
 *
 *     const struct vendor_sim sim_example = {
 *             .name = "example", .kind = VENDOR_WEBSOCKET, .path = "/v1/speak", .on_text = on_text,
 *     };
 *
 * and a row in list.h. Rules that the client broke are told to vendor_wrong(), in words that name the rule,
 * besides being answered as the vendor would. Its test (check_<vendor>.c) holds a correct conversation
 * written from the sheet and at least ten mutations of it, each of which must be refused.
 *
 * Threads: the server's own.
 */
#ifndef TESTS_VENDORS_SIM_H
#define TESTS_VENDORS_SIM_H

#include "base/json.h"
#include "base/rng.h"
#include "vendors/vendor.h"

struct vendor_session;
struct recording;

enum vendor_kind {
	VENDOR_HTTP,
	VENDOR_WEBSOCKET,
	VENDOR_RAW, /* bytes over TCP; a connection is one of these when its first byte is '{' */
};

struct vendor_sim {
	const char *name; /* several rows may share it: routes of one vendor */
	enum vendor_kind kind;
	const char *method;   /* of HTTP; NULL = POST */
	const char *path;     /* '*' stands for any part of a segment, at the end for all the rest */
	bool shy;             /* only when it is named by host or first segment, or alone in the list */
	size_t state_bytes;   /* zeroed for each session */
	size_t message_bytes; /* a longer message closes with 1009 (HTTP: 413); 0 = 4 MiB */
	const void *arg;      /* what makes a variant of it */

	/* HTTP: the request is there; answer it. WebSocket: refuse it with an answer, or leave it. NULL =
	 * fine. */
	void (*on_request)(struct vendor_session *s);
	void (*on_open)(struct vendor_session *s);
	void (*on_text)(struct vendor_session *s, struct str text);
	void (*on_binary)(struct vendor_session *s, struct str bytes);
	size_t (*on_bytes)(struct vendor_session *s, struct str bytes); /* returns how many it took */
	void (*on_wake)(struct vendor_session *s);                      /* see vendor_wake() */
	void (*on_fault)(struct vendor_session *s); /* says the vendor's own error; NULL = there is none */
	/* Refuses in the vendor's words: 400, 401, 404, 413, 429, 5xx. NULL = {"error":{"message":why}}. */
	void (*on_refuse)(struct vendor_session *s, int status, const char *why);
	void (*on_close)(
		struct vendor_session *s); /* the client has left or was told to: free what state holds */
};

/* ---- the session ---- */

void *vendor_state(struct vendor_session *s);
const struct vendor_sim *vendor_sim(const struct vendor_session *s);
const struct vendor_config *vendor_config(const struct vendor_session *s);
struct rng *vendor_rng(struct vendor_session *s);
usec vendor_now(const struct vendor_session *s);
unsigned vendor_number(const struct vendor_session *s); /* unique in the server, from 1 */

/* Those of vendor_says, loaded. */
const struct recording *vendor_recordings(const struct vendor_session *s);

/* `span` with the configured jitter. */
usec vendor_span(struct vendor_session *s, usec span);

/* on_wake() comes after `span`, once; a later call replaces an earlier; USEC_NEVER calls it off. */
void vendor_wake(struct vendor_session *s, usec span);

/* The key that clients must show. */
struct str vendor_key(const struct vendor_session *s);

/* ---- the request; views live as long as the session ---- */

struct str vendor_method(const struct vendor_session *s);
struct str vendor_path(const struct vendor_session *s);             /* as sent, without query */
struct str vendor_part(const struct vendor_session *s, unsigned i); /* what the ith '*' stands for */
struct str vendor_body(const struct vendor_session *s);

/* Empty when there is none; names in any case. */
struct str vendor_header(const struct vendor_session *s, const char *name);

/* The nth value of a query parameter, decoded. Returns whether there is one. */
bool vendor_query(const struct vendor_session *s, const char *name, unsigned nth, struct str *ret_value);
struct str vendor_query_or(const struct vendor_session *s, const char *name, const char *fallback);
bool vendor_query_at(const struct vendor_session *s, unsigned i, struct str *ret_name, struct str *ret_value);

/* The nth part of a multipart/form-data body that has this name. Returns whether there is one. */
bool vendor_form(const struct vendor_session *s, const char *name, unsigned nth, struct str *ret_value);

/* The file name that came with it; empty when none did. */
struct str vendor_form_file(const struct vendor_session *s, const char *name);

/* Calls fn with the name of each part; returns how many there were, -EBADMSG when the body is no form. */
int vendor_form_each(const struct vendor_session *s, void (*fn)(struct str name, void *arg), void *arg);

/* ---- checking ---- */

/* A rule was broken. Counted and logged. */
void vendor_wrong(struct vendor_session *s, const char *fmt, ...) printf_like(2, 3);

/* A query parameter, or a member of a JSON map. */
struct vendor_rule {
	const char *name;
	enum vendor_type {
		VENDOR_TEXT,
		VENDOR_BOOL,
		VENDOR_INT,
		VENDOR_NUM,
		VENDOR_LIST,
		VENDOR_MAP,
		VENDOR_ANY,
	} type;
	enum vendor_must {
		VENDOR_MAY,
		VENDOR_MUST,
		VENDOR_MANY, /* a query parameter that may stand there several times */
	} must;
	double min, max;  /* of numbers; both 0 = any */
	const char *only; /* "a|b|c": the texts that are allowed; NULL = any */
};

/* Unknown, missing, doubled and wrong values are told to vendor_wrong(); the first of them stands in
 * why[160]. Returns whether all is well. */
bool vendor_check_query(struct vendor_session *s, const struct vendor_rule *rules, size_t n, char why[160]);
bool vendor_check_json(struct vendor_session *s, const struct json *map, const struct vendor_rule *rules,
		       size_t n, char why[160]);

/* Reads JSON; what is not JSON is told to vendor_wrong(). NULL then. json_free() it. */
struct json *vendor_json(struct vendor_session *s, struct str text);

/* Whether `text` is one of "a|b|c". */
bool vendor_one_of(struct str text, const char *list);

/* Base64, strictly; appended to `out`. Returns whether it is. */
bool vendor_unbase64(struct str text, struct buf *out);
void vendor_base64(struct str bytes, struct buf *out);

/* Sound has come: counts it for the bill. Returns false, and tells vendor_wrong(), when more than `burst` has
 * come beyond `rate` times the time since the first. */
bool vendor_heard(struct vendor_session *s, usec sound, double rate, usec burst);

/* ---- answering; everything is queued, in the order of these calls ---- */

/* What goes on the bill, and into the log, in the moment in which an item is sent. */
struct vendor_bill {
	usec audio_out;
	uint64_t characters, tokens_in, tokens_cached, tokens_out;
	const char *note; /* a literal */
};

/* Counts at once. */
void vendor_bill(struct vendor_session *s, const struct vendor_bill *b);

/* The next item carries this on its bill, besides what it already carries. */
void vendor_bill_next(struct vendor_session *s, const struct vendor_bill *b);

/* A line in the log, with the time. */
void vendor_note(struct vendor_session *s, const char *note);

/* A header of the answer (or of the 101); before it is begun. */
void vendor_add_header(struct vendor_session *s, const char *name, const char *fmt, ...) printf_like(3, 4);

/* HTTP: the whole answer; on a WebSocket, the refusal of the upgrade. `type` NULL = application/json. */
void vendor_answer(struct vendor_session *s, int status, const char *type, struct str body);
void vendor_answer_after(struct vendor_session *s, usec delay, int status, const char *type, struct str body);

/* The same by the simulator's on_refuse(), or without one. Broken rules are told to vendor_wrong() besides.
 */
void vendor_refuse(struct vendor_session *s, int status, const char *why);

/* The same for who broke a rule: `why` is told to vendor_wrong(), where nothing more exact was. */
void vendor_bad(struct vendor_session *s, int status, const char *why);

/* For an on_refuse(): answers with a map in JSON, whose members `write` writes. */
void vendor_answer_error(struct vendor_session *s, int status, const char *why,
			 void (*write)(struct json_out *w, int status, const char *why));

/* HTTP: begins an answer of which vendor_piece() brings the body, chunked, and vendor_finish() the end.
 * Each item comes `delay` after the one before it. */
void vendor_begin(struct vendor_session *s, int status, const char *type);
void vendor_piece(struct vendor_session *s, usec delay, struct str bytes);
void vendor_finish(struct vendor_session *s);

/* WebSocket messages (text, binary), or bytes of a VENDOR_RAW. */
void vendor_text(struct vendor_session *s, usec delay, struct str text);
void vendor_binary(struct vendor_session *s, usec delay, struct str bytes);
void vendor_bytes(struct vendor_session *s, usec delay, struct str bytes);

/* Ends the conversation: close code and reason; VENDOR_RAW: just the connection. After what is queued. */
void vendor_close(struct vendor_session *s, int code, const char *reason);

/* Items from now on belong to group `tag`; vendor_drop() takes those back that are not yet sent, with what
 * they would have added to the bill. Returns how many. */
void vendor_tag(struct vendor_session *s, unsigned tag);
unsigned vendor_drop(struct vendor_session *s, unsigned tag);

/* Items from now on are texts that may still change, or are not: misbehaviour can be told to strike behind
 * the nth of them. */
void vendor_partial(struct vendor_session *s, bool partial);

/* What is queued and not sent. */
bool vendor_busy(const struct vendor_session *s);

/* When the last item is sent; now, when there is none. */
usec vendor_due(const struct vendor_session *s);

#endif
