#include <stdlib.h>

#include "agent/understand.h"
#include "base/buf.h"
#include "test.h"

#define TABLE_MAX (256 * 1024)
#define WANT_MAX  160

struct table {
	const char *name;
	/* writes what was understood in the form of the table's third column */
	void (*read)(struct str text, const struct understand_context *c, char got[WANT_MAX]);
};

static void put_digits(const struct understood_digits *v, char got[WANT_MAX])
{
	snprintf(got, WANT_MAX, "%s%s%s%s", v->plus ? "+" : "", v->digits, v->extension[0] ? " x" : "",
		 v->extension);
}

static void read_number(struct str text, const struct understand_context *c, char got[WANT_MAX])
{
	struct understood_number v;

	if (understand_number(text, &v) == 0)
		snprintf(got, WANT_MAX, "%ld%s%s", v.value, v.ordinal ? " o" : "",
			 v.how.ambiguous ? " ?" : "");
}

static void read_digits(struct str text, const struct understand_context *c, char got[WANT_MAX])
{
	struct understood_digits v;

	if (understand_digits(text, &v) == 0)
		put_digits(&v, got);
}

static void read_phone(struct str text, const struct understand_context *c, char got[WANT_MAX])
{
	struct understood_digits v;

	if (understand_phone(text, &v) == 0)
		put_digits(&v, got);
}

static void put_date(const struct understood_date *v, char got[WANT_MAX])
{
	char from[CIVIL_ISO_BYTES], to[CIVIL_ISO_BYTES], other[CIVIL_ISO_BYTES];

	snprintf(got, WANT_MAX, "%s%s%s%s%s%s", civil_iso(v->from, from),
		 civil_eq(v->from, v->to) ? "" : "..", civil_eq(v->from, v->to) ? "" : civil_iso(v->to, to),
		 v->other.year ? " ? " : "", v->other.year ? civil_iso(v->other, other) : "",
		 v->mismatch ? " !" : "");
}

static void put_time(const struct understood_time *v, char got[WANT_MAX])
{
	char from[CIVIL_CLOCK_BYTES], to[CIVIL_CLOCK_BYTES], other[CIVIL_CLOCK_BYTES];

	snprintf(got, WANT_MAX, "%s%s%s%s%s", civil_clock(v->from, from), v->from == v->to ? "" : "..",
		 v->from == v->to ? "" : civil_clock(v->to, to), v->other >= 0 ? " ? " : "",
		 v->other >= 0 ? civil_clock(v->other, other) : "");
}

static void read_date(struct str text, const struct understand_context *c, char got[WANT_MAX])
{
	struct understood_date v;

	if (understand_date(text, c, &v) == 0)
		put_date(&v, got);
}

static void read_time(struct str text, const struct understand_context *c, char got[WANT_MAX])
{
	struct understood_time v;

	if (understand_time(text, c, &v) == 0)
		put_time(&v, got);
}

static void read_when(struct str text, const struct understand_context *c, char got[WANT_MAX])
{
	char date[WANT_MAX] = "-", time[WANT_MAX] = "-";
	struct understood_when v;

	if (understand_when(text, c, &v) != 0)
		return;
	if (v.has_date)
		put_date(&v.date, date);
	if (v.has_time)
		put_time(&v.time, time);
	snprintf(got, WANT_MAX, "%.70s %.70s", date, time);
}

static void read_answer(struct str text, const struct understand_context *c, char got[WANT_MAX])
{
	static const char *const names[] = {"yes", "no", "unsure"};
	struct understood_answer v;

	if (understand_answer(text, &v) == 0)
		snprintf(got, WANT_MAX, "%s%s", names[v.answer], v.how.ambiguous ? " ~" : "");
}

static void read_name(struct str text, const struct understand_context *c, char got[WANT_MAX])
{
	struct understood_name v;

	if (understand_name(text, &v) == 0)
		str_copy(str_from(v.full), got, WANT_MAX);
}

static void read_birth(struct str text, const struct understand_context *c, char got[WANT_MAX])
{
	struct understood_birth v;

	if (understand_birth(text, c, &v) == 0)
		civil_iso(v.date, got);
}

