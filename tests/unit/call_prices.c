/* prices.yaml: what is read, which row wins, and what it makes of an amount. */
#include "base/arena.h"
#include "call/prices.h"
#include "test.h"

static int load(struct arena *a, const char *text, struct prices *ret_prices, struct buf *problems)
{
	struct tree_errors errors;
	struct tree_node *root;
	int rc;

	tree_errors_init(&errors, a);
	rc = tree_parse(str_from(text), "prices.yaml", NULL, a, &errors, &root);
	if (rc == 0)
		rc = opt_load(&prices_table, root, opt_getenv, a, &errors, ret_prices);
	tree_errors_print(&errors, problems);
	return rc;
}

static const char file[] =
	"date: '2026'\n"
	"prices:\n"
	"  - {kind: stt, type: deepgram, charges: [{of: audio_in_seconds, per: minute, price: 0.0077}]}\n"
	"  - {kind: stt, type: deepgram, model: nova-3*, charges: [{of: audio_in_seconds, per: hour, price: "
	"0.46}]}\n"
	"  - {kind: stt, type: deepgram, model: nova-3-medical, charges: [{of: requests, price: 1}]}\n"
	"  - {kind: stt, service: mine, charges: [{of: audio_in_seconds, per: second, price: 0.0001, "
	"increment: 15}]}\n"
	"  - {kind: stt, type: local, free: true}\n"
	"  - {kind: llm, type: openai, charges: [{of: tokens_in, per: million, price: 0.15}, {of: "
	"tokens_out, per: "
	"million, price: 0.6}]}\n"
	"  - {kind: llm, type: openai, model: big, charges: [{of: tokens_in, per: million, price: 3}, "
	"{of: tokens_cached, per: million, price: 0.3}, {of: tokens_out, per: million, price: 15}]}\n"
	"  - {kind: tts, type: cartesia, charges: [{of: characters, per: thousand, price: 0.05, minimum: "
	"10}]}\n"
	"  - {kind: telephony, charges: [{of: connected_seconds, per: minute, price: 0.0055, increment: 60}, "
	"{of: requests, price: 0.001}]}\n";

/* One amount of one service. */
struct work {
	enum price_kind kind;
	const char *service, *type, *model;
	enum usage_unit unit;
	uint64_t n;
};

/* Its price, or -1 where there is none. */
static picos cost(const struct prices *p, const struct work *w)
{
	const struct price_row *row =
		prices_find(p, w->kind, str_from(w->service), str_from(w->type), str_from(w->model));
	uint64_t amount[USAGE_UNITS_] = {0};

	amount[w->unit] = w->n;
	return row ? prices_cost(row, amount) : -1;
}

#define SECONDS(n) ((uint64_t)(n)*1000000)
#define MICRO      ((picos)1000000) /* a millionth of a dollar */

TEST(the_most_specific_price_wins)
{
	static const struct {
		struct work work;
		picos cost;
	} rows[] = {
		{{PRICE_STT, "ears", "deepgram", "nova-2", USAGE_AUDIO_IN, SECONDS(60)}, 7700 * MICRO},
		{{PRICE_STT, "ears", "deepgram", "nova-3-general", USAGE_AUDIO_IN, SECONDS(3600)},
		 460000 * MICRO},
		{{PRICE_STT, "ears", "deepgram", "nova-3-medical", USAGE_REQUESTS, 2}, 2 * PICOS_ONE},
		{{PRICE_STT, "mine", "deepgram", "nova-3-medical", USAGE_AUDIO_IN, SECONDS(1)}, 1500 * MICRO},
		{{PRICE_STT, "mine", "deepgram", "", USAGE_AUDIO_IN, SECONDS(30) + 1}, 4500 * MICRO},
		{{PRICE_STT, "mine", "deepgram", "", USAGE_AUDIO_IN, 0}, 0},
		{{PRICE_STT, "", "local", "moonshine", USAGE_AUDIO_IN, SECONDS(60)}, 0},
		{{PRICE_STT, "", "unheard_of", "", USAGE_AUDIO_IN, SECONDS(60)}, -1},
		{{PRICE_LLM, "", "openai", "mini", USAGE_TOKENS_IN, 1000}, 150 * MICRO},
		{{PRICE_LLM, "", "openai", "mini", USAGE_TOKENS_CACHED, 1000}, 150 * MICRO},
		{{PRICE_LLM, "", "openai", "big", USAGE_TOKENS_CACHED, 1000}, 300 * MICRO},
		{{PRICE_LLM, "", "openai", "bigger", USAGE_TOKENS_OUT, 1}, 600000},
		{{PRICE_TTS, "", "cartesia", "", USAGE_CHARACTERS, 1}, 500 * MICRO},
		{{PRICE_TTS, "", "cartesia", "", USAGE_CHARACTERS, 11}, 550 * MICRO},
		{{PRICE_TTS, "", "deepgram", "", USAGE_CHARACTERS, 11}, -1},
		{{PRICE_TELEPHONY, "any", "", "", USAGE_CONNECTED, SECONDS(61)}, 11000 * MICRO},
		{{PRICE_TELEPHONY, "any", "", "", USAGE_REQUESTS, 1}, 1000 * MICRO},
		{{PRICE_HOST, "", "", "", USAGE_CONNECTED, 1}, -1},
	};
	struct prices p;
	struct arena a;
	struct buf problems;

	arena_init(&a, 1 << 20);
	buf_init(&problems, 65536);
	CHECK_INT(load(&a, file, &p, &problems), 0);
	CHECK_STR(p.currency, "USD");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		picos got = cost(&p, &rows[i].work);

		if (got != rows[i].cost)
			test_failed(__FILE__, __LINE__, "row %zu costs %lld", i, (long long)got);
	}
	buf_fini(&problems);
	arena_fini(&a);
}

