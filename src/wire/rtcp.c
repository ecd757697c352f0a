#include "wire/rtcp.h"

#include <errno.h>
#include <string.h>

#include "wire/bytes.h"

#define VERSION      2
#define FLAG_PADDING 0x20
#define TYPE_SR      200
#define TYPE_RR      201
#define TYPE_SDES    202
#define TYPE_BYE     203
#define HEAD_BYTES   4
#define SENDER_BYTES 20
#define BLOCK_BYTES  24
#define SDES_END     0
#define SDES_CNAME   1
#define LOST_MAX     0x7fffff
#define LOST_MIN     (-0x800000)

/* Limits of RFC 3550 A.1. */
#define DROPOUT_MAX  3000
#define MISORDER_MAX 100
#define SEQ_NONE     0x10000

struct part {
	uint8_t count, type;
	const uint8_t *body; /* behind the head */
	size_t bytes;
};

static void parse_block(const uint8_t *p, struct rtcp_block *b)
{
	uint32_t lost = bytes_be32(p + 4) & 0xffffff;

	*b = (struct rtcp_block){
		.ssrc = bytes_be32(p),
		.fraction_lost = p[4],
		.cumulative_lost = lost > LOST_MAX ? (int32_t)lost - 0x1000000 : (int32_t)lost,
		.highest_seq = bytes_be32(p + 8),
		.jitter = bytes_be32(p + 12),
		.last_sr = bytes_be32(p + 16),
		.delay_since_sr = bytes_be32(p + 20),
	};
}

static int parse_report(const struct part *t, struct rtcp_compound *c)
{
	size_t blocks_at = 4 + (t->type == TYPE_SR ? SENDER_BYTES : 0);

	if (t->bytes < blocks_at + (size_t)t->count * BLOCK_BYTES)
		return -EBADMSG;
	c->ssrc = bytes_be32(t->body);
	c->is_sender = t->type == TYPE_SR;
	if (c->is_sender) {
		c->ntp = (uint64_t)bytes_be32(t->body + 4) << 32 | bytes_be32(t->body + 8);
		c->timestamp = bytes_be32(t->body + 12);
		c->packets = bytes_be32(t->body + 16);
		c->octets = bytes_be32(t->body + 20);
	}
	c->block_count = t->count;
	for (size_t i = 0; i < t->count; i++)
		parse_block(t->body + blocks_at + i * BLOCK_BYTES, &c->blocks[i]);
	return 0;
}

/* One chunk: a source, items up to a zero, padding to a word. Returns its length, 0 when it does not hold. */
static size_t parse_chunk(const uint8_t *p, size_t n, struct rtcp_compound *c)
{
	size_t at = 4;

	if (n < 8)
		return 0;
	while (at < n && p[at] != SDES_END) {
		if (n - at < 2 || n - at - 2 < p[at + 1])
			return 0;
		if (p[at] == SDES_CNAME && bytes_be32(p) == c->ssrc)
			c->cname = (struct str){(const char *)p + at + 2, p[at + 1]};
		at += 2 + (size_t)p[at + 1];
	}
	return at < n ? at / 4 * 4 + 4 : 0;
}

static int parse_sdes(const struct part *t, struct rtcp_compound *c)
{
	size_t at = 0;

	for (unsigned i = 0; i < t->count; i++) {
		size_t n = parse_chunk(t->body + at, t->bytes - at, c);

		if (n == 0)
			return -EBADMSG;
		at += n;
	}
	return 0;
}

static int parse_bye(const struct part *t, struct rtcp_compound *c)
{
	if (t->bytes < (size_t)t->count * 4)
		return -EBADMSG;
	for (unsigned i = 0; i < t->count; i++)
		if (bytes_be32(t->body + i * 4) == c->ssrc)
			c->bye = true;
	return 0;
}

/* The packet at the front of p[n]. Only the last one may be padded; its padding stays in the body, where
 * nobody looks. Returns its whole length, 0 when it does not hold. */
