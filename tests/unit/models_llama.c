/* The door to llama.cpp and the model in this process over a real libllama, if there is one: tools/models.sh
 * llama fetches it. No open model can be had as a package: the GGUF is one that the test makes, whose words
 * mean nothing. OFFHOOK_LIBLLAMA names another library, OFFHOOK_GGUF a real model. */
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

static const struct service service = {
	.name = STR("here"), .type = STR("llama-cpp"), .model = STR("the test's")};

struct site {
	struct loop *loop;
	struct pool *pool;
	struct pool_port port;
	struct thinking *thinking;
	struct llm *llm;
	char libllama[512], gguf[512];
	bool own_gguf;
	/* told */
	size_t texts, texts_max;
	char text[4096];
	struct llm_event end;
	bool ended;
};

static void on_event(void *arg, const struct llm_event *ev)
{
	struct site *s = arg;
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

static int find_files(struct site *s)
{
	const char *library = getenv("OFFHOOK_LIBLLAMA"), *gguf = getenv("OFFHOOK_GGUF"),
		   *models = getenv("OFFHOOK_MODELS_DIR");
	int fd;

	if (library)
		snprintf(s->libllama, sizeof(s->libllama), "%s", library);
	else
		snprintf(s->libllama, sizeof(s->libllama), "%s/llama/libllama.so",
			 models ? models : "models");
	if (access(s->libllama, R_OK) < 0)
		return -ENOENT;
	if (gguf) {
		snprintf(s->gguf, sizeof(s->gguf), "%s", gguf);
		return 0;
	}
	snprintf(s->gguf, sizeof(s->gguf), "/tmp/offhook-tiny-XXXXXX");
	fd = mkstemp(s->gguf);
	if (fd < 0)
		return -errno;
	close(fd);
	s->own_gguf = true;
	return tiny_gguf_write(s->gguf);
}

static int open_session(struct site *s)
{
	const struct llm_local_config config = {
		.service = &service, .thinking = s->thinking, .port = &s->port};

	pool_port_open(&s->port, s->pool, s->loop);
	s->llm = contract_state(llm_local_ops.state_size);
	if (!s->llm)
		return -ENOMEM;
	return llm_open(s->llm, &llm_local_ops, &config,
			&(struct llm_params){.loop = s->loop, .sink = {on_event, s}});
}

/* Returns 0, -ENOENT when there is no library, or -errno. */
static int site_open(struct site *s)
{
	struct llama_words words = {0};
	int rc;

	*s = (struct site){0};
	rc = find_files(s);
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
	return rc < 0 ? rc : open_session(s);
}

static void site_close(struct site *s)
{
	if (s->llm)
		llm_close(s->llm);
	contract_state_free(s->llm, llm_local_ops.state_size);
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

static void ask(struct site *s, uint32_t number, const char *more)
{
	const struct llm_message m[] = {
		{.role = LLM_SYSTEM, .text = STR("You answer the telephone of a small hotel.")},
		{.role = LLM_USER, .text = STR("Good morning. Have you got a room for tonight?")},
		{.role = LLM_ASSISTANT, .text = STR("Yes, we have.")},
		{.role = LLM_USER, .text = str_from(more)},
	};
	const struct llm_request r = {.messages = m,
				      .message_count = more[0] ? 4 : 2,
				      .temperature = 0,
				      .tokens_max = ANSWER_TOKENS};

	s->texts = 0;
	s->text[0] = 0;
	s->ended = false;
	CHECK_INT(llm_ask(s->llm, number, &r), 0);
}

static void wait_for_end(struct site *s)
{
	while (!s->ended && (s->texts_max == 0 || s->texts < s->texts_max))
		CHECK_INT(loop_turn(s->loop, USEC_MS(50)), 0);
}

#define OPEN_OR_SKIP(s)                                                                       \
	do {                                                                                  \
		int rc_ = site_open(s);                                                       \
		if (rc_ == -ENOENT) {                                                         \
			site_close(s);                                                        \
			SKIP("no libllama: fetch one with tools/models.sh llama. NOT TRIED"); \
		}                                                                             \
		REQUIRE(rc_ == 0);                                                            \
	} while (0)

TEST(a_real_libllama_streams_an_answer)
{
	struct site s;

	OPEN_OR_SKIP(&s);
	ask(&s, 1, "");
	wait_for_end(&s);
	CHECK_INT(s.end.type, LLM_EV_DONE);
	CHECK(s.texts > 1 && s.texts <= ANSWER_TOKENS); /* streamed */
	CHECK(s.end.usage.tokens_in > 20 && s.end.usage.tokens_out <= ANSWER_TOKENS);
	CHECK_INT(s.end.usage.tokens_cached, 0);
	if (s.own_gguf) {
		CHECK_INT(s.end.stop, LLM_STOP_LENGTH);
		printf("no open model can be had here: the answer of a real one was not tried. %s said:\n"
		       "  %s\n",
		       s.libllama, s.text);
	} else {
		printf("%s with %s said:\n  %s\n", s.libllama, s.gguf, s.text);
	}
	site_close(&s);
}

TEST(a_real_libllama_reads_only_what_is_new)
{
	struct site s;
	char before[sizeof(s.text)];
	struct llm_usage first;

	OPEN_OR_SKIP(&s);
	ask(&s, 1, "");
	wait_for_end(&s);
	first = s.end.usage;
	ask(&s, 2, "And a table for two?");
	wait_for_end(&s);
	CHECK(s.end.usage.tokens_in > first.tokens_in);
	CHECK(s.end.usage.tokens_cached > first.tokens_in / 2);
	snprintf(before, sizeof(before), "%s", s.text);
	ask(&s, 3, "And a table for two?");
	wait_for_end(&s);
	CHECK_INT(s.end.usage.tokens_cached, s.end.usage.tokens_in - 1);
	CHECK_STR(str_from(s.text), before);
	site_close(&s);
}

TEST(a_real_libllama_stops_within_a_token)
{
	struct site s;

	OPEN_OR_SKIP(&s);
	s.texts_max = 3;
	ask(&s, 1, "");
	wait_for_end(&s);
	CHECK_INT(s.texts, 3);
	s.texts_max = 0;
	ask(&s, 2, "And a table for two?");
	wait_for_end(&s);
	CHECK_INT(s.end.type, LLM_EV_DONE);
	CHECK_INT(s.end.request, 2);
	site_close(&s);
}

TEST(a_real_libllama_refuses_what_is_no_gguf)
{
	struct llama_words words = {0};
	struct thinking *t;
	struct site s = {0};
	int rc = find_files(&s);

	if (rc == -ENOENT)
		SKIP("no libllama: fetch one with tools/models.sh llama. NOT TRIED");
	CHECK_INT(thinking_open(&(struct thinking_config){.libllama = s.libllama, .model = s.libllama},
				&words, &t),
		  -EBADMSG);
	CHECK(strstr(words.text, "llama.cpp"));
	CHECK_INT(thinking_open(&(struct thinking_config){.libllama = s.libllama, .model = "/nowhere.gguf"},
				&words, &t),
		  -ENOENT);
	CHECK(strstr(words.text, "/nowhere.gguf"));
	site_close(&s);
}
