/* Mailboxes: every message once, in order, none past a full box. */
#include "base/mailbox.h"

#include <pthread.h>
#include <sched.h>

#include "test.h"

struct note {
	int from, number;
};

struct reader {
	int next[8];
	int received, wrong, want;
	struct loop *loop;
	struct mailbox *box;
};

static void on_note(void *arg, const void *message)
{
	const struct note *n = message;
	struct reader *r = arg;

	r->wrong += n->number != r->next[n->from];
	r->next[n->from] = n->number + 1;
	if (++r->received == r->want)
		loop_stop(r->loop);
}

static void forget_note(void *arg, const void *message)
{
	struct reader *r = arg;

	r->wrong += ((const struct note *)message)->number != r->next[0]++;
}

TEST(mailbox_refuses_when_full_and_drops_what_is_left)
{
	struct reader r = {0};

	REQUIRE(loop_new(LOOP_SIM, 0, &r.loop) == 0);
	REQUIRE(mailbox_new(r.loop, sizeof(struct note), 3, on_note, &r, &r.box) == 0);
	for (int i = 0; i < 4; i++)
		CHECK_INT(mailbox_post(r.box, &(struct note){0, i}), 0);
	CHECK_INT(mailbox_post(r.box, &(struct note){0, 4}), -ENOBUFS);
	CHECK_INT(mailbox_refused(r.box), 1);
	CHECK_INT(r.received, 0);
	loop_advance(r.loop, 0);
	CHECK_INT(r.received, 4);
	for (int i = 4; i < 7; i++)
		CHECK_INT(mailbox_post(r.box, &(struct note){0, i}), 0);
	r.box = mailbox_free(r.box, forget_note);
	CHECK_INT(r.next[0], 7);
	CHECK_INT(r.wrong, 0);
	r.loop = loop_free(r.loop);
}

static void post_again(void *arg, const void *message)
{
	struct reader *r = arg;

	r->received++;
	CHECK_INT(mailbox_post(r->box, message), 0);
}

TEST(mailbox_that_never_empties_does_not_hold_the_turn)
{
	struct reader r = {0};

	REQUIRE(loop_new(LOOP_REAL, 0, &r.loop) == 0);
	REQUIRE(mailbox_new(r.loop, sizeof(struct note), 4, post_again, &r, &r.box) == 0);
	CHECK_INT(mailbox_post(r.box, &(struct note){0, 0}), 0);
	CHECK_INT(loop_turn(r.loop, 0), 0);
	CHECK_INT(r.received, 4);
	CHECK_INT(loop_turn(r.loop, USEC_NEVER), 0);
	CHECK_INT(r.received, 8);
	r.box = mailbox_free(r.box, NULL);
	r.loop = loop_free(r.loop);
}

/* Even a box of one slot has to tell a message that waits from room for one. */
TEST(mailbox_of_one_slot_overwrites_nothing)
{
	struct reader r = {0};
	int taken = 0;

	REQUIRE(loop_new(LOOP_REAL, 0, &r.loop) == 0);
	REQUIRE(mailbox_new(r.loop, sizeof(struct note), 1, on_note, &r, &r.box) == 0);
	while (taken < 10 && mailbox_post(r.box, &(struct note){0, taken}) == 0)
		taken++;
	CHECK(taken < 10);
	CHECK_INT(loop_turn(r.loop, 0), 0);
	CHECK_INT(r.received, taken);
	CHECK_INT(r.wrong, 0);
	r.box = mailbox_free(r.box, NULL);
	r.loop = loop_free(r.loop);
}

#define POSTERS 4
#define NOTES   50000

struct poster {
	pthread_t thread;
	struct mailbox *box;
	int from;
};

static void *post_notes(void *arg)
{
	struct poster *p = arg;

	for (int i = 0; i < NOTES;) {
		if (mailbox_post(p->box, &(struct note){p->from, i}) == 0)
			i++;
		else
			sched_yield();
	}
	return NULL;
}

TEST(mailbox_loses_nothing_among_four_posters)
{
	struct reader r = {.want = POSTERS * NOTES};
	struct poster posters[POSTERS];

	REQUIRE(loop_new(LOOP_REAL, 0, &r.loop) == 0);
	REQUIRE(mailbox_new(r.loop, sizeof(struct note), 256, on_note, &r, &r.box) == 0);
	for (int i = 0; i < POSTERS; i++) {
		posters[i] = (struct poster){.box = r.box, .from = i};
		REQUIRE(pthread_create(&posters[i].thread, NULL, post_notes, &posters[i]) == 0);
	}
	CHECK_INT(loop_run(r.loop), 0);
	for (int i = 0; i < POSTERS; i++)
		pthread_join(posters[i].thread, NULL);
	CHECK_INT(r.received, POSTERS * NOTES);
	CHECK_INT(r.wrong, 0);
	r.box = mailbox_free(r.box, NULL);
	r.loop = loop_free(r.loop);
}

TEST_OOM(mailbox_survives_no_memory)
{
	struct reader r = {0};
	int rc = loop_new(LOOP_REAL, 0, &r.loop);

	if (rc == 0)
		rc = mailbox_new(r.loop, sizeof(struct note), 64, on_note, &r, &r.box);
	r.box = mailbox_free(r.box, NULL);
	r.loop = loop_free(r.loop);
	return rc;
}
