#include "base/mailbox.h"

#include <assert.h>
#include <errno.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <string.h>

#include "base/live.h"
#include "base/mem.h"

/*
 * Dmitry Vyukov's bounded queue, with one reader. Each slot carries the number of the message that may use
 * it next: `n` when message n may be written, n + 1 when it may be read. A poster takes a number by moving
 * `tail` and then owns its slot; the reader stops at the first slot that is not written yet, and the
 * poster of that one wakes it again.
 */
struct slot {
	atomic_size_t turn;
	alignas(max_align_t) unsigned char message[];
};

struct mailbox {
	struct waker waker;
	void (*on_message)(void *arg, const void *message);
	void *arg;
	size_t message_bytes, stride, mask;
	size_t head; /* the reader's */
	bool delivering;
	unsigned char apart[64]; /* from the posters' cache line */
	atomic_size_t tail;
	atomic_ullong refused;
	alignas(max_align_t) unsigned char slots[];
};

LIVE_DEFINE(mailbox);

static struct slot *slot_at(struct mailbox *m, size_t n)
{
	return (struct slot *)(void *)(m->slots + (n & m->mask) * m->stride);
}

/* The oldest message if it is there whole. */
static struct slot *first(struct mailbox *m)
{
	struct slot *s = slot_at(m, m->head);

	return atomic_load_explicit(&s->turn, memory_order_acquire) == m->head + 1 ? s : NULL;
}

static void release(struct mailbox *m, struct slot *s)
{
	atomic_store_explicit(&s->turn, m->head + m->mask + 1, memory_order_release);
	m->head++;
}

/* One box full a turn: posters that never pause cannot keep the loop here. */
static void deliver(struct waker *w)
{
	struct mailbox *m = CONTAINER_OF(w, struct mailbox, waker);
	size_t left = m->mask + 1;
	struct slot *s;

	m->delivering = true;
	for (; left > 0 && (s = first(m)); left--) {
		m->on_message(m->arg, s->message);
		release(m, s);
	}
	m->delivering = false;
	if (left == 0)
		loop_wake(m->waker.loop);
}

int mailbox_new(struct loop *l, size_t message_bytes, size_t slots,
		void (*on_message)(void *arg, const void *message), void *arg, struct mailbox **ret_box)
{
	const size_t align = alignof(max_align_t);
	size_t stride, n = 2; /* of one slot, free and full would bear the same number */
	struct mailbox *m;

	if (message_bytes > MAILBOX_MESSAGE_MAX_BYTES || slots > MAILBOX_SLOTS_MAX)
		return -ENOMEM;
	stride = sizeof(struct slot) + (message_bytes + align - 1) / align * align;
	while (n < slots)
		n *= 2;
	m = mem_zalloc(sizeof(*m) + n * stride);
	if (!m)
		return -ENOMEM;
	m->on_message = on_message;
	m->arg = arg;
	m->message_bytes = message_bytes;
	m->stride = stride;
	m->mask = n - 1;
	for (size_t i = 0; i < n; i++)
		atomic_init(&slot_at(m, i)->turn, i);
	waker_add(&m->waker, l, deliver);
	live_up(&live_mailbox);
	*ret_box = m;
	return 0;
}

struct mailbox *mailbox_free(struct mailbox *m, void (*on_drop)(void *arg, const void *message))
{
	struct slot *s;

	if (!m)
		return NULL;
	assert(!m->delivering);
	waker_remove(&m->waker);
	while ((s = first(m))) {
		if (on_drop)
			on_drop(m->arg, s->message);
		release(m, s);
	}
	live_down(&live_mailbox);
	return mem_free(m);
}

/* The slot of the next number, taken for the caller alone; NULL when it is still full of the message one
 * round before. */
static struct slot *take_slot(struct mailbox *m, size_t *ret_number)
{
	size_t n = atomic_load_explicit(&m->tail, memory_order_relaxed);

	for (;;) {
		struct slot *s = slot_at(m, n);
		size_t turn = atomic_load_explicit(&s->turn, memory_order_acquire);
		ptrdiff_t ahead = (ptrdiff_t)(turn - n);

		if (ahead < 0)
			return NULL;
		if (ahead > 0) {
			n = atomic_load_explicit(&m->tail, memory_order_relaxed);
		} else if (atomic_compare_exchange_weak_explicit(&m->tail, &n, n + 1, memory_order_relaxed,
								 memory_order_relaxed)) {
			*ret_number = n;
			return s;
		}
	}
}

int mailbox_post(struct mailbox *m, const void *message)
{
	struct loop *l = m->waker.loop;
	struct slot *s;
	size_t n;

	s = take_slot(m, &n);
	if (!s) {
		atomic_fetch_add_explicit(&m->refused, 1, memory_order_relaxed);
		return -ENOBUFS;
	}
	memcpy(s->message, message, m->message_bytes);
	atomic_store_explicit(&s->turn, n + 1, memory_order_release);
	loop_wake(l);
	return 0;
}

uint64_t mailbox_refused(const struct mailbox *m)
{
	return atomic_load_explicit(&m->refused, memory_order_relaxed);
}
