#include "provider/stt/stt_ws.h"

#include <errno.h>
#include <string.h>

#include "base/live.h"
#include "base/rng.h"
#include "net/http_client.h"
#include "provider/stt/stt_ws_session.h"

#define MEMORY_MAX  (64u * 1024)  /* language and key terms */
#define MESSAGE_MAX (256u * 1024) /* that we send */
#define ANSWER_MAX  (64u * 1024)  /* to the HTTP request that opens a session */
#define UNSENT_MAX  (128u * 1024) /* more waits in our own queue */
#define PING_EVERY  USEC_SEC(20)
#define FILL_GRACE                                                                                           \
	USEC_MS(40) /* after a late turn the sound that has come stands behind the timers: nothing in all of \
		       it is silence */

LIVE_DEFINE(stt_ws);

/* What a dialect is told, of now. */
static const struct stt_ws_talk *talk(struct stt_ws_session *s)
{
	s->talk.utc = s->host->utc_zero + loop_now(s->loop);
	return &s->talk;
}

/* ---- the end ---- */

static void stop_timers(struct stt_ws_session *s)
{
	timer_stop(&s->opening);
	timer_stop(&s->wake);
	timer_stop(&s->pause);
	timer_stop(&s->wait);
	timer_stop(&s->idle);
}

/* The last words are said even when something is wrong: they stop the bill. */
static void disconnect(struct stt_ws_session *s)
{
	struct ws *ws = s->ws;

	if (s->ask) {
		s->reached += http_client_sent(s->host->http, s->ask);
		http_client_cancel(s->host->http, s->ask);
	}
	s->ask = 0;
	buf_clear(&s->out.bytes);
	if (ws && s->ready)
		stt_ws_say(&s->dialect->end, talk(s), &s->out);
	s->ready = false;
	s->ws = NULL;
	if (ws)
		ws_close(ws, 1000);
}

void stt_ws_fail(struct stt_ws_session *s, enum fault fault, struct str words)
{
	if (s->fault)
		return;
	s->fault = fault;
	s->words_n = service_redact(s->service, words, s->words, sizeof(s->words)).n;
	disconnect(s);
	stt_ws_wake(s);
}

void stt_ws_report(struct stt_ws_session *s, enum usage_end end, uint32_t utterance)
{
	struct usage u = {
		.kind = USAGE_STT,
		.end = end,
		.service = s->service->name,
		.type = s->service->type,
		.model = s->service->model,
		.work = utterance,
		.amount[USAGE_AUDIO_IN] = (uint64_t)(s->sound.taken - s->sound_told),
		.amount[USAGE_TOKENS_IN] = s->tokens[0],
		.amount[USAGE_TOKENS_OUT] = s->tokens[1],
	};

	s->sound_told = s->sound.taken;
	s->tokens[0] = s->tokens[1] = 0;
	if (utterance == 0) {
		u.amount[USAGE_REQUESTS] = s->reached;
		u.amount[USAGE_CONNECTED] =
			s->connected ? (uint64_t)(loop_now(s->loop) - s->connected_at) : 0;
	}
	for (size_t i = 0; i < USAGE_UNITS_; i++)
		if (u.amount[i] > 0) {
			usage_tell(&s->stt.usage, &u);
			return;
		}
}

/* ---- sending ---- */

static void send_message(void *arg, enum ws_kind kind, struct str message)
{
	struct stt_ws_session *s = arg;
	int rc = s->out.bytes.error;

	if (!s->ws)
		return;
	if (rc == 0)
		rc = ws_send(s->ws, kind, message);
	if (rc < 0 && rc != -EPIPE) /* -EPIPE: on_closed() is on its way and knows more */
		stt_ws_fail(s, FAULT_OVERLOAD, STR("no room for a message"));
}

static void on_idle(struct timer *t)
{
	struct stt_ws_session *s = CONTAINER_OF(t, struct stt_ws_session, idle);

	if (s->dialect->fill_after > 0 && !s->starved) {
		s->starved = true;
		timer_start(t, s->loop, loop_now(s->loop) + FILL_GRACE, on_idle);
	} else if (s->dialect->fill_after > 0) {
		s->starved = false;
		if (stt_ws_sound_pad(&s->sound, s->dialect->fill_after) < 0)
			stt_ws_fail(s, FAULT_OVERLOAD, STR("no room for silence"));
		stt_ws_pump(s);
	} else {
		stt_ws_say(&s->dialect->keepalive, talk(s), &s->out);
		timer_start(t, s->loop, loop_now(s->loop) + s->dialect->keepalive_after, on_idle);
	}
}

