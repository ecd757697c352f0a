/*
 * flow_play.h - conversations as readable scripts
 *
 *   load: agents/clinic/agent.yaml    an agent, an empty store with the clinic's patients
 *   call:                             a new call on the same store; Friday 20 November 2026, 9:00
 *   caller: next Tuesday              what is heard
 *   fragment: I'd like                the same, but words are missing
 *   keys: 1    silence:    failed: busy
 *   agent: What day                   part of what the agent must have said to that
 *   not: full name                    ... and must not
 *   expect: date_time                 what it expects next
 *   slot: day=2026-11-24              what it knows; "-" = nothing
 *   store: appointment 4              how many documents there are of a kind
 *   end: warm sip:reception           how it ended; "goes on" = it did not
 *
 * Threads: the test's. Layer: tests.
 */
#ifndef TESTS_UNIT_FLOW_PLAY_H
#define TESTS_UNIT_FLOW_PLAY_H

#include "provider/local/embed.h"

/* Plays all scripts of a directory below tests/data. Returns how many there were. */
int flow_play(const char *where, struct embed *embed);

#endif
