/* Tools told to a model in words, and called by it in words. */
#include "provider/local/tool_words.h"

#include <errno.h>

#include "test.h"

static const struct llm_tool calendar = {
	STR_INIT("calendar"), STR_INIT("free times"),
	STR_INIT("{\"type\":\"object\",\"properties\":{\"day\":{\"type\":\"string\"}}}")};

TEST(a_model_is_told_of_tools_in_words)
{
	const struct llm_request with = {.tools = &calendar, .tool_count = 1}, without = {0};
	struct buf out;

	buf_init(&out, 4096);
	tool_words_offer(&without, &out);
	CHECK_INT(out.n, 0);
	tool_words_offer(&with, &out);
	CHECK(str_find(buf_str(&out), STR("<tools>\n{\"type\":\"function\",\"function\":{\"name\":"
					  "\"calendar\",\"description\":"
					  "\"free times\",\"parameters\":{\"type\":\"object\",")) < out.n);
	CHECK_INT(out.error, 0);
	buf_fini(&out);
}

TEST(what_a_tool_was_asked_and_said_is_written_down)
{
	static const struct llm_message made = {.role = LLM_ASSISTANT,
						.text = STR_INIT("One moment."),
						.tool_name = STR_INIT("calendar"),
						.arguments = STR_INIT("{\"day\":\"today\"}")},
					silent = {.role = LLM_ASSISTANT, .tool_name = STR_INIT("calendar")},
					result = {.role = LLM_TOOL, .text = STR_INIT("{\"free\":[]}")};
	struct buf out;

	buf_init(&out, 4096);
	tool_words_message(&made, &out);
	CHECK_STR(buf_str(&out),
		  "One moment.\n<tool_call>\n{\"name\":\"calendar\",\"arguments\":{\"day\":\"today\"}}"
		  "\n</tool_call>");
	buf_clear(&out);
	tool_words_message(&silent, &out);
	CHECK_STR(buf_str(&out), "<tool_call>\n{\"name\":\"calendar\",\"arguments\":{}}\n</tool_call>");
	buf_clear(&out);
	tool_words_message(&result, &out);
	CHECK_STR(buf_str(&out), "<tool_response>\n{\"free\":[]}\n</tool_response>");
	buf_fini(&out);
}

/* An answer read in pieces of n bytes: its text, and its calls in [brackets]. */
static void read_in_pieces(struct str answer, size_t n, struct buf *out)
{
	struct tool_reader r;
	struct str what;
	enum tool_read read;

	tool_reader_init(&r);
	for (size_t at = 0; at < answer.n; at += n) {
		CHECK_INT(tool_reader_feed(&r, str_sub(answer, at, n)), 0);
		while ((read = tool_reader_next(&r, at + n >= answer.n, &what)) != TOOL_READ_NOTHING)
			buf_printf(out, read == TOOL_READ_CALL ? "[" STR_FMT "]" : STR_FMT, STR_ARG(what));
	}
	tool_reader_fini(&r);
}

TEST(text_and_calls_are_told_apart_wherever_they_are_cut)
{
	static const struct {
		const char *answer, *told;
	} cases[] = {
		{"At nine.", "At nine."},
		{"a <tool_cal b", "a <tool_cal b"},
		{"a <<tool_call>b</tool_call> c<", "a <[b] c<"},
		{"<tool_call>\n{}\n</tool_call>\n<tool_call>x</tool_call>", "[{}]\n[x]"},
		{"x<tool_call> {\"a\": 1} ", "x[{\"a\": 1}]"},
		{"</tool_call>", "</tool_call>"},
		{"<tool_call>", "[]"},
		{"1 < 2 <tool", "1 < 2 <tool"},
	};
	struct buf out;

	buf_init(&out, 4096);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t n = 1; n <= strlen(cases[i].answer); n++) {
			buf_clear(&out);
			read_in_pieces(str_from(cases[i].answer), n, &out);
			CHECK_STR(buf_str(&out), cases[i].told);
		}
	buf_fini(&out);
}

TEST(a_call_is_a_name_and_an_object)
{
	static const char *const none[] = {"",
					   "calendar",
					   "[]",
					   "{\"arguments\": {}}",
					   "{\"name\": \"\", \"arguments\": {}}",
					   "{\"name\": \"a\"}",
					   "{\"name\": \"a\", \"arguments\": \"{}\"}",
					   "{\"name\": \"a\", \"arguments\": {}"};
	struct buf name, arguments;

	buf_init(&name, 4096);
	buf_init(&arguments, 4096);
	CHECK_INT(tool_words_call(STR("{\"name\": \"a\", \"arguments\": {\"b\": [1]}}"), &name, &arguments),
		  0);
	CHECK_STR(buf_str(&name), "a");
	CHECK_STR(buf_str(&arguments), "{\"b\":[1]}");
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		CHECK_INT(tool_words_call(str_from(none[i]), &name, &arguments), -EBADMSG);
	buf_fini(&name);
	buf_fini(&arguments);
}
