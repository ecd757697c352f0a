#include "fake_dns.h"

#include "base/mem.h"
#include "test.h"

struct dns {
	struct loop *loop;
};

static struct addr known[DNS_ADDRS_MAX];
static size_t known_count;

void fake_dns_knows(const char *addrs)
{
	struct str rest = str_from(addrs);

	for (known_count = 0; rest.n > 0 && known_count < DNS_ADDRS_MAX; known_count++)
		REQUIRE(addr_parse(str_cut(&rest, ','), 0, &known[known_count]) == 0);
}

int dns_new(struct loop *l, const struct dns_config *config, struct dns **ret_dns)
{
	struct dns *d = mem_zalloc(sizeof(*d));

	(void)config;
	if (!d)
		return -ENOMEM;
	d->loop = l;
	*ret_dns = d;
	return 0;
}

struct dns *dns_free(struct dns *d)
{
	return mem_free(d);
}

static void on_answer(struct timer *t)
{
	struct dns_ask *ask = CONTAINER_OF(t, struct dns_ask, limit);
	const struct dns_answer answer = {.addrs = known, .count = known_count};

	ask->dns = NULL;
	ask->fn(ask, &answer);
}

int dns_ask(struct dns *d, struct str host, usec limit, struct dns_ask *ask,
	    void (*fn)(struct dns_ask *ask, const struct dns_answer *answer))
{
	(void)host, (void)limit;
	*ask = (struct dns_ask){.dns = d, .fn = fn};
	timer_start(&ask->limit, d->loop, loop_now(d->loop), on_answer);
	return 0;
}

void dns_unask(struct dns_ask *ask)
{
	timer_stop(&ask->limit);
	ask->dns = NULL;
}
