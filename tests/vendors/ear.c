#include "ear.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"

#define STEPS_HZ  50
#define LOUD      500 /* root mean square of a step with voice in it */
#define WORD_SPAN USEC_MS(300)
#define CUT_MOST  USEC_MS(100)  /* of a word that is still understood */
#define GAP_MOST  USEC_MS(1000) /* of a recording, lost on the way, after which a word is still one */

void ear_init(struct ear *e, struct vendor_session *s, const struct ear_ops *ops, const struct sound *sound)
{
	*e = (struct ear){.s = s, .ops = ops, .sound = *sound};
	tones_init(&e->tones, sound->rate_hz);
}

void ear_fini(struct ear *e)
{
	mem_free(e->words);
	*e = (struct ear){0};
}

static void add_word(struct ear *e, struct str text, usec start, usec end)
{
	struct ear_word *w;

	if (e->n_words == e->words_cap) {
		size_t cap = e->words_cap ? 2 * e->words_cap : 16;

		w = mem_resize(e->words, cap * sizeof(*w));
		if (!w)
			return;
		e->words = w;
		e->words_cap = cap;
	}
	w = &e->words[e->n_words++];
	*w = (struct ear_word){.start = start, .end = end};
	str_copy(text, w->text, sizeof(w->text));
}

static const struct vendor_says *says(const struct ear *e)
{
	return &vendor_config(e->s)->says;
}

/* ---- four ways of hearing; each takes a step of sound and says whether there was voice in it ---- */

static bool hear_words(struct ear *e)
{
	const struct vendor_says *what = says(e);
	usec before = e->heard - USEC_SEC(1) / STEPS_HZ;
	bool voice = false;

	for (size_t i = 0; i < what->n_words; i++) {
		const struct vendor_word *w = &what->words[i];

		voice = voice || (w->start < e->heard && w->end > before);
		if (w->end > before && w->end <= e->heard)
			add_word(e, str_from(w->word), w->start, w->end);
	}
	return voice;
}

static bool loud(const int16_t *pcm, size_t n)
{
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (int64_t)pcm[i] * pcm[i];
	return sum > (int64_t)LOUD * LOUD * (int64_t)n;
}

static struct str line_of(const struct ear *e)
{
	const char *all = says(e)->transcript ? says(e)->transcript : "hello";
	struct str rest = str_from(all), line = str_cut(&rest, '\n');

	for (size_t i = 0; i < e->line; i++) {
		if (!rest.n)
			rest = str_from(all);
		line = str_cut(&rest, '\n');
	}
	return line;
}

static void reveal(struct ear *e, size_t upto)
{
	struct str line = line_of(e), word;
	size_t i = 0;

	while ((word = str_word(&line)).n && i < upto) {
		if (i++ < e->revealed)
			continue;
		add_word(e, word, MAX(e->spoke_from, e->heard - WORD_SPAN), e->heard);
		e->revealed = i;
	}
}

static bool hear_voice(struct ear *e, const int16_t *pcm, size_t n)
{
	usec span = says(e)->word_span ? says(e)->word_span : WORD_SPAN;
	bool voice = loud(pcm, n);

	if (voice) {
		e->voiced += USEC_SEC(1) / STEPS_HZ;
		reveal(e, (size_t)(e->voiced / span));
	}
	return voice;
}

static void end_spelled(struct ear *e)
{
	if (e->spelled.text[0])
		add_word(e, str_from(e->spelled.text), e->spelled.start, e->spelled.end);
	e->spelled.text[0] = '\0';
}

static bool hear_tones(struct ear *e, const int16_t *pcm, size_t n)
{
	char letter;

	for (size_t i = 0; i < n; i++) {
		size_t have = strlen(e->spelled.text);

		if (!tones_hear(&e->tones, pcm[i], &letter))
			continue;
		if (letter == ' ' || have + 1 == EAR_WORD_BYTES) {
			end_spelled(e);
			continue;
		}
		if (!have)
			e->spelled.start = e->heard - TONES_LETTER;
		e->spelled.end = e->heard;
		e->spelled.text[have] = letter;
		e->spelled.text[have + 1] = '\0';
	}
	return loud(pcm, n);
}

static usec of_samples(size_t n)
{
	return (usec)n * USEC_SEC(1) / RECORDING_HZ;
}

/* The words that end between two moments of a recording, of which the second is now. Those that were not
 * heard from their beginning are lost. */
