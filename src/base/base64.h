/*
 * base64.h - bytes as letters (RFC 4648 section 4), and back
 *
 * Vendors put audio into JSON that way. Both directions append to a buffer;
 * what cannot be appended is the buffer's error.
 *
 * Threads: any. Layer: base.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buf.h"

#define BASE64_TEXT_BYTES(n) (((n) + 2) / 3 * 4) /* of n bytes, padded */

/* Appends BASE64_TEXT_BYTES(bytes.n) characters. */
void base64_write(struct buf *out, struct str bytes);

/* Appends the bytes of `text`; its padding may be missing. Returns 0, -EBADMSG for a character that does not
 * belong there or bits that nobody encodes (then nothing was appended), or the buffer's error. */
int base64_read(struct buf *out, struct str text) must_check;

#endif
