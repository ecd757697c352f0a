#include "fuzz.h"

#include <assert.h>

#include "agent/agent.h"
#include "agent/flow.h"

#define ARENA_BYTES (16u << 20)

/* What loads holds together: every reference leads somewhere, and a conversation begins. */
static void check(const struct agent *a)
{
	const struct agent_state *s = a->states.at;
	struct flow_params p = {.agent = a, .today = {2026, 11, 20}};
	static struct flow f;

	assert(agent_find_state(a, a->home));
	for (size_t i = 0; i < a->states.count; i++) {
		const struct agent_edge *e = s[i].edges.at;
		for (size_t k = 0; k < s[i].slots.count; k++)
			assert(agent_find_slot(a, s[i].slots.at[k]));
		for (size_t k = 0; k < s[i].edges.count; k++)
			assert(agent_find_state(a, e[k].go));
	}
	if (flow_open(&f, &p) < 0)
		return;
	flow_start(&f);
	for (int i = 0; i < 5; i++)
		flow_heard(&f, i % 2 ? STR("yes") : STR("tomorrow at ten"), 1);
	flow_close(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	struct tree_errors errors;
	struct arena arena;
	struct agent *a;

	arena_init(&arena, ARENA_BYTES);
	tree_errors_init(&errors, &arena);
	if (agent_parse(text, "agent.yaml", NULL, &arena, &errors, &a) == 0)
		check(a);
	arena_fini(&arena);
	return 0;
}
