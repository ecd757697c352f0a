/* The meter against bills that are added up here, in another way. */
#include "base/json.h"
#include "base/loop.h"
#include "base/rng.h"
#include "call/budget.h"
#include "call/meter.h"
#include "test.h"

#define TRAIL_MAX (1u << 20)

/* The same prices twice: as the meter reads them, and as the fixture knows them, in picodollars. */
static struct price_charge listen_charges[] = {
	{.of = USAGE_AUDIO_IN, .per = PRICE_PER_MINUTE, .price = 0.0077},
	{.of = USAGE_REQUESTS, .per = PRICE_PER_ONE, .price = 0.0001},
};
static struct price_charge think_charges[] = {
	{.of = USAGE_TOKENS_IN, .per = PRICE_PER_MILLION, .price = 2.5},
	{.of = USAGE_TOKENS_CACHED, .per = PRICE_PER_MILLION, .price = 1.25},
	{.of = USAGE_TOKENS_OUT, .per = PRICE_PER_MILLION, .price = 10},
};
static struct price_charge speak_charges[] = {
	{.of = USAGE_CHARACTERS, .per = PRICE_PER_THOUSAND, .price = 0.053333333333},
};
static struct price_charge line_charges[] = {
	{.of = USAGE_CONNECTED, .per = PRICE_PER_MINUTE, .price = 0.0055, .increment = 60},
};
static struct price_row rows[] = {
	{PRICE_STT, STR_INIT("*"), STR_INIT("deepgram"), STR_INIT("*"), false, {listen_charges, 2}},
	{PRICE_LLM, STR_INIT("*"), STR_INIT("openai"), STR_INIT("*"), false, {think_charges, 3}},
	{PRICE_TTS, STR_INIT("*"), STR_INIT("elevenlabs"), STR_INIT("*"), false, {speak_charges, 1}},
	{PRICE_TTS, STR_INIT("*"), STR_INIT("local"), STR_INIT("*"), true, {NULL, 0}},
	{PRICE_TELEPHONY, STR_INIT("*"), STR_INIT("*"), STR_INIT("*"), false, {line_charges, 1}},
	{PRICE_HOST, STR_INIT("*"), STR_INIT("*"), STR_INIT("*"), true, {NULL, 0}},
};
static const struct prices prices = {STR_INIT("USD"), STR_INIT("2026"), {rows, ARRAY_LEN(rows)}};

struct site {
	struct loop *loop;
	struct trail trail;
	struct buf lines;
	struct meter meter;
	picos told;
};

static void on_line(void *arg, struct str line)
{
	buf_add_str(arg, line);
}

static void on_cost(void *arg, const struct meter_line *line, const struct usage *u, picos cost)
{
	struct site *s = arg;

	(void)line, (void)u;
	s->told += cost;
}

static bool site_open(struct site *s, const struct prices *p)
{
	*s = (struct site){0};
	if (loop_new(LOOP_SIM, USEC_SEC(7), &s->loop) < 0)
		return false;
	buf_init(&s->lines, TRAIL_MAX);
	trail_init(&s->trail, USEC_SEC(7), &(struct trail_sink){on_line, &s->lines});
	meter_init(&s->meter, p, &s->trail, s->loop, &(struct meter_sink){on_cost, s});
	return true;
}

static void site_close(struct site *s)
{
	trail_fini(&s->trail);
	buf_fini(&s->lines);
	loop_free(s->loop);
}

static void use(struct site *s, struct usage u)
{
	struct usage_sink sink = meter_usage_sink(&s->meter);

	usage_tell(&sink, &u);
}

/* ---- a call of three turns, by hand ---- */

static const struct usage turns[] = {
	{USAGE_STT,
	 USAGE_DONE,
	 STR_INIT("ears"),
	 STR_INIT("deepgram"),
	 STR_INIT("nova-3"),
	 1,
	 {[USAGE_AUDIO_IN] = 2500000}},
	{USAGE_LLM,
	 USAGE_DONE,
	 STR_INIT("brain"),
	 STR_INIT("openai"),
	 STR_INIT("mini"),
	 1,
	 {[USAGE_TOKENS_IN] = 820, [USAGE_TOKENS_CACHED] = 512, [USAGE_TOKENS_OUT] = 37}},
	{USAGE_TTS,
	 USAGE_DONE,
	 STR_INIT("voice"),
	 STR_INIT("elevenlabs"),
	 STR_INIT("flash"),
	 1,
	 {[USAGE_CHARACTERS] = 148}},
	/* interrupted */
	{USAGE_TTS,
	 USAGE_CANCELLED,
	 STR_INIT("voice"),
	 STR_INIT("elevenlabs"),
	 STR_INIT("flash"),
	 2,
	 {[USAGE_CHARACTERS] = 90}},
	/* timed out, the other was asked */
	{USAGE_LLM,
	 USAGE_FAILED,
	 STR_INIT("brain"),
	 STR_INIT("openai"),
	 STR_INIT("mini"),
	 2,
	 {[USAGE_TOKENS_IN] = 900}},
	{USAGE_LLM,
	 USAGE_DONE,
	 STR_INIT("spare"),
	 STR_INIT("openai"),
	 STR_INIT("mini"),
	 1,
	 {[USAGE_TOKENS_IN] = 900, [USAGE_TOKENS_OUT] = 12}},
	{USAGE_STT,
	 USAGE_FAILED,
	 STR_INIT("ears"),
	 STR_INIT("deepgram"),
	 STR_INIT("nova-3"),
	 0,
	 {[USAGE_REQUESTS] = 1, [USAGE_AUDIO_IN] = 700000}},
};

