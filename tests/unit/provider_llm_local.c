/* The language model in this process over an engine that says what the test wants. */
#include "provider/local/llm_local.h"

#include <time.h>

#include "base/pool.h"
#include "contract.h"
#include "llm_story.h"
#include "provider/local/chat_form.h"
#include "provider/local/thinking.h"
#include "provider/service.h"
#include "test.h"

struct fake {
	struct thinking thinking;
	const char *const *pieces; /* NULL ends them */
	int error;                 /* behind the pieces; 0 = the end */
	bool stalls;
	bool hurries; /* does not wait between pieces */
};

struct fake_thought {
	struct thought thought;
	struct fake *fake;
	const atomic_bool *stop;
	size_t said;
};

static int fake_open(struct thinking *t, const atomic_bool *stop, struct thought **ret_thought)
{
	struct fake_thought *th = mem_zalloc(sizeof(*th));

	if (!th)
		return -ENOMEM;
	*th = (struct fake_thought){.fake = CONTAINER_OF(t, struct fake, thinking), .stop = stop};
	th->thought.ops = t->ops;
	*ret_thought = &th->thought;
	return 0;
}

static int fake_ask(struct thought *th, const struct llm_request *r, struct llama_words *err)
{
	CONTAINER_OF(th, struct fake_thought, thought)->said = 0;
	CHECK(r->messages[0].text.n > 0 && r->messages[0].text.p[0] == 'W');
	if (r->message_count < 2)
		return 0;
	snprintf(err->text, sizeof(err->text), "too long");
	return -EMSGSIZE;
}

static int fake_step(struct thought *th, struct thinking_out *out)
{
	struct fake_thought *t = CONTAINER_OF(th, struct fake_thought, thought);
	const char *piece = t->fake->pieces[t->said];

	if (!t->fake->hurries)
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	if (atomic_load(t->stop))
		return -ECANCELED;
	if (t->fake->stalls)
		return THINKING_MORE;
	out->usage.tokens_in = 9;
	out->usage.tokens_cached = 4;
	if (!piece)
		return t->fake->error;
	t->said++;
	out->usage.tokens_out++;
	buf_add_str(&out->text, str_from(piece));
	return out->text.error ? out->text.error : THINKING_MORE;
}

static void fake_shut(struct thought *th)
{
	mem_free(CONTAINER_OF(th, struct fake_thought, thought));
}

static void fake_close(struct thinking *t)
{
}

static const struct thinking_ops fake_ops = {fake_open, fake_ask, fake_step, fake_shut, fake_close};

static const char *const says[] = {"Of course. ", "At what ", "time?", NULL};
static const char *const breaks[] = {"I am", NULL};

static const char *const calls[] = {"One mo",
				    "ment.\n<tool",
				    "_call>\n{\"name\": \"calendar\", ",
				    "\"arguments\": {\"day\": \"2026-11-24\"}}\n</tool",
				    "_call>",
				    NULL};

static const struct fake parts[LLM_PLAYS] = {
	[LLM_PLAY_SAYS] = {.pieces = says},
	[LLM_PLAY_CALLS] = {.pieces = calls},
	[LLM_PLAY_STALLS] = {.pieces = says, .stalls = true},
	[LLM_PLAY_BREAKS] = {.pieces = breaks, .error = -EIO},
};

/* ---- the story ---- */

static const struct service service = {
	.name = STR("here"), .type = STR("llama-cpp"), .model = STR("tiny.gguf")};

static struct {
	struct loop *loop;
	struct pool *pool;
	struct pool_port port;
	struct fake fake;
	struct llm_local_config config;
	struct llm_local_room room;
} site;

static int set_up(const struct llm_kind *kind, struct loop *l, enum llm_play play, const void **ret_config)
{
	int rc;

	memset(&site, 0, sizeof(site));
	site.loop = l;
	site.fake = parts[play];
	site.fake.thinking.ops = &fake_ops;
	site.fake.hurries = kind->clock == LOOP_SIM;
	rc = pool_new(kind->clock == LOOP_SIM ? 0 : 1, 16, &site.pool);
	if (rc < 0)
		return rc;
	pool_port_open(&site.port, site.pool, l);
	llm_local_room_init(&site.room, LLM_LOCAL_AT_ONCE);
	site.config = (struct llm_local_config){
		.service = &service, .thinking = &site.fake.thinking, .port = &site.port, .room = &site.room};
	*ret_config = &site.config;
	return 0;
}

