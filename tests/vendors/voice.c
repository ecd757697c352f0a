#include "voice.h"

#define PIECE USEC_MS(100)

static size_t cut_at(const struct voice *v, size_t all, unsigned i)
{
	usec piece = v->piece ? v->piece : PIECE;
	size_t samples = (size_t)((usec)i * piece * v->sound.rate_hz / USEC_SEC(1));
	size_t bytes = samples * sound_sample_bytes(v->sound.coding);

	return MIN(i ? bytes - MIN(bytes, v->odd_bytes) : 0, all);
}

void voice_speak(struct vendor_session *s, const struct voice *v, struct str text)
{
	const struct vendor_delays *d = &vendor_config(s)->delays;
	struct voice_piece p = {.delay = v->going_on ? 0 : vendor_span(s, d->first_audio), .arg = v->arg};
	struct buf sound;

	buf_init(&sound, 64u << 20);
	tones_speak(text, &v->sound, &sound);
	for (unsigned i = 0; !p.last && sound.n; i++) {
		size_t from = cut_at(v, sound.n, i), to = cut_at(v, sound.n, i + 1);
		struct vendor_bill bill = {.note = i || v->going_on ? NULL : "first audio"};

		p.bytes = (struct str){sound.p + from, to - from};
		p.from = sound_span(&v->sound, from);
		p.span = sound_span(&v->sound, to) - p.from;
		p.last = to == sound.n;
		bill.audio_out = p.span;
		vendor_bill_next(s, &bill);
		v->say(s, &p);
		p.delay = d->audio_pace > 0 ? vendor_span(s, (usec)((double)p.span / d->audio_pace)) : 0;
	}
	buf_fini(&sound);
}

void voice_words(struct str text, void (*fn)(struct str word, usec start, usec end, void *arg), void *arg)
{
	struct str rest = text, word;

	while ((word = str_word(&rest)).n) {
		usec start = (usec)(word.p - text.p) * TONES_LETTER;

		fn(word, start, start + (usec)word.n * TONES_LETTER, arg);
	}
}

usec voice_span(struct str text)
{
	return (usec)text.n * TONES_LETTER;
}

size_t voice_characters(struct str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return n;
}

void voice_json(struct json_out *w, const char *key, struct str bytes)
{
	struct buf text;

	buf_init(&text, 64u << 20);
	vendor_base64(bytes, &text);
	json_str(w, key, buf_str(&text));
	buf_fini(&text);
}
