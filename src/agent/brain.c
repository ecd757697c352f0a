#include "agent/brain.h"

#include <assert.h>

uint32_t brain_start(struct brain *b)
{
	b->ops->start(b, ++b->question);
	return b->question;
}

uint32_t brain_heard(struct brain *b, struct str text, float confidence)
{
	b->ops->heard(b, ++b->question, text, confidence);
	return b->question;
}

uint32_t brain_keys(struct brain *b, struct str keys)
{
	b->ops->keys(b, ++b->question, keys);
	return b->question;
}

uint32_t brain_silence(struct brain *b)
{
	b->ops->silence(b, ++b->question);
	return b->question;
}

uint32_t brain_transfer_failed(struct brain *b, struct str why)
{
	b->ops->transfer_failed(b, ++b->question, why);
	return b->question;
}

void brain_spoken(struct brain *b, struct str text, bool whole)
{
	b->ops->spoken(b, text, whole);
}

void brain_guess(struct brain *b, struct str text)
{
	b->ops->guess(b, text);
}

void brain_withdraw(struct brain *b)
{
	b->withdrawn = b->question;
	b->ops->withdraw(b);
}

struct brain *brain_close(struct brain *b)
{
	if (!b)
		return NULL;
	assert(!b->closed);
	b->closed = true;
	b->ops->close(b);
	return NULL;
}

void brain_emit(struct brain *b, const struct brain_act *act)
{
	assert(!b->closed);
	if (act->question == b->question && act->question != b->withdrawn)
		b->sink.on_act(b->sink.arg, act);
}

/* Bytes beyond ASCII belong to words. */
static bool is_word(char c)
{
	c = str_lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

/* The next letter of a word, 0 between two words and at the end; apostrophes are skipped. */
static char next_letter(struct str *s)
{
	while (s->n > 0 && s->p[0] == '\'')
		*s = str_sub(*s, 1, SIZE_MAX);
	if (s->n == 0 || !is_word(s->p[0])) {
		while (s->n > 0 && !is_word(s->p[0]))
			*s = str_sub(*s, 1, SIZE_MAX);
		return 0;
	}
	char c = str_lower(s->p[0]);
	*s = str_sub(*s, 1, SIZE_MAX);
	return c;
}

bool brain_same_words(struct str a, struct str b)
{
	while (a.n > 0 && !is_word(a.p[0]))
		a = str_sub(a, 1, SIZE_MAX);
	while (b.n > 0 && !is_word(b.p[0]))
		b = str_sub(b, 1, SIZE_MAX);
	while (a.n > 0 || b.n > 0)
		if (next_letter(&a) != next_letter(&b))
			return false;
	return true;
}