static void reveal_recorded(struct ear *e, usec from, usec now)
{
	const struct vendor_recording *r = &says(e)->recordings[e->finder.found - vendor_recordings(e->s)];

	for (size_t i = 0; i < r->n_words; i++) {
		const struct vendor_word *w = &r->words[i];

		if (w->end > from && w->end <= now && w->start + CUT_MOST >= e->begin)
			add_word(e, str_from(w->word), MAX(e->heard - (now - w->start), 0),
				 e->heard - (now - w->end));
	}
}

static bool hear_recorded(struct ear *e, const int16_t *pcm, size_t n)
{
	int16_t part[RECORDING_STEP];
	usec now, from;

	recording_resample(pcm, n, part, RECORDING_STEP);
	finder_hear(&e->finder, part, vendor_recordings(e->s), says(e)->n_recordings);
	e->unknown += USEC_SEC(1) / STEPS_HZ;
	if (!e->finder.found || e->finder.astray)
		return loud(pcm, n);
	now = of_samples(e->finder.at);
	from = now - MIN(now, e->unknown);
	if (e->finder.found == e->known && now > e->known_at && from < e->known_at + GAP_MOST)
		from = e->known_at;
	else
		e->begin = from;
	reveal_recorded(e, from, now);
	e->known = e->finder.found;
	e->known_at = now;
	e->unknown = 0;
	return loud(pcm, n);
}

/* ---- what follows from it ---- */

void ear_complete(struct ear *e)
{
	if (says(e)->ear == VENDOR_EAR_VOICED && e->voiced > 0)
		reveal(e, SIZE_MAX);
	end_spelled(e);
}

void ear_settle(struct ear *e)
{
	e->line += e->revealed > 0;
	e->revealed = 0;
	e->voiced = 0;
	e->first = e->told_words = e->n_words;
	e->speaking = false;
}

static void tell(struct ear *e)
{
	bool more = e->n_words > e->told_words;

	if (!e->ops->on_partial || !e->speaking || e->n_words == e->first)
		return;
	if (e->every ? e->heard - e->told < e->every : !more)
		return;
	e->told = e->heard;
	e->told_words = e->n_words;
	vendor_partial(e->s, true);
	e->ops->on_partial(e->s, e);
	vendor_partial(e->s, false);
}

static void step(struct ear *e, const int16_t *pcm, size_t n)
{
	enum vendor_ear kind = says(e)->ear;
	bool voice;

	e->heard += USEC_SEC(1) / STEPS_HZ;
	voice = kind == VENDOR_EAR_WORDS      ? hear_words(e)
		: kind == VENDOR_EAR_TONES    ? hear_tones(e, pcm, n)
		: kind == VENDOR_EAR_RECORDED ? hear_recorded(e, pcm, n)
					      : hear_voice(e, pcm, n);
	if (voice) {
		e->spoke_until = e->heard;
		if (!e->speaking) {
			e->speaking = true;
			e->spoke_from = e->told = e->heard - USEC_SEC(1) / STEPS_HZ;
			if (e->ops->on_speech)
				e->ops->on_speech(e->s, e, e->spoke_from);
		}
	}
	if (kind == VENDOR_EAR_TONES && e->heard - e->spoke_until >= USEC_MS(100))
		end_spelled(e);
	tell(e);
	if (e->speaking && e->pause && e->heard - e->spoke_until >= e->pause) {
		ear_complete(e);
		if (e->ops->on_pause)
			e->ops->on_pause(e->s, e);
		e->speaking = false;
	}
}

/* Keeps the beginning of a step for the next bytes. */
void ear_feed(struct ear *e, struct str bytes)
{
	unsigned size = sound_sample_bytes(e->sound.coding);
	size_t samples = e->sound.rate_hz / STEPS_HZ;

	for (size_t i = 0; i < bytes.n; i++) {
		e->odd[e->n_odd++] = bytes.p[i];
		if (e->n_odd < size)
			continue;
		e->n_odd = 0;
		sound_decode(e->sound.coding, (const uint8_t *)e->odd, &e->pcm[e->n_pcm++], 1);
		if (e->n_pcm < samples)
			continue;
		e->n_pcm = 0;
		step(e, e->pcm, samples);
	}
}

/* ---- texts ---- */

void ear_text(const struct ear *e, struct buf *out)
{
	for (size_t i = e->first; i < e->n_words; i++) {
		if (i > e->first)
			buf_add_char(out, ' ');
		buf_add_str(out, str_from(e->words[i].text));
	}
}

void ear_sentence(const struct ear *e, struct buf *out)
{
	size_t from = out->n;

	ear_text(e, out);
	if (out->error || out->n == from || says(e)->ear == VENDOR_EAR_RECORDED)
		return;
	out->p[from] = (char)toupper((unsigned char)out->p[from]);
	if (!strchr(".?!", out->p[out->n - 1]))
		buf_add_char(out, '.');
}
