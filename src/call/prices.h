/*
 * prices.h - what things cost: a file that the operator edits
 *
 * A row says whose work it prices and by what the bill counts it:
 *
 *   - {kind: stt, type: deepgram, model: "*", charges: [{of: audio_in_seconds, per: minute, price: 0.008}]}
 *
 * Service (the name under `providers`), type (the vendor) and model may end in *;
 * the most specific row that fits wins, the service before the type before the
 * model. What no row fits has no price and is named; what costs nothing has a row
 * that says so (`free: true`).
 *
 * Money is counted in picodollars: whole numbers, so that a long call sums up
 * exactly and in any order.
 *
 * Threads: immutable once loaded, read by all. Layer: call.
 */
#ifndef CALL_PRICES_H
#define CALL_PRICES_H

#include "base/opt.h"
#include "provider/usage.h"

#define PRICES_ROWS_MAX    1000
#define PRICES_CHARGES_MAX 8

/* A trillionth of the file's currency. */
typedef int64_t picos;

#define PICOS_ONE ((picos)1000000000000)

/* Begins with what providers report. */
enum price_kind {
	PRICE_STT,
	PRICE_LLM,
	PRICE_TTS,
	PRICE_TELEPHONY, /* of a trunk, whose name is the service: `connected_seconds` and `requests` of calls
			  */
	PRICE_HOST,      /* our own machine, likewise */
	PRICE_PLATFORM,  /* what others ask for a minute of the same: for comparison, never in a bill */
	PRICE_KINDS_,
};

enum price_per {
	PRICE_PER_ONE,
	PRICE_PER_THOUSAND,
	PRICE_PER_MILLION,
	PRICE_PER_SECOND,
	PRICE_PER_MINUTE,
	PRICE_PER_HOUR,
	PRICE_PERS_,
};

struct price_charge {
	enum usage_unit of;
	enum price_per per;
	double price;     /* as written; 1e-12 is the least that counts */
	double increment; /* each piece of work is rounded up to a multiple of it; seconds, or a count; 0 =
			     not */
	double minimum;   /* and counts for so much at least, when there was any */
};

struct price_row {
	enum price_kind kind;
	struct str service, type, model;
	bool free;
	struct opt_list charges; /* struct price_charge */
};

struct prices {
	struct str currency; /* "USD" */
	struct str date;     /* of the figures, for people */
	struct opt_list rows;
};

extern const struct opt_table prices_table;

/* The row for such work; NULL when it has no price. */
const struct price_row *prices_find(const struct prices *p, enum price_kind kind, struct str service,
				    struct str type, struct str model);

/* What one piece of work costs by that row. Tokens from a cache that the row does not price apart cost what
 * the others do. */
picos prices_cost(const struct price_row *row, const uint64_t amount[USAGE_UNITS_]);

/* "0.0123", exact, at least two and at most twelve decimals, into out[24]; returns it. */
#define PICOS_TEXT_BYTES 24
struct str picos_text(picos cost, char out[PICOS_TEXT_BYTES]);

/* An amount of money of a configuration. */
picos picos_from(double amount);

/* "stt", "llm", "tts", "telephony", "host", "platform". */
const char *price_kind_name(enum price_kind k);

#endif
