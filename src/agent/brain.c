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
	if (act->question == b->question)
		b->sink.on_act(b->sink.arg, act);
}