static void expect_idle(struct stt_ws_session *s)
{
	usec after = s->dialect->fill_after > 0 ? s->dialect->fill_after - FILL_GRACE
						: s->dialect->keepalive_after;

	if (after > 0 && s->ready)
		timer_start(&s->idle, s->loop, loop_now(s->loop) + after, on_idle);
}

static void send_sound(struct stt_ws_session *s, usec span)
{
	struct str bytes = stt_ws_sound_peek(&s->sound, span);

	s->talk.audio_messages++;
	s->asked++;
	if (s->dialect->audio)
		s->dialect->audio(talk(s), bytes, &s->out);
	else
		send_message(s, WS_BINARY, bytes);
	stt_ws_sound_take(&s->sound, bytes);
	expect_idle(s);
}

static struct stt_ws_flush *next_flush(struct stt_ws_session *s)
{
	for (size_t i = 0; i < s->flush_count; i++)
		if (s->flushes[i].sent == 0)
			return &s->flushes[i];
	return NULL;
}

static void send_flush(struct stt_ws_session *s, struct stt_ws_flush *f)
{
	if (stt_ws_has(&s->dialect->flush)) {
		s->asked++;
		stt_ws_say(&s->dialect->flush, talk(s), &s->out);
	}
	stt_ws_flush_sent(s, f);
}

/* Sound before a flush goes out to its last byte; behind the last flush it waits for a whole chunk. */
void stt_ws_pump(struct stt_ws_session *s)
{
	while (s->ready && s->ws && ws_unsent(s->ws) < UNSENT_MAX) {
		struct stt_ws_flush *f = next_flush(s);
		usec left = (f ? f->behind : s->sound.clock) - s->sound.taken;

		if (left >= s->dialect->chunk || (f && left > 0))
			send_sound(s, MIN(left, s->dialect->chunk));
		else if (f)
			send_flush(s, f);
		else
			break;
	}
}

/* ---- the connection ---- */

static void on_too_late(struct timer *t)
{
	struct stt_ws_session *s = CONTAINER_OF(t, struct stt_ws_session, opening);

	stt_ws_fail(s, FAULT_STALLED, STR("the session did not open in time"));
}

static void become_ready(struct stt_ws_session *s)
{
	if (s->ready || s->fault)
		return;
	s->ready = s->ready_due = true;
	s->ready_at = loop_now(s->loop);
	s->heard_at = 0;
	timer_stop(&s->opening);
	expect_idle(s);
	stt_ws_pump(s);
}

static void begin(struct stt_ws_session *s)
{
	if (s->begun)
		return;
	s->begun = true;
	stt_ws_say(&s->dialect->begin, talk(s), &s->out);
	if (!s->dialect->announces)
		become_ready(s);
}

static void on_open(void *arg)
{
	struct stt_ws_session *s = arg;

	s->connected = true;
	s->reached++;
	s->connected_at = loop_now(s->loop);
	timer_start(&s->opening, s->loop, s->connected_at + s->service->connect_limit, on_too_late);
	if (!s->dialect->greets)
		begin(s);
	stt_ws_tell_due(s);
}

static void on_fact(void *arg, const struct stt_ws_fact *f)
{
	struct stt_ws_session *s = arg;

	if (s->fault)
		return;
	if (f->type == STT_WS_GREETED)
		begin(s);
	else if (f->type == STT_WS_READY)
		become_ready(s);
	else if (f->type == STT_WS_FAILED)
		stt_ws_fail(s, stt_ws_fault(s->dialect, f->code, f->name, f->text, FAULT_PROTOCOL),
			    str_empty(f->text) ? f->name : f->text);
	else
		stt_ws_on_fact(s, f);
}

static void on_message(void *arg, enum ws_kind kind, struct str payload)
{
	struct stt_ws_session *s = arg;
	struct stt_ws_teller tell = {on_fact, s};
	int rc;

	if (s->fault)
		return;
	s->heard_at = loop_now(s->loop);
	s->answered++;
	rc = kind == WS_TEXT ? stt_ws_read(s->dialect, talk(s), payload, &tell) : -EBADMSG;
	if (rc < 0)
		stt_ws_fail(s, rc == -ENOMEM ? FAULT_OVERLOAD : FAULT_PROTOCOL, payload);
	stt_ws_after_message(s);
	stt_ws_tell_due(s);
}

