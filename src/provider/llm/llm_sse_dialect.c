#include <errno.h>

#include "net/http_client.h"
#include "provider/llm/llm_sse.h"

#define WINDOW 8192 /* of a model that nobody has said anything about */

void llm_tell(const struct llm_teller *tell, const struct llm_fact *fact)
{
	tell->on_fact(tell->arg, fact);
}

void llm_tell_text(const struct llm_teller *tell, struct str piece)
{
	if (!str_empty(piece))
		llm_tell(tell, &(struct llm_fact){.type = LLM_FACT_TEXT, .text = piece});
}

void llm_tell_stop(const struct llm_teller *tell, enum llm_stop stop)
{
	llm_tell(tell, &(struct llm_fact){.type = LLM_FACT_STOP, .stop = stop});
}

void llm_tell_end(const struct llm_teller *tell)
{
	llm_tell(tell, &(struct llm_fact){.type = LLM_FACT_END});
}

int llm_json_text(const struct json *node, struct buf *out)
{
	struct json_out w;

	buf_clear(out);
	json_begin(&w, out);
	json_node(&w, NULL, node);
	return out->error;
}

/* ---- the service ---- */

bool llm_sse_is_set(const struct service *s, const char *member)
{
	static const char none[] = "";

	return service_extra(s, member, (struct str){none, 0}).p != none;
}

struct str llm_sse_model(const struct service *s, const struct llm_sse_dialect *d)
{
	return service_or(s->model, d->model);
}

size_t llm_sse_window(const struct service_use *use)
{
	const struct llm_sse_dialect *d = use->dialect;

	if (use->service->window > 0)
		return (size_t)use->service->window;
	return d->window ? d->window : WINDOW;
}

/* ---- the history ---- */

static bool is_call(const struct llm_message *m)
{
	return m->role == LLM_ASSISTANT && !str_empty(m->tool_name);
}

const struct llm_message *llm_sse_result(const struct llm_request *r, size_t i)
{
	const struct llm_message *call = &r->messages[i];

	if (!is_call(call))
		return NULL;
	while (++i < r->message_count)
		if (r->messages[i].role == LLM_TOOL && str_eq(r->messages[i].tool_id, call->tool_id))
			return &r->messages[i];
	return NULL;
}

bool llm_sse_is_said(const struct llm_request *r, size_t i)
{
	const struct llm_message *m = &r->messages[i];

	if (m->role == LLM_TOOL)
		return false;
	return !str_empty(m->text) || llm_sse_result(r, i) != NULL;
}

size_t llm_sse_turn_end(const struct llm_request *r, size_t i)
{
	while (i < r->message_count && r->messages[i].role == LLM_ASSISTANT)
		i++;
	return i;
}

/* "name:" and what the dialect told. */
struct str llm_sse_carry(const struct llm_sse_dialect *d, const struct llm_message *m)
{
	struct str rest = m->carry;

	return str_eq(str_cut(&rest, ':'), str_from(d->name)) ? rest : STR("");
}

void llm_sse_system(const struct llm_request *r, struct buf *out)
{
	for (size_t i = 0; i < r->message_count; i++) {
		if (r->messages[i].role != LLM_SYSTEM || str_empty(r->messages[i].text))
			continue;
		if (out->n > 0)
			buf_add_str(out, STR("\n\n"));
		buf_add_str(out, r->messages[i].text);
	}
}

struct str llm_sse_arguments(const struct llm_message *m)
{
	return str_empty(m->arguments) ? STR("{}") : m->arguments;
}

struct str llm_sse_schema(const struct llm_tool *t)
{
	return str_empty(t->schema) ? STR("{\"type\":\"object\",\"properties\":{}}") : t->schema;
}

/* ---- requests and events ---- */

int llm_sse_body(const struct service *s, const struct llm_sse_dialect *d, const struct llm_request *r,
		 struct buf *out)
{
	struct json_out w;

	json_begin(&w, out);
	json_map(&w, NULL);
	d->body(s, d, r, &w);
	service_extra_json(s, &w);
	json_end(&w);
	return out->error;
}

int llm_sse_read(const struct llm_sse_dialect *d, struct str event, const struct llm_teller *tell)
{
	struct json *doc;
	int rc;

	if (d->done && str_eq(event, str_from(d->done))) {
		llm_tell_end(tell);
		return 0;
	}
	rc = json_parse(event, NULL, NULL, &doc);
	if (rc < 0)
		return rc == -ENOMEM ? rc : -EBADMSG;
	rc = json_kind(doc) == JSON_KIND_MAP ? d->read(d, doc, tell) : -EBADMSG;
	json_free(doc);
	return rc;
}

enum fault llm_sse_fault(const struct llm_sse_dialect *d, const struct llm_fact *error)
{
	for (const struct llm_sse_code *c = d->codes; c && c->word; c++)
		if (str_ihas(error->code, str_from(c->word)) || str_ihas(error->text, str_from(c->word)))
			return c->fault;
	return error->status ? http_status_fault(error->status) : FAULT_NONE;
}
