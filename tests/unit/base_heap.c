/* Whatever is put in, moved and taken out: what comes out is in order. */
#include "base/heap.h"
#include "test.h"

#define THINGS 500u

struct thing {
	size_t place;
	usec due;
	uint64_t age; /* when it was put in last */
};

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static struct thing *earliest(struct thing *things)
{
	struct thing *best = NULL;

	for (size_t i = 0; i < THINGS; i++) {
		struct thing *t = &things[i];

		if (t->place && (!best || t->due < best->due || (t->due == best->due && t->age < best->age)))
			best = t;
	}
	return best;
}

TEST(heap_agrees_with_a_search_through_everything)
{
	static struct thing things[THINGS];
	struct heap h = {0};
	uint32_t random = 7;
	uint64_t age = 0;

	REQUIRE(heap_reserve(&h, THINGS) == 0);
	for (int step = 0; step < 20000; step++) {
		struct thing *t = &things[next_random(&random) % THINGS];
		uint32_t what = next_random(&random) % 8;

		if (what < 5) {
			t->due = next_random(&random) % 64;
			t->age = age++;
			heap_put(&h, t->due, &t->place);
		} else if (what < 7) {
			heap_remove(&h, &t->place);
		} else if (h.count > 0) {
			t = CONTAINER_OF(heap_first(&h), struct thing, place);
			REQUIRE(t == earliest(things));
			CHECK_INT(heap_due(&h), t->due);
			heap_remove(&h, &t->place);
		}
	}
	heap_fini(&h);
	for (size_t i = 0; i < THINGS; i++)
		CHECK_INT(things[i].place, 0);
}

TEST(heap_gives_equal_times_in_the_order_of_arrival)
{
	struct thing things[100] = {0};
	struct heap h = {0};

	REQUIRE(heap_reserve(&h, 100) == 0);
	for (size_t i = 0; i < 100; i++)
		heap_put(&h, 5, &things[i].place);
	heap_put(&h, 5, &things[0].place);
	for (size_t i = 1; i <= 100; i++) {
		CHECK(heap_first(&h) == &things[i % 100].place);
		heap_remove(&h, heap_first(&h));
	}
	CHECK(heap_first(&h) == NULL);
	CHECK_INT(heap_due(&h), USEC_NEVER);
	heap_fini(&h);
}

TEST_OOM(heap_survives_no_memory)
{
	struct heap h = {0};
	int rc = heap_reserve(&h, 10);

	if (rc == 0)
		rc = heap_reserve(&h, 1000);
	heap_fini(&h);
	return rc;
}
