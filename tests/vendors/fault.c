/* Misbehaviour: which session, in what way, at which moment. */
#include "inside.h"

#include "base/mem.h"

#define ANY_KIND                                                                            \
	(1u << VENDOR_FAULT_STALL | 1u << VENDOR_FAULT_CLOSE | 1u << VENDOR_FAULT_GARBAGE | \
	 1u << VENDOR_FAULT_ERROR | 1u << VENDOR_FAULT_RATE | 1u << VENDOR_FAULT_RESET |    \
	 1u << VENDOR_FAULT_REFUSE)
#define WITHIN     USEC_SEC(2)
#define ITEMS_MOST 12 /* of a random point by number */

static const char *const names[VENDOR_FAULT_KINDS_] = {
	[VENDOR_FAULT_NONE] = "none",       [VENDOR_FAULT_SLOW] = "slow",
	[VENDOR_FAULT_STALL] = "stall",     [VENDOR_FAULT_CLOSE] = "close",
	[VENDOR_FAULT_GARBAGE] = "garbage", [VENDOR_FAULT_HUGE] = "huge",
	[VENDOR_FAULT_ORDER] = "order",     [VENDOR_FAULT_ERROR] = "error",
	[VENDOR_FAULT_STATUS] = "status",   [VENDOR_FAULT_RATE] = "rate",
	[VENDOR_FAULT_KEY] = "key",         [VENDOR_FAULT_RESET] = "reset",
	[VENDOR_FAULT_REFUSE] = "refuse",   [VENDOR_FAULT_NAME] = "name",
	[VENDOR_FAULT_DRIBBLE] = "dribble",
};

const char *vendor_fault_name(enum vendor_fault_kind kind)
{
	return kind < VENDOR_FAULT_KINDS_ ? names[kind] : "?";
}

/* ---- as text ---- */

static int parse_span(struct str text, usec *ret_span)
{
	int64_t n;
	int rc;

	if (!str_ends(text, STR("ms")))
		return -EBADMSG;
	rc = str_to_int(str_sub(text, 0, text.n - 2), 0, 3600000, &n);
	if (rc == 0)
		*ret_span = USEC_MS(n);
	return rc;
}

static int parse_point(struct str at, struct vendor_fault *f)
{
	bool partial = at.p[0] == '~';
	int64_t n = 0;
	int rc;

	if (at.p[0] == '@')
		return parse_span(str_sub(at, 1, SIZE_MAX), &f->after);
	rc = str_to_int(str_sub(at, 1, SIZE_MAX), partial, INT32_MAX, &n);
	*(partial ? &f->partial : &f->item) = (uint64_t)n;
	return rc;
}

int vendor_fault_parse(struct str text, struct vendor_fault *ret_fault)
{
	size_t end = MIN(MIN(str_chr(text, '@'), str_chr(text, '#')), str_chr(text, '~'));
	struct str at = str_sub(text, end, SIZE_MAX), name = str_sub(text, 0, end), value;
	struct vendor_fault f = {0};
	int64_t code = 0;
	int rc = 0;

	value = name;
	name = str_cut(&value, ':');
	while (f.kind < VENDOR_FAULT_KINDS_ && !str_eq(name, str_from(names[f.kind])))
		f.kind++;
	if (f.kind == VENDOR_FAULT_KINDS_)
		return -EBADMSG;
	if (value.n && (f.kind == VENDOR_FAULT_SLOW || f.kind == VENDOR_FAULT_DRIBBLE))
		rc = parse_span(value, &f.span);
	else if (value.n)
		rc = str_to_int(value, 100, 4999, &code);
	if (rc == 0 && at.n)
		rc = parse_point(at, &f);
	if (rc < 0)
		return -EBADMSG;
	f.code = (int)code;
	*ret_fault = f;
	return 0;
}

/* ---- choosing ---- */

static bool of_connection(enum vendor_fault_kind kind)
{
	return kind == VENDOR_FAULT_REFUSE || kind == VENDOR_FAULT_NAME;
}

void vendor_order_fault(struct vendor *v, const struct vendor_fault *f)
{
	pthread_mutex_lock(&v->lock);
	if (v->n_orders < VENDOR_ORDERS_MAX)
		v->orders[v->n_orders++] = *f;
	pthread_mutex_unlock(&v->lock);
}

static bool take_order(struct vendor *v, struct vendor_fault *ret_fault)
{
	bool there;

	pthread_mutex_lock(&v->lock);
	there = v->n_orders > 0;
	if (there) {
		*ret_fault = v->orders[0];
		v->n_orders--;
		memmove(v->orders, v->orders + 1, v->n_orders * sizeof(v->orders[0]));
	}
	pthread_mutex_unlock(&v->lock);
	return there;
}

