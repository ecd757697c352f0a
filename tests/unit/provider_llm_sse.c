/* The shared half of language models, over real sockets, with a dialect that is only as long as it must be.
 */
#include "base/clock.h"
#include "base/live.h"
#include "base/mem.h"
#include "net/http_client.h"
#include "provider/llm/llm_calls.h"
#include "test.h"
#include "web_stage.h"

#define TOLD_MAX 4096

/* ---- the dialect: {"t":text} {"i":index,"id","n","a","w"} {"c":carry} {"u":[in,cached,out]} {"s":stop}
 * {"e":words} */

static void url_of(const struct service *s, const struct llm_sse_dialect *d, struct buf *out)
{
	buf_add_str(out, s->url);
}

static void body(const struct service *s, const struct llm_sse_dialect *d, const struct llm_request *r,
		 struct json_out *w)
{
	json_str(w, "carry", llm_sse_carry(d, &r->messages[0]));
}

static int read(const struct llm_sse_dialect *d, const struct json *e, const struct llm_teller *tell)
{
	static const char *const stops[] = {"end", "length", "tool", "refused"};
	struct llm_fact f = {.type = LLM_FACT_TOOL,
			     .index = json_int_or(e, "i", -1),
			     .id = json_str_or(e, "id", STR("")),
			     .name = json_str_or(e, "n", STR("")),
			     .arguments = json_str_or(e, "a", STR("")),
			     .whole = json_bool_or(e, "w", false)};

	llm_tell_text(tell, json_str_or(e, "t", STR("")));
	if (json_find(e, "a"))
		llm_tell(tell, &f);
	if (json_find(e, "c"))
		llm_tell(tell,
			 &(struct llm_fact){.type = LLM_FACT_CARRY, .text = json_str_or(e, "c", STR(""))});
	f = (struct llm_fact){.type = LLM_FACT_USAGE,
			      .usage = {(uint64_t)json_int_or(e, "u/0", 0),
					(uint64_t)json_int_or(e, "u/1", 0),
					(uint64_t)json_int_or(e, "u/2", 0)}};
	if (json_find(e, "u"))
		llm_tell(tell, &f);
	for (size_t i = 0; i < ARRAY_LEN(stops); i++)
		if (str_eq(json_str_or(e, "s", STR("")), str_from(stops[i])))
			llm_tell_stop(tell, (enum llm_stop)i);
	f = (struct llm_fact){.type = LLM_FACT_ERROR, .text = json_str_or(e, "e", STR("")), .retry_after = 5};
	if (json_find(e, "e"))
		llm_tell(tell, &f);
	return json_find(e, "bad") ? -EBADMSG : 0;
}

static const struct llm_sse_code codes[] = {{"busy", FAULT_OVERLOAD}, {NULL, FAULT_NONE}};

static const struct llm_sse_dialect dialect = {
	.name = "plain",
	.key = VENDOR_KEY_NEEDED,
	.model = "small",
	.form = SSE_EVENTS,
	.done = "[DONE]",
	.key_header = "X-Key",
	.key_prefix = "Key ",
	.version_header = "X-Version",
	.version = "1",
	.codes = codes,
	.url_of = url_of,
	.body = body,
	.read = read,
};

/* ---- the server: says `stream`, piece by piece, and then what `then` says ---- */

static struct {
	const char *stream; /* events end with ';' */
	enum {
		THEN_ENDS,
		THEN_WAITS,
		THEN_BREAKS,
		THEN_GOES_ON,
	} then;
	const char *more;    /* THEN_GOES_ON: an event each time that the test says so */
	atomic_bool enough;  /* that is all */
	const char *refusal; /* a whole answer instead */
	char seen[1024];
} says;

static void say_event(struct web_conn *c, struct str event)
{
	char text[1024];

	snprintf(text, sizeof(text), "%zx\r\ndata: " STR_FMT "\n\n\r\n", event.n + 8, STR_ARG(event));
	web_say(c, text);
}

