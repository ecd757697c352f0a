#include "world.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/model_brain.h"
#include "base/mem.h"

#define TRAIL_BYTES_MAX (4u << 20)
#define DUCKED_MAX      USEC_MS(120) /* from a caller's onset: the project's targets */
#define SILENT_MAX      USEC_MS(350)
#define OWED_MAX        USEC_SEC(4)
#define SILENCE_MARGIN  USEC_SEC(7) /* beyond the idle time: a reprompt has to be thought of and made */

static void fail(struct world *w, const char *fmt, ...) printf_like(2, 3);

static void fail(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (w->problem[0])
		return;
	va_start(ap, fmt);
	vsnprintf(w->problem, sizeof(w->problem), fmt, ap);
	va_end(ap);
}

/* ---- what the call needs of its owner ---- */

static void on_line(void *arg, struct str line)
{
	struct world *w = arg;

	buf_add_str(&w->trail, line);
}

static struct trail_sink trail_open(void *arg, struct call *call)
{
	return (struct trail_sink){on_line, arg};
}

static void trail_close(void *arg, struct call *call, struct trail_sink *sink)
{
}

static void record_start(void *arg, struct call *call)
{
}

/* Where it begins the recording is, as the trail has it: so that a scenario can look at both. */
static void message_left(void *arg, struct call *call, const struct call_message *message)
{
	struct world *w = arg;

	if (w->told || message->length <= 0 || message->from < 0)
		fail(w, "a message was told twice, or is none");
	w->told = true;
}

static int model_new(struct world *w, struct call *call, struct brain **ret_brain)
{
	static const char text[] = "agent_name: clinic\ntenant_id: test\nbrain: model\n"
				   "greeting: 'Hello, how can I help you?'\nmodel: {fast: [fake]}\n"
				   "handoff: {human: {uri: 'sip:desk@example.com'}}\n"
				   "intents: {emergency: {kind: emergency, phrases: [chest pain]}}\n";
	struct tree_errors errors;

	tree_errors_init(&errors, &w->model_arena);
	int rc = agent_parse(str_from(text), "model.yaml", NULL, &w->model_arena, &errors, &w->model_agent);
	if (rc < 0)
		return rc;
	w->model = (struct fake_llm_config){.answers = w->script->model_answers,
					    .answer_count = w->script->model_answer_count,
					    .log = &w->asked,
					    .cancelled_at = &w->model_cancelled_at};
	struct model_brain_params p = {.agent = w->model_agent,
				       .session = {.session_id = STR("call-1")},
				       .today = {2026, 11, 20},
				       .minute = 540,
				       .loop = w->loop,
				       .usage = call_cost_sink(call),
				       .fast = {&fake_llm_ops, &w->model, 0}};
	return model_brain_open(&p, ret_brain);
}

/* A cent for each letter of our voice, nothing for the rest. */
static struct price_charge a_cent_a_letter[] = {{.of = USAGE_CHARACTERS, .price = 0.01}};
static struct price_row price_rows[] = {
	{PRICE_STT, STR_INIT("*"), STR_INIT("fake"), STR_INIT("*"), true, {NULL, 0}},
	{PRICE_TTS, STR_INIT("*"), STR_INIT("fake"), STR_INIT("*"), false, {a_cent_a_letter, 1}},
	{PRICE_LLM, STR_INIT("*"), STR_INIT("fake"), STR_INIT("*"), true, {NULL, 0}},
	{PRICE_TELEPHONY, STR_INIT("*"), STR_INIT("*"), STR_INIT("*"), true, {NULL, 0}},
	{PRICE_HOST, STR_INIT("*"), STR_INIT("*"), STR_INIT("*"), true, {NULL, 0}},
};
static const struct prices prices = {STR_INIT("USD"), STR_INIT("today"), {price_rows, ARRAY_LEN(price_rows)}};

static void degrade(void *arg, struct call *call)
{
	struct world *w = arg;

	trail_begin(&call->trail, loop_now(w->loop), "degraded");
	trail_end(&call->trail);
}

