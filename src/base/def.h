/*
 * def.h - the few words the language lacks
 *
 * Attributes, sizes and time units that every file uses. Nothing here has
 * state; a file that needs more than this includes the module it means.
 *
 * Threads: any. Layer: base.
 */
#ifndef BASE_DEF_H
#define BASE_DEF_H

#include <stddef.h>
#include <stdint.h>

#define must_check             __attribute__((warn_unused_result))
#define printf_like(fmt, args) __attribute__((format(printf, fmt, args)))
#define cleanup(fn)            __attribute__((cleanup(fn)))
#define unused                 __attribute__((unused))

#define ARRAY_LEN(a)                    (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#define MIN(a, b)                       ((a) < (b) ? (a) : (b))
#define MAX(a, b)                       ((a) > (b) ? (a) : (b))
#define CLAMP(v, lo, hi)                MIN(MAX((v), (lo)), (hi))

/* A moment or a span in microseconds. Moments count from an arbitrary start of the monotonic clock. */
typedef int64_t usec;

#define USEC_MS(ms) ((usec)(ms)*1000)
#define USEC_SEC(s) ((usec)(s)*1000000)
#define USEC_NEVER  INT64_MAX

#endif
