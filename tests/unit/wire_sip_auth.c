#include "base/hash.h"
#include "edge.h"
#include "test.h"
#include "wire/sip_auth.h"
#include "wire/sip_print.h"

#define NONCE_7616 "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"

TEST(sip_auth_gives_the_published_responses)
{
	static const struct {
		struct sip_auth_input in;
		const char *response;
	} rows[] = {
		/* RFC 7616 section 3.9.1 */
		{{SIP_AUTH_MD5, STR_INIT("Mufasa"), STR_INIT("http-auth@example.org"),
		  STR_INIT("Circle of Life"), STR_INIT("GET"), STR_INIT("/dir/index.html"),
		  STR_INIT(NONCE_7616), STR_INIT("00000001"),
		  STR_INIT("f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"), STR_INIT("auth")},
		 "8ca523f5e9506fed4657c9700eebdbec"},
		{{SIP_AUTH_SHA256, STR_INIT("Mufasa"), STR_INIT("http-auth@example.org"),
		  STR_INIT("Circle of Life"), STR_INIT("GET"), STR_INIT("/dir/index.html"),
		  STR_INIT(NONCE_7616), STR_INIT("00000001"),
		  STR_INIT("f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"), STR_INIT("auth")},
		 "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
		/* RFC 2617 section 3.5 */
		{{SIP_AUTH_MD5, STR_INIT("Mufasa"), STR_INIT("testrealm@host.com"),
		  STR_INIT("Circle Of Life"), STR_INIT("GET"), STR_INIT("/dir/index.html"),
		  STR_INIT("dcd98b7102dd2f0e8b11d0f600bfb0c093"), STR_INIT("00000001"), STR_INIT("0a4f113b"),
		  STR_INIT("auth")},
		 "6629fae49393a05397450978507c4ef1"},
		/* The form of RFC 2069, with its erratum's values */
		{{SIP_AUTH_MD5,
		  STR_INIT("Mufasa"),
		  STR_INIT("testrealm@host.com"),
		  STR_INIT("CircleOfLife"),
		  STR_INIT("GET"),
		  STR_INIT("/dir/index.html"),
		  STR_INIT("dcd98b7102dd2f0e8b11d0f600bfb0c093"),
		  {0},
		  {0},
		  {0}},
		 "1949323746fe6a43ef61f9606e7febea"},
	};
	char hex[HASH_MAX_HEX];
	struct str got;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		REQUIRE(sip_auth_response(&rows[i].in, hex, &got) == 0);
		CHECK_STR(got, rows[i].response);
	}
}

#define HEAD    "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\n"
#define REFUSED "SIP/2.0 401 Unauthorized\r\n" HEAD "CSeq: 1 INVITE\r\n"

static struct sip_msg m;
static struct sip_auth_client client;
static struct sip_auth_server server;

static const struct sip_credentials who = {STR_INIT("bob"), STR_INIT("secret")};

static int take(const char *text)
{
	struct str s = str_from(text);

	if (sip_msg_parse(edge_copy(s), s.n, SIP_DATAGRAM, &m) < 0)
		return -EPROTO;
	return sip_auth_take(&client, &m);
}

