/* Challenges and credentials. The input is the value of the header, at both ends; what we print in answer to
 * a challenge the other end must read. */
#include "fuzz.h"

#include <assert.h>

#include "wire/sip_auth.h"

#define HEAD                                                                                             \
	"Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\n" \
	"CSeq: 1 INVITE\r\n"

static struct sip_msg m;
static struct sip_auth_server server = {
	.sha256 = true,
	.md5 = true,
	.legacy = true,
	.lifetime = USEC_SEC(60),
	.secret = "0123456789abcdef0123456789abcdef",
};

static int message(struct buf *b, struct str start, struct str name, struct str value)
{
	buf_clear(b);
	buf_add_str(b, start);
	buf_add_str(b, STR(HEAD));
	buf_add_str(b, name);
	buf_add_str(b, value);
	buf_add_str(b, STR("\r\n\r\n"));
	return b->error ? b->error : sip_msg_parse(b->p, b->n, SIP_DATAGRAM, &m);
}

/* The answer to a challenge, read as its maker would. */
static void answer(struct sip_auth_client *client, struct buf *b)
{
	const struct sip_credentials who = {STR("bob"), STR("secret")};
	struct sip_auth auth;
	struct buf line;
	int rc;

	buf_init(&line, 1 << 16);
	sip_auth_print(client, &line, &who, SIP_INVITE, STR("sip:c@d"), STR("c"));
	assert(!line.error);
	assert(message(b, STR("INVITE sip:c@d SIP/2.0\r\n"), (struct str){0}, buf_str(&line)) == 0);
	server.realm = (struct str){client->realm, client->realm_n};
	rc = sip_auth_read(&server, &m, &auth);
	assert(rc == 0);
	rc = sip_auth_verify(&server, &auth, STR("INVITE"), STR("secret"), USEC_SEC(1));
	assert(rc == SIP_AUTH_STALE);
	buf_fini(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str value = {(const char *)data, size};
	struct sip_auth_client client = {0};
	struct sip_auth auth;
	struct buf b;

	buf_init(&b, 1 << 16);
	if (message(&b, STR("SIP/2.0 407 No\r\n"), STR("Proxy-Authenticate: "), value) == 0 &&
	    sip_auth_take(&client, &m) == 0) {
		client.role = SIP_AUTH_USER;
		answer(&client, &b);
	}
	server.realm = STR("r");
	if (message(&b, STR("INVITE sip:c@d SIP/2.0\r\n"), STR("Authorization: "), value) == 0 &&
	    sip_auth_read(&server, &m, &auth) == 0)
		assert(sip_auth_verify(&server, &auth, STR("INVITE"), STR("secret"), 0) >= 0);
	buf_fini(&b);
	return 0;
}
