/* The parts of stt_ws.h: sound, and texts. */
#include "base/utf8.h"
#include "provider/stt/stt_ws_text.h"
#include "test.h"

/* ---- sound ---- */

static int16_t frame[160];

static size_t coded(enum stt_ws_coding coding)
{
	struct stt_ws_sound s;
	size_t n;

	CHECK_INT(stt_ws_sound_init(&s, coding), 0);
	for (int i = 0; i < 5; i++)
		CHECK_INT(stt_ws_sound_put(&s, USEC_SEC(1) + USEC_MS(20) * i, frame, 160), 0);
	n = s.queue.n;
	CHECK_INT(stt_ws_sound_queued(&s), USEC_MS(100));
	CHECK_INT(s.until, USEC_MS(1100));
	CHECK_INT(stt_ws_sound_peek(&s, USEC_MS(60)).n, n * 6 / 10);
	stt_ws_sound_take(&s, stt_ws_sound_peek(&s, USEC_MS(60)));
	CHECK_INT(stt_ws_sound_queued(&s), USEC_MS(40));
	stt_ws_sound_fini(&s);
	return n;
}

TEST(sound_is_coded_as_vendors_want_it)
{
	CHECK_INT(coded(STT_WS_ULAW_8K), 800);
	CHECK_INT(coded(STT_WS_S16_8K), 1600);
	CHECK_INT(coded(STT_WS_S16_16K), 3200);
	CHECK_INT(coded(STT_WS_S16_24K), 4800);
	CHECK_INT(coded(STT_WS_F32_16K), 6400);
}

static void check_bytes(enum stt_ws_coding coding, const int16_t *pcm, size_t n, const char *want,
			size_t want_n)
{
	struct stt_ws_sound s;

	CHECK_INT(stt_ws_sound_init(&s, coding), 0);
	CHECK_INT(stt_ws_sound_put(&s, 0, pcm, n), 0);
	CHECK(s.queue.n == want_n && memcmp(s.queue.p, want, want_n) == 0);
	stt_ws_sound_fini(&s);
}

TEST(the_bytes_of_sound)
{
	check_bytes(STT_WS_ULAW_8K, (const int16_t[]){0, 100, -100, 32767}, 4, "\xff\xf2\x72\x80", 4);
	check_bytes(STT_WS_S16_8K, (const int16_t[]){0, 258, -2}, 3, "\0\0\2\1\xfe\xff", 6);
}

TEST(a_vendors_clock_is_told_in_ours)
{
	struct stt_ws_sound s;

	CHECK_INT(stt_ws_sound_init(&s, STT_WS_ULAW_8K), 0);
	CHECK_INT(stt_ws_sound_at(&s, USEC_SEC(1)), USEC_SEC(1));
	CHECK_INT(stt_ws_sound_put(&s, USEC_SEC(10), frame, 160), 0);
	CHECK_INT(stt_ws_sound_put(&s, USEC_MS(10023), frame, 160), 0); /* jitter */
	CHECK_INT(stt_ws_sound_put(&s, USEC_SEC(15), frame, 160), 0);   /* a pause */
	CHECK_INT(stt_ws_sound_at(&s, 0), USEC_SEC(10));
	CHECK_INT(stt_ws_sound_at(&s, USEC_MS(39)), USEC_MS(10039));
	CHECK_INT(stt_ws_sound_at(&s, USEC_MS(40)), USEC_SEC(15));
	CHECK_INT(stt_ws_sound_pad(&s, USEC_SEC(1)), 0); /* silence of ours */
	CHECK_INT(stt_ws_sound_put(&s, USEC_MS(15020), frame, 160), 0);
	CHECK_INT(stt_ws_sound_at(&s, USEC_MS(1060)), USEC_MS(15020));
	CHECK_INT(s.until, USEC_MS(15040));
	stt_ws_sound_fini(&s);
}

TEST(sound_that_nobody_takes_is_refused)
{
	struct stt_ws_sound s;
	int rc = 0;
	usec at = 0;

	CHECK_INT(stt_ws_sound_init(&s, STT_WS_ULAW_8K), 0);
	for (; rc == 0; at += USEC_MS(20))
		rc = stt_ws_sound_put(&s, at, frame, 160);
	CHECK_INT(rc, -EMSGSIZE);
	CHECK_INT(at - USEC_MS(20), STT_WS_SOUND_MAX);
	CHECK_INT(stt_ws_sound_queued(&s), STT_WS_SOUND_MAX);
	stt_ws_sound_take(&s, stt_ws_sound_peek(&s, USEC_MS(20)));
	CHECK_INT(stt_ws_sound_put(&s, at, frame, 160), 0);
	stt_ws_sound_fini(&s);
}

/* ---- texts ---- */

static struct stt_ws_text text;

static struct stt_ws_line *put(uint64_t key, const char *words, bool final)
{
	struct stt_ws_fact f = {.type = STT_WS_PIECE, .key = key, .text = str_from(words), .final = final};

	return stt_ws_text_put(&text, &f, &(struct stt_ws_where){0});
}

static struct stt_ws_line *put_at(usec start, usec end, const char *words, bool final)
{
	struct stt_ws_fact f = {.type = STT_WS_PIECE, .text = str_from(words), .final = final};

