#include "provider/stt/stt_tape.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

#define FIRST_SAMPLES (2 * STT_RATE_HZ)
#define SPARE_SAMPLES (16 * STT_RATE_HZ) /* more memory than that is given back between turns */
#define IDLE_SAMPLES  STT_RATE_HZ        /* kept while nobody speaks; twice that before it is cut */
#define CUT_SAMPLES   STT_RATE_HZ        /* dropped at once when it is full */
#define GAP_MIN       USEC_MS(5)         /* frames of one clock wander less */

static usec span_of(uint64_t samples)
{
	return (usec)samples * USEC_SEC(1) / STT_RATE_HZ;
}

void stt_tape_fini(struct stt_tape *t)
{
	t->pcm = mem_free(t->pcm);
	t->cap = 0;
}

/* ---- dropping ---- */

static void pass(struct stt_place *place, enum stt_note_kind kind)
{
	place->in_turn |= kind == STT_NOTE_SPEECH;
	if (kind != STT_NOTE_FINISH)
		place->speaking = kind == STT_NOTE_SPEECH;
}

static void drop_notes(struct stt_tape *t, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		pass(&t->head, t->notes[i].kind);
	t->note_base += n;
	t->note_count -= n;
	memmove(t->notes, t->notes + n, t->note_count * sizeof(t->notes[0]));
}

static void drop_runs(struct stt_tape *t)
{
	unsigned n = 0;

	while (n + 1 < t->run_count && t->runs[n + 1].pos <= t->base)
		n++;
	t->run_count -= n;
	memmove(t->runs, t->runs + n, t->run_count * sizeof(t->runs[0]));
	if (t->run_count == 0)
		return;
	t->runs[0].at += span_of(t->base - t->runs[0].pos);
	t->runs[0].pos = t->base;
}

static void drop_sound(struct stt_tape *t, uint64_t until)
{
	size_t n = (size_t)(until - t->base);

	t->base = until;
	if (t->end > until)
		memmove(t->pcm, t->pcm + n, (size_t)(t->end - until) * sizeof(*t->pcm));
	drop_runs(t);
}

/* The oldest sound goes, and the marks in it; but not what was asked for, which now asks about less. */
static void cut(struct stt_tape *t)
{
	uint64_t until = MIN(t->base + CUT_SAMPLES, t->end);
	unsigned n = 0;

	t->dropped += until - t->base;
	while (n < t->note_count && t->notes[n].pos < until && t->notes[n].kind != STT_NOTE_FINISH)
		n++;
	drop_notes(t, n);
	for (unsigned i = 0; i < t->note_count; i++)
		t->notes[i].pos = MAX(t->notes[i].pos, until);
	drop_sound(t, until);
}

void stt_tape_answered(struct stt_tape *t)
{
	for (unsigned i = 0; i < t->note_count; i++) {
		struct stt_note n = t->notes[i];

		if (n.kind != STT_NOTE_FINISH)
			continue;
		drop_notes(t, i + 1);
		drop_sound(t, n.pos);
		t->dropped = 0;
		return;
	}
}

void stt_tape_clear(struct stt_tape *t)
{
	t->base = t->end;
	t->note_base += t->note_count;
	t->note_count = t->run_count = 0;
	t->head = t->tail = (struct stt_place){0};
	t->dropped = 0;
	if (t->cap > SPARE_SAMPLES)
		stt_tape_fini(t);
}

/* ---- adding ---- */

