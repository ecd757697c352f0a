/* HTTP/1.1 as a strict server speaks it. */
#include "inside.h"

#include "base/mem.h"

/* ---- reading a request ---- */

static bool token(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
			    s.p[i]))
			return false;
	return s.n > 0;
}

static struct str cut_line(struct str *rest)
{
	size_t n = str_find(*rest, STR("\r\n"));
	struct str line = str_sub(*rest, 0, n);

	*rest = str_sub(*rest, n + 2, SIZE_MAX);
	return line;
}

struct str request_header(const struct request *r, const char *name)
{
	for (unsigned i = 0; i < r->n_headers; i++)
		if (str_ieq(r->headers[i].name, str_from(name)))
			return r->headers[i].value;
	return STR("");
}

bool request_has_word(const struct request *r, const char *name, const char *word)
{
	struct str rest = request_header(r, name);

	while (rest.n)
		if (str_ieq(str_trim(str_cut(&rest, ',')), str_from(word)))
			return true;
	return false;
}

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* Appends to r->decoded, which never moves: it has room for all of it. */
static int decode(struct request *r, struct str s, struct str *ret_decoded)
{
	size_t from = r->decoded.n;

	for (size_t i = 0; i < s.n; i++) {
		int high, low;

		if (s.p[i] != '%') {
			buf_add_char(&r->decoded, s.p[i] == '+' ? ' ' : s.p[i]);
			continue;
		}
		high = i + 2 < s.n ? hex(s.p[i + 1]) : -1;
		low = high >= 0 ? hex(s.p[i + 2]) : -1;
		if (low < 0)
			return -EBADMSG;
		buf_add_char(&r->decoded, (char)(high << 4 | low));
		i += 2;
	}
	*ret_decoded = (struct str){r->decoded.p + from, r->decoded.n - from};
	return 0;
}

static int parse_query(struct request *r, struct str query)
{
	char *room = mem_alloc(query.n + 1);

	if (!room)
		return -ENOMEM;
	r->decoded = (struct buf){.p = room, .cap = query.n + 1, .limit_bytes = query.n + 1};
	while (query.n) {
		struct str value = str_cut(&query, '&'), name = str_cut(&value, '=');
		struct pair *q = &r->query[r->n_query];

		if (r->n_query == VENDOR_QUERY_MAX || decode(r, name, &q->name) < 0 ||
		    decode(r, value, &q->value) < 0)
			return -EBADMSG;
		r->n_query++;
	}
	return 0;
}

static bool ugly(struct str path)
{
	for (size_t i = 0; i < path.n; i++)
		if (path.p[i] <= ' ' || path.p[i] > '~' || strchr("\"<>\\^`{|}", path.p[i]))
			return true;
	return path.n == 0 || path.p[0] != '/';
}

static const char *parse_first_line(struct request *r, struct str line)
{
	struct str target;

	r->method = str_cut(&line, ' ');
	target = str_cut(&line, ' ');
	if (!token(r->method) || !str_eq(line, STR("HTTP/1.1")))
		return "the request line is not of HTTP/1.1";
	if (ugly(target))
		return "the path holds what must be escaped";
	r->path = str_cut(&target, '?');
	if (str_chr(target, '#') < target.n || parse_query(r, target) < 0)
		return "the query is badly escaped, or too long";
	return NULL;
}

int request_parse(struct request *r, char *text, size_t head, size_t n, const char **ret_why)
{
	struct str rest = {text, head}, line;
	const char *why;

	*r = (struct request){.text = text, .body = {text + head, n - head}};
	why = parse_first_line(r, cut_line(&rest));
	while (!why && (line = cut_line(&rest)).n > 0) {
		struct pair *h = &r->headers[r->n_headers];

		h->name = str_cut(&line, ':');
		h->value = str_trim(line);
		if (r->n_headers == VENDOR_HEADERS_MAX - 1 || !token(h->name))
			why = "a header is badly written, or one too many";
		else
			r->n_headers++;
	}
	if (!why && request_header(r, "host").n == 0)
		why = "there is no Host";
	*ret_why = why;
	return why ? -EBADMSG : 0;
}

