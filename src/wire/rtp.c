#include "wire/rtp.h"

#include <errno.h>

#include "wire/bytes.h"

#define VERSION         2
#define FLAG_PADDING    0x20
#define FLAG_EXTENSION  0x10
#define FLAG_MARKER     0x80
#define CSRC_BYTES      4
#define EXTENSION_HEAD  4
#define EXTENSION_WORDS 4

/* Takes the extension header off the front. */
static int cut_extension(struct rtp_packet *k)
{
	if (k->payload_bytes < EXTENSION_HEAD)
		return -EBADMSG;
	k->extension_profile = bytes_be16(k->payload);
	k->extension_bytes = (size_t)bytes_be16(k->payload + 2) * EXTENSION_WORDS;
	k->extension = k->payload + EXTENSION_HEAD;
	if (k->payload_bytes - EXTENSION_HEAD < k->extension_bytes)
		return -EBADMSG;
	k->payload = k->extension + k->extension_bytes;
	k->payload_bytes -= EXTENSION_HEAD + k->extension_bytes;
	return 0;
}

/* Takes the padding off the end: its last byte counts itself. */
static int cut_padding(struct rtp_packet *k)
{
	uint8_t padding;

	if (k->payload_bytes == 0)
		return -EBADMSG;
	padding = k->payload[k->payload_bytes - 1];
	if (padding == 0 || padding > k->payload_bytes)
		return -EBADMSG;
	k->payload_bytes -= padding;
	return 0;
}

int rtp_parse(const uint8_t *p, size_t n, struct rtp_packet *ret_packet)
{
	struct rtp_packet k = {0};
	size_t head;

	if (n < RTP_HEADER_BYTES || p[0] >> 6 != VERSION || rtp_is_rtcp(p, n))
		return -EBADMSG;
	k.csrc_count = p[0] & 0x0f;
	head = RTP_HEADER_BYTES + (size_t)k.csrc_count * CSRC_BYTES;
	if (n < head)
		return -EBADMSG;
	k.header.marker = p[1] & FLAG_MARKER;
	k.header.payload_type = p[1] & 0x7f;
	k.header.seq = bytes_be16(p + 2);
	k.header.timestamp = bytes_be32(p + 4);
	k.header.ssrc = bytes_be32(p + 8);
	k.csrcs = p + RTP_HEADER_BYTES;
	k.payload = p + head;
	k.payload_bytes = n - head;
	k.has_extension = p[0] & FLAG_EXTENSION;
	if (k.has_extension && cut_extension(&k) < 0)
		return -EBADMSG;
	if (p[0] & FLAG_PADDING && cut_padding(&k) < 0)
		return -EBADMSG;
	*ret_packet = k;
	return 0;
}

void rtp_print(const struct rtp_header *h, uint8_t out[RTP_HEADER_BYTES])
{
	out[0] = VERSION << 6;
	out[1] = (uint8_t)((h->marker ? FLAG_MARKER : 0) | (h->payload_type & 0x7f));
	bytes_put_be16(out + 2, h->seq);
	bytes_put_be32(out + 4, h->timestamp);
	bytes_put_be32(out + 8, h->ssrc);
}
