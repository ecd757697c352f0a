/* The door to llama.cpp and the model in this process over a real libllama (tools/models.sh llama): once with
 * a GGUF that the test makes, whose words mean nothing, and once with a real open model (tools/models.sh
 * mind). What is not there is said aloud. OFFHOOK_LIBLLAMA names another library, OFFHOOK_GGUF another model.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/pool.h"
#include "contract.h"
#include "provider/local/llm_local.h"
#include "provider/local/thinking.h"
#include "provider/service.h"
#include "test.h"
#include "tiny_gguf.h"

#define ANSWER_TOKENS 24
#define SESSIONS      2

static const struct service service = {
	.name = STR("here"), .type = STR("llama-cpp"), .model = STR("the test's")};

enum gguf {
	GGUF_MADE_UP,
	GGUF_REAL,
};

struct session {
	struct llm *llm;
	size_t texts, texts_max; /* texts_max: cancelled there; 0 = never */
	char text[4096];
	struct llm_event end;
	bool ended;
};

struct site {
	struct loop *loop;
	struct pool *pool;
	struct pool_port port;
	struct llm_local_room room;
	struct thinking *thinking;
	struct session sessions[SESSIONS];
	char libllama[512], gguf[512];
	bool own_gguf;
};

static void on_event(void *arg, const struct llm_event *ev)
{
	struct session *s = arg;
	size_t n = strlen(s->text);

	if (ev->type == LLM_EV_TEXT) {
		s->texts++;
		str_copy(ev->text, s->text + n, sizeof(s->text) - n);
		if (s->texts == s->texts_max)
			llm_cancel(s->llm, ev->request);
		return;
	}
	if (ev->type == LLM_EV_FAULT)
		test_failed(__FILE__, __LINE__, "%s: " STR_FMT, fault_name(ev->fault), STR_ARG(ev->text));
	s->end = *ev;
	s->ended = true;
}

/* ---- the site ---- */

static int find_library(struct site *s)
{
	const char *library = getenv("OFFHOOK_LIBLLAMA"), *models = getenv("OFFHOOK_MODELS_DIR");

	if (library)
		snprintf(s->libllama, sizeof(s->libllama), "%s", library);
	else
		snprintf(s->libllama, sizeof(s->libllama), "%s/llama/libllama.so",
			 models ? models : "models");
	return access(s->libllama, R_OK) < 0 ? -ENOENT : 0;
}

static int make_up(struct site *s, const struct tiny_gguf *g)
{
	int fd;

	snprintf(s->gguf, sizeof(s->gguf), "/tmp/offhook-tiny-XXXXXX");
	fd = mkstemp(s->gguf);
	if (fd < 0)
		return -errno;
	close(fd);
	s->own_gguf = true;
	return tiny_gguf_write(g, s->gguf);
}

static int find_real(struct site *s)
{
	const char *gguf = getenv("OFFHOOK_GGUF"), *models = getenv("OFFHOOK_MODELS_DIR");

	if (gguf)
		snprintf(s->gguf, sizeof(s->gguf), "%s", gguf);
	else
		snprintf(s->gguf, sizeof(s->gguf), "%s/tinyllama/tinyllama-1.1b-chat.gguf",
			 models ? models : "models");
	return access(s->gguf, R_OK) < 0 ? -ENOENT : 0;
}

static int find_files(struct site *s, enum gguf gguf)
{
	int rc = find_library(s);

	if (rc < 0)
		return rc;
	return gguf == GGUF_REAL ? find_real(s)
				 : make_up(s, &(struct tiny_gguf){"llama", TINY_GGUF_TEMPLATE});
}

static int open_session(struct site *s, struct session *session)
{
	const struct llm_local_config config = {
		.service = &service, .thinking = s->thinking, .port = &s->port, .room = &s->room};

	session->llm = contract_state(llm_local_ops.state_size);
	if (!session->llm)
		return -ENOMEM;
	return llm_open(session->llm, &llm_local_ops, &config,
			&(struct llm_params){.loop = s->loop, .sink = {on_event, session}});
}

