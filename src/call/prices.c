#include "call/prices.h"

#include <math.h>
#include <stdio.h>

#define DECIMALS     12
#define DECIMALS_MIN 2
#define UNIT_COST    1e6 /* of one unit: a million is a slip of the pen */

__extension__ typedef unsigned __int128 wide;

static const char *const kinds[] = {"stt", "llm", "tts", "telephony", "host", "platform", NULL};
static const char *const pers[] = {"one", "thousand", "million", "second", "minute", "hour", NULL};

/* In the order of enum usage_unit, named as usage_unit_name() does. */
static const char *const units[] = {"requests",          "audio_in_seconds", "audio_out_seconds",
				    "connected_seconds", "characters",       "tokens_in",
				    "tokens_cached",     "tokens_out",       NULL};

static bool is_time(enum usage_unit u)
{
	return u == USAGE_AUDIO_IN || u == USAGE_AUDIO_OUT || u == USAGE_CONNECTED;
}

static void check_charge(const void *loaded, const struct tree_node *node, struct tree_errors *errors)
{
	const struct price_charge *c = loaded;

	if (node && is_time(c->of) != (c->per >= PRICE_PER_SECOND))
		tree_errors_add(errors, node->at, "%s cannot be counted per %s", units[c->of], pers[c->per]);
}

static const struct opt charge_opts[] = {
	OPT_CHOICE("of", struct price_charge, of, units, .preset = "requests", .required = true,
		   .help = "What the bill counts."),
	OPT_CHOICE("per", struct price_charge, per, pers, .preset = "one",
		   .help = "How much of it the price is for."),
	OPT_NUM("price", struct price_charge, price, .min = 0, .max = UNIT_COST, .required = true,
		.help = "In the file's currency."),
	OPT_NUM("increment", struct price_charge, increment, .preset = "0", .min = 0, .max = 1e6,
		.help = "Each piece of work is rounded up to a multiple of so many seconds, characters or "
			"tokens."),
	OPT_NUM("minimum", struct price_charge, minimum, .preset = "0", .min = 0, .max = 1e6,
		.help = "And counts for so much at least."),
};

static const struct opt_table charge_table = OPT_TABLE("charge", struct price_charge, charge_opts,
						       .check = check_charge, .help = "One line of a bill.");

static void check_row(const void *loaded, const struct tree_node *node, struct tree_errors *errors)
{
	const struct price_row *r = loaded;

	if (node && r->free == (r->charges.count > 0))
		tree_errors_add(errors, node->at, "a row has `charges`, or is `free: true`");
}

static const struct opt row_opts[] = {
	OPT_CHOICE("kind", struct price_row, kind, kinds, .preset = "stt", .required = true,
		   .help = "Whose work: a recogniser, model or voice; a trunk; this machine; or another "
			   "platform, for comparison."),
	OPT_STR("service", struct price_row, service, .preset = "*",
		.help = "Its name in offhook.yaml; of a trunk likewise."),
	OPT_STR("type", struct price_row, type, .preset = "*", .help = "The vendor."),
	OPT_STR("model", struct price_row, model, .preset = "*",
		.help = "The vendor's name of the model; a * at the end fits whatever follows."),
	OPT_BOOL("free", struct price_row, free, .preset = "false", .help = "It costs nothing."),
	OPT_LIST("charges", struct price_row, charges, &charge_table, .min = 0, .max = PRICES_CHARGES_MAX,
		 .help = "What is counted, and at what price."),
};

static const struct opt_table row_table =
	OPT_TABLE("price", struct price_row, row_opts, .check = check_row, .help = "What a service costs.");

static bool is_same(const struct price_row *a, const struct price_row *b)
{
	return a->kind == b->kind && str_eq(a->service, b->service) && str_eq(a->type, b->type) &&
	       str_eq(a->model, b->model);
}

static void check_prices(const void *loaded, const struct tree_node *node, struct tree_errors *errors)
{
	const struct prices *p = loaded;
	const struct price_row *rows = p->rows.at;

	for (size_t i = 0; node && i < p->rows.count; i++)
		for (size_t k = 0; k < i; k++)
			if (is_same(&rows[i], &rows[k]))
				tree_errors_add(errors, node->at,
						"two prices for %s " STR_FMT " " STR_FMT " " STR_FMT,
						kinds[rows[i].kind], STR_ARG(rows[i].service),
						STR_ARG(rows[i].type), STR_ARG(rows[i].model));
}

static const struct opt prices_opts[] = {
	OPT_STR("currency", struct prices, currency, .preset = "USD", .help = "Of all prices."),
	OPT_STR("date", struct prices, date, .required = true, .help = "When they were looked up."),
	OPT_LIST("prices", struct prices, rows, &row_table, .min = 0, .max = PRICES_ROWS_MAX,
		 .help = "One row for each thing that costs, or does not."),
};