TEST(sip_auth_takes_the_strongest_challenge)
{
	static const struct {
		const char *text;
		int rc;
		enum sip_auth_alg alg;
		bool named, qop;
	} rows[] = {
		{REFUSED "\r\n", -ENOENT},
		{REFUSED "WWW-Authenticate: Basic realm=\"x\"\r\n\r\n", -ENOTSUP},
		{REFUSED "WWW-Authenticate: Digest realm=\"x\"\r\n\r\n", -EBADMSG},
		{REFUSED "WWW-Authenticate: Digest realm=\"x\", nonce=\"n\", algorithm=SHA-512-256\r\n\r\n",
		 -ENOTSUP},
		{REFUSED "WWW-Authenticate: Digest realm=\"x\", nonce=\"n\", qop=\"auth-int\"\r\n\r\n",
		 -ENOTSUP},
		{REFUSED "WWW-Authenticate: Digest realm=\"x\",\r\n nonce=\"n\"\r\n\r\n", 0, SIP_AUTH_MD5,
		 false, false},
		{REFUSED "WWW-Authenticate: digest nonce=\"n\",realm=\"x\",qop=\"auth-int, "
			 "auth\",algorithm=md5\r\n\r\n",
		 0, SIP_AUTH_MD5, true, true},
		{REFUSED
		 "WWW-Authenticate: Digest realm=\"x\", nonce=\"n\", algorithm=MD5, qop=\"auth\"\r\n"
		 "WWW-Authenticate: Digest realm=\"x\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"\r\n\r\n",
		 0, SIP_AUTH_SHA256, true, true},
		{REFUSED
		 "WWW-Authenticate: Digest realm=\"x\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"\r\n"
		 "WWW-Authenticate: Bogus\r\n\r\n",
		 0, SIP_AUTH_SHA256, true, true},
		{REFUSED "WWW-Authenticate: Digest realm=\"x\", nonce=\"n\",\r\n\r\n", -EBADMSG},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int rc;

		client = (struct sip_auth_client){0};
		rc = take(rows[i].text);
		if (rc != rows[i].rc || client.alg != rows[i].alg || client.alg_named != rows[i].named ||
		    client.qop != rows[i].qop)
			test_failed(__FILE__, __LINE__, "row %zu: rc %d, alg %d, named %d, qop %d", i, rc,
				    client.alg, client.alg_named, client.qop);
	}
}

TEST(sip_auth_knows_a_refusal_from_a_stale_nonce)
{
	struct buf b;

	buf_init(&b, 4096);
	client = (struct sip_auth_client){0};
	REQUIRE(take(REFUSED "WWW-Authenticate: Digest realm=\"x\", nonce=\"n1\", qop=\"auth\"\r\n\r\n") ==
		0);
	sip_auth_print(&client, &b, &who, SIP_INVITE, STR("sip:c@d"), STR("cn"));
	CHECK_INT(take(REFUSED "WWW-Authenticate: Digest realm=\"x\", nonce=\"n2\", qop=\"auth\"\r\n\r\n"),
		  -EACCES);
	CHECK_INT(take(REFUSED "WWW-Authenticate: Digest realm=\"x\", nonce=\"n1\", stale=true\r\n\r\n"),
		  -EACCES);
	CHECK_INT(take(REFUSED "WWW-Authenticate: Digest realm=\"x\", nonce=\"n2\", stale=TRUE\r\n\r\n"), 0);
	sip_auth_print(&client, &b, &who, SIP_INVITE, STR("sip:c@d"), STR("cn"));
	CHECK_INT(take(REFUSED "WWW-Authenticate: Digest realm=\"other\", nonce=\"n3\"\r\n\r\n"), 0);
	sip_auth_print(&client, &b, &who, SIP_INVITE, STR("sip:c@d"), STR("cn"));
	sip_auth_print(&client, &b, &who, SIP_INVITE, STR("sip:c@d"), STR("cn"));
	CHECK_INT(take(REFUSED "WWW-Authenticate: Digest realm=\"other\", nonce=\"n4\"\r\n\r\n"), 0);
	buf_fini(&b);
}

TEST(sip_auth_lets_nothing_break_out_of_its_line)
{
	static const struct {
		struct str user, uri, cnonce;
	} rows[] = {
		{STR_INIT("a\"b"), STR_INIT("sip:a"), STR_INIT("c")},
		{STR_INIT("a\r\nX: y"), STR_INIT("sip:a"), STR_INIT("c")},
		{STR_INIT("a"), STR_INIT("sip:a\""), STR_INIT("c")},
		{STR_INIT("a"), STR_INIT("sip:a"), STR_INIT("c\\")},
	};

	client = (struct sip_auth_client){0};
	REQUIRE(take(REFUSED "WWW-Authenticate: Digest realm=\"x\", nonce=\"n\"\r\n\r\n") == 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sip_credentials bad = {rows[i].user, STR("p")};
		struct buf b;

		buf_init(&b, 4096);
		sip_auth_print(&client, &b, &bad, SIP_INVITE, rows[i].uri, rows[i].cnonce);
		CHECK_INT(b.error, -EINVAL);
		buf_fini(&b);
	}
}

/* ---- both ends against each other ---- */

static void start(bool sha256)
{
	client = (struct sip_auth_client){0};
	server = (struct sip_auth_server){
		.realm = STR("offhook"),
		.sha256 = sha256,
		.md5 = true,
		.lifetime = USEC_SEC(60),
		.secret = "0123456789abcdef0123456789abcdef",
	};
}

