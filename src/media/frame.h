/*
 * frame.h - twenty milliseconds of one voice
 *
 * The unit in which samples move: mono, signed 16 bits, at a rate that the
 * frame itself names. Frames are copied, never shared.
 *
 * Threads: any. Layer: media.
 */
#ifndef MEDIA_FRAME_H
#define MEDIA_FRAME_H

#include "base/def.h"

#define FRAME_USEC        USEC_MS(20)
#define FRAMES_A_SECOND   50
#define FRAME_SAMPLES_8K  160
#define FRAME_SAMPLES_MAX 960 /* at 48 kHz */

struct frame {
	usec at; /* when its first sample was heard or is to be heard */
	uint32_t rate_hz;
	uint32_t samples;
	int16_t pcm[FRAME_SAMPLES_MAX];
};

#endif
