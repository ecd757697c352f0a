/* The matrix of a call's life. */
#include "call/call.h"
#include "test.h"

TEST(call_matrix_has_no_dead_end_and_no_state_without_a_deadline)
{
	struct fsm_fault f = fsm_check(&call_fsm);

	if (f.flaw != FSM_SOUND)
		test_failed(__FILE__, __LINE__, "flaw %d at %s/%s", (int)f.flaw,
			    fsm_state_name(&call_fsm, f.state), fsm_event_name(&call_fsm, f.event));
}

TEST(call_ends_whenever_its_leg_does)
{
	for (unsigned s = CALL_ARRIVED; s < CALL_ENDED; s++) {
		const struct fsm_cell *cell = fsm_find(&call_fsm, s, CALL_EV_ENDED);

		CHECK(cell && cell->to == CALL_ENDED + 1);
	}
}
