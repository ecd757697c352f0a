#include "flow_play.h"

#include <dirent.h>
#include <stdlib.h>

#include "agent/clinic.h"
#include "agent/flow.h"
#include "base/mem.h"
#include "test.h"

#define ARENA_BYTES (8u << 20)
#define SAID_MAX    4096

/* A conversation played from a script: see tests/data/flows. */
struct play {
	const char *file;
	int line;
	struct arena arena;
	struct agent *agent;
	struct meaning *meaning;
	struct store *store;
	struct embed *embed;
	struct flow flow;
	bool open;
	int sessions;
	char session[32];
	char said[SAID_MAX];
	struct brain_act last[FLOW_ACTS_MAX];
	size_t last_n;
};

static char *root_path(char *buf, size_t size, struct str path)
{
	snprintf(buf, size, "%s/../../" STR_FMT, getenv("OFFHOOK_TEST_DATA"), STR_ARG(path));
	return buf;
}

static void play_fail(struct play *p, const char *what, struct str want)
{
	test_failed(p->file, p->line, "%s '" STR_FMT "': the agent said '%s'", what, STR_ARG(want), p->said);
}

/* Gives the flow what it wants until it waits for the caller. */
static void play_serve(struct play *p, enum flow_want want)
{
	struct embedding said;

	while (want == FLOW_WANT_MEANING || want == FLOW_WANT_TOOL) {
		struct tool_result r;
		struct arena a;
		arena_init(&a, ARENA_BYTES);
		if (want == FLOW_WANT_MEANING)
			want = embed_text(p->embed, flow_question(&p->flow), &said) == 0
				       ? flow_meaning(&p->flow, &said)
				       : want;
		else if (tool_run(p->store, flow_tool(&p->flow), &a, &r) == 0)
			want = flow_tool_result(&p->flow, &r);
		else
			want = flow_tool_result(&p->flow, NULL);
		arena_fini(&a);
	}
	size_t n = 0, count;
	const struct brain_act *acts = flow_acts(&p->flow, &count);
	memcpy(p->last, acts, count * sizeof(*acts));
	p->last_n = count;
	p->said[0] = '\0';
	for (size_t i = 0; i < count; i++)
		if (acts[i].type == BRAIN_SAY && n < sizeof(p->said))
			n += (size_t)snprintf(p->said + n, sizeof(p->said) - n, "%s" STR_FMT, n ? " " : "",
					      STR_ARG(acts[i].say.text));
}

static void play_call(struct play *p)
{
	if (p->open)
		flow_close(&p->flow);
	snprintf(p->session, sizeof(p->session), "call-%d", ++p->sessions);
	struct flow_params params = {
		.agent = p->agent,
		.meaning = p->meaning,
		.session = {.session_id = str_from(p->session), .caller_id = STR("+447700900999")},
		.today = {2026, 11, 20},
		.minute = 540,
	};
	p->open = flow_open(&p->flow, &params) == 0;
	REQUIRE(p->open);
	play_serve(p, flow_start(&p->flow));
}

static void play_load(struct play *p, struct str path)
{
	struct tree_errors errors;
	char full[512];
	struct buf out;

	tree_errors_init(&errors, &p->arena);
	if (agent_read(root_path(full, sizeof(full), path), opt_getenv, &p->arena, &errors, &p->agent) < 0) {
		buf_init(&out, 4096);
		tree_errors_print(&errors, &out);
		test_failed(p->file, p->line, STR_FMT, STR_ARG(buf_str(&out)));
		buf_fini(&out);
		return;
	}
	REQUIRE(meaning_new(p->agent, p->embed, &p->meaning) == 0);
	REQUIRE(store_open(&store_memory, STR(""), &p->store) == 0);
	REQUIRE(clinic_seed(p->store, p->agent, root_path(full, sizeof(full), STR("agents/clinic/seed.yaml")),
			    (struct civil_date){2026, 11, 20}, &p->arena, &errors) == 0);
}

/* ---- what a script may expect ---- */

static bool has(const char *text, struct str part)
{
	return str_find(str_from(text), part) < strlen(text) || str_empty(part);
}

static const struct brain_act *last_of(const struct play *p, enum brain_act_type type)
{
	for (size_t i = p->last_n; i > 0; i--)
		if (p->last[i - 1].type == type)
			return &p->last[i - 1];
	return NULL;
}

static void expect_end(struct play *p, struct str want)
{
	const struct brain_act *t = last_of(p, BRAIN_TRANSFER), *h = last_of(p, BRAIN_HANGUP);
	char got[256] = "goes on";

	if (t)
		snprintf(got, sizeof(got), "%s " STR_FMT " (" STR_FMT ")",
			 t->transfer.kind == BRAIN_COLD ? "cold" : "warm", STR_ARG(t->transfer.target),
			 STR_ARG(t->transfer.reason));
	else if (h)
		snprintf(got, sizeof(got), "%s " STR_FMT, h->hangup.message ? "message" : "hangup",
			 STR_ARG(h->hangup.disposition));
	if (!has(got, want))
		test_failed(p->file, p->line, "ended '%s', not '" STR_FMT "'; the agent said '%s'", got,
			    STR_ARG(want), p->said);
}

