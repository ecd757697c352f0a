#include "wire/sdp_nego.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "wire/sip_lex.h"

#define PTIME_MS     20
#define PTIME_MAX_MS 60
#define PTIME_MIN_MS 10 /* our pacing works in steps of this */

/* Dynamic payload types are what most peers use themselves, so that traces read alike. */
const struct sdp_codec sdp_pcmu = {"PCMU", 8000, 8000, 1, 0, NULL};
const struct sdp_codec sdp_pcma = {"PCMA", 8000, 8000, 1, 8, NULL};
const struct sdp_codec sdp_g722 = {"G722", 8000, 16000, 1, 9, NULL};
const struct sdp_codec sdp_l16 = {"L16", 16000, 16000, 1, 97, NULL};
const struct sdp_codec sdp_opus = {"opus", 48000, 48000, 2, 96, "useinbandfec=1"};
const struct sdp_codec sdp_event_8k = {"telephone-event", 8000, 8000, 1, 101, "0-15"};
const struct sdp_codec sdp_event_48k = {"telephone-event", 48000, 48000, 1, 102, "0-15"};

static const char *const plain_rtp[] = {"RTP/AVP", "RTP/AVPF", NULL};

static const char *const *protos_of(const struct sdp_local *local)
{
	return local->protos ? local->protos : plain_rtp;
}

static bool proto_known(const struct sdp_local *local, struct str proto)
{
	for (const char *const *p = protos_of(local); *p; p++)
		if (str_ieq(proto, str_from(*p)))
			return true;
	return false;
}

static bool is_event(const struct sdp_codec *codec)
{
	return str_ieq(str_from(codec->name), STR("telephone-event"));
}

/* ---- codecs: one of theirs that is one of ours ---- */

struct match {
	const struct sdp_codec *codec;
	uint8_t payload_type; /* theirs */
};

static bool same_codec(const struct sdp_codec *codec, const struct sdp_rtpmap *map)
{
	return str_ieq(str_from(codec->name), map->name) && codec->clock_hz == map->clock_hz &&
	       codec->channels == map->channels;
}

/* The first of their formats that is `codec`. */
static bool find_codec(const struct sdp *sdp, const struct sdp_media *m, const struct sdp_codec *codec,
		       struct match *ret_match)
{
	struct str rest = m->formats, format;
	struct sdp_rtpmap map;
	int64_t type;

	while (sdp_next_format(&rest, &format)) {
		if (str_to_int(format, 0, 127, &type) < 0 || sdp_rtpmap(sdp, m, (unsigned)type, &map) < 0)
			continue;
		if (same_codec(codec, &map)) {
			*ret_match = (struct match){codec, (uint8_t)type};
			return true;
		}
	}
	return false;
}

/* The row of our table that their payload type means. */
static const struct sdp_codec *find_row(const struct sdp_local *local, const struct sdp *sdp,
					const struct sdp_media *m, unsigned type)
{
	struct sdp_rtpmap map;

	if (sdp_rtpmap(sdp, m, type, &map) < 0)
		return NULL;
	for (size_t i = 0; i < local->codec_count; i++)
		if (!is_event(local->codecs[i]) && same_codec(local->codecs[i], &map))
			return local->codecs[i];
	return NULL;
}

static bool match_in_their_order(const struct sdp_local *local, const struct sdp *sdp,
				 const struct sdp_media *m, struct match *ret_match)
{
	struct str rest = m->formats, format;
	const struct sdp_codec *codec;
	int64_t type;

	while (sdp_next_format(&rest, &format)) {
		if (str_to_int(format, 0, 127, &type) < 0)
			continue;
		codec = find_row(local, sdp, m, (unsigned)type);
		if (codec) {
			*ret_match = (struct match){codec, (uint8_t)type};
			return true;
		}
	}
	return false;
}

static bool match_in_our_order(const struct sdp_local *local, const struct sdp *sdp,
			       const struct sdp_media *m, struct match *ret_match)
{
	for (size_t i = 0; i < local->codec_count; i++)
		if (!is_event(local->codecs[i]) && find_codec(sdp, m, local->codecs[i], ret_match))
			return true;
	return false;
}

static bool match_codec(const struct sdp_local *local, const struct sdp *sdp, const struct sdp_media *m,
			struct match *ret_match)
{
	if (local->prefer == SDP_PREFER_OURS)
		return match_in_our_order(local, sdp, m, ret_match);
	return match_in_their_order(local, sdp, m, ret_match);
}

/* Digits go on the clock of the audio (RFC 4733 section 2.1); some peers offer 8000 beside Opus only. */
static bool match_event(const struct sdp_local *local, const struct sdp *sdp, const struct sdp_media *m,
			uint32_t clock_hz, struct match *ret_match)
{
	bool found = false;

	for (size_t i = 0; i < local->codec_count; i++) {
		const struct sdp_codec *codec = local->codecs[i];

		if (!is_event(codec) || (found && codec->clock_hz != clock_hz))
			continue;
		if (find_codec(sdp, m, codec, ret_match)) {
			found = true;
			if (codec->clock_hz == clock_hz)
				break;
		}
	}
	return found;
}

