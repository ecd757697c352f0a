#include "app/speech.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "provider/local/embed.h"
#include "provider/local/hearing.h"
#include "provider/local/minilm.h"
#include "provider/vendors.h"

#define POOL_JOBS      4096
#define PHRASES_MEMORY (64u * 1024 * 1024)
#define PACE_MAX       0.9 /* seconds of work for one of speech, on one thread */
#define MEGABYTE       (1024u * 1024u)

static size_t worker_count(const struct config *c)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (c->speech.threads > 0)
		return (size_t)c->speech.threads;
	return (size_t)CLAMP(cores, 1, (long)POOL_THREADS_MAX);
}

static bool count_samples(void *arg, const int16_t *pcm, size_t samples)
{
	size_t *n = arg;

	(void)pcm;
	*n += samples;
	return true;
}

/* How long a second of speech takes to make, by trying; negative when it fails. */
static double measure_voice(struct speech *s, struct str words)
{
	size_t samples = 0;
	struct voice_out_sink sink = {count_samples, &samples};
	usec began = clock_read();
	int rc = speaking_say(s->speaking, speaking_find(s->speaking, STR("")), words, 1, &sink);

	if (rc < 0 || samples == 0)
		return -1;
	return (double)(clock_read() - began) / ((double)samples * 1e6 / VOICE_OUT_RATE_HZ);
}

/* The good voice is worth nothing to a caller who waits for it: where it cannot keep up, the quick one
 * speaks. */
static int settle_voice(struct speech *s, const struct config *c)
{
	double pace;

	if (c->speech.voice != CONFIG_VOICE_AUTO || strcmp(speech_voice_name(s), "kokoro") != 0)
		return 0;
	(void)measure_voice(s, STR("Yes."));
	pace = measure_voice(s, STR("One moment, please, I am looking that up for you."));
	if (pace > 0 && pace < PACE_MAX)
		return 0;
	ort_say(&s->note,
		"kokoro needs %.1f s for a second of speech on this machine: flite speaks instead "
		"(speech.voice: kokoro insists)",
		pace);
	s->speaking = speaking_close(s->speaking);
	return speaking_open(s->ort, c->speech.models.p, SPEAKING_FLITE, NULL, &s->speaking);
}

static int open_voice(struct speech *s, const struct agents *a)
{
	const struct config *c = a->config;

	static const enum speaking_want wants[] = {
		[CONFIG_VOICE_AUTO] = SPEAKING_BEST,
		[CONFIG_VOICE_KOKORO] = SPEAKING_KOKORO,
		[CONFIG_VOICE_FLITE] = SPEAKING_FLITE,
	};
	struct phrase_cache_config cache = {.dir = c->speech.phrases.p,
					    .disk_bytes = (uint64_t)c->speech.phrases_mb * MEGABYTE,
					    .memory_bytes = PHRASES_MEMORY};
	int rc = 0;

	if (agents_use(a, STR(VENDOR_LOCAL), USAGE_TTS)) {
		rc = speaking_open(s->ort, c->speech.models.p, wants[c->speech.voice], &s->note,
				   &s->speaking);
		if (rc == 0)
			rc = settle_voice(s, c);
	}
	if (rc < 0)
		return rc;
	rc = phrase_cache_open(&cache, &s->cache);
	if (rc < 0)
		ort_say(&s->note, "cannot use the phrase cache %s: %s", cache.dir, strerror(-rc));
	s->utter = (struct utter_config){.speaking = s->speaking, .cache = s->cache};
	return rc;
}

int speech_open(struct speech *s, const struct agents *a)
{
	const struct config *c = a->config;
	int rc;

	*s = (struct speech){0};
	rc = pool_new(worker_count(c), POOL_JOBS, &s->pool);
	if (rc < 0)
		ort_say(&s->note, "cannot make worker threads: %s", strerror(-rc));
	if (rc == 0)
		rc = ort_open(c->speech.models.p, &s->note, &s->ort);
	if (rc == 0)
		rc = minilm_open(s->ort, &s->note, &s->embed);
	if (rc == 0 && agents_use(a, STR(VENDOR_LOCAL), USAGE_STT))
		rc = hearing_open(s->ort, &s->note, &s->hearing);
	return rc < 0 ? rc : open_voice(s, a);
}

void speech_close(struct speech *s)
{
	s->pool = pool_free(s->pool);
	s->speaking = speaking_close(s->speaking);
	s->cache = phrase_cache_close(s->cache);
	s->embed = embed_close(s->embed);
	s->hearing = hearing_close(s->hearing);
	s->ort = ort_close(s->ort);
}

const char *speech_voice_name(const struct speech *s)
{
	const struct speaking_voice *v = s->speaking ? speaking_find(s->speaking, STR("")) : NULL;

	if (!s->speaking)
		return "none";
	return v && str_starts(str_from(v->id), STR("kokoro")) ? "kokoro" : "flite";
}
