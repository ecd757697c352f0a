/*
 * corpus.h - people's speech with its words: the Asterisk prompts
 *
 * Debian's asterisk-core-sounds-en-wav holds 568 prompts read by one speaker
 * at 8 kHz, asterisk-core-sounds-en their wording, a line each: `name: text`.
 * What a line puts in brackets of any kind describes a sound and is not said.
 *
 * Threads: the owner's only. Layer: bench.
 */
#ifndef BENCH_CORPUS_H
#define BENCH_CORPUS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#define CORPUS_SOUNDS  "/usr/share/asterisk/sounds/en_US_f_Allison"
#define CORPUS_WORDING "/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz"
#define CORPUS_MAX     1000

struct corpus_prompt {
	struct str name; /* "vm-login" */
	struct str text; /* what is said */
	int16_t *pcm;    /* mono at 8 kHz, full length */
	size_t samples;
};

struct corpus {
	struct arena arena;
	struct corpus_prompt *prompts;
	size_t count;
	char error[300]; /* words for what failed */
};

struct corpus_filter {
	size_t words_min;
	usec longest;
	bool sentences; /* whole ones, and one only: from a capital to a mark; no two begin alike */
	size_t most;    /* prompts; 0 = all */
};

/* Some that many callers can say: short, and each a whole thought. */
extern const struct corpus_filter corpus_sentences;

/* Reads all prompts that pass: those of at least `words_min` words, at most `longest`. Returns 0, or -errno
 * with c->error saying which file is missing and which package holds it. corpus_fini() in both cases. */
int corpus_read(struct corpus *c, const char *sounds_dir, const char *wording,
		const struct corpus_filter *filter) must_check;
void corpus_fini(struct corpus *c);

/* The words said in a line's text, its brackets left out, appended to `out`. */
void corpus_said(struct str text, struct buf *out);

#endif