static int brain_new(const struct call_agent *agent, struct call *call, struct brain **ret_brain)
{
	struct world *w = agent->arg;

	if (w->script->no_brain)
		return -ENOENT;
	if (w->script->model)
		return model_new(w, call, ret_brain);
	fake_brain_init(&w->brain, w->loop, &w->script->part);
	*ret_brain = &w->brain.brain;
	return 0;
}

static void on_ended(void *arg, struct call *call)
{
	struct world *w = arg;

	if (call->conversation.floor.state != FLOOR_OVER)
		fail(w, "the call ended with the floor %s",
		     fsm_state_name(&floor_fsm, call->conversation.floor.state));
	if (call->conversation.ear.in_turn || call->conversation.voice.text_n > 0)
		fail(w, "the call ended with a turn or an answer open");
	w->call = NULL;
	w->ended = true;
}

/* ---- the script's actions ---- */

static void on_action(struct timer *t)
{
	struct world_timer *wt = CONTAINER_OF(t, struct world_timer, timer);
	struct world *w = wt->world;
	char words[64];

	switch (wt->action->what) {
	case DO_HANG_UP:
		fake_leg_end(&w->leg, LEG_END_REMOTE);
		break;
	case DO_CANCEL:
		fake_leg_end(&w->leg, LEG_END_CANCELLED);
		break;
	case DO_VANISH:
		fake_leg_signal(&w->leg, &(struct leg_event){.type = LEG_EV_SILENT, .at = t->due});
		break;
	case DO_HOLD:
	case DO_RESUME:
		if (w->held == (wt->action->what == DO_HOLD))
			break;
		w->held = wt->action->what == DO_HOLD;
		fake_leg_signal(&w->leg, &(struct leg_event){.type = w->held ? LEG_EV_HELD : LEG_EV_RESUMED,
							     .at = t->due});
		break;
	case DO_EAR_FAILS:
		if (w->ear.session)
			fake_stt_fail(w->ear.session);
		break;
	case DO_EAR_ENDPOINT:
		if (w->ear.session)
			fake_stt_endpoint(w->ear.session, 0.9f);
		break;
	case DO_VOICE_FAILS:
	case DO_VOICE_DIES:
		if (w->voice.session)
			fake_tts_fail(w->voice.session, wt->action->what == DO_VOICE_DIES);
		break;
	case DO_VOICE_STALLS:
		w->voice.stalled = true;
		break;
	case DO_LINE_STALLS:
		w->leg.stalled = true;
		break;
	case DO_SERVER_HANGS_UP:
		str_copy(wt->action->text, words, sizeof(words));
		if (w->call)
			call_hangup(w->call, words);
		break;
	}
}

static void start_actions(struct world *w)
{
	for (size_t i = 0; i < w->script->action_count; i++) {
		struct world_timer *t = &w->timers[i];

		t->world = w;
		t->action = &w->script->actions[i];
		timer_start(&t->timer, w->loop, t->action->at, on_action);
	}
}

/* ---- the invariants ---- */

static bool waits(const struct fsm *m, unsigned state)
{
	return m->states[state].flags & FSM_WAITING;
}

/* Somebody is heard or types, or nobody is there to hear, or the agent has just been asked: what it says, and
 * whether, is its own affair. */
static bool is_lively(const struct world *w)
{
	return w->call->state != CALL_UP || w->held || w->leg.speaking || w->leg.mute ||
	       w->call->conversation.floor.state == FLOOR_KEYING || w->call->brain->question != w->question ||
	       fake_leg_sound(&w->leg, loop_now(w->loop)) != FAKE_SILENCE;
}

static void check_silence(struct world *w)
{
	usec now = loop_now(w->loop);
	usec limit = w->script->timing.idle + SILENCE_MARGIN;

	if (is_lively(w))
		w->silent_since = now;
	w->question = w->call->brain->question;
	if (now - w->silent_since > limit)
		fail(w, "the line is silent since %lld ms and nothing happens",
		     (long long)((w->silent_since - SCRIPT_START) / 1000));
}

