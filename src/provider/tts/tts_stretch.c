#include "provider/tts/tts_stretch.h"

#include <errno.h>
#include <string.h>

#include "base/live.h"
#include "base/mem.h"

#define WORDS_MAX   16384 /* bytes that a clause may grow to, read out */
#define SAMPLES_MIN (TTS_RATE_HZ / 2)
#define AHEAD_BYTES 32 /* how far a vendor's word is looked for behind the last one */

LIVE_DEFINE(tts_stretch);

int tts_stretch_new(uint32_t number, const struct tts_form *form, struct tts_stretch **ret_stretch)
{
	struct tts_stretch *st = mem_zalloc(sizeof(*st));
	int rc = st ? tts_sound_init(&st->sound, form) : -ENOMEM;

	if (rc < 0) {
		mem_free(st);
		return rc;
	}
	st->number = number;
	st->keeps = true;
	list_init(&st->node);
	list_init(&st->clauses);
	list_init(&st->carried);
	live_up(&live_tts_stretch);
	*ret_stretch = st;
	return 0;
}

/* ---- clauses ---- */

static struct tts_clause *first_clause(struct tts_stretch *st)
{
	return list_empty(&st->clauses) ? NULL : LIST_ENTRY(st->clauses.next, struct tts_clause, node);
}

static struct tts_clause *clause_behind(struct tts_stretch *st, struct tts_clause *c)
{
	return c->node.next == &st->clauses ? NULL : LIST_ENTRY(c->node.next, struct tts_clause, node);
}

struct tts_clause *tts_clause_new(uint32_t text_start, uint32_t text_end)
{
	struct tts_clause *c = mem_zalloc(sizeof(*c));

	if (!c)
		return NULL;
	buf_init(&c->words, WORDS_MAX);
	buf_init(&c->key, WORDS_MAX);
	list_init(&c->node);
	c->text_start = text_start;
	c->text_end = text_end;
	return c;
}

struct tts_clause *tts_clause_free(struct tts_clause *c)
{
	list_remove(&c->node);
	buf_fini(&c->words);
	buf_fini(&c->key);
	return mem_free(c);
}

void tts_stretch_add(struct tts_stretch *st, struct tts_clause *c)
{
	list_append(&st->clauses, &c->node);
}

static void drop_clause(struct tts_stretch *st, struct tts_clause *c)
{
	if (st->cursor == c)
		st->cursor = NULL;
	tts_clause_free(c);
}

struct tts_stretch *tts_stretch_free(struct tts_stretch *st)
{
	if (!st)
		return NULL;
	list_remove(&st->node);
	list_remove(&st->carried);
	LIST_EACH_SAFE (node, &st->clauses)
		drop_clause(st, LIST_ENTRY(node, struct tts_clause, node));
	mem_free(st->pcm);
	live_down(&live_tts_stretch);
	return mem_free(st);
}

void tts_stretch_restart(struct tts_stretch *st)
{
	struct tts_form form = st->sound.form;

	LIST_EACH (node, &st->clauses)
		LIST_ENTRY(node, struct tts_clause, node)->sent = false;
	st->asked = st->reached = st->finished = false;
	st->n = 0;
	st->first = st->told = st->clause_from = st->ahead = 0;
	st->paced = 0;
	st->asked_for = 0;
	st->mark_count = st->marked = 0;
	st->cursor = NULL;
	if (tts_sound_init(&st->sound, &form) < 0)
		st->fault = FAULT_CONFIG; /* the form was good before: it cannot fail */
}

/* ---- sound ---- */

/* Only what may still be wanted stays. */
static void drop_told(struct tts_stretch *st)
{
	uint32_t from = st->keeps ? MIN(st->told, st->clause_from) : st->told;
	size_t gone = from - st->first;

	memmove(st->pcm, st->pcm + gone, (st->n - gone) * sizeof(*st->pcm));
	st->n -= gone;
	st->first = from;
}

static int make_room(struct tts_stretch *st, size_t samples)
{
	size_t cap = MAX(st->cap, (size_t)SAMPLES_MIN);
	int16_t *pcm;

	if (st->n + samples > TTS_STRETCH_SAMPLES_MAX) {
		st->keeps = false;
		if (st->pcm)
			drop_told(st);
	}
	if (st->n + samples > TTS_STRETCH_SAMPLES_MAX)
		return -EMSGSIZE;
	while (cap < st->n + samples)
		cap *= 2;
	if (cap == st->cap)
		return 0;
	pcm = mem_resize(st->pcm, cap * sizeof(*pcm));
	if (!pcm)
		return -ENOMEM;
	st->pcm = pcm;
	st->cap = cap;
	return 0;
}

