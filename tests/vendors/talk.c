#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "talk.h"

#include "base/mem.h"
#include "test.h"
#include "vendors/sim.h"
#include "wire/bytes.h"
#include "wire/wav.h"

#define PATIENCE_SEC 20

struct line_to {
	struct talk *t;
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	struct buf in;
	bool websocket, gone;
};

/* ---- the connection ---- */

static bool start_tls(struct line_to *c)
{
	const char *name = c->t->name ? c->t->name : "localhost", *authority = vendor_authority();

	c->ctx = SSL_CTX_new(TLS_client_method());
	if (!c->ctx || !authority || SSL_CTX_load_verify_locations(c->ctx, authority, NULL) != 1)
		return false;
	SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
	c->ssl = SSL_new(c->ctx);
	return c->ssl && SSL_set_fd(c->ssl, c->fd) == 1 && SSL_set_tlsext_host_name(c->ssl, name) == 1 &&
	       SSL_set1_host(c->ssl, name) == 1 && SSL_connect(c->ssl) == 1;
}

static bool dial(struct line_to *c)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(vendor_port(c->t->v))};
	struct timeval patience = {.tv_sec = PATIENCE_SEC};

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	buf_init(&c->in, 256u << 20);
	signal(SIGPIPE, SIG_IGN); /* of SSL_write() */
	return connect(c->fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 && (!c->t->tls || start_tls(c));
}

static void hang_up(struct line_to *c)
{
	if (c->ssl && !c->gone)
		SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	if (c->fd >= 0)
		close(c->fd);
	buf_fini(&c->in);
	*c = (struct line_to){.t = c->t, .fd = -1};
}

static void put(struct line_to *c, struct str bytes)
{
	while (bytes.n && !c->gone) {
		ssize_t n = c->ssl ? SSL_write(c->ssl, bytes.p, (int)bytes.n)
				   : send(c->fd, bytes.p, bytes.n, MSG_NOSIGNAL);

		c->gone = n <= 0;
		bytes = str_sub(bytes, n > 0 ? (size_t)n : 0, SIZE_MAX);
	}
}

static bool get(struct line_to *c)
{
	char p[16384];
	ssize_t n = c->ssl ? SSL_read(c->ssl, p, sizeof(p)) : read(c->fd, p, sizeof(p));

	if (n > 0)
		buf_add(&c->in, p, (size_t)n);
	c->gone = n <= 0;
	return n > 0;
}

/* ---- reading ---- */

static void took(struct talk *t, struct str text)
{
	buf_add_str(&t->texts, text);
	buf_add_char(&t->texts, '\n');
	if (t->until && str_find(text, str_from(t->until)) < text.n)
		t->stopped = true;
}

/* Reads up to the empty line. */
static bool read_head(struct line_to *c)
{
	size_t n;
	int64_t status;

	while ((n = str_find(buf_str(&c->in), STR("\r\n\r\n"))) == c->in.n)
		if (!get(c))
			return false;
	buf_add(&c->t->heads, c->in.p, n + 4);
	if (str_to_int(str_sub(buf_str(&c->in), 9, 3), 100, 999, &status) < 0)
		return false;
	c->t->status = (int)status;
	buf_consume(&c->in, n + 4);
	return true;
}

static bool read_chunks(struct line_to *c, struct buf *body)
{
	for (;;) {
		size_t line = str_find(buf_str(&c->in), STR("\r\n")), size;

		if (line == c->in.n || line == 0) {
			if (line == 0 || !get(c))
				return false;
			continue;
		}
		size = strtoul(c->in.p, NULL, 16);
		while (c->in.n < line + 2 + size + 2)
			if (!get(c))
				return false;
		buf_add(body, c->in.p + line + 2, size);
		buf_consume(&c->in, line + 2 + size + 2);
		if (size == 0)
			return true;
	}
}

static void read_answer(struct line_to *c)
{
	struct str heads;
	struct buf body;
	size_t length = 0, at;

	if (!read_head(c)) {
		c->t->missed = true;
		return;
	}
	buf_init(&body, 256u << 20);
	heads = buf_str(&c->t->heads);
	heads = str_sub(heads, 0, heads.n);
	at = heads.n;
	for (size_t i = 0; i + 16 < heads.n; i++)
		if (str_starts(str_sub(heads, i, SIZE_MAX), STR("Content-Length: ")))
			at = i;
	if (at < heads.n && str_find(str_sub(heads, at, SIZE_MAX), STR("HTTP/1.1")) == heads.n - at) {
		length = strtoul(heads.p + at + 16, NULL, 10);
		while (c->in.n < length && get(c))
			;
		c->t->missed = c->t->missed || c->in.n < length;
		buf_add(&body, c->in.p, MIN(length, c->in.n));
		buf_consume(&c->in, MIN(length, c->in.n));
	} else if (!read_chunks(c, &body)) {
		c->t->missed = true;
	}
	took(c->t, buf_str(&body));
	buf_fini(&body);
}

