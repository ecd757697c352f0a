#include "agent/context.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/mem.h"

#define MESSAGE_TOKENS 8   /* role and separators of a message, names of a tool's fields */
#define WORD_LETTERS   4   /* a token holds so many letters of a word, or more */
#define SUMMARY_SHARE  12  /* the summary may take a twelfth of the window */
#define TOLD_BYTES     160 /* of a text, in the summary */

static const char pending_result[] =
	"{\"outcome\":\"unknown\",\"note\":\"The caller spoke before the result was there.\"}";
static const char left_out_result[] = "{\"outcome\":\"left_out\",\"note\":\"The result was too long.\"}";

enum kind {
	CALLER,
	AGENT,
	TOOL,
};

struct context_entry {
	enum kind kind;
	struct str text; /* TOOL: what was said before it and not heard yet */
	struct str id, name, arguments, carry;
	struct str result;  /* p == NULL: not there yet */
	char *result_block; /* where it lies; NULL for a literal */
	size_t bytes;
	char block[];
};

/* ---- tokens ---- */

static bool is_letter(char c)
{
	c = str_lower(c);
	return c >= 'a' && c <= 'z';
}

size_t context_tokens(struct str text)
{
	size_t tokens = 0, word = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (is_letter(c))
			tokens += word++ % WORD_LETTERS == 0;
		else
			tokens += c != ' ' || (i > 0 && text.p[i - 1] == ' ');
		word = is_letter(c) ? word : 0;
	}
	return tokens;
}

static size_t cost_of(const struct context_entry *e)
{
	struct str result = e->result.p ? e->result : str_from(pending_result);
	size_t n = MESSAGE_TOKENS + context_tokens(e->text);

	if (e->kind == TOOL)
		n += MESSAGE_TOKENS + 2 * context_tokens(e->id) + 2 * context_tokens(e->name) +
		     context_tokens(e->arguments) + context_tokens(result) + e->carry.n / WORD_LETTERS;
	return n;
}

/* ---- entries ---- */

void context_init(struct context *c)
{
	*c = (struct context){.count = 0};
	buf_init(&c->summary, CONTEXT_SUMMARY_MAX + 4 * TOLD_BYTES);
}

static void remove_at(struct context *c, size_t i)
{
	struct context_entry *e = c->entries[i];

	c->bytes -= e->bytes;
	mem_free(e->result_block);
	mem_free(e);
	c->count--;
	memmove(c->entries + i, c->entries + i + 1, (c->count - i) * sizeof(c->entries[0]));
}

void context_fini(struct context *c)
{
	while (c->count > 0)
		remove_at(c, c->count - 1);
	buf_fini(&c->summary);
}

/* At most so many bytes, no character cut in two. */
static struct str shorten(struct str s, size_t max)
{
	if (s.n <= max)
		return s;
	while (max > 0 && ((unsigned char)s.p[max] & 0xc0) == 0x80)
		max--;
	return str_sub(s, 0, max);
}

static struct str keep(struct context_entry *e, size_t *at, struct str s)
{
	struct str kept = {e->block + *at, s.n};

	if (s.n > 0)
		memcpy(e->block + *at, s.p, s.n);
	*at += s.n;
	return kept;
}

static bool drop_turn(struct context *c);
static bool drop_all(struct context *c);

static int add(struct context *c, const struct context_entry *from)
{
	size_t n = from->text.n + from->id.n + from->name.n + from->arguments.n + from->carry.n, at = 0;
	struct context_entry *e;

	while (c->count == CONTEXT_ENTRIES_MAX || c->bytes + n > CONTEXT_BYTES_MAX)
		if (!drop_turn(c) && !(from->kind == CALLER && drop_all(c)))
			return -ENOSPC;
	e = mem_alloc(sizeof(*e) + n);
	if (!e)
		return -ENOMEM;
	*e = (struct context_entry){.kind = from->kind, .bytes = n};
	e->text = keep(e, &at, from->text);
	e->id = keep(e, &at, from->id);
	e->name = keep(e, &at, from->name);
	e->arguments = keep(e, &at, from->arguments);
	e->carry = keep(e, &at, from->carry);
	c->bytes += n;
	c->entries[c->count++] = e;
	return 0;
}

static struct context_entry *last(struct context *c)
{
	return c->count > 0 ? c->entries[c->count - 1] : NULL;
}

