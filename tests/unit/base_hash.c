#include "base/hash.h"
#include "test.h"

static char hex[HASH_MAX_HEX];

static struct str of(enum hash_kind kind, struct str a, struct str b)
{
	struct hash h;

	if (hash_of(kind, (struct str[]){a, b}, 2, &h) < 0)
		return STR("refused");
	return hash_hex(&h, hex);
}

static struct str hmac(enum hash_kind kind, struct str key, struct str text)
{
	struct hash h;

	if (hash_hmac(kind, key, &text, 1, &h) < 0)
		return STR("refused");
	return hash_hex(&h, hex);
}

TEST(hash_gives_the_published_digests)
{
	/* RFC 1321, FIPS 180 */
	CHECK_STR(of(HASH_MD5, STR(""), STR("")), "d41d8cd98f00b204e9800998ecf8427e");
	CHECK_STR(of(HASH_MD5, STR("a"), STR("bc")), "900150983cd24fb0d6963f7d28e17f72");
	CHECK_STR(of(HASH_SHA1, STR("ab"), STR("c")), "a9993e364706816aba3e25717850c26c9cd0d89d");
	CHECK_STR(of(HASH_SHA256, STR("abc"), (struct str){0}),
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(hash_hmac_gives_the_published_codes)
{
	static const char aa[131] = {[0 ... 130] = (char)0xaa};

	/* RFC 2202, RFC 4231 */
	CHECK_STR(hmac(HASH_MD5, STR("Jefe"), STR("what do ya want for nothing?")),
		  "750c783e6ab0b503eaa86e310a5db738");
	CHECK_STR(hmac(HASH_SHA1, STR("Jefe"), STR("what do ya want for nothing?")),
		  "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	CHECK_STR(hmac(HASH_SHA256, STR("Jefe"), STR("what do ya want for nothing?")),
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	CHECK_STR(hmac(HASH_SHA256, (struct str){aa, 131},
		       STR("Test Using Larger Than Block-Size Key - Hash Key First")),
		  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(hash_equal_compares_all_of_it)
{
	CHECK(hash_equal(STR("abc"), STR("abc")));
	CHECK(!hash_equal(STR("abc"), STR("abd")));
	CHECK(!hash_equal(STR("abc"), STR("ab")));
	CHECK(hash_equal(STR(""), (struct str){0}));
}
