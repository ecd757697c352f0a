/*
 * agent_fixed.c - what an agent says to every caller alike
 */
#include <string.h>

#include "agent/agent.h"
#include "agent/knowledge.h"
#include "base/buf.h"

#define TEXT_MAX 2048

struct teller {
	const struct agent *agent;
	void (*fn)(struct str text, void *arg);
	void *arg;
};

/* Up to the last place at which a voice may stop. */
static void cut_at_pause(struct buf *out)
{
	while (out->n > 0 && !strchr(".?!,", out->p[out->n - 1]))
		out->n--;
}

/* Writes the template for one part of the day, as far as it holds nothing of a caller: what comes before that
 * is what an answer begins with. Returns whether there is anything. */
static bool write_out(const struct teller *t, struct str template, const char *part_of_day, struct buf *out)
{
	while (!str_empty(template)) {
		bool has = str_chr(template, '{') < template.n;
		buf_add_str(out, str_cut(&template, '{'));
		struct str name = has ? str_cut(&template, '}') : STR("");
		if (str_eq(name, STR("part_of_day")))
			buf_add_str(out, str_from(part_of_day));
		else if (str_eq(name, STR("agent_name")))
			buf_add_str(out, t->agent->agent_name);
		else if (has) {
			cut_at_pause(out);
			break;
		}
	}
	return !out->error && out->n > 0;
}

static void tell(const struct teller *t, struct str template)
{
	static const char *const parts[] = {"morning", "afternoon", "evening"};
	bool by_day = str_find(template, STR("{part_of_day}")) < template.n;
	struct buf out;

	if (str_empty(str_trim(template)))
		return;
	buf_init(&out, TEXT_MAX);
	for (size_t i = 0; i < (by_day ? ARRAY_LEN(parts) : 1); i++) {
		buf_clear(&out);
		if (write_out(t, template, parts[i], &out))
			t->fn(str_trim(buf_str(&out)), t->arg);
	}
	buf_fini(&out);
}

static void tell_states(const struct teller *t)
{
	const struct agent_state *s = t->agent->states.at;

	for (size_t i = 0; i < t->agent->states.count; i++) {
		const struct agent_edge *e = s[i].edges.at;
		tell(t, s[i].say);
		tell(t, s[i].ask);
		tell(t, s[i].confirm);
		for (size_t k = 0; k < s[i].edges.count; k++)
			tell(t, e[k].say);
	}
}

static void tell_slots(const struct teller *t)
{
	const struct agent_slot *s = t->agent->slots.at;

	for (size_t i = 0; i < t->agent->slots.count; i++) {
		tell(t, s[i].ask);
		tell(t, s[i].again);
		tell(t, s[i].rephrase);
		tell(t, s[i].ack);
		tell(t, s[i].confirm);
	}
}

void agent_each_fixed(const struct agent *a, void (*fn)(struct str text, void *arg), void *arg)
{
	const struct teller t = {a, fn, arg};
	const struct agent_phrases *p = &a->phrases;
	const struct str phrases[] = {
		p->clarify,       p->rephrase,       p->handover,        p->emergency,
		p->goodbye,       p->help,           p->still_there,     p->silent_goodbye,
		p->anything_else, p->what_to_change, p->transfer_failed, p->nobody_free,
		p->back,          p->hold,           p->past_date,       p->closed_then,
		p->no_card,       p->out_of_scope,   p->trouble,         p->too_many_digits,
		p->leave_message, p->message_taken,  p->emergency_alone,
	};
	const struct faq_entry *f = a->faq.at;

	tell(&t, a->greeting);
	for (size_t i = 0; i < ARRAY_LEN(phrases); i++)
		tell(&t, phrases[i]);
	tell_states(&t);
	tell_slots(&t);
	for (size_t i = 0; i < a->faq.count; i++)
		tell(&t, f[i].answer);
}
