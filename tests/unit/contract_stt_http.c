/* A recogniser by HTTP tells the story of all recognisers. */
#include "base/rng.h"
#include "fake_whisper.h"
#include "provider/stt/stt_http.h"
#include "stt_story.h"
#include "test.h"

extern const struct stt_http_dialect whisper_server;

static struct service service;
static struct rng rng;
static struct service_host host = {.rng = &rng};
static struct service_use use = {&service, &host, &whisper_server};

static int set_up(const struct stt_kind *kind, struct loop *l, const void **ret_config)
{
	service = (struct service){
		.name = STR("ears"), .type = STR("whisper-server"), .first_limit = USEC_SEC(1)};
	rng_init_number(&rng, 7);
	host.loop = l;
	fake_whisper_start(l, USEC_MS(60));
	*ret_config = &use;
	return 0;
}

static void tear_down(const struct stt_kind *kind, const uint64_t used[USAGE_UNITS_])
{
	CHECK_INT(fake_net_stop(), 0);
}

static void fail(const struct stt_kind *kind)
{
	fake_whisper.status = 500;
	fake_whisper.fault = FAULT_UNREACHABLE;
}

static const struct stt_kind kind = {"whisper-server", &stt_http_ops, LOOP_SIM, set_up, tear_down, fail};

TEST(a_recogniser_by_http_tells_the_story)
{
	stt_story_tell(&kind);
}

TEST(a_recogniser_by_http_bounds_a_monologue)
{
	stt_story_bound(&kind);
}

TEST(a_recogniser_by_http_may_be_closed_at_work)
{
	stt_story_close_at_work(&kind);
}

TEST(a_recogniser_by_http_may_be_closed_from_its_own_events)
{
	stt_story_close_in_events(&kind);
}

TEST(a_recogniser_by_http_dies_once)
{
	stt_story_die_once(&kind);
}

TEST_OOM(recogniser_by_http_without_memory)
{
	return stt_story_without_memory(&kind);
}
