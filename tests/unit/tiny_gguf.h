/*
 * tiny_gguf.h - a language model small enough to be made by a test
 *
 * A GGUF file (version 3) of the llama architecture: one layer of 32 wide, 300
 * and some tokens, weights out of a seeded generator. A real libllama loads it
 * and streams tokens; what it says means nothing. Its vocabulary ends no answer
 * by itself: the rows of the end and of single bytes are zero.
 *
 * Threads: any. Layer: tests.
 */
#ifndef TESTS_UNIT_TINY_GGUF_H
#define TESTS_UNIT_TINY_GGUF_H

#include "base/def.h"

#define TINY_GGUF_WINDOW 512 /* tokens that it says it was trained for */

/* Only recognised, by its markers; nobody runs it. */
#define TINY_GGUF_TEMPLATE \
	"{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"

struct tiny_gguf {
	const char *architecture; /* "llama" */
	const char *template;     /* NULL = it has none */
};

/* Writes the file. Returns 0 or -errno. */
int tiny_gguf_write(const struct tiny_gguf *g, const char *path) must_check;

#endif
