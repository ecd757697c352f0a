/* Frames and the upgrade without sockets: the published vectors, however the bytes are cut. */
#include "net/ws_frames.h"

#include "net/ws_upgrade.h"
#include "test.h"

/* ---- writing ---- */

static size_t read_nothing(void *arg, void *p, size_t n)
{
	return 0;
}

/* A source of masks that begins with the four bytes. */
static struct rng masks(const char *mask)
{
	struct rng r;

	rng_init_number(&r, 1);
	memset(r.ready, 0, sizeof(r.ready));
	r.used = 0;
	memcpy(r.ready, mask, 4);
	return r;
}

TEST(ws_frames_writes_the_masked_vectors)
{
	static const char zeros[70000];
	static const struct {
		enum ws_opcode opcode;
		struct str payload, head;
	} rows[] = {
		{WS_OP_TEXT, STR_INIT("Hello"), STR_INIT("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58")},
		{WS_OP_BINARY, {zeros, 320}, STR_INIT("\x82\xfe\x01\x40\x37\xfa\x21\x3d\x37\xfa\x21\x3d")},
		{WS_OP_BINARY,
		 {zeros, 70000},
		 STR_INIT("\x82\xff\0\0\0\0\0\x01\x11\x70\x37\xfa\x21\x3d\x37")},
		{WS_OP_PING, STR_INIT(""), STR_INIT("\x89\x80\x37\xfa\x21\x3d")},
		{WS_OP_PONG, STR_INIT(""), STR_INIT("\x8a\x80\x37\xfa\x21\x3d")},
		{WS_OP_CLOSE, STR_INIT("\x03\xe8"), STR_INIT("\x88\x82\x37\xfa\x21\x3d\x34\x12")},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct rng r = masks("\x37\xfa\x21\x3d");
		struct ws_frames f;
		struct buf out;

		buf_init(&out, 1 << 17);
		REQUIRE(ws_frames_init(&f, read_nothing, NULL, &r) == 0);
		CHECK_INT(ws_frames_put(&f, &out, rows[i].opcode, rows[i].payload), 0);
		CHECK(str_starts(buf_str(&out), rows[i].head));
		CHECK(out.n - rows[i].payload.n <= WS_FRAMES_HEAD_MAX);
		ws_frames_fini(&f);
		buf_fini(&out);
	}
}

TEST(ws_frames_puts_nothing_where_there_is_no_room)
{
	struct rng r = masks("abcd");
	struct ws_frames f;
	struct buf out;

	buf_init(&out, 20);
	REQUIRE(ws_frames_init(&f, read_nothing, NULL, &r) == 0);
	CHECK_INT(ws_frames_put(&f, &out, WS_OP_TEXT, STR("seven77")), -EMSGSIZE);
	CHECK_INT(out.n, 0);
	CHECK_INT(ws_frames_put(&f, &out, WS_OP_TEXT, STR("five5")), 0);
	CHECK_INT(out.n, 11);
	ws_frames_fini(&f);
	buf_fini(&out);
}

/* ---- reading ---- */

struct source {
	struct str bytes;
	size_t step; /* at once */
};

static size_t read_step(void *arg, void *p, size_t n)
{
	struct source *s = arg;
	struct str piece = str_sub(s->bytes, 0, MIN(n, s->step));

	s->bytes = str_sub(s->bytes, piece.n, SIZE_MAX);
	memcpy(p, piece.p, piece.n);
	return piece.n;
}

/* Writes "1:Hello 9:x ..." of what comes. Returns what ended it. */
static int tell_all(struct ws_frames *f, struct buf *told)
{
	struct ws_frame_event ev;
	int rc;

	while ((rc = ws_frames_next(f, &ev)) > 0)
		if (ev.payload.n > 200)
			buf_printf(told, "%d:%zu ", ev.what, ev.payload.n);
		else
			buf_printf(told, "%d:" STR_FMT " ", ev.what, STR_ARG(ev.payload));
	return rc;
}

TEST(ws_frames_reads_alike_however_the_bytes_are_cut)
{
	static const struct str bytes =
		STR_INIT("\x81\x05Hello\x01\x03Hel\x89\x01x\0\0\x80\x02lo\x82\x7e\0\x7e"
			 "..............................................................."
			 "...............................................................\x88\x02\x03\xe8");
	static const char *const want =
		"1:Hello 9:x 1:Hello 2:....................................................."
		"........................................................................."
		" 8: ";

	for (size_t step = 1; step <= bytes.n; step++) {
		struct source s = {bytes, step};
		struct rng r = masks("abcd");
		struct ws_frames f;
		struct buf told;

		buf_init(&told, 1024);
		REQUIRE(ws_frames_init(&f, read_step, &s, &r) == 0);
		CHECK_INT(tell_all(&f, &told), 0);
		CHECK_STR(buf_str(&told), want);
		ws_frames_fini(&f);
		buf_fini(&told);
	}
}

