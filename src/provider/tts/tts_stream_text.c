#include <errno.h>
#include <string.h>

#include "base/hash.h"
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

/* What else may change the sound: where it is asked for, and what only the vendor knows. */
static int hash_rest(const struct service *service, char hex[HASH_MAX_HEX], struct str *ret_hash)
{
	struct buf rest;
	struct str all;
	struct hash h;
	int rc;

	buf_init(&rest, 65536);
	buf_printf(&rest, STR_FMT "\n" STR_FMT "\n" STR_FMT, STR_ARG(service->url), STR_ARG(service->region),
		   STR_ARG(service->version));
	for (size_t i = 0; i < service->extra.count; i++)
		buf_printf(&rest, "\n" STR_FMT, STR_ARG(service->extra.at[i]));
	all = buf_str(&rest);
	rc = rest.error ? rest.error : hash_of(HASH_SHA256, &all, 1, &h);
	buf_fini(&rest);
	if (rc == 0)
		*ret_hash = str_sub(hash_hex(&h, hex), 0, 16);
	return rc;
}

/* Not the service's name: it may be renamed, and two that are the same sound the same. */
int tts_stream_name_phrases(struct tts_stream *s)
{
	const struct service *service = s->use.service;
	const struct tts_form *form = &s->traits->form;
	struct str model = service_or(service->model, s->traits->model), rest;
	char hex[HASH_MAX_HEX];
	struct buf name;
	int rc;

	s->kept_as[0] = '\0';
	if (!s->use.host->phrases)
		return 0;
	rc = hash_rest(service, hex, &rest);
	buf_init(&name, TTS_STREAM_KEPT_MAX - 1);
	if (rc == 0)
		buf_printf(&name, STR_FMT "/" STR_FMT "/" STR_FMT "/" STR_FMT "/%d-%u/" STR_FMT,
			   STR_ARG(service->type), STR_ARG(model), STR_ARG(s->speaker.voice),
			   STR_ARG(s->speaker.language), form->coding, form->rate_hz, STR_ARG(rest));
	if (rc == 0 && name.error == 0)
		str_copy(buf_str(&name), s->kept_as, sizeof(s->kept_as));
	rc = rc == -ENOMEM || name.error == -ENOMEM ? -ENOMEM : 0;
	buf_fini(&name);
	return rc;
}

/* What is too long for a key is not kept. */
static int write_key(struct tts_stream *s, struct tts_clause *c)
{
	if (s->kept_as[0] == '\0')
		return 0;
	phrase_cache_key(str_from(s->kept_as), s->speaker.speed, buf_str(&c->words), &c->key);
	if (c->key.error == -ENOMEM)
		return -ENOMEM;
	if (c->key.error || c->key.n > PHRASE_CACHE_KEY_MAX)
		buf_clear(&c->key);
	return 0;
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

/* Where nobody listens, files are read and written; and what cannot be kept need not be made. */
static bool find_on_disk(struct phrase_cache *cache, struct str key, struct phrase_audio *ret_audio)
{
	if (str_empty(key))
		return true;
	if (phrase_cache_load(cache, key, ret_audio) < 0)
		return false;
	(void)!phrase_cache_save(cache, key);
	return true;
}

/* Whether nobody has to be asked for it: a known phrase, or no words. */
static bool find_known(struct tts_stream *s, const struct tts_clause *c, struct phrase_audio *ret_audio)
{
	struct phrase_cache *cache = s->use.host->phrases;
	struct str key = buf_str(&c->key);

	*ret_audio = (struct phrase_audio){0};
	if (is_silent(buf_str(&c->words)))
		return true;
	if (s->use.host->prepares)
		return find_on_disk(cache, key, ret_audio);
	return key.n > 0 && phrase_cache_copy(cache, key, ret_audio) == 0;
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

static int add_text(struct tts_stream *s, struct tts_answer *a, struct str text)
{
	int rc = 0;

	if (s->use.host->prepares)
		return add_clause(s, a, &(struct clause_piece){text, 0, text.n});
	while (rc == 0 && text.n > 0) {
		text = str_sub(text, clause_push(&s->clause, text), text.n);
		rc = add_clauses(s, a, CLAUSE_MORE);
	}
	return rc;
}

int tts_stream_say(struct tts *t, uint32_t answer, struct str text)
{
	struct tts_stream *s = tts_stream_of(t);
	struct tts_answer *a;
	int rc = need_answer(s, answer, &a);

	rc = rc < 0 ? rc : add_text(s, a, text);
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
