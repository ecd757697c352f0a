#include "provider/stt/stt_ws_text.h"

#include <assert.h>
#include <string.h>

#include "base/utf8.h"

static void start_line(struct stt_ws_text *t, uint32_t utterance, usec from)
{
	struct stt_ws_line *l = &t->lines[t->count++];

	memset(l, 0, offsetof(struct stt_ws_line, pieces));
	l->utterance = utterance;
	l->from = from;
	l->end = USEC_NEVER;
	l->piece_count = l->n = 0;
}

void stt_ws_text_init(struct stt_ws_text *t, bool verbatim, uint32_t utterance)
{
	t->verbatim = verbatim;
	t->count = t->gone_next = 0;
	memset(t->gone, 0, sizeof(t->gone));
	start_line(t, utterance, 0);
}

struct stt_ws_line *stt_ws_text_find(struct stt_ws_text *t, uint32_t utterance)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->lines[i].utterance == utterance)
			return &t->lines[i];
	return NULL;
}

void stt_ws_text_next(struct stt_ws_text *t, usec end)
{
	struct stt_ws_line *l = stt_ws_text_open(t);

	assert(t->count < STT_WS_LINES_MAX);
	l->end = end;
	start_line(t, l->utterance + 1, end);
}

/* ---- pieces that go on after their line ---- */

static size_t count_words(struct str text)
{
	size_t n = 0;

	while (!str_empty(str_word(&text)))
		n++;
	return n;
}

static struct str without_words(struct str text, size_t words)
{
	while (words-- > 0 && !str_empty(str_word(&text)))
		;
	return text;
}

static const struct stt_ws_gone *find_gone(const struct stt_ws_text *t, uint64_t key)
{
	for (size_t i = 0; key && i < STT_WS_GONE_MAX; i++)
		if (t->gone[i].key == key)
			return &t->gone[i];
	return NULL;
}

static void remember_gone(struct stt_ws_text *t, uint64_t key, size_t words)
{
	struct stt_ws_gone *g = (struct stt_ws_gone *)find_gone(t, key);

	if (!g)
		g = &t->gone[t->gone_next++ % STT_WS_GONE_MAX];
	*g = (struct stt_ws_gone){key, words};
}

static void let_go(struct stt_ws_text *t, const struct stt_ws_line *l)
{
	size_t at = 0;

	for (size_t i = 0; i < l->piece_count; i++) {
		const struct stt_ws_piece *p = &l->pieces[i];
		size_t words = p->skip + count_words((struct str){l->text + at, p->n});

		if (p->key)
			remember_gone(t, p->key, p->final || p->more ? SIZE_MAX : words);
		at += p->n;
	}
}

void stt_ws_text_pop(struct stt_ws_text *t)
{
	assert(t->count > 1);
	let_go(t, &t->lines[0]);
	memmove(t->lines, t->lines + 1, --t->count * sizeof(t->lines[0]));
}

void stt_ws_text_forget(struct stt_ws_text *t, usec from)
{
	uint32_t utterance = stt_ws_text_open(t)->utterance + 1;

	for (size_t i = 0; i < t->count; i++)
		let_go(t, &t->lines[i]);
	t->count = 0;
	start_line(t, utterance, from);
}

/* ---- where a piece belongs ---- */

static struct stt_ws_piece *find_key(struct stt_ws_line *l, uint64_t key)
{
	for (size_t i = 0; i < l->piece_count; i++)
		if (l->pieces[i].key == key)
			return &l->pieces[i];
	return NULL;
}

static struct stt_ws_line *at_time(struct stt_ws_text *t, usec start)
{
	size_t i = 0;

	if (start < t->lines[0].from)
		return NULL;
	while (i + 1 < t->count && start >= t->lines[i].end)
		i++;
	return &t->lines[i];
}

static struct stt_ws_line *place(struct stt_ws_text *t, uint64_t key, const struct stt_ws_where *where,
				 size_t *ret_skip)
{
	const struct stt_ws_gone *gone = find_gone(t, key);
	struct stt_ws_line *flushed = where->flushing ? stt_ws_text_find(t, where->flushed) : NULL;

	for (size_t i = 0; key && i < t->count; i++)
		if (find_key(&t->lines[i], key))
			return &t->lines[i];
	if (gone && (gone->words == SIZE_MAX || (where->flushing && !flushed)))
		return NULL;
	if (gone) {
		*ret_skip = gone->words;
		return stt_ws_text_open(t);
	}
	if (where->timed)
		return at_time(t, where->start);
	return where->flushing ? flushed : stt_ws_text_open(t);
}

/* ---- a line's text ---- */

