#include "leg/stream_media.h"

#include <string.h>

#define DOUBT_MAX USEC_MS(240) /* for the detector: an "s" may be 180 ms long */

void stream_ears_start(struct stream_media *m)
{
	gate_init(&m->gate);
	echo_init(&m->echo);
	detect_tap_init(&m->tap, m->index, m->generation);
}

/* ---- notes ---- */

struct stream_note *stream_note(struct stream_media *m, enum stream_note_kind kind)
{
	struct ring *notes = &m->hub->notes;
	bool giving_back = kind == STREAM_NOTE_RECORDED || kind == STREAM_NOTE_GONE;
	struct stream_note *note = NULL;

	if (giving_back || ring_count(notes) <= notes->mask / 8 * 7)
		note = ring_claim(notes);
	if (!note) {
		atomic_fetch_add_explicit(&m->hub->dropped, 1, memory_order_relaxed);
		return NULL;
	}
	note->stream = m->index;
	note->generation = m->generation;
	note->kind = kind;
	return note;
}

void stream_note_send(struct stream_media *m, bool soon)
{
	ring_commit(&m->hub->notes);
	m->hub->noted = true;
	if (soon)
		loop_wake(m->hub->config.control);
}

/* Sound may not take the last quarter of the ring: what cannot be lost needs it. */
static bool room_for_sound(struct stream_hub *h)
{
	if (ring_count(&h->notes) <= h->notes.mask / 4 * 3)
		return true;
	atomic_fetch_add_explicit(&h->dropped, 1, memory_order_relaxed);
	return false;
}

static void note_audio(struct stream_media *m, usec now, const int16_t *pcm)
{
	struct stream_note *note = room_for_sound(m->hub) ? stream_note(m, STREAM_NOTE_EVENT) : NULL;

	if (!note)
		return;
	memcpy(note->pcm, pcm, sizeof(note->pcm));
	note->event = (struct leg_event){.type = LEG_EV_AUDIO, .at = now};
	note->event.audio.probability = m->probability;
	note->event.audio.voiced = m->speaking;
	stream_note_send(m, false);
}

/* One that does not fit is told with the next frame. */
static void note_speech(struct stream_media *m, usec at)
{
	struct stream_note *note = stream_note(m, STREAM_NOTE_EVENT);

	if (!note)
		return;
	m->told_speaking = m->speaking;
	note->event = (struct leg_event){.type = LEG_EV_SPEECH, .at = at};
	note->event.speech.speaking = m->speaking;
	stream_note_send(m, true);
}

/* ---- the reflex ---- */

static void duck(struct stream_media *m, usec now)
{
	struct stream_note *note;

	if (m->wish.reflex != LEG_REFLEX_DUCK || !m->audible)
		return;
	m->doubt_until = 0;
	playout_duck(&m->playout, m->hub->config.duck_db);
	note = stream_note(m, STREAM_NOTE_EVENT);
	if (!note)
		return;
	note->event = (struct leg_event){.type = LEG_EV_DUCKED, .at = now};
	stream_note_send(m, true);
}

/* A sound lowers our voice only if nobody else has, and nobody is told: when it comes to nothing, nothing
 * was.
 */
static void doubt(struct stream_media *m, usec now)
{
	if (m->wish.reflex != LEG_REFLEX_DUCK || !m->audible || playout_is_ducked(&m->playout))
		return;
	playout_duck(&m->playout, m->hub->config.duck_db);
	m->doubt_until = now + DOUBT_MAX;
}

static void end_doubt(struct stream_media *m, usec now)
{
	if (m->doubt_until == 0 || now < m->doubt_until)
		return;
	m->doubt_until = 0;
	playout_duck(&m->playout, 0);
}

static void judge(struct stream_media *m, usec now, struct reflex_input *in)
{
	const struct stream_pool_config *c = &m->hub->config;
	struct reflex_output out = {REFLEX_NOTHING, 0};

	in->at = now;
	in->loud = m->gate.open;
	in->echo = m->echoing;
	in->detecting = c->detect != NULL;
	in->probability = m->probability;
	c->reflex->frame(c->reflex_config, m->reflex_state, in, &out);
	if (out.verdict == REFLEX_SPEECH || out.verdict == REFLEX_QUIET)
		m->speaking = out.verdict == REFLEX_SPEECH;
	if (m->speaking != m->told_speaking)
		note_speech(m, out.verdict != REFLEX_NOTHING ? out.at : now);
	if (out.verdict == REFLEX_SPEECH)
		duck(m, now);
	else if (out.verdict == REFLEX_SOUND)
		doubt(m, now);
}

void stream_ears_verdict(struct stream_media *m, usec now, const struct detect_verdict *v)
{
	struct reflex_input in = {.fresh = true, .heard_until = v->at};

	m->probability = v->probability;
	judge(m, now, &in);
}

void stream_ears_frame(struct stream_media *m, usec now, const int16_t pcm[LEG_FRAME_SAMPLES])
{
	struct stream_hub *h = m->hub;
	struct reflex_input in = {0};

	gate_frame(&m->gate, pcm, LEG_FRAME_SAMPLES);
	m->echoing = echo_near(&m->echo, pcm, LEG_FRAME_SAMPLES);
	if (h->config.detect) {
		struct detect_frame f = {now, pcm, m->far, LEG_FRAME_SAMPLES, m->gate.open, m->audible};

		h->windowed |= detect_tap_frame(&m->tap, h->config.detect, &f) > 0;
		m->probability = m->gate.open ? m->probability : 0;
	} else {
		m->probability = m->gate.open && !m->echoing ? 1 : 0;
	}
	judge(m, now, &in);
	end_doubt(m, now);
	note_audio(m, now, pcm);
}
