/* A whole conversation of a model's brain with each vendor's simulator: what we send breaks no rule of
 * theirs. */
#include "agent/model_brain.h"
#include "agent_setup.h"
#include "provider/llm/llm_sse.h"
#include "side.h"
#include "stage.h"

#define ANSWER_SECONDS 20

static const struct vendor_answer answers[] = {
	{"outcome", "Tuesday at half past ten is free. Shall I book it?", NULL, NULL},
	{"Tuesday", "Let me look.", "calendar_lookup", "{\"day\":\"2026-11-24\",\"time\":\"10:30\"}"},
	{"bye", "Goodbye.", "end_call", "{\"disposition\":\"answered\"}"},
	{NULL, "Which day would suit you?", NULL, NULL},
};

struct talk {
	struct setup s;
	struct loop *loop;
	struct pool *pool;
	struct pool_port deeds;
	struct stage stage;
	struct brain *brain;
	char said[1024], disposition[64];
	uint32_t done;
};

static void on_act(void *arg, const struct brain_act *act)
{
	struct talk *t = arg;
	size_t n = strlen(t->said);

	if (act->type == BRAIN_SAY)
		snprintf(t->said + n, sizeof(t->said) - n, "%s" STR_FMT, n ? " " : "",
			 STR_ARG(act->say.text));
	if (act->type == BRAIN_HANGUP)
		str_copy(act->hangup.disposition, t->disposition, sizeof(t->disposition));
	if (act->type == BRAIN_DONE)
		t->done = act->question;
}

static bool talk_open(struct talk *t, const struct stage_vendor *who)
{
	struct vendor_config config = {.says = {.answers = answers, .n_answers = ARRAY_LEN(answers)},
				       .delays = {.token = USEC_MS(1)}};

	*t = (struct talk){.done = 0};
	if (!setup_open(&t->s) || loop_new(LOOP_REAL, 0, &t->loop) < 0 || pool_new(0, 16, &t->pool) < 0 ||
	    stage_open(&t->stage, who, &config, t->loop) < 0)
		return false;
	pool_port_open(&t->deeds, t->pool, t->loop);
	struct model_brain_params p = {
		.agent = t->s.agent,
		.session = {.session_id = STR("call-1")},
		.today = {2026, 11, 20},
		.minute = 540,
		.sink = {on_act, t},
		.loop = t->loop,
		.fast = {&llm_sse_ops, &t->stage.use, 0},
		.store = t->s.store,
		.deeds = &t->deeds,
	};
	return model_brain_open(&p, &t->brain) == 0;
}

static void talk_close(struct talk *t)
{
	t->brain = brain_close(t->brain);
	stage_hang_up(&t->stage);
	stage_check_manners(&t->stage);
	stage_close(&t->stage);
	pool_port_close(&t->deeds);
	pool_free(t->pool);
	loop_free(t->loop);
	setup_close(&t->s);
}

static void hear(struct talk *t, uint32_t question, const char *said)
{
	for (int i = 0; i < ANSWER_SECONDS * 200 && t->done != question; i++)
		CHECK_INT(loop_turn(t->loop, USEC_MS(5)), 0);
	CHECK_STR(str_from(t->said), said);
	brain_spoken(t->brain, str_from(t->said), true);
	t->said[0] = '\0';
}

static void converse(const struct stage_vendor *who)
{
	struct talk t;

	REQUIRE(talk_open(&t, who));
	hear(&t, brain_start(t.brain),
	     "Good morning, Harbour Street Clinic. You're speaking with our automated assistant. How "
	     "can I help?");
	hear(&t, brain_heard(t.brain, STR("I need an appointment."), 0.9f), "Which day would suit you?");
	hear(&t, brain_heard(t.brain, STR("Tuesday?"), 0.9f),
	     "Let me look. Tuesday at half past ten is free. Shall I book it?");
	brain_guess(t.brain, STR("No thanks, bye."));
	hear(&t, brain_heard(t.brain, STR("no thanks bye"), 0.9f), "Goodbye.");
	CHECK_STR(str_from(t.disposition), "answered");
	talk_close(&t);
}

TEST(every_model_holds_a_conversation)
{
	STAGE_EACH (who, USAGE_LLM)
		if (side_begin(who->type)) {
			converse(who);
			side_end();
		}
	side_join();
}
