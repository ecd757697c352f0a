#include "agent/flow_model.h"

#include <assert.h>
#include <errno.h>

#include "base/mem.h"

static void on_timer(struct timer *t)
{
	struct flow_model *m = CONTAINER_OF(t, struct flow_model, timer);
	struct str answer = m->answer.error ? STR("") : str_trim(buf_str(&m->answer));

	m->asking = false;
	llm_cancel(m->llm, m->asked); /* harmless for one that has ended */
	m->on_answer(m, answer);
}

static void finish(struct flow_model *m)
{
	timer_start(&m->timer, m->loop, loop_now(m->loop), on_timer);
}

static void on_event(void *arg, const struct llm_event *ev)
{
	struct flow_model *m = arg;

	if (!m->asking || ev->request != m->asked)
		return;
	if (ev->type == LLM_EV_TEXT)
		buf_add_str(&m->answer, ev->text);
	if (ev->type == LLM_EV_FAULT)
		buf_clear(&m->answer);
	if (ev->type == LLM_EV_FAULT || ev->type == LLM_EV_DONE)
		finish(m);
}

/* Half an answer is none. */
static void on_limit(struct timer *t)
{
	buf_clear(&CONTAINER_OF(t, struct flow_model, timer)->answer);
	on_timer(t);
}

int flow_model_open(struct flow_model *m, const struct llm_ops *ops, const void *config, struct loop *loop,
		    const struct usage_sink *usage)
{
	struct llm_params params = {.loop = loop, .sink = {on_event, m}, .usage = *usage};

	if (!ops)
		return 0;
	m->loop = loop;
	buf_init(&m->answer, FLOW_MODEL_BYTES);
	m->llm = mem_zalloc(ops->state_size);
	if (!m->llm)
		return -ENOMEM;
	int rc = llm_open(m->llm, ops, config, &params);
	if (rc < 0)
		m->llm = mem_free(m->llm);
	return rc;
}

void flow_model_close(struct flow_model *m)
{
	if (!m->llm)
		return;
	flow_model_cancel(m);
	llm_close(m->llm);
	m->llm = mem_free(m->llm);
	buf_fini(&m->answer);
}

bool flow_model_ask(struct flow_model *m, struct str system, struct str question, unsigned tokens_max)
{
	struct llm_message messages[] = {{.role = LLM_SYSTEM, .text = system},
					 {.role = LLM_USER, .text = question}};
	struct llm_request r = {.messages = messages,
				.message_count = ARRAY_LEN(messages),
				.temperature = 0,
				.tokens_max = tokens_max,
				.first_token_limit = FLOW_MODEL_LIMIT};

	assert(!m->asking);
	if (!m->llm || llm_ask(m->llm, ++m->asked, &r) < 0)
		return false;
	buf_clear(&m->answer);
	m->asking = true;
	timer_start(&m->timer, m->loop, loop_now(m->loop) + FLOW_MODEL_LIMIT, on_limit);
	return true;
}

void flow_model_cancel(struct flow_model *m)
{
	if (!m->asking)
		return;
	m->asking = false;
	timer_stop(&m->timer);
	llm_cancel(m->llm, m->asked);
}
