/*
 * mailbox.h - how threads talk: bounded, copied messages into a loop
 *
 * Any thread posts; the loop's owner receives them in order. A message is a
 * small struct copied in and out; what it points at must be handed over for
 * good (take) or be an id. A full box refuses the newest message, counts it and
 * tells the poster, whose header says what that means there.
 *
 *   thread A -- post(copy) --> [ | | | | ] -- on_message(copy) --> loop's thread
 *
 * Threads: mailbox_post() any; everything else the loop's owner. Layer: base.
 */
#ifndef BASE_MAILBOX_H
#define BASE_MAILBOX_H

#include "base/loop.h"

#define MAILBOX_SLOTS_MAX         (1u << 20)
#define MAILBOX_MESSAGE_MAX_BYTES 65536u

struct mailbox;

/* A box of `slots` messages (rounded up to a power of two, at least 2) of `message_bytes` each, read on loop
 * `l`. The messages of one poster arrive in the order of posting. on_message gets a copy that is valid during
 * the call; it must not free the box. Returns 0 or -ENOMEM (also beyond the maxima above). */
int mailbox_new(struct loop *l, size_t message_bytes, size_t slots,
		void (*on_message)(void *arg, const void *message), void *arg,
		struct mailbox **ret_box) must_check;

/* Messages still inside are passed to `on_drop` (may be NULL), so that what they own can be freed. Nobody
 * may be posting any more. Takes NULL. */
struct mailbox *mailbox_free(struct mailbox *m, void (*on_drop)(void *arg, const void *message));

/* Returns 0, or -ENOBUFS when full (counted). Never blocks, never allocates. */
int mailbox_post(struct mailbox *m, const void *message) must_check;

/* Messages refused so far. */
uint64_t mailbox_refused(const struct mailbox *m);

#endif
