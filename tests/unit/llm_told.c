#include "llm_told.h"

#include "test.h"

static char told[16384];
static size_t told_n;

static void note(const char *fmt, ...) printf_like(1, 2);

static void note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	told_n += (size_t)vsnprintf(told + told_n, sizeof(told) - told_n, fmt, ap);
	va_end(ap);
}

static void on_fact(void *arg, const struct llm_fact *f)
{
	static const char *const stops[] = {"end", "length", "tool", "refused"};

	switch (f->type) {
	case LLM_FACT_TEXT:
		note("text " STR_FMT "\n", STR_ARG(f->text));
		break;
	case LLM_FACT_TOOL:
		note("%s %lld " STR_FMT " " STR_FMT " " STR_FMT, f->whole ? "whole" : "tool",
		     (long long)f->index, STR_ARG(f->id), STR_ARG(f->name), STR_ARG(f->arguments));
		note(str_empty(f->carry) ? "\n" : " carry " STR_FMT "\n", STR_ARG(f->carry));
		break;
	case LLM_FACT_CARRY:
		note("carry " STR_FMT "\n", STR_ARG(f->text));
		break;
	case LLM_FACT_USAGE:
		note("usage %llu %llu %llu\n", (unsigned long long)f->usage.tokens_in,
		     (unsigned long long)f->usage.tokens_cached, (unsigned long long)f->usage.tokens_out);
		break;
	case LLM_FACT_STOP:
		note("stop %s\n", stops[f->stop]);
		break;
	case LLM_FACT_ERROR:
		note("error %s %lld " STR_FMT "\n", fault_name(llm_sse_fault(arg, f)),
		     (long long)f->retry_after, STR_ARG(f->text));
		break;
	case LLM_FACT_END:
		note("end\n");
		break;
	}
}

static int on_event(void *arg, const struct sse_event *ev)
{
	struct llm_teller tell = {on_fact, arg};

	return llm_sse_read(arg, ev->data, &tell);
}

const char *llm_told(const struct llm_sse_dialect *d, const char *stream)
{
	struct sse s;
	int rc;

	told_n = 0;
	told[0] = '\0';
	sse_init(&s, d->form);
	rc = sse_feed(&s, str_from(stream), on_event, (void *)(uintptr_t)d);
	rc = rc ? rc : sse_end(&s, on_event, (void *)(uintptr_t)d);
	sse_fini(&s);
	if (rc < 0)
		note("= %s", rc == -EBADMSG ? "-EBADMSG" : "?");
	return told;
}

const char *llm_asked(const struct llm_sse_dialect *d, const struct service *s, const struct llm_request *r)
{
	struct buf out;

	buf_init(&out, sizeof(told) - 1);
	CHECK_INT(llm_sse_body(s, d, r, &out), 0);
	str_copy(buf_str(&out), told, sizeof(told));
	buf_fini(&out);
	return told;
}

const char *llm_url(const struct llm_sse_dialect *d, const struct service *s)
{
	struct buf out;

	buf_init(&out, sizeof(told) - 1);
	d->url_of(s, d, &out);
	str_copy(buf_str(&out), told, sizeof(told));
	buf_fini(&out);
	return told;
}

static const struct llm_message messages[] = {
	{LLM_SYSTEM, STR_INIT("Be brief.")},
	{LLM_USER, STR_INIT("Monday?")},
	{LLM_ASSISTANT, STR_INIT("One moment."), STR_INIT("a"), STR_INIT("book"),
	 STR_INIT("{\"day\":\"Mon\"}")},
	{LLM_ASSISTANT, {0}, STR_INIT("b"), STR_INIT("look"), {0}},
	{LLM_USER, STR_INIT("Hello?")},
	{LLM_TOOL, STR_INIT("{\"free\":[9]}"), STR_INIT("b"), STR_INIT("look")},
	{LLM_TOOL, STR_INIT("\"ok\""), STR_INIT("a"), STR_INIT("book")},
	{LLM_ASSISTANT, {0}, STR_INIT("c"), STR_INIT("book"), STR_INIT("{}")},
};

static const struct llm_tool tools[] = {
	{STR_INIT("book"), STR_INIT("Books a day."),
	 STR_INIT("{\"type\":\"object\",\"properties\":{\"day\":{\"type\":\"string\"}}}")},
	{STR_INIT("look"), STR_INIT("Looks."), {0}},
};

const struct llm_request llm_history = {messages, ARRAY_LEN(messages), tools, ARRAY_LEN(tools), 0.5f, 300, 0};
