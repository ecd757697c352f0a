/* The language models of this process tell their story. */
#include "../scenario/fake_llm.h"
#include "llm_story.h"
#include "provider/llm/llm_chain.h"
#include "test.h"

static const struct fake_llm_step says[] = {
	{FAKE_LLM_SAYS, USEC_MS(200), .text = "Of course. "},
	{FAKE_LLM_SAYS, USEC_MS(40), .text = "At what "},
	{FAKE_LLM_SAYS, USEC_MS(40), .text = "time?"},
	{FAKE_LLM_STOPS, USEC_MS(10), .stop = LLM_STOP_END},
};
static const struct fake_llm_step calls[] = {
	{FAKE_LLM_CALLS, USEC_MS(200), "{\"day\":\"2026-11-24\"}", "calendar"},
	{FAKE_LLM_CALLS, USEC_MS(40), "{}", "calendar"},
	{FAKE_LLM_STOPS, USEC_MS(10), .stop = LLM_STOP_TOOL},
};
static const struct fake_llm_step stalls[] = {{.does = FAKE_LLM_STALLS}};
static const struct fake_llm_step limited[] = {
	{FAKE_LLM_FAILS, USEC_MS(30), "slow down", .fault = FAULT_QUOTA, .retry_after = USEC_SEC(20)},
};
static const struct fake_llm_step breaks[] = {
	{FAKE_LLM_SAYS, USEC_MS(200), .text = "I am"},
	{FAKE_LLM_FAILS, USEC_MS(30), "reset", .fault = FAULT_UNREACHABLE},
};

static const struct fake_llm_config parts[LLM_PLAYS] = {
	[LLM_PLAY_SAYS] = {.steps = says},     [LLM_PLAY_CALLS] = {.steps = calls},
	[LLM_PLAY_STALLS] = {.steps = stalls}, [LLM_PLAY_LIMITED] = {.steps = limited},
	[LLM_PLAY_BREAKS] = {.steps = breaks},
};

/* The first of each has no time for us. */
static const struct fake_llm_config refuses = {.steps = says, .refuses = -EAGAIN};
static struct llm_chain_config chains[LLM_PLAYS];

static int fake_set_up(const struct llm_kind *kind, struct loop *l, enum llm_play play,
		       const void **ret_config)
{
	*ret_config = &parts[play];
	return 0;
}

static int chain_set_up(const struct llm_kind *kind, struct loop *l, enum llm_play play,
			const void **ret_config)
{
	chains[play] = (struct llm_chain_config){
		.links = {{STR("busy"), &fake_llm_ops, &refuses, NULL},
			  {STR("spare"), &fake_llm_ops, &parts[play], NULL}},
		.count = 2,
	};
	llm_chain_init(&chains[play]);
	*ret_config = &chains[play];
	return 0;
}

static int refusing_set_up(const struct llm_kind *kind, struct loop *l, enum llm_play play,
			   const void **ret_config)
{
	*ret_config = &refuses;
	return 0;
}

static void tear_down(const struct llm_kind *kind)
{
}

static struct llm_kind kinds[] = {
	{"fake", &fake_llm_ops, LOOP_SIM, fake_set_up, tear_down, NULL, 2, USEC_SEC(20)},
	{"chain", NULL, LOOP_SIM, chain_set_up, tear_down, NULL, 2, USEC_SEC(20)},
};

/* The ops of a chain are made with it. */
__attribute__((constructor)) static void make_chain(void)
{
	const void *config;

	(void)!chain_set_up(&kinds[1], NULL, LLM_PLAY_SAYS, &config);
	kinds[1].ops = &chains[LLM_PLAY_SAYS].ops;
}

static void each(void (*story)(const struct llm_kind *kind))
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		story(&kinds[i]);
}

TEST(every_model_tells_the_story)
{
	each(llm_story_tell);
}

TEST(every_model_calls_tools_whole)
{
	each(llm_story_call_tools);
}

TEST(every_model_says_what_went_wrong)
{
	each(llm_story_go_wrong);
}

TEST(every_model_may_be_closed_at_work)
{
	each(llm_story_close_at_work);
}

TEST(every_model_may_be_cancelled_or_closed_from_its_own_events)
{
	each(llm_story_end_in_events);
}

TEST(a_model_that_refuses_owes_nothing)
{
	static const struct llm_kind kind = {"refusing", &fake_llm_ops, LOOP_SIM, refusing_set_up, tear_down};

	llm_story_refuse(&kind);
}

TEST_OOM(fake_model_without_memory)
{
	return llm_story_without_memory(&kinds[0]);
}

TEST_OOM(chain_of_models_without_memory)
{
	return llm_story_without_memory(&kinds[1]);
}
