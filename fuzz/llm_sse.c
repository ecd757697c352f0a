#include "fuzz.h"

#include <assert.h>

#include "provider/llm/llm_calls.h"

static struct llm_calls calls;

static void on_fact(void *arg, const struct llm_fact *f)
{
	int rc = 0;

	assert(f->type <= LLM_FACT_END && f->stop <= LLM_STOP_REFUSED);
	assert(f->type != LLM_FACT_TEXT || f->text.n > 0);
	if (f->type == LLM_FACT_TOOL)
		rc = llm_calls_add(&calls, f);
	else if (f->type == LLM_FACT_CARRY)
		rc = llm_calls_carry(&calls, f->text);
	else if (f->type == LLM_FACT_ERROR)
		(void)llm_sse_fault(arg, f);
	assert(rc <= 0 && calls.count <= LLM_CALLS_MAX);
}

static int on_event(void *arg, const struct sse_event *ev)
{
	struct llm_teller tell = {on_fact, arg};

	return llm_sse_read(arg, ev->data, &tell) < 0;
}

/* What was told goes back to the vendor: a body that is JSON. */
static void answer(const struct llm_sse_dialect *d)
{
	static const struct json_limits wide = {.bytes = LLM_SSE_BODY_MAX, .depth = JSON_DEPTH_MAX};
	struct llm_message m[2 * LLM_CALLS_MAX];
	struct llm_request r = {m, 0, NULL, 0, 0, 0, 0};
	struct buf body, carries[LLM_CALLS_MAX];
	struct service s = {0};
	struct json *doc;

	for (size_t i = 0; i < calls.count; i++) {
		const struct llm_call *c = calls.at[i];
		struct str id = str_from(c->id), name = str_from(c->name);

		buf_init(&carries[i], 2 * LLM_CALL_CARRY_MAX);
		if (c->carry.n > 0)
			buf_printf(&carries[i], "%s:" STR_FMT, d->name, STR_ARG(c->carry));
		m[r.message_count++] = (struct llm_message){
			LLM_ASSISTANT, {0}, id, name, buf_str(&c->arguments), buf_str(&carries[i])};
		m[r.message_count++] = (struct llm_message){LLM_TOOL, STR("{\"a\":1}"), id, name, {0}, {0}};
	}
	buf_init(&body, LLM_SSE_BODY_MAX);
	if (llm_sse_body(&s, d, &r, &body) == 0) {
		assert(json_parse(buf_str(&body), &wide, NULL, &doc) == 0);
		json_free(doc);
	}
	buf_fini(&body);
	for (size_t i = 0; i < calls.count; i++)
		buf_fini(&carries[i]);
}

static void play(const struct llm_sse_dialect *d, struct str text, size_t step)
{
	struct sse s;
	int rc = 0;

	llm_calls_init(&calls);
	sse_init(&s, d->form);
	for (size_t at = 0; rc == 0 && at < text.n; at += step)
		rc = sse_feed(&s, str_sub(text, at, step), on_event, (void *)(uintptr_t)d);
	if (rc == 0 && llm_calls_complete(&calls, 1) == 0)
		answer(d);
	sse_fini(&s);
	llm_calls_fini(&calls);
}

/* The first line names the vendor; the byte behind it is the size of the pieces. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size}, type = str_cut(&text, '\n');
	const struct vendor *v = vendor_find(type, USAGE_LLM);

	if (v && v->llm == &llm_sse_ops && text.n > 0)
		play(v->dialect, str_sub(text, 1, SIZE_MAX), 1 + (unsigned char)text.p[0]);
	return 0;
}
