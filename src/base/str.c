#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define DISTANCE_MAX_CHARS 64

struct str str_from(const char *z)
{
	return (struct str){z, z ? strlen(z) : 0};
}

bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_ieq(struct str a, struct str b)
{
	return a.n == b.n && str_istarts(a, b);
}

bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq(str_sub(s, 0, prefix.n), prefix);
}

bool str_istarts(struct str s, struct str prefix)
{
	if (s.n < prefix.n)
		return false;
	for (size_t i = 0; i < prefix.n; i++)
		if (str_lower(s.p[i]) != str_lower(prefix.p[i]))
			return false;
	return true;
}

bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_sub(s, s.n - suffix.n, suffix.n), suffix);
}

int str_cmp(struct str a, struct str b)
{
	size_t n = MIN(a.n, b.n);
	int c = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
	while (s.n > 0 && blank(s.p[0]))
		s = (struct str){s.p + 1, s.n - 1};
	while (s.n > 0 && blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct str str_sub(struct str s, size_t from, size_t n)
{
	from = MIN(from, s.n);
	if (from > 0)
		s.p += from;
	s.n = MIN(n, s.n - from);
	return s;
}

size_t str_chr(struct str s, char c)
{
	const char *at = s.n > 0 ? memchr(s.p, c, s.n) : NULL;

	return at ? (size_t)(at - s.p) : s.n;
}

size_t str_find(struct str s, struct str needle)
{
	if (needle.n == 0)
		return 0;
	const char *at = s.n > 0 ? memmem(s.p, s.n, needle.p, needle.n) : NULL;

	return at ? (size_t)(at - s.p) : s.n;
}

bool str_ihas(struct str s, struct str needle)
{
	for (size_t i = 0; i + needle.n <= s.n; i++)
		if (str_istarts(str_sub(s, i, SIZE_MAX), needle))
			return true;
	return false;
}

struct str str_cut(struct str *rest, char sep)
{
	size_t at = str_chr(*rest, sep);
	struct str head = str_sub(*rest, 0, at);

	*rest = str_sub(*rest, at + (at < rest->n), SIZE_MAX);
	return head;
}

struct str str_word(struct str *rest)
{
	struct str s = *rest;
	size_t n = 0;

	while (s.n > 0 && blank(s.p[0]))
		s = (struct str){s.p + 1, s.n - 1};
	while (n < s.n && !blank(s.p[n]))
		n++;
	*rest = str_sub(s, n, SIZE_MAX);
	return str_sub(s, 0, n);
}

int str_to_int(struct str s, int64_t min, int64_t max, int64_t *ret_value)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	int64_t v = 0;

	if (negative)
		s = str_sub(s, 1, SIZE_MAX);
	if (s.n == 0)
		return -EBADMSG;
	for (size_t i = 0; i < s.n; i++) {
		int digit = s.p[i] - '0';

		if (digit < 0 || digit > 9)
			return -EBADMSG;
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, digit, &v))
			return -ERANGE;
	}
	if (!negative && __builtin_sub_overflow(0, v, &v))
		return -ERANGE;
	if (v < min || v > max)
		return -ERANGE;
	*ret_value = v;
	return 0;
}

int str_to_num(struct str s, double *ret_value)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	double v = 0, unit = 1;
	size_t digits = 0;
	bool point = false;

	for (size_t i = negative; i < s.n; i++) {
		if (s.p[i] == '.' && !point) {
			point = true;
			continue;
		}
		if (s.p[i] < '0' || s.p[i] > '9')
			return -EBADMSG;
		v = v * 10 + (s.p[i] - '0');
		unit *= point ? 10 : 1;
		digits++;
	}
	if (digits == 0)
		return -EBADMSG;
	*ret_value = (negative ? -v : v) / unit;
	return 0;
}

size_t str_copy(struct str s, char *buf, size_t size)
{
	size_t n;

	if (size == 0)
		return 0;
	n = MIN(s.n, size - 1);
	if (n > 0)
		memcpy(buf, s.p, n);
	buf[n] = '\0';
	return n;
}

size_t str_distance(struct str a, struct str b, size_t limit)
{
	size_t d[3][DISTANCE_MAX_CHARS + 1];

	if (a.n > DISTANCE_MAX_CHARS || b.n > DISTANCE_MAX_CHARS)
		return limit + 1;
	for (size_t j = 0; j <= b.n; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t *row = d[i % 3], *up = d[(i - 1) % 3], *up2 = d[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			size_t cost = str_lower(a.p[i - 1]) != str_lower(b.p[j - 1]);

			row[j] = MIN(MIN(row[j - 1], up[j]) + 1, up[j - 1] + cost);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
				row[j] = MIN(row[j], up2[j - 2] + 1);
		}
	}
	return MIN(d[a.n % 3][b.n], limit + 1);
}

static uint64_t secret[2];

/* Runs before main(), so before any thread. */
__attribute__((constructor)) static void draw_secret(void)
{
	if (getrandom(secret, sizeof(secret), 0) != (ssize_t)sizeof(secret))
		abort();
}

#define ROTL(x, b) (((x) << (b)) | ((x) >> (64 - (b))))

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = ROTL(v[1], 13) ^ v[0];
	v[0] = ROTL(v[0], 32);
	v[2] += v[3];
	v[3] = ROTL(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = ROTL(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = ROTL(v[1], 17) ^ v[2];
	v[2] = ROTL(v[2], 32);
}

/* SipHash-1-3 (Aumasson, Bernstein), as hash tables of other languages use it. */
uint64_t str_hash(struct str s)
{
	uint64_t v[4] = {secret[0] ^ 0x736f6d6570736575u, secret[1] ^ 0x646f72616e646f6du,
			 secret[0] ^ 0x6c7967656e657261u, secret[1] ^ 0x7465646279746573u};
	uint64_t word;
	size_t i = 0;

	for (; i + 8 <= s.n; i += 8) {
		memcpy(&word, s.p + i, 8);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	word = (uint64_t)s.n << 56;
	for (size_t k = 0; i + k < s.n; k++)
		word |= (uint64_t)(unsigned char)s.p[i + k] << (8 * k);
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
	v[2] ^= 0xff;
	for (int k = 0; k < 3; k++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
