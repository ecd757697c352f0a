/*
 * log.h - one line a record, to standard error
 *
 * A record is a message and fields with names; what varies goes into fields, so
 * that the same event always has the same message:
 *
 *   log_info("call answered", log_str("call", id_str(&c->id)), log_usec("after", ringing));
 *
 *   12:50:57.123 info  call answered call=7c4v0m... after=1.204s
 *
 * People get the line above on a terminal; everything else gets logfmt or JSON.
 * Each place in the code may write LOG_SITE_PER_SECOND records a second; the next
 * one says how many were left out. Secrets cannot be written: their field prints
 * ***. Control characters are escaped, so that no input can forge a line.
 *
 * Only call and app log; the floors below return errors or emit events.
 *
 * Threads: any but the media loop; a record is formatted on the stack and
 * written at once. Layer: base.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/str.h"

#define LOG_RECORD_MAX_BYTES 2048u /* below PIPE_BUF: lines of several writers to a pipe stay whole */
#define LOG_VALUE_MAX_BYTES  512u
#define LOG_SITE_PER_SECOND  20u

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_ERROR,
};

enum log_form {
	LOG_FORM_AUTO, /* human on a terminal, logfmt otherwise */
	LOG_FORM_HUMAN,
	LOG_FORM_LOGFMT,
	LOG_FORM_JSON,
};

/* Before the first record: info, automatic, descriptor 2. Any thread may change it at any time. */
void log_setup(enum log_level least, enum log_form form, int fd);

/* ---- fields; keys are literals, values are borrowed until the record is written ---- */

struct log_field {
	const char *key;
	enum log_type {
		LOG_TYPE_TEXT,
		LOG_TYPE_NUMBER,
		LOG_TYPE_USEC,
		LOG_TYPE_FLAG,
		LOG_TYPE_SECRET,
	} type;
	struct str text;
	int64_t number;
};

static inline struct log_field log_str(const char *key, struct str value)
{
	return (struct log_field){.key = key, .type = LOG_TYPE_TEXT, .text = value};
}

static inline struct log_field log_text(const char *key, const char *value)
{
	return log_str(key, str_from(value));
}

static inline struct log_field log_number(const char *key, int64_t value)
{
	return (struct log_field){.key = key, .type = LOG_TYPE_NUMBER, .number = value};
}

/* A span, printed in seconds. */
static inline struct log_field log_usec(const char *key, usec value)
{
	return (struct log_field){.key = key, .type = LOG_TYPE_USEC, .number = value};
}

static inline struct log_field log_flag(const char *key, bool value)
{
	return (struct log_field){.key = key, .type = LOG_TYPE_FLAG, .number = value};
}

/* That there is one, never what it is. */
static inline struct log_field log_secret(const char *key)
{
	return (struct log_field){.key = key, .type = LOG_TYPE_SECRET};
}

/* What an -errno means, as text. */
struct log_field log_error_code(const char *key, int rc);

/* ---- records ---- */

#define log_debug(message, ...)   LOG_RECORD_(LOG_LEVEL_DEBUG, message, ##__VA_ARGS__)
#define log_info(message, ...)    LOG_RECORD_(LOG_LEVEL_INFO, message, ##__VA_ARGS__)
#define log_warning(message, ...) LOG_RECORD_(LOG_LEVEL_WARNING, message, ##__VA_ARGS__)
#define log_error(message, ...)   LOG_RECORD_(LOG_LEVEL_ERROR, message, ##__VA_ARGS__)

/* The first field is a dummy: a list may not be empty. */
#define LOG_RECORD_(level_, message_, ...)                                                          \
	do {                                                                                        \
		static struct log_site log_site_;                                                   \
		if (log_wanted(level_)) {                                                           \
			const struct log_field log_fields_[] = {{.key = NULL}, ##__VA_ARGS__};      \
			log_write(&log_site_,                                                       \
				  &(struct log_record){.level = (level_),                           \
						       .message = (message_),                       \
						       .fields = log_fields_ + 1,                   \
						       .field_count = ARRAY_LEN(log_fields_) - 1}); \
		}                                                                                   \
	} while (0)

/* A place in the code that logs. */
struct log_site {
	atomic_llong second; /* the one being counted in */
	atomic_uint written, left_out;
};

struct log_record {
	usec unix_time; /* log_write() fills it in */
	enum log_level level;
	const char *message;
	const struct log_field *fields;
	size_t field_count;
	unsigned left_out; /* records of the same site before this one; log_write() fills it in */
};

bool log_wanted(enum log_level level);
void log_write(struct log_site *site, struct log_record *r);

/* Whether the site may write now; if so, `*ret_left_out` is what it had to leave out before. */
bool log_admit(struct log_site *site, usec unix_time, unsigned *ret_left_out);

/* Formats a line, newline included, into line[LOG_RECORD_MAX_BYTES]. Values are cut at LOG_VALUE_MAX_BYTES,
 * and fields that no longer fit are left out with truncated=true in their place. Returns its length. */
size_t log_format(enum log_form form, const struct log_record *r, char *line);

/* Records that could not be written. */
uint64_t log_lost(void);

#endif
