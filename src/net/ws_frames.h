/*
 * ws_frames.h - WebSocket frames to messages and back, as a client (RFC 6455 sections 5 and 7)
 *
 * No socket: bytes are asked for by a function and written to a buffer. What a
 * server may not do is refused with the code that the standard has for it:
 * masked frames, reserved bits, unknown opcodes, wrong order of fragments, long
 * or split control frames, text that is not UTF-8, close codes that nobody may
 * send, messages over WS_FRAMES_MESSAGE_MAX.
 *
 * A message that came in one piece is not copied.
 *
 * Threads: the owner's. Layer: net. The only door to wslay.
 */
#ifndef NET_WS_FRAMES_H
#define NET_WS_FRAMES_H

#include "base/buf.h"
#include "base/rng.h"

#define WS_FRAMES_MESSAGE_MAX (1024u * 1024)
#define WS_FRAMES_CONTROL_MAX 125u
#define WS_FRAMES_HEAD_MAX    14u /* bytes that a frame is longer than its payload */

struct wslay_frame_context;

enum ws_opcode {
	WS_OP_TEXT = 1,
	WS_OP_BINARY = 2,
	WS_OP_CLOSE = 8,
	WS_OP_PING = 9,
	WS_OP_PONG = 10,
};

/* What has come, whole. */
struct ws_frame_event {
	enum ws_opcode what;
	struct str payload; /* of a close: the reason. Valid until the next call */
	int code;           /* of a close; 1005 = none was given */
};

/* Lives in the connection it serves and must not move. Zeroed or finished is empty. */
struct ws_frames {
	struct wslay_frame_context *wslay;
	/* Copies up to `n` bytes that have come to `p`. Returns how many; 0 = none now. */
	size_t (*read)(void *arg, void *p, size_t n);
	void *arg;
	struct rng *rng; /* for masks */
	struct buf *out; /* of ws_frames_put(), while it runs */
	struct buf message;
	enum ws_opcode kind; /* of the message that is being collected; 0 = none is */
	enum ws_opcode frame;
	bool fin;
	bool dry;      /* nothing more came when asked last */
	uint64_t left; /* of the frame that is being read */
	size_t control_n;
	char control[WS_FRAMES_CONTROL_MAX];
};

/* Returns 0 or -ENOMEM. */
int ws_frames_init(struct ws_frames *f, size_t (*read)(void *arg, void *p, size_t n), void *arg,
		   struct rng *rng) must_check;
void ws_frames_fini(struct ws_frames *f);

/* Reads on. Returns 1 = an event, 0 = more bytes are needed, or what the close code in ws_frames_code()
 * stands for: -EPROTO, -EILSEQ, -EMSGSIZE, -ENOMEM; after one of these it must not be called again. */
int ws_frames_next(struct ws_frames *f, struct ws_frame_event *ret_event) must_check;

/* The close code to answer an error of ws_frames_next() with. */
int ws_frames_code(int error);

/* Appends a masked frame; nothing when it fails. Returns 0 or the buffer's error, which does not stick. */
int ws_frames_put(struct ws_frames *f, struct buf *out, enum ws_opcode opcode, struct str payload) must_check;

#endif