static void turn(void)
{
	if (site.fake.hurries)
		loop_advance(site.loop, 0);
	else
		CHECK_INT(loop_turn(site.loop, USEC_MS(5)), 0);
}

static void tear_down(const struct llm_kind *kind)
{
	if (!site.pool)
		return;
	CHECK_INT(site.room.inside, 0);
	CHECK(list_empty(&site.room.waiting) && site.room.waiting_count == 0);
	while (site.port.pending > 0)
		turn();
	pool_port_close(&site.port);
	site.pool = pool_free(site.pool);
}

static const struct llm_kind local = {.name = "local",
				      .ops = &llm_local_ops,
				      .clock = LOOP_REAL,
				      .set_up = set_up,
				      .tear_down = tear_down,
				      .tools = 1};
static const struct llm_kind at_once = {"local at once", &llm_local_ops, LOOP_SIM, set_up, tear_down};

TEST(a_model_in_this_process_tells_the_story)
{
	llm_story_tell(&local);
	llm_story_call_tools(&local);
	llm_story_go_wrong(&local);
	llm_story_close_at_work(&local);
	llm_story_end_in_events(&local);
}

/* ---- what the story does not ask ---- */

struct told {
	struct loop *loop;
	struct llm *llm;
	char text[256], words[256];
	enum llm_event_type last;
	enum fault fault;
	size_t texts;
	struct usage usage;
};

static void on_event(void *arg, const struct llm_event *ev)
{
	struct told *t = arg;
	size_t n = strlen(t->text);

	t->last = ev->type;
	t->fault = ev->fault;
	if (ev->type == LLM_EV_FAULT)
		str_copy(ev->text, t->words, sizeof(t->words));
	if (ev->type != LLM_EV_TEXT)
		return;
	t->texts++;
	str_copy(ev->text, t->text + n, sizeof(t->text) - n);
}

static void on_usage(void *arg, const struct usage *u)
{
	((struct told *)arg)->usage = *u;
}

static void told_open(struct told *t, const char *const *pieces)
{
	const void *config;
	struct llm_params params = {.sink = {on_event, t}, .usage = {on_usage, t}};

	*t = (struct told){.last = LLM_EV_COUNT_};
	CHECK_INT(loop_new(LOOP_SIM, 0, &t->loop), 0);
	CHECK_INT(set_up(&at_once, t->loop, LLM_PLAY_SAYS, &config), 0);
	site.fake.pieces = pieces;
	t->llm = contract_state(llm_local_ops.state_size);
	params.loop = t->loop;
	CHECK_INT(llm_open(t->llm, &llm_local_ops, config, &params), 0);
}

static void told_close(struct told *t)
{
	if (t->llm)
		llm_close(t->llm);
	contract_state_free(t->llm, llm_local_ops.state_size);
	tear_down(NULL);
	loop_free(t->loop);
}

static int try_ask(struct told *t, uint32_t number, size_t messages)
{
	static const struct llm_message m[2] = {{.role = LLM_USER, .text = STR("Well?")},
						{.role = LLM_USER, .text = STR("Well?")}};
	const struct llm_request r = {.messages = m, .message_count = messages, .temperature = -1};

	return llm_ask(t->llm, number, &r);
}

static void ask(struct told *t, uint32_t number, size_t messages)
{
	CHECK_INT(try_ask(t, number, messages), 0);
}

TEST_OOM(model_in_this_process_without_memory)
{
	const void *config = NULL;
	struct llm *llm = contract_state(llm_local_ops.state_size);
	struct told t = {.llm = llm};
	int rc = llm ? loop_new(LOOP_SIM, 0, &t.loop) : -ENOMEM;

	memset(&site, 0, sizeof(site));
	if (rc == 0)
		rc = set_up(&at_once, t.loop, LLM_PLAY_SAYS, &config);
	if (rc == 0)
		rc = llm_open(llm, &llm_local_ops, config,
			      &(struct llm_params){.loop = t.loop, .sink = {on_event, &t}});
	if (rc == 0)
		rc = try_ask(&t, 1, 1);
	if (rc == 0) {
		loop_advance(t.loop, USEC_SEC(1));
		rc = t.last == LLM_EV_DONE ? 0 : -ENOMEM;
	}
	told_close(&t);
	return rc;
}

