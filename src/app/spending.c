#include "app/spending.h"

#include <errno.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

#define ARENA_BYTES (4u * 1024 * 1024)
#define KEEP_EVERY  USEC_SEC(1)
#define STOP_TURNS  100
#define STOP_TURN   USEC_MS(50)

/* ---- the budgets ---- */

/* The first agent of the same tenant. */
static size_t tenant_of(const struct agents *a, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (str_eq(a->list[k].call.tenant, a->list[i].call.tenant))
			return k;
	return i;
}

static int name_lines(struct spending *s, const struct agents *a, size_t i)
{
	struct str tenant = a->list[i].call.tenant;
	char *id = arena_printf(&s->arena, "agent:" STR_FMT, STR_ARG(a->list[i].name));

	if (!id)
		return -ENOMEM;
	s->agents[i].key = (struct store_key){tenant, STR("spending"), str_from(id)};
	s->tenants[i].key = (struct store_key){tenant, STR("spending"), STR("tenant")};
	return 0;
}

int spending_open(struct spending *s, const struct config *c, struct agents *a)
{
	const struct config_cost *cost = &c->limits.cost;
	int rc = 0;

	arena_init(&s->arena, ARENA_BYTES);
	s->limits = ARENA_ARRAY(&s->arena, struct call_cost_limits, a->count);
	s->agents = ARENA_ARRAY(&s->arena, struct spending_line, a->count);
	s->tenants = ARENA_ARRAY(&s->arena, struct spending_line, a->count);
	if (!s->limits || !s->agents || !s->tenants)
		return -ENOMEM;
	s->count = a->count;
	for (size_t i = 0; i < a->count && rc == 0; i++) {
		size_t t = tenant_of(a, i);

		s->agents[i].budget.limit = picos_from(cost->agent_day);
		s->tenants[i].budget.limit = t == i ? picos_from(cost->tenant_day) : 0;
		s->limits[i] = (struct call_cost_limits){
			.call = picos_from(cost->call),
			.agent = &s->agents[i].budget,
			.tenant = &s->tenants[t].budget,
			.action = cost->action,
			.farewell = cost->farewell,
		};
		a->list[i].call.cost = &s->limits[i];
		rc = name_lines(s, a, i);
	}
	return rc;
}

int64_t spending_today(void)
{
	return clock_unix() / USEC_SEC(24 * 60 * 60);
}

/* ---- the store ---- */

static struct spending_line *line_at(struct spending *s, size_t i)
{
	return i < s->count ? &s->agents[i] : &s->tenants[i - s->count];
}

static int load_line(struct spending_line *l, struct store *store)
{
	struct store_doc doc;
	struct arena arena;
	struct json *body;
	int rc;

	if (l->budget.limit == 0)
		return 0;
	arena_init(&arena, ARENA_BYTES);
	rc = store_get(store, &l->key, &arena, &doc);
	if (rc == 0)
		rc = json_parse(doc.body, NULL, NULL, &body);
	if (rc == 0) {
		l->kept_day = json_int_or(body, "day", 0);
		l->kept = json_int_or(body, "picos", 0);
		atomic_store(&l->budget.day, l->kept_day);
		atomic_store(&l->budget.spent, l->kept);
		json_free(body);
	}
	arena_fini(&arena);
	return rc == -ENOENT ? 0 : rc;
}

int spending_load(struct spending *s, struct store *store)
{
	int rc = 0;

	s->store = store;
	for (size_t i = 0; i < 2 * s->count && rc == 0; i++)
		rc = load_line(line_at(s, i), store);
	return rc;
}

static bool has_changed(const struct spending_line *l)
{
	return l->budget.limit > 0 &&
	       (atomic_load(&l->budget.spent) != l->kept || atomic_load(&l->budget.day) != l->kept_day);
}

static bool any_changed(struct spending *s)
{
	for (size_t i = 0; i < 2 * s->count; i++)
		if (has_changed(line_at(s, i)))
			return true;
	return false;
}

