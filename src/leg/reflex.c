#include "leg/reflex.h"

#define WINDOW_USEC   USEC_MS(32) /* what one word of the detector is about */
#define FRAME_USEC    USEC_MS(20)
#define GATE_HANGOVER USEC_MS(300) /* how long the gate stays open behind the last sound */
#define SOUND_AFTER   USEC_MS(40)
#define BEFORE_VOICE  USEC_MS(250) /* the longest "s" or "sh" before a vowel */

struct hysteresis {
	bool speaking;
	bool loud;       /* the gate is open ... */
	usec loud_since; /* ... since then */
	bool sounded;    /* that was told, until the gate shuts */
	usec not_us;     /* what is loud is not our voice since then; 0 = it is */
	bool turning;    /* the newest frames say the opposite of `speaking` ... */
	usec since;      /* ... since then */
};

_Static_assert(sizeof(struct hysteresis) <= REFLEX_STATE_BYTES_MAX, "fits every stream");

const struct reflex_hysteresis_config reflex_hysteresis_default = {
	.speech_above = 0.5f,
	.sure_above = 0.8f,
	.quiet_below = 0.35f,
	.speech_after = USEC_MS(64),
	.quiet_after = USEC_MS(160),
};

/* What a frame, or a word of the detector, says: speech or not, about which span. */
struct opinion {
	bool speech, sure;
	usec from, to;
};

static bool opinion_of(const struct reflex_hysteresis_config *c, const struct hysteresis *h,
		       const struct reflex_input *in, struct opinion *o)
{
	bool excused = in->echo && !h->speaking;

	if (!in->detecting || !in->loud) { /* a shut gate needs no detector to be quiet */
		*o = (struct opinion){in->loud && !excused, false,
				      in->at - (in->loud ? FRAME_USEC : GATE_HANGOVER), in->at};
		return true;
	}
	if (!in->fresh)
		return false;
	*o = (struct opinion){in->probability >= (h->speaking ? c->quiet_below : c->speech_above) && !excused,
			      in->probability >= c->sure_above && !excused, in->heard_until - WINDOW_USEC,
			      in->heard_until};
	return true;
}

static void note_loud(struct hysteresis *h, const struct reflex_input *in)
{
	if (in->loud && !h->loud)
		h->loud_since = in->at - FRAME_USEC;
	h->loud = in->loud;
}

/* The detector knows voices, and hears "sorry" from its vowel on: the word began where the sound did. Under
 * our own voice an "s" is taken for its echo, and counts all the same: an echo itself would have begun with
 * us. */
static usec onset(const struct hysteresis *h)
{
	usec before = h->since - h->loud_since;

	return h->loud && before > 0 && before <= BEFORE_VOICE ? h->loud_since : h->since;
}

/* A voice is lowered for nothing more easily forgiven than late: the detector wants 32 to 64 ms more, and
 * hears no voice in an "s" at all. */
static bool is_sound(struct hysteresis *h, const struct reflex_input *in)
{
	if (!in->loud)
		h->sounded = false;
	if (!in->loud || in->echo || !in->detecting)
		h->not_us = 0;
	else if (h->not_us == 0)
		h->not_us = in->at - FRAME_USEC;
	if (h->speaking || h->sounded || h->not_us == 0 || in->at - h->not_us < SOUND_AFTER)
		return false;
	h->sounded = true;
	return true;
}

static void frame(const void *config, void *state, const struct reflex_input *in,
		  struct reflex_output *ret_out)
{
	const struct reflex_hysteresis_config *c = config;
	struct hysteresis *h = state;
	struct opinion o;

	note_loud(h, in);
	*ret_out = (struct reflex_output){is_sound(h, in) ? REFLEX_SOUND : REFLEX_NOTHING, in->at};
	if (!opinion_of(c, h, in, &o))
		return;
	if (o.speech == h->speaking) {
		h->turning = false;
		return;
	}
	if (!h->turning)
		h->since = o.from;
	h->turning = true;
	if (o.to - h->since < (h->speaking ? c->quiet_after : c->speech_after) && !o.sure)
		return;
	h->speaking = !h->speaking;
	h->turning = false;
	*ret_out = h->speaking ? (struct reflex_output){REFLEX_SPEECH, onset(h)}
			       : (struct reflex_output){REFLEX_QUIET, h->since};
	if (!h->speaking)
		h->loud_since = USEC_NEVER; /* what is loud now belongs to what has ended */
}

const struct reflex_ops reflex_hysteresis = {"hysteresis", sizeof(struct hysteresis), frame};