TEST(a_character_in_several_tokens_is_told_whole)
{
	static const char *const pieces[] = {"Gr\xc3", "\xbc\xc3", "\x9f", "e \xe2", "\x82", "\xac", NULL};
	struct told t;

	told_open(&t, pieces);
	ask(&t, 1, 1);
	loop_advance(t.loop, USEC_SEC(1));
	CHECK_STR(str_from(t.text), "Gr\xc3\xbc\xc3\x9f"
				    "e \xe2\x82\xac");
	CHECK_INT(t.texts, 5);
	CHECK_INT(t.last, LLM_EV_DONE);
	told_close(&t);
}

TEST(bytes_that_are_no_characters_are_not_told)
{
	static const char *const pieces[] = {"a\xff", "\xfe\xfd\xfc", "bcde", "\xc3", NULL};
	struct told t;

	told_open(&t, pieces);
	ask(&t, 1, 1);
	loop_advance(t.loop, USEC_SEC(1));
	CHECK_STR(str_from(t.text), "abcde");
	told_close(&t);
}

TEST(a_thought_is_counted)
{
	struct told t;

	told_open(&t, says);
	ask(&t, 1, 1);
	loop_advance(t.loop, USEC_SEC(1));
	CHECK_STR(t.usage.service, "here");
	CHECK_STR(t.usage.model, "tiny.gguf");
	CHECK_INT(t.usage.end, USAGE_DONE);
	CHECK_INT(t.usage.amount[USAGE_TOKENS_IN], 5);
	CHECK_INT(t.usage.amount[USAGE_TOKENS_CACHED], 4);
	CHECK_INT(t.usage.amount[USAGE_TOKENS_OUT], 3);
	told_close(&t);
}

TEST(questions_of_one_call_wait_for_each_other)
{
	struct told t;

	told_open(&t, says);
	for (uint32_t i = 1; i <= LLM_LOCAL_ASKS_MAX; i++)
		ask(&t, i, 1);
	CHECK_INT(llm_ask(t.llm, 100,
			  &(struct llm_request){.messages = &(struct llm_message){.text = STR("W")},
						.message_count = 1}),
		  -EAGAIN);
	loop_advance(t.loop, USEC_SEC(1));
	CHECK_INT(t.texts, 3 * LLM_LOCAL_ASKS_MAX);
	CHECK_INT(t.usage.work, LLM_LOCAL_ASKS_MAX);
	told_close(&t);
}

/* ---- many calls ---- */

#define CALLS 5

struct crowd {
	struct loop *loop;
	struct told calls[CALLS];
};

/* A model that answers two at a time. */
static void crowd_open(struct crowd *c)
{
	struct llm_params params;
	const void *config;

	*c = (struct crowd){0};
	CHECK_INT(loop_new(LOOP_SIM, 0, &c->loop), 0);
	CHECK_INT(set_up(&at_once, c->loop, LLM_PLAY_SAYS, &config), 0);
	llm_local_room_init(&site.room, 2);
	for (size_t i = 0; i < CALLS; i++) {
		struct told *t = &c->calls[i];

		*t = (struct told){.loop = c->loop, .last = LLM_EV_COUNT_};
		t->llm = contract_state(llm_local_ops.state_size);
		params = (struct llm_params){.loop = c->loop, .sink = {on_event, t}, .usage = {on_usage, t}};
		CHECK_INT(llm_open(t->llm, &llm_local_ops, config, &params), 0);
	}
}

static void crowd_close(struct crowd *c)
{
	for (size_t i = 0; i < CALLS; i++) {
		if (c->calls[i].llm)
			llm_close(c->calls[i].llm);
		contract_state_free(c->calls[i].llm, llm_local_ops.state_size);
	}
	tear_down(NULL);
	loop_free(c->loop);
}

