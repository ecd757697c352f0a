#include "leg/sip_call_table.h"

#define GO(event, to, action) [SIP_CALL_##event] = FSM_GO(SIP_CALL_##to, action)
#define act(name)             sip_call_act_##name

static const struct fsm_cell cells[SIP_CALL_STATES][SIP_CALL_EVENTS] =
	{
		[SIP_CALL_NEW] =
			{
				GO(RX_INVITE, OFFERED, act(trying)),
				GO(DIAL, CALLING, NULL),
			},
		[SIP_CALL_OFFERED] =
			{
				GO(RX_CANCEL, ENDED, act(cancelled)),
				GO(RX_BYE, ENDED, act(cancelled)),
				GO(GONE, ENDED, act(end_lost)),
				GO(ANSWER, ACCEPTED, NULL),
				GO(HANGUP, ENDED, act(refuse)),
				GO(GUARD, ENDED, act(undecided)),
			},
		[SIP_CALL_ACCEPTED] =
			{
				GO(RX_ACK, UP, act(confirmed)),
				GO(RX_BYE, ENDED, act(end_remote)),
				GO(HANGUP, ENDING, act(end_local)),
				GO(REPEAT, ACCEPTED, act(repeat)),
				GO(GUARD, LEAVING, act(bye_unheard)),
			},
		[SIP_CALL_ENDING] =
			{
				GO(RX_ACK, LEAVING, act(bye)),
				GO(RX_BYE, ENDED, act(end_local)),
				GO(REPEAT, ENDING, act(repeat)),
				GO(GUARD, LEAVING, act(bye)),
			},
		[SIP_CALL_CALLING] =
			{
				GO(RX_PROGRESS, RINGING, act(progress)),
				GO(RX_ANSWER, UP, act(answered)),
				GO(RX_REFUSAL, ENDED, act(end_refused)),
				GO(RX_CHALLENGE, CALLING, act(authenticate)),
				GO(GONE, ENDED, act(end_lost)),
				GO(HANGUP, GIVING_UP, act(end_local)),
				GO(GUARD, ENDED, act(end_lost)),
			},
		[SIP_CALL_RINGING] =
			{
				GO(RX_PROGRESS, RINGING, act(progress)),
				GO(RX_ANSWER, UP, act(answered)),
				GO(RX_REFUSAL, ENDED, act(end_refused)),
				GO(RX_CHALLENGE, CALLING, act(authenticate)),
				GO(GONE, ENDED, act(end_lost)),
				GO(HANGUP, CANCELLING, act(cancel)),
				GO(GUARD, CANCELLING, act(cancel_silent)),
			},
		[SIP_CALL_GIVING_UP] =
			{
				GO(RX_PROGRESS, CANCELLING, act(cancel)),
				GO(RX_ANSWER, LEAVING, act(answered_late)),
				GO(RX_REFUSAL, ENDED, act(end_local)),
				GO(RX_CHALLENGE, ENDED, act(end_local)),
				GO(GONE, ENDED, act(end_local)),
				GO(GUARD, ENDED, act(end_local)),
			},
		[SIP_CALL_CANCELLING] =
			{
				GO(RX_ANSWER, LEAVING, act(answered_late)),
				GO(RX_REFUSAL, ENDED, act(end_local)),
				GO(RX_CHALLENGE, ENDED, act(end_local)),
				GO(GONE, ENDED, act(end_local)),
				GO(GUARD, ENDED, act(end_local)),
			},
		[SIP_CALL_UP] =
			{
				GO(RX_ACK, UP, act(reconfirmed)),
				GO(RX_BYE, ENDED, act(end_remote)),
				GO(RX_ANSWER, UP, act(ack_again)),
				GO(GONE, ENDED, act(end_lost)),
				GO(HANGUP, LEAVING, act(bye)),
				GO(REPEAT, UP, act(repeat)),
				GO(GUARD, LEAVING, act(bye_unheard)),
			},
		[SIP_CALL_LEAVING] =
			{
				GO(RX_ANSWER, LEAVING, act(ack_again)),
				GO(RX_BYE_ANSWER, ENDED, act(end_local)),
				GO(GUARD, ENDED, act(end_local)),
			},
};

static const struct fsm_state states[SIP_CALL_STATES] = {
	[SIP_CALL_NEW] = {"new", 0},
	[SIP_CALL_OFFERED] = {"offered", FSM_WAITING},
	[SIP_CALL_ACCEPTED] = {"accepted", FSM_WAITING},
	[SIP_CALL_ENDING] = {"ending", FSM_WAITING},
	[SIP_CALL_CALLING] = {"calling", FSM_WAITING},
	[SIP_CALL_RINGING] = {"ringing", FSM_WAITING},
	[SIP_CALL_GIVING_UP] = {"giving up", FSM_WAITING},
	[SIP_CALL_CANCELLING] = {"cancelling", FSM_WAITING},
	[SIP_CALL_UP] = {"up", 0},
	[SIP_CALL_LEAVING] = {"leaving", FSM_WAITING},
	[SIP_CALL_ENDED] = {"ended", FSM_END},
};

static const char *const events[SIP_CALL_EVENTS] = {
	[SIP_CALL_RX_INVITE] = "INVITE received",
	[SIP_CALL_RX_CANCEL] = "CANCEL received",
	[SIP_CALL_RX_ACK] = "ACK received",
	[SIP_CALL_RX_BYE] = "BYE received",
	[SIP_CALL_RX_PROGRESS] = "1xx received",
	[SIP_CALL_RX_ANSWER] = "2xx received",
	[SIP_CALL_RX_REFUSAL] = "refusal received",
	[SIP_CALL_RX_CHALLENGE] = "challenge received",
	[SIP_CALL_RX_BYE_ANSWER] = "BYE answered",
	[SIP_CALL_GONE] = "gone",
	[SIP_CALL_DIAL] = "dial",
	[SIP_CALL_ANSWER] = "answer",
	[SIP_CALL_HANGUP] = "hang up",
	[SIP_CALL_REPEAT] = "repeat",
	[SIP_CALL_GUARD] = "guard",
};

const struct fsm sip_call_fsm = {
	.name = "sip call",
	.states = states,
	.events = events,
	.cells = &cells[0][0],
	.state_count = SIP_CALL_STATES,
	.event_count = SIP_CALL_EVENTS,
	.start = SIP_CALL_NEW,
	.timeout = SIP_CALL_GUARD,
};
