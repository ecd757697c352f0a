/*
 * rehearse_phone.h - the telephone of the scripted callers
 *
 * A SIP user agent with streams of its own: real SIP over UDP, real RTP, on a
 * control loop that the owner runs and a media thread. It calls one place only,
 * and lets itself be transferred without calling anybody.
 *
 * Threads: the control loop's owner; the media thread is its own. Layer: app.
 */
#ifndef APP_REHEARSAL_REHEARSE_PHONE_H
#define APP_REHEARSAL_REHEARSE_PHONE_H

#include "app/rehearsal/rehearsal.h"
#include "base/addr.h"
#include "base/loop.h"
#include "leg/leg.h"

struct rehearse_phone;

/* For `calls` at once to `server`. Returns 0 or -errno. */
int rehearse_phone_open(struct loop *control, const struct addr *server, size_t calls,
			struct rehearse_phone **ret_phone) must_check;

/* All legs are closed. Takes NULL. Returns NULL. */
struct rehearse_phone *rehearse_phone_close(struct rehearse_phone *p);

/* Dials what the rehearsal calls, over a line as bad as it says, `seed` deciding which packets it loses; the
 * leg's events go to who sets its sink before the loop turns. Returns 0 or -errno. */
int rehearse_phone_dial(struct rehearse_phone *p, const struct rehearsal *r, uint32_t seed,
			struct leg **ret_leg) must_check;

#endif