/* Who waits for an answer hears something soon, whatever fails. */
static void check_patience(struct world *w)
{
	usec now = loop_now(w->loop);
	unsigned state = w->call->conversation.floor.state;
	bool owed = state == FLOOR_FINISHING || state == FLOOR_AWAITING || state == FLOOR_THINKING ||
		    state == FLOOR_SPEAKING || state == FLOOR_INSISTING;

	if (!owed || w->call->state != CALL_UP || w->leg.speaking ||
	    fake_leg_sound(&w->leg, now) != FAKE_SILENCE)
		w->owed_since = now;
	if (w->script->failing && now - w->owed_since > OWED_MAX)
		fail(w, "nothing was heard for %lld ms by somebody who waits",
		     (long long)(now - w->owed_since) / 1000);
}

static void check_reaction(struct world *w)
{
	const struct fake_reaction *r = &w->leg.reaction;

	if (r->ducked > DUCKED_MAX)
		fail(w, "the voice was not ducked %lld ms after an onset", (long long)r->ducked / 1000);
	if (r->silent > SILENT_MAX && w->script->timing.decide <= conversation_timing_default.decide)
		fail(w, "the voice was not silent %lld ms after an onset", (long long)r->silent / 1000);
}

static const struct str terms[] = {STR_INIT("Okafor"), STR_INIT("Elm Street")};

static void check_tick(struct world *w)
{
	const struct call *c = w->call;

	if (!c)
		return;
	if (!timer_running(&c->timer))
		fail(w, "a call that is %s waits without a deadline", call_state_name(c));
	if (waits(&floor_fsm, c->conversation.floor.state) && !timer_running(&c->conversation.floor.timer))
		fail(w, "a floor that is %s waits without a deadline",
		     fsm_state_name(&floor_fsm, c->conversation.floor.state));
	if (w->ear.confused)
		fail(w, "the recogniser was told twice that somebody speaks, or stops");
	if (w->ear.session && w->ear.terms != ARRAY_LEN(terms))
		fail(w, "the recogniser was not told of the agent's key terms");
	if (c->trail.lost > 0 && !mem_failed())
		fail(w, "%llu lines of the trail are lost", (unsigned long long)c->trail.lost);
	check_silence(w);
	check_patience(w);
	check_reaction(w);
}

/* ---- playing ---- */

/* All of them fail one time in five. */
static void chain_up(struct world *w)
{
	rng_init_number(&w->luck, w->script->failing);
	w->ear_chain = (struct stt_chain_config){.count = WORLD_LINKS, .open_limit = USEC_SEC(1)};
	w->voice_chain = (struct tts_chain_config){.count = WORLD_LINKS, .open_limit = USEC_SEC(1)};
	for (size_t i = 0; i < WORLD_LINKS; i++) {
		struct breaker *b = &w->breakers[2 * i];

		breaker_init(&b[0], &breaker_rules_default);
		breaker_init(&b[1], &breaker_rules_default);
		w->ears[i] = w->ear;
		w->ears[i].luck = &w->luck;
		w->voices[i] = w->voice;
		w->voices[i].luck = &w->luck;
		w->ear_chain.links[i] = (struct stt_link){STR("ears"), &fake_stt_ops, &w->ears[i], &b[0]};
		w->voice_chain.links[i] = (struct tts_link){.name = STR("voice"),
							    .ops = &fake_tts_ops,
							    .config = &w->voices[i],
							    .breaker = &b[1]};
	}
	stt_chain_init(&w->ear_chain);
	tts_chain_init(&w->voice_chain);
	w->agent.stt = &w->ear_chain.ops;
	w->agent.stt_config = &w->ear_chain;
	w->agent.tts = &w->voice_chain.ops;
	w->agent.tts_config = &w->voice_chain;
}

#define LETTER_SAMPLES (3 * LEG_FRAME_SAMPLES)

static struct notice notice(struct world *w, size_t i, const char *text)
{
	size_t n = strlen(text) * LETTER_SAMPLES;

	for (size_t s = 0; s < n; s++)
		w->spoken[i][s] = babble_sample(text[s / LETTER_SAMPLES], (unsigned)(s / LETTER_SAMPLES));
	return (struct notice){str_from(text), w->spoken[i], n};
}

