#include "base/rng.h"
#include "leg/sip_call_impl.h"
#include "leg_sip_walk.h"
#include "test.h"

/* ---- one agent, and what it says ---- */

struct agent {
	struct sip_ua *ua;
	struct rng rng;
	struct sip_call *call;
	usec now, due;
	unsigned sends, calls, denied;
	int refuse_with;
	enum sip_news_what last_news;
	int last_status;
	enum leg_end why;
	unsigned ended;
	bool broken; /* the transport fails */
	char sent[4096], invite[4096], tag[64], branch[64], info[64], words[128];
};

static int on_send(void *arg, const struct sip_flow *flow, struct str bytes)
{
	static struct sip_msg m;
	struct agent *a = arg;
	char copy[4096];
	size_t n = str_copy(bytes, copy, sizeof(copy));

	a->sends++;
	str_copy(bytes, a->sent, sizeof(a->sent));
	CHECK_INT(sip_msg_parse(copy, n, SIP_DATAGRAM, &m), 0);
	if (!m.is_request && m.to.tag.n > 0)
		str_copy(m.to.tag, a->tag, sizeof(a->tag));
	if (m.is_request)
		str_copy(m.via.branch, a->branch, sizeof(a->branch));
	if (m.is_request && m.method == SIP_INVITE)
		str_copy(bytes, a->invite, sizeof(a->invite));
	return a->broken ? -ENETUNREACH : 0;
}

static void on_deadline(void *arg, usec at)
{
	((struct agent *)arg)->due = at;
}

static void on_self(void *arg, const struct sip_flow *flow, struct addr *ret_self)
{
	*ret_self = flow->local;
}

static int on_news(void *arg, struct sip_call *call, const struct sip_news *news)
{
	struct agent *a = arg;

	a->last_news = news->what;
	a->last_status = news->status;
	if (news->what == SIP_NEWS_REFERRED)
		return 202;
	if (news->what == SIP_NEWS_INFO) {
		str_copy(news->msg->body, a->info, sizeof(a->info));
		return 200;
	}
	if (news->what == SIP_NEWS_ENDED) {
		a->why = news->why;
		str_copy(news->words, a->words, sizeof(a->words));
		a->ended++;
		a->call = sip_call_close(call, a->now);
	}
	return 0;
}

static int on_call(void *arg, struct sip_call *call, const struct sip_trunk *trunk,
		   const struct sip_msg *invite, usec now)
{
	struct agent *a = arg;

	a->calls++;
	if (a->refuse_with)
		return a->refuse_with;
	a->call = call;
	sip_call_own(call, (struct sip_call_user){on_news, a});
	return 0;
}

static void on_denied(void *arg, const struct sip_flow *flow)
{
	((struct agent *)arg)->denied++;
}

static const struct sip_ua_ops ops = {on_send, on_deadline, on_self, on_call, on_denied};

/* 192.0.2.0/24 needs no password; 198.51.100.0/24 is the guest alice. */
static const struct addr_range near = {.ip = {.family = ADDR_V4, .ip = {192, 0, 2, 0}}, .bits = 24};
static const struct addr_range far = {.ip = {.family = ADDR_V4, .ip = {198, 51, 100, 0}}, .bits = 24};
static const struct sip_trunk list[] = {
	{.name = STR_INIT("near"), .from = &near, .from_count = 1},
	{.name = STR_INIT("far"),
	 .from = &far,
	 .from_count = 1,
	 .guest = {STR_INIT("alice"), STR_INIT("secret")}},
};
static const struct sip_trunks trunks = {list, ARRAY_LEN(list)};

static int agent_open_with(struct agent *a, size_t calls_max, bool take_refers)
{
	const struct sip_ua_config config = {
		.shard = 7,
		.t1 = SIP_T1,
		.t2 = SIP_T2,
		.t4 = SIP_T4,
		.decide_max = USEC_SEC(60),
		.ring_max = USEC_SEC(60),
		.refer_max = USEC_SEC(32),
		.calls_max = calls_max,
		.transactions_max = 100,
		.retry_after_sec = 9,
		.realm = STR("offhook"),
		.sha256 = true,
		.md5 = true,
		.take_refers = take_refers,
		.trunks = &trunks,
	};

	*a = (struct agent){.due = USEC_NEVER};
	rng_init_number(&a->rng, 1);
	return sip_ua_new(&config, &ops, a, &a->rng, &a->ua);
}