	return stt_ws_text_put(&text, &f, &(struct stt_ws_where){.timed = true, .start = start, .end = end});
}

static struct str open_text(void)
{
	return stt_ws_line_text(stt_ws_text_open(&text));
}

TEST(finals_are_appended_and_the_tail_is_replaced)
{
	stt_ws_text_init(&text, false, 1);
	put(0, "I nee", false);
	put(0, " I need ", false);
	CHECK_STR(open_text(), "I need");
	CHECK(stt_ws_line_has_tail(stt_ws_text_open(&text)));
	put(0, "I need", true);
	put(0, "", true);
	CHECK(!stt_ws_line_has_tail(stt_ws_text_open(&text)));
	put(0, "a", false);
	CHECK_STR(open_text(), "I need a");
	put(0, "", false);
	CHECK_STR(open_text(), "I need");
}

TEST(pieces_with_keys_come_in_any_order)
{
	struct stt_ws_fact more = {.type = STT_WS_PIECE, .key = 7, .text = STR(" world"), .more = true};

	stt_ws_text_init(&text, false, 1);
	put(7, "", false);
	put(8, "Second.", true);
	put(7, "Hello", false);
	stt_ws_text_put(&text, &more, &(struct stt_ws_where){0});
	CHECK_STR(open_text(), "Hello world Second.");
	put(7, "First.", true);
	CHECK_STR(open_text(), "First. Second.");
}

TEST(verbatim_pieces_bring_their_blanks)
{
	stt_ws_text_init(&text, true, 1);
	put(0, "Hello", true);
	put(0, ". ", true);
	put(0, "You there", false);
	CHECK_STR(open_text(), "Hello. You there");
}

TEST(a_piece_belongs_to_the_line_of_its_sound)
{
	stt_ws_text_init(&text, false, 1);
	put_at(100, 200, "one", false);
	stt_ws_text_next(&text, USEC_SEC(2));
	CHECK_INT(put_at(USEC_SEC(1), USEC_SEC(2), "one.", true)->utterance, 1);
	CHECK_INT(put_at(USEC_SEC(2), USEC_SEC(3), "two", false)->utterance, 2);
	CHECK_INT(text.lines[0].covered, USEC_SEC(2));
	CHECK_INT(text.lines[1].covered, 0);
	stt_ws_text_forget(&text, USEC_SEC(3));
	CHECK(!put_at(USEC_SEC(2), USEC_SEC(4), "two and", true));
	CHECK_INT(put_at(USEC_SEC(3), USEC_SEC(4), "three", true)->utterance, 3);
	CHECK_STR(open_text(), "three");
}

/* A vendor's turn may be longer than ours: what was told of it does not come again. */
TEST(what_was_told_of_a_piece_is_not_told_again)
{
	stt_ws_text_init(&text, false, 1);
	put(5, "I need help", false);
	stt_ws_text_next(&text, USEC_SEC(2));
	stt_ws_text_pop(&text);
	put(5, "I need help with my", false);
	CHECK_STR(open_text(), "with my");
	stt_ws_text_next(&text, USEC_SEC(3));
	stt_ws_text_pop(&text);
	put(5, "I need help with my bill", true);
	CHECK_STR(open_text(), "bill");
	stt_ws_text_forget(&text, USEC_SEC(4));
	CHECK(!put(5, "I need help with my bill.", true)); /* formatted, and gone */
}

TEST(what_answers_a_flush_belongs_to_its_line)
{
	struct stt_ws_fact f = {.type = STT_WS_PIECE, .text = STR("late"), .final = true};

	stt_ws_text_init(&text, false, 1);
	stt_ws_text_next(&text, USEC_SEC(2));
	CHECK_INT(
		stt_ws_text_put(&text, &f, &(struct stt_ws_where){.flushing = true, .flushed = 1})->utterance,
		1);
	stt_ws_text_forget(&text, USEC_SEC(2));
	CHECK(!stt_ws_text_put(&text, &f, &(struct stt_ws_where){.flushing = true, .flushed = 2}));
	CHECK_INT(put(0, "new", true)->utterance, 3);
}

TEST(a_text_without_end_is_cut_between_characters)
{
	stt_ws_text_init(&text, false, 1);
	for (int i = 0; i < 3000; i++)
		put(0, "\xc3\xa9\xc3\xa9", true);
	CHECK(open_text().n > STT_TEXT_MAX - 4 && open_text().n <= STT_TEXT_MAX);
	CHECK(utf8_valid(open_text()));
	CHECK(text.lines[0].piece_count <= STT_WS_PIECES_MAX);
}

TEST(a_texts_confidence_is_that_of_its_pieces)
{
	struct stt_ws_fact f = {.type = STT_WS_PIECE, .text = STR("abcd"), .final = true, .confidence = 0.5f};

	stt_ws_text_init(&text, false, 1);
	CHECK(stt_ws_line_confidence(stt_ws_text_open(&text)) < 0);
	stt_ws_text_put(&text, &f, &(struct stt_ws_where){0});
	CHECK(stt_ws_line_confidence(stt_ws_text_open(&text)) == 0.5f);
}
