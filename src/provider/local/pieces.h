/*
 * pieces.h - what a recogniser's token numbers spell
 *
 * Moonshine writes its text in the 32,000 pieces of the Llama vocabulary. The
 * package that carries the models has that vocabulary only inside its script,
 * as one base64 literal of lines; pieces_find() looks it up there by the text
 * every such vocabulary begins with, whatever stands around it.
 *
 * In a piece, U+2581 stands for a blank, and <0x41> for a byte of its own.
 *
 * Threads: read-only after making. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_PIECES_H
#define PROVIDER_LOCAL_PIECES_H

#include "base/buf.h"
#include "base/str.h"

#define PIECES_MAX            65536
#define PIECES_SCRIPT_MAX     (16 * 1024 * 1024) /* of a carrier script */
#define PIECES_VOCABULARY_MAX (4 * 1024 * 1024)  /* of the literal */

/* The carrier script, below the models' directory. */
#define PIECES_SCRIPT "moonshine/moonshine.min.js"

struct pieces;

/* The base64 literal inside the carrier's script; empty when there is none. */
struct str pieces_find(struct str script);

/* Decodes the literal. Returns 0, -EBADMSG when it is no vocabulary, -EMSGSIZE beyond the limits, -ENOMEM. */
int pieces_new(struct str base64, struct pieces **ret_pieces) must_check;
struct pieces *pieces_free(struct pieces *p);

/* Reads the script `path` and makes the pieces of what it carries. Returns 0, -errno of the file, or as
 * pieces_new(). */
int pieces_load(const char *path, struct pieces **ret_pieces) must_check;

size_t pieces_count(const struct pieces *p);

/* Appends the text of `n` tokens without a blank at its beginning. Tokens below 3 are marks (unknown, start,
 * end) and those beyond the vocabulary are unused: both spell nothing. */
void pieces_spell(const struct pieces *p, const int32_t *tokens, size_t n, struct buf *out);

#endif
