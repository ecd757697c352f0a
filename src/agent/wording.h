/*
 * wording.h - whether other words say the same
 *
 * A model may fit a fixed sentence to what the caller said; it may not change
 * what it says. Numbers, names, days and times of the original must stand in the
 * wording, no others may, a question stays one, and a no stays a no. In doubt the
 * original is spoken.
 *
 * Threads: any. Layer: agent.
 */
#ifndef AGENT_WORDING_H
#define AGENT_WORDING_H

#include <stdbool.h>

#include "base/str.h"

bool wording_keeps(struct str original, struct str wording);

#endif