static size_t parse_part(const uint8_t *p, size_t n, struct part *t)
{
	size_t whole;

	if (n < HEAD_BYTES || p[0] >> 6 != VERSION)
		return 0;
	whole = ((size_t)bytes_be16(p + 2) + 1) * 4;
	if (whole > n || (p[0] & FLAG_PADDING && whole < n))
		return 0;
	*t = (struct part){
		.count = p[0] & 0x1f, .type = p[1], .body = p + HEAD_BYTES, .bytes = whole - HEAD_BYTES};
	return whole;
}

int rtcp_parse(const uint8_t *p, size_t n, struct rtcp_compound *ret_compound)
{
	struct rtcp_compound c = {0};
	struct part t;
	size_t at = parse_part(p, n, &t);

	if (at == 0 || (t.type != TYPE_SR && t.type != TYPE_RR) || parse_report(&t, &c) < 0)
		return -EBADMSG;
	while (at < n) {
		size_t whole = parse_part(p + at, n - at, &t);

		if (whole == 0 || (t.type == TYPE_SDES && parse_sdes(&t, &c) < 0) ||
		    (t.type == TYPE_BYE && parse_bye(&t, &c) < 0))
			return -EBADMSG;
		at += whole;
	}
	*ret_compound = c;
	return 0;
}

static void print_head(uint8_t *out, size_t count, uint8_t type, size_t bytes)
{
	out[0] = (uint8_t)(VERSION << 6 | count);
	out[1] = type;
	bytes_put_be16(out + 2, (uint16_t)(bytes / 4 - 1));
}

static void print_block(const struct rtcp_block *b, uint8_t *out)
{
	bytes_put_be32(out, b->ssrc);
	bytes_put_be32(out + 4, (uint32_t)CLAMP(b->cumulative_lost, LOST_MIN, LOST_MAX));
	out[4] = b->fraction_lost;
	bytes_put_be32(out + 8, b->highest_seq);
	bytes_put_be32(out + 12, b->jitter);
	bytes_put_be32(out + 16, b->last_sr);
	bytes_put_be32(out + 20, b->delay_since_sr);
}

static uint8_t *print_report(const struct rtcp_compound *c, uint8_t *out, size_t bytes)
{
	uint8_t *p = out + 8;

	print_head(out, c->block_count, c->is_sender ? TYPE_SR : TYPE_RR, bytes);
	bytes_put_be32(out + 4, c->ssrc);
	if (c->is_sender) {
		bytes_put_be32(p, (uint32_t)(c->ntp >> 32));
		bytes_put_be32(p + 4, (uint32_t)c->ntp);
		bytes_put_be32(p + 8, c->timestamp);
		bytes_put_be32(p + 12, c->packets);
		bytes_put_be32(p + 16, c->octets);
		p += SENDER_BYTES;
	}
	for (size_t i = 0; i < c->block_count; i++, p += BLOCK_BYTES)
		print_block(&c->blocks[i], p);
	return p;
}

static uint8_t *print_sdes(const struct rtcp_compound *c, uint8_t *out, size_t bytes)
{
	memset(out, 0, bytes);
	print_head(out, 1, TYPE_SDES, bytes);
	bytes_put_be32(out + 4, c->ssrc);
	out[8] = SDES_CNAME;
	out[9] = (uint8_t)c->cname.n;
	if (c->cname.n > 0)
		memcpy(out + 10, c->cname.p, c->cname.n);
	return out + bytes;
}

int rtcp_print(const struct rtcp_compound *c, uint8_t *out, size_t size, size_t *ret_bytes)
{
	size_t report = 8 + (c->is_sender ? SENDER_BYTES : 0) + c->block_count * BLOCK_BYTES;
	size_t sdes = (10 + c->cname.n) / 4 * 4 + 4; /* at least one zero ends the items */
	size_t bye = c->bye ? 8 : 0;

	if (c->block_count > RTCP_BLOCKS_MAX || c->cname.n > RTCP_CNAME_MAX || report + sdes + bye > size)
		return -EMSGSIZE;
	out = print_report(c, out, report);
	out = print_sdes(c, out, sdes);
	if (c->bye) {
		print_head(out, 1, TYPE_BYE, bye);
		bytes_put_be32(out + 4, c->ssrc);
	}
	*ret_bytes = report + sdes + bye;
	return 0;
}

