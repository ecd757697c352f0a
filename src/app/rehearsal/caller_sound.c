#include "app/rehearsal/caller_sound.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "provider/aloud/speakable.h"
#include "provider/local/flite_door.h"

#define WORDS_SAMPLES_MAX (60u * 8000)
#define SPOKEN_BYTES_MAX  32768u
#define PINK_RMS          1.72                /* of the filter below, fed with white noise from -1 to 1 */
#define ECHO_SLACK        (4u * CALLER_FRAME) /* packets may be so late before the echo's delay changes */

static bool on_pcm(void *arg, const int16_t *pcm, size_t samples)
{
	struct caller_words *w = arg;
	size_t cap = MAX(w->cap, (size_t)8000);
	int16_t *grown;

	if (w->samples + samples > WORDS_SAMPLES_MAX)
		return false;
	while (cap < w->samples + samples)
		cap *= 2;
	grown = cap > w->cap ? mem_resize(w->pcm, cap * sizeof(*grown)) : w->pcm;
	if (!grown)
		return false;
	w->pcm = grown;
	w->cap = cap;
	memcpy(w->pcm + w->samples, pcm, samples * sizeof(*pcm));
	w->samples += samples;
	return true;
}

static bool audible(int16_t s)
{
	return s > CALLER_AUDIBLE || s < -CALLER_AUDIBLE;
}

size_t caller_sound_first(const int16_t *pcm, size_t n)
{
	size_t i = 0;

	while (i < n && !audible(pcm[i]))
		i++;
	return i;
}

size_t caller_sound_end(const int16_t *pcm, size_t n)
{
	size_t i = n;

	while (i > 0 && !audible(pcm[i - 1]))
		i--;
	return i > 0 ? i : n;
}

static int add_quiet(struct caller_words *w, usec span)
{
	static const int16_t quiet[CALLER_FRAME];

	for (usec t = 0; t < span; t += USEC_MS(20))
		if (!on_pcm(w, quiet, CALLER_FRAME))
			return -ENOMEM;
	return 0;
}

static int render_piece(const struct flite_door_voice *voice, float speed, struct str words,
			struct caller_words *w)
{
	struct voice_out_sink sink = {on_pcm, w};
	struct buf spoken;
	int rc;

	buf_init(&spoken, SPOKEN_BYTES_MAX);
	rc = speakable(words, NULL, &spoken);
	if (rc == 0 && spoken.n > 0)
		rc = flite_door_say(voice, buf_str(&spoken), speed, &sink);
	buf_fini(&spoken);
	return rc;
}

static int render(const struct rehearsal *r, struct str say, struct caller_words *w)
{
	const struct flite_door_voice *voice = flite_door_find(r->voice);
	struct str piece;
	usec pause;
	int rc = voice ? 0 : -EINVAL;

	while (rc == 0 && rehearsal_piece(&say, &piece, &pause)) {
		rc = render_piece(voice, (float)r->speed, piece, w);
		if (rc == 0)
			rc = add_quiet(w, pause);
	}
	w->first = caller_sound_first(w->pcm, w->samples);
	w->last = caller_sound_end(w->pcm, w->samples);
	return rc;
}

/* The mean power of all words sets how loud the noise is. */
static double words_rms(const struct caller_sound *s)
{
	double sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		for (size_t k = s->words[i].first; k < s->words[i].last; k++, n++)
			sum += (double)s->words[i].pcm[k] * s->words[i].pcm[k];
	return n > 0 ? sqrt(sum / (double)n) : 0;
}

static int init_echo(struct caller_sound *s, const struct rehearsal *r)
{
	if (r->echo_db >= 0)
		return 0;
	s->echo_delay = (size_t)(r->echo_delay / USEC_MS(1)) * 8;
	s->echo_size = s->echo_delay + 2 * ECHO_SLACK + CALLER_FRAME;
	s->echo_gain = pow(10, r->echo_db / 20);
	s->echo = mem_zalloc(s->echo_size * sizeof(*s->echo));
	return s->echo ? 0 : -ENOMEM;
}