/* Adds words, to the last entry if that is the same speaker's. */
static int add_words(struct context *c, enum kind kind, struct str text)
{
	struct context_entry *e = last(c);
	struct buf joined;

	if (!e || e->kind != kind)
		return add(c, &(struct context_entry){.kind = kind, .text = shorten(text, CONTEXT_TEXT_MAX)});
	buf_init(&joined, 2 * CONTEXT_TEXT_MAX + 1);
	buf_add_str(&joined, e->text);
	buf_add_char(&joined, ' ');
	buf_add_str(&joined, shorten(text, CONTEXT_TEXT_MAX));
	int rc = joined.error;
	if (rc == 0)
		rc = add(c, &(struct context_entry){.kind = kind,
						    .text = shorten(buf_str(&joined), CONTEXT_TEXT_MAX)});
	/* add() may have dropped turns before it, but never the last */
	if (rc == 0)
		remove_at(c, c->count - 2);
	buf_fini(&joined);
	return rc;
}

/* Thoughts belong to the turn in which they were had. */
int context_caller(struct context *c, struct str text)
{
	for (size_t i = 0; i < c->count; i++)
		c->entries[i]->carry.n = 0;
	return add_words(c, CALLER, text);
}

int context_agent(struct context *c, struct str heard)
{
	return str_empty(heard) ? 0 : add_words(c, AGENT, heard);
}

int context_tool(struct context *c, const struct context_call *call)
{
	if (call->arguments.n > CONTEXT_TEXT_MAX)
		return -ENOSPC; /* half of it would be no JSON */
	return add(c, &(struct context_entry){.kind = TOOL,
					      .text = shorten(call->said, CONTEXT_TEXT_MAX),
					      .id = call->id,
					      .name = call->name,
					      .arguments = call->arguments,
					      .carry = call->carry});
}

static void set_result(struct context *c, struct context_entry *e, struct str result, char *block)
{
	c->bytes -= e->result_block ? e->result.n : 0;
	e->bytes -= e->result_block ? e->result.n : 0;
	mem_free(e->result_block);
	e->result = result;
	e->result_block = block;
	c->bytes += block ? result.n : 0;
	e->bytes += block ? result.n : 0;
}

int context_result(struct context *c, struct str id, struct str result)
{
	for (size_t i = c->count; i-- > 0;) {
		struct context_entry *e = c->entries[i];

		if (e->kind != TOOL || !str_eq(e->id, id))
			continue;
		if (result.n > CONTEXT_TEXT_MAX) {
			set_result(c, e, str_from(left_out_result), NULL);
			return 0;
		}
		char *block = mem_strndup(result.p, result.n);
		if (block)
			set_result(c, e, (struct str){block, result.n}, block);
		return block ? 0 : -ENOMEM;
	}
	return 0;
}

void context_unsay(struct context *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->entries[i]->kind == TOOL)
			c->entries[i]->text.n = 0;
}

/* ---- the summary ---- */

static void tell_entry(const struct context_entry *e, struct buf *out, char end)
{
	struct str result = shorten(e->result, TOLD_BYTES);

	if (e->kind == AGENT ||
	    (e->kind == CALLER && str_starts(e->text, STR("[")) && str_ends(e->text, STR("]"))))
		return; /* what happened on the line is not worth a line */
	if (e->kind == CALLER)
		buf_printf(out, "The caller: \"" STR_FMT "\"%c", STR_ARG(shorten(e->text, TOLD_BYTES)), end);
	else
		buf_printf(out, STR_FMT " " STR_FMT " gave " STR_FMT "%c", STR_ARG(e->name),
			   STR_ARG(shorten(e->arguments, TOLD_BYTES)),
			   STR_ARG(result.p ? result : STR("no result")), end);
}

static void trim_summary(struct buf *b, size_t max)
{
	while (b->n > max) {
		size_t line = str_chr(buf_str(b), '\n') + 1;

		buf_consume(b, MIN(line, b->n));
	}
}

/* The index at which the second turn begins; count when there is none. */
static size_t second_turn(const struct context *c)
{
	size_t i = 1;

	while (i < c->count && c->entries[i]->kind != CALLER)
		i++;
	return MIN(i, c->count);
}

static void drop_front(struct context *c, size_t n)
{
	for (; n > 0; n--) {
		tell_entry(c->entries[0], &c->summary, '\n');
		trim_summary(&c->summary, CONTEXT_SUMMARY_MAX);
		remove_at(c, 0);
	}
	c->turns_dropped++;
}

static bool drop_turn(struct context *c)
{
	size_t n = second_turn(c);

	if (n == c->count)
		return false;
	drop_front(c, n);
	return true;
}

/* For a turn that begins now. */
static bool drop_all(struct context *c)
{
	drop_front(c, c->count);
	return true;
}

void context_tell(const struct context *c, struct buf *out)
{
	struct str earlier = buf_str(&c->summary);

	while (earlier.n > 0) {
		buf_add_str(out, str_cut(&earlier, '\n'));
		buf_add_char(out, ' ');
	}
	for (size_t i = 0; i < c->count; i++)
		tell_entry(c->entries[i], out, ' ');
}

/* ---- fitting ---- */

