/*
 * backchannel.h - is it an interruption, or only a sign of listening?
 *
 * While we speak, "mhm", "okay" or "right" mean: go on. "No", "wait", or any
 * sentence mean: stop. When a yes or no was just asked for, "yes" is an answer.
 *
 * Threads: any. Layer: call.
 */
#ifndef CALL_BACKCHANNEL_H
#define CALL_BACKCHANNEL_H

#include <stdbool.h>

#include "base/str.h"

/* Whether `text` (what a recogniser made of it, possibly empty) asks for nothing but that we go on. */
bool backchannel_is(struct str text, bool answer_expected);

#endif