static int agent_open(struct agent *a, size_t calls_max)
{
	return agent_open_with(a, calls_max, false);
}

static void agent_close(struct agent *a)
{
	struct sip_ua_stats stats = sip_ua_read_stats(a->ua);

	sip_walk_add(&stats);
	sip_ua_free(a->ua);
}

static struct sip_flow flow_from(const char *source)
{
	struct sip_flow f = {.transport = SIP_UDP};

	CHECK_INT(addr_parse(str_from(source), 5060, &f.remote), 0);
	CHECK_INT(addr_parse(STR("203.0.113.1"), 5060, &f.local), 0);
	return f;
}

static void receive_from(struct agent *a, const char *source, const char *text)
{
	struct sip_flow f = flow_from(source);
	char bytes[4096];
	size_t n = str_copy(str_from(text), bytes, sizeof(bytes));

	a->sends = 0;
	a->sent[0] = '\0';
	sip_ua_receive(a->ua, &f, bytes, n, a->now);
}

static void receive(struct agent *a, const char *text)
{
	receive_from(a, "192.0.2.1", text);
}

static void pass(struct agent *a, usec span)
{
	usec until = a->now + span;

	while (a->due <= until) {
		a->now = MAX(a->now, a->due);
		sip_ua_tick(a->ua, a->now);
	}
	a->now = until;
}

/* A request with a new branch each time. `in_dialog`: with the tag that we gave last. */
static const char *request(struct agent *a, const char *method, unsigned cseq, bool in_dialog,
			   const char *rest)
{
	static char text[4096];
	static unsigned branch;

	snprintf(text, sizeof(text),
		 "%s sip:clinic@203.0.113.1 SIP/2.0\r\n"
		 "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK%u\r\n"
		 "From: <sip:bob@192.0.2.1>;tag=f1\r\n"
		 "To: <sip:clinic@203.0.113.1>%s%s\r\n"
		 "Call-ID: c1\r\n"
		 "CSeq: %u %s\r\n"
		 "Contact: <sip:bob@192.0.2.1>\r\n"
		 "%s",
		 method, ++branch, in_dialog ? ";tag=" : "", in_dialog ? a->tag : "", cseq, method, rest);
	return text;
}

#define NOTHING      "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
#define WITH(header) "Max-Forwards: 70\r\n" header "\r\nContent-Length: 0\r\n\r\n"

static bool said(const struct agent *a, const char *text)
{
	return strstr(a->sent, text) != NULL;
}

/* Brings a call up: INVITE, 200, ACK. */
static void call_up(struct agent *a)
{
	receive(a, request(a, "INVITE", 1, false, NOTHING));
	CHECK(said(a, "SIP/2.0 100 "));
	CHECK_INT(sip_call_answer(a->call, NULL, STR("v=0\r\n"), a->now), 0);
	CHECK(said(a, "SIP/2.0 200 ") && said(a, "Contact: <sip:s07@203.0.113.1:5060>") &&
	      said(a, "Allow: "));
	receive(a, request(a, "ACK", 1, true, NOTHING));
	CHECK_INT(a->last_news, SIP_NEWS_CONFIRMED);
}

/* ---- what requests deserve ---- */

static const struct {
	const char *method, *rest;
	bool in_dialog;
	const char *answer, *with;
} verdicts[] = {
	{"OPTIONS", NOTHING, false, "SIP/2.0 200 ", "Allow: "},
	{"OPTIONS", "Max-Forwards: 0\r\nContent-Length: 0\r\n\r\n", false, "SIP/2.0 483 ", ""},
	{"INVITE", WITH("Require: 100rel"), false, "SIP/2.0 420 ", "Unsupported: 100rel"},
	{"INVITE", "Max-Forwards: 70\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx", false,
	 "SIP/2.0 415 ", "Accept: application/sdp"},
	{"PUBLISH", NOTHING, false, "SIP/2.0 405 ", "Allow: "},
	{"FETCH", NOTHING, false, "SIP/2.0 501 ", ""},
	{"BYE", NOTHING, true, "SIP/2.0 481 ", ""},
	{"BYE", NOTHING, false, "SIP/2.0 481 ", ""},
	{"NOTIFY", WITH("Event: refer\r\nSubscription-State: active"), false, "SIP/2.0 481 ", ""},
	{"CANCEL", NOTHING, false, "SIP/2.0 481 ", ""},
};