static size_t fixed_cost(const struct context *c, const struct context_request *r)
{
	size_t n = r->reply + 2 * MESSAGE_TOKENS + context_tokens(r->system) + context_tokens(r->more);

	if (c->summary.n > 0)
		n += 2 * MESSAGE_TOKENS + context_tokens(buf_str(&c->summary));
	for (size_t i = 0; i < r->tool_count; i++)
		n += MESSAGE_TOKENS + context_tokens(r->tools[i].name) +
		     context_tokens(r->tools[i].description) + context_tokens(r->tools[i].schema);
	return n;
}

static bool fits(const struct context *c, const struct context_request *r)
{
	size_t n = fixed_cost(c, r);

	for (size_t i = 0; i < c->count; i++)
		n += cost_of(c->entries[i]);
	return n <= r->window;
}

/* The longest results go first. Returns false when there is none that would become shorter. */
static bool leave_out_result(struct context *c)
{
	struct context_entry *longest = NULL;

	for (size_t i = 0; i < c->count; i++) {
		struct context_entry *e = c->entries[i];

		if (e->result.n > sizeof(left_out_result) && (!longest || e->result.n > longest->result.n))
			longest = e;
	}
	if (!longest)
		return false;
	set_result(c, longest, str_from(left_out_result), NULL);
	return true;
}

static int fit(struct context *c, const struct context_request *r)
{
	while (!fits(c, r))
		if (!drop_turn(c))
			break;
		else
			trim_summary(&c->summary, r->window / SUMMARY_SHARE * WORD_LETTERS);
	while (!fits(c, r))
		if (!leave_out_result(c))
			return -EMSGSIZE;
	return 0;
}

/* ---- writing ---- */

struct list {
	struct llm_message *at;
	size_t n;
};

/* Both texts with a blank between them; p == NULL without memory. */
static struct str join(struct str a, struct str b, struct arena *arena)
{
	if (str_empty(a) || str_empty(b))
		return str_empty(a) ? b : a;
	return str_from(arena_printf(arena, STR_FMT " " STR_FMT, STR_ARG(a), STR_ARG(b)));
}

static void write_words(const struct context_entry *e, struct list *l)
{
	l->at[l->n++] =
		(struct llm_message){.role = e->kind == CALLER ? LLM_USER : LLM_ASSISTANT, .text = e->text};
}

/* What the agent said right before a call belongs to the same message. */
static bool write_tool(const struct context_entry *e, struct arena *a, struct list *l)
{
	struct llm_message *m = &l->at[l->n - 1];
	struct str text = e->text;

	if (m->role == LLM_ASSISTANT)
		text = join(m->text, e->text, a);
	else
		m = &l->at[l->n++];
	*m = (struct llm_message){.role = LLM_ASSISTANT, .text = text};
	m->tool_id = e->id;
	m->tool_name = e->name;
	m->arguments = e->arguments;
	m->carry = e->carry;
	l->at[l->n++] = (struct llm_message){.role = LLM_TOOL,
					     .text = e->result.p ? e->result : str_from(pending_result),
					     .tool_id = e->id,
					     .tool_name = e->name};
	return text.p != NULL;
}

static bool write_system(const struct context *c, const struct context_request *r, struct arena *a,
			 struct list *l)
{
	struct llm_message *m = &l->at[l->n++];
	char *text;

	*m = (struct llm_message){.role = LLM_SYSTEM, .text = r->system};
	if (c->summary.n == 0)
		return true;
	text = arena_printf(a, STR_FMT "\n\nEarlier in this call:\n" STR_FMT, STR_ARG(r->system),
			    STR_ARG(buf_str(&c->summary)));
	m->text = str_from(text);
	return text != NULL;
}

static bool write_more(const struct context_request *r, struct arena *a, struct list *l)
{
	struct llm_message *m = &l->at[l->n - 1];

	if (str_empty(r->more))
		return true;
	if (m->role != LLM_USER) {
		l->at[l->n++] = (struct llm_message){.role = LLM_USER, .text = r->more};
		return true;
	}
	m->text = join(m->text, r->more, a);
	return m->text.p != NULL;
}

int context_write(struct context *c, const struct context_request *r, struct arena *a,
		  const struct llm_message **ret_messages, size_t *ret_count)
{
	int rc = fit(c, r);
	struct list l = {.n = 0};

	if (rc < 0)
		return rc;
	l.at = ARENA_ARRAY(a, struct llm_message, 2 * c->count + 2);
	if (!l.at || !write_system(c, r, a, &l))
		return -ENOMEM;
	for (size_t i = 0; i < c->count; i++)
		if (c->entries[i]->kind != TOOL)
			write_words(c->entries[i], &l);
		else if (!write_tool(c->entries[i], a, &l))
			return -ENOMEM;
	if (!write_more(r, a, &l))
		return -ENOMEM;
	*ret_messages = l.at;
	*ret_count = l.n;
	return 0;
}
