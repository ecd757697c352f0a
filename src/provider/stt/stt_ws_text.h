/*
 * stt_ws_text.h - texts of utterances, put together from the pieces a vendor sends
 *
 * A line is an utterance: the one being spoken, and before it those that were
 * finished and wait for their text. It consists of pieces, which are replaced
 * until they are final:
 *
 *   line 4 (waiting) [ I need | an appointment. ]
 *   line 5 (open)    [ For Tuesday, | at no ]        <- the tail may change
 *
 * A vendor's piece may go on after its line is gone: then only the words that
 * were not told yet count, and none of what was cancelled or complete.
 *
 * Threads: the owner's only. Layer: provider.
 */
#ifndef PROVIDER_STT_STT_WS_TEXT_H
#define PROVIDER_STT_STT_WS_TEXT_H

#include "provider/stt/stt_ws.h"

#define STT_WS_LINES_MAX  (STT_WS_WAITING_MAX + 1)
#define STT_WS_PIECES_MAX 32u /* of a line; the oldest are joined */
#define STT_WS_GONE_MAX   16u /* keys of lines that are gone */

struct stt_ws_piece {
	uint64_t key;
	size_t n;    /* bytes of it in the line's text, the blank before it included */
	size_t skip; /* words at its beginning that an earlier line had */
	float confidence;
	bool final, more;
};

struct stt_ws_line {
	uint32_t utterance;
	usec from, end;  /* its sound; `end` is USEC_NEVER while it is open */
	usec until;      /* as stt_finish() said */
	usec voice_end;  /* when the caller stopped; USEC_NEVER while speaking, 0 = has not spoken */
	usec quiet;      /* since when the vendor could know that; of sound told again, later */
	usec covered;    /* final pieces cover the sound up to here, as far as the vendor tells */
	usec sealed;     /* a flush up to here was answered */
	usec asked, due; /* stt_finish() was called, its answer is given at the latest */
	usec changed;    /* the text did */
	usec took;
	uint64_t hash; /* of the text that `changed` is about */
	bool news;     /* it was not told yet */
	struct stt_ws_piece pieces[STT_WS_PIECES_MAX];
	size_t piece_count;
	char text[STT_TEXT_MAX];
	size_t n;
};

struct stt_ws_gone {
	uint64_t key;
	size_t words; /* that were told; SIZE_MAX: nothing of it counts any more */
};

struct stt_ws_text {
	bool verbatim;
	struct stt_ws_line lines[STT_WS_LINES_MAX]; /* oldest first; the last is open */
	size_t count;
	struct stt_ws_gone gone[STT_WS_GONE_MAX];
	unsigned gone_next;
};

/* What the session knows of a piece. */
struct stt_ws_where {
	bool timed;
	usec start, end;  /* in our time */
	bool flushing;    /* a flush is on its way ... */
	uint32_t flushed; /* ... for this utterance */
};

void stt_ws_text_init(struct stt_ws_text *t, bool verbatim, uint32_t utterance);

static inline struct stt_ws_line *stt_ws_text_open(struct stt_ws_text *t)
{
	return &t->lines[t->count - 1];
}

/* NULL when it is gone. */
struct stt_ws_line *stt_ws_text_find(struct stt_ws_text *t, uint32_t utterance);

/* The open line's sound ends at `end`, and the next one begins. There are fewer than STT_WS_LINES_MAX. */
void stt_ws_text_next(struct stt_ws_text *t, usec end);

/* The oldest line is gone: its text was told. There is another one. */
void stt_ws_text_pop(struct stt_ws_text *t);

/* All lines are gone; a new one begins at `from`. */
void stt_ws_text_forget(struct stt_ws_text *t, usec from);

/* Puts a piece where it belongs. Returns its line, NULL when that is gone. */
struct stt_ws_line *stt_ws_text_put(struct stt_ws_text *t, const struct stt_ws_fact *fact,
				    const struct stt_ws_where *where);

/* Without blanks at its ends. */
struct str stt_ws_line_text(const struct stt_ws_line *l);

/* Whether words of it may still change. */
bool stt_ws_line_has_tail(const struct stt_ws_line *l);

/* Of the whole text, negative when nobody told. */
float stt_ws_line_confidence(const struct stt_ws_line *l);

#endif
