#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define BUF_MIN_BYTES 256u

void buf_init(struct buf *b, size_t limit_bytes)
{
	*b = (struct buf){.limit_bytes = limit_bytes};
}

void buf_fini(struct buf *b)
{
	mem_free(b->p);
	buf_init(b, b->limit_bytes);
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	b->error = 0;
}

/* Room for `n` more bytes and the terminating zero of printf. Returns NULL after an error. */
static char *reserve(struct buf *b, size_t n)
{
	size_t cap = MAX(b->cap, BUF_MIN_BYTES);
	char *p;

	if (!b->error && n > b->limit_bytes - b->n)
		b->error = -EMSGSIZE;
	if (b->error)
		return NULL;
	while (cap < b->n + n + 1)
		cap *= 2;
	if (cap > b->cap) {
		p = mem_resize(b->p, cap);
		if (!p) {
			b->error = -ENOMEM;
			return NULL;
		}
		b->p = p;
		b->cap = cap;
	}
	return b->p + b->n;
}

char *buf_grow(struct buf *b, size_t n)
{
	char *at = reserve(b, n);

	if (at)
		b->n += n;
	return at;
}

int buf_reserve(struct buf *b, size_t n)
{
	int rc = b->error;

	if (rc || reserve(b, n))
		return rc;
	rc = b->error;
	b->error = 0;
	return rc;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	char *at = reserve(b, n);

	if (!at || n == 0)
		return;
	memcpy(at, p, n);
	b->n += n;
}

void buf_add_str(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.n);
}

void buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	size_t room = b->error ? 0 : b->cap - b->n;
	va_list again;
	char *at;
	int n;

	/* Mostly there is room already, and one pass is enough. */
	va_copy(again, ap);
	n = vsnprintf(room > 0 ? b->p + b->n : NULL, room, fmt, again);
	va_end(again);
	at = n < 0 ? NULL : reserve(b, (size_t)n);
	if (!at)
		return;
	if ((size_t)n >= room)
		vsnprintf(at, (size_t)n + 1, fmt, ap);
	b->n += (size_t)n;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void buf_consume(struct buf *b, size_t n)
{
	b->n -= n;
	if (b->n > 0)
		memmove(b->p, b->p + n, b->n);
}