TEST(sip_ua_gives_each_request_its_answer)
{
	struct agent a;

	REQUIRE(agent_open(&a, 10) == 0);
	str_copy(STR("nobody"), a.tag, sizeof(a.tag));
	for (size_t i = 0; i < ARRAY_LEN(verdicts); i++) {
		receive(&a, request(&a, verdicts[i].method, (unsigned)i + 1, verdicts[i].in_dialog,
				    verdicts[i].rest));
		if (!said(&a, verdicts[i].answer) || !said(&a, verdicts[i].with))
			test_failed(__FILE__, __LINE__, "row %zu: %s", i, a.sent);
		CHECK(!said(&a, "Server:") && !said(&a, "User-Agent:"));
		str_copy(STR("nobody"), a.tag, sizeof(a.tag));
	}
	CHECK_INT(a.calls, 0);
	agent_close(&a);
}

TEST(sip_ua_refuses_when_full_or_told_so)
{
	struct agent a;

	REQUIRE(agent_open(&a, 1) == 0);
	a.refuse_with = 486;
	receive(&a, request(&a, "INVITE", 1, false, NOTHING));
	CHECK(said(&a, "SIP/2.0 486 "));
	pass(&a, USEC_SEC(64));
	a.refuse_with = 0;
	receive(&a, request(&a, "INVITE", 2, false, NOTHING));
	CHECK(said(&a, "SIP/2.0 100 "));
	receive(&a, request(&a, "INVITE", 3, false, NOTHING));
	CHECK(said(&a, "SIP/2.0 503 ") && said(&a, "Retry-After: 9"));
	receive(&a, request(&a, "OPTIONS", 4, false, NOTHING));
	CHECK(said(&a, "SIP/2.0 503 "));
	agent_close(&a);
}

/* A guest's INVITE with a wrong password, in answer to the challenge with that nonce. */
static void guess(struct agent *a, unsigned cseq, struct str nonce)
{
	char headers[512];

	snprintf(headers, sizeof(headers),
		 WITH("Authorization: Digest username=\"alice\", realm=\"offhook\", nonce=\"" STR_FMT
		      "\", uri=\"sip:clinic@203.0.113.1\", algorithm=MD5, "
		      "response=\"00000000000000000000000000000000\""),
		 STR_ARG(nonce));
	receive_from(a, "198.51.100.1", request(a, "INVITE", cseq, false, headers));
}

TEST(sip_ua_asks_guests_for_their_password)
{
	struct agent a;
	struct str rest;

	REQUIRE(agent_open(&a, 10) == 0);
	receive_from(&a, "198.51.100.1", request(&a, "INVITE", 1, false, NOTHING));
	CHECK(said(&a, "SIP/2.0 401 ") && said(&a, "algorithm=SHA-256") && said(&a, "algorithm=MD5"));
	CHECK_INT(a.calls, 0);
	/* Whoever was never challenged may be anybody, with the guest's address written on it. */
	guess(&a, 2, STR("x"));
	CHECK(said(&a, "SIP/2.0 401 ") && said(&a, "stale=true"));
	CHECK_INT(a.denied, 0);
	rest = str_from(a.sent);
	rest = str_sub(rest, str_find(rest, STR("nonce=\"")) + 7, SIZE_MAX);
	guess(&a, 3, str_cut(&rest, '"'));
	CHECK(said(&a, "SIP/2.0 403 "));
	CHECK_INT(a.denied, 1);
	CHECK_INT(a.calls, 0);
	agent_close(&a);
}

/* ---- calls ---- */

