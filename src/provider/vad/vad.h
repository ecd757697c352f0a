/*
 * vad.h - is somebody speaking? the contract of the neural detector
 *
 * One engine serves all calls of a shard's detector thread: it is given a
 * batch of windows, one of each call whose energy gate is open, and returns a
 * probability for each. What it remembers of a call lies in that call's state.
 * Near is the caller's signal, far is what we played at the same time, so that
 * an engine can tell our own voice coming back from the caller's.
 *
 * Threads: an engine belongs to one detector thread. Layer: provider.
 */
#ifndef PROVIDER_VAD_VAD_H
#define PROVIDER_VAD_VAD_H

#include "base/def.h"

#define VAD_RATE_HZ         8000
#define VAD_WINDOW_SAMPLES  256 /* 32 ms */
#define VAD_BATCH_MAX       128
#define VAD_STATE_BYTES_MAX 2048

struct vad;

struct vad_item {
	void *state;         /* ops->state_size bytes of this call; zeroed = a call that begins */
	const int16_t *near; /* [VAD_WINDOW_SAMPLES] */
	const int16_t *far;  /* [VAD_WINDOW_SAMPLES], or NULL when we were silent */
	float probability;   /* result, 0..1 */
};

struct vad_ops {
	const char *name;
	size_t state_size; /* <= VAD_STATE_BYTES_MAX, aligned to 16 */
	int (*open)(const void *config, struct vad **ret_vad);
	int (*run)(struct vad *v, struct vad_item *items, size_t count);
	void (*close)(struct vad *v);
};

/* First member of every engine. */
struct vad {
	const struct vad_ops *ops;
};

/* Returns 0 or -errno. May block: called at start only. */
int vad_open(const struct vad_ops *ops, const void *config, struct vad **ret_vad) must_check;

/* Fills the probabilities of count <= VAD_BATCH_MAX items. Returns 0 or -errno (probabilities untouched). */
int vad_run(struct vad *v, struct vad_item *items, size_t count) must_check;

/* Takes NULL. Returns NULL. */
struct vad *vad_close(struct vad *v);

#endif
