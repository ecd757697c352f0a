/* Every language model tells the story of all language models, over TLS, against the simulator of its vendor.
 */
#include "llm_story.h"
#include "side.h"
#include "stage.h"
#include "test.h"
#include "trouble.h"

static const struct vendor_answer says[] = {{NULL, "Of course. At what time?", NULL, NULL}};
static const struct vendor_answer calls[] = {{NULL, "One moment.", "calendar", "{\"day\":\"2026-11-24\"}"}};

static struct stage stage;
static const struct trouble *trouble; /* of this process; NULL = the part that is played */

static int set_up(const struct llm_kind *kind, struct loop *l, enum llm_play play, const void **ret_config)
{
	static const struct vendor_fault faults[LLM_PLAYS] = {
		[LLM_PLAY_STALLS] = {.kind = VENDOR_FAULT_STALL},
		[LLM_PLAY_LIMITED] = {.kind = VENDOR_FAULT_RATE},
		[LLM_PLAY_BREAKS] = {.kind = VENDOR_FAULT_CLOSE, .item = 4},
	};
	struct vendor_config config = {
		.says = {.answers = play == LLM_PLAY_CALLS ? calls : says, .n_answers = 1},
		.delays = {.token = USEC_MS(2)},
		.fault = trouble ? trouble->fault : faults[play],
	};

	*ret_config = &stage.use;
	return stage_open(&stage, kind->arg, &config, l);
}

static void tear_down(const struct llm_kind *kind)
{
	stage_hang_up(&stage);
	stage_check_manners(&stage);
	stage_close(&stage);
}

static void tear_down_what_failed(const struct llm_kind *kind)
{
	stage_close(&stage);
}

static struct llm_kind kind_of(const struct stage_vendor *who)
{
	return (struct llm_kind){
		.name = who->type,
		.ops = vendor_find(str_from(who->type), USAGE_LLM)->llm,
		.clock = LOOP_REAL,
		.set_up = set_up,
		.tear_down = tear_down,
		.arg = who,
		.tools = 1,
		.retry_after = USEC_SEC(7),
		.secret = STAGE_KEY,
	};
}

TEST(every_model_is_asked)
{
	stage_check_list(USAGE_LLM);
}

TEST(every_model_tells_the_story_over_tls)
{
	static void (*const chapters[])(const struct llm_kind *) = {
		llm_story_tell, llm_story_call_tools, llm_story_go_wrong, llm_story_close_at_work,
		llm_story_end_in_events};

	for (size_t i = 0; i < ARRAY_LEN(chapters); i++)
		STAGE_EACH (who, USAGE_LLM)
			if (side_begin(who->type)) {
				struct llm_kind kind = kind_of(who);

				chapters[i](&kind);
				side_end();
			}
	side_join();
}

static void suffer(const struct stage_vendor *who, const struct trouble *t)
{
	struct llm_kind kind = kind_of(who);

	trouble = t;
	kind.tear_down = tear_down_what_failed;
	llm_story_fail_of(&kind, t->faults);
}

TEST(every_model_fails_with_the_right_fault)
{
	trouble_each(USAGE_LLM, suffer);
}
