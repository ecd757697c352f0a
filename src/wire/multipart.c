#include "wire/multipart.h"

/* What would end a quoted name is written as browsers do it. */
static void write_quoted(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '"' || s.p[i] == '\r' || s.p[i] == '\n')
			buf_printf(out, "%%%02X", (unsigned)s.p[i]);
		else
			buf_add_char(out, s.p[i]);
}

/* Each part but the first is preceded by the end of the one before. */
static void begin_part(struct multipart *m, struct str name)
{
	if (m->out->n > 0)
		buf_add_str(m->out, STR("\r\n"));
	buf_printf(m->out, "--" STR_FMT "\r\nContent-Disposition: form-data; name=\"", STR_ARG(m->boundary));
	write_quoted(m->out, name);
	buf_add_char(m->out, '"');
}

void multipart_type(const struct multipart *m, struct buf *out)
{
	buf_printf(out, "multipart/form-data; boundary=" STR_FMT, STR_ARG(m->boundary));
}

void multipart_field(struct multipart *m, struct str name, struct str value)
{
	begin_part(m, name);
	buf_add_str(m->out, STR("\r\n\r\n"));
	buf_add_str(m->out, value);
}

void multipart_file(struct multipart *m, struct str name, struct str file, struct str type)
{
	begin_part(m, name);
	buf_add_str(m->out, STR("; filename=\""));
	write_quoted(m->out, file);
	buf_printf(m->out, "\"\r\nContent-Type: " STR_FMT "\r\n\r\n", STR_ARG(type));
}

void multipart_end(struct multipart *m)
{
	buf_printf(m->out, "\r\n--" STR_FMT "--\r\n", STR_ARG(m->boundary));
}