static int on_pcm(void *arg, const int16_t *pcm, size_t samples)
{
	struct tts_stretch *st = arg;
	int rc = make_room(st, samples);

	if (rc < 0)
		return rc;
	memcpy(st->pcm + st->n, pcm, samples * sizeof(*pcm));
	st->n += samples;
	return 0;
}

int tts_stretch_sound(struct tts_stretch *st, struct str bytes)
{
	struct tts_sound_sink sink = {on_pcm, st};
	uint32_t before = tts_stretch_made(st);
	int rc = tts_sound_push(&st->sound, bytes, &sink);

	return rc < 0 ? rc : (int)(tts_stretch_made(st) - before);
}

void tts_stretch_known(struct tts_stretch *st, const struct phrase_audio *audio)
{
	st->pcm = audio->pcm;
	st->n = st->cap = audio->samples;
	st->cached = true;
	tts_stretch_clause_over(st, NULL);
	st->over = true;
}

void tts_stretch_told(struct tts_stretch *st)
{
	st->told = tts_stretch_made(st);
	if (!st->keeps)
		drop_told(st);
}

/* ---- marks ---- */

static void mark(struct tts_stretch *st, uint32_t text_end, uint32_t sample)
{
	if (text_end <= st->marked)
		return;
	if (st->mark_count == TTS_STRETCH_MARKS_MAX)
		st->mark_count--;
	if (st->mark_count > 0)
		sample = MAX(sample, st->marks[st->mark_count - 1].sample);
	st->marks[st->mark_count++] = (struct tts_stretch_mark){text_end, sample};
	st->marked = text_end;
}

bool tts_stretch_mark(struct tts_stretch *st, struct tts_stretch_mark *ret_mark)
{
	if (st->mark_count == 0)
		return false;
	if (st->over) /* a vendor's clock may run ahead of its sound */
		st->marks[0].sample = MIN(st->marks[0].sample, tts_stretch_made(st));
	if (st->marks[0].sample > st->told)
		return false;
	*ret_mark = st->marks[0];
	st->mark_count--;
	memmove(st->marks, st->marks + 1, st->mark_count * sizeof(*st->marks));
	return true;
}

/* Where `word` ends in `words` at or a little behind `at`; 0 = it is not there. */
static size_t find_word(struct str words, size_t at, struct str word)
{
	struct str near;

	for (size_t i = at; i + word.n <= words.n && i <= at + AHEAD_BYTES; i++) {
		near = str_sub(words, i, word.n);
		if (str_ieq(near, word))
			return i + word.n;
	}
	return 0;
}

void tts_stretch_spoken(struct tts_stretch *st, struct str word, uint32_t sample)
{
	struct tts_clause *c = st->cursor ? st->cursor : first_clause(st);
	size_t at = st->cursor ? st->cursor_at : 0, end = 0;

	word = str_trim(word);
	if (str_empty(word))
		return;
	while (c && (end = find_word(buf_str(&c->words), at, word)) == 0) {
		c = at + AHEAD_BYTES < c->words.n ? NULL : clause_behind(st, c);
		at = 0;
	}
	if (!c)
		return;
	st->cursor = c;
	st->cursor_at = end;
	mark(st, c->text_start + (uint32_t)speakable_spoken(&c->places, end), sample);
}

/* ---- ends ---- */

static void keep(struct tts_stretch *st, const struct tts_clause *c, struct phrase_cache *cache)
{
	const int16_t *from = st->pcm + (st->clause_from - st->first);
	size_t samples = tts_stretch_made(st) - st->clause_from;

	if (cache && st->keeps && c->key.n > 0 && samples > 0)
		(void)!phrase_cache_put(cache, buf_str(&c->key), from, samples, st->where);
}

void tts_stretch_clause_over(struct tts_stretch *st, struct phrase_cache *cache)
{
	struct tts_clause *c = first_clause(st), *behind;

	if (!c)
		return;
	keep(st, c, cache);
	mark(st, c->text_end, tts_stretch_made(st));
	behind = clause_behind(st, c);
	if (st->cursor == c && behind) {
		st->cursor = behind;
		st->cursor_at = 0;
	}
	drop_clause(st, c);
	st->clause_from = tts_stretch_made(st);
	st->keeps = true;
	if (st->pcm)
		drop_told(st);
}

/* Of several clauses whose sound came as one, only the end is known. */
int tts_stretch_finish(struct tts_stretch *st, struct phrase_cache *cache)
{
	struct tts_sound_sink sink = {on_pcm, st};
	int rc = tts_sound_end(&st->sound, &sink);

	if (rc < 0 || tts_stretch_made(st) == 0)
		return rc < 0 ? rc : -EBADMSG;
	while (first_clause(st) && clause_behind(st, first_clause(st))) {
		drop_clause(st, first_clause(st));
		cache = NULL;
	}
	tts_stretch_clause_over(st, cache);
	st->over = true;
	return 0;
}
