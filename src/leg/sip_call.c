#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/live.h"
#include "base/mem.h"
#include "leg/sip_call_impl.h"

LIVE_DEFINE(sip_call);

/* ---- news and the end ---- */

int sip_call_tell(struct sip_call *c, const struct sip_news *news)
{
	if (c->closed || !c->user.fn || (c->end_known && news->what != SIP_NEWS_ENDED))
		return 0;
	return c->user.fn(c->user.arg, c, news);
}

void sip_call_end(struct sip_call *c, enum leg_end why, int status, struct str words, usec now)
{
	sip_core_alarm(c->core, &c->farewell, now);
	if (c->end_known)
		return;
	c->end_known = true;
	c->end = (struct sip_news){
		.what = SIP_NEWS_ENDED,
		.why = why,
		.status = status,
		.words = {c->end_words, str_copy(words, c->end_words, sizeof(c->end_words))},
	};
}

/* Tells the end once, and frees the call when both the owner and the other end are done with it. */
static void on_farewell(struct sip_alarm *a, usec now)
{
	struct sip_call *c = CONTAINER_OF(a, struct sip_call, farewell);
	int (*fn)(void *arg, struct sip_call *call, const struct sip_news *news) = c->user.fn;

	if (c->end_known && fn && !c->closed) {
		c->user.fn = NULL;
		c->end.now = now;
		fn(c->user.arg, c, &c->end);
	}
	if (c->state == SIP_CALL_ENDED && c->closed)
		sip_call_free(c);
}

/* ---- the matrix ---- */

static usec span_of_state(const struct sip_call *c)
{
	const struct sip_ua_config *config = &c->core->config;

	switch ((enum sip_call_state)c->state) {
	case SIP_CALL_OFFERED:
		return config->decide_max;
	case SIP_CALL_RINGING:
		return config->ring_max;
	case SIP_CALL_ACCEPTED:
	case SIP_CALL_ENDING:
		return 64 * config->t1;
	case SIP_CALL_CALLING:
	case SIP_CALL_GIVING_UP:
	case SIP_CALL_CANCELLING:
	case SIP_CALL_LEAVING:
		/* Their transactions end first; this is for the one that could not even be sent. */
		return 65 * config->t1;
	case SIP_CALL_NEW:
	case SIP_CALL_UP:
	case SIP_CALL_ENDED:
	case SIP_CALL_STATES:
		break;
	}
	return USEC_NEVER;
}

static void enter(struct sip_call *c, usec now)
{
	usec span = span_of_state(c);

	sip_core_alarm(c->core, &c->guard, span == USEC_NEVER ? USEC_NEVER : now + span);
	if (c->state != SIP_CALL_ACCEPTED && c->state != SIP_CALL_ENDING)
		sip_core_alarm(c->core, &c->repeat, USEC_NEVER);
	if (c->state == SIP_CALL_ENDED)
		sip_core_alarm(c->core, &c->farewell, now);
}

bool sip_call_step(struct sip_call *c, enum sip_call_event event, const struct sip_call_input *input)
{
	uint8_t before = c->state;
	const struct fsm_cell *cell = fsm_find(&sip_call_fsm, before, event);

	if (!cell)
		return false;
	c->core->walked[before] |= 1u << event;
	c->state = (uint8_t)(cell->to - 1u);
	if (c->state != before)
		enter(c, input->now);
	if (cell->action)
		cell->action(c, input);
	return true;
}

static void on_guard(struct sip_alarm *a, usec now)
{
	struct sip_call_input in = {.now = now};

	sip_call_step(CONTAINER_OF(a, struct sip_call, guard), SIP_CALL_GUARD, &in);
}

static void on_repeat(struct sip_alarm *a, usec now)
{
	struct sip_call_input in = {.now = now};

	sip_call_step(CONTAINER_OF(a, struct sip_call, repeat), SIP_CALL_REPEAT, &in);
}

/* ---- life ---- */

int sip_call_new(struct sip_core *core, const struct sip_flow *flow, struct sip_call **ret_call)
{
	struct sip_call *c;
	int rc;

	if (core->calls.count >= core->config.calls_max)
		return -ENOBUFS;
	if (heap_reserve(&core->alarms, SIP_ALARMS_PER_CALL * (core->calls.count + 1)) < 0)
		return -ENOMEM;
	c = mem_zalloc(sizeof(*c));
	if (!c)
		return -ENOMEM;
	live_up(&live_sip_call);
	c->core = core;
	c->flow = *flow;
	c->tag = sip_core_token(core, "");
	c->guard.fn = on_guard;
	c->repeat.fn = on_repeat;
	c->offer_alarm.fn = sip_call_offer_due;
	c->refer_guard.fn = sip_call_refer_given_up;
	c->farewell.fn = on_farewell;
	arena_init(&c->arena, SIP_CALL_ARENA_BYTES);
	arena_init(&c->asked_arena, SIP_ASKED_BYTES);
	rc = map_add(&core->calls, &c->node, str_from(c->tag.text));
	if (rc < 0) {
		c->node.key.p = NULL;
		sip_call_free(c);
		return rc;
	}
	*ret_call = c;
	return 0;
}

