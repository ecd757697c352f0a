#include "provider/tts/tts.h"

#include <assert.h>
#include <errno.h>

int tts_open(struct tts *t, const struct tts_ops *ops, const void *config, const struct tts_params *params)
{
	t->ops = ops;
	t->can = ops->can;
	t->sink = params->sink;
	t->usage = params->usage;
	return ops->open(t, config, params);
}

/* Whether `bytes` more of the answer may be said. Returns 0, -ECANCELED, -EMSGSIZE, -EPIPE. */
static int admit(struct tts *t, uint32_t answer, size_t bytes)
{
	if (t->dead)
		return -EPIPE;
	if (answer <= t->cancelled || answer < t->answer || (answer == t->answer && t->ended))
		return -ECANCELED;
	if (answer > t->answer) {
		t->answer = answer;
		t->text_bytes = 0;
		t->ended = false;
	}
	if (bytes > TTS_TEXT_MAX - t->text_bytes)
		return -EMSGSIZE;
	t->text_bytes += bytes;
	return 0;
}

int tts_say(struct tts *t, uint32_t answer, struct str text)
{
	int rc = admit(t, answer, text.n);

	return rc < 0 ? rc : t->ops->say(t, answer, text);
}

int tts_end(struct tts *t, uint32_t answer)
{
	int rc = admit(t, answer, 0);

	if (rc < 0)
		return rc;
	t->ended = true;
	return t->ops->end(t, answer);
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
	if (t->dead)
		return;
	t->dead = ev->dead;
	if (ev->type == TTS_EV_FAULT && ev->answer == t->answer)
		t->ended = true;
	if (ev->type == TTS_EV_READY || ev->answer > t->cancelled || ev->dead)
		t->sink.on_event(t->sink.arg, ev);
}
