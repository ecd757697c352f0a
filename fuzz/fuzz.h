/*
 * fuzz.h - a parser under hostile bytes
 *
 * A target is one file that defines LLVMFuzzerTestOneInput(). Configured with
 * -Dfuzz=true (clang) it is a libFuzzer program; otherwise replay.c gives it a
 * main() that feeds corpus/<target>/ in the ordinary test run.
 *
 * Threads: one. Layer: tests.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Always returns 0; what is wrong ends the process. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