static void draw_at_random(struct vendor *v, struct vendor_fault *ret_fault)
{
	uint32_t kinds = v->config.fault_kinds ? v->config.fault_kinds : ANY_KIND;
	usec within = v->config.fault_within ? v->config.fault_within : WITHIN;
	struct vendor_fault f = {0};

	if (v->config.fault_one_in == 0 || rng_below(&v->faults, v->config.fault_one_in) != 0)
		return;
	do
		f.kind = (enum vendor_fault_kind)rng_below(&v->faults, VENDOR_FAULT_KINDS_);
	while (!(kinds & 1u << f.kind));
	if (rng_below(&v->faults, 2))
		f.item = rng_below(&v->faults, ITEMS_MOST);
	else
		f.after = 1 + (usec)(rng_unit(&v->faults) * (double)within);
	*ret_fault = f;
}

void fault_draw(struct vendor *v, bool accepting, struct vendor_fault *ret_fault)
{
	*ret_fault = v->config.fault;
	if (!take_order(v, ret_fault) && ret_fault->kind == VENDOR_FAULT_NONE)
		draw_at_random(v, ret_fault);
	if (!accepting && of_connection(ret_fault->kind))
		ret_fault->kind = VENDOR_FAULT_RESET; /* too late to refuse it */
}

/* ---- striking ---- */

static void strike(struct vendor_session *s)
{
	if (!s->struck)
		vendor_note(s, "struck");
	s->struck = true;
}

/* Where in a message of failure the words for people begin. */
static size_t words_in(struct str bytes)
{
	static const char *const members[] = {"message", "error",  "description", "reason",
					      "err_msg", "detail", "title",       "text"};
	char mark[24];

	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		int n = snprintf(mark, sizeof(mark), "\"%s\":\"", members[i]);
		size_t at = str_find(bytes, str_from(mark));

		if (at < bytes.n)
			return at + (size_t)n;
	}
	return bytes.n;
}

struct str fault_words(struct vendor_session *s, enum item_kind kind, struct str bytes, struct buf *out)
{
	size_t at = kind == ITEM_CLOSE ? 0 : words_in(bytes);

	if (!vendor_config(s)->tells_key || (kind != ITEM_CLOSE && at == bytes.n))
		return bytes;
	buf_add_str(out, str_sub(bytes, 0, at));
	buf_printf(out, "%s: ", vendor_config(s)->key);
	buf_add_str(out, str_sub(bytes, at, SIZE_MAX));
	return buf_str(out);
}

static void close_early(struct vendor_session *s)
{
	int code = s->fault.code ? s->fault.code : 1011;
	struct buf told;

	session_forget(s);
	s->over = true;
	buf_init(&told, 1024);
	if (s->sim->kind == VENDOR_WEBSOCKET)
		ws_write_close(s, code, fault_words(s, ITEM_CLOSE, str_from(s->fault.reason), &told));
	else
		conn_last(s->c);
	buf_fini(&told);
	conn_flush(s->c);
}

/* In the middle of the conversation; what is queued goes. */
static void break_off(struct vendor_session *s)
{
	strike(s);
	switch (s->fault.kind) {
	case VENDOR_FAULT_STALL:
		s->stalled = true;
		break;
	case VENDOR_FAULT_DRIBBLE:
		break; /* the items see to it */
	case VENDOR_FAULT_ERROR:
		if (s->sim->on_fault && (s->begun || s->sim->kind != VENDOR_HTTP)) {
			session_forget(s);
			s->finished = false;
			s->due = vendor_now(s);
			s->failing = true;
			s->sim->on_fault(s);
			s->failing = false;
			break;
		}
		close_early(s);
		break;
	case VENDOR_FAULT_RESET:
		conn_flush(s->c); /* what was billed was sent */
		conn_end(s->c, true);
		break;
	case VENDOR_FAULT_NONE:
	case VENDOR_FAULT_SLOW:
	case VENDOR_FAULT_CLOSE:
	case VENDOR_FAULT_GARBAGE:
	case VENDOR_FAULT_HUGE:
	case VENDOR_FAULT_ORDER:
	case VENDOR_FAULT_STATUS:
	case VENDOR_FAULT_RATE:
	case VENDOR_FAULT_KEY:
	case VENDOR_FAULT_REFUSE:
	case VENDOR_FAULT_NAME:
	case VENDOR_FAULT_KINDS_:
		close_early(s);
		break;
	}
}

/* A message that is none. It goes in place of nothing: the true one follows. */
static void say_nonsense(struct vendor_session *s, const struct item *like)
{
	struct str key = str_from(vendor_config(s)->tells_key ? vendor_config(s)->key : NULL);
	size_t n = s->fault.kind == VENDOR_FAULT_HUGE ? VENDOR_HUGE_BYTES : 24 + key.n;
	struct item *it = mem_alloc(sizeof(*it) + n);

	strike(s);
	if (!it)
		return;
	*it = (struct item){.kind = like->kind == ITEM_BINARY ? ITEM_TEXT : like->kind, .n = n};
	memset(it->p, 'x', n);
	memcpy(it->p, "data: {]\"nonsense\":,\n\n\n\n", 24);
	memcpy(it->p + 20, key.p ? key.p : "", key.n);
	memset(it->p + 20 + key.n, '\n', 4);
	if (it->kind == ITEM_WHOLE)
		http_write_whole(s, (struct str){it->p, it->n});
	else
		session_write(s, it);
	mem_free(it);
}

