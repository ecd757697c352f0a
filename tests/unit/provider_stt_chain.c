/* A chain of recognisers against the same conversation without a fault. */
#include "../scenario/fake_stt.h"
#include "base/buf.h"
#include "base/rng.h"
#include "contract.h"
#include "provider/stt/stt_chain.h"
#include "provider/stt/stt_tape.h"

#define FRAME        160
#define LETTER       USEC_MS(40)
#define SCRIPT_MAX   (16 * 1024)
#define SWITCHES_MAX 16

/* What the caller says, one a turn, and how the turn ends. */
enum turn_end {
	TURN_ANSWERED,  /* finish, and the host waits for the text */
	TURN_KEPT,      /* finish, and the caller goes on before the text is there */
	TURN_FORGOTTEN, /* cancel */
};

static const struct {
	const char *words;
	enum turn_end end;
} turns[] = {
	{"good morning ", TURN_ANSWERED},
	{"i would like to book an appointment ", TURN_ANSWERED},
	{"my number is ", TURN_KEPT},
	{"oh seven seven ", TURN_ANSWERED},
	{"mhm ", TURN_FORGOTTEN},
	{"on tuesday at ten ", TURN_ANSWERED},
	{"thank you very much and good bye ", TURN_ANSWERED},
};

struct host {
	struct loop *loop;
	struct stt_chain_config config;
	struct breaker breakers[2];
	struct fake_stt_config fakes[2];
	struct stt *stt;
	usec at;
	struct buf script; /* of the final texts, with their numbers */
	size_t finals, uncertain, readies, faults;
	uint32_t last_final;
	enum fault fault;
	struct chain_switch switches[SWITCHES_MAX];
	size_t switch_count;
	char words[CHAIN_WORDS_MAX], fault_words[CHAIN_WORDS_MAX]; /* of the last switch, of the fault */
	usec lost;
	usec fail_at[2]; /* when the session of that link dies; 0 = never */
};

static void on_event(void *arg, const struct stt_event *ev)
{
	struct host *h = arg;

	h->readies += ev->type == STT_EV_READY;
	h->faults += ev->type == STT_EV_FAULT;
	if (ev->type == STT_EV_FAULT) {
		h->fault = ev->fault;
		str_copy(ev->text, h->fault_words, sizeof(h->fault_words));
	}
	if (ev->type != STT_EV_FINAL)
		return;
	CHECK(ev->utterance > h->last_final);
	h->last_final = ev->utterance;
	h->finals++;
	h->uncertain += ev->uncertain;
	buf_printf(&h->script, "%u:" STR_FMT "\n", ev->utterance, STR_ARG(ev->text));
}

static void on_switch(void *arg, const struct chain_switch *sw)
{
	struct host *h = arg;

	if (h->switch_count < SWITCHES_MAX)
		h->switches[h->switch_count++] = *sw;
	str_copy(sw->words, h->words, sizeof(h->words));
}

static void on_lost(void *arg, usec sound)
{
	((struct host *)arg)->lost += sound;
}

static const struct fake_stt_config usual = {
	.opens_after = USEC_MS(80),
	.partial_every = USEC_MS(300),
	.likely_silence = USEC_MS(200),
	.likely_took = USEC_MS(60),
	.final_took = USEC_MS(150),
};

static void host_init(struct host *h, unsigned cannot)
{
	*h = (struct host){.at = USEC_SEC(50)};
	h->config = (struct stt_chain_config){.count = 2, .open_limit = USEC_MS(500)};
	h->config.watch = (struct chain_watch){on_switch, on_lost, h};
	for (int i = 0; i < 2; i++) {
		h->fakes[i] = usual;
		h->fakes[i].cannot = cannot;
		breaker_init(&h->breakers[i], &breaker_rules_default);
		h->config.links[i] = (struct stt_link){i == 0 ? STR("ears") : STR("spare"), &fake_stt_ops,
						       &h->fakes[i], &h->breakers[i]};
	}
	stt_chain_init(&h->config);
	buf_init(&h->script, SCRIPT_MAX);
}