/* A frame of the server: its opcode, or -1. The payload stays in front of c->in, `*ret_n` long. */
static int read_frame(struct line_to *c, size_t *ret_n)
{
	size_t need = 2, head = 2;
	uint64_t n = 0;
	int opcode;

	for (;;) {
		const uint8_t *p = (const uint8_t *)c->in.p;

		if (c->in.n >= need) {
			n = p[1] & 0x7f;
			head = n == 126 ? 4 : n == 127 ? 10 : 2;
			if (c->in.n >= head)
				n = n == 126 ? bytes_be16(p + 2) : n == 127 ? bytes_be32(p + 6) : n;
			need = head + (c->in.n >= head ? n : 0);
			if (c->in.n >= head && c->in.n >= need)
				break;
		}
		if (!get(c))
			return -1;
	}
	opcode = c->in.p[0] & 15;
	buf_consume(&c->in, head);
	*ret_n = (size_t)n;
	return opcode;
}

/* Reads one message. Returns whether there may be another. */
static bool read_message(struct line_to *c, struct str want, bool *ret_found)
{
	size_t n = 0;
	int opcode = read_frame(c, &n);
	struct str bytes = {c->in.p, n};

	*ret_found = false;
	if (opcode < 0 && !c->t->close_code)
		c->t->close_code = 1006;
	if (opcode == 8 && !c->t->close_code)
		c->t->close_code = n >= 2 ? bytes_be16((const uint8_t *)bytes.p) : 1005;
	if (opcode == 8 && n > 2)
		took(c->t, str_sub(bytes, 2, SIZE_MAX));
	if (opcode == 1)
		took(c->t, bytes);
	if (opcode == 1 && want.n)
		*ret_found = str_find(bytes, want) < bytes.n;
	if (opcode == 2)
		buf_add_str(&c->t->binary, bytes);
	if (opcode >= 0)
		buf_consume(&c->in, n);
	return opcode >= 0 && opcode != 8 && !c->t->stopped;
}

static void read_until(struct line_to *c, struct str want)
{
	bool found = false;

	if (c->t->close_code || c->t->stopped)
		return;
	while (read_message(c, want, &found) && !found)
		;
	if (want.n && !found)
		c->t->missed = true;
}

/* Bytes without frames, until this stands in them; with an empty `want` until the other side closes. */
static void read_raw(struct line_to *c, struct str want)
{
	struct talk *t = c->t;

	while (!want.n || str_find(buf_str(&t->texts), want) == t->texts.n) {
		if (t->until && str_find(buf_str(&t->texts), str_from(t->until)) < t->texts.n) {
			t->stopped = true;
			return;
		}
		if (!get(c)) {
			t->missed = t->missed || want.n > 0;
			t->close_code = 1006;
			return;
		}
		buf_add_str(&t->texts, buf_str(&c->in));
		buf_clear(&c->in);
	}
}

/* ---- writing ---- */

static void put_frame(struct line_to *c, int opcode, struct str bytes)
{
	uint8_t head[14] = {(uint8_t)(0x80 | opcode)}, mask[4] = {0x37, 0xfa, 0x21, 0x3d};
	size_t n = 2;
	struct buf out;

	if (bytes.n < 126) {
		head[1] = (uint8_t)(0x80 | bytes.n);
	} else if (bytes.n <= UINT16_MAX) {
		head[1] = 0x80 | 126;
		bytes_put_be16(head + 2, (uint16_t)bytes.n);
		n = 4;
	} else {
		head[1] = 0x80 | 127;
		bytes_put_be32(head + 6, (uint32_t)bytes.n);
		n = 10;
	}
	memcpy(head + n, mask, 4);
	buf_init(&out, 256u << 20);
	buf_add(&out, head, n + 4);
	for (size_t i = 0; i < bytes.n; i++)
		buf_add_char(&out, (char)((uint8_t)bytes.p[i] ^ mask[i & 3]));
	put(c, buf_str(&out));
	buf_fini(&out);
}

static void unhex(struct str text, struct buf *out)
{
	for (size_t i = 0; i + 2 <= text.n; i += 2) {
		char two[3] = {text.p[i], text.p[i + 1]};

		buf_add_char(out, (char)strtoul(two, NULL, 16));
	}
}

