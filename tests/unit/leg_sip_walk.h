/*
 * leg_sip_walk.h - which edges of the call matrix the tests have taken so far
 *
 * Every test that runs a user agent adds what it walked; the last test looks for
 * edges that nobody took.
 *
 * Threads: one. Layer: tests.
 */
#ifndef TESTS_UNIT_LEG_SIP_WALK_H
#define TESTS_UNIT_LEG_SIP_WALK_H

#include "leg/sip_ua.h"

void sip_walk_add(const struct sip_ua_stats *stats);

#endif
