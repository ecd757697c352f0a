#include "agent/model_round.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

void model_round_init(struct model_round *r)
{
	*r = (struct model_round){.with = NULL};
	buf_init(&r->text, MODEL_ROUND_TEXT_MAX);
}

void model_round_drop(struct model_round *r)
{
	if (r->with && !r->ended)
		llm_cancel(r->with->llm, r->number);
	for (size_t i = 0; i < r->call_count; i++)
		r->calls[i].texts = mem_free(r->calls[i].texts);
	r->with = NULL;
	r->secret = r->ended = false;
	r->fault = FAULT_NONE;
	r->stop = LLM_STOP_END;
	r->told = r->call_count = r->next_call = 0;
	buf_clear(&r->text);
}

void model_round_fini(struct model_round *r)
{
	model_round_drop(r);
	buf_fini(&r->text);
}

int model_round_ask(struct model_round *r, struct model_session *with, const struct llm_request *request)
{
	model_round_drop(r);
	r->number = ++with->asked;
	int rc = llm_ask(with->llm, r->number, request);
	if (rc == 0)
		r->with = with;
	return rc;
}

static struct str copy(struct str s, char *to)
{
	if (s.n > 0)
		memcpy(to, s.p, s.n);
	return (struct str){to, s.n};
}

static void take_call(struct model_round *r, const struct llm_event *ev)
{
	struct model_call *c = &r->calls[r->call_count];

	if (r->call_count == MODEL_ROUND_CALLS_MAX)
		return;
	str_copy(ev->tool_id, c->id, sizeof(c->id));
	str_copy(ev->tool_name, c->name, sizeof(c->name));
	c->texts = mem_alloc(ev->arguments.n + ev->carry.n + 1);
	if (!c->texts) {
		r->text.error = -ENOMEM;
		return;
	}
	c->arguments = copy(ev->arguments, c->texts);
	c->carry = copy(ev->carry, c->texts + ev->arguments.n);
	r->call_count++;
}

/* What there was no memory for is a fault of the round's: half an answer would be said as if it were whole.
 */
static void end(struct model_round *r, const struct llm_event *ev)
{
	r->ended = true;
	r->stop = ev->stop;
	r->fault = ev->type == LLM_EV_FAULT ? ev->fault : FAULT_NONE;
	if (r->text.error == -ENOMEM)
		r->fault = FAULT_OVERLOAD;
}

bool model_round_take(struct model_round *r, const struct model_session *from, const struct llm_event *ev)
{
	if (r->with != from || r->number != ev->request || r->ended)
		return false;
	switch (ev->type) {
	case LLM_EV_TEXT:
		buf_add_str(&r->text, ev->text);
		break;
	case LLM_EV_TOOL:
		take_call(r, ev);
		break;
	case LLM_EV_DONE:
	case LLM_EV_FAULT:
		end(r, ev);
		break;
	case LLM_EV_COUNT_:
		break;
	}
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* What broke off in the middle of a word is not said. */
struct str model_round_words(struct model_round *r)
{
	bool whole = r->ended && r->fault == FAULT_NONE;
	struct str rest = str_sub(buf_str(&r->text), r->told, SIZE_MAX);
	size_t n = rest.n;

	while (n > 0 && !whole && !is_blank(rest.p[n - 1]))
		n--;
	r->told += n;
	return str_trim(str_sub(rest, 0, n));
}
