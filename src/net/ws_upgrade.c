#include "net/ws_upgrade.h"

#include <errno.h>
#include <string.h>

#include "base/base64.h"
#include "base/hash.h"
#include "wire/http_answer.h"
#include "wire/url.h"

#define ACCEPT_CHARS BASE64_TEXT_BYTES(20)

/* ---- the URL ---- */

static bool is_url_char(char c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '\\' && c != '^' && c != '`' &&
	       c != '{' && c != '|' && c != '}' && c != '#';
}

static bool is_url_text(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_url_char(s.p[i]))
			return false;
	return true;
}

int ws_url_parse(struct str text, struct ws_url *ret_url)
{
	struct ws_url u = {.secure = str_istarts(text, STR("wss://"))};
	size_t end;
	int rc;

	if (!is_url_text(text) || (!u.secure && !str_istarts(text, STR("ws://"))))
		return -EINVAL;
	text = str_sub(text, u.secure ? 6 : 5, SIZE_MAX);
	for (end = 0; end < text.n && text.p[end] != '/' && text.p[end] != '?';)
		end++;
	u.authority = str_sub(text, 0, end);
	u.path = str_sub(text, end, SIZE_MAX);
	rc = url_authority(u.authority, u.secure ? 443 : 80, &u.host, &u.port);
	if (rc == 0)
		*ret_url = u;
	return rc;
}

/* ---- the request ---- */

static void print_header(struct buf *out, struct str name, struct str value)
{
	buf_printf(out, STR_FMT ": " STR_FMT "\r\n", STR_ARG(name), STR_ARG(value));
}

int ws_upgrade_print(const struct ws_upgrade *u, struct buf *out)
{
	buf_printf(out, "GET " STR_FMT STR_FMT " HTTP/1.1\r\n",
		   u->url.path.n > 0 && u->url.path.p[0] == '/' ? 0 : 1, "/", STR_ARG(u->url.path));
	print_header(out, STR("Host"), u->url.authority);
	buf_add_str(out, STR("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"));
	print_header(out, STR("Sec-WebSocket-Key"), u->key);
	if (u->protocol.n > 0)
		print_header(out, STR("Sec-WebSocket-Protocol"), u->protocol);
	for (size_t i = 0; i < u->header_count; i++) {
		if (!http_header_is_valid(&u->headers[i]))
			return -EINVAL;
		print_header(out, u->headers[i].name, u->headers[i].value);
	}
	buf_add_str(out, STR("\r\n"));
	return http_header_is_value(u->protocol) ? out->error : -EINVAL;
}

/* ---- the answer ---- */

int ws_upgrade_accept(struct str key, struct buf *out)
{
	const struct str parts[] = {key, STR("258EAFA5-E914-47DA-95CA-C5AB0DC85B11")};
	struct hash h;
	int rc = hash_of(HASH_SHA1, parts, ARRAY_LEN(parts), &h);

	if (rc < 0)
		return rc;
	base64_write(out, (struct str){(const char *)h.bytes, h.n});
	return out->error;
}

static bool accepts(const struct http_answer *a, struct str key)
{
	struct buf expected;
	bool ok;

	buf_init(&expected, ACCEPT_CHARS);
	ok = ws_upgrade_accept(key, &expected) == 0 &&
	     str_eq(http_answer_find(a, STR("Sec-WebSocket-Accept")), buf_str(&expected));
	buf_fini(&expected);
	return ok;
}

/* NULL when nothing is: section 4.1, the client's list. */
static const char *what_is_wrong(const struct http_answer *a, struct str key, struct str protocol)
{
	struct str chosen = http_answer_find(a, STR("Sec-WebSocket-Protocol"));

	if (!http_answer_has(a, STR("Upgrade"), STR("websocket")) ||
	    !http_answer_has(a, STR("Connection"), STR("upgrade")))
		return "101 to something else than a WebSocket";
	if (!accepts(a, key))
		return "101 with a wrong Sec-WebSocket-Accept";
	if (http_answer_find(a, STR("Sec-WebSocket-Extensions")).n > 0)
		return "101 with an extension that was not offered";
	while (chosen.n > 0 && protocol.n > 0)
		if (str_eq(str_trim(str_cut(&protocol, ',')), chosen))
			return NULL;
	return chosen.n > 0 ? "101 with a protocol that was not offered" : NULL;
}

int ws_upgrade_read(struct str bytes, struct str key, struct str protocol, struct buf *ret_body,
		    struct ws_upgrade_answer *ret_answer)
{
	struct ws_upgrade_answer answer = {.wrong = "no HTTP answer"};
	struct http_answer head;
	int rc = http_answer_parse(bytes, &head);

	if (rc == -EAGAIN)
		return rc;
	if (rc == 0) {
		answer.status = head.status;
		answer.used_bytes = head.head_bytes;
		answer.retry_after = http_answer_retry_after(&head);
		answer.wrong = head.status == 101 ? what_is_wrong(&head, key, protocol) : NULL;
		if (head.status != 101)
			answer.whole =
				http_answer_body(&head, str_sub(bytes, head.head_bytes, SIZE_MAX), ret_body);
	}
	*ret_answer = answer;
	if (answer.wrong)
		return -EPROTO;
	return answer.status == 101 ? 0 : 1;
}
