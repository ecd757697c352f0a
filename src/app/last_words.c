#include "app/last_words.h"

#include <errno.h>

#include "base/mem.h"
#include "media/tone.h"
#include "provider/local/speaking.h"

#define TONE_HZ    1000
#define TONE_LEVEL 8000
#define FADE       80 /* samples, against clicks */

static void make_tone(int16_t pcm[static LAST_WORDS_TONE_SAMPLES])
{
	struct tone t;

	tone_init(&t, LEG_RATE_HZ, TONE_HZ, 0, TONE_LEVEL);
	tone_pull(&t, pcm, LAST_WORDS_TONE_SAMPLES);
	for (int i = 0; i < FADE; i++) {
		int16_t *last = &pcm[LAST_WORDS_TONE_SAMPLES - 1 - i];

		pcm[i] = (int16_t)(pcm[i] * i / FADE);
		*last = (int16_t)(*last * i / FADE);
	}
}

/* ---- speaking ---- */

static int speak(const struct utter_config *with, struct str voice, struct str text,
		 struct notice *ret_notice)
{
	struct utter u = {.config = with, .voice = speaking_find(with->speaking, voice), .speed = 1};
	int rc;

	if (!u.voice) /* the name of one that is not loaded */
		u.voice = speaking_find(with->speaking, STR(""));
	rc = utter_init(&u, text);
	if (rc < 0)
		return rc;
	rc = utter_run(&u);
	if (rc == 0) {
		*ret_notice = (struct notice){text, u.pcm, u.samples};
		u.pcm = NULL;
	}
	utter_fini(&u);
	return rc;
}

static int speak_all(struct last_words *w, struct agents *a, const struct utter_config *with)
{
	int rc = 0;

	for (size_t i = 0; i < a->count && rc == 0; i++) {
		struct agents_entry *e = &a->list[i];
		const struct agent_phrases *p = &e->agent->phrases;
		struct notices *n = &w->list[i];

		if (!e->agent->message.take)
			continue;
		rc = speak(with, e->call.voice, e->call.sorry, &n->sorry);
		if (rc == 0)
			rc = speak(with, e->call.voice, p->leave_message, &n->leave);
		if (rc == 0)
			rc = speak(with, e->call.voice, p->message_taken, &n->taken);
		n->tone = (struct notice){.pcm = w->tone, .samples = LAST_WORDS_TONE_SAMPLES};
		n->message_max = e->agent->message.limit;
		e->call.notices = n;
	}
	return rc;
}

/* ---- life ---- */

int last_words_open(struct last_words *w, struct agents *a, const struct speech *s)
{
	struct utter_config with = s->utter;
	struct speaking *own = NULL;
	int rc = 0;

	*w = (struct last_words){.list = mem_zalloc((a->count + 1) * sizeof(*w->list)), .count = a->count};
	if (!w->list)
		return -ENOMEM;
	make_tone(w->tone);
	if (!with.speaking)
		rc = speaking_open(NULL, NULL, SPEAKING_FLITE, NULL, &own);
	if (own)
		with.speaking = own;
	if (rc == 0)
		rc = speak_all(w, a, &with);
	speaking_close(own);
	return rc;
}

void last_words_close(struct last_words *w)
{
	for (size_t i = 0; i < w->count && w->list; i++) {
		mem_free((void *)w->list[i].sorry.pcm);
		mem_free((void *)w->list[i].leave.pcm);
		mem_free((void *)w->list[i].taken.pcm);
	}
	w->list = mem_free(w->list);
	w->count = 0;
}