const struct opt_table prices_table =
	OPT_TABLE("prices", struct prices, prices_opts, .check = check_prices, .help = "What things cost.");

/* ---- finding ---- */

/* How well a pattern fits: 0 = not at all, 1 = anything does, the more the longer. */
static size_t fit(struct str pattern, struct str text)
{
	struct str front = pattern;

	if (str_eq(pattern, text))
		return pattern.n + 3; /* better than as the front of a pattern */
	if (!str_ends(pattern, STR("*")))
		return 0;
	front.n--;
	return str_starts(text, front) ? front.n + 1 : 0;
}

struct fitness {
	size_t by[3];
};

static struct fitness fit_row(const struct price_row *r, struct str service, struct str type,
			      struct str model)
{
	struct fitness f = {{fit(r->service, service), fit(r->type, type), fit(r->model, model)}};

	return f.by[0] && f.by[1] && f.by[2] ? f : (struct fitness){{0}};
}

static bool is_better(const struct fitness *a, const struct fitness *b)
{
	for (size_t i = 0; i < ARRAY_LEN(a->by); i++)
		if (a->by[i] != b->by[i])
			return a->by[i] > b->by[i];
	return false;
}

const struct price_row *prices_find(const struct prices *p, enum price_kind kind, struct str service,
				    struct str type, struct str model)
{
	const struct price_row *rows = p->rows.at, *found = NULL;
	struct fitness best = {{0}}, f;

	for (size_t i = 0; i < p->rows.count; i++) {
		f = fit_row(&rows[i], service, type, model);
		if (rows[i].kind != kind || !is_better(&f, &best))
			continue;
		best = f;
		found = &rows[i];
	}
	return found;
}

/* ---- counting ---- */

picos picos_from(double amount)
{
	return llround(amount * (double)PICOS_ONE);
}

/* In the unit of usage: microseconds of what is written in seconds. */
static uint64_t amount_from(double written, enum usage_unit unit)
{
	return (uint64_t)llround(written * (is_time(unit) ? (double)USEC_SEC(1) : 1));
}

static uint64_t billed(const struct price_charge *c, uint64_t amount)
{
	uint64_t step = amount_from(c->increment, c->of);

	if (amount == 0)
		return 0;
	amount = MAX(amount, amount_from(c->minimum, c->of));
	return step > 0 ? (amount + step - 1) / step * step : amount;
}

static picos charge_cost(const struct price_charge *c, uint64_t amount)
{
	static const uint64_t per[] = {
		[PRICE_PER_ONE] = 1,
		[PRICE_PER_THOUSAND] = 1000,
		[PRICE_PER_MILLION] = 1000000,
		[PRICE_PER_SECOND] = USEC_SEC(1),
		[PRICE_PER_MINUTE] = USEC_SEC(60),
		[PRICE_PER_HOUR] = USEC_SEC(3600),
	};
	wide cost = (wide)billed(c, amount) * (wide)picos_from(c->price);

	cost = (cost + per[c->per] / 2) / per[c->per];
	return cost > INT64_MAX ? INT64_MAX : (picos)cost;
}

static bool has_charge(const struct price_row *row, enum usage_unit of)
{
	const struct price_charge *charges = row->charges.at;

	for (size_t i = 0; i < row->charges.count; i++)
		if (charges[i].of == of)
			return true;
	return false;
}

picos prices_cost(const struct price_row *row, const uint64_t amount[USAGE_UNITS_])
{
	const struct price_charge *charges = row->charges.at;
	bool cached_apart = has_charge(row, USAGE_TOKENS_CACHED);
	picos cost = 0;

	for (size_t i = 0; i < row->charges.count; i++) {
		uint64_t n = amount[charges[i].of];

		if (charges[i].of == USAGE_TOKENS_IN && !cached_apart)
			n += amount[USAGE_TOKENS_CACHED];
		if (__builtin_add_overflow(cost, charge_cost(&charges[i], n), &cost))
			return INT64_MAX;
	}
	return cost;
}

struct str picos_text(picos cost, char out[PICOS_TEXT_BYTES])
{
	uint64_t n = cost < 0 ? 0 : (uint64_t)cost;
	int length = snprintf(out, PICOS_TEXT_BYTES, "%llu.%012llu", (unsigned long long)(n / PICOS_ONE),
			      (unsigned long long)(n % PICOS_ONE));
	int least = length - DECIMALS + DECIMALS_MIN;

	while (length > least && out[length - 1] == '0')
		out[--length] = '\0';
	return (struct str){out, (size_t)length};
}

const char *price_kind_name(enum price_kind k)
{
	return kinds[k];
}
