/*
 * llm_sse.h - language models that stream over HTTP: one client for all vendors
 *
 * This half asks, cuts the answer into events, puts tool calls together, keeps
 * the deadlines, and reports what it cost. A dialect knows the vendor's words:
 * data, and pure functions from a request to JSON and from an event to facts.
 *
 *   llm_ask ---- body() ----> vendor
 *   TEXT <------ facts <- read() <- event <- event <-
 *   TOOL DONE <- calls, when the stream has said that it is complete
 *
 * Text is told as it comes. Tool calls come in fragments, interleaved, by index
 * or by id; they are told whole at the end, and arguments that are no JSON object
 * by then are FAULT_PROTOCOL, as is an answer that breaks off.
 *
 * There is no second try in here: a fault goes up, and the chain decides.
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_LLM_LLM_SSE_H
#define PROVIDER_LLM_LLM_SSE_H

#include "base/json.h"
#include "provider/llm/llm.h"
#include "provider/service.h"
#include "provider/vendors.h"
#include "wire/sse.h"

#define LLM_SSE_REQUESTS_MAX 8 /* of one session under way; more is FAULT_OVERLOAD */
#define LLM_SSE_BODY_MAX     (2u * 1024 * 1024)
#define LLM_SSE_ANSWER_MAX   (8u * 1024 * 1024) /* bytes on the wire; a token is some 300 of them */
#define LLM_SSE_TEXT_MAX     (128u * 1024)      /* bytes of text of one answer */
#define LLM_SSE_TOTAL_LIMIT  USEC_SEC(120)      /* an answer that never ends, ends */

enum llm_fact_type {
	LLM_FACT_TEXT,  /* a piece to be spoken */
	LLM_FACT_TOOL,  /* a call, or a fragment of one */
	LLM_FACT_CARRY, /* a piece of what goes back with the next call */
	LLM_FACT_USAGE, /* replaces what was told before */
	LLM_FACT_STOP,  /* why it stopped; more may follow */
	LLM_FACT_ERROR, /* the answer is over */
	LLM_FACT_END,   /* the answer is complete */
};

/* What one event said; several facts when it said several things. */
struct llm_fact {
	enum llm_fact_type type;
	struct str text;        /* TEXT, CARRY; ERROR: the vendor's words */
	int64_t index;          /* TOOL: which call a fragment belongs to; negative = not told */
	struct str id, name;    /* TOOL: empty = not in this fragment */
	struct str arguments;   /* TOOL: a piece of JSON, or with `whole` all of it */
	struct str carry;       /* TOOL: what goes back with this call, all of it */
	bool whole;             /* TOOL: replaces the fragments before; without index a call of its own */
	struct llm_usage usage; /* USAGE */
	enum llm_stop stop;     /* STOP */
	struct str code;        /* ERROR: its name, looked up in dialect->codes */
	int status;             /* ERROR: the HTTP status that the vendor says it would be; 0 = not told */
	usec retry_after;       /* ERROR: 0 = not told */
};

struct llm_teller {
	void (*on_fact)(void *arg, const struct llm_fact *fact);
	void *arg;
};

/* Which fault an error's name means. The first row whose word stands in its name or words counts. */
struct llm_sse_code {
	const char *word;
	enum fault fault;
};

struct llm_sse_dialect {
	const char *name; /* marks its `carry` */
	enum vendor_key key;
	const char *url;   /* the vendor's own; NULL = must be configured */
	const char *model; /* by default; NULL = must be configured */
	size_t window;     /* tokens, of that model */
	enum sse_form form;
	const char *done; /* an event with this text ends the answer; NULL = there is none */
	const char *key_header, *key_prefix;
	const char *version_header, *version; /* a header with service->version or this; NULL = none */
	const struct llm_sse_code *codes;     /* ends with a zeroed row */
	const void *variant;                  /* the dialect's own */

	/* Appends to `out`, which is empty. */
	void (*url_of)(const struct service *s, const struct llm_sse_dialect *d, struct buf *out);

	/* Writes the members of the body's map; `extra` follows. */
	void (*body)(const struct service *s, const struct llm_sse_dialect *d, const struct llm_request *r,
		     struct json_out *w);

	/* Tells the facts of an event, which is a JSON map, also of the body of a refusal; what it does not
	 * know it passes over. The facts' texts are valid inside on_fact() only. Returns 0, -EBADMSG or
	 * -ENOMEM. */
	int (*read)(const struct llm_sse_dialect *d, const struct json *event, const struct llm_teller *tell);
};

