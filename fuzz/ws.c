#include "fuzz.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "net/ws_frames.h"
#include "net/ws_upgrade.h"

/* What a server says: the first byte chooses between the answer to an upgrade and frames, and how many bytes
 * come at once.
 */
struct source {
	const uint8_t *p;
	size_t n, step;
};

static size_t read_step(void *arg, void *p, size_t n)
{
	struct source *s = arg;

	n = MIN(MIN(n, s->n), s->step);
	memcpy(p, s->p, n);
	s->p += n;
	s->n -= n;
	return n;
}

static void check(const struct ws_frame_event *ev)
{
	assert(ev->payload.n <= WS_FRAMES_MESSAGE_MAX);
	assert(ev->what < WS_OP_CLOSE || ev->payload.n <= WS_FRAMES_CONTROL_MAX);
	assert(ev->what != WS_OP_TEXT || utf8_valid(ev->payload));
	assert(ev->what != WS_OP_CLOSE || (ev->code >= 1000 && ev->code < 5000));
	for (size_t i = 0; i < ev->payload.n; i++)
		__asm__ volatile("" : : "r"(ev->payload.p[i]));
}

static void read_frames(const uint8_t *data, size_t size, size_t step)
{
	struct source s = {data, size, step};
	struct ws_frame_event ev;
	struct ws_frames f;
	struct rng rng;
	int rc;

	rng_init_number(&rng, 1);
	if (ws_frames_init(&f, read_step, &s, &rng) < 0)
		abort();
	while ((rc = ws_frames_next(&f, &ev)) > 0)
		check(&ev);
	assert(rc < 0 || s.n == 0);
	assert(rc == 0 || ws_frames_code(rc) != 1011);
	ws_frames_fini(&f);
}

static void read_answer(const uint8_t *data, size_t size)
{
	struct str bytes = {(const char *)data, size};
	struct ws_upgrade_answer a;
	struct buf body;
	int rc;

	buf_init(&body, 64);
	rc = ws_upgrade_read(bytes, STR("dGhlIHNhbXBsZSBub25jZQ=="), STR("a, b"), &body, &a);
	assert(rc != 0 || (a.status == 101 && a.used_bytes <= size));
	assert(rc != -EPROTO || a.wrong);
	assert(body.n <= 64);
	buf_fini(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] == 'H')
		read_answer(data, size);
	else
		read_frames(data + 1, size - 1, (size_t)data[0] + 1);
	return 0;
}
