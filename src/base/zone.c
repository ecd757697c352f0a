#include "base/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define DATABASE       "/usr/share/zoneinfo"
#define FILE_BYTES_MAX 65536u
#define HEADER_BYTES   44u
#define TYPE_BYTES     6u

/* The counts of a header, in the order of RFC 8536 section 3.1. */
struct header {
	uint32_t ut, std, leap, time, type, chars;
};

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t be64(const uint8_t *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

static int read_header(const uint8_t *p, size_t n, struct header *h)
{
	if (n < HEADER_BYTES || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
		return -EBADMSG;
	*h = (struct header){be32(p + 20), be32(p + 24), be32(p + 28),
			     be32(p + 32), be32(p + 36), be32(p + 40)};
	if (h->time > ZONE_CHANGES_MAX || h->type == 0 || h->type > 256 || h->ut > 256 || h->std > 256 ||
	    h->leap > 1000 || h->chars > 1000)
		return -EBADMSG;
	return 0;
}

/* Bytes of the data behind a header whose times have `width` bytes. */
static size_t body_bytes(const struct header *h, size_t width)
{
	return h->time * (width + 1) + h->type * TYPE_BYTES + h->chars + h->leap * (width + 4) + h->std +
	       h->ut;
}

/* `p` holds the whole 64 bit body. */
static int read_body(const uint8_t *p, const struct header *h, struct zone *z)
{
	const uint8_t *kinds = p + (size_t)h->time * 8, *types = kinds + h->time;

	z->changes = mem_alloc((h->time + 1) * sizeof(*z->changes));
	if (!z->changes)
		return -ENOMEM;
	z->count = h->time;
	z->before = (int32_t)be32(types);
	for (size_t i = 0; i < h->time; i++) {
		if (kinds[i] >= h->type)
			return -EBADMSG;
		z->changes[i] =
			(struct zone_change){be64(p + i * 8), (int32_t)be32(types + kinds[i] * TYPE_BYTES)};
	}
	return 0;
}

int zone_parse(const uint8_t *p, size_t n, struct zone *ret_zone)
{
	struct zone z = {0};
	struct header h;
	size_t skip;
	int rc = read_header(p, n, &h);

	if (rc < 0)
		return rc;
	skip = HEADER_BYTES + body_bytes(&h, 4); /* the 32 bit form comes first */
	if (skip > n || read_header(p + skip, n - skip, &h) < 0 ||
	    n - skip - HEADER_BYTES < body_bytes(&h, 8))
		return -EBADMSG;
	rc = read_body(p + skip + HEADER_BYTES, &h, &z);
	if (rc < 0)
		zone_close(&z);
	else
		*ret_zone = z;
	return rc;
}

/* A name of the database and no way out of it. */
static bool name_ok(struct str name)
{
	return name.n > 0 && name.n < 64 && name.p[0] != '/' && name.p[0] != '.' &&
	       str_find(name, STR("..")) == name.n && str_chr(name, '\0') == name.n;
}

int zone_open(struct str name, struct zone *ret_zone)
{
	char path[128];
	uint8_t *bytes;
	ssize_t n;
	int fd, rc;

	if (str_empty(name) || str_ieq(name, STR("UTC"))) {
		*ret_zone = (struct zone){0};
		return 0;
	}
	if (!name_ok(name))
		return -ENOENT;
	snprintf(path, sizeof(path), DATABASE "/" STR_FMT, STR_ARG(name));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -ENOENT;
	bytes = mem_alloc(FILE_BYTES_MAX);
	n = bytes ? read(fd, bytes, FILE_BYTES_MAX) : -1;
	rc = !bytes ? -ENOMEM : n < 0 ? -ENOENT : zone_parse(bytes, (size_t)n, ret_zone);
	mem_free(bytes);
	close(fd);
	return rc;
}

void zone_close(struct zone *z)
{
	mem_free(z->changes);
	*z = (struct zone){0};
}

int32_t zone_offset(const struct zone *z, int64_t unix_seconds)
{
	size_t lo = 0, hi = z->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (z->changes[mid].from <= unix_seconds)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo == 0 ? z->before : z->changes[lo - 1].offset;
}
