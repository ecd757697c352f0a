#include "provider/local/utter.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

#define WORDS_MAX 16384

int utter_init(struct utter *u, struct str text)
{
	int rc;

	buf_init(&u->words, WORDS_MAX);
	buf_init(&u->key, WORDS_MAX + SPEAKING_ID_MAX + 16);
	rc = speakable(text, u->config->reading, &u->words);
	if (rc == 0) {
		phrase_cache_key(str_from(u->voice->id), u->speed, buf_str(&u->words), &u->key);
		rc = u->key.error;
	}
	if (rc < 0)
		utter_fini(u);
	return rc;
}

void utter_fini(struct utter *u)
{
	buf_fini(&u->words);
	buf_fini(&u->key);
	u->pcm = mem_free(u->pcm);
}

bool utter_is_silent(const struct utter *u)
{
	for (size_t i = 0; i < u->words.n; i++)
		if (!strchr(" ,.;:?!", u->words.p[i]))
			return false;
	return true;
}

static void take_audio(struct utter *u, const struct phrase_audio *audio)
{
	u->pcm = audio->pcm;
	u->samples = audio->samples;
	u->cached = true;
}

bool utter_find(struct utter *u)
{
	struct phrase_audio audio;

	if (!u->config->cache || phrase_cache_copy(u->config->cache, buf_str(&u->key), &audio) < 0)
		return false;
	take_audio(u, &audio);
	return true;
}

static int grow(struct utter *u, size_t samples)
{
	size_t cap = MAX(u->cap, (size_t)VOICE_OUT_RATE_HZ);
	int16_t *pcm;

	if (u->samples + samples > UTTER_SAMPLES_MAX)
		return -EMSGSIZE;
	while (cap < u->samples + samples)
		cap *= 2;
	if (cap == u->cap)
		return 0;
	pcm = mem_resize(u->pcm, cap * sizeof(*pcm));
	if (!pcm)
		return -ENOMEM;
	u->pcm = pcm;
	u->cap = cap;
	return 0;
}

struct collect {
	struct utter *utter;
	int error;
};

static bool collect(void *arg, const int16_t *pcm, size_t samples)
{
	struct collect *c = arg;
	struct utter *u = c->utter;

	c->error = grow(u, samples);
	if (c->error < 0)
		return false;
	memcpy(u->pcm + u->samples, pcm, samples * sizeof(*pcm));
	u->samples += samples;
	return true;
}

static int make(struct utter *u)
{
	struct collect c = {.utter = u};
	struct voice_out_sink sink = {collect, &c};
	int rc = speaking_say(u->config->speaking, u->voice, buf_str(&u->words), u->speed, &sink);

	if (rc == -ECANCELED && c.error < 0)
		return c.error;
	return rc;
}

static bool is_wanted(const struct utter *u)
{
	return !u->is_wanted || u->is_wanted(u->arg);
}

/* What was begun is finished and kept: an answer that came too late is often asked for again. */
int utter_run(struct utter *u)
{
	struct phrase_audio audio;
	int rc;

	if (!is_wanted(u))
		return -ECANCELED;
	if (u->config->cache && phrase_cache_load(u->config->cache, buf_str(&u->key), &audio) == 0) {
		take_audio(u, &audio);
		return 0;
	}
	rc = make(u);
	if (rc < 0)
		return rc;
	if (u->config->cache)
		u->kept = phrase_cache_put(u->config->cache, buf_str(&u->key), u->pcm, u->samples, u->keep);
	return is_wanted(u) ? 0 : -ECANCELED;
}
