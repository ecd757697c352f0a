/*
 * gate.h - is this frame worth a closer look?
 *
 * The cheap first ear: compares the energy of a frame with a noise floor that
 * it learns by itself. It opens within one frame on anything that stands out,
 * and shuts some time after nothing does; line noise, comfort noise and
 * silence keep it shut, and noise that sets in and stays shuts it again. Only
 * what passes costs the neural detector anything.
 *
 * Threads: one owner. Layer: media.
 */
#ifndef MEDIA_GATE_H
#define MEDIA_GATE_H

#include <stdbool.h>

#include "base/def.h"

#define GATE_HANGOVER_FRAMES 15 /* 300 ms: shorter gaps are inside words */

struct gate {
	float floor;  /* mean square of the noise */
	float energy; /* of the last frame, mean square */
	bool open;
	unsigned quiet_frames;
};

void gate_init(struct gate *g);

/* One frame of n samples. Returns whether the gate is open. */
bool gate_frame(struct gate *g, const int16_t *pcm, size_t n);

/* Mean square of a frame: 2^30 is the loudest there is. */
float gate_energy(const int16_t *pcm, size_t n);

#endif
