#include "test.h"

#include "provider/aloud/clause.h"
#include "provider/aloud/speakable.h"

#define PIECES_MAX 64

/* Texts with `|` where they are to be cut. */
static const char *const rows[] = {
	"Thank you for calling. |How can I help you today?",
	"Yes. |I can book that for you right now. |What day suits you?",
	"Sure, one moment. |I am looking at the calendar.",
	"Of course, |I can help with that. |What is your name?",
	"Well, let me see. |There it is.",
	"Dr. Lee can see you at 10 a.m. on Tuesday.",
	"Dr. Lee is here. |She sees Mr. Smith.",
	"It costs $1,234.56, |and that is all. Do you agree to that?",
	"Nov 3, 2026, |at ten. Fine.",
	"Call (555) 123-4567, ext. 12, |any time you like.",
	"See [our site](https://example.com/a, b. c) today. |Then we can talk about it.",
	"**Note. This is important.** |Right.",
	"e.g. this is fine. |We keep it for later use.",
	"The office (open daily. Really.) is closed. |Come tomorrow morning then.",
	"1. Open the door.\n|2. Close the door.\n|3. Leave.",
	"Options:\n|- ten o'clock\n|- half past ten\n\n|Which one?",
	"We are open from nine to five on every weekday |and on Saturdays until noon.",
	"He said \"stop.\" |Then he left the room quickly.",
	"Wait... |What was that noise behind the door?",
	"Is it? |I did not know that at all. |Tell me more.",
	"No. 5 is free, |No. 6 is not free.",
	"The U.S. Postal Service is closed. |Try again on Monday.",
	"J. Smith called. |He wants his money back.",
	"Hello",
	"",
	"   ",
	"one\ntwo",
	"Really?! |Yes, really, and I am not joking at all, you know me very well, |so believe me.",
	"Tue, Nov 3 at nine.",
	"v1.2.3 is out. |Please update your phone.",
	"One moment.\f|  We open at nine, \f|at \f|\f ten.",
};

struct pieces {
	struct clause_piece at[PIECES_MAX];
	char text[4096];
	size_t n, bytes;
};

static void pull(struct clause *c, enum clause_end end, struct pieces *p)
{
	struct clause_piece piece;

	while (clause_next(c, end, &piece)) {
		REQUIRE(p->n < PIECES_MAX && p->bytes + piece.text.n <= sizeof(p->text));
		memcpy(p->text + p->bytes, piece.text.p, piece.text.n);
		piece.text.p = p->text + p->bytes;
		p->bytes += piece.text.n;
		p->at[p->n++] = piece;
	}
}

/* Pushes `text` in chunks whose sizes come from `state`; 0 = all at once. */
static void split(struct str text, uint32_t state, struct pieces *ret_pieces)
{
	struct clause c;
	size_t chunk, took;

	*ret_pieces = (struct pieces){0};
	clause_init(&c);
	while (text.n > 0) {
		state = state * 1664525u + 1013904223u;
		chunk = state == 1013904223u ? text.n : MIN(text.n, 1 + (state >> 16) % 9);
		took = clause_push(&c, str_sub(text, 0, chunk));
		text = str_sub(text, took, text.n);
		pull(&c, CLAUSE_MORE, ret_pieces);
	}
	pull(&c, CLAUSE_ENDING, ret_pieces);
}

static struct str without_bars(const char *row, char *buf)
{
	size_t n = 0;

	for (; *row; row++)
		if (*row != '|')
			buf[n++] = *row;
	return (struct str){buf, n};
}

static void check_row(const char *row)
{
	char text[1024], got[1024] = "";
	struct pieces p;
	size_t n = 0;

	split(without_bars(row, text), 0, &p);
	for (size_t i = 0; i < p.n; i++) {
		if (i > 0)
			got[n++] = '|';
		memcpy(got + n, p.at[i].text.p, p.at[i].text.n);
		n += p.at[i].text.n;
	}
	if (!str_eq((struct str){got, n}, str_from(row)))
		test_failed(__FILE__, __LINE__, "'%s' is cut '" STR_FMT "'", row, (int)n, got);
}

TEST(clause_cuts_where_one_breathes)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(rows[i]);
}

static void check_same(struct str text)
{
	struct pieces whole, chunked;

	split(text, 0, &whole);
	for (uint32_t seed = 1; seed < 40; seed++) {
		split(text, seed * 2654435761u, &chunked);
		REQUIRE(chunked.n == whole.n);
		for (size_t i = 0; i < whole.n; i++)
			REQUIRE(str_eq(chunked.at[i].text, whole.at[i].text));
	}
}

