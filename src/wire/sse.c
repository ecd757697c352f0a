#include "wire/sse.h"

#include <errno.h>

#define BOM "\xef\xbb\xbf"

typedef int sse_fn(void *arg, const struct sse_event *ev);

void sse_init(struct sse *s, enum sse_form form)
{
	*s = (struct sse){.form = form};
	buf_init(&s->line, SSE_EVENT_MAX);
	buf_init(&s->data, SSE_EVENT_MAX);
}

void sse_fini(struct sse *s)
{
	buf_fini(&s->line);
	buf_fini(&s->data);
}

/* An empty line: what was collected is an event, if there was data at all. */
static int dispatch(struct sse *s, sse_fn *fn, void *arg)
{
	struct sse_event ev = {.name = s->name_n > 0 ? (struct str){s->name, s->name_n} : STR("message"),
			       .data = buf_str(&s->data)};
	int rc = s->has_data ? fn(arg, &ev) : 0;

	s->has_data = false;
	s->name_n = 0;
	buf_clear(&s->data);
	return rc;
}

/* One line without its end. The fields `id` and `retry` serve reconnection, which answers do not know. */
static int read_line(struct sse *s, struct str line, sse_fn *fn, void *arg)
{
	struct str field, value = line;

	if (!s->begun && str_starts(line, STR(BOM)))
		value = line = str_sub(line, 3, line.n);
	s->begun = true;
	if (str_empty(line))
		return dispatch(s, fn, arg);
	field = str_cut(&value, ':');
	if (str_starts(value, STR(" ")))
		value = str_sub(value, 1, value.n);
	if (str_eq(field, STR("event")))
		s->name_n = str_copy(value, s->name, sizeof(s->name));
	if (!str_eq(field, STR("data")))
		return 0;
	if (s->has_data)
		buf_add_char(&s->data, '\n');
	buf_add_str(&s->data, value);
	s->has_data = true;
	return s->data.error;
}

static int read_json_line(struct sse *s, struct str line, sse_fn *fn, void *arg)
{
	struct sse_event ev = {.name = STR("message")};

	if (!s->begun && str_starts(line, STR(BOM)))
		line = str_sub(line, 3, line.n);
	s->begun = true;
	ev.data = str_trim(line);
	return str_empty(ev.data) ? 0 : fn(arg, &ev);
}

/* A whole line, the last part of which is `tail`. */
static int end_line(struct sse *s, struct str tail, sse_fn *fn, void *arg)
{
	struct str line = tail;
	int rc;

	if (s->line.n > 0) {
		buf_add_str(&s->line, tail);
		line = buf_str(&s->line);
	}
	if (s->line.error)
		return s->line.error;
	if (line.n > SSE_EVENT_MAX)
		return -EMSGSIZE;
	rc = s->form == SSE_EVENTS ? read_line(s, line, fn, arg) : read_json_line(s, line, fn, arg);
	buf_clear(&s->line);
	return rc;
}

/* Up to the first line end: CR counts only where events are cut. */
static size_t line_length(const struct sse *s, struct str piece)
{
	size_t lf = str_chr(piece, '\n');

	return s->form == SSE_EVENTS ? str_chr(str_sub(piece, 0, lf), '\r') : lf;
}

int sse_feed(struct sse *s, struct str piece, sse_fn *fn, void *arg)
{
	while (!str_empty(piece)) {
		size_t n;
		int rc;

		if (s->after_cr && *piece.p == '\n')
			piece = str_sub(piece, 1, piece.n);
		s->after_cr = false;
		if (str_empty(piece))
			break;
		n = line_length(s, piece);
		if (n == piece.n) {
			buf_add_str(&s->line, piece);
			return s->line.error;
		}
		s->after_cr = piece.p[n] == '\r';
		rc = end_line(s, str_sub(piece, 0, n), fn, arg);
		if (rc != 0)
			return rc;
		piece = str_sub(piece, n + 1, piece.n);
	}
	return 0;
}

int sse_end(struct sse *s, sse_fn *fn, void *arg)
{
	return s->form == SSE_JSON_LINES ? end_line(s, STR(""), fn, arg) : 0;
}