/* A status says more than the words of the page that comes with it. */
static enum fault refusal(const struct stt_ws_session *s, int status, enum fault usual)
{
	return stt_ws_fault(s->dialect, status, (struct str){0}, (struct str){0}, usual);
}

static void on_closed(void *arg, const struct ws_end *end)
{
	struct stt_ws_session *s = arg;
	enum fault fault = end->fault ? end->fault : FAULT_UNREACHABLE;

	s->ws = NULL;
	if (end->status)
		fault = refusal(s, end->status, fault);
	else
		fault = stt_ws_fault(s->dialect, end->code, (struct str){0}, end->words, fault);
	s->retry_after = MAX(end->retry_after, 0);
	stt_ws_fail(s, fault, end->words);
	stt_ws_tell_due(s);
}

static void address_init(struct stt_ws_address *a)
{
	buf_init(&a->url, WS_URL_MAX);
	buf_init(&a->body, MESSAGE_MAX);
	a->header_count = 0;
}

static void address_fini(struct stt_ws_address *a)
{
	buf_fini(&a->url);
	buf_fini(&a->body);
}

/* What cannot be asked for is a fault, like all that the vendor refuses; only memory is an error. */
static int refused(struct stt_ws_session *s, int rc)
{
	if (rc == 0 || rc == -ENOMEM)
		return rc;
	stt_ws_fail(s, rc == -EBUSY ? FAULT_OVERLOAD : FAULT_CONFIG,
		    rc == -EBUSY ? STR("too many connections") : STR("the address or a header is none"));
	return 0;
}

static int connect_to(struct stt_ws_session *s, const struct stt_ws_address *a)
{
	struct ws_target target = {
		.url = buf_str(&a->url),
		.headers = a->headers,
		.header_count = a->header_count,
		.connect_limit = s->service->connect_limit,
		.ping_every = PING_EVERY,
	};
	struct ws_sink sink = {on_open, on_message, on_closed, s};
	int rc = a->url.error;

	if (rc == 0 && s->service->spares > 0 && s->dialect->spare_life > 0)
		rc = ws_keep_spares(s->host->ws, &target, (unsigned)s->service->spares,
				    s->dialect->spare_life);
	if (rc == 0)
		rc = ws_open(s->host->ws, &target, &sink, &s->ws);
	return refused(s, rc);
}

static int connect_direct(struct stt_ws_session *s)
{
	struct stt_ws_address a;
	int rc;

	address_init(&a);
	s->dialect->address(talk(s), &a);
	rc = connect_to(s, &a);
	address_fini(&a);
	return rc;
}

/* ---- a session that is opened by HTTP first ---- */

static int on_answer_body(void *arg, struct str piece)
{
	struct stt_ws_session *s = arg;

	buf_add_str(&s->answer, piece);
	return s->answer.error;
}

/* What was begun in TLS is not led out of it by an answer: it is the caller's voice that would go there. */
static int read_answer(struct stt_ws_session *s, struct stt_ws_address *a)
{
	int rc = s->dialect->answer(talk(s), buf_str(&s->answer), &a->url);

	return rc == 0 && s->ask_secure && !str_istarts(buf_str(&a->url), STR("wss://")) ? -EBADMSG : rc;
}

static void on_answer(void *arg, const struct http_done *done)
{
	struct stt_ws_session *s = arg;
	struct stt_ws_address a;
	int rc;

	s->ask = 0;
	s->reached += done->sent;
	if (done->fault) {
		s->retry_after = MAX(done->retry_after, 0);
		stt_ws_fail(s, refusal(s, done->status, done->fault), done->words);
		stt_ws_tell_due(s);
		return;
	}
	address_init(&a);
	rc = read_answer(s, &a);
	if (rc == 0)
		rc = connect_to(s, &a);
	address_fini(&a);
	if (rc < 0)
		stt_ws_fail(s, rc == -ENOMEM ? FAULT_OVERLOAD : FAULT_PROTOCOL,
			    STR("the answer names no WebSocket that may be trusted"));
	buf_fini(&s->answer);
	stt_ws_tell_due(s);
}

