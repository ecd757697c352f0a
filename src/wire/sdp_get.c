/* Questions of sdp.h: attributes, directions, payload types. */
#include <errno.h>
#include <string.h>

#include "wire/sdp.h"
#include "wire/sip_lex.h"

static bool find_between(const struct sdp *sdp, unsigned from, unsigned to, struct str name,
			 struct str *ret_value)
{
	for (unsigned i = from; i < to; i++) {
		if (str_eq(sdp->attrs[i].name, name)) {
			*ret_value = sdp->attrs[i].value;
			return true;
		}
	}
	return false;
}

bool sdp_find_attr(const struct sdp *sdp, const struct sdp_media *m, const char *name, struct str *ret_value)
{
	if (!m)
		return find_between(sdp, 0, sdp->session_attrs, str_from(name), ret_value);
	return find_between(sdp, m->attr_from, m->attr_to, str_from(name), ret_value);
}

struct sdp_addr sdp_media_conn(const struct sdp *sdp, const struct sdp_media *m)
{
	return m->conn.family != SDP_NONE ? m->conn : sdp->conn;
}

bool sdp_next_format(struct str *rest, struct str *ret_format)
{
	*ret_format = str_word(rest);
	return ret_format->n > 0;
}

/* ---- direction ---- */

static const char *const direction_names[] = {
	[SDP_INACTIVE] = "inactive",
	[SDP_SENDONLY] = "sendonly",
	[SDP_RECVONLY] = "recvonly",
	[SDP_SENDRECV] = "sendrecv",
};

const char *sdp_direction_name(enum sdp_direction d)
{
	return direction_names[d];
}

enum sdp_direction sdp_direction_reverse(enum sdp_direction d)
{
	return (enum sdp_direction)((d & SDP_SENDONLY ? SDP_RECVONLY : 0) |
				    (d & SDP_RECVONLY ? SDP_SENDONLY : 0));
}

/* The last direction at a level counts; -1 when there is none. */
static int direction_between(const struct sdp *sdp, unsigned from, unsigned to)
{
	int found = -1;

	for (unsigned i = from; i < to; i++)
		for (unsigned d = 0; d < ARRAY_LEN(direction_names); d++)
			if (str_eq(sdp->attrs[i].name, str_from(direction_names[d])))
				found = (int)d;
	return found;
}

enum sdp_direction sdp_media_direction(const struct sdp *sdp, const struct sdp_media *m)
{
	struct sdp_addr conn = sdp_media_conn(sdp, m);
	int d = direction_between(sdp, m->attr_from, m->attr_to);

	if (d < 0)
		d = direction_between(sdp, 0, sdp->session_attrs);
	if (d < 0)
		d = SDP_SENDRECV;
	if (str_eq(conn.host, STR("0.0.0.0")) || str_eq(conn.host, STR("::")))
		d &= ~SDP_RECVONLY;
	return (enum sdp_direction)d;
}

/* ---- payload types ---- */

static const struct {
	uint8_t payload_type;
	struct sdp_rtpmap map;
} assigned[] = {
	/* RFC 3551 tables 4 and 5 */
	{0, {STR_INIT("PCMU"), 8000, 1}},   {3, {STR_INIT("GSM"), 8000, 1}},
	{4, {STR_INIT("G723"), 8000, 1}},   {5, {STR_INIT("DVI4"), 8000, 1}},
	{6, {STR_INIT("DVI4"), 16000, 1}},  {7, {STR_INIT("LPC"), 8000, 1}},
	{8, {STR_INIT("PCMA"), 8000, 1}},   {9, {STR_INIT("G722"), 8000, 1}},
	{10, {STR_INIT("L16"), 44100, 2}},  {11, {STR_INIT("L16"), 44100, 1}},
	{12, {STR_INIT("QCELP"), 8000, 1}}, {13, {STR_INIT("CN"), 8000, 1}},
	{14, {STR_INIT("MPA"), 90000, 1}},  {15, {STR_INIT("G728"), 8000, 1}},
	{16, {STR_INIT("DVI4"), 11025, 1}}, {17, {STR_INIT("DVI4"), 22050, 1}},
	{18, {STR_INIT("G729"), 8000, 1}},  {25, {STR_INIT("CelB"), 90000, 1}},
	{26, {STR_INIT("JPEG"), 90000, 1}}, {28, {STR_INIT("nv"), 90000, 1}},
	{31, {STR_INIT("H261"), 90000, 1}}, {32, {STR_INIT("MPV"), 90000, 1}},
	{33, {STR_INIT("MP2T"), 90000, 1}}, {34, {STR_INIT("H263"), 90000, 1}},
};

/* The text behind the payload type of an attribute like "a=fmtp:101 0-15". */
static bool find_for_type(const struct sdp *sdp, const struct sdp_media *m, struct str name,
			  unsigned payload_type, struct str *ret_text)
{
	for (unsigned i = m->attr_from; i < m->attr_to; i++) {
		struct str text = sdp->attrs[i].value, word;
		int64_t type;

		if (!str_eq(sdp->attrs[i].name, name))
			continue;
		word = str_word(&text);
		if (str_to_int(word, 0, 127, &type) == 0 && type == (int64_t)payload_type) {
			*ret_text = str_trim(text);
			return true;
		}
	}
	return false;
}

static int parse_rtpmap(struct str text, struct sdp_rtpmap *ret_map)
{
	struct sdp_rtpmap map = {.name = str_cut(&text, '/')};
	struct str clock = str_cut(&text, '/');
	int64_t hz, channels = 1;

	if (!sip_lex_all(map.name, SIP_LEX_TOKEN) || str_to_int(clock, 1, UINT32_MAX, &hz) < 0)
		return -EBADMSG;
	if (text.n > 0 && str_to_int(text, 1, 255, &channels) < 0)
		return -EBADMSG;
	map.clock_hz = (uint32_t)hz;
	map.channels = (unsigned)channels;
	*ret_map = map;
	return 0;
}

int sdp_rtpmap(const struct sdp *sdp, const struct sdp_media *m, unsigned payload_type,
	       struct sdp_rtpmap *ret_map)
{
	struct str text;

	if (find_for_type(sdp, m, STR("rtpmap"), payload_type, &text))
		return parse_rtpmap(text, ret_map);
	for (size_t i = 0; i < ARRAY_LEN(assigned); i++) {
		if (assigned[i].payload_type == payload_type) {
			*ret_map = assigned[i].map;
			return 0;
		}
	}
	return -ENOENT;
}

struct str sdp_fmtp(const struct sdp *sdp, const struct sdp_media *m, unsigned payload_type)
{
	struct str text;

	return find_for_type(sdp, m, STR("fmtp"), payload_type, &text) ? text : (struct str){0};
}

unsigned sdp_media_ms(const struct sdp *sdp, const struct sdp_media *m, const char *name)
{
	struct str text;
	int64_t ms;

	if (!sdp_find_attr(sdp, m, name, &text) || str_to_int(str_trim(text), 1, 1000, &ms) < 0)
		return 0;
	return (unsigned)ms;
}

uint16_t sdp_rtcp_port(const struct sdp *sdp, const struct sdp_media *m)
{
	struct str text;
	int64_t port;

	if (sdp_find_attr(sdp, m, "rtcp-mux", &text))
		return m->port;
	if (sdp_find_attr(sdp, m, "rtcp", &text) && str_to_int(str_word(&text), 1, UINT16_MAX, &port) == 0)
		return (uint16_t)port;
	return m->port == 0 || m->port == UINT16_MAX ? 0 : (uint16_t)(m->port + 1);
}
