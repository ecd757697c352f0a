#include "agent/handoff.h"
#include "agent/model_parts.h"

#define SUMMARY_BYTES 4000
#define HANDOFF_BYTES 16000
#define ANNOYED       2 /* annoyed turns in a row that a human is told of */

/* More than the plan holds is a bug of ours that a caller must not pay for. */
void model_plan(struct model_brain *b, struct brain_act act)
{
	if (b->planned_count < MODEL_ACTS_MAX)
		b->planned[b->planned_count++] = act;
	model_later(b);
}

/* Without memory the words are missing, not the answer. */
static struct str render(struct model_brain *b, struct str template)
{
	struct str text = {NULL, 0}, name;
	struct buf out;

	if (str_chr(template, '{') == template.n)
		return template;
	buf_init(&out, MODEL_TEXT_MAX);
	while (!str_empty(template)) {
		bool has = str_chr(template, '{') < template.n;

		buf_add_str(&out, str_cut(&template, '{'));
		name = has ? str_cut(&template, '}') : STR("");
		if (str_eq(name, STR("part_of_day")))
			buf_add_str(&out, agent_part_of_day(b->p.minute));
		else if (str_eq(name, STR("agent_name")))
			buf_add_str(&out, b->p.agent->agent_name);
	}
	if (!out.error)
		text = arena_str(&b->turn, buf_str(&out));
	buf_fini(&out);
	return text;
}

void model_plan_say(struct model_brain *b, struct str template)
{
	struct str text = str_trim(render(b, template));

	if (!str_empty(text))
		model_plan(b, (struct brain_act){.type = BRAIN_SAY, .say = {.text = text, .fixed = true}});
}

void model_plan_expect(struct model_brain *b, enum eot_expect kind)
{
	model_plan(b, (struct brain_act){
			      .type = BRAIN_EXPECT,
			      .expect = {.kind = kind, .silence_limit = b->p.agent->limits.silence},
		      });
}

void model_plan_hangup(struct model_brain *b, struct str disposition)
{
	model_plan(b, (struct brain_act){.type = BRAIN_HANGUP, .hangup.disposition = disposition});
}

void model_planned(struct model_brain *b)
{
	b->doing = MODEL_PLANNED;
	model_later(b);
}

/* ---- to a human ---- */

/* p == NULL without memory: a human takes over all the same. */
static struct str handoff(struct model_brain *b, struct str reason)
{
	struct str text = {NULL, 0};
	struct buf summary, json;

	buf_init(&summary, SUMMARY_BYTES);
	buf_init(&json, HANDOFF_BYTES);
	context_tell(&b->context, &summary);
	struct handoff h = {
		.caller_id = b->p.session.caller_id,
		.caller_name = str_from(b->name),
		.crm_contact_id = str_from(b->contact),
		.summary = summary.n > 0 ? str_trim(buf_str(&summary)) : reason,
		.reason = reason,
		.annoyed = b->frustrated >= ANNOYED,
		.elapsed = loop_now(b->p.loop) - b->started,
	};
	handoff_write(&h, &json);
	if (!json.error)
		text = arena_str(&b->turn, buf_str(&json));
	buf_fini(&summary);
	buf_fini(&json);
	return text;
}

static void plan_transfer(struct model_brain *b, const struct agent_target *t, struct str reason)
{
	model_plan(b, (struct brain_act){
			      .type = BRAIN_TRANSFER,
			      .transfer = {.kind = t->cold ? BRAIN_COLD : BRAIN_WARM,
					   .target = t->uri,
					   .reason = reason,
					   .summary = handoff(b, reason)},
		      });
}

/* A second transfer after one that came back would only turn in circles, unless it is an emergency. */
static bool is_reachable(const struct model_brain *b, const struct agent_target *t)
{
	return t && (b->transfers_failed == 0 || (b->transfers_failed == 1 && t->cold));
}

static void say_nobody_is_free(struct model_brain *b)
{
	const struct agent *a = b->p.agent;

	model_plan_say(b, a->message.take ? a->phrases.leave_message : a->phrases.nobody_free);
	model_plan(b, (struct brain_act){.type = BRAIN_HANGUP, .hangup = {STR("callback"), a->message.take}});
}

void model_hand_over(struct model_brain *b, const struct agent_target *to, struct str reason)
{
	const struct agent_target *t = to ? to : agent_human(b->p.agent);

	if (is_reachable(b, t)) {
		if (!b->said)
			model_plan_say(b, b->p.agent->phrases.handover);
		plan_transfer(b, t, reason);
	} else {
		say_nobody_is_free(b);
	}
	model_planned(b);
}

void model_emergency(struct model_brain *b)
{
	const struct agent_target *t = agent_rescue(b->p.agent);
	struct brain_act say = {
		.type = BRAIN_SAY,
		.say = {.text = b->p.agent->phrases.emergency, .uninterruptible = true, .fixed = true}};

	if (is_reachable(b, t)) {
		model_plan(b, say);
		plan_transfer(b, t, STR("Emergency"));
	} else {
		say.say.text = b->p.agent->phrases.emergency_alone;
		model_plan(b, say);
		model_plan_hangup(b, STR("emergency"));
	}
	model_planned(b);
}

void model_fail(struct model_brain *b, const char *why)
{
	model_plan(b, (struct brain_act){.type = BRAIN_NOTE, .note = {STR("model_failed"), str_from(why)}});
	model_plan_say(b, b->p.agent->phrases.trouble);
	b->said = false;
	model_hand_over(b, NULL, STR("The assistant does not work"));
}

static void note_ladder(struct model_brain *b, bool over)
{
	struct str step = over ? STR("hand over") : b->ladder == 1 ? STR("clarify") : STR("rephrase");

	model_plan(b, (struct brain_act){.type = BRAIN_NOTE, .note = {STR("ladder"), step}});
}

void model_misunderstood(struct model_brain *b)
{
	const struct agent_phrases *p = &b->p.agent->phrases;
	bool refused = b->round.stop == LLM_STOP_REFUSED;
	bool over = ++b->ladder > b->p.agent->limits.ladder;

	note_ladder(b, over);
	if (over) {
		model_hand_over(b, NULL, STR("The assistant could not understand the caller"));
		return;
	}
	model_plan_say(b, refused ? p->out_of_scope : b->ladder == 1 ? p->clarify : p->rephrase);
	model_plan_expect(b, EOT_ANYTHING);
	model_planned(b);
}