void request_fini(struct request *r)
{
	mem_free(r->text);
	mem_free(r->decoded.p);
	*r = (struct request){0};
}

/* ---- finding where it ends ---- */

/* A chunked body at p[n], written to `out`. Returns its length there, 0 when there is more to come, or
 * -EBADMSG. */
static ssize_t unchunk(struct str from, struct buf *out)
{
	size_t all = from.n;

	for (;;) {
		size_t line = str_find(from, STR("\r\n")), size = 0;

		if (line == from.n)
			return from.n > 64 ? -EBADMSG : 0;
		for (size_t i = 0; i < line && from.p[i] != ';'; i++) {
			int digit = hex(from.p[i]);

			if (digit < 0 || size > VENDOR_HUGE_BYTES)
				return -EBADMSG;
			size = size << 4 | (size_t)digit;
		}
		if (from.n < line + 2 + size + 2)
			return 0;
		buf_add(out, from.p + line + 2, size);
		from = str_sub(from, line + 2 + size, SIZE_MAX);
		if (line == 0 || !str_starts(from, STR("\r\n")))
			return -EBADMSG;
		from = str_sub(from, 2, SIZE_MAX);
		if (size == 0)
			return (ssize_t)(all - from.n);
	}
}

static struct str raw_header(struct str head, const char *name)
{
	cut_line(&head);
	while (head.n) {
		struct str line = cut_line(&head), key = str_cut(&line, ':');

		if (str_ieq(key, str_from(name)))
			return str_trim(line);
	}
	return STR("");
}

/* The body behind the head, at the front of `out`. Returns bytes taken from in, 0 for more, or -EBADMSG. */
static ssize_t take_body(struct str head, struct str in, struct buf *out)
{
	struct str length = raw_header(head, "content-length"),
		   coding = raw_header(head, "transfer-encoding");
	int64_t n = 0;

	if (coding.n)
		return length.n || !str_ieq(coding, STR("chunked")) ? -EBADMSG : unchunk(in, out);
	if (length.n && str_to_int(length, 0, VENDOR_HUGE_BYTES, &n) < 0)
		return -EBADMSG;
	if (in.n < (size_t)n)
		return 0;
	buf_add(out, in.p, (size_t)n);
	return n ? (ssize_t)n : -EAGAIN; /* none: nothing to take */
}

