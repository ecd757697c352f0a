/*
 * id.h - names for calls, sessions and everything else that crosses a border
 *
 * An id is drawn from a random source, never counted, so that it tells nothing
 * and cannot be guessed: 20 characters of 5 bits. The characters are lower case
 * letters and digits without i, l, o and u: they survive URLs, file names, SIP
 * headers, systems that ignore case, and people who read them aloud. Across
 * threads, timers, API and store things are known by their id, never by pointer.
 *
 * Threads: the random source's owner. Layer: base.
 */
#ifndef BASE_ID_H
#define BASE_ID_H

#include "base/rng.h"
#include "base/str.h"

#define ID_CHARS 20u

/* Copied freely; zeroed is nobody. */
struct id {
	char text[ID_CHARS + 1];
};

struct id id_draw(struct rng *r);

/* A view of it, zero-terminated, valid as long as the id. */
static inline struct str id_str(const struct id *id)
{
	return (struct str){id->text, id->text[0] ? ID_CHARS : 0};
}

/* Returns 0, or -EBADMSG when `s` cannot be an id. */
int id_parse(struct str s, struct id *ret_id) must_check;

/* Fills text[size] with size - 1 characters of 5 bits each and a zero: tags, branches, nonces, tokens. */
void id_token(struct rng *r, char *text, size_t size);

#endif
