/*
 * silero.h - the neural detector: Silero v6 at 8 kHz
 *
 * A small recurrent network that looks at 32 ms at a time, with the last 4 ms
 * of the window before, and answers how likely speech is. The windows of many
 * calls go through it in one run; what a call is remembered by (256 numbers
 * and those 4 ms) is copied in and out of the call's state.
 *
 * It hears the near signal only: our own voice coming back is speech, too, and
 * whoever judges must know what was played.
 *
 * Threads: as vad.h says. Layer: provider.
 */
#ifndef PROVIDER_VAD_SILERO_H
#define PROVIDER_VAD_SILERO_H

#include "provider/vad/vad.h"

#define SILERO_MODEL "silero/silero_vad_v6.onnx" /* below the models' directory */

struct ort;
struct ort_error;

struct silero_config {
	struct ort *ort;       /* outlives the engine */
	struct ort_error *err; /* words for what fails at opening; may be NULL */
};

/* Its `config` is a struct silero_config. */
extern const struct vad_ops silero_ops;

#endif
