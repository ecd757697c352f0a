/*
 * sip_frame.h - where a message ends in a stream
 *
 * TCP has no datagrams: a message ends after the Content-Length bytes that
 * follow its header block (RFC 3261 section 18.3). Line ends between messages
 * are keep-alives: CRLF CRLF is a ping that CRLF answers (RFC 5626 section 3.5.1).
 *
 * Threads: any. Layer: wire.
 */
#ifndef WIRE_SIP_FRAME_H
#define WIRE_SIP_FRAME_H

#include "base/str.h"

struct sip_frame {
	size_t skip;  /* line ends before the message: drop them */
	size_t bytes; /* length of the message behind them; 0 = not complete yet */
	bool ping;    /* CRLF CRLF was among what is skipped: answer CRLF */
};

/* Looks at the unread bytes of a connection. Returns 1 when a whole message follows `skip`, 0 when more is
 * needed (`skip` may be dropped already), -EBADMSG when the stream cannot be framed any more (no or bad
 * Content-Length, not SIP), -EMSGSIZE when message or header block exceed SIP_MESSAGE_MAX_BYTES. After an
 * error the connection must be closed. */
int sip_frame(struct str unread, struct sip_frame *ret_frame) must_check;

#endif
