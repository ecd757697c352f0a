#include "leg_sip_walk.h"

#include "leg/sip_call_table.h"
#include "test.h"

static uint32_t walked[SIP_CALL_STATES];

void sip_walk_add(const struct sip_ua_stats *stats)
{
	for (unsigned i = 0; i < SIP_CALL_STATES; i++)
		walked[i] |= stats->walked[i];
}

TEST(sip_call_matrix_is_sound)
{
	struct fsm_fault f = fsm_check(&sip_call_fsm);

	if (f.flaw != FSM_SOUND)
		test_failed(__FILE__, __LINE__, "flaw %d in state %s, event %s", f.flaw,
			    fsm_state_name(&sip_call_fsm, f.state), fsm_event_name(&sip_call_fsm, f.event));
	/* The owner can always hang up, until it has. */
	CHECK(fsm_find(&sip_call_fsm, SIP_CALL_OFFERED, SIP_CALL_HANGUP) != NULL);
	CHECK(fsm_find(&sip_call_fsm, SIP_CALL_ACCEPTED, SIP_CALL_HANGUP) != NULL);
	CHECK(fsm_find(&sip_call_fsm, SIP_CALL_CALLING, SIP_CALL_HANGUP) != NULL);
	CHECK(fsm_find(&sip_call_fsm, SIP_CALL_RINGING, SIP_CALL_HANGUP) != NULL);
	CHECK(fsm_find(&sip_call_fsm, SIP_CALL_UP, SIP_CALL_HANGUP) != NULL);
}

/* The last test: what nobody took in any test is an edge without a test. */
TEST(sip_call_edges_are_all_taken)
{
	for (unsigned state = 0; state < SIP_CALL_STATES; state++)
		for (unsigned event = 0; event < SIP_CALL_EVENTS; event++)
			if (fsm_find(&sip_call_fsm, state, event) && !(walked[state] >> event & 1))
				test_failed(__FILE__, __LINE__, "nobody was '%s' when '%s' came",
					    fsm_state_name(&sip_call_fsm, state),
					    fsm_event_name(&sip_call_fsm, event));
}
