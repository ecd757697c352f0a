/* Anthropic Messages: content blocks that are opened, filled and closed. */
#include "vendors/model.h"

struct message {
	struct model model;
	int index;         /* of the block that is open */
	bool opened, tool; /* a block is; it is a tool's */
};

static const struct vendor_rule members[] = {
	{"model", VENDOR_TEXT, VENDOR_MUST},
	{"max_tokens", VENDOR_INT, VENDOR_MUST, 1, 1e6},
	{"messages", VENDOR_LIST, VENDOR_MUST},
	{"stream", VENDOR_BOOL},
	{"system", VENDOR_ANY},
	{"tools", VENDOR_LIST},
	{"tool_choice", VENDOR_MAP},
	{"temperature", VENDOR_NUM, VENDOR_MAY, 0, 1},
	{"top_k", VENDOR_INT, VENDOR_MAY, 0, 500},
	{"top_p", VENDOR_NUM, VENDOR_MAY, 0, 1},
	{"stop_sequences", VENDOR_LIST},
	{"thinking", VENDOR_MAP},
	{"output_config", VENDOR_MAP},
	{"service_tier", VENDOR_TEXT, VENDOR_MAY, 0, 0, "auto|standard_only"},
	{"metadata", VENDOR_MAP},
};

/* ---- errors ---- */

static const char *type_of(int status)
{
	return status == 401   ? "authentication_error"
	       : status == 402 ? "billing_error"
	       : status == 403 ? "permission_error"
	       : status == 404 ? "not_found_error"
	       : status == 413 ? "request_too_large"
	       : status == 429 ? "rate_limit_error"
	       : status == 504 ? "timeout_error"
	       : status == 529 ? "overloaded_error"
	       : status >= 500 ? "api_error"
			       : "invalid_request_error";
}

static void write_error(struct json_out *w, int status, const char *why)
{
	json_str(w, "type", STR("error"));
	json_map(w, "error");
	json_str(w, "type", str_from(type_of(status)));
	json_str(w, "message", str_from(why));
	json_end(w);
	json_str(w, "request_id", STR("req_1"));
}

static void refuse(struct vendor_session *s, int status, const char *why)
{
	vendor_add_header(s, "request-id", "req_1");
	vendor_add_header(s, "x-should-retry", status == 429 || status >= 500 ? "true" : "false");
	vendor_answer_error(s, status, why, write_error);
}

/* ---- what may be asked ---- */

struct waiting {
	struct str ids[32]; /* of tool uses that need their result in the next message */
	unsigned n;
};

static bool answered(struct waiting *w, struct str id)
{
	for (unsigned i = 0; i < w->n; i++)
		if (str_eq(w->ids[i], id)) {
			w->ids[i] = w->ids[--w->n];
			return true;
		}
	return false;
}

static const char *check_use(const struct json *block, struct waiting *next)
{
	struct str id = json_str_or(block, "id", STR(""));

	if (!id.n || !json_str_or(block, "name", STR("")).n ||
	    json_kind(json_find(block, "input")) != JSON_KIND_MAP)
		return "tool_use needs id, name, and input, a map";
	if (next->n < ARRAY_LEN(next->ids))
		next->ids[next->n++] = id;
	return NULL;
}

static const char *check_block(const struct json *block, bool user, struct waiting *w, struct waiting *next)
{
	struct str type = json_str_or(block, "type", STR(""));

	if (str_eq(type, STR("tool_result")))
		return !user ? "tool_result is of a user"
		       : answered(w, json_str_or(block, "tool_use_id", STR("")))
			       ? NULL
			       : "unexpected tool_use_id found in tool_result blocks";
	if (user && w->n)
		return "tool_result blocks must be first, one for each tool_use";
	if (str_eq(type, STR("tool_use")))
		return user ? "tool_use is of an assistant" : check_use(block, next);
	if (str_eq(type, STR("text")))
		return json_str_or(block, "text", STR("")).n ? NULL : "text content blocks must be non-empty";
	return vendor_one_of(type, "image|document|thinking|redacted_thinking")
		       ? NULL
		       : "there is no such content block";
}

static const char *check_content(const struct json *m, bool user, struct waiting *w)
{
	const struct json *content = json_find(m, "content");
	struct waiting next = {.n = 0};
	const char *why = NULL;

	if (json_kind(content) == JSON_KIND_STR) {
		why = json_str_or(content, "", STR("")).n == 0 ? "text content blocks must be non-empty"
							       : NULL;
	} else if (json_count(content) == 0 || json_kind(content) != JSON_KIND_LIST) {
		return "content is a text or a list of blocks";
	}
	for (size_t i = 0; i < json_count(content) && json_kind(content) == JSON_KIND_LIST && !why; i++)
		why = check_block(json_at(content, i), user, w, &next);
	if (!why && w->n)
		why = "tool_use ids were found without tool_result blocks immediately after";
	*w = next;
	return why;
}