static void silence(struct str count, struct buf *out)
{
	int64_t n = 0;

	if (str_to_int(count, 0, 64 << 20, &n) < 0)
		test_failed(__FILE__, __LINE__, "'" STR_FMT "' is no number", STR_ARG(count));
	while (n-- > 0)
		buf_add_char(out, '\xff');
}

static void add_lines(struct str text, struct buf *out)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '\1')
			buf_add_str(out, STR("\r\n"));
		else
			buf_add_char(out, text.p[i]);
}

/* `t WORDS`, `b BYTES`, `w`, or nothing. */
static void add_sound(struct talk *t, struct str what, struct buf *out)
{
	struct str value = str_sub(what, 2, SIZE_MAX);
	uint8_t wav[WAV_HEADER_BYTES];

	wav_print_header(t->sound.coding == SOUND_MULAW ? WAV_ULAW : WAV_PCM, t->sound.rate_hz, 1, 0, wav);
	if (str_starts(what, STR("t ")))
		tones_speak(value, &t->sound, out);
	else if (str_starts(what, STR("b ")))
		silence(value, out);
	else if (str_eq(what, STR("w")))
		buf_add(out, wav, sizeof(wav));
}

/* Headers behind their length, then sound. */
static void with_headers(struct talk *t, struct str text, struct buf *out)
{
	struct str head = str_cut(&text, '\2');
	struct buf lines;
	uint8_t n[2];

	buf_init(&lines, 1u << 16);
	add_lines(head, &lines);
	bytes_put_be16(n, (uint16_t)lines.n);
	buf_add(out, n, 2);
	buf_add_str(out, buf_str(&lines));
	buf_fini(&lines);
	add_sound(t, text, out);
}

/* An event of Wyoming. */
static void as_event(struct talk *t, struct str text, struct buf *out)
{
	struct str type = str_cut(&text, '\2'), data = str_cut(&text, '\2');
	struct buf sound;

	buf_init(&sound, 64u << 20);
	add_sound(t, text, &sound);
	buf_printf(out, "{\"type\": \"" STR_FMT "\", \"data_length\": %zu, \"payload_length\": %zu}\n",
		   STR_ARG(type), data.n, sound.n);
	buf_add_str(out, data);
	buf_add_str(out, buf_str(&sound));
	buf_fini(&sound);
}

/* $(words) and $[bytes] in a text. */
static void expand(struct talk *t, struct str text, struct buf *out)
{
	while (text.n) {
		size_t at = MIN(str_find(text, STR("$(")), str_find(text, STR("$[")));
		struct str inside = str_sub(text, at + 2, SIZE_MAX);
		struct buf sound;

		add_lines(str_sub(text, 0, at), out);
		if (at == text.n)
			return;
		buf_init(&sound, 64u << 20);
		if (text.p[at + 1] == '(')
			tones_speak(str_cut(&inside, ')'), &t->sound, &sound);
		else
			silence(str_cut(&inside, ']'), &sound);
		vendor_base64(buf_str(&sound), out);
		buf_fini(&sound);
		text = inside;
	}
}

static void say(struct line_to *c, char what, struct str value)
{
	struct buf bytes;
	uint8_t code[2];
	int64_t n = 0;

	buf_init(&bytes, 256u << 20);
	if (what == 'b')
		silence(value, &bytes);
	if (what == '>')
		expand(c->t, value, &bytes);
	if (what == 'h')
		with_headers(c->t, value, &bytes);
	if (what == 'm')
		as_event(c->t, value, &bytes);
	if (what == 'i')
		buf_printf(&bytes, STR_FMT "\n", STR_ARG(value));
	if (what == 't')
		tones_speak(value, &c->t->sound, &bytes);
	if (what == 'x' || what == 'r')
		unhex(value, &bytes);
	if (what == 'c' && str_to_int(value, 0, UINT16_MAX, &n) == 0)
		bytes_put_be16(code, (uint16_t)n);
	switch (what) {
	case '>':
		put_frame(c, 1, buf_str(&bytes));
		break;
	case 'c':
		put_frame(c, 8, (struct str){(char *)code, 2});
		read_until(c, STR(""));
		break;
	case 'i':
	case 'm':
	case 'r':
		put(c, buf_str(&bytes));
		break;
	case '?':
		read_raw(c, value);
		break;
	case '<':
	case '=':
		read_until(c, value);
		break;
	default:
		put_frame(c, 2, buf_str(&bytes));
		break;
	}
	buf_fini(&bytes);
}

/* ---- scripts ---- */

static bool has_header(struct str head, const char *name)
{
	return str_ihas(head, str_from(name));
}

