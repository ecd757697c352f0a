/*
 * llama_door.h - the door to llama.cpp
 *
 * Loads libllama when the program runs (nothing links against it), opens GGUF
 * files and computes with them, a sequence of tokens each run.
 *
 *   llama_door_open -> llama_door_weights -> llama_door_run -> decode, logits, decode, logits ...
 *
 * libllama promises no stable binary interface: its parameter blocks change in
 * size and order from month to month, and are passed by value. The door never
 * looks into them, save four numbers that have opened one of them all along: it
 * takes the library's own defaults in a block larger than any, writes the window
 * into the first number and hands the block back. Where those four are not what
 * they should be, a function is missing, or the run that comes out has another
 * window than asked for, the library is refused in words. Known to fit: releases
 * b5640 (June 2025), b6431, b7698, b8352 and v0.5.0 (September 2026).
 *
 * Threads: open, weights and close on one thread while nobody computes; reading
 * weights any; a run one at a time. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_LLAMA_DOOR_H
#define PROVIDER_LOCAL_LLAMA_DOOR_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/str.h"

#define LLAMA_DOOR_LIBRARY   "libllama.so" /* where the system looks for libraries */
#define LLAMA_DOOR_PIECE_MAX 256           /* bytes of one token's text; longer ones are left out */
#define LLAMA_DOOR_CHUNK     32u           /* tokens decoded at once: a worker is held for so long */

struct llama_door;
struct llama_weights;
struct llama_run;

/* What went wrong, for the log; NULL where it is not wanted. */
struct llama_words {
	char text[384];
};

struct llama_line {
	const char *role, *content;
};

struct llama_file {
	const char *path; /* of a GGUF */
	const char *form; /* how conversations are written: "chatml", ...; "" or NULL = as the file says */
};

/* `library` is a path or a name. Returns 0, -ENOENT when it cannot be loaded (the text says what to do),
 * -ELIBBAD when it is not one that we can talk to, -ENOMEM. */
int llama_door_open(const char *library, struct llama_words *err, struct llama_door **ret_door) must_check;

/* After all its weights; takes NULL. The library stays loaded: it keeps threads until the process ends. */
struct llama_door *llama_door_close(struct llama_door *d);

/* Opens a GGUF; blocks for seconds. Returns 0, -ENOENT when there is no such file, -EBADMSG when the library
 * refuses it (with its words), -ENOTSUP when nobody knows how to write a conversation for it, -ENOMEM. */
int llama_door_weights(struct llama_door *d, const struct llama_file *f, struct llama_words *err,
		       struct llama_weights **ret_weights) must_check;

/* After all its runs. Takes NULL. */
struct llama_weights *llama_weights_free(struct llama_weights *w);

/* How long a text it was trained for, in tokens. */
uint32_t llama_weights_window(const struct llama_weights *w);

/* How many tokens there are. */
size_t llama_weights_tokens(const struct llama_weights *w);

/* Whether the token ends an answer. */
bool llama_weights_ends(const struct llama_weights *w, int32_t token);

/* The token's text, which may be a part of a character. Returns its bytes, 0 when it has none. */
size_t llama_weights_piece(const struct llama_weights *w, int32_t token, char piece[LLAMA_DOOR_PIECE_MAX]);

/* The lines as the model wants to read them, with the opening of an answer, into buf[size]. Returns 0,
 * -ENOTSUP when the library cannot write them so, -EMSGSIZE when they do not fit. */
int llama_weights_prompt(const struct llama_weights *w, const struct llama_line *lines, size_t count,
			 char *buf, size_t size, size_t *ret_bytes) must_check;

/* Cuts `text` into tokens[max]. Returns 0 or -EMSGSIZE. */
int llama_weights_cut(const struct llama_weights *w, struct str text, int32_t *tokens, size_t max,
		      size_t *ret_count) must_check;

/* Something to compute with, for `window` tokens. Decoding gives up when `stop` becomes true. Returns 0,
 * -ENOMEM, or -ELIBBAD when the library made something else of it. */
int llama_door_run(struct llama_weights *w, uint32_t window, int threads, const atomic_bool *stop,
		   struct llama_run **ret_run) must_check;

/* Decoding gives up by `stop` from now on. */
void llama_run_watch(struct llama_run *r, const atomic_bool *stop);

/* Takes NULL. */
struct llama_run *llama_run_free(struct llama_run *r);

/* Forgets all tokens behind the first `kept`. Returns 0, or -ENOTSUP when the model cannot: then it has
 * forgotten all. */
int llama_run_keep(struct llama_run *r, size_t kept) must_check;

/* Appends tokens[count], at most LLAMA_DOOR_CHUNK. Blocks: on the pool only. Returns 0, -ECANCELED when it
 * was stopped, -ENOBUFS when the window is full, -EIO. */
int llama_run_decode(struct llama_run *r, int32_t *tokens, size_t count) must_check;

/* How likely each token is next, as logits[llama_weights_tokens()], until the next decode. NULL = it cannot
 * tell. */
const float *llama_run_logits(struct llama_run *r);

#endif
