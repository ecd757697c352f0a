/*
 * stt_dialect.h - a recogniser's dialect alone: what it asks for, says and understands, as text
 *
 * All answers live until the next call.
 *
 * Threads: the test's. Layer: tests.
 */
#ifndef TESTS_UNIT_STT_DIALECT_H
#define TESTS_UNIT_STT_DIALECT_H

#include "provider/stt/stt_ws.h"
#include "test.h"

/* "en-US", no key terms, id 00112233445566778899aabbccddeeff; change what is needed. */
struct stt_ws_talk dialect_talk(const struct service *s);

/* "URL\nName: value\n"; of the HTTP request with its body behind, where there is one. */
struct str dialect_address(const struct stt_ws_dialect *d, const struct stt_ws_talk *t);

/* A line each: texts as they are, binary as hex behind "0x". */
struct str dialect_says(struct stt_ws_saying saying, const struct stt_ws_talk *t);
struct str dialect_sound(const struct stt_ws_dialect *d, const struct stt_ws_talk *t, struct str bytes);

/* The facts of a message, a line each: "piece final 3.200-4.700 sure 0.99 'hello there'". "bad" when it could
 * not be read. Keys are numbered in the order in which they come since the last dialect_talk(). */
struct str dialect_reads(const struct stt_ws_dialect *d, const struct stt_ws_talk *t, const char *message);

#endif
