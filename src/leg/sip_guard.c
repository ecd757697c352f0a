#include "leg/sip_guard.h"

#include <errno.h>

#include "base/list.h"
#include "base/live.h"
#include "base/map.h"
#include "base/mem.h"

LIVE_DEFINE(sip_source);

struct source {
	struct map_node node;
	struct list link; /* last seen first */
	struct addr addr;
	unsigned denials;
	usec until; /* of its silence */
};

struct sip_guard {
	struct sip_guard_config config;
	struct map sources;
	struct list seen;
	usec second; /* in which `refusals` were said */
	unsigned refusals;
};

const struct sip_guard_config sip_guard_usual = {
	.sources_max = 4096,
	.penalty = USEC_SEC(600),
	.denials_max = 10,
	.refusals_per_second = 10,
};

int sip_guard_new(const struct sip_guard_config *config, struct sip_guard **ret_guard)
{
	struct sip_guard *g = mem_zalloc(sizeof(*g));

	if (!g)
		return -ENOMEM;
	g->config = *config;
	map_init(&g->sources);
	list_init(&g->seen);
	*ret_guard = g;
	return 0;
}

static void forget(struct sip_guard *g, struct source *s)
{
	map_remove(&g->sources, &s->node);
	list_remove(&s->link);
	live_down(&live_sip_source);
	mem_free(s);
}

struct sip_guard *sip_guard_free(struct sip_guard *g)
{
	if (!g)
		return NULL;
	LIST_EACH_SAFE (link, &g->seen)
		forget(g, LIST_ENTRY(link, struct source, link));
	map_fini(&g->sources);
	return mem_free(g);
}

static struct source *find(struct sip_guard *g, const struct addr *addr)
{
	struct map_node *node = map_find(&g->sources, addr_ip_key(addr));

	return node ? MAP_ENTRY(node, struct source, node) : NULL;
}

/* NULL without memory: then nobody is remembered, and nobody refused aloud. */
static struct source *add(struct sip_guard *g, const struct addr *addr)
{
	struct source *s;

	while (g->sources.count >= g->config.sources_max)
		forget(g, LIST_ENTRY(g->seen.prev, struct source, link));
	s = mem_zalloc(sizeof(*s));
	if (!s)
		return NULL;
	s->addr = *addr;
	if (map_add(&g->sources, &s->node, addr_ip_key(&s->addr)) < 0)
		return mem_free(s);
	live_up(&live_sip_source);
	list_add(&g->seen, &s->link);
	return s;
}

static void see(struct sip_guard *g, struct source *s)
{
	list_remove(&s->link);
	list_add(&g->seen, &s->link);
}

static bool may_refuse(struct sip_guard *g, usec now)
{
	if (now / USEC_SEC(1) != g->second) {
		g->second = now / USEC_SEC(1);
		g->refusals = 0;
	}
	return g->refusals++ < g->config.refusals_per_second;
}

bool sip_guard_stranger(struct sip_guard *g, const struct addr *source, usec now)
{
	struct source *s = find(g, source);
	bool first = !s || s->until <= now;

	if (!s)
		s = add(g, source);
	if (!s)
		return false;
	see(g, s);
	s->until = now + g->config.penalty;
	return first && may_refuse(g, now);
}

void sip_guard_denied(struct sip_guard *g, const struct addr *source, usec now)
{
	struct source *s = find(g, source);

	if (!s)
		s = add(g, source);
	if (!s)
		return;
	see(g, s);
	if (++s->denials < g->config.denials_max)
		return;
	s->denials = 0;
	s->until = now + g->config.penalty;
}

bool sip_guard_silences(struct sip_guard *g, const struct addr *source, usec now)
{
	struct source *s = g->sources.count > 0 ? find(g, source) : NULL;

	return s && s->until > now;
}

size_t sip_guard_count(const struct sip_guard *g)
{
	return g->sources.count;
}