/* config: struct service_use. */
extern const struct llm_ops llm_sse_ops;

/* Tokens that the model takes in and puts out together. */
size_t llm_sse_window(const struct service_use *use);

/* ---- for dialects ---- */

void llm_tell(const struct llm_teller *tell, const struct llm_fact *fact);

/* A piece of text, if there is any. */
void llm_tell_text(const struct llm_teller *tell, struct str piece);
void llm_tell_stop(const struct llm_teller *tell, enum llm_stop stop);
void llm_tell_end(const struct llm_teller *tell);

/* What a vendor's reason means; rows end with a NULL, whose stop is meant for all other reasons. Nothing for
 * an empty one. */
struct llm_sse_reason {
	const char *word;
	enum llm_stop stop;
};

void llm_tell_reason(const struct llm_teller *tell, const struct llm_sse_reason *rows, struct str reason);

/* LLM_FACT_CARRY: a text as the inside of a JSON string; a whole JSON value with its comma. Return 0,
 * -EMSGSIZE or -ENOMEM. */
int llm_tell_carry_text(const struct llm_teller *tell, struct str text) must_check;
int llm_tell_carry_value(const struct llm_teller *tell, const struct json *value) must_check;

/* A number of tokens, 0 when it is not told. */
uint64_t llm_tokens(const struct json *node, const char *path);

/* `node` written as JSON into `out`, which is cleared before. Returns 0 or the buffer's error. */
int llm_json_text(const struct json *node, struct buf *out) must_check;

/* The model that is asked for. */
struct str llm_sse_model(const struct service *s, const struct llm_sse_dialect *d);

/* ---- a history, in the order that all vendors accept ---- */

enum llm_part_type {
	LLM_PART_SYSTEM,
	LLM_PART_CALLER,
	LLM_PART_CARRY, /* of a call of the turn that begins; before its words */
	LLM_PART_AGENT,
	LLM_PART_CALL,
	LLM_PART_RESULT, /* m: the result */
};

/* Calls fn with each part. They refuse a history in which a call is not answered directly behind its turn: a
 * result is therefore told behind the calls, wherever it stands, and a call without one is left out, as is
 * what has no words. */
void llm_sse_parts(const struct llm_request *r,
		   void (*fn)(void *arg, enum llm_part_type type, const struct llm_message *m), void *arg);

/* The same for vendors that want the caller to begin: where the agent does, a part of the caller's that tells
 * of the call comes first. */
void llm_sse_parts_from_caller(const struct llm_request *r,
			       void (*fn)(void *arg, enum llm_part_type type, const struct llm_message *m),
			       void *arg);

/* Turns that alternate, each a map with its role and a list of parts: a part goes into the turn that is open.
 */
struct llm_turns {
	struct json_out *w;
	const char *parts; /* the list's name */
	const char *role;  /* of the turn that is open; NULL = none is */
};

/* What is written next is a part of `role`, which is compared by its address. */
void llm_turns_go_on(struct llm_turns *t, const char *role);
void llm_turns_end(struct llm_turns *t);

/* The carry of a call, if it is this vendor's. */
struct str llm_sse_carry(const struct llm_sse_dialect *d, const struct llm_message *m);

/* The same, where a dialect carries JSON values with a comma behind each: writes them into the list that is
 * open, and nothing when they were never finished. */
void llm_sse_write_carried(struct json_out *w, const struct llm_sse_dialect *d, const struct llm_message *m);

/* Writes all system messages as one text; nothing when there are none. */
void llm_sse_system(struct json_out *w, const char *key, const struct llm_request *r);
bool llm_sse_has_system(const struct llm_request *r);

/* The call's arguments, {} when it has none; the tool's schema likewise. */
struct str llm_sse_arguments(const struct llm_message *m);
struct str llm_sse_schema(const struct llm_tool *t);

/* For tests, fuzzing and the shared half: one event's facts. Returns as read(), -EBADMSG for what is no JSON
 * map. */
int llm_sse_read(const struct llm_sse_dialect *d, struct str event, const struct llm_teller *tell) must_check;

/* The body of a request. Returns 0, -EMSGSIZE or -ENOMEM. */
int llm_sse_body(const struct service *s, const struct llm_sse_dialect *d, const struct llm_request *r,
		 struct buf *out) must_check;

/* The class of an error, FAULT_NONE when nothing is known of it. */
enum fault llm_sse_fault(const struct llm_sse_dialect *d, const struct llm_fact *error);

#endif
