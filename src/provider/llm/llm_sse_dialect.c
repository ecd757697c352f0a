#include <errno.h>

#include "net/http_status.h"
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

void llm_tell_reason(const struct llm_teller *tell, const struct llm_sse_reason *rows, struct str reason)
{
	while (rows->word && !str_eq(reason, str_from(rows->word)))
		rows++;
	if (!str_empty(reason))
		llm_tell_stop(tell, rows->stop);
}

static int tell_carry(const struct llm_teller *tell, struct buf *text, size_t cut)
{
	int rc = text->error;

	if (rc == 0 && text->n > 2 * cut)
		llm_tell(tell, &(struct llm_fact){.type = LLM_FACT_CARRY,
						  .text = {text->p + cut, text->n - 2 * cut}});
	buf_fini(text);
	return rc;
}

int llm_tell_carry_text(const struct llm_teller *tell, struct str text)
{
	struct buf quoted;

	buf_init(&quoted, SSE_EVENT_MAX);
	json_quote(&quoted, text);
	return tell_carry(tell, &quoted, 1);
}

int llm_tell_carry_value(const struct llm_teller *tell, const struct json *value)
{
	struct buf text;

	buf_init(&text, SSE_EVENT_MAX);
	(void)!llm_json_text(value, &text); /* its error stays in the buffer */
	buf_add_char(&text, ',');
	return tell_carry(tell, &text, 0);
}

uint64_t llm_tokens(const struct json *node, const char *path)
{
	return (uint64_t)MAX(json_int_or(node, path, 0), 0);
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

/* NULL when message `i` is no call or has no result. */
static const struct llm_message *result_of(const struct llm_request *r, size_t i)
{
	const struct llm_message *call = &r->messages[i];

	if (!is_call(call))
		return NULL;
	while (++i < r->message_count)
		if (r->messages[i].role == LLM_TOOL && str_eq(r->messages[i].tool_id, call->tool_id))
			return &r->messages[i];
	return NULL;
}

typedef void part_fn(void *arg, enum llm_part_type type, const struct llm_message *m);

/* The agent's messages from `from` to `to`: what they carry, their words and calls, the results. */
static void tell_turn(const struct llm_request *r, size_t from, size_t to, part_fn *fn, void *arg)
{
	for (size_t i = from; i < to; i++)
		if (result_of(r, i) && !str_empty(r->messages[i].carry))
			fn(arg, LLM_PART_CARRY, &r->messages[i]);
	for (size_t i = from; i < to; i++) {
		if (!str_empty(r->messages[i].text))
			fn(arg, LLM_PART_AGENT, &r->messages[i]);
		if (result_of(r, i))
			fn(arg, LLM_PART_CALL, &r->messages[i]);
	}
	for (size_t i = from; i < to; i++)
		if (result_of(r, i))
			fn(arg, LLM_PART_RESULT, result_of(r, i));
}

void llm_sse_parts(const struct llm_request *r, part_fn *fn, void *arg)
{
	for (size_t i = 0; i < r->message_count; i++) {
		const struct llm_message *m = &r->messages[i];
		size_t from = i;

		if (m->role == LLM_ASSISTANT) {
			while (i + 1 < r->message_count && r->messages[i + 1].role == LLM_ASSISTANT)
				i++;
			tell_turn(r, from, i + 1, fn, arg);
		} else if (m->role != LLM_TOOL && !str_empty(m->text)) {
			fn(arg, m->role == LLM_USER ? LLM_PART_CALLER : LLM_PART_SYSTEM, m);
		}
	}
}

/* The agent's words or none come first: nobody has called yet, so to speak. */
static bool agent_begins(const struct llm_request *r)
{
	for (size_t i = 0; i < r->message_count; i++) {
		const struct llm_message *m = &r->messages[i];

		if (m->role == LLM_USER && !str_empty(m->text))
			return false;
		if (m->role == LLM_ASSISTANT && (!str_empty(m->text) || result_of(r, i)))
			return true;
	}
	return true;
}

void llm_sse_parts_from_caller(const struct llm_request *r, part_fn *fn, void *arg)
{
	static const struct llm_message opening = {LLM_USER, STR_INIT("(The call is connected.)")};

	if (agent_begins(r))
		fn(arg, LLM_PART_CALLER, &opening);
	llm_sse_parts(r, fn, arg);
}

void llm_turns_end(struct llm_turns *t)
{
	if (!t->role)
		return;
	json_end(t->w);
	json_end(t->w);
	t->role = NULL;
}

void llm_turns_go_on(struct llm_turns *t, const char *role)
{
	if (t->role == role)
		return;
	llm_turns_end(t);
	t->role = role;
	json_map(t->w, NULL);
	json_str(t->w, "role", str_from(role));
	json_list(t->w, t->parts);
}

/* "name:" and what the dialect told. */
struct str llm_sse_carry(const struct llm_sse_dialect *d, const struct llm_message *m)
{
	struct str rest = m->carry;

	return str_eq(str_cut(&rest, ':'), str_from(d->name)) ? rest : STR("");
}

/* To be freed; NULL when there are none. */
static struct json *read_carried(const struct llm_sse_dialect *d, const struct llm_message *m)
{
	static const struct json_limits limits = {.bytes = LLM_SSE_BODY_MAX, .depth = 32};
	struct str values = llm_sse_carry(d, m);
	struct json *list = NULL;
	struct buf text;
	int rc = -ENOENT;

	if (!str_ends(values, STR(",")))
		return NULL;
	buf_init(&text, LLM_SSE_BODY_MAX);
	buf_add_char(&text, '[');
	buf_add_str(&text, str_sub(values, 0, values.n - 1));
	buf_add_char(&text, ']');
	if (text.error == 0)
		rc = json_parse(buf_str(&text), &limits, NULL, &list);
	buf_fini(&text);
	return rc < 0 ? NULL : list;
}

void llm_sse_write_carried(struct json_out *w, const struct llm_sse_dialect *d, const struct llm_message *m)
{
	struct json *values = read_carried(d, m);

	for (size_t i = 0; i < json_count(values); i++)
		json_node(w, NULL, json_at(values, i));
	json_free(values);
}

bool llm_sse_has_system(const struct llm_request *r)
{
	for (size_t i = 0; i < r->message_count; i++)
		if (r->messages[i].role == LLM_SYSTEM && !str_empty(r->messages[i].text))
			return true;
	return false;
}

static void add_system(void *arg, enum llm_part_type type, const struct llm_message *m)
{
	struct buf *out = arg;

	if (type != LLM_PART_SYSTEM)
		return;
	if (out->n > 0)
		buf_add_str(out, STR("\n\n"));
	buf_add_str(out, m->text);
}

void llm_sse_system(struct json_out *w, const char *key, const struct llm_request *r)
{
	struct buf text;

	buf_init(&text, LLM_SSE_BODY_MAX);
	llm_sse_parts(r, add_system, &text);
	if (text.n > 0)
		json_str(w, key, buf_str(&text));
	if (text.error && !w->out->error)
		w->out->error = text.error;
	buf_fini(&text);
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
