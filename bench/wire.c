/*
 * wire.c - what SIP and SDP cost to read and write
 *
 * Prints nanoseconds for each operation on messages as a trunk sends them, the
 * best of five rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "wire/sdp_nego.h"
#include "wire/sip_auth.h"
#include "wire/sip_check.h"
#include "wire/sip_frame.h"
#include "wire/sip_print.h"

#define ROUNDS 5
#define TIMES  20000u

static const char offer_text[] =
	"v=0\r\no=- 1700000000 1700000001 IN IP4 203.0.113.5\r\ns=-\r\nc=IN IP4 203.0.113.5\r\nt=0 0\r\n"
	"m=audio 16384 RTP/AVP 8 0 18 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
	"a=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\na=rtpmap:101 telephone-event/8000\r\n"
	"a=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n";

static const char invite_head[] =
	"INVITE sip:clinic@192.0.2.10:5060;transport=udp SIP/2.0\r\n"
	"Record-Route: <sip:203.0.113.1;lr;ftag=as58f4201b>\r\n"
	"Via: SIP/2.0/UDP 203.0.113.1:5060;branch=z9hG4bK1d32.8f4b1f2e0b5c.0\r\n"
	"Via: SIP/2.0/UDP 203.0.113.5:5060;received=203.0.113.5;branch=z9hG4bK4b43c2ff;rport=5060\r\n"
	"Max-Forwards: 69\r\n"
	"From: \"+1 555 123 0000\" <sip:+15551230000@203.0.113.5;user=phone>;tag=as58f4201b\r\n"
	"To: <sip:clinic@192.0.2.10>\r\n"
	"Contact: <sip:+15551230000@203.0.113.5:5060>\r\n"
	"Call-ID: 6b5d1a7e2f0a4c1b9e8d7c6b5a493827@203.0.113.5:5060\r\n"
	"CSeq: 102 INVITE\r\n"
	"User-Agent: Trunk 18.2\r\n"
	"Date: Thu, 14 Nov 2024 10:20:30 GMT\r\n"
	"Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, PUBLISH, MESSAGE\r\n"
	"Supported: replaces, timer\r\n"
	"P-Asserted-Identity: \"+1 555 123 0000\" <sip:+15551230000@203.0.113.5>\r\n"
	"X-Account: 4711\r\n"
	"Content-Type: application/sdp\r\n";

static char invite_text[4096], room[4096];
static size_t invite_n;
static struct sip_msg m;
static struct sdp offer;
static struct buf out;
static struct sdp_local local;
static struct sip_auth_server server;

/* `once` is run TIMES times. */
static void measure(const char *what, int (*once)(void))
{
	double best = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		usec begun = clock_read();

		for (unsigned n = 0; n < TIMES; n++) {
			if (once() < 0) {
				fprintf(stderr, "bench: %s failed\n", what);
				exit(1);
			}
		}
		best = MIN(best, (double)(clock_read() - begun) * 1000 / TIMES);
	}
	printf("%-52s %9.0f ns\n", what, best);
}

static int parse_invite(void)
{
	memcpy(room, invite_text, invite_n);
	return sip_msg_parse(room, invite_n, SIP_DATAGRAM, &m);
}

static int check_invite(void)
{
	static const char *const types[] = {"application/sdp", NULL};
	static const struct sip_accept accept = {.methods = UINT32_MAX, .types = types};

	return -sip_check_request(&m, &accept).status;
}

static int frame_invite(void)
{
	struct sip_frame frame;

	return sip_frame((struct str){invite_text, invite_n}, &frame);
}

static int print_ringing(void)
{
	const struct sip_reply reply = {
		.status = 180,
		.to_tag = STR("0123456789abcdef"),
		.source_ip = STR("203.0.113.1"),
		.source_port = 5060,
		.record_route = true,
	};

	buf_clear(&out);
	sip_print_response(&out, &m, &reply);
	sip_print_body(&out, (struct str){0}, (struct str){0});
	return out.error;
}

static int parse_offer(void)
{
	return sdp_parse((struct str){offer_text, sizeof(offer_text) - 1}, &offer);
}

static int answer_offer(void)
{
	struct sdp_outcome outcome;
	int rc;

	buf_clear(&out);
	rc = sdp_answer(&local, &offer, &out, &outcome);
	return rc < 0 ? rc : out.error;
}

static int compare_uris(void)
{
	static struct sip_uri a, b;

	if (!a.host.n && (sip_uri_parse(STR("sip:%61lice@atlanta.com;transport=TCP"), &a) < 0 ||
			  sip_uri_parse(STR("sip:alice@AtLanTa.CoM;Transport=tcp"), &b) < 0))
		return -1;
	return sip_uri_eq(&a, &b) ? 0 : -1;
}

static int challenge(void)
{
	buf_clear(&out);
	sip_auth_print_challenge(&server, &out, USEC_SEC(1), false);
	return out.error;
}

static int digest_sha256(void)
{
	const struct sip_auth auth = {
		.user = STR("bob"),
		.nonce = STR("0123456789abcdef0123456789abcdef0123456789abcdef"),
		.uri = STR("sip:clinic@192.0.2.10"),
		.response = STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
		.cnonce = STR("0a4f113b"),
		.nc = STR("00000001"),
		.qop = STR("auth"),
		.alg = SIP_AUTH_SHA256,
	};

	return sip_auth_verify(&server, &auth, STR("INVITE"), STR("secret"), USEC_SEC(1));
}

int main(void)
{
	static const struct sdp_codec *const codecs[] = {&sdp_pcmu, &sdp_pcma, &sdp_event_8k};

	local = (struct sdp_local){.codecs = codecs,
				   .codec_count = ARRAY_LEN(codecs),
				   .family = SDP_IP4,
				   .address = STR("192.0.2.10"),
				   .port = 20000,
				   .direction = SDP_SENDRECV};
	server = (struct sip_auth_server){
		.realm = STR("offhook"), .sha256 = true, .md5 = true, .lifetime = USEC_SEC(60)};
	invite_n = (size_t)snprintf(invite_text, sizeof(invite_text), "%sContent-Length: %zu\r\n\r\n%s",
				    invite_head, sizeof(offer_text) - 1, offer_text);
	buf_init(&out, SIP_MESSAGE_MAX_BYTES);
	printf("INVITE of %zu bytes, 18 headers, %zu of them SDP\n", invite_n, sizeof(offer_text) - 1);
	measure("sip_msg_parse, with the copy of the datagram", parse_invite);
	measure("sip_check_request", check_invite);
	measure("sip_frame", frame_invite);
	measure("sip_print_response 180", print_ringing);
	measure("sdp_parse", parse_offer);
	measure("sdp_answer", answer_offer);
	measure("sip_uri_eq", compare_uris);
	measure("sip_auth_print_challenge, two algorithms", challenge);
	measure("sip_auth_verify SHA-256", digest_sha256);
	buf_fini(&out);
	return 0;
}
