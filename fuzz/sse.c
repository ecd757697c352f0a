#include "fuzz.h"

#include <assert.h>

#include "wire/sse.h"

struct sum {
	uint64_t value;
	size_t events;
};

static void mix(struct sum *sum, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		sum->value = sum->value * 31 + (uint8_t)s.p[i];
	sum->value = sum->value * 31 + 256;
}

static int on_event(void *arg, const struct sse_event *ev)
{
	struct sum *sum = arg;

	assert(ev->name.n > 0 && ev->name.n < SSE_NAME_MAX && ev->data.n <= SSE_EVENT_MAX);
	mix(sum, ev->name);
	mix(sum, ev->data);
	sum->events++;
	return 0;
}

static int feed(enum sse_form form, struct str text, size_t step, struct sum *ret_sum)
{
	struct sse s;
	int rc = 0;

	*ret_sum = (struct sum){0};
	sse_init(&s, form);
	for (size_t at = 0; rc == 0 && at < text.n; at += step)
		rc = sse_feed(&s, str_sub(text, at, step), on_event, ret_sum);
	rc = rc ? rc : sse_end(&s, on_event, ret_sum);
	sse_fini(&s);
	return rc;
}

/* The first byte chooses the form and the size of the pieces; the events do not depend on the latter. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data + 1, size - 1};
	struct sum whole, cut;

	if (size == 0)
		return 0;
	for (enum sse_form form = SSE_EVENTS; form <= SSE_JSON_LINES; form++) {
		if (feed(form, text, MAX(text.n, 1u), &whole) < 0)
			continue;
		assert(feed(form, text, 1, &cut) == 0 && cut.value == whole.value);
		assert(feed(form, text, 1 + data[0] % 16, &cut) == 0 && cut.events == whole.events);
	}
	return 0;
}