static void leave(struct crowd *c, size_t i)
{
	llm_close(c->calls[i].llm);
	contract_state_free(c->calls[i].llm, llm_local_ops.state_size);
	c->calls[i].llm = NULL;
}

TEST(who_comes_after_those_that_wait_is_refused_at_once)
{
	struct crowd c;

	crowd_open(&c);
	for (size_t i = 0; i < CALLS; i++)
		ask(&c.calls[i], 1, 1);
	CHECK_INT(site.room.inside, 2);
	CHECK_INT(site.room.waiting_count, 2);
	CHECK_INT(c.calls[4].last, LLM_EV_COUNT_); /* not within the call */
	loop_advance(c.loop, USEC_SEC(1));
	for (size_t i = 0; i < 4; i++) {
		CHECK_INT(c.calls[i].last, LLM_EV_DONE);
		CHECK_STR(str_from(c.calls[i].text), "Of course. At what time?");
	}
	CHECK_INT(c.calls[4].last, LLM_EV_FAULT);
	CHECK_INT(c.calls[4].fault, FAULT_OVERLOAD);
	CHECK(strstr(c.calls[4].words, "too many callers"));
	ask(&c.calls[4], 2, 1);
	loop_advance(c.loop, USEC_SEC(1));
	CHECK_INT(c.calls[4].last, LLM_EV_DONE);
	crowd_close(&c);
}

TEST(who_leaves_makes_room)
{
	struct crowd c;

	crowd_open(&c);
	for (size_t i = 0; i < 4; i++)
		ask(&c.calls[i], 1, 1);
	leave(&c, 2);                  /* while it waits */
	llm_cancel(c.calls[3].llm, 1); /* likewise */
	CHECK_INT(site.room.waiting_count, 0);
	ask(&c.calls[4], 1, 1);
	leave(&c, 0); /* while it is answered */
	CHECK_INT(site.room.inside, 2);
	CHECK_INT(site.room.waiting_count, 0);
	ask(&c.calls[3], 2, 1);
	llm_cancel(c.calls[1].llm, 1);
	loop_advance(c.loop, USEC_SEC(1));
	CHECK_INT(c.calls[4].last, LLM_EV_DONE);
	CHECK_INT(c.calls[3].last, LLM_EV_DONE);
	CHECK_INT(c.calls[1].last, LLM_EV_COUNT_);
	crowd_close(&c);
}

TEST(a_conversation_too_long_is_the_configurations_fault)
{
	struct told t;

	told_open(&t, says);
	ask(&t, 1, 2);
	loop_advance(t.loop, USEC_SEC(1));
	CHECK_INT(t.fault, FAULT_CONFIG);
	CHECK_STR(str_from(t.words), "too long");
	ask(&t, 2, 1);
	loop_advance(t.loop, USEC_SEC(1));
	CHECK_INT(t.last, LLM_EV_DONE);
	told_close(&t);
}

TEST(without_a_model_every_question_is_told_why)
{
	const struct llm_local_config config = {.service = &service, .why = "llama.cpp is not there"};
	struct told t = {.last = LLM_EV_COUNT_};

	CHECK_INT(loop_new(LOOP_SIM, 0, &t.loop), 0);
	t.llm = contract_state(llm_local_ops.state_size);
	CHECK_INT(llm_open(t.llm, &llm_local_ops, &config,
			   &(struct llm_params){.loop = t.loop, .sink = {on_event, &t}}),
		  0);
	ask(&t, 1, 1);
	ask(&t, 2, 1);
	CHECK_INT(t.last, LLM_EV_COUNT_);
	loop_advance(t.loop, USEC_MS(1));
	CHECK_INT(t.fault, FAULT_CONFIG);
	CHECK_STR(str_from(t.words), "llama.cpp is not there");
	llm_close(t.llm);
	contract_state_free(t.llm, llm_local_ops.state_size);
	loop_free(t.loop);
}

/* ---- tools ---- */

static const struct llm_tool calendar = {
	STR_INIT("calendar"), STR_INIT("free times"),
	STR_INIT("{\"type\":\"object\",\"properties\":{\"day\":{\"type\":\"string\"}}}")};

