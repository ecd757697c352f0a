#include "wire/http_answer.h"

#include <errno.h>

#define LINE_END STR("\r\n")

/* "HTTP/1.1 101 Switching Protocols" */
static int read_status(struct str line, int *ret_status)
{
	struct str version = str_word(&line), status = str_word(&line);
	int64_t value;

	if (!str_starts(version, STR("HTTP/1.")) || status.n != 3 || str_to_int(status, 100, 999, &value) < 0)
		return -EBADMSG;
	*ret_status = (int)value;
	return 0;
}

int http_answer_parse(struct str bytes, struct http_answer *ret_answer)
{
	struct str known = STR("HTTP/1.");
	size_t end = str_find(bytes, STR("\r\n\r\n"));
	size_t line = str_find(bytes, LINE_END);
	struct http_answer a = {0};

	if (!str_eq(str_sub(bytes, 0, known.n), str_sub(known, 0, bytes.n)))
		return -EBADMSG;
	if (MIN(end, bytes.n) > HTTP_ANSWER_HEAD_MAX)
		return -EMSGSIZE;
	if (end == bytes.n)
		return -EAGAIN;
	if (read_status(str_sub(bytes, 0, line), &a.status) < 0)
		return -EBADMSG;
	a.head_bytes = end + 4;
	a.headers = str_sub(bytes, line + 2, end - line);
	*ret_answer = a;
	return 0;
}

/* The value of the next header named `name` in `*rest`; p == NULL at the end. */
static struct str next_value(struct str *rest, struct str name)
{
	while (rest->n > 0) {
		struct str value = str_cut(rest, '\n');
		struct str key = str_cut(&value, ':');

		if (str_ieq(key, name))
			return value.p ? str_trim(value) : (struct str){"", 0};
	}
	return (struct str){0};
}

struct str http_answer_find(const struct http_answer *a, struct str name)
{
	struct str rest = a->headers;

	return next_value(&rest, name);
}

bool http_answer_has(const struct http_answer *a, struct str name, struct str word)
{
	struct str rest = a->headers;

	for (struct str value = next_value(&rest, name); value.p; value = next_value(&rest, name))
		while (value.n > 0)
			if (str_ieq(str_trim(str_cut(&value, ',')), word))
				return true;
	return false;
}

/* Appends what fits. */
static void add_some(struct buf *out, struct str s)
{
	buf_add_str(out, str_sub(s, 0, out->limit_bytes - out->n));
}

/* "1f;ext=1" */
static int read_chunk_size(struct str line, size_t *ret_n)
{
	struct str digits = str_trim(str_cut(&line, ';'));
	size_t n = 0;

	if (digits.n == 0 || digits.n > 7)
		return -EBADMSG;
	for (size_t i = 0; i < digits.n; i++) {
		char c = str_lower(digits.p[i]);
		int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

		if (digit < 0)
			return -EBADMSG;
		n = n * 16 + (size_t)digit;
	}
	*ret_n = n;
	return 0;
}

/* Nonsense counts as the end: there is nothing to wait for. */
static bool read_chunks(struct str after, struct buf *out)
{
	while (true) {
		size_t line = str_find(after, LINE_END), n;

		if (line == after.n)
			return false;
		if (read_chunk_size(str_sub(after, 0, line), &n) < 0 || n == 0)
			return true;
		after = str_sub(after, line + 2, SIZE_MAX);
		add_some(out, str_sub(after, 0, n));
		if (after.n < n + 2)
			return false;
		after = str_sub(after, n + 2, SIZE_MAX);
	}
}

bool http_answer_body(const struct http_answer *a, struct str after, struct buf *out)
{
	struct str length = http_answer_find(a, STR("Content-Length"));
	int64_t n;

	buf_clear(out);
	if (http_answer_has(a, STR("Transfer-Encoding"), STR("chunked")))
		return read_chunks(after, out);
	if (a->status < 200 || a->status == 204 || a->status == 304)
		return true;
	if (length.n == 0 || str_to_int(length, 0, INT64_MAX, &n) < 0) {
		add_some(out, after);
		return false;
	}
	add_some(out, str_sub(after, 0, (size_t)n));
	return after.n >= (size_t)n;
}

usec http_answer_retry_after(const struct http_answer *a)
{
	int64_t n;

	if (str_to_int(http_answer_find(a, STR("retry-after-ms")), 0, 86400000, &n) == 0)
		return USEC_MS(n);
	if (str_to_int(http_answer_find(a, STR("Retry-After")), 0, 86400, &n) == 0)
		return USEC_SEC(n);
	return -1;
}