/* ---- outcome ---- */

static unsigned choose_ptime(const struct sdp_local *local, const struct sdp *sdp, const struct sdp_media *m)
{
	unsigned most = local->max_ptime_ms ? local->max_ptime_ms : PTIME_MAX_MS;
	unsigned theirs = sdp_media_ms(sdp, m, "maxptime"), wanted = sdp_media_ms(sdp, m, "ptime");

	if (wanted < PTIME_MIN_MS || wanted % PTIME_MIN_MS != 0)
		wanted = local->ptime_ms ? local->ptime_ms : PTIME_MS;
	if (theirs >= PTIME_MIN_MS)
		most = MIN(most, theirs);
	return MIN(wanted, most / PTIME_MIN_MS * PTIME_MIN_MS);
}

static int judge(const struct sdp_local *local, const struct sdp *sdp, size_t index,
		 struct sdp_outcome *ret_outcome)
{
	const struct sdp_media *m = &sdp->media[index];
	struct sdp_outcome o = {.media = index, .event_send_type = -1, .event_recv_type = -1};
	struct match audio, event;
	struct str flag;
	unsigned direction;

	if (!str_ieq(m->type, STR("audio")) || m->port == 0 || !proto_known(local, m->proto) ||
	    !match_codec(local, sdp, m, &audio))
		return -ENOTSUP;
	o.remote = sdp_media_conn(sdp, m);
	if (o.remote.family == SDP_NONE)
		return -EBADMSG;
	o.codec = audio.codec;
	o.send_type = o.recv_type = audio.payload_type;
	if (match_event(local, sdp, m, audio.codec->clock_hz, &event)) {
		o.event_send_type = o.event_recv_type = event.payload_type;
		o.event_clock_hz = event.codec->clock_hz;
	}
	direction = sdp_direction_reverse(sdp_media_direction(sdp, m)) & local->direction;
	o.direction = (enum sdp_direction)direction;
	o.ptime_ms = choose_ptime(local, sdp, m);
	o.remote_port = m->port;
	o.remote_rtcp_port = sdp_rtcp_port(sdp, m);
	o.rtcp_mux = local->rtcp_mux && sdp_find_attr(sdp, m, "rtcp-mux", &flag);
	o.fmtp = sdp_fmtp(sdp, m, audio.payload_type);
	*ret_outcome = o;
	return 0;
}

static const struct sdp_codec *event_row(const struct sdp_local *local, uint32_t clock_hz)
{
	for (size_t i = 0; i < local->codec_count; i++)
		if (is_event(local->codecs[i]) && local->codecs[i]->clock_hz == clock_hz)
			return local->codecs[i];
	return NULL;
}

/* What later offers repeat. */
static void agree(struct sdp_local *local, const struct sdp_outcome *o)
{
	local->agreed = o->codec;
	local->agreed_type = o->recv_type;
	local->agreed_event = o->event_recv_type >= 0 ? event_row(local, o->event_clock_hz) : NULL;
	local->agreed_event_type = (uint8_t)MAX(o->event_recv_type, 0);
}

/* Remembers the m= lines that are not ours, as they are refused. Text too long to keep becomes audio: a line
 * with port 0 may change its type (RFC 3264 section 8.1). */
static void keep_lines(struct sdp_local *local, const struct sdp *sdp, size_t ours)
{
	local->line = (uint16_t)ours;
	local->line_count = sdp->media_count;
	for (size_t i = 0; i < sdp->media_count; i++) {
		const struct sdp_media *m = &sdp->media[i];
		struct str rest = m->formats, format;
		int n;

		sdp_next_format(&rest, &format);
		n = snprintf(local->lines[i], SDP_LINE_KEPT_BYTES, STR_FMT " 0 " STR_FMT " " STR_FMT,
			     STR_ARG(m->type), STR_ARG(m->proto), STR_ARG(format));
		if (n < 0 || n >= SDP_LINE_KEPT_BYTES)
			snprintf(local->lines[i], SDP_LINE_KEPT_BYTES, "audio 0 RTP/AVP 0");
	}
}

/* ---- writing ---- */

/* One format of the audio line. */
struct row {
	const struct sdp_codec *codec;
	uint8_t payload_type;
};

/* What stands in our m= line. */
struct stream {
	struct str proto;
	const struct row *rows;
	size_t row_count;
	enum sdp_direction direction;
	unsigned ptime_ms;
	bool rtcp_mux;
};

static void put_row(struct buf *b, const struct row *row)
{
	const struct sdp_codec *codec = row->codec;

	buf_printf(b, "a=rtpmap:%u %s/%" PRIu32, row->payload_type, codec->name, codec->clock_hz);
	if (codec->channels > 1)
		buf_printf(b, "/%u", codec->channels);
	buf_add_str(b, STR("\r\n"));
	if (codec->fmtp)
		buf_printf(b, "a=fmtp:%u %s\r\n", row->payload_type, codec->fmtp);
}

