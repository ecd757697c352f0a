/*
 * schema.h - whether a tool's arguments are what its schema asks for
 *
 * A language model writes arguments; nothing is done with them before they have
 * been held against the tool's JSON schema. What is wrong is said in words that
 * go back to the model, so that it can do better.
 *
 *   {"day":5}  ->  "time: is missing.\nday: must be of type string, is of type integer.\n"
 *
 * Understood are type (a name or a list of them), enum, const, properties,
 * required, additionalProperties (true, false, or a schema), items, minItems,
 * maxItems, minimum, maximum, minLength and maxLength (in code points), and
 * format with "date" (2026-11-24) and "time" (10:30). Everything else,
 * pattern and $ref among it, is not looked at: a tool checks its own values.
 *
 * Threads: any. Layer: agent.
 */
#ifndef AGENT_SCHEMA_H
#define AGENT_SCHEMA_H

#include "base/json.h"

#define SCHEMA_WORDS_MAX 8 /* mistakes that are told; all are counted */

/* How many mistakes there are. Each of the first few is a line added to `words`. Nodes that are no schema
 * allow anything. */
unsigned schema_check(const struct json *schema, const struct json *value, struct buf *words) must_check;

/* Reads arguments, empty ones as {}, and holds them against the schema's text. Returns 0, -EBADMSG (`words`
 * tell; a schema that cannot be read is one of the reasons), or -ENOMEM. json_free() the document. */
int schema_read(struct str schema, struct str arguments, struct buf *words, struct json **ret_doc) must_check;

#endif
