#include "provider/local/thinking.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/live.h"
#include "base/mem.h"
#include "base/rng.h"
#include "provider/local/reading.h"
#include "provider/local/tool_words.h"

#define PROMPT_BYTES_PER_TOKEN 16 /* a prompt that is longer will not fit into the window either */
#define JSON_LONGER            6  /* bytes that a byte may take in JSON */
#define TEMPERATURE            0.7f
#define UNLIKELY               0.05f /* tokens that much less likely than the first are never taken */
#define SEED                   1

LIVE_DEFINE(thinking);
LIVE_DEFINE(thought);

struct engine {
	struct thinking thinking;
	struct llama_door *door;
	struct llama_weights *weights;
	struct readings readings;
};

struct call_thought {
	struct thought thought;
	struct engine *engine;
	const atomic_bool *stop;
	struct reading *reading; /* from the first question on */
	struct rng rng;
	float temperature;
	size_t answer_from, answer_max; /* where in its tokens the answer begins and must end */
	size_t cached;                  /* of the request, known before */
	size_t count;                   /* tokens there are */
};

/* ---- what is asked ---- */

static const char *role_of(const struct llm_message *m)
{
	static const char *const roles[] = {
		[LLM_SYSTEM] = "system",
		[LLM_USER] = "user",
		[LLM_ASSISTANT] = "assistant",
		[LLM_TOOL] = "user", /* few templates know another */
	};

	return roles[m->role];
}

/* More than the lines' texts can take, so that they are never moved. */
static size_t texts_bytes(const struct llm_request *r, struct str offer)
{
	size_t n = offer.n;

	for (size_t i = 0; i < r->message_count; i++)
		n += r->messages[i].text.n + JSON_LONGER * r->messages[i].tool_name.n +
		     r->messages[i].arguments.n + TOOL_WORDS_OVERHEAD;
	return n;
}

static int write_lines(const struct llm_request *r, struct str offer, struct llama_line *lines,
		       struct buf *texts)
{
	int rc = buf_reserve(texts, texts_bytes(r, offer));

	for (size_t i = 0; i < r->message_count && rc == 0; i++) {
		size_t from = texts->n;

		buf_add_str(texts, i == 0 ? offer : STR(""));
		tool_words_message(&r->messages[i], texts);
		buf_add_char(texts, 0);
		lines[i] = (struct llama_line){role_of(&r->messages[i]), texts->p + from};
		rc = texts->error;
	}
	return rc;
}

static int lay_out(const struct engine *e, const struct llm_request *r, struct buf *prompt)
{
	struct llama_line *lines = mem_zalloc(r->message_count * sizeof(*lines));
	size_t room = e->thinking.window * PROMPT_BYTES_PER_TOKEN, bytes = 0;
	cleanup(buf_fini) struct buf texts;
	cleanup(buf_fini) struct buf offer;
	int rc;

	buf_init(&texts, room);
	buf_init(&offer, room);
	tool_words_offer(r, &offer);
	rc = lines ? offer.error : -ENOMEM;
	if (rc == 0)
		rc = write_lines(r, buf_str(&offer), lines, &texts);
	if (rc == 0)
		rc = buf_grow(prompt, room) ? 0 : prompt->error;
	if (rc == 0)
		rc = llama_weights_prompt(e->weights, lines, r->message_count, prompt->p, room, &bytes);
	prompt->n = rc == 0 ? bytes : 0;
	mem_free(lines);
	return rc;
}

static int take_over(struct call_thought *c, const int32_t *tokens, size_t count)
{
	struct readings *rs = &c->engine->readings;
	int rc = c->reading ? 0 : readings_take(rs, tokens, count, c->stop, &c->reading);
	size_t kept;

	if (rc < 0)
		return rc;
	kept = reading_known(c->reading, tokens, count);
	if (llama_run_keep(c->reading->run, kept) < 0)
		kept = 0;
	memcpy(c->reading->tokens, tokens, count * sizeof(*tokens));
	c->cached = c->reading->read = kept;
	c->count = c->answer_from = count;
	return 0;
}

