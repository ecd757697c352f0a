/*
 * fault.h - why something outside us failed, as far as a call can act on it
 *
 * Legs, providers and stores report asynchronous failure as one of these; the
 * peer's own words go beside it, for the log. The class alone decides what a
 * call does: try the next provider, wait, tell the caller, give up.
 *
 * Threads: any. Layer: base.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

enum fault {
	FAULT_NONE,
	FAULT_CONFIG,      /* we asked for something that does not exist: no retry helps */
	FAULT_AUTH,        /* key or password refused */
	FAULT_QUOTA,       /* paid limit or rate limit: another provider, or later */
	FAULT_UNREACHABLE, /* no name, no route, refused, TLS failed */
	FAULT_PROTOCOL,    /* the peer said something that makes no sense */
	FAULT_STALLED,     /* a deadline passed without progress */
	FAULT_OVERLOAD,    /* the peer, or our own queue, is full */
};

/* "config", "auth" ...; never NULL. */
const char *fault_name(enum fault f);

#endif