static int host_open(struct host *h)
{
	struct stt_params params = {.sink = {on_event, h}, .language = STR("en-US")};
	int rc = loop_new(LOOP_SIM, h->at, &h->loop);

	if (rc < 0)
		return rc;
	h->stt = contract_state(h->config.ops.state_size);
	if (!h->stt)
		return -ENOMEM;
	params.loop = h->loop;
	return stt_open(h->stt, &h->config.ops, &h->config, &params);
}

static void host_close(struct host *h)
{
	if (h->stt)
		stt_close(h->stt);
	h->stt = contract_state_free(h->stt, h->config.ops.state_size);
	loop_free(h->loop);
	buf_fini(&h->script);
}

static void pass_frame(struct host *h)
{
	for (int i = 0; i < 2; i++) {
		if (h->fail_at[i] == 0 || h->at < h->fail_at[i] || !h->fakes[i].session)
			continue;
		fake_stt_fail(h->fakes[i].session);
		h->fail_at[i] = 0;
	}
	loop_advance(h->loop, USEC_MS(20));
	h->at += USEC_MS(20);
}

static int hear(struct host *h, const char *words, usec span)
{
	usec from = h->at;
	size_t n = strlen(words);
	int rc = 0;

	for (usec end = h->at + (n > 0 ? (usec)n * LETTER : span); h->at < end && rc == 0; pass_frame(h)) {
		size_t letter = (size_t)((h->at - from) / LETTER);
		int16_t pcm[FRAME];

		for (size_t i = 0; i < FRAME; i++)
			pcm[i] = n > 0 ? babble_sample(words[letter], (unsigned)letter) : BABBLE_SILENCE;
		rc = stt_feed(h->stt, h->at, pcm, FRAME);
	}
	return rc;
}

/* Like a call: sound all the time, marks where the detector sees speech. */
static int turn(struct host *h, size_t i)
{
	uint32_t asked;
	int rc = hear(h, "", USEC_MS(700));

	stt_speech(h->stt, true, h->at);
	rc = rc == 0 ? hear(h, turns[i].words, 0) : rc;
	stt_speech(h->stt, false, h->at);
	rc = rc == 0 ? hear(h, "", USEC_MS(500)) : rc;
	asked = h->stt->utterance;
	if (turns[i].end == TURN_FORGOTTEN)
		stt_cancel(h->stt);
	else if (rc == 0)
		rc = stt_finish(h->stt, h->at);
	while (turns[i].end == TURN_ANSWERED && rc == 0 && h->last_final < asked && h->faults == 0)
		rc = hear(h, "", USEC_MS(20));
	if (turns[i].end == TURN_ANSWERED)
		stt_cancel(h->stt);
	return rc;
}

static int converse(struct host *h)
{
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(turns) && rc == 0; i++)
		rc = turn(h, i);
	return rc;
}

/* The reference: what the first hears when it does not die. Returns how long it took. */
static usec faultless(unsigned cannot, char *ret_script, size_t size)
{
	struct host h;

	host_init(&h, cannot);
	CHECK_INT(host_open(&h), 0);
	CHECK_INT(converse(&h), 0);
	CHECK_INT(h.switch_count, 0);
	str_copy(buf_str(&h.script), ret_script, size);
	host_close(&h);
	return h.at - USEC_SEC(50);
}

/* Both may die once, each at a moment of its own. */
static size_t with_faults(struct rng *rng, unsigned cannot, usec span, const char *script)
{
	struct contract_left before = contract_begin();
	struct host h;

	host_init(&h, cannot);
	for (int i = 0; i < 2; i++)
		h.fail_at[i] = h.at + (usec)rng_below(rng, (uint32_t)span);
	CHECK_INT(host_open(&h), 0);
	CHECK_INT(converse(&h), 0);
	CHECK_STR(buf_str(&h.script), script);
	CHECK_INT(h.readies, 1);
	CHECK_INT(h.faults, 0);
	CHECK(!h.fakes[0].confused && !h.fakes[1].confused);
	host_close(&h);
	contract_end(before, "chain");
	return h.switch_count;
}