static void put_stream(struct buf *b, const struct sdp_local *local, const struct stream *stream)
{
	buf_printf(b, "m=audio %u " STR_FMT, local->port, STR_ARG(stream->proto));
	for (size_t i = 0; i < stream->row_count; i++)
		buf_printf(b, " %u", stream->rows[i].payload_type);
	buf_add_str(b, STR("\r\n"));
	for (size_t i = 0; i < stream->row_count; i++)
		put_row(b, &stream->rows[i]);
	buf_printf(b, "a=ptime:%u\r\na=%s\r\n", stream->ptime_ms, sdp_direction_name(stream->direction));
	if (stream->rtcp_mux)
		buf_add_str(b, STR("a=rtcp-mux\r\n"));
	buf_add_str(b, local->extra_attrs);
}

static void put_session(struct buf *b, struct sdp_local *local)
{
	char family = local->family == SDP_IP6 ? '6' : '4';

	if (!sip_lex_all(local->address, SIP_LEX_HOST | SIP_LEX_IP6) && !b->error)
		b->error = -EINVAL;
	local->version++;
	buf_printf(b,
		   "v=0\r\no=- %" PRIu64 " %" PRIu64 " IN IP%c " STR_FMT "\r\ns=-\r\nc=IN IP%c " STR_FMT
		   "\r\nt=0 0\r\n",
		   local->session_id, local->version, family, STR_ARG(local->address), family,
		   STR_ARG(local->address));
}

/* All m= lines: ours at its place, the others refused. */
static void put_lines(struct buf *b, const struct sdp_local *local, const struct stream *stream)
{
	for (size_t i = 0; i < MAX(local->line_count, 1u); i++) {
		if (i == local->line)
			put_stream(b, local, stream);
		else
			buf_printf(b, "m=%s\r\n", local->lines[i]);
	}
}

static void put_text(struct buf *b, struct sdp_local *local, const struct stream *stream)
{
	put_session(b, local);
	put_lines(b, local, stream);
}

void sdp_offer(struct sdp_local *local, struct buf *b)
{
	struct row rows[SDP_FORMATS_MAX];
	size_t n = 0;

	if (local->agreed) {
		rows[n++] = (struct row){local->agreed, local->agreed_type};
		if (local->agreed_event)
			rows[n++] = (struct row){local->agreed_event, local->agreed_event_type};
	}
	for (size_t i = 0; !local->agreed && i < MIN(local->codec_count, ARRAY_LEN(rows)); i++)
		rows[n++] = (struct row){local->codecs[i], local->codecs[i]->payload_type};
	put_text(b, local,
		 &(struct stream){
			 .proto = str_from(protos_of(local)[0]),
			 .rows = rows,
			 .row_count = n,
			 .direction = local->direction,
			 .ptime_ms = local->ptime_ms ? local->ptime_ms : PTIME_MS,
			 .rtcp_mux = local->rtcp_mux,
		 });
}

int sdp_answer(struct sdp_local *local, const struct sdp *offer, struct buf *b,
	       struct sdp_outcome *ret_outcome)
{
	struct sdp_outcome o;
	struct row rows[2];
	int rc = -ENOTSUP;

	for (size_t i = 0; i < offer->media_count && rc < 0; i++) {
		int judged = judge(local, offer, i, &o);

		if (judged == 0 || rc == -ENOTSUP)
			rc = judged;
	}
	if (rc < 0)
		return rc;
	agree(local, &o);
	keep_lines(local, offer, o.media);
	rows[0] = (struct row){o.codec, o.recv_type};
	if (local->agreed_event)
		rows[1] = (struct row){local->agreed_event, local->agreed_event_type};
	put_text(b, local,
		 &(struct stream){
			 .proto = offer->media[o.media].proto,
			 .rows = rows,
			 .row_count = local->agreed_event ? 2 : 1,
			 .direction = o.direction,
			 .ptime_ms = o.ptime_ms,
			 .rtcp_mux = o.rtcp_mux,
		 });
	*ret_outcome = o;
	return 0;
}

int sdp_conclude(struct sdp_local *local, const struct sdp *answer, struct sdp_outcome *ret_outcome)
{
	struct sdp_outcome o;
	int rc;

	if (answer->media_count != MAX(local->line_count, 1u))
		return -EBADMSG;
	rc = judge(local, answer, local->line, &o);
	if (rc < 0)
		return rc;
	if (local->agreed && local->agreed != o.codec)
		return -ENOTSUP;
	/* They send with the numbers of our offer, we with those of their answer. */
	o.recv_type = local->agreed == o.codec ? local->agreed_type : o.codec->payload_type;
	if (o.event_send_type >= 0) {
		const struct sdp_codec *event = event_row(local, o.event_clock_hz);

		o.event_recv_type = local->agreed && local->agreed_event == event ? local->agreed_event_type
										  : event->payload_type;
	}
	agree(local, &o);
	*ret_outcome = o;
	return 0;
}