static void read_email(struct str text, const struct understand_context *c, char got[WANT_MAX])
{
	struct understood_email v;

	if (understand_email(text, &v) == 0)
		str_copy(str_from(v.address), got, WANT_MAX);
}

/* "@ now=2026-11-20 order=month hours=07:00-21:00" */
static void set_context(struct str line, struct understand_context *c)
{
	struct str word;

	while (!str_empty(word = str_word(&line))) {
		struct str key = str_cut(&word, '=');
		if (str_eq(key, STR("now")))
			CHECK(civil_read(word, &c->today) == 0);
		else if (str_eq(key, STR("order")))
			c->order = str_eq(word, STR("month")) ? UNDERSTAND_MONTH_FIRST : UNDERSTAND_DAY_FIRST;
		else if (str_eq(key, STR("hours")))
			CHECK(civil_read_clock(str_cut(&word, '-'), &c->open_minute) == 0 &&
			      civil_read_clock(word, &c->close_minute) == 0);
	}
}

static void check_row(const struct table *t, int line_number, struct str line,
		      const struct understand_context *c)
{
	char got[WANT_MAX] = "-";
	struct str text = str_cut(&line, '\t');

	t->read(text, c, got);
	if (!str_eq(str_trim(line), str_from(got)))
		test_failed(t->name, line_number, "'" STR_FMT "' is %s, not " STR_FMT, STR_ARG(text), got,
			    STR_ARG(str_trim(line)));
}

static size_t check_table(const struct table *t)
{
	struct understand_context c = {
		.today = {2026, 11, 20}, .minute = 540, .open_minute = 480, .close_minute = 1080};
	static char text[TABLE_MAX];
	char path[512];
	size_t rows = 0;
	int number = 0;

	snprintf(path, sizeof(path), "%s/understanding/%s.tsv", getenv("OFFHOOK_TEST_DATA"), t->name);
	FILE *f = fopen(path, "r");
	if (!f) {
		test_failed(__FILE__, __LINE__, "cannot open %s", path);
		return 0;
	}
	struct str rest = {text, fread(text, 1, sizeof(text), f)};
	fclose(f);
	while (!str_empty(rest)) {
		struct str line = str_cut(&rest, '\n');
		number++;
		if (str_starts(line, STR("@"))) {
			set_context(str_sub(line, 1, line.n), &c);
		} else if (!str_empty(line) && !str_starts(line, STR("#"))) {
			check_row(t, number, line, &c);
			rows++;
		}
	}
	return rows;
}

TEST(understanding_agrees_with_its_tables)
{
	static const struct table tables[] = {
		{"numbers", read_number},  {"digits", read_digits}, {"phones", read_phone},
		{"dates", read_date},      {"dates_us", read_date}, {"times", read_time},
		{"times_long", read_time}, {"when", read_when},     {"answers", read_answer},
		{"names", read_name},      {"births", read_birth},  {"emails", read_email},
	};
	size_t rows = 0;

	REQUIRE(getenv("OFFHOOK_TEST_DATA") != NULL);
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		rows += check_table(&tables[i]);
	CHECK(rows >= 300);
}

TEST(understanding_says_what_it_read)
{
	struct understand_context c = {.today = {2026, 11, 20}};
	struct str text = STR("well, next Tuesday would be nice");
	struct understood_date v;

	REQUIRE(understand_date(text, &c, &v) == 0);
	CHECK_STR(str_sub(text, v.how.from, v.how.to - v.how.from), "next Tuesday");
	CHECK_INT(v.how.confidence, 90);
}

TEST(understanding_survives_odd_text)
{
	static const char *const texts[] = {"",
					    " ",
					    "...",
					    "\xff\xfe",
					    "@@@@ . .",
					    "at at at dot dot",
					    "double",
					    "no no no sorry",
					    "\xe2\x80",
					    "'",
					    "a.",
					    "p.m",
					    "99999999999999999999999999",
					    "thousand million hundred and",
					    "the the the of of"};
	struct understand_context c = {.today = {2026, 11, 20}};
	char got[WANT_MAX];

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct str t = str_from(texts[i]);
		read_number(t, &c, got);
		read_phone(t, &c, got);
		read_when(t, &c, got);
		read_answer(t, &c, got);
		read_name(t, &c, got);
		read_birth(t, &c, got);
		read_email(t, &c, got);
	}
}
