#include "listener.h"

#include "base/mem.h"
#include "provider/tts/phrase_cache.h"
#include "test.h"
#include "toy_voice.h"

void listener_on_event(void *arg, const struct tts_event *ev)
{
	struct listener *h = arg;

	if (ev->type == TTS_EV_FAULT)
		str_copy(ev->words, h->words, sizeof(h->words));
	if (h->n < LISTENER_EVENTS_MAX)
		h->events[h->n++] = *ev;
}

void listener_on_usage(void *arg, const struct usage *u)
{
	struct listener *h = arg;

	if (h->bill_count < LISTENER_BILLS_MAX)
		h->bills[h->bill_count++] = *u;
}

int listener_prepare(struct listener *h, size_t kind, bool remembers)
{
	struct phrase_cache_config cache = {.memory_bytes = 1 << 20};
	const void *config;
	int rc;

	*h = (struct listener){0};
	rc = loop_new(LOOP_SIM, USEC_SEC(1), &h->loop);
	rc = rc < 0 ? rc : toy_kinds[kind].set_up(&toy_kinds[kind], h->loop, &config);
	if (rc == 0 && remembers)
		rc = phrase_cache_open(&cache, &h->phrases);
	toy_host.phrases = h->phrases;
	return rc;
}

int listener_begin(struct listener *h, size_t kind)
{
	struct tts_params params = {
		.loop = h->loop, .sink = {listener_on_event, h}, .usage = {listener_on_usage, h}, .speed = 1};

	h->tts = mem_zalloc(toy_kinds[kind].ops->state_size);
	return h->tts ? tts_open(h->tts, toy_kinds[kind].ops, &toy_use, &params) : -ENOMEM;
}

int listener_open(struct listener *h, size_t kind, bool remembers)
{
	int rc = listener_prepare(h, kind, remembers);

	rc = rc < 0 ? rc : listener_begin(h, kind);
	if (rc == 0)
		loop_advance(h->loop, USEC_MS(100));
	CHECK(h->n == 1 && h->events[0].type == TTS_EV_READY);
	h->n = 0;
	return rc;
}

void listener_close(struct listener *h)
{
	tts_close(h->tts);
	toy_stop(NULL, NULL);
	h->tts = mem_free(h->tts);
	h->phrases = phrase_cache_close(h->phrases);
	h->loop = loop_free(h->loop);
}

int listener_ask(struct listener *h, uint32_t answer, const char *text)
{
	int rc = tts_say(h->tts, answer, str_from(text));

	return rc < 0 ? rc : tts_end(h->tts, answer);
}

const char *listener_story(struct listener *h)
{
	static const char letters[TTS_EV_COUNT_] = "RAMDF";
	static char text[LISTENER_EVENTS_MAX + 1];

	for (size_t i = 0; i < h->n; i++)
		text[i] = letters[h->events[i].type];
	text[h->n] = '\0';
	h->n = 0;
	return text;
}

const char *listener_did(void)
{
	static char text[4096];
	struct buf *log = &fake_net_seen()->log;

	str_copy(buf_str(log), text, sizeof(text));
	buf_clear(log);
	return text;
}
