/* WebSocket (RFC 6455), the server's side, forgiving nothing. */
#include "inside.h"

#include <openssl/evp.h>

#include "base/hash.h"
#include "wire/bytes.h"

enum {
	OP_MORE = 0,
	OP_TEXT = 1,
	OP_BINARY = 2,
	OP_CLOSE = 8,
	OP_PING = 9,
	OP_PONG = 10,
};

/* ---- the upgrade ---- */

const char *ws_upgrade_problem(const struct request *r)
{
	struct str key = request_header(r, "sec-websocket-key");

	if (!str_eq(r->method, STR("GET")))
		return "an upgrade is a GET";
	if (!request_has_word(r, "connection", "upgrade") || !request_has_word(r, "upgrade", "websocket"))
		return "Connection: Upgrade and Upgrade: websocket are missing";
	if (!str_eq(request_header(r, "sec-websocket-version"), STR("13")))
		return "Sec-WebSocket-Version is 13";
	if (key.n != 24 || !str_ends(key, STR("==")))
		return "Sec-WebSocket-Key is 16 bytes in base64";
	return NULL;
}

void ws_accept_text(struct str key, char out[32])
{
	const struct str parts[] = {key, STR("258EAFA5-E914-47DA-95CA-C5AB0DC85B11")};
	struct hash h;

	if (hash_of(HASH_SHA1, parts, 2, &h) < 0)
		h.n = 0;
	EVP_EncodeBlock((unsigned char *)out, h.bytes, (int)h.n);
}

void ws_open(struct vendor_session *s)
{
	struct buf *out = &s->c->out;
	char accept[32];

	ws_accept_text(request_header(&s->request, "sec-websocket-key"), accept);
	buf_printf(out,
		   "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		   "Sec-WebSocket-Accept: %s\r\n",
		   accept);
	buf_add_str(out, buf_str(&s->headers));
	buf_add_str(out, STR("\r\n"));
	s->status = 101;
	s->c->phase = CONN_WEBSOCKET;
	if (s->sim->on_open)
		s->sim->on_open(s);
	conn_flush(s->c);
}

/* ---- writing ---- */

void ws_write(struct buf *out, int opcode, struct str bytes)
{
	uint8_t head[10] = {(uint8_t)(0x80 | opcode)};
	size_t n = 2;

	if (bytes.n < 126) {
		head[1] = (uint8_t)bytes.n;
	} else if (bytes.n <= UINT16_MAX) {
		head[1] = 126;
		bytes_put_be16(head + 2, (uint16_t)bytes.n);
		n = 4;
	} else {
		head[1] = 127;
		bytes_put_be32(head + 2, (uint32_t)((uint64_t)bytes.n >> 32));
		bytes_put_be32(head + 6, (uint32_t)bytes.n);
		n = 10;
	}
	buf_add(out, head, n);
	buf_add_str(out, bytes);
}

void ws_write_close(struct vendor_session *s, int code, struct str reason)
{
	uint8_t bytes[125];
	size_t n = MIN(reason.n, sizeof(bytes) - 2);

	if (s->close_sent)
		return;
	s->close_sent = true;
	s->over = true;
	if (!s->close_code)
		s->close_code = code;
	bytes_put_be16(bytes, (uint16_t)code);
	if (n)
		memcpy(bytes + 2, reason.p, n);
	ws_write(&s->c->out, OP_CLOSE, (struct str){(char *)bytes, n + 2});
	conn_linger(s->c);
}

/* ---- reading ---- */

static void fail(struct vendor_session *s, int code, const char *rule)
{
	vendor_wrong(s, "%s", rule);
	s->failed = true;
	session_forget(s);
	ws_write_close(s, code, str_from(rule));
	conn_last(s->c);
}

static bool utf8(struct str t)
{
	for (size_t i = 0; i < t.n;) {
		uint8_t c = (uint8_t)t.p[i];
		size_t more = c < 0x80                ? 0
			      : c >= 0xc2 && c < 0xe0 ? 1
			      : c >= 0xe0 && c < 0xf0 ? 2
			      : c >= 0xf0 && c < 0xf5 ? 3
						      : 9;
		uint8_t d = i + 1 < t.n ? (uint8_t)t.p[i + 1] : 0;

		if (more == 9 || i + more >= t.n)
			return false;
		if ((c == 0xe0 && d < 0xa0) || (c == 0xed && d > 0x9f) || (c == 0xf0 && d < 0x90) ||
		    (c == 0xf4 && d > 0x8f))
			return false;
		for (size_t k = 1; k <= more; k++)
			if (((uint8_t)t.p[i + k] & 0xc0) != 0x80)
				return false;
		i += more + 1;
	}
	return true;
}

