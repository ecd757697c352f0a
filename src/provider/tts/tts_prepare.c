#include "provider/tts/tts_prepare.h"

#include <errno.h>
#include <string.h>

#include "base/list.h"
#include "base/live.h"
#include "base/loop.h"
#include "base/mem.h"
#include "provider/aloud/clause.h"
#include "provider/chain.h"

#define AT_ONCE 2 /* clauses: one that is spoken, and the next */

LIVE_DEFINE(tts_prepare);

struct phrase {
	struct list node;
	size_t n;
	char text[];
};

struct tts_prepare {
	struct tts *tts;
	struct tts_prepare_sink sink;
	struct loop *loop;
	struct timer wake;
	struct list waiting; /* phrases */
	struct tts_prepare_progress progress;
	char words[CHAIN_WORDS_MAX];
	uint32_t said; /* answers */
	unsigned faults_in_row;
	bool ready, fresh; /* fresh: the sound of the answer that comes was made now */
	bool over;
};

static void on_wake(struct timer *timer);

static void wake(struct tts_prepare *p)
{
	timer_start(&p->wake, p->loop, loop_now(p->loop), on_wake);
}

/* ---- what there is to say ---- */

/* Many texts begin or end alike. */
static bool is_known(const struct tts_prepare *p, struct str text)
{
	LIST_EACH (node, &p->waiting) {
		const struct phrase *k = LIST_ENTRY(node, struct phrase, node);

		if (str_eq((struct str){k->text, k->n}, text))
			return true;
	}
	return false;
}

static int add(void *arg, struct str text)
{
	struct tts_prepare *p = arg;
	struct phrase *k;

	text = str_trim(text);
	if (str_empty(text) || is_known(p, text))
		return 0;
	if (p->progress.total == TTS_PREPARE_CLAUSES_MAX)
		return -EMSGSIZE;
	k = mem_alloc(sizeof(*k) + text.n);
	if (!k)
		return -ENOMEM;
	k->n = text.n;
	memcpy(k->text, text.p, text.n);
	list_append(&p->waiting, &k->node);
	p->progress.total++;
	return 0;
}

/* ---- saying it ---- */

static void note_fault(struct tts_prepare *p, enum fault fault, struct str words)
{
	p->progress.fault = fault;
	p->progress.words = (struct str){p->words, str_copy(words, p->words, sizeof(p->words))};
}

/* What is left is missing. */
static void give_up(struct tts_prepare *p)
{
	p->over = true;
	p->progress.failed += p->progress.total - p->progress.done;
	p->progress.done = p->progress.total;
}

static void take_fault(struct tts_prepare *p, const struct tts_event *ev)
{
	note_fault(p, ev->fault, ev->words);
	if (ev->dead || ++p->faults_in_row == TTS_PREPARE_FAULTS_MAX) {
		give_up(p);
		return;
	}
	p->progress.done++;
	p->progress.failed++;
}

static void say(struct tts_prepare *p, const struct phrase *k)
{
	int rc = tts_say(p->tts, ++p->said, (struct str){k->text, k->n});

	if (rc == 0)
		rc = tts_end(p->tts, p->said);
	if (rc == 0)
		return;
	note_fault(p, chain_fault(rc), chain_words(rc));
	give_up(p);
}

/* The sink may free everything: it comes last. */
static void on_wake(struct timer *timer)
{
	struct tts_prepare *p = CONTAINER_OF(timer, struct tts_prepare, wake);
	struct tts_prepare_progress progress;

	while (p->ready && !p->over && p->said < p->progress.done + AT_ONCE && !list_empty(&p->waiting)) {
		struct phrase *k = LIST_ENTRY(list_pop(&p->waiting), struct phrase, node);

		say(p, k);
		mem_free(k);
	}
	progress = p->progress;
	p->sink.on_progress(p->sink.arg, &progress);
}

static void on_event(void *arg, const struct tts_event *ev)
{
	struct tts_prepare *p = arg;

	if (p->over)
		return;
	switch (ev->type) {
	case TTS_EV_READY:
		p->ready = true;
		break;
	case TTS_EV_AUDIO:
		p->fresh |= !ev->cached;
		return;
	case TTS_EV_DONE:
		p->faults_in_row = p->fresh ? 0 : p->faults_in_row;
		p->progress.made += p->fresh;
		p->progress.done++;
		p->fresh = false;
		break;
	case TTS_EV_FAULT:
		take_fault(p, ev);
		p->fresh = false;
		break;
	case TTS_EV_MARK:
	case TTS_EV_COUNT_:
		return;
	}
	wake(p);
}

/* ---- birth and death ---- */

static int open_voice(struct tts_prepare *p, const struct tts_prepare_voice *voice)
{
	struct tts_params params = voice->params;

	p->tts = mem_zalloc(voice->ops->state_size);
	if (!p->tts)
		return -ENOMEM;
	params.sink = (struct tts_sink){on_event, p};
	return tts_open(p->tts, voice->ops, voice->config, &params);
}

int tts_prepare_start(const struct tts_prepare_voice *voice, const struct str *texts, size_t count,
		      const struct tts_prepare_sink *sink, struct tts_prepare **ret_prepare)
{
	struct tts_prepare *p = mem_zalloc(sizeof(*p));
	int rc = 0;

	if (!p)
		return -ENOMEM;
	p->sink = *sink;
	p->loop = voice->params.loop;
	list_init(&p->waiting);
	live_up(&live_tts_prepare);
	for (size_t i = 0; i < 2 * count && rc == 0; i++)
		rc = clause_each(texts[i / 2], i % 2, add, p);
	rc = rc < 0 ? rc : open_voice(p, voice);
	if (rc < 0) {
		tts_prepare_free(p);
		return rc;
	}
	wake(p);
	*ret_prepare = p;
	return 0;
}

struct tts_prepare *tts_prepare_free(struct tts_prepare *p)
{
	if (!p)
		return NULL;
	timer_stop(&p->wake);
	if (p->tts)
		tts_close(p->tts);
	mem_free(p->tts);
	LIST_EACH_SAFE (node, &p->waiting)
		mem_free(LIST_ENTRY(node, struct phrase, node));
	live_down(&live_tts_prepare);
	return mem_free(p);
}