static int challenge(usec now, bool stale)
{
	struct buf b;
	int rc;

	buf_init(&b, 4096);
	buf_add_str(&b, STR(REFUSED));
	sip_auth_print_challenge(&server, &b, now, stale);
	buf_add_str(&b, STR("\r\n"));
	buf_add_char(&b, '\0');
	rc = b.error ? b.error : take(b.p);
	buf_fini(&b);
	return rc;
}

/* The client's next request, read by the server. */
static int attempt(usec now, const char *password, struct buf *b)
{
	struct sip_credentials mine = {STR("bob"), str_from(password)};
	struct sip_auth auth;
	int rc;

	buf_clear(b);
	buf_add_str(b, STR("INVITE sip:c@d SIP/2.0\r\n" HEAD "CSeq: 1 INVITE\r\n"));
	sip_auth_print(&client, b, &mine, SIP_INVITE, STR("sip:c@d"), STR("cnonce"));
	buf_add_str(b, STR("\r\n"));
	if (b->error || sip_msg_parse(edge_copy(buf_str(b)), b->n, SIP_DATAGRAM, &m) < 0)
		return -EPROTO;
	rc = sip_auth_read(&server, &m, &auth);
	if (rc < 0)
		return rc;
	CHECK_STR(auth.user, "bob");
	return sip_auth_verify(&server, &auth, STR("INVITE"), STR("secret"), now);
}

TEST(sip_auth_lets_the_right_password_in)
{
	struct buf b;

	buf_init(&b, 4096);
	for (int sha256 = 0; sha256 < 2; sha256++) {
		start(sha256);
		REQUIRE(challenge(USEC_SEC(10), false) == 0);
		CHECK_INT(client.alg, sha256 ? SIP_AUTH_SHA256 : SIP_AUTH_MD5);
		for (int i = 0; i < 5; i++)
			CHECK_INT(attempt(USEC_SEC(11), "secret", &b), SIP_AUTH_OK);
		CHECK_INT(attempt(USEC_SEC(11), "Secret", &b), SIP_AUTH_WRONG);
		CHECK_INT(attempt(USEC_SEC(71), "secret", &b), SIP_AUTH_STALE);
		REQUIRE(challenge(USEC_SEC(71), true) == 0);
		CHECK_INT(attempt(USEC_SEC(72), "secret", &b), SIP_AUTH_OK);
	}
	buf_fini(&b);
}

TEST(sip_auth_refuses_what_was_used_or_forged)
{
	struct sip_auth auth;
	struct buf b;

	buf_init(&b, 4096);
	start(true);
	REQUIRE(challenge(USEC_SEC(10), false) == 0);
	client.count = 99;
	CHECK_INT(attempt(USEC_SEC(11), "secret", &b), SIP_AUTH_OK);
	REQUIRE(sip_auth_read(&server, &m, &auth) == 0);
	CHECK_INT(sip_auth_verify(&server, &auth, STR("INVITE"), STR("secret"), USEC_SEC(11)),
		  SIP_AUTH_STALE);
	CHECK_INT(sip_auth_verify(&server, &auth, STR("BYE"), STR("secret"), USEC_SEC(11)), SIP_AUTH_WRONG);
	CHECK_INT(sip_auth_verify(&server, &auth, STR("INVITE"), (struct str){0}, USEC_SEC(11)),
		  SIP_AUTH_WRONG);
	client.count = 98; /* overtaken on the way, but new */
	CHECK_INT(attempt(USEC_SEC(11), "secret", &b), SIP_AUTH_OK);
	client.count = 35; /* too far behind to know */
	CHECK_INT(attempt(USEC_SEC(11), "secret", &b), SIP_AUTH_STALE);
	client.count = 200;
	client.nonce[20] ^= 1;
	CHECK_INT(attempt(USEC_SEC(11), "secret", &b), SIP_AUTH_STALE);
	/* A forged source was never challenged: its guesses are held against nobody, and tell it nothing. */
	CHECK_INT(attempt(USEC_SEC(11), "Secret", &b), SIP_AUTH_STALE);
	buf_fini(&b);
}

