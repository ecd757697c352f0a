/*
 * keeper.h - keeps what calls leave behind: trails and recordings to the writer
 *
 * The call sees only the contract (struct call_keeper); files, names and the
 * writer thread are here.
 *
 * Threads: the shard's control loop. Layer: app.
 */
#ifndef APP_KEEPER_H
#define APP_KEEPER_H

#include "app/writer.h"
#include "call/call.h"

/* The contract's table on top of `w`, which outlives every call. */
struct call_keeper keeper_of(struct writer *w);

#endif
