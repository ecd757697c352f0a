#include "provider/local/tool_words.h"

#include <errno.h>

#include "base/json.h"
#include "provider/llm/llm_sse.h"

#define OPENS  STR("<tool_call>")
#define CLOSES STR("</tool_call>")

/* ---- writing ---- */

static void write_tool(const struct llm_tool *t, struct buf *out)
{
	struct json_out w;

	json_begin(&w, out);
	json_map(&w, NULL);
	json_str(&w, "type", STR("function"));
	json_map(&w, "function");
	json_str(&w, "name", t->name);
	json_str(&w, "description", t->description);
	json_raw(&w, "parameters", llm_sse_schema(t));
	json_end(&w);
	json_end(&w);
	buf_add_char(out, '\n');
}

void tool_words_offer(const struct llm_request *r, struct buf *out)
{
	if (r->tool_count == 0)
		return;
	buf_add_str(out, STR("# Tools\n\nYou may call these functions:\n<tools>\n"));
	for (size_t i = 0; i < r->tool_count; i++)
		write_tool(&r->tools[i], out);
	buf_add_str(out,
		    STR("</tools>\n\nTo call one, write its name and arguments as JSON between these marks:\n"
			"<tool_call>\n{\"name\": <name>, \"arguments\": <object>}\n</tool_call>\n\n"));
}

static void write_call(const struct llm_message *m, struct buf *out)
{
	struct json_out w;

	buf_add_str(out, str_empty(m->text) ? STR("") : STR("\n"));
	buf_add_str(out, STR("<tool_call>\n"));
	json_begin(&w, out);
	json_map(&w, NULL);
	json_str(&w, "name", m->tool_name);
	json_raw(&w, "arguments", llm_sse_arguments(m));
	json_end(&w);
	buf_add_str(out, STR("\n</tool_call>"));
}

void tool_words_message(const struct llm_message *m, struct buf *out)
{
	if (m->role == LLM_TOOL)
		buf_add_str(out, STR("<tool_response>\n"));
	buf_add_str(out, m->text);
	if (m->role == LLM_TOOL)
		buf_add_str(out, STR("\n</tool_response>"));
	if (m->role == LLM_ASSISTANT && !str_empty(m->tool_name))
		write_call(m, out);
}

/* ---- reading ---- */

void tool_reader_init(struct tool_reader *r)
{
	*r = (struct tool_reader){0};
	buf_init(&r->text, TOOL_WORDS_CALL_MAX);
}

void tool_reader_fini(struct tool_reader *r)
{
	buf_fini(&r->text);
}

void tool_reader_clear(struct tool_reader *r)
{
	buf_clear(&r->text);
	r->passed = 0;
	r->inside = false;
}

static void forget_passed(struct tool_reader *r)
{
	buf_consume(&r->text, r->passed);
	r->passed = 0;
}

int tool_reader_feed(struct tool_reader *r, struct str piece)
{
	forget_passed(r);
	buf_add_str(&r->text, piece);
	return r->text.error;
}

/* How much of the text's end may be the beginning of a mark. */
static size_t may_open(struct str text, struct str mark)
{
	size_t n = MIN(text.n, mark.n - 1);

	while (n > 0 && !str_eq(str_sub(text, text.n - n, n), str_sub(mark, 0, n)))
		n--;
	return n;
}

static enum tool_read next_text(struct tool_reader *r, bool end, struct str *ret_what)
{
	struct str all = buf_str(&r->text);
	size_t at = str_find(all, OPENS);

	if (at == 0 && all.n > 0) {
		r->inside = true;
		r->passed = OPENS.n;
		return TOOL_READ_NOTHING;
	}
	if (at == all.n && !end)
		at -= may_open(all, OPENS);
	*ret_what = str_sub(all, 0, at);
	r->passed = at;
	return at > 0 ? TOOL_READ_TEXT : TOOL_READ_NOTHING;
}

static enum tool_read next_call(struct tool_reader *r, bool end, struct str *ret_what)
{
	struct str all = buf_str(&r->text);
	size_t at = str_find(all, CLOSES);

	if (at == all.n && !end)
		return TOOL_READ_NOTHING;
	*ret_what = str_trim(str_sub(all, 0, at));
	r->passed = MIN(all.n, at + CLOSES.n);
	r->inside = false;
	return TOOL_READ_CALL;
}

enum tool_read tool_reader_next(struct tool_reader *r, bool end, struct str *ret_what)
{
	enum tool_read read = TOOL_READ_NOTHING;

	forget_passed(r);
	if (!r->inside)
		read = next_text(r, end, ret_what);
	if (read != TOOL_READ_NOTHING || !r->inside)
		return read;
	forget_passed(r);
	return next_call(r, end, ret_what);
}

int tool_words_call(struct str call, struct buf *name, struct buf *arguments)
{
	const struct json *object;
	struct json *doc = NULL;
	struct str word;
	int rc = json_parse(call, NULL, NULL, &doc);

	if (rc < 0)
		return rc == -ENOMEM ? rc : -EBADMSG;
	word = json_str_or(doc, "name", STR(""));
	object = json_find(doc, "arguments");
	buf_clear(name);
	buf_add_str(name, word);
	if (json_kind(object) == JSON_KIND_MAP)
		rc = llm_json_text(object, arguments);
	else
		rc = -EBADMSG;
	if (rc == 0 && str_empty(word))
		rc = -EBADMSG;
	json_free(doc);
	return rc < 0 ? rc : name->error;
}