static void stop_alarms(struct sip_call *c)
{
	struct sip_alarm *all[] = {&c->guard, &c->repeat, &c->offer_alarm, &c->refer_guard, &c->farewell};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		sip_core_alarm(c->core, all[i], USEC_NEVER);
}

struct sip_call *sip_call_free(struct sip_call *c)
{
	stop_alarms(c);
	sip_out_detach(&c->invite);
	sip_out_detach(&c->offer);
	sip_out_detach(&c->refer);
	sip_out_detach(&c->notify);
	sip_out_detach(&c->bye);
	if (c->asked_txn)
		sip_txn_detach(c->asked_txn);
	if (c->has_dialog)
		sip_dialog_fini(&c->dialog);
	if (c->node.key.p)
		map_remove(&c->core->calls, &c->node);
	arena_fini(&c->arena);
	arena_fini(&c->asked_arena);
	mem_free(c->ack);
	live_down(&live_sip_call);
	return mem_free(c);
}

struct sip_call *sip_call_of(struct map_node *node)
{
	return MAP_ENTRY(node, struct sip_call, node);
}

struct sip_call *sip_call_find(struct sip_core *core, struct str local_tag)
{
	struct map_node *node = map_find(&core->calls, local_tag);

	struct sip_call *c = node ? MAP_ENTRY(node, struct sip_call, node) : NULL;

	return c && c->state != SIP_CALL_ENDED ? c : NULL;
}

/* ---- the owner's side ---- */

void sip_call_own(struct sip_call *c, struct sip_call_user user)
{
	c->user = user;
}

bool sip_call_closed(const struct sip_call *c)
{
	return c->closed;
}

struct str sip_call_id(const struct sip_call *c)
{
	return c->has_dialog ? c->dialog.call_id : str_from(c->call_id.text);
}

const struct sip_flow *sip_call_flow(const struct sip_call *c)
{
	return c->has_dialog ? &c->dialog.flow : &c->flow;
}

void sip_call_hangup(struct sip_call *c, int status, const struct leg_headers *headers, usec now)
{
	struct sip_call_input in = {.status = status, .headers = headers, .now = now};

	sip_call_step(c, SIP_CALL_HANGUP, &in);
	sip_core_announce(c->core);
}

struct sip_call *sip_call_close(struct sip_call *c, usec now)
{
	if (!c)
		return NULL;
	c->closed = true;
	sip_call_hangup(c, 480, NULL, now);
	sip_core_alarm(c->core, &c->farewell, now);
	sip_core_announce(c->core);
	return NULL;
}

/* ---- calling ---- */

static int dial_texts(struct sip_call *c, const struct sip_dial *dial)
{
	c->call_id = sip_core_token(c->core, "");
	c->dial_uri = arena_str(&c->arena, dial->uri);
	c->dial_from = arena_str(&c->arena, dial->from_uri);
	c->dial_name = arena_str(&c->arena, dial->from_name);
	c->credentials.user = arena_str(&c->arena, dial->credentials.user);
	c->credentials.password = arena_str(&c->arena, dial->credentials.password);
	if (!c->dial_uri.p || !c->dial_from.p || !c->dial_name.p || !c->credentials.user.p ||
	    !c->credentials.password.p)
		return -ENOMEM;
	return sip_out_prepare(c, &c->invite, &sip_out_invite, (struct str){0}, dial->headers, dial->sdp);
}

int sip_call_dial(struct sip_core *core, const struct sip_dial *dial, struct sip_call_user user, usec now,
		  struct sip_call **ret_call)
{
	struct sip_call_input in = {.now = now};
	struct sip_call *c;
	int rc = sip_call_new(core, &dial->flow, &c);

	if (rc < 0)
		return rc;
	rc = dial_texts(c, dial);
	if (rc == 0)
		rc = sip_out_send(c, &c->invite, now);
	if (rc < 0) {
		sip_call_free(c);
		return rc;
	}
	c->user = user;
	sip_call_step(c, SIP_CALL_DIAL, &in);
	*ret_call = c;
	return 0;
}

void sip_call_act_progress(void *self, const void *input)
{
	const struct sip_call_input *in = input;
	struct sip_news told = {SIP_NEWS_PROGRESS, .msg = in->msg, .status = in->msg->status, .now = in->now};

	if (in->msg->status > 100)
		sip_call_tell(self, &told);
}

