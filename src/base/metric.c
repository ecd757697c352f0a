#include "base/metric.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "base/live.h"
#include "base/mem.h"

static struct metric *all, **last = &all;
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

/* ---- definition ---- */

static bool well_named(const char *name)
{
	if (!name || isdigit((unsigned char)name[0]))
		return false;
	return name[0] && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

static size_t label_count(const struct metric *m)
{
	size_t n = 0;

	while (n < METRIC_LABELS_MAX && m->labels[n])
		n++;
	return n;
}

void metric_register(struct metric *m)
{
	assert(well_named(m->name) && m->help);
	assert(m->kind != METRIC_COUNTER || str_ends(str_from(m->name), STR("_total")));
	for (size_t i = 0; i < label_count(m); i++)
		assert(well_named(m->labels[i]) && strcmp(m->labels[i], "le") != 0);
	for (struct metric *other = all; other; other = other->next)
		assert(strcmp(other->name, m->name) != 0);
	m->only.metric = m;
	*last = m;
	last = &m->next;
}

static size_t bound_count(const struct metric *m)
{
	size_t n = 0;

	while (n < METRIC_BOUNDS_MAX && m->bounds[n])
		n++;
	return n;
}

static bool same_values(const struct metric_series *s, const char *const values[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(s->values[i], values[i]) != 0)
			return false;
	return true;
}

/* The series and its label values in one block. */
static struct metric_series *make_series(const struct metric *m, const char *const values[], size_t n)
{
	struct metric_series *s;
	size_t bytes = 0;
	char *text;

	for (size_t i = 0; i < n; i++)
		bytes += strlen(values[i]) + 1;
	s = mem_zalloc(sizeof(*s) + bytes);
	if (!s)
		return NULL;
	s->metric = m;
	text = (char *)(s + 1);
	for (size_t i = 0; i < n; i++) {
		s->values[i] = text;
		text += str_copy(str_from(values[i]), text, bytes) + 1;
	}
	return s;
}

static int find_or_make(struct metric *m, const char *const values[], size_t n, struct metric_series **ret)
{
	_Atomic(struct metric_series *) *at = &m->series;
	struct metric_series *s;
	size_t count = 0;

	for (; (s = *at); at = &s->next, count++) {
		if (same_values(s, values, n)) {
			*ret = s;
			return 0;
		}
	}
	if (count >= METRIC_SERIES_MAX)
		return -ENOSPC;
	s = make_series(m, values, n);
	if (!s)
		return -ENOMEM;
	atomic_store(at, s);
	*ret = s;
	return 0;
}

int metric_get_series(struct metric *m, const char *const values[], struct metric_series **ret_series)
{
	size_t n = label_count(m);
	int rc;

	for (size_t i = 0; i < n; i++)
		if (strlen(values[i]) > METRIC_LABEL_MAX_BYTES)
			return -EMSGSIZE;
	if (n == 0) {
		*ret_series = &m->only;
		return 0;
	}
	pthread_mutex_lock(&making);
	rc = find_or_make(m, values, n, ret_series);
	pthread_mutex_unlock(&making);
	return rc;
}

void metric_forget(void)
{
	for (struct metric *m = all; m; m = m->next) {
		struct metric_series *s = atomic_exchange(&m->series, NULL), *next;

		for (; s; s = next) {
			next = s->next;
			mem_free(s);
		}
	}
}

void metric_observe(struct metric_series *s, int64_t value)
{
	const struct metric *m = s->metric;
	size_t i = 0;

	while (i < METRIC_BOUNDS_MAX && m->bounds[i] && value > m->bounds[i])
		i++;
	atomic_fetch_add_explicit(&s->buckets[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&s->value, value, memory_order_relaxed);
}

/* ---- printing ---- */

static void add_escaped(struct buf *b, const char *text, bool quotes_too)
{
	for (; *text; text++) {
		if (*text == '\\' || (*text == '"' && quotes_too))
			buf_add_char(b, '\\');
		if (*text == '\n')
			buf_add_str(b, STR("\\n"));
		else
			buf_add_char(b, *text);
	}
}

/* The number with its point moved `decimals` places to the left, without trailing zeros. */
static void add_number(struct buf *b, int64_t value, unsigned decimals)
{
	uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value, unit = 1, fraction;

	for (unsigned i = 0; i < decimals; i++)
		unit *= 10;
	fraction = magnitude % unit;
	buf_printf(b, "%s%llu", value < 0 ? "-" : "", (unsigned long long)(magnitude / unit));
	if (fraction == 0)
		return;
	for (; fraction % 10 == 0; fraction /= 10)
		decimals--;
	buf_printf(b, ".%0*llu", (int)decimals, (unsigned long long)fraction);
}

static void add_heading(struct buf *b, const char *name, const char *help, enum metric_kind kind)
{
	static const char *const kinds[] = {
		[METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_HISTOGRAM] = "histogram"};

	buf_printf(b, "# HELP %s ", name);
	add_escaped(b, help, false);
	buf_printf(b, "\n# TYPE %s %s\n", name, kinds[kind]);
}

/* `{a="x",b="y"` of a series; nothing when it has no labels. Returns what the next label begins with. */
static char add_labels(struct buf *b, const struct metric_series *s)
{
	char before = '{';

	for (size_t i = 0; i < METRIC_LABELS_MAX && s->values[i]; i++) {
		buf_printf(b, "%c%s=\"", before, s->metric->labels[i]);
		add_escaped(b, s->values[i], true);
		buf_add_char(b, '"');
		before = ',';
	}
	return before;
}

/* name[suffix]{labels} value */
static void add_sample(struct buf *b, const struct metric_series *s, const char *suffix, int64_t value,
		       unsigned decimals)
{
	buf_printf(b, "%s%s", s->metric->name, suffix);
	buf_printf(b, "%s ", add_labels(b, s) == ',' ? "}" : "");
	add_number(b, value, decimals);
	buf_add_char(b, '\n');
}

/* The count is the sum of what was read, so that it agrees with the buckets whoever counts meanwhile. */
static void add_histogram(struct buf *b, const struct metric_series *s)
{
	const struct metric *m = s->metric;
	size_t bounds = bound_count(m);
	int64_t count = 0;

	for (size_t i = 0; i <= bounds; i++) {
		count += atomic_load_explicit(&s->buckets[i], memory_order_relaxed);
		buf_printf(b, "%s_bucket", m->name);
		buf_printf(b, "%cle=\"", add_labels(b, s));
		if (i < bounds)
			add_number(b, m->bounds[i], m->decimals);
		else
			buf_add_str(b, STR("+Inf"));
		buf_printf(b, "\"} %lld\n", (long long)count);
	}
	add_sample(b, s, "_sum", atomic_load_explicit(&s->value, memory_order_relaxed), m->decimals);
	add_sample(b, s, "_count", count, 0);
}

static void add_series(struct buf *b, const struct metric_series *s)
{
	if (s->metric->kind == METRIC_HISTOGRAM)
		add_histogram(b, s);
	else
		add_sample(b, s, "", atomic_load_explicit(&s->value, memory_order_relaxed),
			   s->metric->decimals);
}

static void add_live(const char *type, long count, void *arg)
{
	buf_printf(arg, "offhook_live_objects{type=\"%s\"} %ld\n", type, count);
}

void metric_print(struct buf *b)
{
	for (struct metric *m = all; m; m = m->next) {
		struct metric_series *s = label_count(m) > 0 ? atomic_load(&m->series) : &m->only;

		add_heading(b, m->name, m->help, m->kind);
		for (; s; s = atomic_load(&s->next))
			add_series(b, s);
	}
	add_heading(b, "offhook_live_objects", "Objects alive, by type; zero when nothing is going on.",
		    METRIC_GAUGE);
	live_each(add_live, b);
}
