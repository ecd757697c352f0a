/* A session by HTTP: what is asked when, what is told of it, what it costs. */
#include "provider/stt/stt_http.h"

#include "base/rng.h"
#include "contract.h"
#include "fake_whisper.h"
#include "provider/stt/take.h"

#define FRAME 160 /* 20 ms */

extern const struct stt_http_dialect openai_transcriptions, speaches_transcriptions, vllm_transcriptions,
	whisper_server;

struct caller {
	struct loop *loop;
	struct stt *stt;
	usec at;
	char told[2048]; /* "READY\nLIKELY 1 1.2 seconds\n" ... */
	size_t told_n;
	struct usage used[32];
	size_t used_n;
	enum fault fault;
	usec retry_after;
	float confidence;
};

static struct str extra[4];
static struct service service;
static struct rng rng;
static struct service_host host = {.rng = &rng};
static struct service_use use = {&service, &host, &whisper_server};

static void on_event(void *arg, const struct stt_event *ev)
{
	static const char *const names[STT_EV_COUNT_] = {"READY", "PARTIAL",  "LIKELY",
							 "FINAL", "ENDPOINT", "FAULT"};
	struct caller *c = arg;

	c->fault = ev->fault;
	c->retry_after = ev->retry_after;
	c->confidence = ev->confidence;
	c->told_n += (size_t)snprintf(c->told + c->told_n, sizeof(c->told) - c->told_n, "%s %u " STR_FMT "\n",
				      names[ev->type], ev->utterance, STR_ARG(ev->text));
}

static void on_usage(void *arg, const struct usage *u)
{
	struct caller *c = arg;

	CHECK_STR(u->service, "ears");
	CHECK_INT(u->kind, USAGE_STT);
	CHECK_INT(u->amount[USAGE_REQUESTS], 1);
	if (c->used_n < ARRAY_LEN(c->used))
		c->used[c->used_n++] = *u;
}

static void open_session(struct caller *c, const struct stt_http_dialect *dialect, usec latency)
{
	static const struct str terms[] = {STR_INIT("Offhook"), STR_INIT("Dr. \"Q\" Meyer")};
	struct stt_params params = {.sink = {on_event, c},
				    .usage = {on_usage, c},
				    .language = STR("en-GB"),
				    .key_terms = terms,
				    .key_term_count = ARRAY_LEN(terms)};

	*c = (struct caller){.at = USEC_SEC(50)};
	CHECK_INT(loop_new(LOOP_SIM, c->at, &c->loop), 0);
	c->stt = contract_state(stt_http_ops.state_size);
	rng_init_number(&rng, 7);
	use.dialect = dialect;
	host.loop = params.loop = c->loop;
	service.name = STR("ears");
	fake_whisper_start(c->loop, latency);
	CHECK_INT(stt_open(c->stt, &stt_http_ops, &use, &params), 0);
	loop_advance(c->loop, 1);
}

static void close_session(struct caller *c)
{
	stt_close(c->stt);
	CHECK_INT(fake_net_stop(), 0);
	contract_state_free(c->stt, stt_http_ops.state_size);
	loop_free(c->loop);
	service = (struct service){0};
}

static void feed(struct caller *c, usec span)
{
	static const int16_t pcm[FRAME];

	for (usec end = c->at + span; c->at < end; c->at += USEC_MS(20)) {
		(void)!stt_feed(c->stt, c->at, pcm, FRAME);
		loop_advance(c->loop, USEC_MS(20));
	}
}

static void say(struct caller *c, usec span)
{
	stt_speech(c->stt, true, c->at);
	feed(c, span);
	stt_speech(c->stt, false, c->at);
}

static void used(const struct caller *c, size_t i, enum usage_end end, usec audio)
{
	CHECK(i < c->used_n);
	CHECK_INT(c->used[i].end, end);
	CHECK_INT(c->used[i].amount[USAGE_AUDIO_IN], audio);
}