/* Some lines on their way to the store, all or none. */
struct batch {
	struct arena arena; /* of the bodies */
	struct store_write writes[STORE_COMMIT_MAX];
	struct spending_line *lines[STORE_COMMIT_MAX];
	struct {
		int64_t day;
		picos spent;
	} values[STORE_COMMIT_MAX];
	size_t count;
};

static int commit(struct spending *s, struct batch *b)
{
	int rc = b->count > 0 ? store_commit(s->store, b->writes, b->count) : 0;

	for (size_t i = 0; i < b->count && rc == 0; i++) {
		b->lines[i]->kept_day = b->values[i].day;
		b->lines[i]->kept = b->values[i].spent;
	}
	b->count = 0;
	return rc;
}

/* What is spent while a day ends may be counted to either; a second later it is written again. */
static int add(struct spending *s, struct batch *b, struct spending_line *l)
{
	int64_t day = atomic_load(&l->budget.day);
	picos spent = atomic_load(&l->budget.spent);
	char *body =
		arena_printf(&b->arena, "{\"day\":%lld,\"picos\":%lld}", (long long)day, (long long)spent);

	if (!body)
		return -ENOMEM;
	b->lines[b->count] = l;
	b->values[b->count].day = day;
	b->values[b->count].spent = spent;
	b->writes[b->count++] = (struct store_write){.key = l->key, .body = str_from(body)};
	return b->count == STORE_COMMIT_MAX ? commit(s, b) : 0;
}

/* On the store's thread. */
static void run_write(struct pool_job *j)
{
	struct spending *s = CONTAINER_OF(j, struct spending, job);
	struct batch b = {.count = 0};
	int rc = 0;

	arena_init(&b.arena, ARENA_BYTES);
	for (size_t i = 0; i < 2 * s->count && rc == 0; i++)
		if (has_changed(line_at(s, i)))
			rc = add(s, &b, line_at(s, i));
	s->error = rc < 0 ? rc : commit(s, &b);
	arena_fini(&b.arena);
}

static void on_written(struct pool_job *j, enum pool_end end)
{
	struct spending *s = CONTAINER_OF(j, struct spending, job);

	(void)end;
	s->writing = false;
	if (s->error < 0 && s->error != s->told)
		log_error("what was spent today cannot be kept", log_error_code("error", s->error));
	s->told = s->error;
}

static void write_changes(struct spending *s)
{
	if (s->writing || !any_changed(s))
		return;
	s->job = (struct pool_job){
		.class = POOL_NORMAL, .deadline = USEC_NEVER, .run = run_write, .done = on_written};
	s->writing = pool_submit(&s->port, &s->job) == 0; /* else in a second */
}

static void on_timer(struct timer *t)
{
	struct spending *s = CONTAINER_OF(t, struct spending, timer);

	write_changes(s);
	timer_start(t, s->loop, loop_now(s->loop) + KEEP_EVERY, on_timer);
}

/* ---- life ---- */

void spending_keep(struct spending *s, struct loop *l, struct pool *p)
{
	bool any = false;

	for (size_t i = 0; i < 2 * s->count; i++)
		any |= line_at(s, i)->budget.limit > 0;
	if (!any)
		return;
	s->loop = l;
	s->keeping = true;
	pool_port_open(&s->port, p, l);
	timer_start(&s->timer, l, loop_now(l) + KEEP_EVERY, on_timer);
}

static void settle(struct spending *s)
{
	for (int i = 0; i < STOP_TURNS && s->port.pending > 0; i++)
		if (loop_turn(s->loop, STOP_TURN) < 0)
			break;
}

void spending_stop(struct spending *s)
{
	if (!s->keeping)
		return;
	timer_stop(&s->timer);
	settle(s);
	write_changes(s);
	settle(s);
	pool_port_close(&s->port);
	s->keeping = false;
}

void spending_close(struct spending *s)
{
	arena_fini(&s->arena);
	*s = (struct spending){0};
}
