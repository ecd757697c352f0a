/*
 * sdp.h - session descriptions, read in place and written
 *
 * RFC 4566 / RFC 8866 text as views: session level, then one struct for each
 * m= line. Attributes are kept in order as raw name and value (crypto,
 * fingerprint, ICE lines included), each knowing its m= line; the typed
 * questions below look them up. What offers and answers make of this is in
 * sdp_nego.h.
 *
 * Threads: any. Layer: wire.
 */
#ifndef WIRE_SDP_H
#define WIRE_SDP_H

#include "base/buf.h"
#include "base/str.h"

#define SDP_MEDIA_MAX      16  /* m= lines */
#define SDP_ATTRS_MAX      512 /* a= lines of all levels */
#define SDP_FORMATS_MAX    64  /* formats of one m= line */
#define SDP_TEXT_MAX_BYTES 65535

enum sdp_family {
	SDP_NONE, /* no c= line */
	SDP_IP4,
	SDP_IP6,
};

/* c=, and the address of o=. */
struct sdp_addr {
	enum sdp_family family;
	struct str host; /* address or name; TTL and count of multicast cut off */
};

struct sdp_attr {
	struct str name;
	struct str value; /* p == NULL for a flag */
};

struct sdp_media {
	struct str type;    /* "audio" */
	struct str proto;   /* "RTP/AVP" */
	struct str formats; /* "0 8 101": see sdp_next_format() */
	uint16_t port;      /* 0 = refused or disabled */
	uint16_t port_count;
	struct sdp_addr conn;        /* its own c= line, or SDP_NONE: use sdp_media_conn() */
	uint16_t attr_from, attr_to; /* its lines in attrs[] */
};

struct sdp {
	struct str user;
	struct str session_id, version; /* numbers as text: they may exceed 64 bits */
	struct sdp_addr origin;
	struct str name;
	struct sdp_addr conn; /* session level */
	uint16_t media_count;
	uint16_t attr_count;
	uint16_t session_attrs; /* attrs[0 .. session_attrs) stand before the first m= line */
	const char *fault;      /* after -EBADMSG: static text */
	struct sdp_media media[SDP_MEDIA_MAX];
	struct sdp_attr attrs[SDP_ATTRS_MAX];
};

/* Reads `text`; lines may end in LF alone. Returns 0, or -EBADMSG with sdp->fault set. */
int sdp_parse(struct str text, struct sdp *sdp) must_check;

/* ---- questions; `m` is one of sdp->media, NULL = session level ---- */

/* First attribute called `name` at exactly that level. Returns whether it is there. */
bool sdp_find_attr(const struct sdp *sdp, const struct sdp_media *m, const char *name, struct str *ret_value);

/* Where its media goes: own c= line, else the session's. */
struct sdp_addr sdp_media_conn(const struct sdp *sdp, const struct sdp_media *m);

/* Cuts the next format off `*rest` (a copy of m->formats). Returns whether there was one. */
bool sdp_next_format(struct str *rest, struct str *ret_format);

/* Directions as bits, from the view of whoever wrote the description. */
enum sdp_direction {
	SDP_INACTIVE = 0,
	SDP_SENDONLY = 1,
	SDP_RECVONLY = 2,
	SDP_SENDRECV = 3,
};

/* Media level, else session level, else sendrecv. An address 0.0.0.0 or :: takes receiving away, which is how
 * RFC 2543 put a call on hold (RFC 3264 section 8.4). */
enum sdp_direction sdp_media_direction(const struct sdp *sdp, const struct sdp_media *m);

/* "sendonly" */
const char *sdp_direction_name(enum sdp_direction d);

/* What the other end calls this direction. */
enum sdp_direction sdp_direction_reverse(enum sdp_direction d);

struct sdp_rtpmap {
	struct str name;
	uint32_t clock_hz;
	unsigned channels; /* 1 when not given */
};

/* The rtpmap of a payload type, or the static assignment of RFC 3551 for 0..34 without one.
 * Returns 0, -ENOENT, or -EBADMSG. */
int sdp_rtpmap(const struct sdp *sdp, const struct sdp_media *m, unsigned payload_type,
	       struct sdp_rtpmap *ret_map) must_check;

/* Its fmtp text ("0-15", "minptime=10;useinbandfec=1"); empty when there is none. */
struct str sdp_fmtp(const struct sdp *sdp, const struct sdp_media *m, unsigned payload_type);

/* a=ptime or a=maxptime in ms, 0 when absent or senseless. */
unsigned sdp_media_ms(const struct sdp *sdp, const struct sdp_media *m, const char *name);

/* a=rtcp: (RFC 3605), else the next port; the RTP port itself with a=rtcp-mux. */
uint16_t sdp_rtcp_port(const struct sdp *sdp, const struct sdp_media *m);

/* ---- writing ---- */

/* `sdp` as text: the known lines in their order, all attributes. Lines that were not kept (b=, k=, i=, ...)
 * are gone, t= is "0 0". Errors stick in b->error. */
void sdp_print(struct buf *b, const struct sdp *sdp);

#endif
