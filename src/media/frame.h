/*
 * frame.h - twenty milliseconds of one voice
 *
 * The unit in which sound moves through the house: mono, signed 16 bits, at a
 * rate that the place where it is names. Frames are copied, never shared.
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

#endif