TEST(sip_auth_forgets_nonces_without_forgiving_replays)
{
	struct sip_auth_client first;
	struct buf b;

	buf_init(&b, 4096);
	start(false);
	REQUIRE(challenge(USEC_SEC(10), false) == 0);
	CHECK_INT(attempt(USEC_SEC(11), "secret", &b), SIP_AUTH_OK);
	first = client;
	first.count = 0;
	for (int i = 0; i < 20 * SIP_AUTH_NONCES; i++) {
		client = (struct sip_auth_client){0};
		REQUIRE(challenge(USEC_SEC(12), false) == 0);
		if (attempt(USEC_SEC(12), "secret", &b) != SIP_AUTH_OK)
			test_failed(__FILE__, __LINE__, "fresh nonce %d refused", i);
	}
	client = first;
	CHECK_INT(attempt(USEC_SEC(13), "secret", &b), SIP_AUTH_STALE);
	buf_fini(&b);
}

TEST(sip_auth_takes_the_old_form_where_allowed)
{
	struct buf b;

	buf_init(&b, 4096);
	start(false);
	REQUIRE(challenge(USEC_SEC(10), false) == 0);
	client.qop = false;
	CHECK_INT(attempt(USEC_SEC(11), "secret", &b), -ENOTSUP);
	server.legacy = true;
	CHECK_INT(attempt(USEC_SEC(11), "secret", &b), SIP_AUTH_OK);
	CHECK_INT(attempt(USEC_SEC(11), "secret", &b), SIP_AUTH_STALE);
	buf_fini(&b);
}

static int credentials(const char *header)
{
	static char text[2048];
	struct sip_auth auth;

	snprintf(text, sizeof(text), "INVITE sip:c@d SIP/2.0\r\n" HEAD "CSeq: 1 INVITE\r\n%s\r\n", header);
	if (sip_msg_parse(text, strlen(text), SIP_DATAGRAM, &m) < 0)
		return -EPROTO;
	return sip_auth_read(&server, &m, &auth);
}

TEST(sip_auth_reads_credentials_with_care)
{
#define MD5_HEX "0123456789abcdef0123456789ABCDEF"
	start(false);
	CHECK_INT(credentials(""), -ENOENT);
	CHECK_INT(credentials("Authorization: Basic YTpi\r\n"), -ENOENT);
	CHECK_INT(credentials("Authorization: Digest realm=\"other\", username=\"x\"\r\n"), -ENOENT);
	CHECK_INT(credentials("Authorization: Digest realm=\"offhook\", username=\"x\"\r\n"), -EBADMSG);
	CHECK_INT(credentials("Authorization: Digest realm=\"offhook\", realm=\"offhook\"\r\n"), -EBADMSG);
	CHECK_INT(credentials("Authorization: Digest realm=\"offhook\", username=\"x\", nonce=\"n\", "
			      "uri=\"sip:c@d\", "
			      "response=\"" MD5_HEX "\", qop=auth, nc=00000001, cnonce=\"c\"\r\n"),
		  0);
	CHECK_INT(credentials("Authorization: Digest realm=\"offhook\", username=\"x\", nonce=\"n\", "
			      "uri=\"sip:c@d\", "
			      "response=\"" MD5_HEX "\", qop=auth, nc=1, cnonce=\"c\"\r\n"),
		  -EBADMSG);
	CHECK_INT(credentials("Authorization: Digest realm=\"offhook\", username=\"x\", nonce=\"n\", "
			      "uri=\"sip:c@d\", "
			      "response=\"short\", qop=auth, nc=00000001, cnonce=\"c\"\r\n"),
		  -EBADMSG);
	CHECK_INT(credentials("Authorization: Digest realm=\"offhook\", username=\"x\", nonce=\"n\", "
			      "uri=\"sip:c@d\", "
			      "response=\"" MD5_HEX
			      "\", algorithm=SHA-256, qop=auth, nc=00000001, cnonce=\"c\"\r\n"),
		  -ENOTSUP);
	CHECK_INT(credentials("Authorization: Digest realm=\"offhook\", username=\"x\", nonce=\"n\", "
			      "uri=\"sip:c@d\", "
			      "response=\"" MD5_HEX "\", qop=auth-int, nc=00000001, cnonce=\"c\"\r\n"),
		  -ENOTSUP);
}