TEST(sip_call_refuses_what_comes_too_late)
{
	struct agent a;

	REQUIRE(agent_open(&a, 10) == 0);
	call_up(&a);
	receive(&a,
		request(&a, "INFO", 5, true,
			"Max-Forwards: 70\r\nContent-Type: application/dtmf\r\nContent-Length: 1\r\n\r\n5"));
	CHECK(said(&a, "SIP/2.0 200 "));
	CHECK_STR(str_from(a.info), "5");
	receive(&a, request(&a, "INFO", 4, true, NOTHING));
	CHECK(said(&a, "SIP/2.0 500 "));
	receive(&a, request(&a, "UPDATE", 6, true, NOTHING));
	CHECK(said(&a, "SIP/2.0 405 "));
	receive(&a, request(&a, "BYE", 7, true, WITH("Reason: Q.850;cause=16")));
	CHECK(said(&a, "SIP/2.0 200 "));
	pass(&a, 0);
	CHECK_INT(a.ended, 1);
	CHECK_INT(a.why, LEG_END_REMOTE);
	receive(&a, request(&a, "INFO", 8, true, NOTHING));
	CHECK(said(&a, "SIP/2.0 481 "));
	agent_close(&a);
}

TEST(sip_call_repeats_its_200_until_the_ack_and_then_gives_up)
{
	struct agent a;
	unsigned repeats = 0;

	REQUIRE(agent_open(&a, 10) == 0);
	receive(&a, request(&a, "INVITE", 1, false, NOTHING));
	CHECK_INT(sip_call_answer(a.call, NULL, STR("v=0\r\n"), a.now), 0);
	for (a.sends = 0; !said(&a, "BYE ") && a.now < USEC_SEC(40); a.sends = 0) {
		pass(&a, USEC_MS(100));
		repeats += a.sends > 0 && said(&a, "SIP/2.0 200 ");
	}
	CHECK_INT(repeats, 10); /* at 0.5, 1.5, 3.5, 7.5, then every 4 s */
	CHECK(said(&a, "BYE sip:bob@192.0.2.1 SIP/2.0"));
	CHECK_INT(a.now, USEC_SEC(32));
	CHECK_INT(a.why, LEG_END_LOST);
	agent_close(&a);
}

TEST(sip_call_answers_glare_both_ways)
{
	struct agent a;
	char answer[1024];

	REQUIRE(agent_open(&a, 10) == 0);
	call_up(&a);
	CHECK_INT(sip_call_offer(a.call, STR("v=0\r\n"), a.now), 0);
	CHECK(said(&a, "INVITE sip:bob@192.0.2.1 SIP/2.0"));
	CHECK_INT(sip_call_offer(a.call, STR("v=0\r\n"), a.now), -EBUSY);
	snprintf(answer, sizeof(answer),
		 "SIP/2.0 491 Request Pending\r\nVia: SIP/2.0/UDP 203.0.113.1:5060;branch=%s\r\n"
		 "From: <sip:clinic@203.0.113.1>;tag=%s\r\nTo: <sip:bob@192.0.2.1>;tag=f1\r\n"
		 "Call-ID: c1\r\nCSeq: 2 INVITE\r\nContent-Length: 0\r\n\r\n",
		 a.branch, a.tag);
	receive(&a, request(&a, "INVITE", 2, true, NOTHING));
	CHECK(said(&a, "SIP/2.0 491 "));
	receive(&a, answer);
	CHECK(said(&a, "ACK "));
	/* They made the Call-ID, so we are the ones who wait less. */
	pass(&a, USEC_SEC(2));
	CHECK(said(&a, "INVITE sip:bob@192.0.2.1 SIP/2.0") && said(&a, "CSeq: 3 INVITE"));
	agent_close(&a);
}

TEST(sip_call_waits_for_its_re_invite)
{
	struct agent a;

	REQUIRE(agent_open(&a, 10) == 0);
	call_up(&a);
	receive(&a, request(&a, "INVITE", 2, true, NOTHING));
	CHECK_INT(a.last_news, SIP_NEWS_OFFER);
	receive(&a, request(&a, "INVITE", 3, true, NOTHING));
	CHECK(said(&a, "SIP/2.0 500 ") && said(&a, "Retry-After: "));
	CHECK_INT(sip_call_refuse_offer(a.call, 488, a.now), 0);
	CHECK(said(&a, "SIP/2.0 488 "));
	CHECK_INT(sip_call_accept_offer(a.call, STR("v=0\r\n"), a.now), -EPROTO);
	agent_close(&a);
}