static void put_defaults(struct buf *out, struct str head, bool websocket)
{
	if (!has_header(head, "\nhost:"))
		buf_add_str(out, STR("Host: localhost\r\n"));
	if (!websocket)
		return;
	if (!has_header(head, "\nupgrade:"))
		buf_add_str(out, STR("Upgrade: websocket\r\n"));
	if (!has_header(head, "\nconnection:"))
		buf_add_str(out, STR("Connection: Upgrade\r\n"));
	if (!has_header(head, "\nsec-websocket-version:"))
		buf_add_str(out, STR("Sec-WebSocket-Version: 13\r\n"));
	if (!has_header(head, "\nsec-websocket-key:"))
		buf_add_str(out, STR("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
}

static struct str cut_head(struct str *rest)
{
	size_t n = str_find(*rest, STR("\n\n"));
	struct str head = str_sub(*rest, 0, n + 1);

	*rest = str_sub(*rest, n + 2, SIZE_MAX);
	return head;
}

/* $wav(words) and $raw(words) in a body. */
static void expand_body(struct talk *t, struct str text, struct buf *out)
{
	while (text.n) {
		size_t at = MIN(str_find(text, STR("$wav(")), str_find(text, STR("$raw(")));
		struct str inside = str_sub(text, at + 5, SIZE_MAX);
		uint8_t head[WAV_HEADER_BYTES];
		struct buf sound;

		buf_add_str(out, str_sub(text, 0, at));
		if (at == text.n)
			return;
		buf_init(&sound, 64u << 20);
		tones_speak(str_cut(&inside, ')'), &t->sound, &sound);
		wav_print_header(t->sound.coding == SOUND_MULAW ? WAV_ULAW : WAV_PCM, t->sound.rate_hz, 1,
				 sound.n, head);
		if (text.p[at + 1] == 'w')
			buf_add(out, head, sizeof(head));
		buf_add_str(out, buf_str(&sound));
		buf_fini(&sound);
		text = inside;
	}
}

/* The request's first line and headers, and the body of HTTP. */
static void send_request(struct line_to *c, struct str *rest, bool websocket)
{
	struct str head = cut_head(rest), lines = head, line, body = STR("");
	struct buf out, whole;

	if (!websocket && !str_starts(*rest, STR(".\n"))) {
		size_t n = str_find(*rest, STR("\n.\n"));

		body = str_sub(*rest, 0, n);
		*rest = str_sub(*rest, n + 3, SIZE_MAX);
	} else if (!websocket) {
		*rest = str_sub(*rest, 2, SIZE_MAX);
	}
	buf_init(&out, 64u << 20);
	buf_init(&whole, 64u << 20);
	expand_body(c->t, body, &whole);
	line = str_cut(&lines, '\n');
	buf_printf(&out, STR_FMT " HTTP/1.1\r\n", STR_ARG(line));
	while ((line = str_cut(&lines, '\n')).n)
		buf_printf(&out, STR_FMT "\r\n", STR_ARG(line));
	put_defaults(&out, head, websocket);
	if (!websocket && !has_header(head, "\ntransfer-encoding:") && !has_header(head, "\ncontent-length:"))
		buf_printf(&out, "Content-Length: %zu\r\n", whole.n);
	buf_add_str(&out, STR("\r\n"));
	buf_add_str(&out, buf_str(&whole));
	put(c, buf_str(&out));
	buf_fini(&whole);
	buf_fini(&out);
}

static void ask(struct line_to *c, struct str *rest, bool websocket)
{
	if (c->fd < 0 && !dial(c)) {
		*rest = STR("");
		return;
	}
	send_request(c, rest, websocket);
	if (!websocket) {
		read_answer(c);
		return;
	}
	if (!read_head(c))
		*rest = STR("");
	else if (c->t->status != 101 && c->in.n == 0)
		get(c);
	if (c->t->status != 101 && c->t->status) {
		took(c->t, buf_str(&c->in));
		*rest = STR("");
	}
}

void talk_run(struct talk *t, const char *script)
{
	struct str rest = str_from(script);
	struct line_to c = {.t = t, .fd = -1};

	if (!t->sound.rate_hz)
		t->sound = (struct sound){SOUND_MULAW, 8000};
	t->status = t->close_code = 0;
	t->missed = t->stopped = false;
	buf_init(&t->heads, 1u << 20);
	buf_init(&t->texts, 256u << 20);
	buf_init(&t->binary, 256u << 20);
	while (rest.n && !t->stopped) {
		bool websocket = str_starts(rest, STR("GET /")) && str_find(rest, STR("\n.\n")) == rest.n;
		struct str line;

		if (websocket || str_starts(rest, STR("POST ")) || str_starts(rest, STR("GET "))) {
			ask(&c, &rest, websocket);
			continue;
		}
		line = str_cut(&rest, '\n');
		if (line.n && c.fd < 0 && !dial(&c))
			break;
		if (line.n)
			say(&c, line.p[0], str_sub(line, 2, SIZE_MAX));
	}
	hang_up(&c);
	while (vendor_open(t->v) > 0)
		usleep(200); /* it still has to see that we have left: then the log is whole */
}

void talk_fini(struct talk *t)
{
	buf_fini(&t->heads);
	buf_fini(&t->texts);
	buf_fini(&t->binary);
}

struct talk talk_start(const struct vendor_config *c)
{
	struct talk t = {.tls = c->tls};

	if (vendor_start(c, &t.v) < 0)
		test_failed(__FILE__, __LINE__, "the vendors do not start");
	return t;
}

static bool has(struct str all, const char *what, const char *where)
{
	if (str_find(all, str_from(what)) < all.n)
		return true;
	test_failed(__FILE__, __LINE__, "no '%s' in %s: " STR_FMT, what, where,
		    STR_ARG(str_sub(all, 0, 4000)));
	return false;
}

bool talk_came(const struct talk *t, const char *what)
{
	return has(buf_str(&t->texts), what, "what came");
}

void talk_sound(const struct talk *t, const char *mark, struct buf *out)
{
	struct str rest = buf_str(&t->texts);
	size_t at;

	buf_init(out, 64u << 20);
	while ((at = str_find(rest, str_from(mark))) < rest.n) {
		rest = str_sub(rest, at + strlen(mark), SIZE_MAX);
		if (!vendor_unbase64(str_cut(&rest, '"'), out))
			test_failed(__FILE__, __LINE__, "what follows %s is not base64", mark);
	}
}

bool talk_logged(const struct talk *t, const char *what)
{
	struct buf log;
	bool there;

	buf_init(&log, 256u << 20);
	vendor_log_read(t->v, &log);
	there = has(buf_str(&log), what, "the log");
	buf_fini(&log);
	return there;
}

/* ---- mutations ---- */

static void mutate(const char *script, const struct talk_mutation *m, struct buf *out)
{
	struct str all = str_from(script);
	size_t at = str_find(all, str_from(m->from));

	if (at == all.n)
		test_failed(__FILE__, __LINE__, "the script has no '%s'", m->from);
	buf_add_str(out, str_sub(all, 0, at));
	buf_add_str(out, str_from(m->to));
	buf_add_str(out, str_sub(all, at + strlen(m->from), SIZE_MAX));
	buf_add_char(out, '\0');
}

static void must_be_refused(struct talk *t, const char *script, const struct talk_mutation *m, int status)
{
	unsigned before = vendor_wrongs(t->v);
	struct buf text;
	bool said;

	buf_init(&text, 64u << 20);
	mutate(script, m, &text);
	t->until = m->close_code ? NULL : m->says;
	talk_run(t, text.p);
	said = !m->says || t->stopped || str_find(buf_str(&t->texts), str_from(m->says)) < t->texts.n;
	if (vendor_wrongs(t->v) == before)
		test_failed(__FILE__, __LINE__, "'%s' for '%s' broke no rule", m->to, m->from);
	if (t->status != (m->status ? m->status : status))
		test_failed(__FILE__, __LINE__, "'%s' for '%s': status %d", m->to, m->from, t->status);
	if (m->close_code && t->close_code != m->close_code)
		test_failed(__FILE__, __LINE__, "'%s' for '%s': closed with %d", m->to, m->from,
			    t->close_code);
	if (!said)
		test_failed(__FILE__, __LINE__, "'%s' for '%s': not '%s' but " STR_FMT, m->to, m->from,
			    m->says, STR_ARG(str_sub(buf_str(&t->texts), 0, 300)));
	t->until = NULL;
	talk_fini(t);
	buf_fini(&text);
}

void talk_mutations(struct talk *t, const char *script, const struct talk_mutation *m, size_t n)
{
	unsigned before = vendor_wrongs(t->v);
	int status;

	t->until = NULL;
	talk_run(t, script);
	status = t->status;
	if (t->missed || vendor_wrongs(t->v) != before)
		test_failed(__FILE__, __LINE__, "the script itself fails: status %d, close %d, " STR_FMT,
			    status, t->close_code, STR_ARG(str_sub(buf_str(&t->texts), 0, 400)));
	talk_fini(t);
	if (n < 10)
		test_failed(__FILE__, __LINE__, "ten mutations are the least, not %zu", n);
	for (size_t i = 0; i < n; i++)
		must_be_refused(t, script, &m[i], status);
}
