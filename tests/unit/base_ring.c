/* A ring refuses when full, counts it, and loses nothing between two threads. */
#include "base/ring.h"

#include <pthread.h>
#include <sched.h>

#include "test.h"

TEST(ring_is_first_in_first_out_and_refuses_when_full)
{
	struct ring r;

	REQUIRE(ring_init(&r, sizeof(int), 3) == 0);
	CHECK(ring_peek(&r) == NULL);
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 4; i++)
			CHECK_INT(ring_push(&r, &i), 0);
		CHECK_INT(ring_push(&r, &round), -ENOBUFS);
		CHECK_INT(ring_count(&r), 4);
		for (int i = 0; i < 4; i++) {
			const int *p = ring_peek(&r);

			REQUIRE(p != NULL);
			CHECK_INT(*p, i);
			ring_release(&r);
		}
		CHECK(ring_peek(&r) == NULL);
	}
	CHECK_INT(r.full, 5);
	CHECK_INT(ring_push(&r, &(int){1}), 0);
	ring_reset(&r);
	CHECK_INT(ring_count(&r), 0);
	CHECK(ring_peek(&r) == NULL);
	ring_fini(&r);
	ring_fini(&r);
}

#define RECORDS 200000

struct record {
	uint32_t number;
	uint32_t check[7];
};

static void *write_records(void *arg)
{
	struct ring *r = arg;

	for (uint32_t i = 0; i < RECORDS;) {
		struct record *p = ring_claim(r);

		if (!p) {
			sched_yield();
			continue;
		}
		p->number = i;
		for (size_t k = 0; k < ARRAY_LEN(p->check); k++)
			p->check[k] = i * 3;
		ring_commit(r);
		i++;
	}
	return NULL;
}

TEST(ring_carries_whole_records_from_thread_to_thread)
{
	uint32_t expected = 0;
	pthread_t writer;
	struct ring r;

	REQUIRE(ring_init(&r, sizeof(struct record), 64) == 0);
	REQUIRE(pthread_create(&writer, NULL, write_records, &r) == 0);
	while (expected < RECORDS) {
		const struct record *p = ring_peek(&r);

		CHECK(ring_count(&r) <= 64);
		if (!p) {
			sched_yield();
			continue;
		}
		if (p->number != expected || p->check[6] != expected * 3)
			test_failed(__FILE__, __LINE__, "record %u came as %u", expected, p->number);
		expected++;
		ring_release(&r);
	}
	pthread_join(writer, NULL);
	CHECK(ring_peek(&r) == NULL);
	ring_fini(&r);
}

TEST_OOM(ring_survives_no_memory)
{
	struct ring r;
	int rc = ring_init(&r, 320, 16);

	ring_fini(&r);
	return rc;
}