TEST(sip_call_follows_a_transfer)
{
	struct agent a;

	REQUIRE(agent_open(&a, 10) == 0);
	call_up(&a);
	CHECK_INT(sip_call_refer(a.call, STR("sip:human@192.0.2.9"), NULL, a.now), 0);
	CHECK(said(&a, "REFER sip:bob@192.0.2.1 SIP/2.0") && said(&a, "Refer-To: <sip:human@192.0.2.9>"));
	CHECK_INT(sip_call_refer(a.call, STR("sip:human@192.0.2.9"), NULL, a.now), -EBUSY);
	/* Faster than the 202. */
	receive(&a, request(&a, "NOTIFY", 2, true,
			    "Event: refer\r\nSubscription-State: active\r\nContent-Type: message/sipfrag\r\n"
			    "Content-Length: 21\r\n\r\nSIP/2.0 180 Ringing\r\n"));
	CHECK(said(&a, "SIP/2.0 200 "));
	CHECK_INT(a.last_status, 180);
	receive(&a,
		request(&a, "NOTIFY", 3, true,
			"Event: refer\r\nSubscription-State: terminated\r\nContent-Type: message/sipfrag\r\n"
			"Content-Length: 18\r\n\r\nSIP/2.0 486 Busy\r\n"));
	CHECK_INT(a.last_status, 486);
	receive(&a,
		request(&a, "NOTIFY", 4, true,
			"Event: refer\r\nSubscription-State: terminated\r\nContent-Type: message/sipfrag\r\n"
			"Content-Length: 18\r\n\r\nSIP/2.0 486 Busy\r\n"));
	CHECK(said(&a, "SIP/2.0 481 "));
	agent_close(&a);
}

TEST(sip_call_takes_a_transfer_only_where_that_is_wanted)
{
	static const char elsewhere[] = WITH("Refer-To: <sip:human@192.0.2.9>");
	struct agent a;

	REQUIRE(agent_open(&a, 10) == 0);
	call_up(&a);
	CHECK(!said(&a, "REFER"));
	receive(&a, request(&a, "REFER", 2, true, elsewhere));
	CHECK(said(&a, "SIP/2.0 405 ") && a.last_news != SIP_NEWS_REFERRED);
	agent_close(&a);

	REQUIRE(agent_open_with(&a, 10, true) == 0);
	call_up(&a);
	receive(&a, request(&a, "REFER", 2, true, elsewhere));
	CHECK_INT(a.sends, 2); /* 202, and how it went */
	CHECK(said(&a, "NOTIFY sip:bob@192.0.2.1 SIP/2.0") && said(&a, "Event: refer\r\n") &&
	      said(&a, "Subscription-State: terminated") && said(&a, "Content-Type: message/sipfrag") &&
	      said(&a, "\r\n\r\nSIP/2.0 200 OK"));
	CHECK_INT(a.last_news, SIP_NEWS_REFERRED);
	receive(&a, request(&a, "BYE", 3, true, NOTHING));
	pass(&a, USEC_SEC(40));
	CHECK_INT(a.ended, 1);
	agent_close(&a);
}

TEST(sip_call_takes_silence_after_a_transfer_for_unknown)
{
	struct agent a;

	REQUIRE(agent_open(&a, 10) == 0);
	call_up(&a);
	CHECK_INT(sip_call_refer(a.call, STR("sip:human@192.0.2.9"), NULL, a.now), 0);
	receive(&a, request(&a, "NOTIFY", 2, true,
			    "Event: refer\r\nSubscription-State: active\r\nContent-Type: message/sipfrag\r\n"
			    "Content-Length: 20\r\n\r\nSIP/2.0 100 Trying\r\n"));
	a.last_status = 0;
	pass(&a, USEC_SEC(33));
	CHECK_INT(a.last_news, SIP_NEWS_ENDED); /* the REFER itself was never answered: they are gone */
	agent_close(&a);
}

/* ---- calls of ours ---- */