TEST(stt_http_has_the_text_before_it_is_asked_for)
{
	struct caller c;

	open_session(&c, &whisper_server, USEC_MS(50));
	say(&c, USEC_SEC(1));
	feed(&c, USEC_MS(180));
	CHECK_INT(fake_whisper.asked, 0);
	feed(&c, USEC_MS(120));
	CHECK_STR(str_from(c.told), "READY 1 \nLIKELY 1 1.2 seconds\n");
	feed(&c, USEC_MS(200));
	CHECK_INT(stt_finish(c.stt, c.at), 0);
	loop_advance(c.loop, 1);
	CHECK_STR(str_from(c.told), "READY 1 \nLIKELY 1 1.2 seconds\nFINAL 1 1.2 seconds\n");
	CHECK_INT(fake_whisper.asked, 1);
	CHECK_INT(c.used_n, 1);
	used(&c, 0, USAGE_DONE, USEC_MS(1200));
	close_session(&c);
}

/* Pauses that are each short enough must not add up to a caller who waits for good. */
TEST(stt_http_waits_for_all_of_an_answer_only_so_long)
{
	struct caller c;

	service.first_limit = USEC_MS(2500);
	service.stall_limit = USEC_SEC(3);
	open_session(&c, &whisper_server, USEC_MS(50));
	say(&c, USEC_SEC(1));
	CHECK_INT(stt_finish(c.stt, c.at), 0);
	loop_advance(c.loop, 1);
	CHECK_INT(fake_whisper.total_limit, USEC_SEC(5));
	close_session(&c);
}

TEST(stt_http_cancels_and_sends_again_when_the_caller_goes_on)
{
	struct caller c;

	open_session(&c, &whisper_server, USEC_MS(300));
	say(&c, USEC_SEC(1));
	feed(&c, USEC_MS(240));
	CHECK_INT(fake_whisper.asked, 1);
	say(&c, USEC_SEC(1));
	CHECK_INT(fake_net_seen()->cancelled, 1);
	CHECK_INT(stt_finish(c.stt, c.at), 0);
	loop_advance(c.loop, USEC_MS(301));
	CHECK_STR(str_from(c.told), "READY 1 \nFINAL 1 2.2 seconds\n");
	CHECK_INT(c.used_n, 2);
	used(&c, 0, USAGE_CANCELLED, USEC_MS(1200));
	used(&c, 1, USAGE_DONE, USEC_MS(2240));
	close_session(&c);
}

TEST(stt_http_cuts_long_speech_into_requests)
{
	struct caller c;
	usec sum = 0;

	open_session(&c, &whisper_server, USEC_MS(50));
	say(&c, USEC_SEC(60));
	CHECK_INT(stt_finish(c.stt, c.at), 0);
	loop_advance(c.loop, USEC_MS(200));
	CHECK_INT(fake_whisper.asked, 3);
	CHECK_INT(c.used_n, 3);
	for (size_t i = 0; i < c.used_n; i++) {
		CHECK(c.used[i].amount[USAGE_AUDIO_IN] <= (uint64_t)USEC_SEC(25));
		sum += (usec)c.used[i].amount[USAGE_AUDIO_IN];
	}
	CHECK_INT(sum, USEC_SEC(60));
	CHECK(str_find(str_from(c.told), STR("FINAL 1 ")) < c.told_n);
	close_session(&c);
}

TEST(stt_http_sends_a_growing_utterance_for_partials)
{
	struct caller c;

	extra[0] = STR("partials_ms=1000");
	service.extra = (struct opt_strs){extra, 1};
	open_session(&c, &whisper_server, USEC_MS(100));
	CHECK(c.stt->can & STT_PARTIALS);
	stt_speech(c.stt, true, c.at);
	feed(&c, USEC_MS(2500));
	CHECK_STR(str_from(c.told), "READY 1 \nPARTIAL 1 1.0 seconds\nPARTIAL 1 2.0 seconds\n");
	CHECK(!str_ihas(str_from(fake_whisper.form), STR("partials")));
	close_session(&c);
}

/* A request that nobody waits for any more is closed, and counted. */
TEST(stt_http_forgets_what_is_cancelled_or_closed)
{
	struct caller c;

	open_session(&c, &whisper_server, USEC_MS(300));
	say(&c, USEC_SEC(1));
	CHECK_INT(stt_finish(c.stt, c.at), 0);
	loop_advance(c.loop, 1);
	stt_cancel(c.stt);
	CHECK_INT(fake_net_seen()->cancelled, 1);
	used(&c, 0, USAGE_CANCELLED, USEC_SEC(1));
	c.at = loop_now(c.loop);
	say(&c, USEC_SEC(1));
	CHECK_INT(stt_finish(c.stt, c.at), 0);
	loop_advance(c.loop, 1);
	stt_close(c.stt);
	CHECK_INT(fake_net_seen()->cancelled, 2);
	CHECK_INT(c.used_n, 2);
	CHECK_STR(str_from(c.told), "READY 1 \n");
	close_session(&c);
}

