/* A session that is opened by HTTP first: where its answer may lead. */
#include "base/rng.h"
#include "contract.h"
#include "fake_net.h"
#include "provider/stt/stt_ws.h"

extern const struct stt_ws_dialect gladia_live;

static struct {
	char answer[256];
	int status; /* of the answer; 0 = 201 */
	enum fault fault;
	usec retry_after;
	bool ready;
} at;

static void on_ask(unsigned conn, const struct http_ask *ask)
{
	CHECK_STR(str_from(ask->method), "POST");
	if (at.status == 0)
		fake_net_piece(conn, str_from(at.answer));
	fake_net_done(conn, at.status ? at.status : 201, at.status ? FAULT_QUOTA : FAULT_NONE, "");
}

static void on_event(void *arg, const struct stt_event *ev)
{
	(void)arg;
	at.ready |= ev->type == STT_EV_READY;
	at.fault = ev->fault;
	at.retry_after = ev->retry_after;
}

/* Returns where the WebSocket was opened; "" = nowhere. */
static struct str leads_to(const char *service_url, const char *answer)
{
	static const struct fake_net_vendor vendor = {.opens_after = USEC_MS(1), .on_ask = on_ask};
	static char opened[WS_URL_MAX];
	struct service service = {.name = STR("ears"),
				  .url = str_from(service_url),
				  .key = STR("gl-key"),
				  .connect_limit = USEC_SEC(1)};
	struct rng rng;
	struct service_host host = {.rng = &rng};
	struct service_use use = {&service, &host, &gladia_live};
	struct stt_params params = {.sink = {on_event, NULL}};
	struct stt *stt = contract_state(stt_ws_ops.state_size);

	snprintf(at.answer, sizeof(at.answer), "{\"id\":\"1\",\"url\":\"%s\"}", answer);
	at.ready = false;
	at.fault = FAULT_NONE;
	rng_init_number(&rng, 7);
	CHECK_INT(loop_new(LOOP_SIM, USEC_SEC(1), &params.loop), 0);
	host.loop = params.loop;
	fake_net_start(params.loop, &vendor);
	CHECK_INT(stt_open(stt, &stt_ws_ops, &use, &params), 0);
	loop_advance(params.loop, USEC_MS(10));
	str_copy(fake_net_seen()->opened > 0 ? fake_net_url(2) : STR(""), opened, sizeof(opened));
	stt_close(stt);
	contract_state_free(stt, stt_ws_ops.state_size);
	CHECK_INT(fake_net_stop(), 0);
	loop_free(params.loop);
	return str_from(opened);
}

TEST(a_session_is_opened_where_the_answer_says)
{
	CHECK_STR(leads_to("", "wss://eu.gladia.io/v2/live?token=t"), "wss://eu.gladia.io/v2/live?token=t");
	CHECK(at.ready && at.fault == FAULT_NONE);
	CHECK_STR(leads_to("http://127.0.0.1:9", "ws://127.0.0.1:9/x"), "ws://127.0.0.1:9/x");
	CHECK(at.ready);
}

/* What callers say stays encrypted, whatever the answer names. */
TEST(an_answer_does_not_lead_out_of_tls)
{
	CHECK_STR(leads_to("", "ws://eu.gladia.io/v2/live?token=t"), "");
	CHECK_INT(at.fault, FAULT_PROTOCOL);
	CHECK_STR(leads_to("HTTPS://gladia.local", "WS://gladia.local/"), "");
	CHECK_INT(at.fault, FAULT_PROTOCOL);
}

TEST(a_rate_limit_of_the_question_says_how_long_it_lasts)
{
	at.status = 429;
	CHECK_STR(leads_to("", "wss://eu.gladia.io/v2/live?token=t"), "");
	at.status = 0;
	CHECK_INT(at.fault, FAULT_QUOTA);
	CHECK_INT(at.retry_after, FAKE_NET_RETRY_AFTER);
}