int caller_sound_init(struct caller_sound *s, const struct rehearsal *r, uint64_t seed)
{
	const struct rehearsal_step *steps = r->steps.at;
	int rc = 0;

	*s = (struct caller_sound){.count = r->steps.count};
	rng_init_number(&s->rng, seed);
	s->words = mem_zalloc(MAX(s->count, 1u) * sizeof(*s->words));
	s->instead = mem_zalloc(MAX(s->count, 1u) * sizeof(*s->instead));
	if (!s->words || !s->instead)
		rc = -ENOMEM;
	for (size_t i = 0; i < s->count && rc == 0; i++) {
		if (!str_empty(steps[i].say))
			rc = render(r, steps[i].say, &s->words[i]);
		if (rc == 0 && !str_empty(steps[i].instead))
			rc = render(r, steps[i].instead, &s->instead[i]);
	}
	if (rc == 0)
		rc = init_echo(s, r);
	if (rc == 0 && r->noise_db > 0)
		s->noise = words_rms(s) / pow(10, r->noise_db / 20);
	if (rc < 0)
		caller_sound_fini(s);
	return rc;
}

static struct caller_words *free_words(struct caller_words *words, size_t count)
{
	for (size_t i = 0; words && i < count; i++)
		mem_free(words[i].pcm);
	return mem_free(words);
}

void caller_sound_fini(struct caller_sound *s)
{
	s->words = free_words(s->words, s->count);
	s->instead = free_words(s->instead, s->count);
	s->echo = mem_free(s->echo);
}

const struct caller_words *caller_sound_words(const struct caller_sound *s, size_t step, unsigned again)
{
	bool other = again > 0 && s->instead && s->instead[step].samples > 0;

	return other ? &s->instead[step] : &s->words[step];
}

void caller_sound_received(struct caller_sound *s, const int16_t *pcm)
{
	for (size_t i = 0; s->echo && i < CALLER_FRAME; i++) {
		s->echo[s->echo_written % s->echo_size] = pcm[i];
		s->echo_written++;
	}
}

/* White noise through Kellet's economy filter: 1/f within a decibel in the telephone band. Its mean power
 * is 1. */
static double pink(struct caller_sound *s)
{
	double white = rng_unit(&s->rng) * 2 - 1;

	s->pink[0] = 0.99765 * s->pink[0] + white * 0.0990460;
	s->pink[1] = 0.96300 * s->pink[1] + white * 0.2965164;
	s->pink[2] = 0.57000 * s->pink[2] + white * 1.0526913;
	return (s->pink[0] + s->pink[1] + s->pink[2] + white * 0.1848) / PINK_RMS;
}

/* Goes on where it was: a packet that is late here does not make the echo jump. */
static void aim_echo(struct caller_sound *s)
{
	uint64_t due = s->echo_written > s->echo_delay + CALLER_FRAME
			       ? s->echo_written - s->echo_delay - CALLER_FRAME
			       : 0;

	if (s->echo_read > due + ECHO_SLACK || s->echo_read + ECHO_SLACK < due)
		s->echo_read = due;
}

static int16_t next_echo(struct caller_sound *s)
{
	uint64_t at = s->echo_read++;

	return at < s->echo_written ? s->echo[at % s->echo_size] : 0;
}

void caller_sound_mix(struct caller_sound *s, int16_t *pcm)
{
	if (s->echo)
		aim_echo(s);
	for (size_t i = 0; i < CALLER_FRAME; i++) {
		double v = pcm[i];

		if (s->noise > 0)
			v += s->noise * pink(s);
		if (s->echo)
			v += s->echo_gain * next_echo(s);
		pcm[i] = (int16_t)lrint(CLAMP(v, -32768.0, 32767.0));
	}
}
