/* Randomness that repeats, is even, and is ChaCha20. */
#include "base/rng.h"
#include "test.h"

TEST(rng_is_chacha20_behind_its_next_key)
{
	/* RFC 8439 appendix A.1, test vector 1, from its 33rd byte on. */
	static const unsigned char expected[] = {0xda, 0x41, 0x59, 0x7c, 0x51, 0x57, 0x48, 0x8d,
						 0x77, 0x24, 0xe0, 0x3f, 0xb8, 0xd8, 0x4a, 0x37};
	static const unsigned char seed[RNG_SEED_BYTES];
	unsigned char got[sizeof(expected)];
	struct rng r;

	rng_init(&r, seed);
	rng_bytes(&r, got, sizeof(got));
	CHECK(memcmp(got, expected, sizeof(got)) == 0);
	for (size_t i = 0; i < r.used; i++)
		CHECK_INT(r.ready[i], 0);
}

TEST(rng_repeats_with_its_seed_whatever_the_portions)
{
	unsigned char whole[3000], parts[3000];
	struct rng a, b, c;
	size_t n = 0;

	rng_init_number(&a, 42);
	rng_init_number(&b, 42);
	rng_init_number(&c, UINT64_C(42) << 32);
	rng_bytes(&a, whole, sizeof(whole));
	for (size_t part = 1; n < sizeof(parts); part = part % 97 + 1) {
		part = MIN(part, sizeof(parts) - n);
		rng_bytes(&b, parts + n, part);
		n += part;
	}
	CHECK(memcmp(whole, parts, sizeof(whole)) == 0);
	CHECK(rng_u64(&a) == rng_u64(&b));
	CHECK(rng_u64(&a) != rng_u64(&c));
}

TEST(rng_is_even)
{
	int seen[7] = {0};
	double sum = 0;
	struct rng r;

	rng_init_number(&r, 1);
	for (int i = 0; i < 70000; i++)
		seen[rng_below(&r, 7)]++;
	for (size_t i = 0; i < 7; i++)
		CHECK(seen[i] > 9500 && seen[i] < 10500);
	CHECK_INT(rng_below(&r, 1), 0);
	for (int i = 0; i < 10000; i++) {
		double v = rng_unit(&r);

		CHECK(v >= 0 && v < 1);
		sum += v;
	}
	CHECK(sum > 4800 && sum < 5200);
}

TEST(rng_seeds_from_the_kernel_differ)
{
	unsigned char a[RNG_SEED_BYTES], b[RNG_SEED_BYTES];

	CHECK_INT(rng_read_seed(a), 0);
	CHECK_INT(rng_read_seed(b), 0);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
}