TEST(stt_http_says_at_once_that_a_server_fails)
{
	static const struct {
		int status;
		enum fault fault;
		const char *answer;
		enum fault told;
		usec retry_after;
	} rows[] = {
		{503, FAULT_OVERLOAD, NULL, FAULT_OVERLOAD, 0},
		{429, FAULT_QUOTA, NULL, FAULT_QUOTA, FAKE_NET_RETRY_AFTER},
		{401, FAULT_AUTH, NULL, FAULT_AUTH, 0},
		{0, FAULT_NONE, "<html>", FAULT_PROTOCOL, 0},
		{0, FAULT_NONE, "{\"error\":\"no 'file' field in the request\"}", FAULT_PROTOCOL, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct caller c;

		open_session(&c, &whisper_server, USEC_MS(50));
		fake_whisper.status = rows[i].status;
		fake_whisper.fault = rows[i].fault;
		fake_whisper.answer = rows[i].answer;
		say(&c, USEC_SEC(1));
		feed(&c, USEC_MS(300)); /* nobody has asked for a final yet */
		CHECK_STR(str_from(c.told), "READY 1 \nFAULT 1 \n");
		CHECK_INT(c.fault, rows[i].told);
		CHECK_INT(c.retry_after, rows[i].retry_after);
		used(&c, 0, USAGE_FAILED, USEC_MS(1200));
		CHECK_INT(stt_finish(c.stt, c.at), -EPIPE);
		close_session(&c);
	}
}

TEST(stt_http_bills_nothing_that_nobody_got)
{
	struct caller c;

	open_session(&c, &whisper_server, USEC_MS(50));
	fake_whisper.mute = true;
	say(&c, USEC_SEC(1));
	feed(&c, USEC_MS(300));
	fake_net_done(fake_whisper.last, 0, FAULT_UNREACHABLE, "refused");
	feed(&c, USEC_MS(100));
	CHECK_STR(str_from(c.told), "READY 1 \nFAULT 1 refused\n");
	CHECK_INT(c.used_n, 0);
	close_session(&c);
}

static size_t count_warm(void)
{
	struct str rest = buf_str(&fake_net_seen()->log);
	size_t n = 0;

	while (rest.n > 0)
		n += str_starts(str_cut(&rest, '\n'), STR("warm "));
	return n;
}

TEST(stt_http_opens_a_connection_before_it_is_needed)
{
	struct caller c;

	open_session(&c, &whisper_server, USEC_MS(50));
	CHECK_INT(count_warm(), 1);
	say(&c, USEC_MS(500));
	CHECK_INT(count_warm(), 1);
	feed(&c, USEC_SEC(6));
	say(&c, USEC_MS(500)); /* the one of the first request may be gone */
	CHECK_INT(count_warm(), 2);
	close_session(&c);
}

TEST(stt_http_needs_a_key_where_one_is_needed)
{
	struct caller c;

	open_session(&c, &openai_transcriptions, 0);
	CHECK_STR(str_from(c.told), "FAULT 1 no key is configured\n");
	CHECK_INT(c.fault, FAULT_AUTH);
	CHECK_INT(fake_net_seen()->log.n, 0); /* without a connection */
	close_session(&c);
}

/* ---- dialects: what they send ---- */

static void one_utterance(struct caller *c, const struct stt_http_dialect *dialect)
{
	open_session(c, dialect, USEC_MS(50));
	say(c, USEC_SEC(1));
	feed(c, USEC_MS(300));
	CHECK_INT(fake_whisper.asked, 1);
	CHECK(str_find(str_from(c->told), STR("LIKELY 1 1.2 seconds")) < c->told_n);
}

TEST(stt_http_dialects_send_what_their_servers_want)
{
	static const struct {
		const struct stt_http_dialect *dialect;
		const char *key, *url, *form;
		unsigned rate_hz;
	} rows[] = {
		{&whisper_server, "", "http://127.0.0.1:8080/inference",
		 "response_format=verbose_json|no_language_probabilities=true|temperature=0.0|language=en|"
		 "prompt=Offhook, Dr. \"Q\" Meyer|",
		 16000},
		{&openai_transcriptions, "sk-1", "https://api.openai.com/v1/audio/transcriptions",
		 "model=gpt-4o-mini-transcribe|response_format=json|language=en|prompt=Offhook, Dr. \"Q\" "
		 "Meyer|",
		 8000},
		{&speaches_transcriptions, "", "http://127.0.0.1:8000/v1/audio/transcriptions",
		 "model=Systran/faster-whisper-small|response_format=verbose_json|language=en|"
		 "prompt=Offhook, Dr. \"Q\" Meyer|",
		 16000},
		{&vllm_transcriptions, "k", "http://127.0.0.1:8000/v1/audio/transcriptions",
		 "model=openai/whisper-large-v3-turbo|response_format=json|language=en|"
		 "prompt=Offhook, Dr. \"Q\" Meyer|",
		 16000},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct caller c;

		service.key = str_from(rows[i].key);
		one_utterance(&c, rows[i].dialect);
		CHECK_STR(str_from(fake_whisper.url), rows[i].url);
		CHECK_STR(str_from(fake_whisper.form), rows[i].form);
		CHECK_INT(fake_whisper.rate_hz, rows[i].rate_hz);
		CHECK(rows[i].key[0] ? str_ends(str_from(fake_whisper.authorization), str_from(rows[i].key))
				     : !fake_whisper.authorization[0]);
		close_session(&c);
	}
}

TEST(stt_http_takes_what_the_operator_says_before_its_own)
{
	struct caller c;

	extra[0] = STR("temperature=0.4");
	extra[1] = STR("suppress_nst=true");
	extra[2] = STR("language=auto");
	service = (struct service){.url = STR("https://speech.test/v1/"),
				   .key = STR("k"),
				   .model = STR("mine"),
				   .extra = {extra, 3}};
	one_utterance(&c, &speaches_transcriptions);
	CHECK_STR(str_from(fake_whisper.url), "https://speech.test/v1/audio/transcriptions");
	CHECK_STR(str_from(fake_whisper.form),
		  "model=mine|response_format=verbose_json|prompt=Offhook, Dr. \"Q\" Meyer|temperature=0.4|"
		  "suppress_nst=true|language=auto|");
	CHECK_STR(str_from(fake_whisper.authorization), "Bearer k");
	close_session(&c);
}

/* ---- dialects: what they read ---- */

TEST(stt_http_reads_what_servers_answer)
{
	static const struct {
		const char *body;
		int rc;
		const char *text;
		int percent; /* of confidence; -100 = not told */
	} rows[] = {
		{"{\"text\":\" hello\\n\"}", 0, "hello", -100},
		{"{\"text\":\"Hi.\",\"usage\":{\"type\":\"tokens\",\"input_tokens\":14}}", 0, "Hi.", -100},
		{"{\"text\":\"\"}", 0, "", -100},
		{"{\"task\":\"transcribe\",\"language\":\"english\",\"duration\":2.1,\"text\":\" one\\n "
		 "two\",\"segments\":["
		 "{\"id\":0,\"text\":\" "
		 "one\",\"start\":0.0,\"end\":1.0,\"avg_logprob\":0.0,\"no_speech_prob\":0.1},"
		 "{\"id\":1,\"text\":\" "
		 "two\",\"start\":1.0,\"end\":2.0,\"avg_logprob\":-0.693147,\"no_speech_prob\":0.1}]}",
		 0, "one two", 75},
		{"{\"text\":\" Thank you.\",\"segments\":["
		 "{\"text\":\" Thank you.\",\"avg_logprob\":-1.2,\"no_speech_prob\":0.9}]}",
		 0, "", -100},
		{"{\"text\":\"x\",\"segments\":[]}", 0, "x", -100},
		{"{\"error\":\"failed to process audio\"}", -EBADMSG, "", -100},
		{"{\"text\":7}", -EBADMSG, "", -100},
		{"[]", -EBADMSG, "", -100},
		{"", -EBADMSG, "", -100},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct stt_http_said said = {.confidence = -1};

		buf_init(&said.text, STT_HTTP_ANSWER_MAX);
		CHECK_INT(whisper_server.read(str_from(rows[i].body), &said), rows[i].rc);
		CHECK_STR(buf_str(&said.text), rows[i].text);
		CHECK_INT((int)(said.confidence * 100 + (said.confidence < 0 ? -0.5f : 0.5f)),
			  rows[i].percent);
		buf_fini(&said.text);
	}
}