static size_t offset_of(const struct stt_ws_line *l, const struct stt_ws_piece *p)
{
	size_t at = 0;

	for (const struct stt_ws_piece *q = l->pieces; q < p; q++)
		at += q->n;
	return at;
}

static struct str fitting(struct str text, size_t max)
{
	size_t n = 0, step;

	if (text.n <= max)
		return text;
	while (n < max && (step = utf8_length(str_sub(text, n, SIZE_MAX))) > 0 && n + step <= max)
		n += step;
	return str_sub(text, 0, n);
}

/* The bytes [from, from + drop) of the line become `blank` and `text`, as much of it as there is room for. */
static size_t splice(struct stt_ws_line *l, size_t from, size_t drop, bool blank, struct str text)
{
	size_t behind = l->n - from - drop;

	if (sizeof(l->text) - (l->n - drop) < blank)
		text.n = blank = 0;
	text = fitting(text, sizeof(l->text) - (l->n - drop) - blank);
	memmove(l->text + from + blank + text.n, l->text + from + drop, behind);
	if (blank)
		l->text[from] = ' ';
	memcpy(l->text + from + blank, text.p ? text.p : "", text.n);
	l->n = l->n - drop + blank + text.n;
	return blank + text.n;
}

static void join_oldest(struct stt_ws_text *t, struct stt_ws_line *l)
{
	struct stt_ws_piece *a = &l->pieces[0], *b = &l->pieces[1];

	if (a->key)
		remember_gone(t, a->key, SIZE_MAX);
	b->n += a->n;
	memmove(a, b, --l->piece_count * sizeof(*a));
}

/* The last piece, if it has no name and may change. */
static struct stt_ws_piece *tail_of(struct stt_ws_line *l)
{
	struct stt_ws_piece *p = l->piece_count > 0 ? &l->pieces[l->piece_count - 1] : NULL;

	return p && !p->key && !p->final ? p : NULL;
}

/* The piece with the fact's key; for those without one, the tail, which a new final piece takes over too. */
static struct stt_ws_piece *need_piece(struct stt_ws_text *t, struct stt_ws_line *l,
				       const struct stt_ws_fact *f)
{
	struct stt_ws_piece *p = f->key ? find_key(l, f->key) : tail_of(l);

	if (!p && f->key && f->final && (p = tail_of(l)) != NULL)
		p->key = f->key;
	if (p || (!f->key && str_empty(f->text)))
		return p;
	if (l->piece_count == STT_WS_PIECES_MAX)
		join_oldest(t, l);
	p = &l->pieces[l->piece_count++];
	*p = (struct stt_ws_piece){.key = f->key, .more = f->more};
	return p;
}

static void write_piece(const struct stt_ws_text *t, struct stt_ws_line *l, struct stt_ws_piece *p,
			const struct stt_ws_fact *f)
{
	size_t at = offset_of(l, p);
	struct str text = without_words(f->text, p->skip);
	bool append = f->more && p->n > 0;

	if (!t->verbatim && !append)
		text = str_trim(text);
	if (append)
		p->n += splice(l, at + p->n, 0, false, text);
	else
		p->n = splice(l, at, p->n, !t->verbatim && p > l->pieces && text.n > 0, text);
}

struct stt_ws_line *stt_ws_text_put(struct stt_ws_text *t, const struct stt_ws_fact *f,
				    const struct stt_ws_where *where)
{
	size_t skip = 0;
	struct stt_ws_line *l = place(t, f->key, where, &skip);
	struct stt_ws_piece *p = l ? need_piece(t, l, f) : NULL;

	if (l && f->final && where->timed)
		l->covered = MAX(l->covered, where->end);
	if (!p)
		return l;
	if (skip > 0)
		p->skip = skip;
	write_piece(t, l, p, f);
	p->final = f->final;
	p->more |= f->more;
	if (f->confidence > 0)
		p->confidence = f->confidence;
	return l;
}

struct str stt_ws_line_text(const struct stt_ws_line *l)
{
	return str_trim((struct str){l->text, l->n});
}

bool stt_ws_line_has_tail(const struct stt_ws_line *l)
{
	for (size_t i = 0; i < l->piece_count; i++)
		if (!l->pieces[i].final && l->pieces[i].n > 0)
			return true;
	return false;
}

float stt_ws_line_confidence(const struct stt_ws_line *l)
{
	float sum = 0, weight = 0;

	for (size_t i = 0; i < l->piece_count; i++)
		if (l->pieces[i].confidence > 0) {
			sum += l->pieces[i].confidence * (float)l->pieces[i].n;
			weight += (float)l->pieces[i].n;
		}
	return weight > 0 ? sum / weight : -1;
}
