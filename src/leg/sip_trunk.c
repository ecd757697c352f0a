#include "leg/sip_trunk.h"

static bool lists(const struct sip_trunk *t, const struct addr *source)
{
	return addr_range_has(t->from, t->from_count, source);
}

bool sip_trunks_know(const struct sip_trunks *trunks, const struct addr *source)
{
	for (size_t i = 0; i < trunks->count; i++)
		if (lists(&trunks->list[i], source))
			return true;
	return false;
}

const struct sip_trunk *sip_trunks_open(const struct sip_trunks *trunks, const struct addr *source)
{
	for (size_t i = 0; i < trunks->count; i++)
		if (trunks->list[i].guest.user.n == 0 && lists(&trunks->list[i], source))
			return &trunks->list[i];
	return NULL;
}

const struct sip_trunk *sip_trunks_guest(const struct sip_trunks *trunks, const struct addr *source,
					 struct str user)
{
	for (size_t i = 0; i < trunks->count; i++) {
		const struct sip_trunk *t = &trunks->list[i];

		if (t->guest.user.n > 0 && str_eq(t->guest.user, user) && lists(t, source))
			return t;
	}
	return NULL;
}