/* What comes after our close is not looked at; who has stalled hears, and bills, and says nothing. */
static void listen(struct vendor_session *s, void (*on_message)(struct vendor_session *s, struct str message),
		   struct str message)
{
	if (!s->over)
		on_message(s, message);
}

static void deliver(struct vendor_session *s)
{
	int opcode = s->opcode;
	struct str bytes = buf_str(&s->message);

	s->opcode = 0;
	if (s->message.error)
		fail(s, 1009, "the message is too long");
	else if (opcode == OP_TEXT && !utf8(bytes))
		fail(s, 1007, "text is UTF-8");
	else if (opcode == OP_TEXT && s->sim->on_text)
		listen(s, s->sim->on_text, bytes);
	else if (opcode == OP_BINARY && s->sim->on_binary)
		listen(s, s->sim->on_binary, bytes);
	else
		fail(s, 1003, "this protocol has no such messages");
	buf_clear(&s->message);
}

static void on_close(struct vendor_session *s, struct str payload)
{
	int code = payload.n >= 2 ? bytes_be16((const uint8_t *)payload.p) : 1005;

	if (payload.n == 1 || (code < 3000 && code != 1005 && (code < 1000 || code > 1011 || code == 1004)) ||
	    (payload.n >= 2 && (code == 1005 || code == 1006))) {
		fail(s, 1002, "this close code may not be sent");
		return;
	}
	s->close_seen = true;
	s->cut = !s->over;
	if (!s->close_code)
		s->close_code = code;
	if (!s->close_sent)
		ws_write_close(s, code == 1005 ? 1000 : code, STR(""));
	conn_last(s->c);
}

static void on_frame(struct vendor_session *s, uint8_t first, struct str payload)
{
	int opcode = first & 15;
	bool fin = first & 0x80;

	if (opcode >= OP_CLOSE) {
		if (!fin || payload.n > 125 || opcode > OP_PONG)
			fail(s, 1002, "a control frame is whole and short");
		else if (opcode == OP_CLOSE)
			on_close(s, payload);
		else if (opcode == OP_PING && !s->stalled && !s->close_sent)
			ws_write(&s->c->out, OP_PONG, payload);
		conn_flush(s->c);
		return;
	}
	if ((opcode == OP_MORE) == (s->opcode == 0) || opcode > OP_BINARY) {
		fail(s, 1002, "frames of one message follow each other");
		return;
	}
	s->opcode = opcode == OP_MORE ? s->opcode : opcode;
	buf_add_str(&s->message, payload);
	if (fin)
		deliver(s);
}

/* Length of the head at p[n] and of the payload; 0 when there is more to come. */
static size_t head_bytes(const uint8_t *p, size_t n, uint64_t *ret_payload)
{
	size_t head = 2;

	if (n < 2)
		return 0;
	*ret_payload = p[1] & 0x7f;
	if (*ret_payload == 126) {
		head = 4;
		*ret_payload = n >= 4 ? bytes_be16(p + 2) : 0;
	} else if (*ret_payload == 127) {
		head = 10;
		*ret_payload = n >= 10 ? (uint64_t)bytes_be32(p + 2) << 32 | bytes_be32(p + 6) : 0;
	}
	head += p[1] & 0x80 ? 4 : 0;
	return n >= head ? head : 0;
}

static bool read_frame(struct conn *c)
{
	struct vendor_session *s = c->session;
	uint8_t *p = (uint8_t *)c->in.p;
	uint64_t n = 0;
	size_t head = head_bytes(p, c->in.n, &n);

	if (!head)
		return false;
	if (p[0] & 0x70) {
		fail(s, 1002, "no extension was agreed on");
	} else if (!(p[1] & 0x80)) {
		fail(s, 1002, "a client masks its frames");
	} else if (n > s->message.limit_bytes) {
		fail(s, 1009, "the message is too long");
	} else if (c->in.n < head + n) {
		return false;
	} else {
		for (uint64_t i = 0; i < n; i++)
			p[head + i] ^= p[head - 4 + (i & 3)];
		on_frame(s, p[0], (struct str){(char *)p + head, (size_t)n});
		buf_consume(&c->in, head + (size_t)n);
	}
	return true;
}

void ws_read(struct conn *c)
{
	while (c->phase == CONN_WEBSOCKET && read_frame(c))
		;
}
