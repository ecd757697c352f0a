/*
 * load.h - callers for the media bench: paced RTP to many ports, and an ear for what comes back
 *
 * One thread on the last processor sends 50 packets a second to each stream,
 * spread over the 20 ms, and counts what arrives. The callers speak two fifths
 * of the time in syllables over line noise; no two are in the same place of it.
 * They share sixteen sockets on 127.0.0.2 to 127.0.0.17.
 *
 * Threads: start and stop one owner; its own inside. Layer: bench.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "base/addr.h"

struct load;

struct load_stats {
	uint64_t sent, received;
	uint64_t late; /* groups of packets that left over 2 ms late: the load itself was not even */
};

/* Opens the sockets. `streams` at most. Returns 0 or -errno. */
int load_new(size_t streams, struct load **ret_load) must_check;

/* The address that caller `i` calls from: what the stream is told as its remote. */
const struct addr *load_source(const struct load *l, size_t i);

/* Where caller `i` sends to. Before load_start(). */
void load_target(struct load *l, size_t i, const struct addr *to);

int load_start(struct load *l) must_check;
void load_stop(struct load *l);

/* Any thread. */
struct load_stats load_read_stats(const struct load *l);

struct load *load_free(struct load *l);

#endif
