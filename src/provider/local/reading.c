#include "provider/local/reading.h"

#include <errno.h>

#include "base/live.h"
#include "base/mem.h"

#define SHARE 2 /* one that holds less than half of what is asked may be of more use to somebody else */

LIVE_DEFINE(reading);

static const atomic_bool never;

void readings_init(struct readings *rs, struct llama_weights *w, size_t window, int threads)
{
	rs->weights = w;
	rs->window = window;
	rs->threads = threads;
	atomic_init(&rs->count, 0);
	for (size_t i = 0; i < READINGS_IDLE_MAX; i++)
		atomic_init(&rs->idle[i], NULL);
}

static struct reading *reading_free(struct readings *rs, struct reading *r)
{
	if (!r)
		return NULL;
	llama_run_free(r->run);
	atomic_fetch_sub(&rs->count, 1);
	live_down(&live_reading);
	return mem_free(r);
}

void readings_fini(struct readings *rs)
{
	for (size_t i = 0; i < READINGS_IDLE_MAX; i++)
		reading_free(rs, atomic_exchange(&rs->idle[i], NULL));
}

static int reading_new(struct readings *rs, const atomic_bool *stop, struct reading **ret_reading)
{
	struct reading *r;
	int rc;

	if (atomic_fetch_add(&rs->count, 1) >= READINGS_MAX) {
		atomic_fetch_sub(&rs->count, 1);
		return -EBUSY;
	}
	r = mem_zalloc(sizeof(*r) + rs->window * sizeof(r->tokens[0]));
	if (!r) {
		atomic_fetch_sub(&rs->count, 1);
		return -ENOMEM;
	}
	live_up(&live_reading);
	rc = llama_door_run(rs->weights, (uint32_t)rs->window, rs->threads, stop, &r->run);
	if (rc < 0)
		reading_free(rs, r);
	else
		*ret_reading = r;
	return rc;
}

/* Into a free place; NULL when there was one. */
static struct reading *put(struct readings *rs, struct reading *r)
{
	for (size_t i = 0; r && i < READINGS_IDLE_MAX; i++) {
		struct reading *none = NULL;

		if (atomic_compare_exchange_strong(&rs->idle[i], &none, r))
			r = NULL;
	}
	return r;
}

/* The idle one that knows most of it; NULL when there is none. Nobody else sees those that are looked at. */
static struct reading *best(struct readings *rs, const int32_t *tokens, size_t count)
{
	struct reading *found = NULL;

	for (size_t i = 0; i < READINGS_IDLE_MAX; i++) {
		struct reading *r = atomic_exchange(&rs->idle[i], NULL), *worse = r;

		if (!found || (r && reading_known(r, tokens, count) > reading_known(found, tokens, count))) {
			worse = found;
			found = r;
		}
		reading_free(rs, put(rs, worse));
	}
	return found;
}

int readings_take(struct readings *rs, const int32_t *tokens, size_t count, const atomic_bool *stop,
		  struct reading **ret_reading)
{
	struct reading *r = best(rs, tokens, count), *fresh;
	int rc;

	if (!r)
		return reading_new(rs, stop, ret_reading);
	llama_run_watch(r->run, stop);
	*ret_reading = r;
	if (reading_known(r, tokens, count) * SHARE >= count)
		return 0;
	rc = reading_new(rs, stop, &fresh);
	if (rc < 0)
		return 0; /* it has to do */
	readings_give_back(rs, r);
	*ret_reading = fresh;
	return 0;
}

struct reading *readings_give_back(struct readings *rs, struct reading *r)
{
	if (!r)
		return NULL;
	llama_run_watch(r->run, &never);
	return reading_free(rs, put(rs, r));
}

size_t reading_known(const struct reading *r, const int32_t *tokens, size_t count)
{
	size_t n = 0;

	while (n < r->read && n + 1 < count && r->tokens[n] == tokens[n])
		n++;
	return n;
}
