#include "app/spending.h"

#include <errno.h>

#include "base/clock.h"

#define ARENA_BYTES (1024u * 1024)

/* The first agent of the same tenant. */
static size_t tenant_of(const struct agents *a, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (str_eq(a->list[k].call.tenant, a->list[i].call.tenant))
			return k;
	return i;
}

int spending_open(struct spending *s, const struct config *c, struct agents *a)
{
	const struct config_cost *cost = &c->limits.cost;

	arena_init(&s->arena, ARENA_BYTES);
	s->limits = ARENA_ARRAY(&s->arena, struct call_cost_limits, a->count);
	s->agents = ARENA_ARRAY(&s->arena, struct budget, a->count);
	s->tenants = ARENA_ARRAY(&s->arena, struct budget, a->count);
	if (!s->limits || !s->agents || !s->tenants)
		return -ENOMEM;
	for (size_t i = 0; i < a->count; i++) {
		s->agents[i].limit = picos_from(cost->agent_day);
		s->tenants[i].limit = picos_from(cost->tenant_day);
		s->limits[i] = (struct call_cost_limits){
			.call = picos_from(cost->call),
			.agent = &s->agents[i],
			.tenant = &s->tenants[tenant_of(a, i)],
			.action = cost->action,
			.farewell = cost->farewell,
		};
		a->list[i].call.cost = &s->limits[i];
	}
	return 0;
}

void spending_close(struct spending *s)
{
	arena_fini(&s->arena);
	*s = (struct spending){0};
}

int64_t spending_today(void)
{
	return clock_unix() / USEC_SEC(24 * 60 * 60);
}
