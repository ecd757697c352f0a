#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"

/* Kept free at the end of a line for what ends it, the longest being `,"truncated":true}` and a newline. */
#define TAIL_BYTES 24u

static atomic_int least_level = LOG_LEVEL_INFO, chosen_form = LOG_FORM_AUTO, descriptor = STDERR_FILENO;
static atomic_ullong lost;

static const char *const level_names[] = {
	[LOG_LEVEL_DEBUG] = "debug",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_WARNING] = "warn",
	[LOG_LEVEL_ERROR] = "error",
};

/* A line being written; what does not fit any more is left out and said to be. */
struct line {
	char *p;
	size_t n, size;
	bool cut;
	enum log_form form;
};

static void put(struct line *l, const char *p, size_t n)
{
	if (n > l->size - l->n) {
		l->cut = true;
		return;
	}
	memcpy(l->p + l->n, p, n);
	l->n += n;
}

static void put_text(struct line *l, const char *text)
{
	put(l, text, strlen(text));
}

/* ---- values ---- */

static void put_escape(struct line *l, char c)
{
	static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *at = c ? strchr(plain, c) : NULL;
	char text[8];

	if (at)
		snprintf(text, sizeof(text), "\\%c", letters[at - plain]);
	else
		snprintf(text, sizeof(text), "\\u%04x", (unsigned)(unsigned char)c);
	put_text(l, text);
}

static bool control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/* As in a JSON string, without the quotes around it. */
static void put_escaped(struct line *l, struct str s)
{
	bool too_long = s.n > LOG_VALUE_MAX_BYTES;

	s.n = MIN(s.n, LOG_VALUE_MAX_BYTES);
	while (s.n > 0) {
		size_t n = utf8_length(s);

		if (n == 0)
			put_text(l, "\\ufffd");
		else if (control(s.p[0]) || s.p[0] == '"' || s.p[0] == '\\')
			put_escape(l, s.p[0]);
		else
			put(l, s.p, n);
		s = str_sub(s, MAX(n, 1u), s.n);
	}
	if (too_long)
		put_text(l, "...");
}

static void put_quoted(struct line *l, struct str s)
{
	put_text(l, "\"");
	put_escaped(l, s);
	put_text(l, "\"");
}

static bool needs_quotes(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (control(s.p[i]) || strchr(" =\"\\", s.p[i]) || (unsigned char)s.p[i] >= 0x80)
			return true;
	return s.n == 0;
}

static void put_string(struct line *l, struct str s)
{
	if (l->form == LOG_FORM_JSON || needs_quotes(s))
		put_quoted(l, s);
	else
		put_escaped(l, s);
}

static void put_number(struct line *l, int64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)v);
	put_text(l, text);
}

/* Seconds, with milliseconds; the unit where the reader cannot take it for part of the number. */
static void put_usec(struct line *l, usec v)
{
	uint64_t ms = (v < 0 ? 0 - (uint64_t)v : (uint64_t)v) / 1000;
	char text[32];

	snprintf(text, sizeof(text), "%s%llu.%03llu%s", v < 0 ? "-" : "", (unsigned long long)(ms / 1000),
		 (unsigned long long)(ms % 1000), l->form == LOG_FORM_JSON ? "" : "s");
	put_text(l, text);
}

static void put_value(struct line *l, const struct log_field *f)
{
	switch (f->type) {
	case LOG_TYPE_TEXT:
		put_string(l, f->text);
		break;
	case LOG_TYPE_NUMBER:
		put_number(l, f->number);
		break;
	case LOG_TYPE_USEC:
		put_usec(l, f->number);
		break;
	case LOG_TYPE_FLAG:
		put_text(l, f->number ? "true" : "false");
		break;
	case LOG_TYPE_SECRET:
		put_string(l, STR("***"));
		break;
	}
}

/* ---- lines ---- */

static void put_key(struct line *l, const char *key)
{
	if (l->form == LOG_FORM_JSON) {
		put_text(l, l->n > 1 ? ",\"" : "\"");
		put_text(l, key);
		put_text(l, "\":");
		return;
	}
	put_text(l, l->n > 0 ? " " : "");
	put_text(l, key);
	put_text(l, "=");
}

