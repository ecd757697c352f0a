/* Each vector is fed whole, in two parts cut at every byte, and byte by byte: the events are the same. */
#include "base/mem.h"
#include "test.h"
#include "wire/sse.h"

#define TOLD_MAX 4096

struct told {
	char text[TOLD_MAX]; /* "name=data|name=data|" */
	size_t n;
	int stop_after; /* 0 = never */
};

static int on_event(void *arg, const struct sse_event *ev)
{
	struct told *t = arg;

	t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n, STR_FMT "=" STR_FMT "|",
				 STR_ARG(ev->name), STR_ARG(ev->data));
	return t->stop_after > 0 && --t->stop_after == 0 ? 7 : 0;
}

/* In pieces of `step` bytes, the first of them `first`. */
static int feed(enum sse_form form, struct str text, size_t first, size_t step, struct told *ret_told)
{
	struct sse s;
	int rc = 0;

	*ret_told = (struct told){.n = 0};
	sse_init(&s, form);
	for (size_t at = 0, n = first; rc == 0 && at < text.n; at += n, n = step)
		rc = sse_feed(&s, str_sub(text, at, n), on_event, ret_told);
	rc = rc ? rc : sse_end(&s, on_event, ret_told);
	sse_fini(&s);
	return rc;
}

static void cut_everywhere(enum sse_form form, const char *vector, const char *want)
{
	struct str text = str_from(vector);
	struct told told;

	for (size_t cut = 0; cut <= text.n; cut++) {
		CHECK_INT(feed(form, text, MAX(cut, 1u), text.n, &told), 0);
		CHECK_STR(((struct str){told.text, told.n}), want);
	}
	CHECK_INT(feed(form, text, 1, 1, &told), 0);
	CHECK_STR(((struct str){told.text, told.n}), want);
}

static const struct {
	const char *text, *want;
} events[] = {
	{"data: {\"a\":1}\n\ndata: [DONE]\n\n", "message={\"a\":1}|message=[DONE]|"},
	{"event: ping\ndata: {}\n\n", "ping={}|"},
	{"event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n", "a=1|message=2|"},
	{"data: 1\r\rdata: 2\r\r", "message=1|message=2|"},
	{"data: 1\r\n\ndata: 2\n\r\n", "message=1|message=2|"},
	{"\xef\xbb\xbf"
	 "data: bom\n\n",
	 "message=bom|"},
	{": a comment\n\n:\n: OPENROUTER PROCESSING\n\ndata: x\n\n", "message=x|"},
	/* the standard's own examples */
	{"data: YHOO\ndata: +2\ndata: 10\n\n", "message=YHOO\n+2\n10|"},
	{": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
	 "message=first event|message=second event|"},
	{"data\n\ndata\ndata\n\ndata:", "message=|message=\n|"},
	{"data:test\n\ndata: test\n\n", "message=test|message=test|"},
	{"event: lost\n\ndata: kept\n\n", "message=kept|"},
	{"retry: 10\nid: 3\nunknown: 1\nDATA: no\ndata : no\n\n", ""},
	{"data: \xf0\x9f\x98\x80 caf\xc3\xa9\n\n", "message=\xf0\x9f\x98\x80 caf\xc3\xa9|"},
	{"data: a:b: c\n\n", "message=a:b: c|"},
	{"\n\n\n", ""},
	{"", ""},
	{"data: never ended\n", ""},
};

TEST(sse_cuts_events_wherever_the_pieces_end)
{
	for (size_t i = 0; i < ARRAY_LEN(events); i++)
		cut_everywhere(SSE_EVENTS, events[i].text, events[i].want);
}

static const struct {
	const char *text, *want;
} lines[] = {
	{"{\"a\":1}\n{\"b\":2}\n", "message={\"a\":1}|message={\"b\":2}|"},
	{"{\"a\":1}\r\n\r\n\n{\"b\":2}", "message={\"a\":1}|message={\"b\":2}|"},
	{"\xef\xbb\xbf{}\n", "message={}|"},
	{"data: {}\n", "message=data: {}|"},
	{"  {}  \n \t \n", "message={}|"},
	{"", ""},
};

TEST(sse_cuts_json_lines_wherever_the_pieces_end)
{
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		cut_everywhere(SSE_JSON_LINES, lines[i].text, lines[i].want);
}

static int count(void *arg, const struct sse_event *ev)
{
	*(size_t *)arg += ev->data.n;
	return 0;
}

TEST(sse_bounds_an_event)
{
	static char room[SSE_EVENT_MAX + 16];
	struct str whole = {room, sizeof(room)};
	size_t got = 0;
	struct sse s;
	int rc = 0;

	memset(room, 'x', sizeof(room));
	memcpy(room, "data: ", 6);
	sse_init(&s, SSE_EVENTS);
	CHECK_INT(sse_feed(&s, whole, count, &got), -EMSGSIZE);
	sse_fini(&s);
	/* Many short lines of one event are an event too. */
	sse_init(&s, SSE_EVENTS);
	for (int i = 0; rc == 0 && i < 300; i++) {
		rc = sse_feed(&s, str_sub(whole, 0, 1024), count, &got);
		rc = rc ? rc : sse_feed(&s, STR("\n"), count, &got);
	}
	CHECK_INT(rc, -EMSGSIZE);
	sse_fini(&s);
	room[sizeof(room) - 1] = '\n';
	for (int i = 0; i < 2; i++) {
		sse_init(&s, i ? SSE_EVENTS : SSE_JSON_LINES);
		CHECK_INT(sse_feed(&s, whole, count, &got), -EMSGSIZE);
		sse_fini(&s);
	}
	CHECK_INT(got, 0);
}

TEST(sse_stops_when_it_is_told_to)
{
	struct told told = {.stop_after = 2};
	struct sse s;

	sse_init(&s, SSE_EVENTS);
	CHECK_INT(sse_feed(&s, STR("data: 1\n\ndata: 2\n\ndata: 3\n\n"), on_event, &told), 7);
	CHECK_STR(((struct str){told.text, told.n}), "message=1|message=2|");
	sse_fini(&s);
}

TEST(sse_shortens_a_name_that_nobody_has)
{
	struct told told;
	char text[300];

	memset(text, 'n', sizeof(text));
	memcpy(text, "event: ", 7);
	memcpy(text + 200, "\ndata: 1\n\n", 11);
	CHECK_INT(feed(SSE_EVENTS, str_from(text), 200, 200, &told), 0);
	CHECK_INT(told.n, SSE_NAME_MAX - 1 + 3);
}

TEST_OOM(sse_survives_without_memory)
{
	struct told told;
	int rc = feed(SSE_EVENTS, STR("event: a\ndata: 1\ndata: 2\n\ndata: 3\n\n"), 3, 3, &told);

	if (rc == 0)
		CHECK_STR(((struct str){told.text, told.n}), "a=1\n2|message=3|");
	return rc;
}
