#include "app/rehearsal/wer.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "provider/aloud/say.h"

#define TEXT_MAX   8192
#define DIGITS_MAX 6 /* longer figures are said digit by digit */

/* Round figures and those below a hundred as people say them, all others digit by digit. */
static void add_figure(struct buf *out, struct str digits)
{
	int64_t n = 0;
	bool whole = digits.n <= DIGITS_MAX && (digits.n == 1 || digits.p[0] != '0') &&
		     str_to_int(digits, 0, 999999, &n) == 0;
	bool round = n < 100 || (n % 100 == 0 && n < 1000) || (n % 1000 == 0 && n < 100000);

	if (whole && round)
		say_cardinal(out, (uint64_t)n);
	else
		say_digits(out, digits);
}

static size_t run_of(struct str s, int (*is)(int))
{
	size_t n = 0;

	while (n < s.n && is((unsigned char)s.p[n]))
		n++;
	return n;
}

/* Signs that are read out in telephony; NULL for all others. */
static const char *read_out(char c)
{
	return c == '*' ? "star" : c == '#' ? "pound" : NULL;
}

/* U+2019, which some recognisers write for an apostrophe. */
static size_t apostrophe(struct str s)
{
	if (str_starts(s, STR("'")))
		return 1;
	return str_starts(s, STR("\xe2\x80\x99")) ? 3 : 0;
}

void wer_normalise(struct str text, struct buf *out)
{
	bool inside = false; /* a word that goes on */

	while (!str_empty(text)) {
		size_t letters = run_of(text, isalpha), digits = run_of(text, isdigit), skip = 1;

		if (letters > 0 && !inside && out->n > 0 && out->p[out->n - 1] != ' ')
			buf_add_char(out, ' ');
		for (size_t i = 0; i < letters; i++)
			buf_add_char(out, str_lower(text.p[i]));
		if (digits > 0)
			add_figure(out, str_sub(text, 0, digits));
		if (read_out(text.p[0]))
			say_word(out, str_from(read_out(text.p[0])));
		if (letters + digits > 0)
			skip = letters + digits;
		else if (apostrophe(text) > 0)
			skip = apostrophe(text);
		inside = letters > 0 || (inside && digits == 0 && apostrophe(text) > 0);
		text = str_sub(text, skip, text.n);
	}
}

struct words {
	struct str word[WER_WORDS_MAX];
	size_t n;
};

static int cut_words(struct str text, struct words *w)
{
	w->n = 0;
	for (struct str one = str_word(&text); !str_empty(one); one = str_word(&text)) {
		if (w->n == WER_WORDS_MAX)
			return -EMSGSIZE;
		w->word[w->n++] = one;
	}
	return 0;
}

/* Whether two neighbours of one side spell one word of the other. */
static bool is_compound(struct str a, struct str b, struct str whole)
{
	return a.n + b.n == whole.n && str_starts(whole, a) && str_ends(whole, b);
}

struct cell {
	unsigned cost, swapped, added, lost;
};

struct table {
	struct words said, heard;
	struct cell cell[WER_WORDS_MAX + 1][WER_WORDS_MAX + 1];
};

static void offer(struct cell *best, struct cell from, unsigned swapped, unsigned added, unsigned lost)
{
	from.cost += swapped + added + lost;
	if (from.cost >= best->cost)
		return;
	from.swapped += swapped;
	from.added += added;
	from.lost += lost;
	*best = from;
}

/* The cheapest way to have said the first i words and heard the first k. */
static void fill_cell(struct table *t, size_t i, size_t k)
{
	const struct str *s = t->said.word + i - 1, *h = t->heard.word + k - 1;
	struct cell best = {.cost = ~0u};

	if (i > 0 && k > 0)
		offer(&best, t->cell[i - 1][k - 1], !str_eq(*s, *h), 0, 0);
	if (k > 0)
		offer(&best, t->cell[i][k - 1], 0, 1, 0);
	if (i > 0)
		offer(&best, t->cell[i - 1][k], 0, 0, 1);
	if (i > 1 && k > 0 && is_compound(s[-1], s[0], *h))
		offer(&best, t->cell[i - 2][k - 1], 0, 0, 0);
	if (i > 0 && k > 1 && is_compound(h[-1], h[0], *s))
		offer(&best, t->cell[i - 1][k - 2], 0, 0, 0);
	t->cell[i][k] = i + k == 0 ? (struct cell){0} : best;
}

static void align(struct table *t, struct wer *sum)
{
	struct cell end;

	for (size_t i = 0; i <= t->said.n; i++)
		for (size_t k = 0; k <= t->heard.n; k++)
			fill_cell(t, i, k);
	end = t->cell[t->said.n][t->heard.n];
	sum->said += t->said.n;
	sum->wrong += end.cost;
	sum->swapped += end.swapped;
	sum->added += end.added;
	sum->lost += end.lost;
	sum->sentences++;
	sum->exact += end.cost == 0;
}

static int score(struct table *t, struct str said, struct str heard, struct wer *sum)
{
	int rc = cut_words(said, &t->said);

	if (rc == 0)
		rc = cut_words(heard, &t->heard);
	if (rc == 0)
		align(t, sum);
	return rc;
}

int wer_add(struct wer *sum, struct str said, struct str heard)
{
	struct table *t = mem_alloc(sizeof(*t));
	size_t before = sum->wrong;
	struct buf a, b;
	int rc;

	if (!t)
		return -ENOMEM;
	buf_init(&a, TEXT_MAX);
	buf_init(&b, TEXT_MAX);
	wer_normalise(said, &a);
	wer_normalise(heard, &b);
	rc = a.error ? a.error : b.error;
	if (rc == 0)
		rc = score(t, buf_str(&a), buf_str(&b), sum);
	buf_fini(&a);
	buf_fini(&b);
	mem_free(t);
	return rc < 0 ? rc : (int)(sum->wrong - before);
}

double wer_percent(const struct wer *w)
{
	return w->said == 0 ? 0 : 100.0 * (double)w->wrong / (double)w->said;
}