static bool script(struct web_conn *c, const struct web_request *r)
{
	struct str rest = str_from(says.stream);
	typeof(says.then) then = says.then; /* the test goes on when it has the end of the answer */

	str_copy((struct str){r->head.p, r->head.n + r->body.n}, says.seen, sizeof(says.seen));
	if (says.refusal) {
		web_say(c, says.refusal);
		return true;
	}
	web_say(c,
		"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
	while (!str_empty(rest))
		say_event(c, str_cut(&rest, ';'));
	if (then == THEN_GOES_ON)
		while (sem_wait(&r->web->go) == 0 && !says.enough)
			say_event(c, str_from(says.more));
	if (then == THEN_WAITS || then == THEN_GOES_ON)
		web_wait_gone(c);
	else if (then == THEN_ENDS)
		web_say(c, "0\r\n\r\n");
	return then == THEN_ENDS;
}

/* ---- a host ---- */

struct site {
	struct loop *loop;
	struct web web;
	struct http_client *http;
	struct service service;
	struct service_host host;
	struct service_use use;
	struct {
		struct llm llm;
		char room[512];
	} m;
	char told[TOLD_MAX], bill[TOLD_MAX], url[256], carry[64];
	size_t told_n, bill_n;
	bool inside, cancel_at_text, close_at_text, close_at_end;
	int ends;
};

static void note(struct site *s, const char *fmt, ...) printf_like(2, 3);

static void note(struct site *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	s->told_n += (size_t)vsnprintf(s->told + s->told_n, sizeof(s->told) - s->told_n, fmt, ap);
	va_end(ap);
	s->told_n = MIN(s->told_n, sizeof(s->told) - 1);
}

static void on_event(void *arg, const struct llm_event *ev)
{
	struct site *s = arg;

	CHECK(!s->inside);
	switch (ev->type) {
	case LLM_EV_TEXT:
		note(s, "%u " STR_FMT "|", ev->request, STR_ARG(ev->text));
		if (s->cancel_at_text)
			llm_cancel(&s->m.llm, ev->request);
		if (s->close_at_text)
			llm_close(&s->m.llm);
		break;
	case LLM_EV_TOOL:
		note(s, "%u " STR_FMT ":" STR_FMT "(" STR_FMT ")|", ev->request, STR_ARG(ev->tool_id),
		     STR_ARG(ev->tool_name), STR_ARG(ev->arguments));
		str_copy(ev->carry, s->carry, sizeof(s->carry));
		break;
	case LLM_EV_DONE:
		note(s, "%u done %d|", ev->request, ev->stop);
		break;
	case LLM_EV_FAULT:
		note(s, "%u %s " STR_FMT "|", ev->request, fault_name(ev->fault), STR_ARG(ev->text));
		if (ev->retry_after)
			note(s, "after %lld|", (long long)ev->retry_after);
		break;
	case LLM_EV_COUNT_:
		break;
	}
	s->ends += ev->type == LLM_EV_DONE || ev->type == LLM_EV_FAULT;
	if (s->close_at_end && s->ends)
		llm_close(&s->m.llm);
}

static void on_usage(void *arg, const struct usage *u)
{
	struct site *s = arg;

	CHECK_INT(u->kind, USAGE_LLM);
	CHECK_INT(u->amount[USAGE_REQUESTS], 1);
	s->bill_n += (size_t)snprintf(s->bill + s->bill_n, sizeof(s->bill) - s->bill_n,
				      "%u %s %llu+%llu %llu|", u->work, usage_end_name(u->end),
				      (unsigned long long)u->amount[USAGE_TOKENS_IN],
				      (unsigned long long)u->amount[USAGE_TOKENS_CACHED],
				      (unsigned long long)u->amount[USAGE_TOKENS_OUT]);
}

static int site_open(struct site *s)
{
	struct llm_params params = {.sink = {on_event, s}, .usage = {on_usage, s}};
	struct http_client_config config = {.asks_max = 8, .conns_max = 4};
	int rc;

	memset(s, 0, sizeof(*s));
	CHECK(llm_sse_ops.state_size <= sizeof(s->m));
	rc = web_start(&s->web, NULL, script);
	rc = rc ? rc : loop_new(LOOP_REAL, 0, &s->loop);
	rc = rc ? rc : http_client_new(s->loop, &config, &s->http);
	s->service = (struct service){.name = STR("brain"), .type = STR("plain"), .key = STR("secret-key")};
	s->service.url = str_from(web_url(&s->web, "/", s->url));
	s->service.stall_limit = USEC_SEC(10);
	s->host = (struct service_host){.loop = s->loop, .http = s->http};
	s->use = (struct service_use){&s->service, &s->host, &dialect};
	params.loop = s->loop;
	return rc ? rc : llm_open(&s->m.llm, &llm_sse_ops, &s->use, &params);
}

static void site_close(struct site *s)
{
	llm_close(&s->m.llm);
	http_client_free(s->http);
	loop_free(s->loop);
	web_stop(&s->web);
}

static int ask(struct site *s, uint32_t number, usec limit)
{
	struct llm_message m = {.role = LLM_USER, .text = STR("Hi"), .carry = str_from(s->carry)};
	struct llm_request r = {&m, 1, NULL, 0, -1, 0, limit};
	int rc;

	s->inside = true;
	rc = llm_ask(&s->m.llm, number, &r);
	s->inside = false;
	return rc;
}

static void turns(struct site *s, int n)
{
	while (n-- > 0)
		CHECK_INT(loop_turn(s->loop, USEC_MS(10)), 0);
}

static void until_told(struct site *s)
{
	size_t n = s->told_n;

	for (int i = 0; i < 500 && s->told_n == n; i++)
		turns(s, 1);
}

static void until_end(struct site *s, int ends)
{
	for (int i = 0; i < 500 && s->ends < ends; i++)
		turns(s, 1);
	CHECK_INT(s->ends, ends);
}

static struct site site;

/* One request of its own; what was told and billed is in `site`. */
static void play(const char *stream, int then)
{
	says.stream = stream;
	says.then = then;
	says.refusal = NULL;
	REQUIRE(site_open(&site) == 0);
	CHECK_INT(ask(&site, 1, 0), 0);
	until_end(&site, 1);
	site_close(&site);
}

#define TOLD(stream, then, want)                      \
	do {                                          \
		play(stream, then);                   \
		CHECK_STR(str_from(site.told), want); \
	} while (0)

/* ---- answers ---- */

TEST(llm_sse_streams_text_and_counts_tokens)
{
	TOLD("{\"t\":\"Hel\"};{\"t\":\"lo\"};{\"s\":\"end\"};{\"u\":[10,4,5]};[DONE]", THEN_ENDS,
	     "1 Hel|1 lo|1 done 0|");
	CHECK_STR(str_from(site.bill), "1 done 6+4 5|");
	CHECK(strstr(says.seen, "X-Key: Key secret-key\r\n") && strstr(says.seen, "X-Version: 1\r\n"));
	/* What the vendor does not count is counted by us: a token is four bytes. */
	TOLD("{\"t\":\"Hello\"};[DONE]", THEN_ENDS, "1 Hello|1 done 0|");
	CHECK_STR(str_from(site.bill), "1 done 3+0 2|");
}

TEST(llm_sse_puts_calls_together)
{
	TOLD("{\"t\":\"One "
	     "moment.\"};{\"i\":0,\"id\":\"a\",\"n\":\"book\",\"a\":\"\"};{\"i\":1,\"id\":\"b\",\"n\":"
	     "\"look\",\"a\":\"{\"};"
	     "{\"i\":0,\"a\":\"{\\\"x\\\":\"};{\"i\":1,\"a\":\"}\"};{\"i\":0,\"a\":\"1}\"};{\"s\":\"tool\"};["
	     "DONE]",
	     THEN_ENDS, "1 One moment.|1 a:book({\"x\":1})|1 b:look({})|1 done 2|");
	/* Two whole calls at one index; one without arguments; the stop does not say that there are calls. */
	TOLD("{\"i\":0,\"id\":\"a\",\"n\":\"book\",\"a\":\"{}\"};{\"i\":0,\"id\":\"b\",\"n\":\"look\",\"a\":"
	     "\" \"};{\"s\":\"end\"};[DONE]",
	     THEN_ENDS, "1 a:book({})|1 b:look({})|1 done 2|");
	/* Without index and id: what follows belongs to the last. */
	TOLD("{\"n\":\"book\",\"a\":\"{\"};{\"a\":\"}\"};{\"n\":\"look\",\"a\":\"\"};{\"s\":\"tool\"};[DONE]",
	     THEN_ENDS, "1 call_1_0:book({})|1 call_1_1:look({})|1 done 2|");
	/* The whole replaces the fragments. */
	TOLD("{\"i\":3,\"n\":\"book\",\"a\":\"{\\\"x\"};{\"i\":3,\"a\":\"{}\",\"w\":true};[DONE]", THEN_ENDS,
	     "1 call_1_0:book({})|1 done 2|");
	TOLD("{\"n\":\"book\",\"a\":\"{}\",\"w\":true};{\"n\":\"book\",\"a\":\"{}\",\"w\":true};[DONE]",
	     THEN_ENDS, "1 call_1_0:book({})|1 call_1_1:book({})|1 done 2|");
	TOLD("{\"t\":\"x\"};{\"s\":\"tool\"};[DONE]", THEN_ENDS, "1 x|1 done 0|");
}

TEST(llm_sse_refuses_calls_that_make_no_sense)
{
	TOLD("{\"i\":0,\"id\":\"a\",\"n\":\"book\",\"a\":\"{\\\"x\\\":\"};{\"s\":\"length\"};[DONE]",
	     THEN_ENDS, "1 protocol a tool call that makes no sense|");
	TOLD("{\"n\":\"book\",\"a\":\"[1]\"};[DONE]", THEN_ENDS,
	     "1 protocol a tool call that makes no sense|");
	TOLD("{\"i\":0,\"a\":\"{}\"};[DONE]", THEN_ENDS, "1 protocol a tool call that makes no sense|");
}

TEST(llm_sse_knows_when_an_answer_is_whole)
{
	TOLD("{\"t\":\"Hi\"};{\"s\":\"length\"}", THEN_ENDS, "1 Hi|1 done 1|");
	TOLD("{\"t\":\"Hi\"}", THEN_ENDS, "1 Hi|1 protocol the answer ended before its end|");
	CHECK_STR(str_from(site.bill), "1 failed 3+0 1|");
	TOLD("", THEN_ENDS, "1 protocol the answer ended before its end|");
	TOLD("{\"s\":\"refused\"};{\"s\":\"end\"};[DONE]", THEN_ENDS, "1 done 3|");
	play("{\"t\":\"Hi\"};{\"s\":\"end\"}", THEN_BREAKS);
	CHECK(str_starts(str_from(site.told), STR("1 Hi|1 protocol ")));
}

TEST(llm_sse_survives_nonsense)
{
	TOLD("{\"t\":\"Hi\"};nonsense", THEN_WAITS, "1 Hi|1 protocol an event that makes no sense|");
	TOLD("{\"bad\":1}", THEN_WAITS, "1 protocol an event that makes no sense|");
	TOLD(" ;{\"unknown\":1};{\"s\":\"end\"};[DONE];nonsense", THEN_ENDS, "1 done 0|");
}

TEST(llm_sse_tells_what_the_vendor_says_of_errors)
{
	TOLD("{\"t\":\"I\"};{\"e\":\"very busy, secret-key\"}", THEN_WAITS,
	     "1 I|1 overload very busy, ***|after 5|");
	TOLD("{\"e\":\"odd\"}", THEN_WAITS, "1 unreachable odd|after 5|");
}

static void refused(const char *answer, const char *want)
{
	says.refusal = answer;
	REQUIRE(site_open(&site) == 0);
	CHECK_INT(ask(&site, 1, 0), 0);
	until_end(&site, 1);
	CHECK_STR(str_from(site.told), want);
	CHECK_STR(str_from(site.bill), "1 failed 0+0 0|");
	site_close(&site);
	says.refusal = NULL;
}

TEST(llm_sse_reads_refusals)
{
	refused("HTTP/1.1 401 No\r\nContent-Length: 31\r\n\r\n{\"e\":\"no such key: secret-key\"}",
		"1 auth no such key: ***|after 5|");
	refused("HTTP/1.1 429 No\r\nretry-after-ms: 1500\r\nContent-Length: 4\r\n\r\nslow",
		"1 quota slow|after 1500000|");
	refused("HTTP/1.1 500 No\r\nContent-Length: 12\r\n\r\n{\"e\":\"busy\"}", "1 overload busy|after 5|");
	refused("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "1 unreachable HTTP status 500|");
}

/* ---- deadlines ---- */

TEST(llm_sse_waits_no_longer_than_it_was_told_to)
{
	says.stream = "{\"unknown\":1}"; /* signs of life are no word */
	says.then = THEN_WAITS;
	REQUIRE(site_open(&site) == 0);
	CHECK_INT(ask(&site, 1, USEC_MS(30)), 0);
	until_end(&site, 1);
	CHECK_STR(str_from(site.told), "1 stalled no word in time|");
	site.service.first_limit = USEC_MS(20); /* the shorter counts */
	CHECK_INT(ask(&site, 2, USEC_SEC(50)), 0);
	until_end(&site, 2);
	says.stream = "{\"t\":\"Hi\"}";
	site.service.first_limit = USEC_SEC(10);
	site.service.stall_limit = USEC_MS(30);
	site.told_n = 0;
	CHECK_INT(ask(&site, 3, 0), 0);
	until_end(&site, 3);
	CHECK_STR(str_from(site.told), "3 Hi|3 stalled nothing more came in time|");
	for (int i = 0; i < 200 && site.web.gone < 3; i++)
		turns(&site, 1);
	CHECK_INT(site.web.gone, 3); /* the streams were closed */
	site_close(&site);
}

/* An answer of `stream` and then `more`, every now and then: it ends. */
static void go_on(const char *stream, const char *more, usec limit, int turns_each)
{
	says.stream = stream;
	says.more = more;
	says.enough = false;
	says.then = THEN_GOES_ON;
	REQUIRE(site_open(&site) == 0);
	site.service.stall_limit = limit;
	CHECK_INT(ask(&site, 1, 0), 0);
	until_told(&site);
	for (usec until = clock_read() + USEC_SEC(10); site.ends == 0 && clock_read() < until;) {
		sem_post(&site.web.go);
		turns(&site, turns_each);
	}
	CHECK_INT(site.ends, 1);
	CHECK(str_ends(str_from(site.told), STR("|1 stalled nothing more came in time|")));
	says.enough = true;
	sem_post(&site.web.go);
	site_close(&site);
}

TEST(llm_sse_knows_an_answer_that_does_not_go_on_by_its_words)
{
	static const char quick[] =
		"{\"t\":\"So many words may be spoken for a long time, whatever comes behind them.\"}";

	go_on(quick, "{\"unknown\":1}", USEC_MS(100), 1); /* a ping */
	go_on(quick, "{\"t\":\"\"}", USEC_MS(100), 1);
	go_on("{\"t\":\"Hi\"}", "{\"t\":\"!\"}", USEC_SEC(1),
	      60); /* no pause is too long, all together are */
}

/* ---- the owner's side ---- */

TEST(llm_sse_keeps_the_connection)
{
	says.stream = "{\"t\":\"Hi\"};[DONE]";
	says.then = THEN_ENDS;
	REQUIRE(site_open(&site) == 0);
	for (uint32_t i = 1; i <= 3; i++) {
		CHECK_INT(ask(&site, i, 0), 0);
		until_end(&site, (int)i);
		llm_cancel(&site.m.llm, i); /* too late to matter */
		turns(&site, 3);
	}
	CHECK_STR(str_from(site.told), "1 Hi|1 done 0|2 Hi|2 done 0|3 Hi|3 done 0|");
	CHECK_INT(site.web.accepted, 1);
	site_close(&site);
}

/* A stream that stays open behind its end would in time use up what a session may have under way. */
TEST(llm_sse_lets_a_stream_run_out_only_so_long)
{
	says.stream = "{\"t\":\"Hi\"};[DONE]";
	says.then = THEN_WAITS;
	REQUIRE(site_open(&site) == 0);
	CHECK_INT(ask(&site, 1, 0), 0);
	until_end(&site, 1);
	for (int i = 0; i < 1000 && site.web.gone < 1; i++)
		turns(&site, 1);
	CHECK_INT(site.web.gone, 1);
	CHECK_STR(str_from(site.told), "1 Hi|1 done 0|");
	site_close(&site);
}

TEST(llm_sse_cancels_and_bills_what_was_heard)
{
	says.stream = "{\"u\":[7,0,1]};{\"t\":\"Hello there\"}";
	says.then = THEN_WAITS;
	REQUIRE(site_open(&site) == 0);
	CHECK_INT(ask(&site, 1, 0), 0);
	until_told(&site);
	llm_cancel(&site.m.llm, 1);
	CHECK_STR(str_from(site.bill), "1 cancelled 7+0 3|");
	for (int i = 0; i < 200 && site.web.gone < 1; i++)
		turns(&site, 1);
	CHECK_INT(site.web.gone, 1);
	/* From inside the event, and two at once. */
	site.cancel_at_text = true;
	site.told_n = site.bill_n = 0;
	CHECK_INT(ask(&site, 2, 0), 0);
	CHECK_INT(ask(&site, 3, 0), 0);
	for (int i = 0; i < 200 && site.web.gone < 3; i++)
		turns(&site, 1);
	CHECK_INT(site.web.gone, 3);
	CHECK_INT(site.ends, 0);
	site_close(&site);
}

/* What breaks off is reckoned by what the vendor has counted before: here a token for each byte of the
 * answer. */
TEST(llm_sse_reckons_as_the_vendor_counts)
{
	says.stream = "{\"t\":\"Hello\"};{\"s\":\"end\"};{\"u\":[600,0,5]};[DONE]";
	says.then = THEN_ENDS;
	REQUIRE(site_open(&site) == 0);
	CHECK_INT(ask(&site, 1, 0), 0);
	until_end(&site, 1);
	says.stream = "{\"t\":\"Hello there\"}";
	says.then = THEN_WAITS;
	CHECK_INT(ask(&site, 2, 0), 0);
	until_told(&site);
	llm_cancel(&site.m.llm, 2);
	CHECK_STR(str_from(site.bill), "1 done 600+0 5|2 cancelled 600+0 11|");
	site_close(&site);
}

TEST(llm_sse_may_be_closed_anywhere)
{
	says.stream = "{\"t\":\"Hi\"};{\"t\":\"there\"};[DONE]";
	says.then = THEN_ENDS;
	for (int i = 0; i < 4; i++) {
		REQUIRE(site_open(&site) == 0);
		site.close_at_text = i == 1;
		site.close_at_end = i == 2;
		CHECK_INT(ask(&site, 1, 0), 0);
		if (i == 3)
			site.service.key = STR("");
		if (i == 3)
			CHECK_INT(ask(&site, 2, 0), 0); /* would fail in a moment */
		if (i != 0 && i != 3)
			until_told(&site);
		turns(&site, i == 3 ? 0 : 3);
		site_close(&site);
		CHECK_INT(live_total(), 0);
		if (i == 3)
			CHECK_INT(site.bill_n, 0); /* neither has left */
		else if (i > 0)
			CHECK(site.bill_n > 0);
	}
}

TEST(llm_sse_bills_nothing_that_nobody_got)
{
	REQUIRE(site_open(&site) == 0);
	web_stop(&site.web);
	CHECK_INT(ask(&site, 1, 0), 0);
	until_end(&site, 1);
	CHECK(str_starts(str_from(site.told), STR("1 unreachable ")));
	CHECK_INT(site.bill_n, 0);
	REQUIRE(web_start(&site.web, NULL, script) == 0);
	site_close(&site);
}

TEST(llm_sse_carries_what_is_not_its_own)
{
	says.stream = "{\"c\":\"thought\"};{\"c\":\" more\"};{\"n\":\"book\",\"a\":\"\"};[DONE]";
	says.then = THEN_ENDS;
	REQUIRE(site_open(&site) == 0);
	CHECK_INT(ask(&site, 1, 0), 0);
	until_end(&site, 1);
	CHECK_STR(str_from(site.carry), "plain:thought more");
	CHECK_INT(ask(&site, 2, 0), 0);
	until_end(&site, 2);
	CHECK(strstr(says.seen, "{\"carry\":\"thought more\"}") != NULL);
	str_copy(STR("other:thought"), site.carry, sizeof(site.carry));
	CHECK_INT(ask(&site, 3, 0), 0);
	until_end(&site, 3);
	CHECK(strstr(says.seen, "{\"carry\":\"\"}") != NULL);
	site_close(&site);
}

TEST(llm_sse_does_not_ask_without_what_it_needs)
{
	struct llm_sse_dialect bare = dialect;
	struct str url;

	bare.model = NULL;
	REQUIRE(site_open(&site) == 0);
	url = site.service.url;
	site.service.key = site.service.url = STR("");
	CHECK_INT(ask(&site, 1, 0), 0);
	until_end(&site, 1);
	site.service.url = url;
	site.service.key = STR("k\ny");
	CHECK_INT(ask(&site, 2, 0), 0);
	until_end(&site, 2);
	site.service.key = STR("key");
	site.service.url = STR("");
	CHECK_INT(ask(&site, 3, 0), 0);
	until_end(&site, 3);
	CHECK_STR(str_from(site.told),
		  "1 auth no key is configured|2 config the url or the key cannot be sent|"
		  "3 config no url is configured|");
	CHECK_INT(site.web.accepted, 0);
	CHECK_INT(llm_sse_window(&site.use), 8192);
	bare.window = 100;
	site.use.dialect = &bare;
	CHECK_INT(llm_sse_window(&site.use), 100);
	site.service.window = 50;
	CHECK_INT(llm_sse_window(&site.use), 50);
	site_close(&site);
}

TEST(llm_sse_bounds_what_a_vendor_may_say)
{
	static char stream[200000];
	size_t n = 0;

	while (n < sizeof(stream) - 700)
		n += (size_t)snprintf(stream + n, sizeof(stream) - n, "{\"t\":\"%0600d\"};", 1);
	play(stream, THEN_WAITS);
	CHECK_INT(site.ends, 1);
	CHECK(strncmp(site.bill, "1 failed", 8) == 0);
	n = 0;
	for (int i = 0; i <= LLM_CALLS_MAX; i++)
		n += (size_t)snprintf(stream + n, sizeof(stream) - n, "{\"i\":%d,\"n\":\"book\",\"a\":\"\"};",
				      i);
	TOLD(stream, THEN_WAITS, "1 protocol a tool call that makes no sense|");
}

TEST_OOM(llm_sse_survives_without_memory)
{
	int rc;

	says.stream = "{\"t\":\"Hi\"};{\"c\":\"x\"};{\"n\":\"book\",\"a\":\"{}\"};[DONE]";
	says.then = THEN_ENDS;
	rc = site_open(&site);
	rc = rc ? rc : ask(&site, 1, 0);
	for (int i = 0; rc == 0 && i < 500 && !site.ends; i++)
		rc = loop_turn(site.loop, USEC_MS(10));
	if (rc == 0 && !str_eq(str_from(site.told), STR("1 Hi|1 call_1_0:book({})|1 done 2|")))
		rc = -ENOMEM;
	if (site.m.llm.ops)
		llm_close(&site.m.llm);
	http_client_free(site.http);
	loop_free(site.loop);
	web_stop(&site.web);
	return rc;
}