static void ask_with_tools(struct told *t, uint32_t number)
{
	static const struct llm_message m = {.role = LLM_USER, .text = STR_INIT("Well?")};

	CHECK_INT(llm_ask(t->llm, number,
			  &(struct llm_request){.messages = &m,
						.message_count = 1,
						.tools = &calendar,
						.tool_count = 1,
						.temperature = -1}),
		  0);
}

TEST(words_that_are_no_call_are_not_spoken)
{
	static const char *const pieces[] = {"So. <tool_call>{\"na", "me\": calendar}</tool_call>", NULL};
	struct told t;

	told_open(&t, pieces);
	ask_with_tools(&t, 1);
	loop_advance(t.loop, USEC_SEC(1));
	CHECK_STR(str_from(t.text), "So. ");
	CHECK_INT(t.fault, FAULT_PROTOCOL);
	CHECK(strstr(t.words, "no call"));
	CHECK_INT(t.usage.end, USAGE_FAILED);
	told_close(&t);
}

TEST(a_model_that_is_told_of_no_tools_calls_none)
{
	struct told t;

	told_open(&t, calls);
	llm_close(t.llm);
	contract_state_free(t.llm, llm_local_ops.state_size);
	site.config.no_tools = true;
	t.llm = contract_state(llm_local_ops.state_size);
	CHECK_INT(llm_open(t.llm, &llm_local_ops, &site.config,
			   &(struct llm_params){.loop = t.loop, .sink = {on_event, &t}}),
		  0);
	ask_with_tools(&t, 1);
	loop_advance(t.loop, USEC_SEC(1));
	CHECK_INT(t.last, LLM_EV_DONE);
	CHECK(str_find(str_from(t.text), STR("<tool_call>")) < strlen(t.text));
	told_close(&t);
}

/* ---- the door ---- */

TEST(a_library_that_is_not_there_is_told_how_to_come_by)
{
	struct llama_words words;
	struct llama_door *door;

	CHECK_INT(llama_door_open("/nowhere/libllama.so", &words, &door), -ENOENT);
	CHECK(strstr(words.text, "/nowhere/libllama.so") && strstr(words.text, "library=PATH"));
}

TEST(a_library_that_is_another_is_refused)
{
	struct llama_words words;
	struct llama_door *door;

	CHECK_INT(llama_door_open("libm.so.6", &words, &door), -ELIBBAD);
	CHECK(strstr(words.text, "libm.so.6 has no llama_"));
}

/* ---- the form that llama.cpp takes for another ---- */

static const char tinyllama[] = "{% for message in messages %}\n{% if message['role'] == 'user' %}\n"
				"{{ '<|user|>\n' + message['content'] + eos_token }}\n"
				"{% elif message['role'] == 'assistant' %}\n"
				"{{ '<|assistant|>\n'  + message['content'] + eos_token }}\n"
				"{% endif %}\n{% endfor %}";

TEST(zephyrs_form_is_told_from_its_kin)
{
	CHECK(chat_form_is_zephyr(str_from(tinyllama)));
	CHECK(!chat_form_is_zephyr(STR("{{ '<|user|>\n' + m.content }}{{ '<|assistant|>\n' }}")));
	CHECK(!chat_form_is_zephyr(STR("<|user|> <|assistant|> <|end|> eos_token")));
	CHECK(!chat_form_is_zephyr(STR("<|im_start|>")));
	CHECK(!chat_form_is_zephyr(STR("")));
}

TEST(zephyrs_form_ends_each_line)
{
	static const struct llama_line lines[] = {{"system", "Be brief."}, {"user", "Well?"}};
	static const char wanted[] = "<|system|>\nBe brief.</s>\n<|user|>\nWell?</s>\n<|assistant|>\n";
	char text[sizeof(wanted)];
	size_t bytes = 0;

	CHECK_INT(chat_form_zephyr(lines, ARRAY_LEN(lines), STR("</s>"), text, sizeof(text), &bytes), 0);
	CHECK_STR(((struct str){text, bytes}), wanted);
	for (size_t n = 1; n < sizeof(wanted); n++)
		CHECK_INT(chat_form_zephyr(lines, ARRAY_LEN(lines), STR("</s>"), text, n, &bytes), -EMSGSIZE);
}
