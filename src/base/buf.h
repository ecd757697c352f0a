/*
 * buf.h - bytes that grow up to a limit
 *
 * For building a message or collecting one from a stream. The first failure
 * (memory, limit) sticks: write on without checking, look at `error` once.
 *
 * Threads: the owner's only. Layer: base.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>

#include "base/str.h"

struct buf {
	char *p;
	size_t n, cap;
	size_t limit_bytes;
	int error; /* 0, -ENOMEM, -EMSGSIZE, or what a writer above found wrong */
};

/* Empty; allocates nothing yet. */
void buf_init(struct buf *b, size_t limit_bytes);
void buf_fini(struct buf *b);

/* Forgets the content and the error, keeps the memory. */
void buf_clear(struct buf *b);

void buf_add(struct buf *b, const void *p, size_t n);
void buf_add_str(struct buf *b, struct str s);
void buf_add_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) printf_like(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) printf_like(2, 0);

/* `n` bytes more, for the caller to fill at once. Returns NULL after an error. */
char *buf_grow(struct buf *b, size_t n) must_check;

/* Makes room for `n` bytes more, so that adding them cannot fail. Returns 0 or the error, which does not
 * stick.
 */
int buf_reserve(struct buf *b, size_t n) must_check;

/* Drops the first `n` bytes (n <= b->n). */
void buf_consume(struct buf *b, size_t n);

static inline struct str buf_str(const struct buf *b)
{
	return (struct str){b->p, b->n};
}

#endif
