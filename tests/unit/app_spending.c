/* What was spent today outlives the server. */
#include "app/spending.h"
#include "test.h"

#define DAY 20000

struct rig {
	struct loop *loop;
	struct pool *pool;
	struct store *store;
	struct config config;
	struct agents_entry list[2];
	struct agents agents;
	struct spending spending;
};

/* A server starts: two agents of one tenant. */
static bool rig_start(struct rig *r)
{
	r->list[0] = (struct agents_entry){.name = STR("desk"), .call = {.tenant = STR("clinic")}};
	r->list[1] = (struct agents_entry){.name = STR("night"), .call = {.tenant = STR("clinic")}};
	r->agents = (struct agents){.list = r->list, .count = 2};
	if (spending_open(&r->spending, &r->config, &r->agents) < 0 ||
	    spending_load(&r->spending, r->store) < 0)
		return false;
	spending_keep(&r->spending, r->loop, r->pool);
	return true;
}

static bool rig_open(struct rig *r)
{
	*r = (struct rig){.config.limits.cost = {.agent_day = 10, .tenant_day = 15}};
	return loop_new(LOOP_SIM, USEC_SEC(1), &r->loop) == 0 && pool_new(0, 4, &r->pool) == 0 &&
	       store_open(&store_memory, STR(""), &r->store) == 0 && rig_start(r);
}

static void rig_close(struct rig *r)
{
	spending_stop(&r->spending);
	spending_close(&r->spending);
	store_close(r->store);
	pool_free(r->pool);
	loop_free(r->loop);
}

static bool spend(struct rig *r, size_t agent, int64_t day, int64_t cost)
{
	const struct call_cost_limits *l = r->list[agent].call.cost;
	bool reached = budget_spend(l->agent, day, cost * PICOS_ONE);

	return budget_spend(l->tenant, day, cost * PICOS_ONE) || reached;
}

TEST(spending_outlives_a_server_that_is_killed)
{
	struct rig r;

	REQUIRE(rig_open(&r));
	CHECK(!spend(&r, 0, DAY, 8));
	CHECK(!spend(&r, 1, DAY, 5));
	loop_advance(r.loop, USEC_SEC(3));
	spend(&r, 0, DAY, 1); /* in the second before it dies: nobody knows */
	timer_stop(&r.spending.timer);
	pool_port_close(&r.spending.port);
	spending_close(&r.spending);

	REQUIRE(rig_start(&r));
	CHECK(!spend(&r, 0, DAY, 1));
	CHECK(spend(&r, 0, DAY, 1)); /* the agent's ten, and the tenant's fifteen */
	CHECK(spend(&r, 1, DAY, 1));
	CHECK(!spend(&r, 1, DAY + 1, 1)); /* another day */
	rig_close(&r);
}

TEST(spending_of_the_last_second_is_kept_by_a_server_that_stops)
{
	struct rig r;

	REQUIRE(rig_open(&r));
	spend(&r, 0, DAY, 9);
	spending_stop(&r.spending);
	spending_close(&r.spending);
	REQUIRE(rig_start(&r));
	CHECK(spend(&r, 0, DAY, 1));
	rig_close(&r);
}

TEST(spending_without_limits_touches_no_store)
{
	struct rig r;
	struct store_list found;
	struct arena arena;

	REQUIRE(rig_open(&r));
	spending_stop(&r.spending);
	spending_close(&r.spending);
	r.config.limits.cost = (struct config_cost){.call = 1};
	REQUIRE(rig_start(&r));
	spend(&r, 0, DAY, 9);
	loop_advance(r.loop, USEC_SEC(3));
	arena_init(&arena, 65536);
	REQUIRE(store_list(
			r.store,
			&(struct store_range){.tenant = STR("clinic"), .kind = STR("spending"), .limit = 10},
			&arena, &found) == 0);
	CHECK_INT(found.count, 0);
	arena_fini(&arena);
	rig_close(&r);
}