/* Returns 0, -ENOENT when there is no library or no model, or -errno. */
static int site_open(struct site *s, enum gguf gguf)
{
	struct llama_words words = {0};
	int rc;

	*s = (struct site){0};
	rc = find_files(s, gguf);
	if (rc < 0)
		return rc;
	rc = thinking_open(&(struct thinking_config){.libllama = s->libllama, .model = s->gguf}, &words,
			   &s->thinking);
	if (rc < 0) {
		test_failed(__FILE__, __LINE__, "%s", words.text);
		return -EIO;
	}
	rc = loop_new(LOOP_REAL, 0, &s->loop);
	if (rc == 0)
		rc = pool_new(1, 16, &s->pool);
	if (rc < 0)
		return rc;
	pool_port_open(&s->port, s->pool, s->loop);
	llm_local_room_init(&s->room, LLM_LOCAL_AT_ONCE);
	for (size_t i = 0; i < SESSIONS && rc == 0; i++)
		rc = open_session(s, &s->sessions[i]);
	return rc;
}

static void site_close(struct site *s)
{
	for (size_t i = 0; i < SESSIONS; i++) {
		if (s->sessions[i].llm)
			llm_close(s->sessions[i].llm);
		contract_state_free(s->sessions[i].llm, llm_local_ops.state_size);
	}
	while (s->port.pending > 0)
		CHECK_INT(loop_turn(s->loop, USEC_MS(5)), 0);
	if (s->pool)
		pool_port_close(&s->port);
	pool_free(s->pool);
	loop_free(s->loop);
	thinking_close(s->thinking);
	if (s->own_gguf)
		unlink(s->gguf);
}

#define OPEN_OR_SKIP(s, gguf)                                                                          \
	do {                                                                                           \
		int rc_ = site_open(s, gguf);                                                          \
		if (rc_ == -ENOENT) {                                                                  \
			bool library_ = find_library(s) == 0;                                          \
			site_close(s);                                                                 \
			if (library_)                                                                  \
				SKIP("no open model: fetch one with tools/models.sh mind. NOT TRIED"); \
			SKIP("no libllama: fetch one with tools/models.sh llama. NOT TRIED");          \
		}                                                                                      \
		REQUIRE(rc_ == 0);                                                                     \
	} while (0)

/* ---- questions ---- */

static void put(struct session *s, uint32_t number, const struct llm_request *r)
{
	s->texts = 0;
	s->text[0] = 0;
	s->ended = false;
	CHECK_INT(llm_ask(s->llm, number, r), 0);
}

/* Asks for a room, and then perhaps for something more. */
static void ask(struct session *s, uint32_t number, const char *more)
{
	const struct llm_message m[] = {
		{.role = LLM_SYSTEM, .text = STR("You answer the telephone of a small hotel.")},
		{.role = LLM_USER, .text = STR("Good morning. Have you got a room for tonight?")},
		{.role = LLM_ASSISTANT, .text = STR("Yes, we have.")},
		{.role = LLM_USER, .text = str_from(more)},
	};

	put(s, number,
	    &(struct llm_request){.messages = m,
				  .message_count = more[0] ? 4 : 2,
				  .temperature = 0,
				  .tokens_max = ANSWER_TOKENS});
}

/* One question without a history, whose answer has room enough. */
static void ask_plainly(struct session *s, uint32_t number, const char *question)
{
	const struct llm_message m[] = {
		{.role = LLM_SYSTEM, .text = STR("You answer in one short sentence.")},
		{.role = LLM_USER, .text = str_from(question)},
	};

	put(s, number,
	    &(struct llm_request){.messages = m, .message_count = 2, .temperature = 0, .tokens_max = 200});
}

static void wait_for_end(struct site *site, struct session *s)
{
	while (!s->ended && (s->texts_max == 0 || s->texts < s->texts_max))
		CHECK_INT(loop_turn(site->loop, USEC_MS(50)), 0);
}

/* ---- any model ---- */

static void stream(enum gguf gguf)
{
	struct site site;
	struct session *s = &site.sessions[0];

	OPEN_OR_SKIP(&site, gguf);
	ask(s, 1, "");
	wait_for_end(&site, s);
	CHECK_INT(s->end.type, LLM_EV_DONE);
	CHECK(s->texts > 1 && s->texts <= ANSWER_TOKENS); /* streamed */
	CHECK(s->end.usage.tokens_in > 20 && s->end.usage.tokens_out <= ANSWER_TOKENS);
	CHECK_INT(s->end.usage.tokens_cached, 0);
	if (gguf == GGUF_MADE_UP)
		CHECK_INT(s->end.stop, LLM_STOP_LENGTH);
	printf("%s with %s said:\n  %s\n", site.libllama, gguf == GGUF_REAL ? site.gguf : "a made-up model",
	       s->text);
	site_close(&site);
}

