#include "call/trail.h"

void trail_init(struct trail *t, usec start, const struct trail_sink *sink)
{
	*t = (struct trail){.start = start, .sink = *sink};
	buf_init(&t->line, TRAIL_LINE_MAX);
}

void trail_fini(struct trail *t)
{
	buf_fini(&t->line);
}

usec trail_offset(const struct trail *t, usec at)
{
	return at == 0 ? 0 : at - t->start;
}

void trail_begin(struct trail *t, usec at, const char *event)
{
	buf_clear(&t->line);
	json_begin(&t->json, &t->line);
	json_map(&t->json, NULL);
	json_int(&t->json, "usec", at - t->start);
	json_str(&t->json, "event", str_from(event));
}

void trail_end(struct trail *t)
{
	json_end(&t->json);
	buf_add_char(&t->line, '\n');
	if (t->line.error)
		t->lost++;
	else
		t->sink.line(t->sink.arg, buf_str(&t->line));
}
