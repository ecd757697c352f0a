/*
 * sip.h - telephone calls as legs
 *
 * The SIP side of a shard: its user agent, its end of the acceptor, and the
 * streams of its calls, joined into legs that the call floor can hold. A call
 * that arrives is admitted by `on_leg`, which also decides whose call it is; a
 * call of ours is made by sip_dial().
 *
 *   sip_port --> sip_ua --> sip_call --\
 *                                       sip (leg_ops) <--> call
 *   stream_pool --------> stream ------/
 *
 * Offers are answered with what codec.h has; description and media half follow
 * each other through hold, resume and late offers.
 *
 * Threads: the shard's control loop. Layer: leg.
 */
#ifndef LEG_SIP_H
#define LEG_SIP_H

#include "leg/sip_acceptor.h"
#include "leg/sip_ua.h"
#include "leg/stream.h"

struct sip;

struct sip_config {
	struct sip_ua_config ua;
	struct sip_acceptor *acceptor;
	struct stream_pool *streams;
};

struct sip_ops {
	/* A call has arrived on `trunk`; leg->info says from whom and to whom. Set leg->sink, keep the leg
	 * and return 0, or return the status to refuse with: 404 nobody here, 486 the tenant's limit, 503
	 * full. */
	int (*on_leg)(void *arg, struct leg *leg, const struct sip_trunk *trunk);
};

/* `rng` is borrowed for good. Returns 0 or -errno. */
int sip_new(struct loop *control, const struct sip_config *config, const struct sip_ops *ops, void *arg,
	    struct rng *rng, struct sip **ret_sip) must_check;

/* All legs are closed; what their calls still had to say is left unsaid. Takes NULL. */
struct sip *sip_free(struct sip *s);

struct sip_dialling {
	const struct sip_trunk *trunk;
	struct str called; /* a number, a user, or a whole URI */
	struct str caller, caller_name;
	const struct leg_headers *headers; /* may be NULL */
	float loss;                        /* see struct stream_params */
	uint32_t loss_seed;
	struct leg_sink sink;
};

/* Returns 0, -ENOTSUP when the trunk takes calls only, -EAGAIN or -EADDRINUSE when there is no stream left,
 * -ENOBUFS when there are too many calls, or -errno. */
int sip_dial(struct sip *s, const struct sip_dialling *dialling, struct leg **ret_leg) must_check;

struct sip_stats {
	struct sip_ua_stats ua;
	size_t legs; /* open, those that wait for their recorder included */
};

struct sip_stats sip_read_stats(const struct sip *s);

#endif