static void call_out(struct agent *a, bool broken)
{
	struct sip_dial d = {
		.flow = flow_from("192.0.2.1"),
		.uri = STR("sip:bob@192.0.2.1"),
		.from_uri = STR("sip:us@203.0.113.1"),
		.credentials = {STR("us"), STR("secret")},
		.sdp = STR("v=0\r\n"),
	};

	REQUIRE(agent_open(a, 10) == 0);
	a->broken = broken;
	CHECK_INT(sip_ua_dial(a->ua, &d, (struct sip_call_user){on_news, a}, a->now, &a->call), 0);
	a->broken = false;
	CHECK(said(a, "INVITE sip:bob@192.0.2.1 SIP/2.0") && said(a, "CSeq: 1 INVITE"));
}

/* The other end answers our newest INVITE. `headers` are whole lines. */
static void answer(struct agent *a, int status, const char *to_tag, const char *headers)
{
	static struct sip_msg invite;
	struct sip_reply reply = {.status = status, .to_tag = str_from(to_tag)};
	char copy[4096], text[4096];
	size_t n = str_copy(str_from(a->invite), copy, sizeof(copy));
	struct buf b;

	buf_init(&b, sizeof(text));
	CHECK_INT(sip_msg_parse(copy, n, SIP_DATAGRAM, &invite), 0);
	sip_print_response(&b, &invite, &reply);
	buf_add_str(&b, str_from(headers));
	sip_print_body(&b, (struct str){0}, (struct str){0});
	str_copy(buf_str(&b), text, sizeof(text));
	buf_fini(&b);
	receive(a, text);
}

#define BOB       "Contact: <sip:bob@192.0.2.1:5070>\r\n"
#define CHALLENGE "WWW-Authenticate: Digest realm=\"x\", nonce=\"n\", algorithm=MD5, qop=\"auth\"\r\n"

TEST(sip_call_out_answers_one_challenge)
{
	struct agent a;

	call_out(&a, false);
	answer(&a, 401, "t0", CHALLENGE);
	CHECK(said(&a, "CSeq: 2 INVITE") && said(&a, "Authorization: Digest username=\"us\""));
	answer(&a, 180, "t1", "");
	answer(&a, 401, "t1",
	       "WWW-Authenticate: Digest realm=\"x\", nonce=\"m\", stale=true, algorithm=MD5\r\n");
	CHECK(said(&a, "CSeq: 3 INVITE") && said(&a, "nonce=\"m\""));
	answer(&a, 401, "t1", CHALLENGE);
	pass(&a, 0);
	CHECK_INT(a.why, LEG_END_REFUSED);
	agent_close(&a);
}

TEST(sip_call_out_keeps_one_fork)
{
	struct agent a;

	call_out(&a, false);
	answer(&a, 180, "t1", "");
	answer(&a, 183, "t2", BOB);
	answer(&a, 200, "t1", BOB);
	CHECK_INT(a.last_news, SIP_NEWS_ANSWERED);
	CHECK(said(&a, "ACK sip:bob@192.0.2.1:5070 SIP/2.0") && said(&a, "tag=t1"));
	answer(&a, 200, "t1", BOB);
	CHECK_INT(a.sends, 1);
	CHECK(said(&a, "ACK "));
	answer(&a, 200, "t2", BOB);
	CHECK_INT(a.sends, 2);
	CHECK(said(&a, "BYE ") && said(&a, "tag=t2"));
	sip_call_hangup(a.call, 0, NULL, a.now);
	CHECK(said(&a, "BYE ") && said(&a, "tag=t1") && said(&a, "CSeq: 2 BYE"));
	agent_close(&a);
}

TEST(sip_call_out_reports_where_it_is_sent)
{
	struct agent a;

	call_out(&a, false);
	answer(&a, 302, "t1", "Contact: <sip:other@192.0.2.5>\r\n");
	pass(&a, 0);
	CHECK_INT(a.why, LEG_END_REFUSED);
	CHECK_STR(str_from(a.words), "<sip:other@192.0.2.5>");
	agent_close(&a);
}

