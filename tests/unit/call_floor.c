/* The matrix of turn-taking, proved as a table; its life is proved by the scenarios. */
#include "call/floor.h"
#include "test.h"

TEST(floor_matrix_has_no_dead_end_and_no_state_without_a_deadline)
{
	struct fsm_fault f = fsm_check(&floor_fsm);

	if (f.flaw != FSM_SOUND)
		test_failed(__FILE__, __LINE__, "flaw %d at %s/%s", (int)f.flaw,
			    fsm_state_name(&floor_fsm, f.state), fsm_event_name(&floor_fsm, f.event));
}

TEST(floor_lets_the_caller_interrupt_and_end_wherever_we_are)
{
	for (unsigned s = FLOOR_LISTENING; s < FLOOR_OVER; s++) {
		CHECK(fsm_find(&floor_fsm, s, FLOOR_EV_OVER) != NULL);
		CHECK(s == FLOOR_LEAVING || fsm_find(&floor_fsm, s, FLOOR_EV_EAR_FAULT) != NULL);
	}
	CHECK(fsm_find(&floor_fsm, FLOOR_SPEAKING, FLOOR_EV_SPEECH) != NULL);
	CHECK(fsm_find(&floor_fsm, FLOOR_SPEAKING, FLOOR_EV_KEY) != NULL);
	CHECK(fsm_find(&floor_fsm, FLOOR_THINKING, FLOOR_EV_SPEECH) != NULL);
}
