/* The recognisers that need no network tell the story. */
#include "../scenario/fake_stt.h"
#include "base/pool.h"
#include "provider/local/hearing.h"
#include "provider/local/stt_local.h"
#include "provider/stt/stt_chain.h"
#include "stt_story.h"
#include "test.h"

/* ---- in this process ---- */

static struct loop *loop;
static struct pool *pool;
static struct pool_port port;
static struct hearing hearing;
static struct stt_local_config local;
static int hearing_error;

static int hear(struct hearing *h, enum hearing_care care, const int16_t *pcm, size_t samples,
		const atomic_bool *stop, struct hearing_text *out)
{
	(void)h, (void)care, (void)pcm, (void)stop;
	buf_printf(&out->text, "%zu samples", samples);
	return hearing_error ? hearing_error : out->text.error;
}

static void close_hearing(struct hearing *h)
{
	(void)h;
}

static const struct hearing_ops hearing_ops = {hear, close_hearing};

static int set_up_local(const struct stt_kind *kind, struct loop *l, const void **ret_config)
{
	int rc = pool_new(0, 16, &pool);

	loop = l;
	if (rc < 0)
		return rc;
	pool_port_open(&port, pool, l);
	hearing.ops = &hearing_ops;
	local = (struct stt_local_config){&hearing, &port};
	*ret_config = &local;
	return 0;
}

static void tear_down_local(const struct stt_kind *kind, const uint64_t used[USAGE_UNITS_])
{
	hearing_error = 0;
	if (!pool)
		return;
	while (port.pending > 0)
		loop_advance(loop, USEC_MS(1));
	pool_port_close(&port);
	pool_free(pool);
	pool = NULL;
}

static void fail_local(const struct stt_kind *kind)
{
	hearing_error = -EIO;
}

/* ---- one that reads babble, and two of them in a chain ---- */

static struct fake_stt_config fake, spare;
static struct stt_chain_config chain, mixed; /* mixed: its spare is the one in this process */
static usec first_dies_after;

static int set_up_fake(const struct stt_kind *kind, struct loop *l, const void **ret_config)
{
	fake = (struct fake_stt_config){
		.opens_after = USEC_MS(80),
		.partial_every = USEC_MS(300),
		.likely_silence = USEC_MS(200),
		.likely_took = USEC_MS(60),
		.final_took = USEC_MS(150),
	};
	*ret_config = &fake;
	return 0;
}

static int set_up_chain(const struct stt_kind *kind, struct loop *l, const void **ret_config)
{
	int rc = set_up_fake(kind, l, ret_config);

	spare = fake;
	fake.dies_after = first_dies_after;
	chain.links[0].config = &fake;
	chain.links[1].config = &spare;
	*ret_config = &chain;
	return rc;
}

static int set_up_mixed(const struct stt_kind *kind, struct loop *l, const void **ret_config)
{
	int rc = set_up_fake(kind, l, ret_config);

	if (rc == 0)
		rc = set_up_local(kind, l, &mixed.links[1].config);
	fake.dies_after = first_dies_after;
	mixed.links[0].config = &fake;
	*ret_config = &mixed;
	return rc;
}

static void fail_mixed(const struct stt_kind *kind)
{
	fake.opening = FAKE_FAILS_TO_OPEN;
	hearing_error = -EIO;
	if (fake.session)
		fake_stt_fail(fake.session);
}

static void tear_down_nothing(const struct stt_kind *kind, const uint64_t used[USAGE_UNITS_])
{
}

static void fail_fakes(const struct stt_kind *kind)
{
	fake.opening = spare.opening = FAKE_FAILS_TO_OPEN; /* no more */
	if (fake.session)
		fake_stt_fail(fake.session);
}

static void fail_to_open(const struct stt_kind *kind)
{
	fake.opening = FAKE_FAILS_TO_OPEN;
}

static void believe(const struct stt_kind *kind)
{
	fake_stt_endpoint(fake.session, 0.9f);
}

#define FAKE_KIND(named, its_ops, by)                                                                 \
	{                                                                                             \
		.name = (named), .ops = (its_ops), .clock = LOOP_SIM, .set_up = (by),                 \
		.tear_down = tear_down_nothing, .fail = fail_fakes, .believe = believe, .hears = true \
	}

static const struct stt_kind kinds[] = {
	{"local", &stt_local_ops, LOOP_SIM, set_up_local, tear_down_local, fail_local},
	FAKE_KIND("fake", &fake_stt_ops, set_up_fake),
	FAKE_KIND("chain", &chain.ops, set_up_chain),
	{"mixed chain", &mixed.ops, LOOP_SIM, set_up_mixed, tear_down_local, fail_mixed, believe},
};

__attribute__((constructor)) static void make_chain(void)
{
	chain = (struct stt_chain_config){
		.links = {{STR("first"), &fake_stt_ops, NULL, NULL},
			  {STR("spare"), &fake_stt_ops, NULL, NULL}},
		.count = 2,
		.open_limit = USEC_SEC(1),
	};
	mixed = chain;
	mixed.links[1].ops = &stt_local_ops;
	stt_chain_init(&chain);
	stt_chain_init(&mixed);
}

TEST(every_recogniser_tells_the_story)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		stt_story_tell(&kinds[i]);
}

TEST(every_recogniser_bounds_a_monologue)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		stt_story_bound(&kinds[i]);
}

TEST(a_chain_tells_the_story_wherever_its_first_dies)
{
	static const struct stt_kind failing = {"chain that fails", &chain.ops,        LOOP_SIM,
						set_up_chain,       tear_down_nothing, fail_fakes,
						.hears = true,      .repeats = true};
	static const struct stt_kind over_to_local = {
		"mixed chain that fails", &mixed.ops, LOOP_SIM,       set_up_mixed,
		tear_down_local,          fail_mixed, .repeats = true};

	for (usec at = USEC_MS(30); at < USEC_SEC(14); at += USEC_MS(310)) {
		first_dies_after = at;
		stt_story_tell(&failing);
		stt_story_tell(&over_to_local);
	}
	first_dies_after = 0;
}

TEST(every_recogniser_may_be_closed_at_work)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		stt_story_close_at_work(&kinds[i]);
}

TEST(every_recogniser_may_be_closed_from_its_own_events)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		stt_story_close_in_events(&kinds[i]);
}

TEST(every_recogniser_dies_once)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		stt_story_die_once(&kinds[i]);
}

TEST(a_recogniser_that_was_never_opened_may_be_closed)
{
	struct stt zeroed = {0};

	stt_close(&zeroed);
	CHECK(!zeroed.closed);
}

TEST(a_recogniser_that_cannot_open_says_so_once)
{
	static const struct stt_kind failing = {"fake",      &fake_stt_ops,     LOOP_SIM,
						set_up_fake, tear_down_nothing, fail_to_open};

	stt_story_die_of(&failing, ~0u);
}

TEST_OOM(local_recogniser_without_memory)
{
	return stt_story_without_memory(&kinds[0]);
}

TEST_OOM(fake_recogniser_without_memory)
{
	return stt_story_without_memory(&kinds[1]);
}

TEST_OOM(chain_of_recognisers_without_memory)
{
	return stt_story_without_memory(&kinds[2]);
}

TEST_OOM(mixed_chain_of_recognisers_without_memory)
{
	return stt_story_without_memory(&kinds[3]);
}