TEST(no_word_is_lost_when_a_recogniser_dies)
{
	static const unsigned cannot[] = {0, STT_LOCAL, STT_LOCAL | STT_LIKELY};
	char script[SCRIPT_MAX];
	size_t switches = 0;
	struct rng rng;

	for (size_t k = 0; k < ARRAY_LEN(cannot); k++) {
		usec span = faultless(cannot[k], script, sizeof(script));

		CHECK(str_find(str_from(script), STR("6:oh seven seven\n")) < sizeof(script));
		CHECK(str_find(str_from(script), STR("on tuesday at ten\n")) < sizeof(script));
		for (uint64_t seed = 1; seed <= 100; seed++) {
			rng_init_number(&rng, seed);
			switches += with_faults(&rng, cannot[k], span, script);
		}
	}
	CHECK(switches > 300);
}

TEST(a_chain_survives_links_that_do_not_open)
{
	static const enum fake_opening openings[] = {FAKE_CANNOT_OPEN, FAKE_FAILS_TO_OPEN, FAKE_NEVER_OPENS};
	char script[SCRIPT_MAX];

	faultless(0, script, sizeof(script));
	for (size_t i = 0; i < ARRAY_LEN(openings); i++) {
		struct host h;

		host_init(&h, 0);
		h.fakes[0].opening = openings[i];
		REQUIRE(host_open(&h) == 0);
		CHECK_INT(converse(&h), 0);
		CHECK_STR(buf_str(&h.script), script);
		CHECK_INT(h.readies, 1);
		CHECK_INT(h.switch_count, 1);
		CHECK_STR(h.switches[0].from, "ears");
		CHECK_STR(h.switches[0].to, "spare");
		CHECK(h.words[0] != 0);
		CHECK(h.breakers[0].faults[h.switches[0].fault] > 0);
		host_close(&h);
	}
}

/* The first is slow, but not so slow as the second. */
TEST(the_first_that_is_ready_serves)
{
	struct host h;

	host_init(&h, 0);
	h.fakes[0].opens_after = USEC_MS(700);
	h.fakes[1].opens_after = USEC_SEC(3);
	REQUIRE(host_open(&h) == 0);
	CHECK_INT(turn(&h, 0), 0);
	CHECK_INT(h.finals, 1);
	CHECK(h.fakes[0].session && !h.fakes[1].session);
	CHECK_INT(h.breakers[1].faults[FAULT_STALLED], 1);
	host_close(&h);
}

TEST(a_chain_dies_when_all_have)
{
	struct host h;

	host_init(&h, 0);
	h.fakes[1].opening = FAKE_FAILS_TO_OPEN;
	REQUIRE(host_open(&h) == 0);
	CHECK_INT(turn(&h, 0), 0);
	h.fakes[0].opening = FAKE_FAILS_TO_OPEN;
	fake_stt_fail(h.fakes[0].session);
	CHECK_INT(stt_finish(h.stt, h.at), 0);
	loop_advance(h.loop, USEC_SEC(2));
	CHECK_INT(h.faults, 1);
	CHECK_INT(h.fault, FAULT_UNREACHABLE);
	CHECK_INT(h.switch_count, 1);
	CHECK(str_empty(h.switches[0].to));
	CHECK_STR(str_from(h.words), str_from(h.fault_words).p);
	CHECK_INT(stt_finish(h.stt, h.at), -EPIPE);
	host_close(&h);
}

/* A connection was reset, twice; there is nobody else. */
TEST(one_that_has_served_is_given_another_chance)
{
	struct host h;

	host_init(&h, 0);
	h.config.count = 1;
	REQUIRE(host_open(&h) == 0);
	CHECK_INT(turn(&h, 0), 0);
	for (unsigned times = 1; times <= 2; times++) {
		fake_stt_fail(h.fakes[0].session);
		CHECK_INT(turn(&h, 1), 0);
		CHECK_INT(h.finals, times + 1);
		CHECK_INT(h.switch_count, times);
		CHECK_STR(h.switches[times - 1].to, "ears");
	}
	host_close(&h);
}

/* A connection was refused in the first moment; nobody was kept waiting by that. */
TEST(one_that_fails_soon_is_opened_once_more)
{
	struct host h;

	host_init(&h, 0);
	h.config.count = 1;
	h.fakes[0].opening = FAKE_FAILS_TO_OPEN;
	REQUIRE(host_open(&h) == 0);
	loop_advance(h.loop, USEC_MS(100));
	h.fakes[0].opening = FAKE_OPENS;
	CHECK_INT(turn(&h, 0), 0);
	CHECK_INT(h.finals, 1);
	CHECK_INT(h.faults, 0);
	CHECK_INT(h.breakers[0].faults[FAULT_UNREACHABLE], 1);
	host_close(&h);
}

