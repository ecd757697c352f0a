/*
 * rng.h - random numbers that can be repeated when one knows the seed
 *
 * One generator for everything: ChaCha20 (RFC 8439) with fast key erasure, fit
 * for tags, nonces and tokens, and cheap enough for dice. It is seeded by the
 * kernel in production and by a number in tests and simulations; every loop has
 * one and passes it on, and a call gets one of its own with a seed drawn from its
 * loop's (rng_bytes), which its trail records. What was handed out cannot be found
 * in the generator's memory afterwards.
 *
 * Threads: the owner's only. Layer: base.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include "base/def.h"

#define RNG_SEED_BYTES  32u
#define RNG_READY_BYTES 512u

struct rng {
	uint32_t key[8];
	unsigned char ready[RNG_READY_BYTES];
	size_t used; /* of ready */
};

void rng_init(struct rng *r, const unsigned char seed[RNG_SEED_BYTES]);

/* For tests and simulations: the same number gives the same sequence on every machine. */
void rng_init_number(struct rng *r, uint64_t number);

/* A seed from the kernel. Returns 0 or -errno. */
int rng_read_seed(unsigned char ret_seed[RNG_SEED_BYTES]) must_check;

void rng_bytes(struct rng *r, void *p, size_t n);
uint64_t rng_u64(struct rng *r);

/* Evenly from 0 to n - 1 (n > 0). */
uint32_t rng_below(struct rng *r, uint32_t n);

/* Evenly from [0, 1). */
double rng_unit(struct rng *r);

#endif
