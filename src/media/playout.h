/*
 * playout.h - the one paced queue between an answer and an ear
 *
 * Speech of numbered answers goes in as it is made, in bursts; 20 ms come out
 * at each tick. The queue knows to the sample what was heard of each answer,
 * lowers and raises its volume, falls silent within 5 ms when told, and never
 * lets a sample of a cut answer out again, whenever it arrives.
 *
 *   push(7, pcm) push(7, pcm) push(8, pcm) -> [~~~7~~~|~8~~] -> pull 20 ms
 *
 * Edges are soft: a voice that begins after silence fades in, one that is cut
 * fades out over its own next samples, one that runs dry is led to zero.
 *
 * Threads: one owner. Layer: media.
 */
#ifndef MEDIA_PLAYOUT_H
#define MEDIA_PLAYOUT_H

#include <stdbool.h>

#include "base/def.h"

#define PLAYOUT_RATE_HZ      8000
#define PLAYOUT_SAMPLES      4096 /* half a second: whoever has more waits for room */
#define PLAYOUT_SPANS        16   /* answers waiting at once */
#define PLAYOUT_REPORTS_MAX  PLAYOUT_SPANS
#define PLAYOUT_FADE_SAMPLES 40 /* 5 ms */
#define PLAYOUT_DUCK_SAMPLES 80 /* 10 ms: down, or up, within the next packet */

struct playout_span {
	uint32_t answer;
	uint32_t samples; /* still to be heard */
};

/* What a pull let through. */
struct playout_report {
	uint32_t answer;
	uint32_t heard; /* samples of the answer heard up to here */
};

struct playout {
	int16_t pcm[PLAYOUT_SAMPLES];
	uint32_t head, queued; /* place of the next sample, how many there are */
	struct playout_span spans[PLAYOUT_SPANS];
	uint32_t span_head, span_count;
	bool any_cut;
	uint32_t cut_answer;                  /* nothing numbered up to this is taken */
	uint32_t answer, heard;               /* what is, or was last, heard */
	int32_t gain, gain_target, gain_step; /* Q15; ducking */
	uint32_t fade_in;                     /* samples of the rise that are left */
	int16_t tail[PLAYOUT_FADE_SAMPLES];   /* what a cut or dry voice fades out with */
	uint32_t tail_at;                     /* next of it; PLAYOUT_FADE_SAMPLES = none */
	int16_t last;                         /* of the voice, as it was let out */
	bool flowing;                         /* the last sample let out was of a voice */
};

void playout_init(struct playout *p);

/* Room for how many samples. */
size_t playout_room(const struct playout *p);

/* Queues pcm[n] of `answer` (numbers never go down) behind what waits. Returns how many samples were taken,
 * 0 when full, or -ECANCELED when the answer has been cut. */
int playout_push(struct playout *p, uint32_t answer, const int16_t *pcm, size_t n) must_check;

/* Every answer numbered up to `answer` is silenced: 5 ms of it fade out (and do not count as heard), the rest
 * is gone, and what still comes of it is refused. */
void playout_cut(struct playout *p, uint32_t answer);

/* Volume, 0 (normal) or below, reached within PLAYOUT_DUCK_SAMPLES. */
void playout_duck(struct playout *p, float db);

/* Whether the volume is, or is on its way, below normal. */
bool playout_is_ducked(const struct playout *p);

/* out[n], silence where there is nothing. Returns how many reports were written (PLAYOUT_REPORTS_MAX at
 * most): the position of each answer of which something was heard. */
size_t playout_pull(struct playout *p, int16_t *out, size_t n,
		    struct playout_report ret_reports[PLAYOUT_REPORTS_MAX]);

#endif
