/* The voices that need no network tell the story. */
#include "../scenario/fake_tts.h"
#include "base/pool.h"
#include "provider/local/tts_local.h"
#include "provider/tts/tts_chain.h"
#include "test.h"
#include "tts_story.h"

/* ---- in this process ---- */

static struct loop *loop;
static struct pool *pool;
static struct pool_port port;
static struct speaking speaking;
static struct utter_config utter;
static struct tts_local_config local;

static const struct speaking_voice voice = {"fake-1/voice"};

static const struct speaking_voice *find_voice(struct speaking *s, struct str name)
{
	(void)s, (void)name;
	return &voice;
}

static int speak_words(struct speaking *s, const struct speaking_voice *v, struct str words, float speed,
		       const struct voice_out_sink *sink)
{
	static const int16_t level[10] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7};

	(void)s, (void)v, (void)speed;
	if (str_find(words, STR("broken")) < words.n)
		return -EIO;
	for (size_t i = 0; i < words.n; i++)
		if (!sink->on_pcm(sink->arg, level, ARRAY_LEN(level)))
			return -ECANCELED;
	return 0;
}

static void close_speaking(struct speaking *s)
{
	(void)s;
}

static const struct speaking_ops speaking_ops = {find_voice, speak_words, close_speaking};

static int set_up_local(const struct tts_kind *kind, struct loop *l, const void **ret_config)
{
	int rc = pool_new(0, 16, &pool);

	loop = l;
	if (rc < 0)
		return rc;
	pool_port_open(&port, pool, l);
	speaking.ops = &speaking_ops;
	utter.speaking = &speaking;
	local = (struct tts_local_config){&utter, &port};
	*ret_config = &local;
	return 0;
}

static void tear_down_local(const struct tts_kind *kind, const uint64_t used[USAGE_UNITS_])
{
	if (!pool)
		return;
	while (port.pending > 0)
		loop_advance(loop, USEC_MS(1));
	pool_port_close(&port);
	pool = pool_free(pool);
}

/* ---- one that babbles, and two of them in a chain ---- */

static struct fake_tts_config fake, spare;
static struct tts_chain_config chain, mixed; /* mixed: its spare is the one in this process */
static usec first_dies_after;

static int set_up_fake(const struct tts_kind *kind, struct loop *l, const void **ret_config)
{
	fake = (struct fake_tts_config){
		.opens_after = USEC_MS(80),
		.first_after = USEC_MS(50),
		.letter_lasts = USEC_MS(2),
		.letter_took = USEC_MS(1),
		.marks = true,
	};
	*ret_config = &fake;
	return 0;
}

static int set_up_chain(const struct tts_kind *kind, struct loop *l, const void **ret_config)
{
	int rc = set_up_fake(kind, l, ret_config);

	spare = fake;
	fake.dies_after = first_dies_after;
	chain.links[0].config = &fake;
	chain.links[1].config = &spare;
	*ret_config = &chain;
	return rc;
}

static int set_up_mixed(const struct tts_kind *kind, struct loop *l, const void **ret_config)
{
	int rc = set_up_fake(kind, l, ret_config);

	if (rc == 0)
		rc = set_up_local(kind, l, &mixed.links[1].config);
	fake.dies_after = first_dies_after;
	mixed.links[0].config = &fake;
	*ret_config = &mixed;
	return rc;
}

static void tear_down_nothing(const struct tts_kind *kind, const uint64_t used[USAGE_UNITS_])
{
}

static void fail_fake(const struct tts_kind *kind)
{
	if (fake.session)
		fake_tts_fail(fake.session, false);
}

static const struct tts_kind kinds[] = {
	{"local", &tts_local_ops, LOOP_SIM, set_up_local, tear_down_local},
	{"fake", &fake_tts_ops, LOOP_SIM, set_up_fake, tear_down_nothing, fail_fake},
	{"chain", &chain.ops, LOOP_SIM, set_up_chain, tear_down_nothing, fail_fake, .mends = true},
	{"mixed chain", &mixed.ops, LOOP_SIM, set_up_mixed, tear_down_local, fail_fake, .mends = true},
};

__attribute__((constructor)) static void make_chain(void)
{
	chain = (struct tts_chain_config){
		.links = {{.name = STR("first"), .ops = &fake_tts_ops},
			  {.name = STR("spare"), .ops = &fake_tts_ops}},
		.count = 2,
		.open_limit = USEC_SEC(1),
	};
	mixed = chain;
	mixed.links[1].ops = &tts_local_ops;
	tts_chain_init(&chain);
	tts_chain_init(&mixed);
}

TEST(every_voice_tells_the_story)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		tts_story_tell(&kinds[i]);
}

TEST(a_chain_of_voices_tells_the_story_wherever_its_first_dies)
{
	for (usec at = USEC_MS(10); at < USEC_SEC(62); at += at < USEC_SEC(2) ? USEC_MS(7) : USEC_MS(911)) {
		first_dies_after = at;
		tts_story_tell(&kinds[2]);
		tts_story_tell(&kinds[3]);
	}
	first_dies_after = 0;
}

TEST(every_voice_stops_when_it_is_cancelled)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		tts_story_cancel_at_work(&kinds[i]);
}

TEST(every_voice_may_be_closed_at_work)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		tts_story_close_at_work(&kinds[i]);
}

TEST(every_voice_may_be_cancelled_or_closed_from_its_own_events)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		tts_story_end_in_events(&kinds[i]);
}

TEST(every_voice_outlives_a_broken_answer)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		tts_story_outlive_a_broken_answer(&kinds[i]);
}

TEST(a_voice_that_was_never_opened_may_be_closed)
{
	struct tts zeroed = {0};

	tts_close(&zeroed);
	CHECK(!zeroed.closed);
}

TEST_OOM(local_voice_without_memory)
{
	return tts_story_without_memory(&kinds[0]);
}

TEST_OOM(fake_voice_without_memory)
{
	return tts_story_without_memory(&kinds[1]);
}

TEST_OOM(chain_of_voices_without_memory)
{
	return tts_story_without_memory(&kinds[2]);
}

TEST_OOM(mixed_chain_of_voices_without_memory)
{
	return tts_story_without_memory(&kinds[3]);
}