static int cut(struct call_thought *c, struct str prompt)
{
	size_t window = c->engine->thinking.window, count = 0;
	int32_t *tokens = mem_alloc(window * sizeof(*tokens));
	int rc = tokens ? llama_weights_cut(c->engine->weights, prompt, tokens, window, &count) : -ENOMEM;

	if (rc == 0 && (count == 0 || count >= window))
		rc = -EMSGSIZE;
	if (rc == 0)
		rc = take_over(c, tokens, count);
	mem_free(tokens);
	return rc;
}

static const char *words_for(int rc)
{
	if (rc == -EMSGSIZE)
		return "the conversation is longer than the model's window";
	if (rc == -ENOTSUP)
		return "llama.cpp cannot write the conversation in the model's chat template";
	if (rc == -EBUSY)
		return "too many calls have a conversation with the model";
	return strerror(-rc);
}

static int engine_ask(struct thought *th, const struct llm_request *r, struct llama_words *err)
{
	struct call_thought *c = CONTAINER_OF(th, struct call_thought, thought);
	cleanup(buf_fini) struct buf prompt;
	size_t most;
	int rc;

	buf_init(&prompt, c->engine->thinking.window * PROMPT_BYTES_PER_TOKEN);
	rc = lay_out(c->engine, r, &prompt);
	if (rc == 0)
		rc = cut(c, buf_str(&prompt));
	if (rc < 0) {
		snprintf(err->text, sizeof(err->text), "%s", words_for(rc));
		return rc;
	}
	most = c->engine->thinking.window - c->answer_from;
	if (r->tokens_max > 0 && r->tokens_max < most)
		most = r->tokens_max;
	c->answer_max = c->answer_from + most;
	c->temperature = r->temperature < 0 ? TEMPERATURE : r->temperature;
	return 0;
}

/* ---- what comes next ---- */

static size_t likeliest(const float *logits, size_t n)
{
	size_t best = 0;

	for (size_t i = 1; i < n; i++)
		if (logits[i] > logits[best])
			best = i;
	return best;
}

/* A token by chance, among those that are not unlikely. */
static size_t draw(struct call_thought *c, const float *logits, size_t n)
{
	size_t best = likeliest(logits, n);
	float sum = 0, at, w;

	if (c->temperature <= 0)
		return best;
	for (size_t i = 0; i < n; i++) {
		w = expf((logits[i] - logits[best]) / c->temperature);
		sum += w >= UNLIKELY ? w : 0;
	}
	at = (float)rng_unit(&c->rng) * sum;
	for (size_t i = 0; i < n; i++) {
		w = expf((logits[i] - logits[best]) / c->temperature);
		at -= w >= UNLIKELY ? w : 0;
		if (w >= UNLIKELY && at < 0)
			return i;
	}
	return best;
}

static int read_on(struct call_thought *c)
{
	struct reading *r = c->reading;
	size_t n = MIN(c->count - r->read, (size_t)LLAMA_DOOR_CHUNK);
	int rc = llama_run_decode(r->run, r->tokens + r->read, n);

	/* What was stopped within a chunk is not known to the run, or only in part. */
	if (rc == 0)
		r->read += n;
	else if (llama_run_keep(r->run, r->read) < 0)
		r->read = 0;
	return rc;
}

static int end(const struct call_thought *c, struct thinking_out *out, enum llm_stop stop)
{
	out->stop = stop;
	return 0;
}

