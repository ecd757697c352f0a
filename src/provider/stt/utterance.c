#include "provider/stt/utterance.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/mem.h"

#define FIRST_CAP    (4 * UTTERANCE_RATE_HZ)
#define GAP_MAX      USEC_MS(200)             /* of audio that was not fed: enough to keep words apart */
#define GAP_MIN      USEC_MS(40)              /* less is jitter of the time stamps */
#define QUIET_WINDOW (UTTERANCE_RATE_HZ / 10) /* between words there are 100 ms, inside rarely */
#define QUIET_STEP   (UTTERANCE_RATE_HZ / 50)

void utterance_fini(struct utterance *u)
{
	mem_free(u->pcm);
	*u = (struct utterance){0};
}

static int make_room(struct utterance *u, size_t n)
{
	size_t cap = MAX(u->cap, (size_t)FIRST_CAP);
	int16_t *grown;

	if (u->n + n > UTTERANCE_MAX)
		return -ENOBUFS;
	while (cap < u->n + n)
		cap *= 2;
	if (cap == u->cap)
		return 0;
	grown = mem_resize(u->pcm, cap * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	u->pcm = grown;
	u->cap = cap;
	return 0;
}

static void drop(struct utterance *u, size_t from, size_t n)
{
	memmove(u->pcm + from, u->pcm + from + n, (u->n - from - n) * sizeof(*u->pcm));
	u->n -= n;
}

/* Speech is firm at once, silence while it follows speech; of the rest only the newest floats on. */
static void sort_out(struct utterance *u)
{
	size_t loose = u->n - u->firm, most = utterance_samples(UTTERANCE_FLOAT);
	size_t keep = u->speaking ? loose : MIN(loose, u->behind);

	u->firm += keep;
	u->behind -= MIN(keep, u->behind);
	loose -= keep;
	if (loose > most)
		drop(u, u->firm, loose - most);
}

int utterance_feed(struct utterance *u, usec at, const int16_t *pcm, size_t n)
{
	usec gap = u->end > 0 ? at - u->end : 0;
	size_t silence = gap > GAP_MIN ? utterance_samples(MIN(gap, GAP_MAX)) : 0;
	int rc = make_room(u, silence + n);

	if (rc < 0)
		return rc;
	memset(u->pcm + u->n, 0, silence * sizeof(*pcm));
	memcpy(u->pcm + u->n + silence, pcm, n * sizeof(*pcm));
	u->n += silence + n;
	u->end = at + utterance_span(n);
	sort_out(u);
	return 0;
}

static void begin(struct utterance *u, usec at)
{
	size_t wanted = utterance_samples(u->end - at + UTTERANCE_BEFORE);
	size_t loose = u->n - u->firm;

	if (loose > wanted)
		drop(u, u->firm, loose - wanted);
	u->speaking = u->spoken = true;
	u->behind = 0;
	sort_out(u);
}

/* What came since `at` was silence already; it is firm, so less of what follows is kept. */
static void end(struct utterance *u, usec at)
{
	size_t since = utterance_samples(u->end - at), most = utterance_samples(UTTERANCE_BEHIND);

	u->speaking = false;
	u->behind = most - MIN(since, most);
}

void utterance_speech(struct utterance *u, bool speaking, usec at)
{
	if (speaking && !u->speaking)
		begin(u, at);
	else if (!speaking && u->speaking)
		end(u, at);
}

void utterance_settle(struct utterance *u, size_t n)
{
	assert(n <= u->firm);
	drop(u, 0, n);
	u->firm -= n;
}

/* ---- where to cut ---- */

static int64_t energy(const int16_t *pcm, size_t n)
{
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += pcm[i] * pcm[i];
	return sum;
}

size_t utterance_part(const int16_t *pcm, size_t samples, size_t most)
{
	size_t from = most / 2, best = from;
	int64_t least = INT64_MAX;

	if (samples <= most)
		return samples;
	for (size_t at = from; at + QUIET_WINDOW <= most; at += QUIET_STEP) {
		int64_t e = energy(pcm + at, QUIET_WINDOW);

		if (e > least)
			continue;
		least = e;
		best = at;
	}
	return best + QUIET_WINDOW / 2;
}