/* How it computes depends on how many tokens are read at once: answers of a real model that differ in that
 * may differ in a word. */
static void read_only_what_is_new(enum gguf gguf)
{
	struct site site;
	struct session *s = &site.sessions[0];
	char before[sizeof(s->text)];
	struct llm_usage first;

	OPEN_OR_SKIP(&site, gguf);
	ask(s, 1, "");
	wait_for_end(&site, s);
	first = s->end.usage;
	ask(s, 2, "And a table for two?");
	wait_for_end(&site, s);
	CHECK(s->end.usage.tokens_in > first.tokens_in);
	CHECK(s->end.usage.tokens_cached > first.tokens_in / 2);
	for (uint32_t n = 3; n <= 4; n++) {
		snprintf(before, sizeof(before), "%s", s->text);
		ask(s, n, "And a table for two?");
		wait_for_end(&site, s);
		CHECK_INT(s->end.usage.tokens_cached, s->end.usage.tokens_in - 1);
		if (gguf == GGUF_MADE_UP || n == 4)
			CHECK_STR(str_from(s->text), before);
	}
	site_close(&site);
}

static void stop_within_a_token(enum gguf gguf)
{
	struct site site;
	struct session *s = &site.sessions[0];

	OPEN_OR_SKIP(&site, gguf);
	s->texts_max = 3;
	ask(s, 1, "");
	wait_for_end(&site, s);
	CHECK_INT(s->texts, 3);
	s->texts_max = 0;
	ask(s, 2, "And a table for two?");
	wait_for_end(&site, s);
	CHECK_INT(s->end.type, LLM_EV_DONE);
	CHECK_INT(s->end.request, 2);
	site_close(&site);
}

TEST(a_real_libllama_streams_an_answer)
{
	stream(GGUF_MADE_UP);
}

TEST(a_real_libllama_reads_only_what_is_new)
{
	read_only_what_is_new(GGUF_MADE_UP);
}

TEST(a_call_goes_on_from_what_another_call_has_read)
{
	struct site site;
	struct session *first = &site.sessions[0], *second = &site.sessions[1];

	OPEN_OR_SKIP(&site, GGUF_MADE_UP);
	ask(first, 1, "And a table for two?");
	wait_for_end(&site, first);
	ask(second, 1, "And a table for two?");
	wait_for_end(&site, second);
	CHECK_INT(second->end.usage.tokens_cached, 0); /* what the first has read is still its own */
	llm_close(first->llm);
	contract_state_free(first->llm, llm_local_ops.state_size);
	while (site.port.pending > 0)
		CHECK_INT(loop_turn(site.loop, USEC_MS(5)), 0);
	REQUIRE(open_session(&site, first) == 0);
	ask(first, 1, "And a table for three?");
	wait_for_end(&site, first);
	CHECK(first->end.usage.tokens_cached > first->end.usage.tokens_in / 2);
	CHECK(first->end.usage.tokens_cached < first->end.usage.tokens_in - 1);
	site_close(&site);
}

TEST(a_real_libllama_stops_within_a_token)
{
	stop_within_a_token(GGUF_MADE_UP);
}

/* ---- a real one ---- */

TEST(a_real_model_streams_an_answer)
{
	stream(GGUF_REAL);
}

TEST(a_real_model_reads_only_what_is_new)
{
	read_only_what_is_new(GGUF_REAL);
}

TEST(a_real_model_stops_within_a_token)
{
	stop_within_a_token(GGUF_REAL);
}