TEST(prices_that_make_no_sense_are_refused)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"prices: []\n", "date"},
		{"date: x\nprices:\n  - {kind: stt}\n", "free: true"},
		{"date: x\nprices:\n  - {kind: stt, free: true, charges: [{of: requests, price: 1}]}\n",
		 "free: true"},
		{"date: x\nprices:\n  - {kind: stt, charges: [{of: characters, per: minute, price: 1}]}\n",
		 "characters cannot be counted per minute"},
		{"date: x\nprices:\n  - {kind: stt, charges: [{of: audio_in_seconds, price: 1}]}\n",
		 "audio_in_seconds cannot be counted per one"},
		{"date: x\nprices:\n  - {kind: stt, charges: [{of: requests, price: -1}]}\n", "price"},
		{"date: x\nprices:\n  - {kind: stt, charges: [{of: request, price: 1}]}\n", "requests"},
		{"date: x\nprices:\n  - {kind: ear, free: true}\n", "kind"},
		{"date: x\nprices:\n  - {kind: stt, free: true}\n  - {kind: stt, type: '*', free: true}\n",
		 "two prices for stt * * *"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct prices p;
		struct arena a;
		struct buf problems;

		arena_init(&a, 1 << 20);
		buf_init(&problems, 65536);
		CHECK_INT(load(&a, rows[i].text, &p, &problems), -EBADMSG);
		if (!str_ihas(buf_str(&problems), str_from(rows[i].says)))
			test_failed(__FILE__, __LINE__, "row %zu says " STR_FMT, i,
				    STR_ARG(buf_str(&problems)));
		buf_fini(&problems);
		arena_fini(&a);
	}
}

TEST(units_are_named_as_providers_report_them)
{
	for (int u = 0; u < USAGE_UNITS_; u++) {
		struct prices p;
		struct arena a;
		struct buf problems, text;
		const char *name = usage_unit_name((enum usage_unit)u);
		bool time = str_ends(str_from(name), STR("_seconds"));

		arena_init(&a, 1 << 20);
		buf_init(&problems, 65536);
		buf_init(&text, 65536);
		buf_printf(&text, "date: x\nprices: [{kind: llm, charges: [{of: %s, per: %s, price: 2}]}]\n",
			   name, time ? "second" : "one");
		buf_add_char(&text, '\0');
		CHECK_INT(load(&a, text.p, &p, &problems), 0);
		CHECK_INT(cost(&p,
			       &(struct work){PRICE_LLM, "", "", "", (enum usage_unit)u, time ? 1000000 : 1}),
			  2 * PICOS_ONE);
		buf_fini(&text);
		buf_fini(&problems);
		arena_fini(&a);
	}
}

TEST(money_is_written_exactly)
{
	static const struct {
		picos cost;
		const char *text;
	} rows[] = {
		{0, "0.00"},
		{1, "0.000000000001"},
		{5500 * MICRO, "0.0055"},
		{12 * PICOS_ONE + PICOS_ONE / 2, "12.50"},
		{INT64_MAX, "9223372.036854775807"},
	};
	char out[PICOS_TEXT_BYTES];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_STR(picos_text(rows[i].cost, out), rows[i].text);
}
