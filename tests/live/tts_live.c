#include "tts_live.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "test.h"
#include "vendors/sound.h"

#define WAIT_MAX USEC_SEC(30)
#define PCM_MAX  (64u << 20)

static void on_event(void *arg, const struct tts_event *ev)
{
	struct voice_call *h = arg;
	struct voice_answer *a = &h->answers[ev->answer % VOICE_ANSWERS];

	h->ready |= ev->type == TTS_EV_READY;
	h->dead |= ev->dead;
	if (ev->type == TTS_EV_FAULT) {
		a->failed = true;
		a->fault = ev->fault;
		str_copy(ev->words, h->words, sizeof(h->words));
	}
	a->done |= ev->type == TTS_EV_DONE;
	if (ev->type == TTS_EV_MARK) {
		CHECK(ev->text_end >= a->text_end && ev->sample_offset >= a->mark_sample);
		CHECK(ev->sample_offset <= a->pcm.n / sizeof(int16_t));
		a->text_end = ev->text_end;
		a->mark_sample = ev->sample_offset;
		a->marks++;
	}
	if (ev->type != TTS_EV_AUDIO)
		return;
	if (a->pcm.n == 0)
		a->first = loop_now(h->loop);
	buf_add(&a->pcm, ev->pcm, ev->samples * sizeof(*ev->pcm));
}

static void on_usage(void *arg, const struct usage *u)
{
	struct voice_call *h = arg;

	h->bills[u->end]++;
	for (size_t i = 0; i < USAGE_UNITS_; i++)
		h->used[i] += u->amount[i];
}

static int open_net(struct voice_call *h)
{
	struct ws_net_config ws = {.conns_max = 16, .authority = str_from(vendor_authority())};
	struct http_client_config http = {
		.asks_max = 16, .conns_max = 16, .authority = str_from(vendor_authority())};
	int rc = loop_new(LOOP_REAL, 0, &h->loop);

	rc = rc < 0 ? rc : ws_net_new(h->loop, &ws, &h->ws);
	return rc < 0 ? rc : http_client_new(h->loop, &http, &h->http);
}

/* Short where waiting is what is looked at; else long enough for a machine with other work. */
static usec patience(const struct vendor_fault *fault)
{
	static const unsigned waits = 1u << VENDOR_FAULT_SLOW | 1u << VENDOR_FAULT_STALL |
				      1u << VENDOR_FAULT_GARBAGE | 1u << VENDOR_FAULT_ORDER |
				      1u << VENDOR_FAULT_DRIBBLE;

	return waits & 1u << fault->kind ? USEC_SEC(1) : USEC_SEC(15);
}

static int open_session(struct voice_call *h, const struct voice_vendor *v, usec limit)
{
	struct tts_params params = {
		.loop = h->loop, .sink = {on_event, h}, .usage = {on_usage, h}, .speed = 1};

	h->service = (struct service){.name = STR("voices"),
				      .type = str_from(v->type),
				      .url = str_from(h->url),
				      .key = STR("key-of-tests"),
				      .voice = str_from(v->voice),
				      .connect_limit = limit,
				      .first_limit = limit,
				      .stall_limit = limit};
	h->shared = (struct service_host){
		.loop = h->loop, .ws = h->ws, .dns = ws_net_dns(h->ws), .http = h->http};
	h->use = (struct service_use){&h->service, &h->shared, h->row->dialect};
	h->tts = mem_zalloc(h->row->tts->state_size);
	return h->tts ? tts_open(h->tts, h->row->tts, &h->use, &params) : -ENOMEM;
}

int voice_open(struct voice_call *h, const struct voice_vendor *v, const struct vendor_config *config)
{
	struct vendor_config c = *config;
	int rc;

	*h = (struct voice_call){.row = vendor_find(str_from(v->type), USAGE_TTS)};
	for (size_t i = 0; i < VOICE_ANSWERS; i++)
		buf_init(&h->answers[i].pcm, PCM_MAX);
	if (!h->row)
		return -ENOENT;
	c.tls = !v->bare;
	c.tells_key = true;
	rc = vendor_start(&c, &h->vendor);
	rc = rc < 0 ? rc : open_net(h);
	if (rc < 0)
		return rc;
	vendor_url(h->vendor, v->bare ? "tcp" : "http", v->path, h->url);
	return open_session(h, v, patience(&config->fault));
}

