#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "provider/tts/tts_stream_impl.h"

static bool is_silent(struct str words)
{
	for (size_t i = 0; i < words.n; i++)
		if (!strchr(" ,.;:?!", words.p[i]))
			return false;
	return true;
}

/* Text as it is, word by word; the words are its end without blanks. */
static void place_words(struct str text, struct str words, struct tts_clause *c)
{
	struct speakable_places *places = &c->places;
	size_t before = (size_t)(words.p - text.p);
	struct str rest = words;

	while (places->count < SPEAKABLE_PLACES_MAX && !str_empty(str_word(&rest))) {
		size_t end = words.n - rest.n;

		places->at[places->count].words = (uint16_t)end;
		places->at[places->count++].text = (uint16_t)(before + end);
	}
}

/* Words for the ear in English; other languages are left to the vendor. */
static int read_out(struct tts_stream *s, struct str text, struct tts_clause *c)
{
	struct str language = s->speaker.language;

	if (str_empty(language) || str_istarts(language, STR("en")))
		return speakable_placed(text, s->use.host->reading, &c->words, &c->places);
	buf_add_str(&c->words, str_trim(text));
	place_words(text, str_trim(text), c);
	return c->words.error;
}

/* Service, model, voice and language tell a voice; what is too long for a key is not kept. */
static int write_key(struct tts_stream *s, struct tts_clause *c)
{
	const struct service *service = s->use.service;
	struct buf voice;
	int rc;

	if (!s->use.host->phrases)
		return 0;
	buf_init(&voice, PHRASE_CACHE_KEY_MAX);
	buf_printf(&voice, STR_FMT ":" STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(service->name),
		   STR_ARG(service->model), STR_ARG(s->speaker.voice), STR_ARG(s->speaker.language));
	phrase_cache_key(buf_str(&voice), s->speaker.speed, buf_str(&c->words), &c->key);
	rc = voice.error ? voice.error : c->key.error;
	buf_fini(&voice);
	if (rc < 0)
		buf_clear(&c->key);
	return rc == -EMSGSIZE ? 0 : rc;
}

static int clause_new(struct tts_stream *s, const struct clause_piece *piece, struct tts_clause **ret_clause)
{
	struct tts_clause *c = tts_clause_new((uint32_t)piece->start, (uint32_t)piece->end);
	int rc;

	if (!c)
		return -ENOMEM;
	rc = read_out(s, piece->text, c);
	rc = rc < 0 ? rc : write_key(s, c);
	if (rc < 0) {
		tts_clause_free(c);
		return rc;
	}
	*ret_clause = c;
	return 0;
}

/* Whether nobody has to be asked for it: a known phrase, or no words. */
static bool find_known(struct tts_stream *s, const struct tts_clause *c, struct phrase_audio *ret_audio)
{
	*ret_audio = (struct phrase_audio){0};
	return is_silent(buf_str(&c->words)) ||
	       (c->key.n > 0 && phrase_cache_copy(s->use.host->phrases, buf_str(&c->key), ret_audio) == 0);
}

static bool ends_sentence(const struct tts_clause *c)
{
	struct str words = str_trim(buf_str(&c->words));

	return words.n > 0 && strchr(".?!", words.p[words.n - 1]);
}

/* Whether more may be said behind the clause as one with it. */
static bool may_grow(const struct tts_stream *s, const struct tts_answer *a, const struct tts_clause *c)
{
	return (s->traits->can & TTS_TAKES_PIECES) && (a->begun || !s->traits->alone || ends_sentence(c));
}

/* Takes the clause, and the audio unless that is NULL. */
static int place_clause(struct tts_stream *s, struct tts_answer *a, struct tts_clause *c,
			const struct phrase_audio *audio)
{
	struct tts_stretch *st = tts_stream_last_stretch(a);
	int rc = 0;

	if (st && audio)
		st->open = false;
	if (!st || !st->open)
		rc = tts_stream_stretch_new(s, a, &st);
	if (rc < 0) {
		tts_clause_free(c);
		mem_free(audio ? audio->pcm : NULL);
		return rc;
	}
	if (!audio && (s->traits->can & TTS_TAKES_PIECES))
		buf_add_char(&c->words, ' '); /* what comes behind is joined as it is */
	tts_stretch_add(st, c);
	if (audio)
		tts_stretch_known(st, audio);
	st->open = !audio && may_grow(s, a, c);
	return 0;
}

static int add_clause(struct tts_stream *s, struct tts_answer *a, const struct clause_piece *piece)
{
	struct phrase_audio audio;
	struct tts_clause *c;
	int rc = clause_new(s, piece, &c);

	if (rc < 0)
		return rc;
	if (!a->begun)
		a->asked = loop_now(s->loop);
	rc = place_clause(s, a, c, find_known(s, c, &audio) ? &audio : NULL);
	a->begun = true;
	return rc;
}

static int add_clauses(struct tts_stream *s, struct tts_answer *a, enum clause_end end)
{
	struct clause_piece piece;
	int rc = 0;

	while (rc == 0 && clause_next(&s->clause, end, &piece))
		rc = add_clause(s, a, &piece);
	return rc;
}

static int close_answer(struct tts_stream *s, struct tts_answer *a)
{
	int rc = add_clauses(s, a, CLAUSE_ENDING);

	if (tts_stream_last_stretch(a))
		tts_stream_last_stretch(a)->open = false;
	a->ended = rc == 0;
	return rc;
}

/* The answer `number`, whose text is coming; the one before it is ended if it was not. */
static int need_answer(struct tts_stream *s, uint32_t number, struct tts_answer **ret_answer)
{
	struct tts_answer *a = tts_stream_open_answer(s);
	int rc;

	if (a && a->number == number) {
		*ret_answer = a;
		return 0;
	}
	rc = a ? close_answer(s, a) : 0;
	return rc < 0 ? rc : tts_stream_answer_new(s, number, ret_answer);
}

int tts_stream_say(struct tts *t, uint32_t answer, struct str text)
{
	struct tts_stream *s = tts_stream_of(t);
	struct tts_answer *a;
	int rc = need_answer(s, answer, &a);

	while (rc == 0 && text.n > 0) {
		text = str_sub(text, clause_push(&s->clause, text), text.n);
		rc = add_clauses(s, a, CLAUSE_MORE);
	}
	tts_stream_go_on(s);
	return rc;
}

int tts_stream_end(struct tts *t, uint32_t answer)
{
	struct tts_stream *s = tts_stream_of(t);
	struct tts_answer *a;
	int rc = need_answer(s, answer, &a);

	if (rc == 0)
		rc = close_answer(s, a);
	tts_stream_go_on(s);
	return rc;
}
