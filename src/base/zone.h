/*
 * zone.h - what the clock on the wall says, wherever the wall is
 *
 * A time zone read from the system's database (TZif, RFC 8536). The C library
 * knows one zone a process; agents live in several. Only the offset from UTC is
 * kept, which is what a diary needs.
 *
 * Debian's files list their changes up to 2037; later moments get the last one.
 *
 * Threads: read-only once open, then any. Layer: base.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include "base/str.h"

#define ZONE_CHANGES_MAX 2000

struct zone_change {
	int64_t from;   /* seconds since 1970 */
	int32_t offset; /* seconds east of UTC from then on */
};

struct zone {
	struct zone_change *changes;
	size_t count;
	int32_t before; /* offset before the first change */
};

/* Reads "Europe/London" from the system's database; "" and "UTC" need no file. Returns 0, -ENOENT when there
 * is no such zone, -EBADMSG when its file is none, or -ENOMEM. */
int zone_open(struct str name, struct zone *ret_zone) must_check;

/* The same from the bytes of a file. */
int zone_parse(const uint8_t *p, size_t n, struct zone *ret_zone) must_check;

/* Takes a zeroed one. */
void zone_close(struct zone *z);

/* Seconds east of UTC at that moment. */
int32_t zone_offset(const struct zone *z, int64_t unix_seconds);

#endif