/* For as long as it asks for: not by the count of its faults. */
TEST(a_recogniser_over_its_rate_is_left_alone_for_so_long)
{
	struct host h;

	host_init(&h, 0);
	h.fakes[0].opening = FAKE_FAILS_TO_OPEN;
	h.fakes[0].limited_for = USEC_SEC(20);
	REQUIRE(host_open(&h) == 0);
	CHECK_INT(turn(&h, 0), 0);
	CHECK_INT(h.finals, 1);
	CHECK_INT(h.switches[0].fault, FAULT_QUOTA);
	CHECK_INT(h.breakers[0].faults[FAULT_QUOTA], 1);
	CHECK_INT(h.breakers[0].until, USEC_SEC(50) + h.fakes[0].opens_after + USEC_SEC(20));
	CHECK_INT(breaker_read(&h.breakers[0], h.breakers[0].until - 1), BREAKER_OPEN);
	host_close(&h);
}

/* There is nobody else: it is asked before the caller is told that nobody hears him, once. */
TEST(a_recogniser_over_its_rate_is_better_than_none)
{
	struct host h;

	host_init(&h, 0);
	h.config.count = 1;
	h.fakes[0].opening = FAKE_FAILS_TO_OPEN;
	h.fakes[0].limited_for = USEC_SEC(20);
	REQUIRE(host_open(&h) == 0);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_INT(h.fault, FAULT_QUOTA);
	CHECK_INT(h.breakers[0].faults[FAULT_QUOTA], 1);
	stt_close(h.stt);
	memset(h.stt, 0, h.config.ops.state_size);
	h.faults = 0;
	h.fakes[0].opening = FAKE_OPENS;
	CHECK_INT(stt_open(h.stt, &h.config.ops, &h.config,
			   &(struct stt_params){.loop = h.loop, .sink = {on_event, &h}}),
		  0);
	h.at = loop_now(h.loop);
	CHECK_INT(turn(&h, 0), 0);
	CHECK_INT(h.finals, 1);
	CHECK_INT(h.faults, 0);
	CHECK_INT(breaker_read(&h.breakers[0], h.at), BREAKER_OPEN);
	host_close(&h);
}

/* Text was told, and then nothing more: the spare is told all of it. */
TEST(one_that_stalls_loses_no_word)
{
	struct host h;

	host_init(&h, 0);
	h.fakes[0].stalls_after = USEC_MS(500);
	REQUIRE(host_open(&h) == 0);
	CHECK_INT(turn(&h, 1), 0);
	CHECK_STR(buf_str(&h.script), "1:i would like to book an appointment\n");
	CHECK_INT(h.uncertain, 0);
	CHECK_INT(h.switch_count, 1);
	CHECK_INT(h.switches[0].fault, FAULT_STALLED);
	host_close(&h);
}

/* There is nobody else, and a second session stalls as well: what is known is told for what it is, and the
 * next turn may go better. */
TEST(what_is_known_is_told_when_all_stall)
{
	struct host h;

	host_init(&h, STT_LIKELY);
	h.config.count = 1;
	h.fakes[0].stalls_after = USEC_MS(500);
	REQUIRE(host_open(&h) == 0);
	CHECK_INT(turn(&h, 1), 0);
	CHECK_STR(buf_str(&h.script), "1:i would like to book an appointment\n");
	CHECK_INT(h.uncertain, 1);
	CHECK_INT(h.faults, 0);
	CHECK_INT(h.breakers[0].faults[FAULT_STALLED], 2);
	h.fakes[0].stalls_after = 0;
	CHECK_INT(turn(&h, 3), 0);
	CHECK(str_ends(buf_str(&h.script), STR(":oh seven seven\n")));
	CHECK_INT(h.uncertain, 1);
	host_close(&h);
}