static int ask_first(struct stt_ws_session *s)
{
	struct http_sink sink = {.on_body = on_answer_body, .on_done = on_answer, .arg = s};
	struct stt_ws_address a;
	int rc;

	address_init(&a);
	s->dialect->ask(talk(s), &a);
	s->ask_secure = str_istarts(buf_str(&a.url), STR("https://"));
	rc = a.url.error ? a.url.error : a.body.error;
	if (rc == 0)
		rc = http_client_ask(s->host->http,
				     &(struct http_ask){
					     .method = "POST",
					     .url = buf_str(&a.url),
					     .headers = a.headers,
					     .header_count = a.header_count,
					     .body = buf_str(&a.body),
					     .answer_max = ANSWER_MAX,
					     .connect_limit = s->service->connect_limit,
					     .total_limit = s->service->connect_limit,
				     },
				     &sink, &s->ask);
	address_fini(&a);
	return refused(s, rc);
}

/* ---- the contract ---- */

static void name_session(struct stt_ws_session *s)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char random[STT_WS_ID_CHARS / 2];

	rng_bytes(s->host->rng, random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++) {
		s->talk.id[2 * i] = digits[random[i] >> 4];
		s->talk.id[2 * i + 1] = digits[random[i] & 15];
	}
}

static int copy_params(struct stt_ws_session *s, const struct stt_params *params)
{
	size_t count = MIN(params->key_term_count, STT_WS_TERMS_MAX);
	struct str *terms = ARENA_ARRAY(&s->memory, struct str, count + 1);

	s->talk.service = s->service;
	s->talk.language = arena_str(&s->memory, params->language);
	if (!terms || !s->talk.language.p)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		terms[i] = arena_str(&s->memory, params->key_terms[i]);
		if (!terms[i].p)
			return -ENOMEM;
	}
	s->talk.key_terms = terms;
	s->talk.key_term_count = count;
	name_session(s);
	return 0;
}

static void release(struct stt_ws_session *s)
{
	stop_timers(s);
	disconnect(s);
	stt_ws_sound_fini(&s->sound);
	buf_fini(&s->out.bytes);
	buf_fini(&s->answer);
	arena_fini(&s->memory);
	s->loop = NULL;
	live_down(&live_stt_ws);
}

static void prepare(struct stt_ws_session *s, const struct service_use *use, struct loop *loop)
{
	s->loop = loop;
	s->service = use->service;
	s->host = use->host;
	s->dialect = use->dialect;
	s->stt.can = s->dialect->can;
	s->out = (struct stt_ws_outbox){.send = send_message, .arg = s};
	buf_init(&s->out.bytes, MESSAGE_MAX);
	buf_init(&s->answer, ANSWER_MAX);
	arena_init(&s->memory, MEMORY_MAX);
	stt_ws_text_init(&s->text, s->dialect->verbatim, s->stt.utterance);
	live_up(&live_stt_ws);
}

static int ws_session_open(struct stt *stt, const void *config, const struct stt_params *params)
{
	struct stt_ws_session *s = stt_ws_of(stt);
	int rc;

	prepare(s, config, params->loop);
	rc = copy_params(s, params);
	if (rc == 0)
		rc = stt_ws_sound_init(&s->sound, s->dialect->coding);
	if (rc == 0 && s->dialect->key == VENDOR_KEY_NEEDED && service_lacks_key(s->service))
		stt_ws_fail(s, FAULT_AUTH, STR("no key is configured"));
	else if (rc == 0)
		rc = s->dialect->ask ? ask_first(s) : connect_direct(s);
	if (rc < 0)
		release(s);
	return rc;
}

static int ws_session_feed(struct stt *stt, usec at, const int16_t *pcm, size_t samples)
{
	struct stt_ws_session *s = stt_ws_of(stt);
	int rc;

	if (s->fault) /* not told yet */
		return 0;
	s->starved = false;
	rc = stt_ws_sound_put(&s->sound, at, pcm, samples);
	if (rc == -EMSGSIZE) {
		stt_ws_fail(s, FAULT_OVERLOAD, STR("the sound is not taken"));
		return -ENOBUFS;
	}
	stt_ws_pump(s);
	return rc;
}

static void ws_session_close(struct stt *stt)
{
	struct stt_ws_session *s = stt_ws_of(stt);

	if (!s->loop)
		return;
	stt_ws_report(s, s->fault ? USAGE_FAILED : USAGE_DONE, 0);
	release(s);
}

const struct stt_ops stt_ws_ops = {
	.name = "stt_ws",
	.can = STT_PARTIALS,
	.state_size = sizeof(struct stt_ws_session),
	.open = ws_session_open,
	.feed = ws_session_feed,
	.speech = stt_ws_speech,
	.finish = stt_ws_finish,
	.cancel = stt_ws_cancel,
	.close = ws_session_close,
};
