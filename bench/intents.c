/*
 * intents.c - how well callers are understood: accuracy and false acceptance
 *
 *   intents AGENT.yaml MODELS TABLE...
 *
 * Each row of a table (a sentence, a tab, what it means) opens a conversation of
 * its own and goes through the whole of it: exact phrases, gist, meaning,
 * thresholds. What the flow notes is compared: an intent, "faq:source", or "-"
 * where it asks again.
 */
#include <stdio.h>
#include <string.h>

#include "agent/flow.h"
#include "agent/understand.h"
#include "base/buf.h"
#include "base/mem.h"
#include "provider/local/minilm.h"
#include "provider/local/ort.h"

#define TABLE_MAX (256 * 1024)
#define ARENA_MAX (16u << 20)
#define GOT_MAX   80

struct bench {
	struct arena arena;
	struct agent *agent;
	struct ort *ort;
	struct embed *embed;
	struct meaning *meaning;
	bool show;
	int in, in_right, in_wrong, out, out_accepted;
};

static bool stands_in_agent(const struct bench *b, struct str text)
{
	const struct agent_intent *in = b->agent->intents.at;
	const struct faq_entry *f = b->agent->faq.at;

	for (size_t i = 0; i < b->agent->intents.count; i++)
		for (size_t k = 0; k < in[i].examples.count; k++)
			if (str_ieq(in[i].examples.at[k], text))
				return true;
	for (size_t i = 0; i < b->agent->faq.count; i++)
		for (size_t k = 0; k < f[i].questions.count; k++)
			if (str_ieq(f[i].questions.at[k], text))
				return true;
	return false;
}

/* The first thing that the flow noted of what was heard. */
static void read_notes(const struct flow *f, char got[GOT_MAX])
{
	size_t n;
	const struct brain_act *acts = flow_acts(f, &n);

	snprintf(got, GOT_MAX, "-");
	for (size_t i = 0; i < n; i++) {
		if (acts[i].type != BRAIN_NOTE)
			continue;
		if (str_eq(acts[i].note.name, STR("intent")))
			snprintf(got, GOT_MAX, STR_FMT, STR_ARG(acts[i].note.value));
		else if (str_eq(acts[i].note.name, STR("knowledge")))
			snprintf(got, GOT_MAX, "faq:" STR_FMT, STR_ARG(acts[i].note.value));
		else
			continue;
		return;
	}
}

static int understand_row(struct bench *b, struct str text, char got[GOT_MAX], char nearest[GOT_MAX * 2])
{
	struct flow_params p = {
		.agent = b->agent, .meaning = b->meaning, .today = {2026, 11, 20}, .minute = 540};
	struct flow *f = mem_zalloc(sizeof(*f));
	struct embedding said;
	int rc = f ? flow_open(f, &p) : -1;

	if (rc < 0) {
		mem_free(f);
		return rc;
	}
	nearest[0] = '\0';
	flow_start(f);
	if (flow_heard(f, text, 1) == FLOW_WANT_MEANING) {
		rc = embed_text(b->embed, flow_question(f), &said);
		if (rc == 0) {
			struct meaning_intent in = meaning_intent(b->meaning, &said);
			struct meaning_faq faq = meaning_faq(b->meaning, &said);
			snprintf(nearest, GOT_MAX * 2, STR_FMT " %.2f (+%.2f), " STR_FMT " %.2f",
				 STR_ARG(in.intent->name), (double)in.score,
				 (double)(in.score - in.runner_up), STR_ARG(faq.entry->source),
				 (double)faq.score);
			flow_meaning(f, &said);
		}
	}
	read_notes(f, got);
	flow_close(f);
	mem_free(f);
	return rc;
}

static int measure_row(struct bench *b, struct str line)
{
	struct str text = str_cut(&line, '\t'), want = str_trim(line);
	char got[GOT_MAX], nearest[GOT_MAX * 2];

	if (stands_in_agent(b, text)) {
		fprintf(stderr, "intents: '" STR_FMT "' stands in the agent's file\n", STR_ARG(text));
		return -1;
	}
	if (understand_row(b, text, got, nearest) < 0)
		return -1;
	bool accepted = strcmp(got, "-") != 0, right = str_eq(str_from(got), want);
	if (str_eq(want, STR("-"))) {
		b->out++;
		b->out_accepted += accepted;
	} else {
		b->in++;
		b->in_right += right;
		b->in_wrong += accepted && !right;
	}
	if (b->show && !right)
		printf("  %-62.*s want %-20.*s got %-20s [%s]\n", (int)text.n, text.p, (int)want.n, want.p,
		       got, nearest);
	return 0;
}

static int measure_table(struct bench *b, const char *path)
{
	static char text[TABLE_MAX];
	FILE *f = fopen(path, "r");

	if (!f) {
		perror(path);
		return -1;
	}
	struct str rest = {text, fread(text, 1, sizeof(text), f)};
	fclose(f);
	while (!str_empty(rest)) {
		struct str line = str_cut(&rest, '\n');
		if (!str_empty(line) && !str_starts(line, STR("#")) && measure_row(b, line) < 0)
			return -1;
	}
	return 0;
}

static int open_all(struct bench *b, const char *agent, const char *models)
{
	struct tree_errors errors;
	struct ort_error why = {0};
	struct buf out;

	tree_errors_init(&errors, &b->arena);
	if (agent_read(agent, opt_getenv, &b->arena, &errors, &b->agent) < 0) {
		buf_init(&out, 64 * 1024);
		tree_errors_print(&errors, &out);
		fprintf(stderr, STR_FMT, STR_ARG(buf_str(&out)));
		buf_fini(&out);
		return -1;
	}
	if (ort_open(models, &why, &b->ort) < 0 || minilm_open(b->ort, &why, &b->embed) < 0) {
		fprintf(stderr, "intents: %s\n", why.text);
		return -1;
	}
	return meaning_new(b->agent, b->embed, &b->meaning);
}

static double percent(int part, int whole)
{
	return whole ? 100.0 * part / whole : 0;
}

int main(int argc, char **argv)
{
	struct bench b = {.show = true};
	int rc = -1, first = 3;

	if (argc < 4) {
		fprintf(stderr, "usage: intents AGENT.yaml MODELS TABLE...\n");
		return 2;
	}
	arena_init(&b.arena, ARENA_MAX);
	if (open_all(&b, argv[1], argv[2]) == 0)
		for (rc = 0; rc == 0 && first < argc; first++)
			rc = measure_table(&b, argv[first]);
	if (rc == 0)
		printf("intent accuracy %.1f %% (%d of %d), sent the wrong way %.1f %% (%d), "
		       "false acceptance %.1f %% (%d of %d out of scope)\n",
		       percent(b.in_right, b.in), b.in_right, b.in, percent(b.in_wrong, b.in), b.in_wrong,
		       percent(b.out_accepted, b.out), b.out_accepted, b.out);
	meaning_free(b.meaning);
	embed_close(b.embed);
	ort_close(b.ort);
	arena_fini(&b.arena);
	return rc == 0 ? 0 : 1;
}