TEST(a_chain_of_which_nothing_is_known_dies_of_stalling)
{
	struct host h;

	host_init(&h, 0);
	h.config.count = 1;
	h.fakes[0].stalls_after = USEC_MS(500);
	h.fakes[0].partial_every = h.fakes[0].likely_silence = 0;
	REQUIRE(host_open(&h) == 0);
	CHECK_INT(turn(&h, 1), 0);
	CHECK_INT(h.finals, 0);
	CHECK_INT(h.fault, FAULT_STALLED);
	host_close(&h);
}

/* Whoever speaks for longer than the tape is not heard whole by the second. */
TEST(what_is_too_old_to_be_told_again_is_counted)
{
	static const char word[] = "and so on and ";
	struct host h;

	host_init(&h, 0);
	REQUIRE(host_open(&h) == 0);
	stt_speech(h.stt, true, h.at);
	for (usec end = h.at + USEC_SEC(70); h.at < end;)
		CHECK_INT(hear(&h, word, 0), 0);
	CHECK_INT(h.lost, 0);
	fake_stt_fail(h.fakes[0].session);
	CHECK_INT(hear(&h, "", USEC_MS(500)), 0);
	CHECK(h.lost >= USEC_SEC(9) && h.lost <= USEC_SEC(12));
	CHECK_INT(stt_finish(h.stt, h.at), 0);
	loop_advance(h.loop, USEC_SEC(2));
	CHECK_INT(h.finals, 1);
	host_close(&h);
}

TEST(a_chain_asks_the_breakers)
{
	struct breaker_pass pass = {0};
	struct host h;

	host_init(&h, 0);
	for (int i = 0; i < 2; i++) {
		REQUIRE(breaker_ask(&h.breakers[i], h.at, &pass));
		breaker_failed(&h.breakers[i], &pass, h.at, FAULT_AUTH, 0);
	}
	REQUIRE(host_open(&h) == 0);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK_INT(h.faults, 1);
	CHECK_INT(h.fault, FAULT_AUTH);
	CHECK(!h.fakes[0].session && !h.fakes[1].session);
	host_close(&h);
}

/* In the middle of a sentence, and nothing of it is lost. */
TEST(a_chain_may_be_told_to_go_on_in_this_process)
{
	struct stt_ops remote = fake_stt_ops;
	struct host h;

	remote.can &= ~(unsigned)STT_LOCAL;
	host_init(&h, 0);
	h.config.links[0].ops = &remote;
	REQUIRE(host_open(&h) == 0);
	CHECK_INT(turn(&h, 0), 0);
	CHECK(h.fakes[0].session && !h.fakes[1].session);
	stt_speech(h.stt, true, h.at);
	CHECK_INT(hear(&h, "i would like ", 0), 0);
	CHECK(stt_chain_go_local(h.stt));
	CHECK(stt_chain_go_local(h.stt));
	CHECK_INT(hear(&h, "to book ", 0), 0);
	CHECK(!h.fakes[0].session && h.fakes[1].session);
	CHECK_INT(stt_finish(h.stt, h.at), 0);
	loop_advance(h.loop, USEC_SEC(1));
	CHECK(str_ends(buf_str(&h.script), STR(":i would like to book\n")));
	CHECK_INT(h.switch_count, 0);
	h.config.links[1].ops = &remote;
	CHECK(!stt_chain_go_local(h.stt));
	stt_close(h.stt);
	CHECK(!stt_chain_go_local(h.stt));
	host_close(&h);
}

TEST_OOM(conversation_over_a_dying_chain_without_memory)
{
	struct host h;
	int rc;

	host_init(&h, 0);
	h.fail_at[0] = h.at + USEC_SEC(3);
	rc = host_open(&h);
	if (rc == 0)
		rc = converse(&h);
	if (rc == 0 && h.script.error)
		rc = h.script.error;
	CHECK(rc < 0 || h.finals == 6 || h.faults == 1);
	host_close(&h);
	return rc;
}

/* ---- the tape ---- */

static int16_t level(uint64_t sample)
{
	return (int16_t)(sample / STT_PIECE_SAMPLES % 30000);
}

