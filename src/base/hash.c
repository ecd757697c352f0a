/* First: it uses words as attributes that base/def.h defines as macros. */
#include <openssl/evp.h>

#include "base/hash.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#define BLOCK_BYTES 64 /* of all three functions */

/* Fetched once: looking an algorithm up costs more than hashing a SIP credential. NULL = refused. */
static EVP_MD *algorithms[3];
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void)
{
	algorithms[HASH_MD5] = EVP_MD_fetch(NULL, "MD5", NULL);
	algorithms[HASH_SHA1] = EVP_MD_fetch(NULL, "SHA1", NULL);
	algorithms[HASH_SHA256] = EVP_MD_fetch(NULL, "SHA256", NULL);
}

/* first[first_n] and parts[count], joined. */
static int digest(enum hash_kind kind, struct str first, const struct str *parts, size_t count,
		  struct hash *ret_hash)
{
	EVP_MD_CTX *ctx;
	unsigned n = 0;
	bool ok;

	pthread_once(&fetched, fetch);
	ctx = EVP_MD_CTX_new();
	ok = ctx && algorithms[kind] && EVP_DigestInit_ex2(ctx, algorithms[kind], NULL) &&
	     EVP_DigestUpdate(ctx, first.p, first.n);
	for (size_t i = 0; ok && i < count; i++)
		ok = EVP_DigestUpdate(ctx, parts[i].p, parts[i].n);
	ok = ok && EVP_DigestFinal_ex(ctx, ret_hash->bytes, &n);
	ret_hash->n = n;
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -ENOTSUP;
}

int hash_of(enum hash_kind kind, const struct str *parts, size_t count, struct hash *ret_hash)
{
	struct hash h;
	int rc = digest(kind, (struct str){0}, parts, count, &h);

	if (rc == 0)
		*ret_hash = h;
	return rc;
}

int hash_hmac(enum hash_kind kind, struct str key, const struct str *parts, size_t count,
	      struct hash *ret_hash)
{
	char inner[BLOCK_BYTES] = {0}, outer[BLOCK_BYTES];
	struct hash h;
	int rc;

	if (key.n > BLOCK_BYTES) {
		rc = digest(kind, key, NULL, 0, &h);
		if (rc < 0)
			return rc;
		key = (struct str){(const char *)h.bytes, h.n};
	}
	if (key.n > 0)
		memcpy(inner, key.p, key.n);
	for (size_t i = 0; i < BLOCK_BYTES; i++) {
		outer[i] = (char)(inner[i] ^ 0x5c);
		inner[i] = (char)(inner[i] ^ 0x36);
	}
	rc = digest(kind, (struct str){inner, BLOCK_BYTES}, parts, count, &h);
	if (rc < 0)
		return rc;
	return hash_of(kind, (struct str[]){{outer, BLOCK_BYTES}, {(const char *)h.bytes, h.n}}, 2, ret_hash);
}

struct str hash_hex(const struct hash *h, char buf[HASH_MAX_HEX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < h->n; i++) {
		buf[2 * i] = digits[h->bytes[i] >> 4];
		buf[2 * i + 1] = digits[h->bytes[i] & 15];
	}
	return (struct str){buf, 2 * h->n};
}

bool hash_equal(struct str a, struct str b)
{
	unsigned differ = 0;

	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		differ |= (unsigned)(a.p[i] ^ b.p[i]);
	return differ == 0;
}