static void take_messages(struct world *w)
{
	w->notices = (struct notices){.sorry = notice(w, 0, "Out of order."),
				      .leave = notice(w, 1, "After the tone please."),
				      .taken = notice(w, 2, "I will pass it on."),
				      .tone = notice(w, 3, "~~~~"),
				      .message_max = w->script->message_max};
	w->agent.notices = &w->notices;
}

static void describe(struct world *w)
{
	const struct script *s = w->script;

	w->ear = s->ear;
	w->voice = s->voice;
	w->keeper = (struct call_keeper){trail_open, trail_close, record_start, message_left, w};
	w->services = (struct call_services){
		.loop = w->loop,
		.eot = &eot_words,
		.keeper = &w->keeper,
		.prices = &prices,
		.degrade = degrade,
		.degrade_arg = w,
		.ring_min = s->ring_min,
		.call_max = s->call_max,
		.transfer_max = s->transfer_max,
	};
	w->cost = (struct call_cost_limits){
		.call = picos_from(s->cost_max / 100.0),
		.action = s->cost_action,
		.farewell = STR("I am sorry, I have to end our call here. Goodbye."),
	};
	w->agent = (struct call_agent){
		.name = STR("clinic"),
		.tenant = STR("test"),
		.language = STR("en-US"),
		.key_terms = terms,
		.key_term_count = ARRAY_LEN(terms),
		.voice_speed = 1,
		.filler = s->filler,
		.sorry = s->sorry,
		.fallback = s->fallback,
		.timing = s->timing,
		.cost = &w->cost,
		.record = true,
		.stt = &fake_stt_ops,
		.stt_config = &w->ear,
		.tts = &fake_tts_ops,
		.tts_config = &w->voice,
		.brain_new = brain_new,
		.arg = w,
	};
	if (s->message_max > 0)
		take_messages(w);
	if (s->failing)
		chain_up(w);
}

static void start_call(struct world *w)
{
	struct call_params p = {.services = &w->services,
				.agent = &w->agent,
				.leg = &w->leg.leg,
				.id = STR("call-1"),
				.on_ended = on_ended,
				.arg = w};

	w->refused = call_start(&p, &w->call);
	if (w->refused < 0) {
		leg_reject(&w->leg.leg, LEG_REFUSE_FAILED);
		leg_close(&w->leg.leg);
		return;
	}
	w->started = true;
	if (w->matrices.floor)
		w->call->conversation.floor.fsm = w->matrices.floor;
	if (w->matrices.call)
		w->call->fsm = w->matrices.call;
}

static void play(struct world *w)
{
	usec end = SCRIPT_START + USEC_SEC(WORLD_SECONDS_MAX);

	w->silent_since = w->owed_since = SCRIPT_START;
	start_actions(w);
	start_call(w);
	while (w->call && !w->problem[0] && loop_now(w->loop) < end) {
		loop_advance(w->loop, LEG_FRAME_USEC);
		check_tick(w);
	}
	if (w->call)
		fail(w, "the call is still %s after %d s", call_state_name(w->call), WORLD_SECONDS_MAX);
	if (!w->leg.closed)
		fail(w, "the leg was never given back");
}

int world_play(const struct script *s, const struct world_matrices *m, struct world **ret_world)
{
	struct world *w = mem_zalloc(sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->script = s;
	w->matrices = m ? *m : (struct world_matrices){0};
	if (loop_new(LOOP_SIM, SCRIPT_START, &w->loop) < 0) {
		mem_free(w);
		return -ENOMEM;
	}
	buf_init(&w->trail, TRAIL_BYTES_MAX);
	buf_init(&w->asked, TRAIL_BYTES_MAX);
	arena_init(&w->model_arena, TRAIL_BYTES_MAX);
	fake_leg_init(&w->leg, w->loop, &s->leg);
	describe(w);
	play(w);
	*ret_world = w;
	return 0;
}

struct world *world_free(struct world *w)
{
	if (!w)
		return NULL;
	fake_brain_fini(&w->brain);
	fake_leg_fini(&w->leg);
	buf_fini(&w->trail);
	buf_fini(&w->asked);
	arena_fini(&w->model_arena);
	loop_free(w->loop);
	return mem_free(w);
}
