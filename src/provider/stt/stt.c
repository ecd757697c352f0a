#include "provider/stt/stt.h"

#include <assert.h>
#include <errno.h>

int stt_open(struct stt *s, const struct stt_ops *ops, const void *config, const struct stt_params *params)
{
	s->ops = ops;
	s->can = ops->can;
	s->sink = params->sink;
	s->usage = params->usage;
	s->utterance = 1;
	return ops->open(s, config, params);
}

int stt_feed(struct stt *s, usec at, const int16_t *pcm, size_t samples)
{
	return s->dead ? -EPIPE : s->ops->feed(s, at, pcm, samples);
}

void stt_speech(struct stt *s, bool speaking, usec at)
{
	if (!s->dead)
		s->ops->speech(s, speaking, at);
}

int stt_finish(struct stt *s, usec until)
{
	int rc = s->dead ? -EPIPE : s->ops->finish(s, until);

	if (rc == 0)
		s->utterance++;
	return rc;
}

void stt_cancel(struct stt *s)
{
	s->ops->cancel(s);
	s->utterance++;
}

void stt_close(struct stt *s)
{
	if (!s->ops || s->closed)
		return;
	s->closed = true;
	s->ops->close(s);
}

void stt_emit(struct stt *s, const struct stt_event *ev)
{
	assert(!s->closed);
	if (s->dead)
		return;
	s->dead = ev->type == STT_EV_FAULT;
	s->sink.on_event(s->sink.arg, ev);
}