/* Whole or not at all, so that the line stays readable by machines. */
static void put_field(struct line *l, const struct log_field *f)
{
	size_t n = l->n;

	if (l->cut)
		return;
	put_key(l, f->key);
	put_value(l, f);
	if (l->cut)
		l->n = n;
}

static void put_time(struct line *l, usec unix_time)
{
	time_t seconds = unix_time / USEC_SEC(1);
	bool human = l->form == LOG_FORM_HUMAN;
	char text[40], whole[48];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), human ? "%H:%M:%S" : "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(whole, sizeof(whole), "%s.%03d%s", text, (int)(unix_time / 1000 % 1000), human ? "" : "Z");
	if (!human)
		put_key(l, "time");
	if (l->form == LOG_FORM_JSON)
		put_quoted(l, str_from(whole));
	else
		put_text(l, whole);
}

static void put_head(struct line *l, const struct log_record *r)
{
	const char *level = level_names[r->level];
	char padded[16];

	if (l->form == LOG_FORM_JSON)
		put_text(l, "{");
	put_time(l, r->unix_time);
	if (l->form == LOG_FORM_HUMAN) {
		snprintf(padded, sizeof(padded), " %-5s ", level);
		put_text(l, padded);
		put_escaped(l, str_from(r->message));
		return;
	}
	put_field(l, &(struct log_field){.key = "level", .text = str_from(level)});
	put_field(l, &(struct log_field){.key = "msg", .text = str_from(r->message)});
}

size_t log_format(enum log_form form, const struct log_record *r, char *line)
{
	struct line l = {.p = line, .size = LOG_RECORD_MAX_BYTES - TAIL_BYTES, .form = form};
	struct log_field left_out = log_number("left_out", r->left_out),
			 truncated = log_flag("truncated", true);

	put_head(&l, r);
	if (r->left_out > 0)
		put_field(&l, &left_out);
	for (size_t i = 0; i < r->field_count; i++)
		put_field(&l, &r->fields[i]);
	l.size = LOG_RECORD_MAX_BYTES;
	if (l.cut) {
		l.cut = false;
		put_field(&l, &truncated);
	}
	put_text(&l, form == LOG_FORM_JSON ? "}\n" : "\n");
	return l.n;
}

/* ---- the way out ---- */

void log_setup(enum log_level least, enum log_form form, int fd)
{
	atomic_store(&least_level, (int)least);
	atomic_store(&chosen_form, (int)form);
	atomic_store(&descriptor, fd);
}

bool log_wanted(enum log_level level)
{
	return (int)level >= atomic_load_explicit(&least_level, memory_order_relaxed);
}

/* Two threads at the turn of a second may both begin it; a few records more do no harm. */
bool log_admit(struct log_site *site, usec unix_time, unsigned *ret_left_out)
{
	long long second = unix_time / USEC_SEC(1);

	if (atomic_exchange(&site->second, second) != second)
		atomic_store(&site->written, 0);
	if (atomic_fetch_add(&site->written, 1) >= LOG_SITE_PER_SECOND) {
		atomic_fetch_add(&site->left_out, 1);
		return false;
	}
	*ret_left_out = atomic_exchange(&site->left_out, 0);
	return true;
}

/* Asks the terminal once, not for each record. */
static enum log_form form_for(int fd)
{
	int form = atomic_load(&chosen_form), automatic = LOG_FORM_AUTO;

	if (form == LOG_FORM_AUTO) {
		form = isatty(fd) ? LOG_FORM_HUMAN : LOG_FORM_LOGFMT;
		atomic_compare_exchange_strong(&chosen_form, &automatic, form);
	}
	return (enum log_form)form;
}

void log_write(struct log_site *site, struct log_record *r)
{
	int fd = atomic_load(&descriptor);
	char line[LOG_RECORD_MAX_BYTES];
	size_t n;

	r->unix_time = clock_unix();
	if (!log_admit(site, r->unix_time, &r->left_out))
		return;
	n = log_format(form_for(fd), r, line);
	if (write(fd, line, n) != (ssize_t)n)
		atomic_fetch_add(&lost, 1);
}

uint64_t log_lost(void)
{
	return atomic_load(&lost);
}

struct log_field log_error_code(const char *key, int rc)
{
	const char *text = strerrordesc_np(rc < 0 ? -rc : rc);

	return log_text(key, text ? text : "unknown error");
}
