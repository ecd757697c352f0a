#include "provider/tts/tts.h"

#include <assert.h>
#include <errno.h>

int tts_open(struct tts *t, const struct tts_ops *ops, const void *config, const struct tts_params *params)
{
	t->ops = ops;
	t->sink = params->sink;
	return ops->open(t, config, params);
}

int tts_say(struct tts *t, uint32_t answer, struct str text)
{
	return answer <= t->cancelled ? -ECANCELED : t->ops->say(t, answer, text);
}

int tts_end(struct tts *t, uint32_t answer)
{
	return answer <= t->cancelled ? -ECANCELED : t->ops->end(t, answer);
}

void tts_cancel(struct tts *t, uint32_t answer)
{
	if (answer <= t->cancelled)
		return;
	t->cancelled = answer;
	t->ops->cancel(t, answer);
}

void tts_close(struct tts *t)
{
	if (!t->ops || t->closed)
		return;
	t->closed = true;
	t->ops->close(t);
}

void tts_emit(struct tts *t, const struct tts_event *ev)
{
	assert(!t->closed);
	if (ev->type == TTS_EV_READY || ev->answer > t->cancelled || ev->dead)
		t->sink.on_event(t->sink.arg, ev);
}
