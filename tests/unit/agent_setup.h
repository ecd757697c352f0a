/*
 * agent_setup.h - a clinic to test with: the agent, its meanings, a store with patients
 *
 * Threads: the test's. Layer: tests.
 */
#ifndef TESTS_UNIT_AGENT_SETUP_H
#define TESTS_UNIT_AGENT_SETUP_H

#include <stdlib.h>

#include "agent/clinic.h"
#include "agent/flow.h"
#include "base/mem.h"
#include "embed_words.h"
#include "test.h"

#define SETUP_BYTES (8u << 20)

struct setup {
	struct arena arena;
	struct agent *agent;
	struct meaning *meaning;
	struct store *store;
	struct embed embed;
};

static inline bool setup_open(struct setup *s)
{
	struct tree_errors errors;
	char path[512], seed[512];

	*s = (struct setup){.embed = {&embed_words_ops}};
	arena_init(&s->arena, SETUP_BYTES);
	tree_errors_init(&errors, &s->arena);
	snprintf(path, sizeof(path), "%s/../../agents/clinic/agent.yaml", getenv("OFFHOOK_TEST_DATA"));
	snprintf(seed, sizeof(seed), "%s/../../agents/clinic/seed.yaml", getenv("OFFHOOK_TEST_DATA"));
	bool ok = agent_read(path, opt_getenv, &s->arena, &errors, &s->agent) == 0 &&
		  meaning_new(s->agent, &s->embed, &s->meaning) == 0 &&
		  store_open(&store_memory, STR(""), &s->store) == 0 &&
		  clinic_seed(s->store, s->agent, seed, (struct civil_date){2026, 11, 20}, &s->arena,
			      &errors) == 0;
	CHECK(ok);
	return ok;
}

static inline void setup_close(struct setup *s)
{
	meaning_free(s->meaning);
	store_close(s->store);
	arena_fini(&s->arena);
}

static inline struct flow_params setup_params(const struct setup *s, struct str session)
{
	return (struct flow_params){
		.agent = s->agent,
		.meaning = s->meaning,
		.session = {.session_id = session, .caller_id = STR("+447700900999")},
		.today = {2026, 11, 20},
		.minute = 540,
	};
}

#endif