TEST(clause_does_not_depend_on_the_chunks)
{
	char text[1024];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_same(without_bars(rows[i], text));
}

TEST(clause_gives_every_byte_back)
{
	char text[1024];
	struct pieces p;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str whole = without_bars(rows[i], text);
		size_t at = 0;

		split(whole, 7, &p);
		for (size_t k = 0; k < p.n; k++) {
			CHECK_INT(p.at[k].start, at);
			at = p.at[k].end;
		}
		CHECK_INT(at, whole.n);
		CHECK(str_eq((struct str){p.text, p.bytes}, whole));
	}
}

TEST(clause_comes_as_soon_as_it_is_certain)
{
	struct clause_piece piece;
	struct clause c;

	clause_init(&c);
	CHECK_INT(clause_push(&c, STR("Thank you for calling.")), 22);
	CHECK(!clause_next(&c, CLAUSE_MORE, &piece));
	CHECK_INT(clause_push(&c, STR(" H")), 2);
	REQUIRE(clause_next(&c, CLAUSE_MORE, &piece));
	CHECK_STR(piece.text, "Thank you for calling. ");
	CHECK(!clause_next(&c, CLAUSE_MORE, &piece));
	CHECK_INT(clause_push(&c, STR("ello")), 4);
	REQUIRE(clause_next(&c, CLAUSE_ENDING, &piece));
	CHECK_STR(piece.text, "Hello");
	CHECK_INT(piece.end, 28);
	CHECK(!clause_next(&c, CLAUSE_ENDING, &piece));
}

TEST(clause_ends_with_a_pause_whatever_follows)
{
	struct clause_piece piece;
	struct clause c;

	clause_init(&c);
	CHECK_INT(clause_push(&c, STR("One moment.")), 11);
	CHECK(!clause_next(&c, CLAUSE_MORE, &piece));
	CHECK_INT(clause_push(&c, STR("\f")), 1);
	REQUIRE(clause_next(&c, CLAUSE_MORE, &piece));
	CHECK_STR(piece.text, "One moment.\f");
	CHECK(!clause_next(&c, CLAUSE_ENDING, &piece));
}

/* Without a blank, and with a character of three bytes across the limit. */
TEST(clause_cuts_endless_words_between_characters)
{
	char text[3 * 1000];
	struct pieces p;

	for (size_t i = 0; i < sizeof(text); i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	split((struct str){text, sizeof(text)}, 0, &p);
	CHECK(p.n > 1 && p.bytes == sizeof(text));
	for (size_t i = 0; i < p.n; i++) {
		CHECK(p.at[i].text.n <= CLAUSE_TEXT_MAX + CLAUSE_AHEAD_MAX);
		CHECK_INT(p.at[i].text.n % 3, 0);
	}
	check_same((struct str){text, sizeof(text)});
}

static bool is_pause(char c)
{
	return c == '.' || c == ',' || c == ' ';
}

/* Read piece by piece or whole: the same words, whatever the pauses between. */
TEST(clause_keeps_what_speakable_reads)
{
	char text[1024];
	struct pieces p;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str whole = without_bars(rows[i], text);
		struct buf once, pieces;
		size_t a = 0, b = 0;

		buf_init(&once, 8192);
		buf_init(&pieces, 8192);
		split(whole, 3, &p);
		CHECK_INT(speakable(whole, NULL, &once), 0);
		for (size_t k = 0; k < p.n; k++)
			CHECK_INT(speakable(p.at[k].text, NULL, &pieces), 0);
		while (a < once.n && b < pieces.n) {
			if (is_pause(once.p[a]))
				a++;
			else if (is_pause(pieces.p[b]))
				b++;
			else if (once.p[a++] != pieces.p[b++])
				break;
		}
		while (b < pieces.n && is_pause(pieces.p[b]))
			b++;
		while (a < once.n && is_pause(once.p[a]))
			a++;
		if (a < once.n || b < pieces.n)
			test_failed(__FILE__, __LINE__, "'" STR_FMT "' in pieces is '" STR_FMT "'",
				    STR_ARG(buf_str(&once)), STR_ARG(buf_str(&pieces)));
		buf_fini(&once);
		buf_fini(&pieces);
	}
}
