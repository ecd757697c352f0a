#include "agent/tool.h"

#include <assert.h>
#include <errno.h>

#include "agent/clinic.h"

/* All tools there are. */
static const struct tool_ops *const tools[] = {
	&clinic_calendar_lookup,  &clinic_appointment_booking, &clinic_appointment_lookup,
	&clinic_appointment_move, &clinic_appointment_cancel,  &clinic_sms_confirmation,
};

const struct tool_ops *tool_find(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(tools); i++)
		if (str_eq(str_from(tools[i]->name), name))
			return tools[i];
	return NULL;
}

int tool_run(struct store *s, const struct tool_call *c, struct arena *a, struct tool_result *ret_result)
{
	const struct tool_ops *t = tool_find(c->name);
	struct tool_result r = {.outcome = STR("error")};

	if (!t || !agent_has(&c->agent->tools, c->name))
		return -EPERM;
	int rc = t->run(s, c, a, &r);
	if (rc == 0)
		*ret_result = r;
	return rc;
}

struct str tool_arg(const struct tool_call *c, const char *name)
{
	for (size_t i = 0; i < c->arg_count; i++)
		if (str_eq(c->args[i].name, str_from(name)))
			return c->args[i].value;
	return STR("");
}

void tool_value_add(struct tool_result *r, const char *name, struct str value, struct str spoken)
{
	assert(r->count < TOOL_VALUES_MAX);
	r->values[r->count++] = (struct tool_value){str_from(name), value, spoken};
}