/* The dialog of a 2xx and its ACK. Returns false when the answer is of no use. */
static bool take_answer(struct sip_call *c, const struct sip_call_input *in)
{
	if (sip_dialog_from_response(&c->dialog, in->msg, c->dial_uri, &c->flow) < 0)
		return false;
	c->has_dialog = true;
	sip_dialog_aim(&c->dialog);
	sip_call_send_ack(c, &c->invite);
	return true;
}

void sip_call_act_answered(void *self, const void *input)
{
	const struct sip_call_input *in = input;
	struct sip_call *c = self;
	struct sip_news told = {SIP_NEWS_ANSWERED, .msg = in->msg, .status = in->msg->status, .now = in->now};

	if (take_answer(c, in)) {
		sip_call_tell(c, &told);
		return;
	}
	/* A 200 without a tag cannot be acknowledged, and neither can it be hung up. */
	sip_call_end(c, LEG_END_FAULT, in->msg->status, STR("unusable answer"), in->now);
	sip_call_step(c, SIP_CALL_GONE, in);
}

void sip_call_act_answered_late(void *self, const void *input)
{
	const struct sip_call_input *in = input;
	struct sip_call *c = self;

	if (take_answer(c, in))
		sip_call_act_bye(c, in);
	else
		sip_call_step(c, SIP_CALL_GUARD, in);
}

void sip_call_act_ack_again(void *self, const void *input)
{
	const struct sip_call_input *in = input;
	struct sip_call *c = self;

	if (!c->has_dialog || c->call_id.text[0] == '\0')
		return;
	if (!str_eq(in->msg->to.tag, c->dialog.remote_tag))
		sip_call_refuse_fork(c, in->msg, in->now);
	else if (c->ack_cseq == in->msg->cseq.number)
		sip_call_repeat_ack(c);
}

void sip_call_act_authenticate(void *self, const void *input)
{
	const struct sip_call_input *in = input;

	if (!sip_out_authenticate(self, &((struct sip_call *)self)->invite, in->msg, in->now))
		sip_call_step(self, SIP_CALL_RX_REFUSAL, in);
}

void sip_call_act_cancel(void *self, const void *input)
{
	const struct sip_call_input *in = input;
	struct sip_call *c = self;

	sip_call_end(c, LEG_END_LOCAL, 0, (struct str){0}, in->now);
	/* Without memory for the CANCEL the guard ends it. */
	if (c->invite.txn)
		(void)!sip_txn_cancel(c->invite.txn, in->now);
}

void sip_call_act_cancel_silent(void *self, const void *input)
{
	const struct sip_call_input *in = input;

	sip_call_end(self, LEG_END_NO_ANSWER, 0, (struct str){0}, in->now);
	sip_call_act_cancel(self, input);
}

/* ---- leaving ---- */

void sip_call_act_bye(void *self, const void *input)
{
	const struct sip_call_input *in = input;
	struct sip_call *c = self;

	sip_call_end(c, LEG_END_LOCAL, 0, (struct str){0}, in->now);
	sip_call_drop_asked(c, in->now);
	if (sip_out_prepare(c, &c->bye, &sip_out_bye, (struct str){0}, in->headers, (struct str){0}) < 0 ||
	    sip_out_send(c, &c->bye, in->now) < 0)
		sip_call_step(c, SIP_CALL_RX_BYE_ANSWER, in);
}

void sip_call_act_bye_unheard(void *self, const void *input)
{
	const struct sip_call_input *in = input;

	sip_call_end(self, LEG_END_LOST, 408, STR("no ACK"), in->now);
	sip_call_act_bye(self, input);
}

void sip_call_act_end_local(void *self, const void *input)
{
	sip_call_end(self, LEG_END_LOCAL, 0, (struct str){0}, ((const struct sip_call_input *)input)->now);
}

void sip_call_act_end_remote(void *self, const void *input)
{
	const struct sip_call_input *in = input;
	struct sip_call *c = self;

	sip_call_refer_by_bye(c, in->now);
	sip_call_drop_asked(c, in->now);
	sip_call_end(c, LEG_END_REMOTE, 0, sip_msg_value(in->msg, SIP_HDR_REASON), in->now);
}

/* Where a redirection sends us is the owner's to judge (section 8.1.3.4). */
void sip_call_act_end_refused(void *self, const void *input)
{
	const struct sip_call_input *in = input;
	int status = in->msg->status;
	struct str words = sip_msg_value(in->msg, status < 400 ? SIP_HDR_CONTACT : SIP_HDR_REASON);

	sip_call_end(self, status == 408 || status == 480 ? LEG_END_NO_ANSWER : LEG_END_REFUSED, status,
		     words.n ? words : in->msg->reason, in->now);
}

void sip_call_act_end_lost(void *self, const void *input)
{
	const struct sip_call_input *in = input;

	sip_call_drop_asked(self, in->now);
	sip_call_end(self, LEG_END_LOST, in->msg ? in->msg->status : 408, (struct str){0}, in->now);
}
