/* multipart/form-data (RFC 7578). */
#include "inside.h"

struct form_part {
	struct str name, file, value;
};

static bool boundary_of(const struct vendor_session *s, struct str *ret_boundary)
{
	struct str type = vendor_header(s, "content-type"), b;
	size_t at = str_find(type, STR("boundary="));

	if (!str_istarts(type, STR("multipart/form-data")) || at == type.n)
		return false;
	b = str_sub(type, at + 9, SIZE_MAX);
	if (b.n > 1 && b.p[0] == '"')
		b = str_sub(b, 1, str_chr(str_sub(b, 1, SIZE_MAX), '"'));
	*ret_boundary = b;
	return b.n > 0;
}

static struct str attribute(struct str line, const char *name)
{
	struct str rest = line;
	char mark[32];
	size_t at;

	snprintf(mark, sizeof(mark), "; %s=\"", name);
	at = str_find(rest, str_from(mark));
	if (at == rest.n)
		return STR("");
	rest = str_sub(rest, at + strlen(mark), SIZE_MAX);
	return str_sub(rest, 0, str_chr(rest, '"'));
}

static bool parse_part(struct str all, struct form_part *ret_part)
{
	size_t head = str_find(all, STR("\r\n\r\n"));
	struct str lines = str_sub(all, 0, head);

	if (head == all.n)
		return false;
	*ret_part = (struct form_part){.value = str_sub(all, head + 4, SIZE_MAX)};
	while (lines.n) {
		struct str line = str_trim(str_cut(&lines, '\n'));

		if (!str_istarts(line, STR("content-disposition: form-data")))
			continue;
		ret_part->name = attribute(line, "name");
		ret_part->file = attribute(line, "filename");
	}
	return ret_part->name.n > 0;
}

/* Takes the next part from `*rest`, which stands behind "--boundary". Returns 1, 0 at the end, or -EBADMSG.
 */
static int next_part(struct str boundary, struct str *rest, struct form_part *ret_part)
{
	char mark[200];
	size_t end;
	bool good;

	snprintf(mark, sizeof(mark), "\r\n--" STR_FMT, STR_ARG(boundary));
	if (str_starts(*rest, STR("--")))
		return 0;
	if (!str_starts(*rest, STR("\r\n")))
		return -EBADMSG;
	*rest = str_sub(*rest, 2, SIZE_MAX);
	end = str_find(*rest, str_from(mark));
	if (end == rest->n)
		return -EBADMSG;
	good = parse_part(str_sub(*rest, 0, end), ret_part);
	*rest = str_sub(*rest, end + strlen(mark), SIZE_MAX);
	return good ? 1 : -EBADMSG;
}

static bool open_form(const struct vendor_session *s, struct str *ret_boundary, struct str *ret_rest)
{
	struct str body = vendor_body(s);

	if (!boundary_of(s, ret_boundary) || !str_starts(body, STR("--")))
		return false;
	body = str_sub(body, 2, SIZE_MAX);
	*ret_rest = str_sub(body, ret_boundary->n, SIZE_MAX);
	return str_starts(body, *ret_boundary);
}

static bool find_part(const struct vendor_session *s, const char *name, unsigned nth,
		      struct form_part *ret_part)
{
	struct str boundary, rest;

	if (!open_form(s, &boundary, &rest))
		return false;
	while (next_part(boundary, &rest, ret_part) == 1)
		if (str_eq(ret_part->name, str_from(name)) && nth-- == 0)
			return true;
	return false;
}

bool vendor_form(const struct vendor_session *s, const char *name, unsigned nth, struct str *ret_value)
{
	struct form_part part;
	bool there = find_part(s, name, nth, &part);

	if (there)
		*ret_value = part.value;
	return there;
}

struct str vendor_form_file(const struct vendor_session *s, const char *name)
{
	struct form_part part;

	return find_part(s, name, 0, &part) ? part.file : STR("");
}

int vendor_form_each(const struct vendor_session *s, void (*fn)(struct str name, void *arg), void *arg)
{
	struct str boundary, rest;
	struct form_part part;
	int n = 0, rc;

	if (!open_form(s, &boundary, &rest))
		return -EBADMSG;
	while ((rc = next_part(boundary, &rest, &part)) == 1) {
		fn(part.name, arg);
		n++;
	}
	return rc < 0 ? rc : n;
}
