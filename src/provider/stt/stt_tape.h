/*
 * stt_tape.h - what a recogniser was told since its last final text, to be told again to another
 *
 * Sound and the marks between it, in their order: where the caller started and
 * stopped to speak, where a final text was asked for. What has been answered is
 * dropped; while nobody has spoken only the last second is kept.
 *
 *   [ sound | speech on | sound | speech off | finish | sound ... ]
 *     ^ head                                                    ^ tail
 *     players walk this way: the one that is served, or its successor from the head
 *
 * A player for a recogniser that wants voiced sound alone (STT_LOCAL) leaves out
 * what lies between turns, but for the 320 ms before each.
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_STT_STT_TAPE_H
#define PROVIDER_STT_STT_TAPE_H

#include "provider/stt/stt.h"

#define STT_TAPE_SAMPLES_MAX  (60 * STT_RATE_HZ) /* older sound is dropped and counted */
#define STT_TAPE_NOTES_MAX    128
#define STT_TAPE_FINISHES_MAX 8 /* not answered; the host of a tape sees to it */
#define STT_TAPE_RUNS_MAX     64
#define STT_PIECE_SAMPLES     (STT_RATE_HZ / 50)       /* what a player hands out at once */
#define STT_PREROLL_SAMPLES   (STT_RATE_HZ * 32 / 100) /* before the onset; they belong to the word */

enum stt_note_kind {
	STT_NOTE_SPEECH,
	STT_NOTE_QUIET,
	STT_NOTE_FINISH,
};

struct stt_note {
	enum stt_note_kind kind;
	uint64_t pos; /* before this sample */
	usec at;
};

/* Sound without a gap in time. */
struct stt_run {
	uint64_t pos;
	usec at;
};

/* How things stood at a place of the tape. */
struct stt_place {
	bool in_turn;  /* somebody has spoken since the last cancel */
	bool speaking; /* still */
};

struct stt_tape {
	int16_t *pcm; /* samples [base, end) */
	size_t cap;
	uint64_t base, end;
	struct stt_note notes[STT_TAPE_NOTES_MAX]; /* numbers [note_base, note_base + note_count) */
	uint64_t note_base;
	unsigned note_count;
	struct stt_run runs[STT_TAPE_RUNS_MAX]; /* the first holds `base` */
	unsigned run_count;
	struct stt_place head, tail;
	uint64_t dropped; /* samples of what was not answered, too old to be kept */
};

/* A zeroed tape is empty. */
void stt_tape_fini(struct stt_tape *t);

/* Returns 0 or -ENOMEM; then nothing was added. */
int stt_tape_feed(struct stt_tape *t, usec at, const int16_t *pcm, size_t samples) must_check;

/* A speech mark that says what is known is left out, and so is one of far too many. */
void stt_tape_note(struct stt_tape *t, enum stt_note_kind kind, usec at);

/* Drops what the oldest finish asked about, and it. */
void stt_tape_answered(struct stt_tape *t);

/* Drops everything. */
void stt_tape_clear(struct stt_tape *t);

/* ---- players ---- */

struct stt_player {
	uint64_t pos, note; /* the next sample, the next note */
	bool voiced;        /* only voiced sound is wanted */
	struct stt_place place;
};

enum stt_piece_kind {
	STT_PIECE_SOUND,
	STT_PIECE_NOTE,
};

struct stt_piece {
	enum stt_piece_kind kind;
	usec at;
	const int16_t *pcm; /* valid until the tape changes */
	size_t samples;
	enum stt_note_kind note;
};

/* From the head. Where somebody speaks there already, `*ret_since` is the time from which, else 0. */
struct stt_player stt_player_new(const struct stt_tape *t, bool voiced, usec *ret_since);

/* What comes next, which stays next until stt_player_advance(). Returns false at the end. */
bool stt_player_peek(struct stt_player *p, const struct stt_tape *t, struct stt_piece *ret_piece) must_check;
void stt_player_advance(struct stt_player *p, const struct stt_piece *piece);

#endif
