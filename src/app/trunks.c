#include "app/trunks.h"

#include <errno.h>

static int ranges(struct arena *a, const struct opt_strs *texts, const struct addr_range **ret_ranges)
{
	struct addr_range *r = ARENA_ARRAY(a, struct addr_range, texts->count + 1);

	if (!r)
		return -ENOMEM;
	for (size_t i = 0; i < texts->count; i++)
		if (addr_range_parse(texts->at[i], &r[i]) < 0)
			return -EBADMSG;
	*ret_ranges = r;
	return 0;
}

/* A trunk that is known by its password alone may come from anywhere. */
static int source(struct trunks *t, const struct config_trunk *c, struct sip_trunk *trunk)
{
	static const struct str everywhere[] = {STR_INIT("0.0.0.0/0"), STR_INIT("::/0")};
	struct opt_strs from = c->from;

	if (from.count == 0)
		from = (struct opt_strs){everywhere, ARRAY_LEN(everywhere)};
	trunk->from_count = from.count;
	return ranges(&t->arena, &from, &trunk->from);
}

int trunks_init(struct trunks *t, const struct config_sip *config)
{
	const struct config_trunk *list = config->trunks.at;
	struct sip_trunk *trunks;
	int rc;

	*t = (struct trunks){0};
	arena_init(&t->arena, TRUNKS_ARENA_BYTES);
	trunks = ARENA_ARRAY(&t->arena, struct sip_trunk, config->trunks.count + 1);
	rc = trunks ? ranges(&t->arena, &config->local_networks, &t->local) : -ENOMEM;
	t->local_count = config->local_networks.count;
	if (rc == 0 && !str_empty(config->advertised))
		rc = addr_parse(config->advertised, 0, &t->advertised);
	for (size_t i = 0; i < config->trunks.count && rc == 0; i++) {
		trunks[i].name = list[i].name;
		trunks[i].guest =
			(struct sip_credentials){.user = list[i].user, .password = list[i].password};
		rc = source(t, &list[i], &trunks[i]);
	}
	t->sip = (struct sip_trunks){trunks, config->trunks.count};
	return rc;
}

void trunks_fini(struct trunks *t)
{
	arena_fini(&t->arena);
}

const int *trunks_limits(struct trunks *t, const struct config_trunk *config, size_t count)
{
	int *limits = ARENA_ARRAY(&t->arena, int, count + 1);

	for (size_t i = 0; limits && i < count; i++)
		limits[i] = config[i].calls_max;
	return limits;
}