static int say_next(struct call_thought *c, struct thinking_out *out)
{
	const struct llama_weights *w = c->engine->weights;
	const float *logits = llama_run_logits(c->reading->run);
	char piece[LLAMA_DOOR_PIECE_MAX];
	int32_t token;

	if (!logits)
		return -EIO;
	token = (int32_t)draw(c, logits, llama_weights_tokens(w));
	if (llama_weights_ends(w, token))
		return end(c, out, LLM_STOP_END);
	out->usage.tokens_out++;
	buf_add(&out->text, piece, llama_weights_piece(w, token, piece));
	c->reading->tokens[c->count++] = token;
	if (out->text.error)
		return out->text.error;
	return c->count == c->answer_max ? end(c, out, LLM_STOP_LENGTH) : THINKING_MORE;
}

static int engine_step(struct thought *th, struct thinking_out *out)
{
	struct call_thought *c = CONTAINER_OF(th, struct call_thought, thought);
	int rc = read_on(c);

	if (rc < 0)
		return rc == -ENOBUFS ? -EIO : rc;
	out->usage.tokens_in = MIN(c->reading->read, c->answer_from);
	out->usage.tokens_cached = c->cached;
	return c->reading->read < c->count ? THINKING_MORE : say_next(c, out);
}

/* ---- life ---- */

static void engine_shut(struct thought *th)
{
	struct call_thought *c = CONTAINER_OF(th, struct call_thought, thought);

	readings_give_back(&c->engine->readings, c->reading);
	live_down(&live_thought);
	mem_free(c);
}

static int engine_open(struct thinking *t, const atomic_bool *stop, struct thought **ret_thought)
{
	struct call_thought *c = mem_zalloc(sizeof(*c));

	if (!c)
		return -ENOMEM;
	live_up(&live_thought);
	c->thought.ops = t->ops;
	c->engine = CONTAINER_OF(t, struct engine, thinking);
	c->stop = stop;
	rng_init_number(&c->rng, SEED);
	*ret_thought = &c->thought;
	return 0;
}

static void engine_close(struct thinking *t)
{
	struct engine *e = CONTAINER_OF(t, struct engine, thinking);

	readings_fini(&e->readings);
	llama_weights_free(e->weights);
	llama_door_close(e->door);
	live_down(&live_thinking);
	mem_free(e);
}

static const struct thinking_ops engine_ops = {
	.open = engine_open,
	.ask = engine_ask,
	.step = engine_step,
	.shut = engine_shut,
	.close = engine_close,
};

int thinking_open(const struct thinking_config *c, struct llama_words *err, struct thinking **ret_thinking)
{
	struct engine *e = mem_zalloc(sizeof(*e));
	size_t window = c->window > 0 ? MIN(c->window, (size_t)THINKING_WINDOW_MAX) : THINKING_WINDOW;
	int rc;

	if (!e)
		return -ENOMEM;
	live_up(&live_thinking);
	e->thinking.ops = &engine_ops;
	rc = llama_door_open(c->libllama, err, &e->door);
	if (rc == 0)
		rc = llama_door_weights(e->door, &(struct llama_file){c->model, c->form}, err, &e->weights);
	if (rc < 0) {
		engine_close(&e->thinking);
		return rc;
	}
	e->thinking.window = MIN(window, (size_t)llama_weights_window(e->weights));
	readings_init(&e->readings, e->weights, e->thinking.window,
		      c->threads > 0 ? MIN(c->threads, THINKING_THREADS_MAX) : 1);
	*ret_thinking = &e->thinking;
	return 0;
}

struct thinking *thinking_close(struct thinking *t)
{
	if (t)
		t->ops->close(t);
	return NULL;
}

int thought_open(struct thinking *t, const atomic_bool *stop, struct thought **ret_thought)
{
	return t->ops->open(t, stop, ret_thought);
}

struct thought *thought_shut(struct thought *th)
{
	if (th)
		th->ops->shut(th);
	return NULL;
}

int thought_ask(struct thought *th, const struct llm_request *r, struct llama_words *err)
{
	return th->ops->ask(th, r, err);
}

int thought_step(struct thought *th, struct thinking_out *out)
{
	return th->ops->step(th, out);
}