uint64_t rtcp_ntp(usec now)
{
	uint64_t seconds = (uint64_t)now / 1000000, rest = (uint64_t)now % 1000000;

	return seconds << 32 | (rest << 32) / 1000000;
}

static usec usec_of_q16(uint32_t q16)
{
	return (usec)(((uint64_t)q16 * 1000000) >> 16);
}

bool rtcp_round_trip(const struct rtcp_block *b, usec now, usec *ret_round_trip)
{
	uint32_t middle = (uint32_t)(rtcp_ntp(now) >> 16);
	int32_t span = (int32_t)(middle - b->last_sr - b->delay_since_sr);

	if (b->last_sr == 0 || span < 0)
		return false;
	*ret_round_trip = usec_of_q16((uint32_t)span);
	return true;
}

static void source_start(struct rtcp_source *s, uint16_t seq)
{
	*s = (struct rtcp_source){
		.started = true,
		.max_seq = seq,
		.base_seq = seq,
		.after_jump = SEQ_NONE,
		.last_sr = s->last_sr,
		.last_sr_at = s->last_sr_at,
	};
}

/* RFC 3550 A.1, without the probation of a new source: latching has vouched for it. */
static int source_count(struct rtcp_source *s, uint16_t seq)
{
	uint16_t ahead = (uint16_t)(seq - s->max_seq);

	if (!s->started || seq == s->after_jump) {
		source_start(s, seq);
	} else if (ahead < DROPOUT_MAX) {
		s->cycles += seq < s->max_seq ? 0x10000 : 0;
		s->max_seq = seq;
		s->after_jump = SEQ_NONE;
	} else if (ahead <= 0x10000 - MISORDER_MAX) {
		s->after_jump = (uint16_t)(seq + 1);
		return -ERANGE;
	}
	s->received++;
	return 0;
}

int rtcp_source_packet(struct rtcp_source *s, uint16_t seq, uint32_t timestamp, uint32_t arrival)
{
	int32_t transit = (int32_t)(arrival - timestamp);
	int64_t d;
	int rc = source_count(s, seq);

	if (rc < 0)
		return rc;
	d = s->received > 1 ? (int64_t)transit - s->transit : 0;
	s->transit = transit;
	s->jitter_q4 += (uint32_t)(d < 0 ? -d : d) - ((s->jitter_q4 + 8) >> 4);
	return 0;
}

void rtcp_source_report(struct rtcp_source *s, uint64_t ntp, usec now)
{
	s->last_sr = (uint32_t)(ntp >> 16);
	s->last_sr_at = now;
}

static uint32_t expected(const struct rtcp_source *s)
{
	return s->started ? s->cycles + s->max_seq - s->base_seq + 1 : 0;
}

int32_t rtcp_source_lost(const struct rtcp_source *s)
{
	return (int32_t)(expected(s) - s->received);
}

void rtcp_source_block(struct rtcp_source *s, uint32_t ssrc, usec now, struct rtcp_block *ret_block)
{
	uint32_t expected_now = expected(s) - s->expected_before;
	int64_t lost_now = (int64_t)expected_now - (s->received - s->received_before);

	*ret_block = (struct rtcp_block){
		.ssrc = ssrc,
		.cumulative_lost = CLAMP(rtcp_source_lost(s), LOST_MIN, LOST_MAX),
		.highest_seq = s->cycles + s->max_seq,
		.jitter = s->jitter_q4 >> 4,
		.last_sr = s->last_sr,
	};
	if (expected_now > 0 && lost_now > 0)
		ret_block->fraction_lost = (uint8_t)MIN((lost_now << 8) / expected_now, 255);
	if (s->last_sr)
		ret_block->delay_since_sr = (uint32_t)(rtcp_ntp(now - s->last_sr_at) >> 16);
	s->expected_before = expected(s);
	s->received_before = s->received;
}
