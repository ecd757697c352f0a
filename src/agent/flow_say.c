#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/flow_parts.h"
#include "agent/handoff.h"
#include "base/json.h"

#define SENTIMENT_NEGATIVE 2 /* annoyed turns */

void flow_begin(struct flow *f)
{
	arena_fini(&f->turn);
	f->act_count = 0;
	f->hops = 0;
	f->memory_short = false;
}

static struct brain_act *act_new(struct flow *f, enum brain_act_type type)
{
	if (f->act_count == FLOW_ACTS_MAX) {
		f->memory_short = true;
		return NULL;
	}
	struct brain_act *a = &f->acts[f->act_count++];
	*a = (struct brain_act){.type = type};
	return a;
}

/* Returns whether the value is the caller's. */
static bool write_value(const struct flow *f, struct str name, struct buf *out)
{
	const struct slot_value *v = flow_get(f, name);

	if (v)
		buf_add_str(out, str_from(v->spoken));
	else if (str_eq(name, STR("part_of_day")))
		buf_add_str(out, agent_part_of_day(f->p.minute));
	else if (str_eq(name, STR("agent_name")))
		buf_add_str(out, f->p.agent->agent_name);
	return v != NULL;
}

/* "{name}" becomes the value as it is spoken, or nothing. *ret_fixed: the same for every caller. */
static struct str render(struct flow *f, struct str template, bool *ret_fixed)
{
	struct str text = {NULL, 0};
	struct buf out;

	*ret_fixed = true;
	if (str_chr(template, '{') == template.n)
		return template;
	buf_init(&out, FLOW_TEXT_MAX);
	while (!str_empty(template)) {
		bool has = str_chr(template, '{') < template.n;
		buf_add_str(&out, str_cut(&template, '{'));
		if (has && write_value(f, str_cut(&template, '}'), &out))
			*ret_fixed = false;
	}
	if (!out.error)
		text = arena_str(&f->turn, buf_str(&out));
	buf_fini(&out);
	f->memory_short = f->memory_short || !text.p;
	return text;
}

static void say(struct flow *f, struct str template, bool firmly)
{
	bool fixed;
	struct str text = str_trim(render(f, template, &fixed));

	if (str_empty(text))
		return;
	struct brain_act *a = act_new(f, BRAIN_SAY);
	if (!a)
		return;
	a->say.text = text;
	a->say.fixed = fixed;
	a->say.uninterruptible = firmly;
	flow_remember(f, "agent", text);
}

void flow_say(struct flow *f, struct str template)
{
	say(f, template, false);
}

void flow_say_firmly(struct flow *f, struct str template)
{
	say(f, template, true);
}

void flow_expect(struct flow *f, enum eot_expect kind, int digits)
{
	struct brain_act *a = act_new(f, BRAIN_EXPECT);

	if (!a)
		return;
	a->expect.kind = kind;
	a->expect.digits_wanted = (unsigned)MAX(digits, 0);
	a->expect.silence_limit = f->p.agent->limits.silence;
}

void flow_note(struct flow *f, const char *name, struct str value)
{
	struct str copy = arena_str(&f->turn, value);
	struct brain_act *a = copy.p ? act_new(f, BRAIN_NOTE) : NULL;

	if (a) {
		a->note.name = str_from(name);
		a->note.value = copy;
	}
	flow_remember(f, name, value);
}

void flow_remember(struct flow *f, const char *who, struct str text)
{
	size_t before = f->history.n;
	struct json_out w;

	if (f->history.error)
		return;
	json_begin(&w, &f->history);
	json_map(&w, NULL);
	json_int(&w, "ms", f->elapsed / 1000);
	json_str(&w, "what", str_from(who));
	json_str(&w, "text", text);
	json_end(&w);
	buf_add_char(&f->history, '\n');
	/* a full history keeps its whole lines */
	if (f->history.error)
		f->history.n = MIN(before, f->history.n);
}

static void write_summary(const struct flow *f, struct str reason, struct buf *out)
{
	if (f->task)
		buf_printf(out, "Calling about: " STR_FMT ". ", STR_ARG(f->task->name));
	for (size_t i = 0; i < f->var_count; i++) {
		const struct flow_var *v = &f->vars[i];
		if (agent_find_slot(f->p.agent, str_from(v->name)) && v->v.spoken[0])
			buf_printf(out, "%s: %s. ", v->name, v->v.spoken);
	}
	if (f->heard[0])
		buf_printf(out, "Last said: \"%s\". ", f->heard);
	buf_printf(out, "Reason: " STR_FMT ".", STR_ARG(reason));
}

static struct str spoken_or_empty(const struct flow *f, struct str name)
{
	const struct slot_value *v = flow_get(f, name);

	return v ? str_from(v->value) : STR("");
}

void flow_write_handoff(const struct flow *f, struct str reason, struct buf *out)
{
	struct buf summary;

	buf_init(&summary, FLOW_TEXT_MAX * 4);
	write_summary(f, reason, &summary);
	struct handoff h = {
		.caller_id = f->p.session.caller_id,
		.caller_name = spoken_or_empty(f, STR("name")),
		.crm_contact_id = spoken_or_empty(f, STR("patient")),
		.summary = summary.error ? reason : buf_str(&summary),
		.reason = reason,
		.annoyed = f->frustrated >= SENTIMENT_NEGATIVE,
		.elapsed = f->elapsed,
	};
	handoff_write(&h, out);
	buf_fini(&summary);
}

void flow_write_transfer(struct flow *f, const struct agent_target *t, enum brain_transfer kind,
			 struct str reason)
{
	struct buf json;

	buf_init(&json, FLOW_TEXT_MAX * 8);
	flow_write_handoff(f, reason, &json);
	struct str summary = json.error ? (struct str){NULL, 0} : arena_str(&f->turn, buf_str(&json));
	buf_fini(&json);
	flow_remember(f, "transfer", reason);
	struct brain_act *a = act_new(f, BRAIN_TRANSFER);
	f->ends = true;
	if (!a)
		return;
	a->transfer.kind = kind;
	a->transfer.target = t->uri;
	a->transfer.reason = reason;
	a->transfer.summary = summary;
}

void flow_write_hangup(struct flow *f, struct str disposition, bool message)
{
	struct brain_act *a = act_new(f, BRAIN_HANGUP);

	flow_remember(f, "hangup", disposition);
	f->ends = true;
	if (!a)
		return;
	a->hangup.disposition = disposition;
	a->hangup.message = message;
}
