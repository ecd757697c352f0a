/*
 * recording.h - which piece of a known recording is being heard
 *
 * Real speech goes through a telephone line, codecs and resamplers, is cut
 * where nobody speaks and begins anew on another connection; still it is the
 * same speech. The shape of its loudness over half a second finds the place,
 * its waveform proves it, and from then on each step has to go on there.
 *
 * Threads: the server's own.
 */
#ifndef TESTS_VENDORS_RECORDING_H
#define TESTS_VENDORS_RECORDING_H

#include "vendors/vendor.h"

#define RECORDING_HZ     8000
#define RECORDING_STEP   160 /* samples: 20 ms */
#define RECORDING_WINDOW 25  /* steps that find a place */

struct recording {
	int16_t *pcm;    /* RECORDING_HZ */
	float *loudness; /* of each step, logarithmic */
	size_t n, steps;
};

/* Reads a WAVE file. Returns 0, -ENOENT, -EBADMSG or -ENOMEM. */
int recording_load(const char *path, struct recording *ret_recording) must_check;
void recording_fini(struct recording *r);

/* Where one is. A zeroed finder has heard nothing. */
struct finder {
	int16_t pcm[RECORDING_WINDOW * RECORDING_STEP];
	float loudness[RECORDING_WINDOW];
	unsigned n, since; /* steps in the window; steps since the last search */
	unsigned astray;   /* loud steps that did not go on where they should */
	const struct recording *found;
	size_t at; /* samples of it heard, while `found` */
};

/* A step of sound, pcm[RECORDING_STEP]. Afterwards f->found says where it ends in which of rs[n]. */
void finder_hear(struct finder *f, const int16_t *pcm, const struct recording *rs, size_t n);

/* As many samples as fit, in RECORDING_HZ; the mean where there are more. */
void recording_resample(const int16_t *pcm, size_t n, int16_t *out, size_t n_out);

#endif
