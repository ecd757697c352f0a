/*
 * contract.h - what the conformance stories share: a session's memory and a clean end
 *
 * A story is told by every provider of a contract; it knows nothing but the
 * contract's header. It gives a session exactly its state_size of zeroed bytes,
 * with a fence behind them, and wants nothing left alive when it is over.
 *
 * Threads: the test's. Layer: tests.
 */
#ifndef TESTS_UNIT_CONTRACT_H
#define TESTS_UNIT_CONTRACT_H

#include "base/live.h"
#include "base/mem.h"
#include "test.h"

#define FENCE_BYTES 64

struct contract_left {
	long blocks, objects;
};

static inline struct contract_left contract_begin(void)
{
	return (struct contract_left){mem_live(), live_total()};
}

static inline void contract_end(struct contract_left before, const char *who)
{
	if (mem_live() != before.blocks || live_total() != before.objects)
		test_failed(who, 0, "%ld blocks and %ld objects left alive", mem_live() - before.blocks,
			    live_total() - before.objects);
}

/* NULL without memory. */
static inline void *contract_state(size_t size)
{
	char *state = mem_zalloc(size + FENCE_BYTES);

	if (state)
		memset(state + size, 0x5a, FENCE_BYTES);
	return state;
}

/* Takes NULL. Returns NULL. */
static inline void *contract_state_free(void *state, size_t size)
{
	for (size_t i = 0; state && i < FENCE_BYTES; i++)
		CHECK(((char *)state)[size + i] == 0x5a);
	return mem_free(state);
}

#endif
