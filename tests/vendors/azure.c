#include "azure.h"

#include "wire/bytes.h"

static bool is_hex(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return s.n == 32;
}

static const char *take_headers(struct str head, struct azure_message *m)
{
	while (head.n) {
		size_t end = str_find(head, STR("\r\n"));
		struct str line = str_sub(head, 0, end), name = str_cut(&line, ':');

		if (end == head.n || str_chr(line, '\n') < line.n)
			return "each header ends with CRLF";
		line = str_trim(line);
		if (str_ieq(name, STR("Path")))
			m->path = line;
		else if (str_ieq(name, STR("X-RequestId")))
			m->request = line;
		else if (str_ieq(name, STR("X-Timestamp")))
			m->stamp = line;
		else if (str_ieq(name, STR("Content-Type")))
			m->type = line;
		else if (!str_ieq(name, STR("X-StreamId")))
			return "there is no such header";
		head = str_sub(head, end + 2, SIZE_MAX);
	}
	return NULL;
}

static const char *parse(struct str bytes, bool binary, struct azure_message *m)
{
	size_t n = binary ? 0 : str_find(bytes, STR("\r\n\r\n"));
	const char *why;

	*m = (struct azure_message){0};
	if (binary) {
		n = bytes.n >= 2 ? bytes_be16((const uint8_t *)bytes.p) : SIZE_MAX;
		if (n > bytes.n - MIN(bytes.n, 2))
			return "the length of the headers is wrong";
		m->body = str_sub(bytes, 2 + n, SIZE_MAX);
		why = take_headers(str_sub(bytes, 2, n), m);
	} else {
		if (n == bytes.n)
			return "an empty line ends the headers";
		m->body = str_sub(bytes, n + 4, SIZE_MAX);
		why = take_headers(str_sub(bytes, 0, n + 2), m);
	}
	if (why)
		return why;
	if (!m->path.n || !m->stamp.n || !str_ends(m->stamp, STR("Z")))
		return "Path and X-Timestamp, in UTC, are mandatory";
	return is_hex(m->request) ? NULL : "X-RequestId is 32 hexadecimal digits, lower case, no dashes";
}

bool azure_parse(struct vendor_session *s, struct str bytes, bool binary, struct azure_message *ret_message)
{
	const char *why = parse(bytes, binary, ret_message);

	if (why)
		vendor_wrong(s, "%s", why);
	return !why;
}

bool azure_key(struct vendor_session *s, bool websocket)
{
	struct str key = vendor_header(s, "ocp-apim-subscription-key"),
		   bearer = vendor_header(s, "authorization");

	if (!str_eq(key, vendor_key(s)) &&
	    !(str_starts(bearer, STR("Bearer ")) && str_eq(str_sub(bearer, 7, SIZE_MAX), vendor_key(s)))) {
		vendor_wrong(s, "Ocp-Apim-Subscription-Key is not the key");
		vendor_refuse(s, 401, "Access denied due to invalid subscription key");
		return false;
	}
	if (websocket && !is_hex(vendor_header(s, "x-connectionid"))) {
		vendor_wrong(s, "X-ConnectionId is 32 hexadecimal digits");
		vendor_refuse(s, 400, "X-ConnectionId");
		return false;
	}
	return true;
}

void azure_say(struct vendor_session *s, usec delay, const char *path, struct str request, struct str json)
{
	struct buf out;

	buf_init(&out, 1u << 20);
	buf_printf(&out,
		   "X-RequestId:" STR_FMT
		   "\r\nContent-Type:application/json; charset=utf-8\r\nPath:%s\r\n\r\n",
		   STR_ARG(request), path);
	buf_add_str(&out, json);
	vendor_text(s, delay, buf_str(&out));
	buf_fini(&out);
}

void azure_say_sound(struct vendor_session *s, usec delay, struct str request, struct str stream,
		     struct str sound)
{
	struct buf head, out;
	uint8_t length[2];

	buf_init(&head, 4096);
	buf_init(&out, 4u << 20);
	buf_printf(&head, "X-RequestId:" STR_FMT "\r\nX-StreamId:" STR_FMT "\r\nPath:audio\r\n",
		   STR_ARG(request), STR_ARG(stream));
	bytes_put_be16(length, (uint16_t)head.n);
	buf_add(&out, length, 2);
	buf_add_str(&out, buf_str(&head));
	buf_add_str(&out, sound);
	vendor_binary(s, delay, buf_str(&out));
	buf_fini(&head);
	buf_fini(&out);
}