void voice_turn(struct voice_call *h, usec span)
{
	usec until = clock_read() + span;

	for (usec left = span; left > 0; left = until - clock_read())
		CHECK(loop_turn(h->loop, MIN(left, USEC_MS(10))) >= 0);
}

bool voice_wait(struct voice_call *h, uint32_t answer)
{
	struct voice_answer *a = &h->answers[answer % VOICE_ANSWERS];
	usec until = clock_read() + WAIT_MAX;

	while (!a->done && !a->failed && !h->dead && clock_read() < until)
		CHECK(loop_turn(h->loop, USEC_MS(10)) >= 0);
	return a->done || a->failed || h->dead;
}

/* The connections have to be gone from the vendor's side, too. */
void voice_hang_up(struct voice_call *h)
{
	usec until = clock_read() + WAIT_MAX;

	if (!h->tts)
		return;
	tts_close(h->tts);
	h->tts = mem_free(h->tts);
	voice_turn(h, USEC_MS(50)); /* last words go out */
	h->http = http_client_free(h->http);
	h->ws = ws_net_free(h->ws);
	while (h->vendor && vendor_open(h->vendor) > 0 && clock_read() < until)
		CHECK(loop_turn(h->loop, USEC_MS(5)) >= 0);
}

void voice_close(struct voice_call *h)
{
	voice_hang_up(h);
	h->http = http_client_free(h->http);
	h->ws = ws_net_free(h->ws);
	h->vendor = vendor_stop(h->vendor);
	h->loop = loop_free(h->loop);
	for (size_t i = 0; i < VOICE_ANSWERS; i++)
		buf_fini(&h->answers[i].pcm);
}

int voice_speak(struct voice_call *h, uint32_t answer, const char *text)
{
	int rc = tts_say(h->tts, answer, str_from(text));

	return rc < 0 ? rc : tts_end(h->tts, answer);
}

void voice_heard(const struct voice_call *h, uint32_t answer, struct buf *out)
{
	struct sound as = {SOUND_S16, TTS_RATE_HZ};

	tones_read(&as, buf_str(&h->answers[answer % VOICE_ANSWERS].pcm), out);
}

/* ---- the vendor's log ---- */

/* Calls fn with each line of the log that is about the vendor: a client may open a connection beforehand with
 * a request that nobody serves. */
static void each_line(struct voice_call *h, void (*fn)(const struct json *line, void *arg), void *arg)
{
	struct buf log;
	struct json *doc;

	buf_init(&log, 64u << 20);
	vendor_log_read(h->vendor, &log);
	for (struct str rest = buf_str(&log); rest.n > 0;) {
		struct str line = str_cut(&rest, '\n');

		if (line.n > 0 && json_parse(line, NULL, NULL, &doc) == 0) {
			if (!str_eq(json_str_or(doc, "sim", STR("")), STR("nobody")))
				fn(doc, arg);
			json_free(doc);
		}
	}
	buf_fini(&log);
}

struct sum {
	const char *member;
	int64_t value;
};

/* A WebSocket that was opened in advance and cut in its handshake: nobody bills that. */
static bool was_never_open(const struct json *line)
{
	return json_int_or(line, "status", 0) == 101 && json_int_or(line, "close_code", 0) == 0 &&
	       json_int_or(line, "characters", 0) == 0;
}

static void add_up(const struct json *line, void *arg)
{
	struct sum *s = arg;

	if (str_eq(json_str_or(line, "log", STR("")), STR("session")) && !was_never_open(line))
		s->value += json_int_or(line, s->member, 0);
}

static void find_note(const struct json *line, void *arg)
{
	struct sum *s = arg;

	if (s->value == 0 && str_eq(json_str_or(line, "note", STR("")), str_from(s->member)))
		s->value = json_int_or(line, "usec", 0);
}

uint64_t voice_billed(struct voice_call *h, const char *member)
{
	struct sum s = {.member = member};

	each_line(h, add_up, &s);
	return (uint64_t)s.value;
}

usec voice_noted(struct voice_call *h, const char *note)
{
	struct sum s = {.member = note};

	each_line(h, find_note, &s);
	return s.value;
}

static void copy_rule(const struct json *line, void *arg)
{
	struct buf *out = arg;

	if (str_eq(json_str_or(line, "log", STR("")), STR("wrong")))
		buf_printf(out, STR_FMT "\n", STR_ARG(json_str_or(line, "rule", STR("?"))));
}

void voice_wrongs(struct voice_call *h, struct buf *out)
{
	each_line(h, copy_rule, out);
}
