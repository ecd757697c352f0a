/*
 * edge.h - bytes at the edge of what may be read
 *
 * A parser is fed bytes that end where an unmapped page begins: reading one
 * too many ends the test program, with or without a sanitizer.
 *
 * Threads: one. Layer: tests.
 */
#ifndef TESTS_UNIT_EDGE_H
#define TESTS_UNIT_EDGE_H

#include "base/str.h"

#define EDGE_MAX_BYTES 65536u

/* A writable copy of `s` before the wall; valid until the next call. */
char *edge_copy(struct str s);

#endif