/* In picodollars: 0.0077 a minute is 128333.333... for a millisecond. */
#define BY_HAND_STT (320833333 + 89833333 + 100000000)
#define BY_HAND_LLM \
	(820L * 2500000 + 512L * 1250000 + 37L * 10000000 + 900L * 2500000 + 900L * 2500000 + 12L * 10000000)
#define BY_HAND_TTS          (7893333333 + 4800000000)
#define BY_HAND_LINE         (2 * 5500000000L)
#define THOUSANDTH_OF_A_CENT ((picos)10000000)

static bool is_close(picos got, picos want)
{
	return got - want < THOUSANDTH_OF_A_CENT / 1000 && want - got < THOUSANDTH_OF_A_CENT / 1000;
}

TEST(a_call_costs_what_its_parts_cost)
{
	struct site s;

	REQUIRE(site_open(&s, &prices));
	for (size_t i = 0; i < ARRAY_LEN(turns); i++)
		use(&s, turns[i]);
	meter_add_call(&s.meter, STR("carrier"), USEC_SEC(61));
	CHECK(is_close(s.meter.by_kind[PRICE_STT], BY_HAND_STT));
	CHECK(is_close(s.meter.by_kind[PRICE_LLM], BY_HAND_LLM));
	CHECK(is_close(s.meter.by_kind[PRICE_TTS], BY_HAND_TTS));
	CHECK_INT(s.meter.by_kind[PRICE_TELEPHONY], BY_HAND_LINE);
	CHECK_INT(s.meter.by_kind[PRICE_HOST], 0);
	CHECK(is_close(s.meter.total, BY_HAND_STT + BY_HAND_LLM + BY_HAND_TTS + BY_HAND_LINE));
	CHECK_INT(s.told, s.meter.total);
	CHECK_INT(s.meter.unpriced, 0);
	CHECK_INT(s.meter.count, 6);
	site_close(&s);
}

/* Ten thousand reports: the sum of the parts is the whole, and no rounding gathers. */
TEST(a_long_call_is_exact_to_a_thousandth_of_a_cent)
{
	uint64_t audio = 0, in = 0, out = 0, characters = 0;
	struct rng rng;
	struct site s;
	picos want;

	rng_init_number(&rng, 4711);
	REQUIRE(site_open(&s, &prices));
	for (int i = 0; i < 10000; i++) {
		struct usage u = turns[rng_below(&rng, 3)];

		u.end = (enum usage_end)rng_below(&rng, USAGE_ENDS_);
		for (int k = 0; k < USAGE_UNITS_; k++)
			u.amount[k] = 0;
		audio += u.amount[USAGE_AUDIO_IN] = u.kind == USAGE_STT ? rng_below(&rng, 20000000) : 0;
		in += u.amount[USAGE_TOKENS_IN] = u.kind == USAGE_LLM ? rng_below(&rng, 3000) : 0;
		out += u.amount[USAGE_TOKENS_OUT] = u.kind == USAGE_LLM ? rng_below(&rng, 200) : 0;
		characters += u.amount[USAGE_CHARACTERS] = u.kind == USAGE_TTS ? rng_below(&rng, 400) : 0;
		use(&s, u);
		if (i % 10 == 0)
			meter_note_turn(&s.meter, (unsigned)i / 10);
	}
	want = (picos)(audio * 770 / 6 + in * 2500000 + out * 10000000 + characters * 53333333);
	CHECK(s.meter.total - want < THOUSANDTH_OF_A_CENT && want - s.meter.total < THOUSANDTH_OF_A_CENT);
	CHECK_INT(s.meter.by_kind[PRICE_STT] + s.meter.by_kind[PRICE_LLM] + s.meter.by_kind[PRICE_TTS],
		  s.meter.total);
	site_close(&s);
}

/* ---- the trail ---- */