static const char *check_messages(const struct json *all)
{
	struct waiting w = {.n = 0};
	const char *why = json_count(all) ? NULL : "messages: at least one message is required";

	for (size_t i = 0; i < json_count(all) && !why; i++) {
		struct str role = json_str_or(json_at(all, i), "role", STR(""));

		if (!vendor_one_of(role, "user|assistant"))
			why = "messages: a role is user or assistant; system is a top-level member";
		else if (i == 0 && !str_eq(role, STR("user")))
			why = "messages: first message must use the user role";
		else
			why = check_content(json_at(all, i), str_eq(role, STR("user")), &w);
	}
	return why ? why : w.n ? "tool_use ids were found without tool_result blocks" : NULL;
}

static const char *check_tools(const struct json *body)
{
	const struct json *tools = json_find(body, "tools"), *system = json_find(body, "system");

	if (json_find(body, "tool_choice") && !json_count(tools))
		return "tool_choice may only be specified while providing tools";
	if (json_find(body, "tool_choice") &&
	    !vendor_one_of(json_str_or(body, "tool_choice/type", STR("")), "auto|any|tool|none"))
		return "tool_choice is auto, any, tool or none";
	for (size_t i = 0; i < json_count(tools); i++)
		if (!json_str_or(json_at(tools, i), "name", STR("")).n ||
		    json_kind(json_find(json_at(tools, i), "input_schema")) != JSON_KIND_MAP)
			return "a tool has a name and an input_schema";
	for (size_t i = 0; i < json_count(system) && json_kind(system) == JSON_KIND_LIST; i++)
		if (!str_eq(json_str_or(json_at(system, i), "type", STR("")), STR("text")) ||
		    !json_str_or(json_at(system, i), "text", STR("")).n)
			return "system is a text or a list of text blocks, none of them empty";
	return NULL;
}

/* ---- what is answered ---- */

static void event_begin(struct json_out *w, struct buf *out, const char *type)
{
	buf_init(out, 1u << 20);
	buf_printf(out, "event: %s\ndata: ", type);
	json_begin(w, out);
	json_map(w, NULL);
	json_str(w, "type", str_from(type));
}

static void event_send(struct vendor_session *s, usec delay, struct json_out *w, struct buf *out)
{
	json_end(w);
	buf_add_str(out, STR("\n\n"));
	vendor_piece(s, delay, buf_str(out));
	buf_fini(out);
}

static void begin_message(struct message *m, struct str name)
{
	struct json_out w;
	struct buf out;

	event_begin(&w, &out, "message_start");
	json_map(&w, "message");
	json_str(&w, "id", STR("msg_1"));
	json_str(&w, "type", STR("message"));
	json_str(&w, "role", STR("assistant"));
	json_str(&w, "model", name);
	json_list(&w, "content");
	json_end(&w);
	json_none(&w, "stop_reason");
	json_map(&w, "usage");
	json_int(&w, "input_tokens", (int64_t)(m->model.in - m->model.cached));
	json_int(&w, "cache_creation_input_tokens", 0);
	json_int(&w, "cache_read_input_tokens", (int64_t)m->model.cached);
	json_int(&w, "output_tokens", 1);
	json_end(&w);
	json_end(&w);
	event_send(m->model.s, 0, &w, &out);
}

static void close_block(struct message *m)
{
	struct json_out w;
	struct buf out;

	if (!m->opened)
		return;
	event_begin(&w, &out, "content_block_stop");
	json_int(&w, "index", m->index++);
	event_send(m->model.s, 0, &w, &out);
	m->opened = false;
}

static void open_block(struct message *m, usec delay, bool tool)
{
	struct json_out w;
	struct buf out;

	if (m->opened && m->tool == tool)
		return;
	close_block(m);
	m->opened = true;
	m->tool = tool;
	event_begin(&w, &out, "content_block_start");
	json_int(&w, "index", m->index);
	json_map(&w, "content_block");
	json_str(&w, "type", tool ? STR("tool_use") : STR("text"));
	if (tool) {
		json_str(&w, "id", STR("toolu_1"));
		json_str(&w, "name", str_from(m->model.answer->tool));
		json_map(&w, "input");
		json_end(&w);
	} else {
		json_str(&w, "text", STR(""));
	}
	json_end(&w);
	event_send(m->model.s, delay, &w, &out);
	if (m->index == 0)
		vendor_piece(m->model.s, 0, STR("event: ping\ndata: {\"type\":\"ping\"}\n\n"));
}