static void expect_kind(struct play *p, struct str want)
{
	static const char *const names[] = {"anything", "yes_no",    "digits", "spelling",
					    "name",     "date_time", "birth"};
	const struct brain_act *e = last_of(p, BRAIN_EXPECT);

	if (!e || !str_eq(str_from(names[e->expect.kind]), want))
		play_fail(p, e ? names[e->expect.kind] : "nothing expected", want);
}

static void expect_slot(struct play *p, struct str want)
{
	struct str name = str_cut(&want, '=');
	const struct slot_value *v = flow_get(&p->flow, name);

	if (!str_eq(str_from(v ? v->value : "-"), want))
		play_fail(p, v ? v->value : "no value", want);
}

/* "appointment 4": so many documents of that kind. */
static void expect_store(struct play *p, struct str want)
{
	struct str kind = str_word(&want);
	struct store_range r = {p->agent->tenant_id, kind, STR(""), STR(""), STORE_LIST_MAX};
	struct store_list list;
	int64_t n;

	REQUIRE(str_to_int(str_trim(want), 0, 1000, &n) == 0 &&
		store_list(p->store, &r, &p->arena, &list) == 0);
	if ((int64_t)list.count != n)
		test_failed(p->file, p->line, "%zu documents of '" STR_FMT "', not %d", list.count,
			    STR_ARG(kind), (int)n);
}

static void play_line(struct play *p, struct str line)
{
	struct str word = str_cut(&line, ':'), rest = str_trim(line);

	if (str_eq(word, STR("load")))
		play_load(p, rest);
	else if (!p->agent)
		return;
	else if (str_eq(word, STR("call")))
		play_call(p);
	else if (str_eq(word, STR("caller")))
		play_serve(p, flow_heard(&p->flow, rest, 0.95f));
	else if (str_eq(word, STR("fragment")))
		play_serve(p, flow_heard(&p->flow, rest, BRAIN_FRAGMENT));
	else if (str_eq(word, STR("keys")))
		play_serve(p, flow_keys(&p->flow, rest));
	else if (str_eq(word, STR("silence")))
		play_serve(p, flow_silence(&p->flow));
	else if (str_eq(word, STR("failed")))
		play_serve(p, flow_transfer_failed(&p->flow, rest));
	else if (str_eq(word, STR("agent")))
		has(p->said, rest) ? (void)0 : play_fail(p, "expected", rest);
	else if (str_eq(word, STR("not")))
		has(p->said, rest) ? play_fail(p, "unexpected", rest) : (void)0;
	else if (str_eq(word, STR("end")))
		expect_end(p, rest);
	else if (str_eq(word, STR("expect")))
		expect_kind(p, rest);
	else if (str_eq(word, STR("slot")))
		expect_slot(p, rest);
	else if (str_eq(word, STR("store")))
		expect_store(p, rest);
	else
		test_failed(p->file, p->line, "unknown word '" STR_FMT "'", STR_ARG(word));
}

static void play_end(struct play *p)
{
	if (p->open)
		flow_close(&p->flow);
	meaning_free(p->meaning);
	store_close(p->store);
	arena_fini(&p->arena);
}

static void play_file(const char *dir, const char *name, struct embed *embed)
{
	static char text[64 * 1024];
	char path[1024];
	struct play *p = mem_zalloc(sizeof(*p));
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	REQUIRE(p && (f = fopen(path, "r")));
	struct str rest = {text, fread(text, 1, sizeof(text), f)};
	fclose(f);
	p->file = name;
	p->embed = embed;
	arena_init(&p->arena, ARENA_BYTES);
	while (!str_empty(rest)) {
		struct str line = str_trim(str_cut(&rest, '\n'));
		p->line++;
		if (!str_empty(line) && !str_starts(line, STR("#")))
			play_line(p, line);
	}
	play_end(p);
	mem_free(p);
}

int flow_play(const char *where, struct embed *embed)
{
	struct dirent *e;
	char dir[512];
	int played = 0;

	snprintf(dir, sizeof(dir), "%s/%s", getenv("OFFHOOK_TEST_DATA"), where);
	DIR *d = opendir(dir);
	if (!d) {
		test_failed(__FILE__, __LINE__, "cannot open %s", dir);
		return 0;
	}
	while ((e = readdir(d)))
		if (str_ends(str_from(e->d_name), STR(".flow"))) {
			play_file(dir, e->d_name, embed);
			played++;
		}
	closedir(d);
	return played;
}
