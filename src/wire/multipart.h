/*
 * multipart.h - a form with a file in it (multipart/form-data, RFC 7578)
 *
 * Written straight into the body of a request, part after part. The boundary is
 * the caller's, random, so that no content holds it.
 *
 * Threads: the owner's. Layer: wire.
 */
#ifndef WIRE_MULTIPART_H
#define WIRE_MULTIPART_H

#include "base/buf.h"

struct multipart {
	struct buf *out;
	struct str boundary;
};

/* "multipart/form-data; boundary=..." for the request's head, appended. */
void multipart_type(const struct multipart *m, struct buf *out);

void multipart_field(struct multipart *m, struct str name, struct str value);

/* The head of a file; the caller appends its bytes to m->out. */
void multipart_file(struct multipart *m, struct str name, struct str file, struct str type);

/* Behind the last part. */
void multipart_end(struct multipart *m);

#endif
