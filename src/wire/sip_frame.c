#include "wire/sip_frame.h"

#include <errno.h>

#include "wire/sip_lex.h"
#include "wire/sip_msg.h"

/* Drops the line ends before a message. Two in a row are a ping. */
static void skip_keepalives(struct str *s, struct sip_frame *frame)
{
	const struct str crlf = STR("\r\n");
	size_t lines = 0;

	while (str_starts(*s, crlf)) {
		*s = sip_lex_rest(*s, crlf.n);
		frame->skip += crlf.n;
		lines++;
	}
	frame->ping = lines >= 2;
}

/* Length of the first line of `block` with the lines folded into it, without the last line end. */
static size_t line_length(struct str block)
{
	size_t n = 0;

	do {
		n += str_chr(str_sub(block, n, SIZE_MAX), '\n') + 1;
	} while (n < block.n && sip_lex_is(block.p[n], SIP_LEX_BLANK));
	return MIN(n - 1, block.n);
}

/* Looks for the one Content-Length in a header block. Returns 0 or -EBADMSG. */
static int find_length(struct str block, size_t *ret_n)
{
	bool found = false;
	int64_t n = 0;

	while (block.n > 0) {
		struct str line = str_sub(block, 0, line_length(block));
		struct str value = line, name = sip_lex_cut(&value, SIP_LEX_TOKEN);

		block = str_sub(block, line.n + 1, SIZE_MAX);
		if (sip_hdr_find(name) != SIP_HDR_CONTENT_LENGTH)
			continue;
		if (found || !sip_lex_take(&value, ':') ||
		    str_to_int(str_trim(value), 0, SIP_MESSAGE_MAX_BYTES, &n) < 0)
			return -EBADMSG;
		found = true;
	}
	*ret_n = (size_t)n;
	return found ? 0 : -EBADMSG;
}

/* Whether the bytes so far can begin a SIP message, so that a TLS hello or HTTP is not waited out. */
static bool plausible(struct str s)
{
	size_t n = sip_lex_span(s, SIP_LEX_TOKEN);

	if (n == s.n)
		return n <= 64;
	return n > 0 && (s.p[n] == ' ' || s.p[n] == '/');
}

int sip_frame(struct str unread, struct sip_frame *ret_frame)
{
	struct sip_frame frame = {0};
	struct str s = unread;
	size_t head, body;

	skip_keepalives(&s, &frame);
	if (s.n > 0 && !str_eq(s, STR("\r")) && !plausible(s))
		return -EBADMSG;
	head = str_find(str_sub(s, 0, SIP_MESSAGE_MAX_BYTES), STR("\r\n\r\n"));
	if (head == MIN(s.n, SIP_MESSAGE_MAX_BYTES)) {
		if (s.n >= SIP_MESSAGE_MAX_BYTES)
			return -EMSGSIZE;
		*ret_frame = frame;
		return 0;
	}
	if (find_length(str_sub(s, 0, head + 2), &body) < 0)
		return -EBADMSG;
	head += 4;
	if (head + body > SIP_MESSAGE_MAX_BYTES)
		return -EMSGSIZE;
	if (head + body <= s.n)
		frame.bytes = head + body;
	*ret_frame = frame;
	return frame.bytes > 0;
}
