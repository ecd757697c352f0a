#include "fake_llm.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/live.h"

#define BYTES_PER_TOKEN 4

LIVE_DEFINE(fake_llm);

static void on_step(struct timer *timer);
static void on_stalled(struct timer *timer);

static struct fake_llm *of(struct llm *m)
{
	return CONTAINER_OF(m, struct fake_llm, llm);
}

static void begin(struct fake_llm *m)
{
	usec now = loop_now(m->loop), limit = m->waiting[0].first_token_due;

	m->next = 0;
	m->tokens_out = 0;
	m->steps = m->config->steps;
	if (m->config->answers)
		m->steps = m->config->answers[MIN(m->begun, m->config->answer_count - 1)];
	m->begun++;
	timer_start(&m->step, m->loop, now + m->steps[0].after, on_step);
	if (limit > 0)
		timer_start(&m->stalled, m->loop, limit, on_stalled);
}

/* Only the first has been read and thought about. */
static void report(struct fake_llm *m, enum usage_end end)
{
	struct usage u = {.kind = USAGE_LLM,
			  .end = end,
			  .service = str_from(m->config->service ? m->config->service : "fake"),
			  .type = STR("fake"),
			  .model = STR("script"),
			  .work = m->waiting[0].number};

	u.amount[USAGE_REQUESTS] = 1;
	u.amount[USAGE_TOKENS_IN] = m->waiting[0].tokens_in;
	u.amount[USAGE_TOKENS_OUT] = m->tokens_out;
	usage_tell(&m->llm.usage, &u);
}

/* The first n requests are over. */
static void drop(struct fake_llm *m, size_t n, enum usage_end end)
{
	if (n == 0)
		return;
	report(m, end);
	timer_stop(&m->step);
	timer_stop(&m->stalled);
	m->n -= n;
	memmove(m->waiting, m->waiting + n, m->n * sizeof(m->waiting[0]));
	if (m->n > 0)
		begin(m);
}

static void on_stalled(struct timer *timer)
{
	struct fake_llm *m = CONTAINER_OF(timer, struct fake_llm, stalled);
	struct llm_event ev = {.type = LLM_EV_FAULT, .request = m->waiting[0].number, .fault = FAULT_STALLED};

	drop(m, 1, USAGE_FAILED);
	llm_emit(&m->llm, &ev);
}

static void say(struct fake_llm *m, const struct fake_llm_step *step, struct llm_event *ev)
{
	ev->type = LLM_EV_TEXT;
	ev->text = str_from(step->text);
	m->tokens_out += (ev->text.n + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
	llm_emit(&m->llm, ev);
}

static void call(struct fake_llm *m, const struct fake_llm_step *step, struct llm_event *ev)
{
	char id[24];

	snprintf(id, sizeof(id), "call_%u", ++m->calls);
	ev->type = LLM_EV_TOOL;
	ev->tool_id = str_from(id);
	ev->tool_name = str_from(step->tool);
	ev->arguments = str_from(step->text);
	m->tokens_out += (ev->arguments.n + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
	llm_emit(&m->llm, ev);
}

static void stop(struct fake_llm *m, const struct fake_llm_step *step, struct llm_event *ev)
{
	ev->type = step->does == FAKE_LLM_FAILS ? LLM_EV_FAULT : LLM_EV_DONE;
	ev->text = str_from(step->text ? step->text : "");
	ev->stop = step->stop;
	ev->fault = step->fault;
	ev->retry_after = step->retry_after;
	ev->usage = (struct llm_usage){.tokens_in = m->waiting[0].tokens_in, .tokens_out = m->tokens_out};
	drop(m, 1, step->does == FAKE_LLM_FAILS ? USAGE_FAILED : USAGE_DONE);
	llm_emit(&m->llm, ev);
}

/* The next step is ordered before this one is told: the sink may cancel or close. */
static void on_step(struct timer *timer)
{
	struct fake_llm *m = CONTAINER_OF(timer, struct fake_llm, step);
	const struct fake_llm_step *step = &m->steps[m->next++];
	struct llm_event ev = {.request = m->waiting[0].number};

	if (step->does == FAKE_LLM_SAYS || step->does == FAKE_LLM_CALLS) {
		timer_start(&m->step, m->loop, loop_now(m->loop) + step[1].after, on_step);
		timer_stop(&m->stalled);
	}
	switch (step->does) {
	case FAKE_LLM_SAYS:
		say(m, step, &ev);
		return;
	case FAKE_LLM_CALLS:
		call(m, step, &ev);
		return;
	case FAKE_LLM_STOPS:
	case FAKE_LLM_FAILS:
		stop(m, step, &ev);
		return;
	case FAKE_LLM_STALLS:
		return;
	}
}

static int op_open(struct llm *llm, const void *config, const struct llm_params *params)
{
	struct fake_llm *m = of(llm);

	m->config = config;
	m->loop = params->loop;
	live_up(&live_fake_llm);
	return 0;
}

static void log_request(struct fake_llm *m, const struct llm_request *r)
{
	static const char *const who[] = {"system", "caller", "agent", "result"};
	struct buf *log = m->config->log;

	if (!log)
		return;
	buf_add_str(log, STR("request\n"));
	for (size_t i = 0; i < r->message_count; i++) {
		const struct llm_message *g = &r->messages[i];

		if (!str_empty(g->text))
			buf_printf(log, "%s " STR_FMT "\n", who[g->role], STR_ARG(g->text));
		if (g->role == LLM_ASSISTANT && !str_empty(g->tool_id))
			buf_printf(log, "call " STR_FMT " " STR_FMT "\n", STR_ARG(g->tool_name),
				   STR_ARG(g->arguments));
	}
}

static int op_ask(struct llm *llm, uint32_t request, const struct llm_request *r)
{
	struct fake_llm *m = of(llm);
	struct fake_llm_request *q = &m->waiting[m->n];

	if (m->config->refuses < 0)
		return m->config->refuses;
	if (m->n == FAKE_LLM_WAITING_MAX)
		return -EBUSY;
	log_request(m, r);
	*q = (struct fake_llm_request){.number = request};
	for (size_t i = 0; i < r->message_count; i++)
		q->tokens_in += r->messages[i].text.n / BYTES_PER_TOKEN + 1;
	if (r->first_token_limit > 0)
		q->first_token_due = loop_now(m->loop) + r->first_token_limit;
	if (m->n++ == 0)
		begin(m);
	return 0;
}

static void op_cancel(struct llm *llm, uint32_t request)
{
	struct fake_llm *m = of(llm);
	size_t n = 0;

	while (n < m->n && m->waiting[n].number <= request)
		n++;
	if (n > 0 && m->config->log)
		buf_add_str(m->config->log, STR("cancelled\n"));
	if (n > 0 && m->config->cancelled_at)
		*m->config->cancelled_at = loop_now(m->loop);
	drop(m, n, USAGE_CANCELLED);
}

static void op_close(struct llm *llm)
{
	struct fake_llm *m = of(llm);

	timer_stop(&m->step);
	timer_stop(&m->stalled);
	if (m->n > 0)
		report(m, USAGE_CANCELLED);
	live_down(&live_fake_llm);
}

const struct llm_ops fake_llm_ops = {
	.name = "fake",
	.can = LLM_TOOLS | LLM_LOCAL,
	.state_size = sizeof(struct fake_llm),
	.open = op_open,
	.ask = op_ask,
	.cancel = op_cancel,
	.close = op_close,
};