static void delta(struct message *m, usec delay, const char *type, const char *key, struct str value)
{
	struct json_out w;
	struct buf out;

	event_begin(&w, &out, "content_block_delta");
	json_int(&w, "index", m->index);
	json_map(&w, "delta");
	json_str(&w, "type", str_from(type));
	json_str(&w, key, value);
	json_end(&w);
	event_send(m->model.s, delay, &w, &out);
}

static void say(struct model *model, usec delay, struct str token)
{
	struct message *m = CONTAINER_OF(model, struct message, model);
	bool opened = m->opened && !m->tool;

	open_block(m, delay, false);
	delta(m, opened ? delay : 0, "text_delta", "text", token);
}

static void call(struct model *model, usec delay, struct str fragment)
{
	struct message *m = CONTAINER_OF(model, struct message, model);
	bool opened = m->opened && m->tool;

	open_block(m, delay, true);
	delta(m, opened ? delay : 0, "input_json_delta", "partial_json", fragment);
}

static void end_message(struct message *m, const char *reason)
{
	struct vendor_session *s = m->model.s;
	struct json_out w;
	struct buf out;

	close_block(m);
	event_begin(&w, &out, "message_delta");
	json_map(&w, "delta");
	json_str(&w, "stop_reason", str_from(reason));
	json_none(&w, "stop_sequence");
	json_end(&w);
	json_map(&w, "usage");
	json_int(&w, "output_tokens", (int64_t)m->model.out);
	json_end(&w);
	event_send(s, 0, &w, &out);
	vendor_piece(s, 0, STR("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
	vendor_finish(s);
}

static void answer(struct vendor_session *s, const struct json *body)
{
	const struct json *messages = json_find(body, "messages");
	struct message m = {0};
	struct buf heard;
	bool cut;

	buf_init(&heard, 1u << 20);
	model_words(json_find(json_at(messages, json_count(messages) - 1), "content"), &heard);
	model_begin(&m.model, s, buf_str(&heard), vendor_body(s).n);
	buf_fini(&heard);
	vendor_add_header(s, "request-id", "req_%u", vendor_number(s));
	vendor_add_header(s, "anthropic-ratelimit-requests-remaining", "49");
	vendor_begin(s, 200, "text/event-stream; charset=utf-8");
	begin_message(&m, json_str_or(body, "model", STR("")));
	cut = model_stream(&m.model, (uint64_t)json_int_or(body, "max_tokens", 0), say, call);
	if (m.model.answer->tool && !cut && !m.tool)
		open_block(&m, model_token(&m.model), true);
	end_message(&m, cut ? "max_tokens" : m.model.answer->tool ? "tool_use" : "end_turn");
}

static void on_request(struct vendor_session *s)
{
	struct json *body;
	const char *why;
	char text[160];

	if (!str_eq(vendor_header(s, "x-api-key"), vendor_key(s))) {
		vendor_bad(s, 401, "invalid x-api-key");
		return;
	}
	if (!str_eq(vendor_header(s, "anthropic-version"), STR("2023-06-01"))) {
		vendor_bad(s, 400, "anthropic-version: header is required");
		return;
	}
	body = str_istarts(vendor_header(s, "content-type"), STR("application/json"))
		       ? vendor_json(s, vendor_body(s))
		       : NULL;
	if (!body) {
		vendor_bad(s, 400, "The request body is not valid JSON");
		return;
	}
	why = vendor_check_json(s, body, members, ARRAY_LEN(members), text) ? NULL : text;
	why = why ? why : check_messages(json_find(body, "messages"));
	why = why ? why : check_tools(body);
	why = why || json_bool_or(body, "stream", false) ? why : "the simulator only streams";
	if (why)
		vendor_bad(s, 400, why);
	else if (str_starts(json_str_or(body, "model", STR("")), STR("no-such")))
		vendor_bad(s, 404, "model: no-such");
	else
		answer(s, body);
	json_free(body);
}

static void on_fault(struct vendor_session *s)
{
	vendor_piece(s, 0,
		     STR("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
			 "\"message\":\"Overloaded\"}}\n\n"));
	vendor_finish(s);
}

const struct vendor_sim sim_anthropic = {
	.name = "anthropic",
	.path = "/v1/messages",
	.on_request = on_request,
	.on_fault = on_fault,
	.on_refuse = refuse,
};
