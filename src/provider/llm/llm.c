#include "provider/llm/llm.h"

#include <assert.h>
#include <errno.h>

int llm_open(struct llm *m, const struct llm_ops *ops, const void *config, const struct llm_params *params)
{
	m->ops = ops;
	m->sink = params->sink;
	m->usage = params->usage;
	return ops->open(m, config, params);
}

int llm_ask(struct llm *m, uint32_t request, const struct llm_request *r)
{
	if (request <= m->asked || request <= m->cancelled || r->message_count == 0)
		return -EINVAL;
	m->asked = request;
	return m->ops->ask(m, request, r);
}

void llm_cancel(struct llm *m, uint32_t request)
{
	if (request <= m->cancelled)
		return;
	m->cancelled = request;
	m->ops->cancel(m, request);
}

void llm_close(struct llm *m)
{
	if (!m->ops || m->closed)
		return;
	m->closed = true;
	m->ops->close(m);
}

void llm_emit(struct llm *m, const struct llm_event *ev)
{
	assert(!m->closed);
	if (ev->request > m->cancelled)
		m->sink.on_event(m->sink.arg, ev);
}
