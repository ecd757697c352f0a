/* A recogniser over a WebSocket tells the story of all recognisers. */
#include "base/rng.h"
#include "fake_deepgram.h"
#include "provider/stt/stt_ws.h"
#include "stt_story.h"
#include "test.h"

extern const struct stt_ws_dialect deepgram_listen;

static struct service service;
static struct rng rng;
static struct service_host host = {.rng = &rng};
static struct service_use use = {&service, &host, &deepgram_listen};

static unsigned hung_up;

static int set_up(const struct stt_kind *kind, struct loop *l, const void **ret_config)
{
	service = (struct service){
		.name = STR("ears"),
		.type = STR("deepgram"),
		.key = STR("dg-secret"),
		.connect_limit = USEC_SEC(1),
		.first_limit = USEC_SEC(1),
		.stall_limit = USEC_SEC(1),
	};
	rng_init_number(&rng, 7);
	hung_up = 0;
	host.loop = l;
	fake_deepgram_start(l, USEC_MS(60));
	*ret_config = &use;
	return 0;
}

static void tear_down(const struct stt_kind *kind, const uint64_t used[USAGE_UNITS_])
{
	CHECK_INT(fake_ws_seen()->closed + hung_up, fake_ws_seen()->opened);
}

static void hang_up(const struct stt_kind *kind)
{
	hung_up++;
	fake_ws_end(&(struct ws_end){.code = 1006, .fault = FAULT_UNREACHABLE});
}

static const struct stt_kind kind = {"deepgram", &stt_ws_ops, LOOP_SIM, set_up, tear_down, hang_up};

TEST(a_recogniser_over_a_websocket_tells_the_story)
{
	stt_story_tell(&kind);
}

TEST(a_recogniser_over_a_websocket_bounds_a_monologue)
{
	stt_story_bound(&kind);
}

TEST(a_recogniser_over_a_websocket_may_be_closed_at_work)
{
	stt_story_close_at_work(&kind);
}

TEST(a_recogniser_over_a_websocket_may_be_closed_from_its_own_events)
{
	stt_story_close_in_events(&kind);
}

TEST(a_recogniser_over_a_websocket_dies_once)
{
	stt_story_die_once(&kind);
}

TEST_OOM(recogniser_over_a_websocket_without_memory)
{
	return stt_story_without_memory(&kind);
}
