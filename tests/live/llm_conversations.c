/* Language models over HTTP and TLS tell the story of all language models, each against its simulator. */
#include <stdio.h>

#include "llm_story.h"
#include "net/http_client.h"
#include "provider/llm/llm_sse.h"
#include "test.h"
#include "vendors/vendor.h"

struct played {
	const char *path; /* the simulator's, behind the host */
	const char *type;
	const char *model; /* NULL = the dialect's */
};

static const struct vendor_answer says[] = {{NULL, "Of course. At what time?", NULL, NULL}};
static const struct vendor_answer calls[] = {{NULL, "One moment.", "calendar", "{\"day\":\"2026-11-24\"}"}};

static struct {
	struct vendor *vendor;
	struct http_client *http;
	struct service service;
	struct service_host host;
	struct service_use use;
	char url[256];
} world;

static int set_up(const struct llm_kind *kind, struct loop *l, enum llm_play play, const void **ret_config)
{
	static const struct vendor_fault faults[LLM_PLAYS] = {
		[LLM_PLAY_STALLS] = {.kind = VENDOR_FAULT_STALL},
		[LLM_PLAY_LIMITED] = {.kind = VENDOR_FAULT_RATE},
		[LLM_PLAY_BREAKS] = {.kind = VENDOR_FAULT_CLOSE, .item = 8},
	};
	const struct played *p = kind->arg;
	struct vendor_config config = {
		.tls = true,
		.says = {.answers = play == LLM_PLAY_CALLS ? calls : says,
			 .n_answers = 1,
			 .tokens_cached = 3},
		.delays = {.token = USEC_MS(2)},
		.fault = faults[play],
	};
	struct http_client_config http = {.asks_max = 8, .conns_max = 4};
	int rc;

	rc = vendor_start(&config, &world.vendor);
	http.authority = str_from(vendor_authority());
	rc = rc ? rc : http_client_new(l, &http, &world.http);
	if (rc < 0)
		return rc;
	world.service = (struct service){
		.name = STR("brain"),
		.type = str_from(p->type),
		.key = STR("key-of-tests"),
		.url = str_from(vendor_url(world.vendor, "http", p->path, world.url)),
		.model = str_from(p->model),
		.connect_limit = USEC_SEC(10),
		.stall_limit = USEC_SEC(10),
	};
	world.host = (struct service_host){.loop = l, .http = world.http};
	world.use = (struct service_use){&world.service, &world.host,
					 vendor_find(world.service.type, USAGE_LLM)->dialect};
	*ret_config = &world.use;
	return 0;
}

/* No rule of any sheet was broken. */
static void tear_down(void)
{
	struct buf log;

	world.http = http_client_free(world.http);
	if (world.vendor && vendor_wrongs(world.vendor) > 0) {
		buf_init(&log, 1u << 20);
		vendor_log_read(world.vendor, &log);
		test_failed(__FILE__, __LINE__, "rules broken: " STR_FMT, STR_ARG(buf_str(&log)));
		buf_fini(&log);
	}
	world.vendor = vendor_stop(world.vendor);
}

static const struct played played[] = {
	{"/anthropic", "anthropic", NULL},   {"/azure", "azure-openai", "gpt-4.1-mini"},
	{"/gemini", "gemini-openai", NULL},  {"/groq", "groq", NULL},
	{"/llamacpp", "llama-server", NULL}, {"/ollama", "ollama-openai", "qwen3"},
	{"/openai", "openai", NULL},         {"/vllm", "sglang", "qwen3"},
	{"/vllm", "vllm", "qwen3"},
};

static void each(void (*story)(const struct llm_kind *kind))
{
	for (size_t i = 0; i < ARRAY_LEN(played); i++) {
		struct llm_kind kind = {played[i].type, &llm_sse_ops, LOOP_REAL, set_up,
					tear_down,      &played[i],   1,         USEC_SEC(7)};

		story(&kind);
	}
}

TEST(every_service_tells_the_story_of_models)
{
	each(llm_story_tell);
}

TEST(every_service_calls_tools_whole)
{
	each(llm_story_call_tools);
}

TEST(every_service_says_what_went_wrong)
{
	each(llm_story_go_wrong);
}

TEST(every_model_service_may_be_closed_at_work)
{
	each(llm_story_close_at_work);
}

TEST(every_model_service_may_be_cancelled_or_closed_from_its_own_events)
{
	each(llm_story_end_in_events);
}
