/*
 * mailbox.h - how threads talk: bounded, copied messages into a loop
 *
 * Any thread posts; the loop's owner receives them in order. A message is a
 * small struct copied in and out; what it points at must be handed over for
 * good (take) or be an id. When the box is full its policy decides: events are
 * refused (the poster is told), or the newest of a droppable class is lost and
 * counted.
 *
 *   thread A -- post(copy) --> [ | | | | ] -- on_message(copy) --> loop's thread
 *
 * Threads: mailbox_post() any; everything else the loop's owner. Layer: base.
 */
#ifndef BASE_MAILBOX_H
#define BASE_MAILBOX_H

#include "base/loop.h"

struct mailbox;

/* A box of `slots` messages (rounded up to a power of two) of `message_bytes` each, read on loop `l`.
 * on_message gets a copy that is valid during the call. Returns 0 or -ENOMEM. */
int mailbox_new(struct loop *l, size_t message_bytes, size_t slots,
		void (*on_message)(void *arg, const void *message), void *arg,
		struct mailbox **ret_box) must_check;

/* Messages still inside are passed to `on_drop` (may be NULL), so that what they own can be freed. */
struct mailbox *mailbox_free(struct mailbox *m, void (*on_drop)(void *arg, const void *message));

/* Returns 0, or -ENOBUFS when full (counted). Never blocks, never allocates. */
int mailbox_post(struct mailbox *m, const void *message) must_check;

/* Messages refused so far. */
uint64_t mailbox_refused(const struct mailbox *m);

#endif
