#include "base/rng.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define BLOCK_WORDS 16u
#define BLOCK_BYTES (BLOCK_WORDS * 4u)
#define ROUNDS      20

static uint32_t rotate(uint32_t v, int bits)
{
	return v << bits | v >> (32 - bits);
}

static void quarter_round(uint32_t *x, int a, int b, int c, int d)
{
	x[a] += x[b];
	x[d] = rotate(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = rotate(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = rotate(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = rotate(x[b] ^ x[c], 7);
}

static void put_word(unsigned char *p, uint32_t v)
{
	p[0] = (unsigned char)v;
	p[1] = (unsigned char)(v >> 8);
	p[2] = (unsigned char)(v >> 16);
	p[3] = (unsigned char)(v >> 24);
}

static uint32_t get_word(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* RFC 8439 section 2.3, with a nonce of zeros: no key is used twice. */
static void block(const uint32_t key[8], uint32_t counter, unsigned char out[BLOCK_BYTES])
{
	const uint32_t start[BLOCK_WORDS] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, key[0],
					     key[1],     key[2],     key[3],     key[4],     key[5],
					     key[6],     key[7],     counter};
	uint32_t x[BLOCK_WORDS];

	memcpy(x, start, sizeof(x));
	for (int i = 0; i < ROUNDS; i += 2) {
		quarter_round(x, 0, 4, 8, 12);
		quarter_round(x, 1, 5, 9, 13);
		quarter_round(x, 2, 6, 10, 14);
		quarter_round(x, 3, 7, 11, 15);
		quarter_round(x, 0, 5, 10, 15);
		quarter_round(x, 1, 6, 11, 12);
		quarter_round(x, 2, 7, 8, 13);
		quarter_round(x, 3, 4, 9, 14);
	}
	for (size_t i = 0; i < BLOCK_WORDS; i++)
		put_word(out + i * 4, x[i] + start[i]);
}

static void set_key(struct rng *r, const unsigned char seed[RNG_SEED_BYTES])
{
	for (size_t i = 0; i < ARRAY_LEN(r->key); i++)
		r->key[i] = get_word(seed + i * 4);
}

/* The first bytes of each batch are the key of the next, and nothing else is kept. */
static void refill(struct rng *r)
{
	for (uint32_t i = 0; i < RNG_READY_BYTES / BLOCK_BYTES; i++)
		block(r->key, i, r->ready + i * BLOCK_BYTES);
	set_key(r, r->ready);
	memset(r->ready, 0, RNG_SEED_BYTES);
	r->used = RNG_SEED_BYTES;
}

void rng_init(struct rng *r, const unsigned char seed[RNG_SEED_BYTES])
{
	*r = (struct rng){.used = RNG_READY_BYTES};
	set_key(r, seed);
}

void rng_init_number(struct rng *r, uint64_t number)
{
	unsigned char seed[RNG_SEED_BYTES] = {0};

	put_word(seed, (uint32_t)number);
	put_word(seed + 4, (uint32_t)(number >> 32));
	rng_init(r, seed);
}

int rng_read_seed(unsigned char ret_seed[RNG_SEED_BYTES])
{
	unsigned char seed[RNG_SEED_BYTES];
	ssize_t n;

	do
		n = getrandom(seed, sizeof(seed), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	/* random(7): up to 256 bytes come whole or not at all. */
	assert(n == sizeof(seed));
	memcpy(ret_seed, seed, sizeof(seed));
	return 0;
}

void rng_bytes(struct rng *r, void *p, size_t n)
{
	unsigned char *to = p;

	while (n > 0) {
		size_t part;

		if (r->used == RNG_READY_BYTES)
			refill(r);
		part = MIN(n, RNG_READY_BYTES - r->used);
		memcpy(to, r->ready + r->used, part);
		memset(r->ready + r->used, 0, part);
		r->used += part;
		to += part;
		n -= part;
	}
}

uint64_t rng_u64(struct rng *r)
{
	unsigned char b[8];

	rng_bytes(r, b, sizeof(b));
	return get_word(b) | (uint64_t)get_word(b + 4) << 32;
}

/* Lemire's method: the high half of a product, rejecting the few draws that would make it uneven. */
uint32_t rng_below(struct rng *r, uint32_t n)
{
	uint32_t uneven = (0u - n) % n;
	uint64_t product;

	do
		product = (rng_u64(r) >> 32) * n;
	while ((uint32_t)product < uneven);
	return (uint32_t)(product >> 32);
}

double rng_unit(struct rng *r)
{
	return (double)(rng_u64(r) >> 11) * 0x1p-53;
}