static void swap_with_next(struct vendor_session *s, struct item *it)
{
	struct item *next;

	if (list_empty(&s->queue))
		return;
	next = LIST_ENTRY(s->queue.next, struct item, node);
	if (next->kind != it->kind)
		return;
	strike(s);
	list_remove(&next->node);
	session_write(s, next);
	vendor_bill(s, &next->bill);
	mem_free(next);
}

static bool nonsense(const struct vendor_session *s)
{
	return s->fault.kind == VENDOR_FAULT_GARBAGE || s->fault.kind == VENDOR_FAULT_HUGE;
}

static void on_strike(struct timer *t)
{
	struct vendor_session *s = CONTAINER_OF(t, struct vendor_session, strike);
	struct item like = {.kind = s->sim->kind == VENDOR_WEBSOCKET ? ITEM_TEXT
				    : s->sim->kind == VENDOR_RAW     ? ITEM_BYTES
								     : ITEM_PIECE};

	if (s->over || s->struck)
		return;
	if (!nonsense(s)) {
		break_off(s);
	} else if (s->said > 0 || s->sim->kind != VENDOR_HTTP) {
		say_nonsense(s, &like);
		conn_flush(s->c);
	} else {
		close_early(s);
	}
}

void fault_at_open(struct vendor_session *s)
{
	if (s->fault.kind == VENDOR_FAULT_SLOW) {
		strike(s);
		s->due += s->fault.span ? s->fault.span : USEC_SEC(10);
	} else if (s->fault.kind != VENDOR_FAULT_NONE && s->fault.after > 0) {
		timer_start(&s->strike, s->v->loop, vendor_now(s) + s->fault.after, on_strike);
	}
}

bool fault_at_request(struct vendor_session *s)
{
	int status = s->fault.kind == VENDOR_FAULT_RATE     ? 429
		     : s->fault.kind == VENDOR_FAULT_KEY    ? 401
		     : s->fault.kind == VENDOR_FAULT_STATUS ? (s->fault.code ? s->fault.code : 503)
							    : 0;

	if (!status)
		return false;
	strike(s);
	if (status == 429)
		vendor_add_header(s, "Retry-After", "7");
	vendor_refuse(s, status,
		      status == 429   ? "rate limit reached"
		      : status == 401 ? "the key has expired"
				      : "down");
	return true;
}

/* The last item is the last chance to strike. */
static bool is_time(struct vendor_session *s, const struct item *it)
{
	bool last = it->kind == ITEM_WHOLE || it->kind == ITEM_FINISH || it->kind == ITEM_CLOSE;

	if (s->struck || s->fault.kind == VENDOR_FAULT_NONE || s->fault.kind == VENDOR_FAULT_SLOW ||
	    s->fault.kind == VENDOR_FAULT_DRIBBLE || it->kind == ITEM_HEAD)
		return false;
	if (s->fault.after == 0 && s->fault.partial == 0)
		return last || s->said >= s->fault.item;
	return (last && s->sim->kind == VENDOR_HTTP) ||
	       (s->fault.partial > 0 && s->partials >= s->fault.partial);
}

/* What follows has to wait, and what is behind that too. */
static void dribble(struct vendor_session *s)
{
	usec span = s->fault.span ? s->fault.span : USEC_MS(700);

	if (!list_empty(&s->queue)) {
		struct item *next = LIST_ENTRY(s->queue.next, struct item, node);

		next->due = MAX(next->due, vendor_now(s) + span);
	}
}

bool fault_at_item(struct vendor_session *s, struct item *it)
{
	if (s->fault.kind == VENDOR_FAULT_DRIBBLE && it->kind != ITEM_HEAD &&
	    (s->fault.after ? s->struck : s->said >= s->fault.item)) {
		strike(s);
		dribble(s);
		s->said++;
		return true;
	}
	if (!is_time(s, it)) {
		s->said += it->kind != ITEM_HEAD;
		s->partials += it->partial;
		return true;
	}
	if (s->fault.kind == VENDOR_FAULT_ORDER) {
		swap_with_next(s, it);
		s->said++;
		return true;
	}
	if (nonsense(s) && it->kind != ITEM_CLOSE && it->kind != ITEM_FINISH) {
		say_nonsense(s, it);
		s->said++;
		return it->kind != ITEM_WHOLE;
	}
	if (it->kind == ITEM_WHOLE && s->fault.kind == VENDOR_FAULT_CLOSE) {
		buf_add(&s->c->out, it->p, it->head + (it->n - it->head) / 2);
		s->said++;
	}
	break_off(s);
	return false;
}