TEST(a_real_model_knows_what_it_was_taught_and_ends_by_itself)
{
	struct site site;
	struct session *s = &site.sessions[0];

	OPEN_OR_SKIP(&site, GGUF_REAL);
	ask_plainly(s, 1, "What is the capital of France?");
	wait_for_end(&site, s);
	CHECK_INT(s->end.stop, LLM_STOP_END);
	CHECK(str_ihas(str_from(s->text), STR("Paris")));
	CHECK(!str_ihas(str_from(s->text), STR("<|"))); /* it does not speak for the caller */
	ask(s, 2, "");
	wait_for_end(&site, s);
	CHECK_INT(s->end.stop, LLM_STOP_LENGTH);
	CHECK_INT(s->end.usage.tokens_out, ANSWER_TOKENS);
	CHECK(str_ihas(str_from(s->text), STR("room")));
	site_close(&site);
}

TEST(a_real_model_answers_two_calls_in_turn)
{
	struct site site;
	struct session *a = &site.sessions[0], *b = &site.sessions[1];

	OPEN_OR_SKIP(&site, GGUF_REAL);
	ask_plainly(a, 1, "What is the capital of France?");
	ask_plainly(b, 1, "What is the capital of Italy?");
	while (a->texts == 0 || b->texts == 0) {
		CHECK(!a->ended && !b->ended); /* neither waits for the other's end */
		CHECK_INT(loop_turn(site.loop, USEC_MS(50)), 0);
	}
	wait_for_end(&site, a);
	wait_for_end(&site, b);
	CHECK(str_ihas(str_from(a->text), STR("Paris")) && !str_ihas(str_from(a->text), STR("Rome")));
	CHECK(str_ihas(str_from(b->text), STR("Rome")) && !str_ihas(str_from(b->text), STR("Paris")));
	site_close(&site);
}

/* ---- what cannot be used ---- */

TEST(a_real_libllama_refuses_what_is_no_gguf)
{
	struct llama_words words = {0};
	struct thinking *t;
	struct site s = {0};

	if (find_library(&s) < 0)
		SKIP("no libllama: fetch one with tools/models.sh llama. NOT TRIED");
	CHECK_INT(thinking_open(&(struct thinking_config){.libllama = s.libllama, .model = s.libllama},
				&words, &t),
		  -EBADMSG);
	CHECK(strstr(words.text, "llama.cpp"));
	CHECK_INT(thinking_open(&(struct thinking_config){.libllama = s.libllama, .model = "/nowhere.gguf"},
				&words, &t),
		  -ENOENT);
	CHECK(strstr(words.text, "/nowhere.gguf"));
}

/* What is said of a made-up model, or 0 when it can be used. */
static int refused(const struct tiny_gguf *g, const char *form, struct llama_words *words)
{
	struct thinking *t = NULL;
	struct site s = {0};
	int rc = find_library(&s);

	words->text[0] = 0;
	if (rc == 0)
		rc = make_up(&s, g);
	if (rc == 0)
		rc = thinking_open(
			&(struct thinking_config){.libllama = s.libllama, .model = s.gguf, .form = form},
			words, &t);
	thinking_close(t);
	site_close(&s);
	return rc;
}

TEST(a_real_libllama_says_what_is_wrong_with_a_model)
{
	struct llama_words words;
	struct site s = {0};

	if (find_library(&s) < 0)
		SKIP("no libllama: fetch one with tools/models.sh llama. NOT TRIED");
	CHECK_INT(refused(&(struct tiny_gguf){"abacus", TINY_GGUF_TEMPLATE}, NULL, &words), -EBADMSG);
	CHECK(strstr(words.text, "abacus"));
	CHECK_INT(refused(&(struct tiny_gguf){"llama", NULL}, NULL, &words), -ENOTSUP);
	CHECK(strstr(words.text, "no chat template") && strstr(words.text, "template=NAME"));
	CHECK_INT(refused(&(struct tiny_gguf){"llama", "{{ messages }}"}, NULL, &words), -ENOTSUP);
	CHECK(strstr(words.text, "does not know the model's chat template"));
	CHECK_INT(refused(&(struct tiny_gguf){"llama", NULL}, "no such form", &words), -ENOTSUP);
	CHECK(strstr(words.text, "does not know the template that was asked for"));
	CHECK_INT(refused(&(struct tiny_gguf){"llama", NULL}, "chatml", &words), 0);
	CHECK_INT(refused(&(struct tiny_gguf){"llama", "{{ messages }}"}, "zephyr", &words), 0);
}