TEST(sip_call_out_gives_up_ringing)
{
	struct agent a;

	call_out(&a, false);
	answer(&a, 180, "t1", "");
	pass(&a, USEC_SEC(60));
	CHECK(said(&a, "CANCEL sip:bob@192.0.2.1 SIP/2.0"));
	CHECK_INT(a.why, LEG_END_NO_ANSWER);
	/* Nobody even answers the CANCEL. */
	pass(&a, USEC_SEC(60));
	CHECK_INT(sip_ua_read_stats(a.ua).calls, 0);
	agent_close(&a);
}

TEST(sip_call_out_is_given_up_in_every_state)
{
	struct agent a;

	call_out(&a, false);
	sip_call_hangup(a.call, 0, NULL, a.now);
	answer(&a, 401, "t1", CHALLENGE);
	pass(&a, 0);
	CHECK_INT(a.why, LEG_END_LOCAL);
	CHECK_INT(sip_ua_read_stats(a.ua).calls, 0);
	agent_close(&a);

	call_out(&a, false);
	answer(&a, 180, "t1", "");
	sip_call_hangup(a.call, 0, NULL, a.now);
	answer(&a, 401, "t1", CHALLENGE);
	pass(&a, 0);
	CHECK_INT(sip_ua_read_stats(a.ua).calls, 0);
	agent_close(&a);

	/* A 200 that crosses the CANCEL and cannot be acknowledged. */
	call_out(&a, false);
	answer(&a, 180, "t1", "");
	sip_call_hangup(a.call, 0, NULL, a.now);
	answer(&a, 200, "", "");
	pass(&a, 0);
	CHECK_INT(sip_ua_read_stats(a.ua).calls, 0);
	agent_close(&a);

	call_out(&a, true);
	answer(&a, 180, "t1", "");
	pass(&a, 0);
	CHECK_INT(a.why, LEG_END_LOST);
	agent_close(&a);
}

/* The guards behind the transactions' own ends: nothing has to fail for them, so they are set off by hand. */
TEST(sip_call_out_ends_even_without_its_transaction)
{
	struct sip_call_input in = {0};
	struct agent a;

	for (int way = 0; way < 3; way++) {
		call_out(&a, false);
		if (way == 2)
			answer(&a, 180, "t1", "");
		if (way > 0)
			sip_call_hangup(a.call, 0, NULL, a.now);
		CHECK(sip_call_step(a.call, SIP_CALL_GUARD, &in));
		sip_ua_tick(a.ua, a.now);
		CHECK_INT(sip_ua_read_stats(a.ua).calls, 0);
		agent_close(&a);
	}
}

TEST(sip_call_in_ends_on_every_way)
{
	struct agent a;

	REQUIRE(agent_open(&a, 10) == 0);
	receive(&a, request(&a, "INVITE", 1, false, NOTHING));
	CHECK_INT(sip_call_ring(a.call, 180, (struct str){0}, a.now), 0);
	receive(&a, request(&a, "BYE", 2, true, NOTHING));
	pass(&a, 0);
	CHECK_INT(a.why, LEG_END_CANCELLED);
	a.broken = true;
	receive(&a, request(&a, "INVITE", 3, false, NOTHING));
	a.broken = false;
	pass(&a, 0);
	CHECK_INT(a.why, LEG_END_LOST);
	/* Hung up before the ACK, which never comes: the BYE waits for it as long as it may. */
	receive(&a, request(&a, "INVITE", 4, false, NOTHING));
	CHECK_INT(sip_call_answer(a.call, NULL, STR("v=0\r\n"), a.now), 0);
	sip_call_hangup(a.call, 0, NULL, a.now);
	pass(&a, USEC_SEC(31));
	CHECK(!said(&a, "BYE "));
	pass(&a, USEC_SEC(1));
	CHECK(said(&a, "BYE "));
	agent_close(&a);
}

TEST(sip_call_hangs_up_when_a_re_invite_is_not_acknowledged)
{
	struct agent a;

	REQUIRE(agent_open(&a, 10) == 0);
	call_up(&a);
	receive(&a, request(&a, "INVITE", 2, true, NOTHING));
	CHECK_INT(sip_call_accept_offer(a.call, STR("v=0\r\n"), a.now), 0);
	pass(&a, USEC_SEC(33));
	CHECK(said(&a, "BYE "));
	CHECK_INT(a.why, LEG_END_LOST);
	agent_close(&a);
}