static int make_room(struct stt_tape *t, size_t samples)
{
	size_t want, cap = MAX(t->cap, (size_t)FIRST_SAMPLES);
	int16_t *grown;

	while (t->end - t->base + samples > STT_TAPE_SAMPLES_MAX && t->end > t->base)
		cut(t);
	want = (size_t)(t->end - t->base) + samples;
	while (cap < want)
		cap *= 2;
	if (cap == t->cap)
		return 0;
	grown = mem_resize(t->pcm, cap * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	t->pcm = grown;
	t->cap = cap;
	return 0;
}

/* With too many gaps the times of the oldest become a little wrong. */
static void note_time(struct stt_tape *t, usec at)
{
	struct stt_run *last = t->run_count > 0 ? &t->runs[t->run_count - 1] : NULL;
	usec gap = last ? at - (last->at + span_of(t->end - last->pos)) : 0;

	if (last && gap < GAP_MIN && gap > -GAP_MIN)
		return;
	if (t->run_count == STT_TAPE_RUNS_MAX)
		memmove(t->runs + 1, t->runs + 2, (--t->run_count - 1) * sizeof(t->runs[0]));
	t->runs[t->run_count++] = (struct stt_run){t->end, at};
}

int stt_tape_feed(struct stt_tape *t, usec at, const int16_t *pcm, size_t samples)
{
	size_t skip = samples > STT_TAPE_SAMPLES_MAX ? samples - STT_TAPE_SAMPLES_MAX : 0;
	int rc;

	if (samples == 0)
		return 0;
	rc = make_room(t, samples - skip);
	if (rc < 0)
		return rc;
	t->dropped += skip;
	note_time(t, at + span_of(skip));
	memcpy(t->pcm + (t->end - t->base), pcm + skip, (samples - skip) * sizeof(*pcm));
	t->end += samples - skip;
	if (!t->tail.in_turn && t->note_count == 0 && t->end - t->base > 2 * IDLE_SAMPLES)
		drop_sound(t, t->end - IDLE_SAMPLES);
	return 0;
}

void stt_tape_note(struct stt_tape *t, enum stt_note_kind kind, usec at)
{
	bool mark = kind != STT_NOTE_FINISH;

	if (mark && t->tail.speaking == (kind == STT_NOTE_SPEECH))
		return;
	if (t->note_count >= (mark ? STT_TAPE_NOTES_MAX - STT_TAPE_FINISHES_MAX : STT_TAPE_NOTES_MAX))
		return;
	pass(&t->tail, kind);
	t->notes[t->note_count++] = (struct stt_note){kind, t->end, at};
}

/* ---- players ---- */

struct stt_player stt_player_new(const struct stt_tape *t, bool voiced, usec *ret_since)
{
	*ret_since = t->head.speaking && t->run_count > 0 ? t->runs[0].at : 0;
	return (struct stt_player){.pos = t->base, .note = t->note_base, .voiced = voiced, .place = t->head};
}

/* The run that holds `pos`, and how far it goes. */
static struct stt_run run_at(const struct stt_tape *t, uint64_t pos, uint64_t *ret_end)
{
	struct stt_run found = t->runs[0];

	*ret_end = t->end;
	for (unsigned i = 1; i < t->run_count; i++) {
		if (t->runs[i].pos > pos) {
			*ret_end = t->runs[i].pos;
			break;
		}
		found = t->runs[i];
	}
	return found;
}

static struct stt_piece sound_at(const struct stt_tape *t, uint64_t pos, uint64_t until)
{
	uint64_t run_end;
	struct stt_run run = run_at(t, pos, &run_end);

	return (struct stt_piece){
		.kind = STT_PIECE_SOUND,
		.at = run.at + span_of(pos - run.pos),
		.pcm = t->pcm + (pos - t->base),
		.samples = (size_t)MIN(MIN(until, run_end) - pos, STT_PIECE_SAMPLES),
	};
}

/* What was cut off the head is lost for a player that was not there yet. */
static void catch_up(struct stt_player *p, const struct stt_tape *t)
{
	if (p->note < t->note_base)
		p->place = t->head;
	p->note = MAX(p->note, t->note_base);
	p->pos = MAX(p->pos, t->base);
}

/* The sound before a turn waits for the onset. Returns how far to play. */
static uint64_t skip_quiet(struct stt_player *p, const struct stt_note *note, uint64_t until)
{
	uint64_t keep = note && note->kind == STT_NOTE_FINISH ? 0 : STT_PREROLL_SAMPLES;

	if (until > keep)
		p->pos = MAX(p->pos, until - keep);
	return note && note->kind == STT_NOTE_SPEECH ? until : p->pos;
}

bool stt_player_peek(struct stt_player *p, const struct stt_tape *t, struct stt_piece *ret_piece)
{
	const struct stt_note *note;
	uint64_t until;

	catch_up(p, t);
	note = p->note < t->note_base + t->note_count ? &t->notes[p->note - t->note_base] : NULL;
	until = note ? note->pos : t->end;
	if (p->voiced && !p->place.in_turn)
		until = skip_quiet(p, note, until);
	if (p->pos < until) {
		*ret_piece = sound_at(t, p->pos, until);
		return true;
	}
	if (!note)
		return false;
	*ret_piece = (struct stt_piece){.kind = STT_PIECE_NOTE, .at = note->at, .note = note->kind};
	return true;
}

void stt_player_advance(struct stt_player *p, const struct stt_piece *piece)
{
	if (piece->kind == STT_PIECE_SOUND) {
		p->pos += piece->samples;
		return;
	}
	p->note++;
	pass(&p->place, piece->note);
}
