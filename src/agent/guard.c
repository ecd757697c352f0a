#include "agent/guard.h"

#include <string.h>

#define CARD_DIGITS_MIN 13
#define CARD_DIGITS_MAX 19

bool guard_is_card(const struct agent *a, struct str text)
{
	struct understood_digits d;

	if (!agent_has(&a->guardrails, STR("do_not_collect_payment_card_audio")) ||
	    understand_digits(text, &d) != 0)
		return false;
	return strlen(d.digits) >= CARD_DIGITS_MIN && strlen(d.digits) <= CARD_DIGITS_MAX;
}

bool guard_is_annoyed(const struct agent_intent *in, int *frustrated)
{
	*frustrated = in && in->kind == AGENT_INTENT_FRUSTRATION ? *frustrated + 1 : 0;
	return *frustrated >= GUARD_FRUSTRATED_MAX;
}