static void record(struct stt_tape *t, usec at, uint64_t from, size_t pieces)
{
	int16_t pcm[STT_PIECE_SAMPLES];

	for (size_t i = 0; i < pieces; i++) {
		for (size_t k = 0; k < ARRAY_LEN(pcm); k++)
			pcm[k] = level(from + i * ARRAY_LEN(pcm) + k);
		CHECK_INT(stt_tape_feed(t, at + (usec)i * USEC_MS(20), pcm, ARRAY_LEN(pcm)), 0);
	}
}

TEST(a_tape_keeps_a_minute_and_counts_the_rest)
{
	struct stt_tape t = {0};
	struct stt_player p;
	struct stt_piece piece;
	size_t sound = 0, notes = 0;
	usec since;

	stt_tape_note(&t, STT_NOTE_SPEECH, 0);
	stt_tape_note(&t, STT_NOTE_FINISH, USEC_MS(1));
	record(&t, 0, 0, 90 * 50);
	CHECK_INT(t.dropped, 30 * STT_RATE_HZ);
	p = stt_player_new(&t, false, &since);
	CHECK_INT(since, USEC_SEC(30));
	while (stt_player_peek(&p, &t, &piece)) {
		if (piece.kind == STT_PIECE_SOUND && sound == 0)
			CHECK_INT(piece.pcm[0], level(30 * STT_RATE_HZ));
		if (piece.kind == STT_PIECE_SOUND)
			CHECK_INT(piece.at, USEC_SEC(30) + (usec)sound * USEC_SEC(1) / STT_RATE_HZ);
		sound += piece.kind == STT_PIECE_SOUND ? piece.samples : 0;
		notes += piece.kind == STT_PIECE_NOTE;
		stt_player_advance(&p, &piece);
	}
	CHECK_INT(sound, STT_TAPE_SAMPLES_MAX);
	CHECK_INT(notes, 1); /* what was asked for is not forgotten */
	stt_tape_answered(&t);
	CHECK_INT(t.note_count, 0);
	stt_tape_clear(&t);
	CHECK(t.pcm == NULL);
	stt_tape_fini(&t);
}

TEST(a_tape_keeps_little_while_nobody_speaks)
{
	struct stt_tape t = {0};
	struct stt_player p;
	struct stt_piece piece;
	usec since;

	record(&t, 0, 0, 50 * 50);
	CHECK(t.end - t.base <= 2 * STT_RATE_HZ);
	CHECK_INT(t.dropped, 0);
	p = stt_player_new(&t, true, &since);
	CHECK_INT(since, 0);
	CHECK(!stt_player_peek(&p, &t, &piece));
	stt_tape_note(&t, STT_NOTE_SPEECH, USEC_SEC(50));
	REQUIRE(stt_player_peek(&p, &t, &piece));
	CHECK_INT(piece.kind, STT_PIECE_SOUND);
	CHECK_INT(piece.at, USEC_SEC(50) - USEC_MS(320));
	stt_tape_fini(&t);
}

TEST(a_tape_knows_where_time_jumped)
{
	struct stt_tape t = {0};
	struct stt_player p;
	struct stt_piece piece;
	usec since, last = 0;

	stt_tape_note(&t, STT_NOTE_SPEECH, 0);
	for (unsigned i = 0; i < 2 * STT_TAPE_RUNS_MAX; i++)
		record(&t, USEC_MS(100) * i, 0, 2);
	p = stt_player_new(&t, false, &since);
	while (stt_player_peek(&p, &t, &piece)) {
		if (piece.kind == STT_PIECE_SOUND) {
			CHECK(piece.at >= last && piece.samples == STT_PIECE_SAMPLES);
			last = piece.at;
		}
		stt_player_advance(&p, &piece);
	}
	CHECK_INT(last, USEC_MS(100) * (2 * STT_TAPE_RUNS_MAX - 1) + USEC_MS(20));
	for (unsigned i = 0; i < 2 * STT_TAPE_NOTES_MAX; i++)
		stt_tape_note(&t, i % 2 ? STT_NOTE_SPEECH : STT_NOTE_QUIET, USEC_MS(i));
	for (unsigned i = 0; i < STT_TAPE_FINISHES_MAX; i++)
		stt_tape_note(&t, STT_NOTE_FINISH, USEC_MS(i));
	CHECK_INT(t.note_count, STT_TAPE_NOTES_MAX);
	stt_tape_fini(&t);
}
