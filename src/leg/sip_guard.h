/*
 * sip_guard.h - what strangers get: one refusal, then silence
 *
 * A source that no trunk lists is told 403 once, so that the owner of a trunk
 * with a forgotten address finds out, and nothing after that for as long as it
 * keeps trying and a while longer. The answer is the same for every user,
 * method and port, and carries no name of software: there is nothing to learn
 * from it. A known source whose passwords are wrong too often is silenced in the
 * same way.
 *
 * The table is bounded: the source seen longest ago makes room. Refusals are
 * bounded too, over all sources, so that forged addresses cannot make us a
 * reflector.
 *
 * Threads: the acceptor's loop. Layer: leg.
 */
#ifndef LEG_SIP_GUARD_H
#define LEG_SIP_GUARD_H

#include "base/addr.h"

struct sip_guard;

struct sip_guard_config {
	size_t sources_max;           /* remembered at a time */
	usec penalty;                 /* silence after the last attempt */
	unsigned denials_max;         /* wrong passwords of one source before it is silenced */
	unsigned refusals_per_second; /* to all strangers together */
};

/* 4096 sources, 10 minutes, 10 wrong passwords, 10 refusals a second. */
extern const struct sip_guard_config sip_guard_usual;

/* Returns 0 or -ENOMEM. */
int sip_guard_new(const struct sip_guard_config *config, struct sip_guard **ret_guard) must_check;
struct sip_guard *sip_guard_free(struct sip_guard *g);

/* A stranger has sent something. Returns whether it may be refused aloud. */
bool sip_guard_stranger(struct sip_guard *g, const struct addr *source, usec now);

/* A known source gave a wrong password. */
void sip_guard_denied(struct sip_guard *g, const struct addr *source, usec now);

/* Whether a known source is silenced at the moment. */
bool sip_guard_silences(struct sip_guard *g, const struct addr *source, usec now);

size_t sip_guard_count(const struct sip_guard *g);

#endif
