/*
 * side.h - conversations side by side, a process each
 *
 * In real time most of a conversation is waiting, so that many of them take
 * hardly longer than one. Each has a process of its own, and with it statics
 * and counters of its own: a test in there is written as if it were alone.
 *
 *     for (...)
 *             if (side_begin(name)) {
 *                     ... the test, with a copy of all that is here ...
 *                     side_end();
 *             }
 *     side_join();
 *
 * Threads: the test's; there must be no other when a side begins.
 */
#ifndef TESTS_LIVE_SIDE_H
#define TESTS_LIVE_SIDE_H

#include <stdbool.h>

/* Returns true in the new process, false in the old one. Waits while very many are at work. */
bool side_begin(const char *name);

/* The new process is over. */
void side_end(void) __attribute__((noreturn));

/* Waits for all; what failed in one of them has failed here. */
void side_join(void);

#endif