/* The nth line with that event, read; the caller frees it. NULL when there is none. */
static struct json *find(const struct site *s, const char *event, size_t nth)
{
	struct str rest = buf_str(&s->lines), line;
	struct json *doc;

	while (rest.n > 0) {
		line = str_cut(&rest, '\n');
		if (json_parse(line, NULL, NULL, &doc) < 0)
			continue;
		if (str_eq(json_str_or(doc, "event", STR("")), str_from(event)) && nth-- == 0)
			return doc;
		json_free(doc);
	}
	return NULL;
}

TEST(what_has_no_price_is_named_once)
{
	struct usage u = {.kind = USAGE_TTS,
			  .service = STR("mouth"),
			  .type = STR("mumbler"),
			  .model = STR("m1"),
			  .amount = {[USAGE_CHARACTERS] = 50}};
	struct json *doc;
	struct site s;

	REQUIRE(site_open(&s, &prices));
	use(&s, u);
	use(&s, u);
	CHECK_INT(s.meter.unpriced, 1);
	CHECK_INT(s.meter.total, 0);
	meter_note_turn(&s.meter, 1); /* nothing to tell */
	meter_note_end(&s.meter);
	doc = find(&s, "unpriced", 0);
	CHECK_STR(json_str_or(doc, "type", STR("")), "mumbler");
	json_free(doc);
	CHECK(find(&s, "unpriced", 1) == NULL);
	doc = find(&s, "cost", 0);
	CHECK_INT(json_int_or(doc, "unpriced", 0), 1);
	CHECK_INT(json_kind(json_find(doc, "services/0/cost")), JSON_KIND_NULL);
	CHECK_INT(json_int_or(doc, "services/0/characters", 0), 100);
	CHECK_INT(json_int_or(doc, "services/0/done", 0), 2);
	json_free(doc);
	site_close(&s);
}

TEST(each_turn_has_its_cost)
{
	struct json *doc;
	struct site s;

	REQUIRE(site_open(&s, &prices));
	use(&s, turns[2]);
	meter_note_turn(&s.meter, 1);
	use(&s, turns[3]);
	use(&s, turns[4]);
	meter_note_turn(&s.meter, 2);
	meter_note_end(&s.meter);
	doc = find(&s, "cost", 1);
	CHECK_INT(json_int_or(doc, "turn", 0), 2);
	CHECK(json_num_or(doc, "cost", 0) > 0.00704 && json_num_or(doc, "cost", 0) < 0.00706);
	CHECK(json_num_or(doc, "by/llm", 0) > 0.002249 && json_num_or(doc, "by/llm", 0) < 0.002251);
	CHECK_INT(json_kind(json_find(doc, "by/stt")), JSON_KIND_NONE);
	json_free(doc);
	doc = find(&s, "cost", 2);
	CHECK(json_bool_or(doc, "final", false));
	CHECK_INT(json_count(json_find(doc, "services")), 2);
	json_free(doc);
	site_close(&s);
}

TEST(a_call_with_too_many_services_is_counted_all_the_same)
{
	char name[16];
	struct site s;

	REQUIRE(site_open(&s, &prices));
	for (int i = 0; i < 2 * METER_LINES_MAX; i++) {
		struct usage u = turns[2];

		snprintf(name, sizeof(name), "voice%d", i);
		u.service = str_from(name);
		use(&s, u);
	}
	CHECK_INT(s.meter.count, METER_LINES_MAX);
	CHECK(is_close(s.meter.total, 2 * METER_LINES_MAX * (picos)7893333333));
	meter_note_end(&s.meter);
	CHECK_INT(s.trail.lost, 0);
	site_close(&s);
}

TEST(without_prices_there_is_no_money)
{
	struct site s;

	REQUIRE(site_open(&s, NULL));
	use(&s, turns[0]);
	meter_add_call(&s.meter, STR("carrier"), USEC_SEC(5));
	CHECK_INT(s.meter.unpriced, 3);
	meter_note_end(&s.meter);
	struct json *doc = find(&s, "cost", 0);
	CHECK_INT(json_kind(json_find(doc, "total")), JSON_KIND_NONE);
	CHECK_INT(json_count(json_find(doc, "services")), 3);
	json_free(doc);
	CHECK(find(&s, "unpriced", 0) == NULL);
	site_close(&s);
}

TEST(a_budget_is_for_a_day)
{
	struct budget b = {.limit = 10};

	CHECK(!budget_spend(NULL, 1, 1000));
	CHECK(!budget_spend(&b, 20000, 9));
	CHECK(budget_spend(&b, 20000, 1));
	CHECK(budget_spend(&b, 20000, 0));
	CHECK(!budget_spend(&b, 20001, 4));
	CHECK(budget_spend(&b, 20000, 6)); /* a shard that is late */
	b.limit = 0;
	CHECK(!budget_spend(&b, 20001, 1000));
}
