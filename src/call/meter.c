#include "call/meter.h"

#include "base/loop.h"

_Static_assert((int)PRICE_STT == (int)USAGE_STT && (int)PRICE_LLM == (int)USAGE_LLM &&
		       (int)PRICE_TTS == (int)USAGE_TTS,
	       "prices are found by the kind that was reported");

void meter_init(struct meter *m, const struct prices *prices, struct trail *trail, struct loop *loop,
		const struct meter_sink *sink)
{
	*m = (struct meter){.prices = prices, .trail = trail, .loop = loop, .sink = *sink};
}

/* ---- lines ---- */

static bool is_of(const struct meter_line *l, enum price_kind kind, const struct usage *u)
{
	return l->kind == kind &&
	       str_eq(str_from(l->service), str_sub(u->service, 0, METER_NAME_BYTES - 1)) &&
	       str_eq(str_from(l->type), str_sub(u->type, 0, METER_NAME_BYTES - 1)) &&
	       str_eq(str_from(l->model), str_sub(u->model, 0, METER_NAME_BYTES - 1));
}

static void note_unpriced(struct meter *m, const struct meter_line *l)
{
	struct json_out *j = &m->trail->json;

	trail_begin(m->trail, loop_now(m->loop), "unpriced");
	json_str(j, "kind", str_from(price_kind_name(l->kind)));
	json_str(j, "service", str_from(l->service));
	json_str(j, "type", str_from(l->type));
	json_str(j, "model", str_from(l->model));
	trail_end(m->trail);
}

static struct meter_line *new_line(struct meter *m, enum price_kind kind, const struct usage *u)
{
	struct meter_line *l = &m->lines[m->count++];

	*l = (struct meter_line){.kind = kind};
	str_copy(u->service, l->service, sizeof(l->service));
	str_copy(u->type, l->type, sizeof(l->type));
	str_copy(u->model, l->model, sizeof(l->model));
	if (m->prices)
		l->price = prices_find(m->prices, kind, u->service, u->type, u->model);
	if (l->price)
		return l;
	m->unpriced++;
	if (m->prices)
		note_unpriced(m, l);
	return l;
}

/* The last line takes what has no room for a line of its own; each is priced by its own row all the same. */
static struct meter_line *line_of(struct meter *m, enum price_kind kind, const struct usage *u)
{
	static const struct usage others = {
		.service = STR_INIT("others"), .type = STR_INIT("others"), .model = STR_INIT("others")};

	for (size_t i = 0; i < m->count; i++)
		if (is_of(&m->lines[i], kind, u))
			return &m->lines[i];
	if (m->count < METER_LINES_MAX - 1)
		return new_line(m, kind, u);
	if (m->count == METER_LINES_MAX - 1)
		(void)new_line(m, kind, &others);
	return &m->lines[METER_LINES_MAX - 1];
}

static picos price(const struct meter *m, const struct meter_line *l, enum price_kind kind,
		   const struct usage *u)
{
	const struct price_row *row = l->price;

	if (l == &m->lines[METER_LINES_MAX - 1] && m->prices)
		row = prices_find(m->prices, kind, u->service, u->type, u->model);
	return row ? prices_cost(row, u->amount) : 0;
}

static void count(struct meter *m, enum price_kind kind, const struct usage *u)
{
	struct meter_line *l = line_of(m, kind, u);
	picos cost = price(m, l, kind, u);

	for (int i = 0; i < USAGE_UNITS_; i++)
		l->amount[i] += u->amount[i];
	l->ends[u->end]++;
	l->cost += cost;
	m->by_kind[kind] += cost;
	m->turn_by_kind[kind] += cost;
	m->turn += cost;
	m->total += cost;
	if (m->sink.on_cost)
		m->sink.on_cost(m->sink.arg, l, u, cost);
}

void meter_on_usage(void *arg, const struct usage *u)
{
	count(arg, (enum price_kind)u->kind, u);
}

void meter_add_call(struct meter *m, struct str trunk, usec connected)
{
	struct usage u = {.end = USAGE_DONE, .service = trunk};

	u.amount[USAGE_REQUESTS] = 1;
	u.amount[USAGE_CONNECTED] = (uint64_t)connected;
	count(m, PRICE_TELEPHONY, &u);
	u.service = STR("");
	count(m, PRICE_HOST, &u);
}

/* ---- the trail ---- */

static void write_money(struct json_out *j, const char *key, picos cost)
{
	char text[PICOS_TEXT_BYTES];

	json_raw(j, key, picos_text(cost, text));
}

static void write_kinds(struct json_out *j, const picos by_kind[PRICE_KINDS_])
{
	json_map(j, "by");
	for (int k = 0; k < PRICE_KINDS_; k++)
		if (by_kind[k] > 0)
			write_money(j, price_kind_name((enum price_kind)k), by_kind[k]);
	json_end(j);
}

void meter_note_turn(struct meter *m, unsigned turn)
{
	struct json_out *j = &m->trail->json;

	if (m->turn > 0) {
		trail_begin(m->trail, loop_now(m->loop), "cost");
		json_int(j, "turn", turn);
		write_money(j, "cost", m->turn);
		write_money(j, "total", m->total);
		write_kinds(j, m->turn_by_kind);
		trail_end(m->trail);
	}
	m->turn = 0;
	for (int k = 0; k < PRICE_KINDS_; k++)
		m->turn_by_kind[k] = 0;
}

static void write_amount(struct json_out *j, enum usage_unit u, uint64_t amount)
{
	bool time = u == USAGE_AUDIO_IN || u == USAGE_AUDIO_OUT || u == USAGE_CONNECTED;

	if (amount > 0 && time)
		json_num(j, usage_unit_name(u), (double)amount / 1e6);
	else if (amount > 0)
		json_int(j, usage_unit_name(u), (int64_t)amount);
}

static void write_line(struct json_out *j, const struct meter_line *l)
{
	json_map(j, NULL);
	json_str(j, "kind", str_from(price_kind_name(l->kind)));
	json_str(j, "service", str_from(l->service));
	json_str(j, "type", str_from(l->type));
	json_str(j, "model", str_from(l->model));
	if (l->price)
		write_money(j, "cost", l->cost);
	else
		json_none(j, "cost");
	for (int u = 0; u < USAGE_UNITS_; u++)
		write_amount(j, (enum usage_unit)u, l->amount[u]);
	for (int e = USAGE_DONE; e < USAGE_ENDS_; e++)
		if (l->ends[e] > 0)
			json_int(j, usage_end_name((enum usage_end)e), (int64_t)l->ends[e]);
	json_end(j);
}

void meter_note_end(struct meter *m)
{
	struct json_out *j = &m->trail->json;

	trail_begin(m->trail, loop_now(m->loop), "cost");
	json_bool(j, "final", true);
	if (m->prices) {
		write_money(j, "total", m->total);
		json_str(j, "currency", m->prices->currency);
		json_str(j, "prices", m->prices->date);
		json_int(j, "unpriced", m->unpriced);
	}
	write_kinds(j, m->by_kind);
	json_list(j, "services");
	for (size_t i = 0; i < m->count; i++)
		write_line(j, &m->lines[i]);
	json_end(j);
	trail_end(m->trail);
}