/* The longest message that is allowed, in one frame and in two; a byte more is not. */
TEST(ws_frames_knows_the_longest_message)
{
	static char bytes[WS_FRAMES_MESSAGE_MAX + 32];
	static const struct {
		size_t first, second; /* payloads; 0 = one frame only */
		int rc;
	} rows[] = {
		{WS_FRAMES_MESSAGE_MAX, 0, 0},
		{70000, WS_FRAMES_MESSAGE_MAX - 70000, 0},
		{WS_FRAMES_MESSAGE_MAX + 1, 0, -EMSGSIZE},
		{70000, WS_FRAMES_MESSAGE_MAX - 69999, -EMSGSIZE},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const size_t parts[] = {rows[i].first, rows[i].second};
		struct rng r = masks("abcd");
		struct ws_frames f;
		struct source s;
		struct buf told;
		size_t at = 0;

		for (size_t k = 0; k < 2 && parts[k] > 0; k++) {
			const char head[] = {(char)((k ? 0 : 2) | (k || !parts[1] ? 0x80 : 0)),
					     0x7f,
					     0,
					     0,
					     0,
					     0,
					     0,
					     (char)(parts[k] >> 16),
					     (char)(parts[k] >> 8),
					     (char)parts[k]};

			memcpy(bytes + at, head, sizeof(head));
			at += sizeof(head) + parts[k];
		}
		s = (struct source){{bytes, MIN(at, sizeof(bytes))}, SIZE_MAX};
		buf_init(&told, 1024);
		REQUIRE(ws_frames_init(&f, read_step, &s, &r) == 0);
		CHECK_INT(tell_all(&f, &told), rows[i].rc);
		CHECK_STR(buf_str(&told), rows[i].rc ? "" : "2:1048576 ");
		ws_frames_fini(&f);
		buf_fini(&told);
	}
}

TEST(ws_frames_has_a_code_for_each_error)
{
	CHECK_INT(ws_frames_code(-EPROTO), 1002);
	CHECK_INT(ws_frames_code(-EILSEQ), 1007);
	CHECK_INT(ws_frames_code(-EMSGSIZE), 1009);
	CHECK_INT(ws_frames_code(-ENOMEM), 1011);
}

/* ---- the upgrade ---- */

TEST(ws_upgrade_accepts_the_key_of_the_standard)
{
	struct buf out;

	buf_init(&out, 64);
	CHECK_INT(ws_upgrade_accept(STR("dGhlIHNhbXBsZSBub25jZQ=="), &out), 0);
	CHECK_STR(buf_str(&out), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	buf_fini(&out);
}

TEST(ws_upgrade_reads_urls)
{
	static const struct {
		const char *text;
		bool secure;
		const char *authority, *host;
		int port;
		const char *path;
	} rows[] = {
		{"ws://h", false, "h", "h", 80, ""},
		{"WSS://api.test/v1?a=b", true, "api.test", "api.test", 443, "/v1?a=b"},
		{"wss://h:8443?x", true, "h:8443", "h", 8443, "?x"},
		{"ws://[2001:db8::1]:81/", false, "[2001:db8::1]:81", "2001:db8::1", 81, "/"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ws_url u;

		REQUIRE(ws_url_parse(str_from(rows[i].text), &u) == 0);
		CHECK_INT(u.secure, rows[i].secure);
		CHECK_STR(u.authority, rows[i].authority);
		CHECK_STR(u.host, rows[i].host);
		CHECK_INT(u.port, rows[i].port);
		CHECK_STR(u.path, rows[i].path);
	}
}

TEST(ws_upgrade_prints_a_request)
{
	static const struct http_header headers[] = {{STR_INIT("Authorization"), STR_INIT("Token \"x\"")}};
	struct ws_upgrade u = {.headers = headers,
			       .header_count = 1,
			       .protocol = STR("a, b"),
			       .key = STR("dGhlIHNhbXBsZSBub25jZQ==")};
	struct buf out;

	buf_init(&out, 1024);
	REQUIRE(ws_url_parse(STR("wss://h:8443?x=1"), &u.url) == 0);
	CHECK_INT(ws_upgrade_print(&u, &out), 0);
	CHECK_STR(buf_str(&out),
		  "GET /?x=1 HTTP/1.1\r\nHost: h:8443\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		  "Sec-WebSocket-Protocol: a, b\r\nAuthorization: Token \"x\"\r\n\r\n");
	buf_fini(&out);
}

TEST(ws_upgrade_reads_answers_whatever_is_missing)
{
#define GOOD                                                                  \
	"HTTP/1.1 101 OK\r\nupgrade: WebSocket\r\nCONNECTION: x, upgrade\r\n" \
	"Sec-WebSocket-Accept:s3pPLMBiTxaQ9kYGzzhZRbK+xOo= \r\n"
	static const struct {
		struct str bytes;
		int rc;
		size_t used;
	} rows[] = {
		{STR_INIT(GOOD "\r\n\x81\x01"), 0, sizeof(GOOD) + 1},
		{STR_INIT(GOOD "Sec-WebSocket-Protocol: b\r\n\r\n"), 0, sizeof(GOOD) + 28},
		{STR_INIT(GOOD "Sec-WebSocket-Protocol: c\r\n\r\n"), -EPROTO, 0},
		{STR_INIT(GOOD "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"), -EPROTO, 0},
		{STR_INIT(GOOD), -EAGAIN, 0},
		{STR_INIT(""), -EAGAIN, 0},
		{STR_INIT("HTTP"), -EAGAIN, 0},
		{STR_INIT("HTTQ"), -EPROTO, 0},
		{STR_INIT("HTTP/1.1 99 Odd\r\n\r\n"), -EPROTO, 0},
		{STR_INIT("HTTP/1.1 101\r\n\r\n"), -EPROTO, 0},
	};
	struct buf body;

	buf_init(&body, 64);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ws_upgrade_answer a = {0};

		CHECK_INT(ws_upgrade_read(rows[i].bytes, STR("dGhlIHNhbXBsZSBub25jZQ=="), STR("a, b"), &body,
					  &a),
			  rows[i].rc);
		CHECK((rows[i].rc == -EPROTO) == (a.wrong != NULL));
		if (rows[i].rc == 0)
			CHECK_INT(a.used_bytes, rows[i].used);
	}
	buf_fini(&body);
}