static void refuse_bytes(struct conn *c, const char *why)
{
	struct buf line;

	atomic_fetch_add(&c->v->wrongs, 1);
	buf_init(&line, 4096);
	buf_printf(&line, "{\"usec\":%lld,\"log\":\"wrong\",\"session\":0,\"sim\":\"http\",\"rule\":\"%s\"}",
		   (long long)loop_now(c->v->loop), why);
	vendor_log(c->v, &line);
	buf_fini(&line);
	buf_printf(&c->out, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
	conn_last(c);
}

static void begin(struct conn *c, struct request *r);

static void take_request(struct conn *c, struct str head)
{
	struct str in = str_sub(buf_str(&c->in), head.n + 4, SIZE_MAX);
	struct request r;
	const char *why;
	struct buf text;
	ssize_t took;

	buf_init(&text, VENDOR_OUT_BYTES);
	buf_add(&text, head.p, head.n + 4);
	took = take_body((struct str){head.p, head.n + 2}, in, &text);
	if (took == 0 || took == -EBADMSG || text.error) {
		if (took == 0 && !c->continued && str_ieq(raw_header(head, "expect"), STR("100-continue"))) {
			c->continued = true;
			buf_add_str(&c->out, STR("HTTP/1.1 100 Continue\r\n\r\n"));
			conn_flush(c);
		}
		if (took != 0)
			refuse_bytes(c, "the body's length is not what was said");
		buf_fini(&text);
		return;
	}
	c->continued = false;
	buf_consume(&c->in, head.n + 4 + (took > 0 ? (size_t)took : 0));
	if (request_parse(&r, text.p, head.n + 4, text.n, &why) < 0) {
		refuse_bytes(c, why);
		request_fini(&r);
	} else {
		begin(c, &r);
	}
}

void http_read(struct conn *c)
{
	struct str in = buf_str(&c->in);
	size_t n;

	if (c->session || c->phase != CONN_HTTP)
		return;
	n = str_find(in, STR("\r\n\r\n"));
	if (n < in.n)
		take_request(c, str_sub(in, 0, n));
	else if (in.n > VENDOR_HEAD_BYTES)
		refuse_bytes(c, "the head is too long");
}

/* ---- serving it ---- */

static const struct vendor_sim sim_nobody = {.name = "nobody", .kind = VENDOR_HTTP};

bool vendor_asks_nothing(const struct vendor_session *s)
{
	return str_eq(s->request.method, STR("HEAD"));
}

static void serve(struct vendor_session *s, bool upgrade)
{
	const char *why = upgrade ? ws_upgrade_problem(&s->request) : NULL;

	if (s->sim == &sim_nobody && vendor_asks_nothing(s)) {
		vendor_refuse(s, 404, "no such path");
	} else if (s->sim == &sim_nobody) {
		vendor_wrong(s, "nobody serves " STR_FMT " " STR_FMT, STR_ARG(s->request.method),
			     STR_ARG(s->request.path));
		vendor_refuse(s, 404, "no such path");
	} else if (why) {
		vendor_wrong(s, "%s", why);
		vendor_refuse(s, 400, why);
	} else if (!fault_at_request(s)) {
		fault_at_open(s);
		if (s->sim->on_request)
			s->sim->on_request(s);
		if (upgrade && !s->finished)
			ws_open(s);
	}
}

static void begin(struct conn *c, struct request *r)
{
	bool upgrade = request_header(r, "upgrade").n > 0;
	const struct vendor_sim *sim = vendor_route(c->v, r, upgrade);

	c->session = session_new(c, sim ? sim : &sim_nobody, r);
	if (c->session)
		serve(c->session, upgrade && sim);
	else
		conn_end(c, true);
}

/* ---- answering ---- */

static const char *phrase(int status)
{
	return status == 200   ? "OK"
	       : status == 201 ? "Created"
	       : status == 401 ? "Unauthorized"
	       : status == 404 ? "Not Found"
	       : status == 429 ? "Too Many Requests"
	       : status < 500  ? "Bad Request"
			       : "Internal Server Error";
}

static void put_head(struct vendor_session *s, int status, const char *type, struct buf *out)
{
	buf_printf(out, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\n", status, phrase(status),
		   type ? type : "application/json");
	buf_add_str(out, buf_str(&s->headers));
	s->status = status;
}

void vendor_add_header(struct vendor_session *s, const char *name, const char *fmt, ...)
{
	va_list ap;

	buf_printf(&s->headers, "%s: ", name);
	va_start(ap, fmt);
	buf_vprintf(&s->headers, fmt, ap);
	va_end(ap);
	buf_add_str(&s->headers, STR("\r\n"));
}

void vendor_answer(struct vendor_session *s, int status, const char *type, struct str body)
{
	vendor_answer_after(s, 0, status, type, body);
}

void vendor_answer_after(struct vendor_session *s, usec delay, int status, const char *type, struct str body)
{
	struct buf out;
	size_t head;

	if (s->finished || s->begun)
		return;
	buf_init(&out, VENDOR_OUT_BYTES);
	put_head(s, status, type, &out);
	buf_printf(&out, "Content-Length: %zu\r\n\r\n", body.n);
	head = out.n;
	buf_add_str(&out, body);
	session_push(s, ITEM_WHOLE, delay, buf_str(&out));
	LIST_ENTRY(s->queue.prev, struct item, node)->head = head;
	buf_fini(&out);
}

void vendor_refuse(struct vendor_session *s, int status, const char *why)
{
	struct buf body;
	char told[256];

	if (vendor_config(s)->tells_key) {
		snprintf(told, sizeof(told), "%.160s, which is the key %s", why, vendor_config(s)->key);
		why = told;
	}
	if (s->sim->on_refuse) {
		s->sim->on_refuse(s, status, why);
		return;
	}
	buf_init(&body, 4096);
	buf_add_str(&body, STR("{\"error\":{\"message\":"));
	json_quote(&body, str_from(why));
	buf_add_str(&body, STR("}}"));
	vendor_answer(s, status, NULL, buf_str(&body));
	buf_fini(&body);
}

void vendor_bad(struct vendor_session *s, int status, const char *why)
{
	if (s->wrongs == 0)
		vendor_wrong(s, "%s", why);
	vendor_refuse(s, status, why);
}

void vendor_answer_error(struct vendor_session *s, int status, const char *why,
			 void (*write)(struct json_out *w, int status, const char *why))
{
	struct json_out w;
	struct buf body;

	buf_init(&body, 1u << 16);
	json_begin(&w, &body);
	json_map(&w, NULL);
	write(&w, status, why);
	json_end(&w);
	vendor_answer(s, status, NULL, buf_str(&body));
	buf_fini(&body);
}

void vendor_begin(struct vendor_session *s, int status, const char *type)
{
	struct buf out;

	if (s->finished || s->begun)
		return;
	buf_init(&out, 1u << 17);
	put_head(s, status, type, &out);
	buf_add_str(&out, STR("Transfer-Encoding: chunked\r\n\r\n"));
	session_push(s, ITEM_HEAD, 0, buf_str(&out));
	s->begun = true;
	buf_fini(&out);
}

void vendor_piece(struct vendor_session *s, usec delay, struct str bytes)
{
	if (bytes.n)
		session_push(s, ITEM_PIECE, delay, bytes);
}

void vendor_finish(struct vendor_session *s)
{
	session_push(s, ITEM_FINISH, 0, STR(""));
}

void http_write(struct vendor_session *s, const struct item *it)
{
	struct buf *out = &s->c->out;

	if (it->kind == ITEM_PIECE)
		buf_printf(out, "%zx\r\n", it->n);
	buf_add(out, it->p, it->n);
	if (it->kind == ITEM_PIECE)
		buf_add_str(out, STR("\r\n"));
	if (it->kind == ITEM_FINISH)
		buf_add_str(out, STR("0\r\n\r\n"));
	s->over = s->over || it->kind == ITEM_FINISH || it->kind == ITEM_WHOLE;
}

void http_write_whole(struct vendor_session *s, struct str body)
{
	struct buf *out = &s->c->out;

	buf_printf(out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
		   body.n);
	buf_add_str(out, body);
	s->over = true;
}

/* ---- what a simulator may know of the request ---- */

struct str vendor_method(const struct vendor_session *s)
{
	return s->request.method;
}

struct str vendor_path(const struct vendor_session *s)
{
	return s->request.path;
}

struct str vendor_part(const struct vendor_session *s, unsigned i)
{
	return i < VENDOR_PARTS_MAX ? s->request.parts[i] : STR("");
}

struct str vendor_body(const struct vendor_session *s)
{
	return s->request.body;
}

struct str vendor_header(const struct vendor_session *s, const char *name)
{
	return request_header(&s->request, name);
}

bool vendor_query(const struct vendor_session *s, const char *name, unsigned nth, struct str *ret_value)
{
	for (unsigned i = 0; i < s->request.n_query; i++) {
		if (!str_eq(s->request.query[i].name, str_from(name)) || nth-- > 0)
			continue;
		*ret_value = s->request.query[i].value;
		return true;
	}
	return false;
}

bool vendor_query_at(const struct vendor_session *s, unsigned i, struct str *ret_name, struct str *ret_value)
{
	if (i >= s->request.n_query)
		return false;
	*ret_name = s->request.query[i].name;
	*ret_value = s->request.query[i].value;
	return true;
}

struct str vendor_query_or(const struct vendor_session *s, const char *name, const char *fallback)
{
	struct str value = str_from(fallback);

	vendor_query(s, name, 0, &value);
	return value;
}
