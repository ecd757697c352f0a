#include "provider/llm/llm_copy.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

struct copy {
	struct llm_request r;
	char *end; /* of what is used */
};

static size_t text_bytes(const struct llm_request *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->message_count; i++) {
		const struct llm_message *m = &r->messages[i];

		n += m->text.n + m->tool_id.n + m->tool_name.n + m->arguments.n + m->carry.n;
	}
	for (size_t i = 0; i < r->tool_count; i++)
		n += r->tools[i].name.n + r->tools[i].description.n + r->tools[i].schema.n;
	return n;
}

static void keep(struct copy *c, struct str *text)
{
	if (text->n > 0)
		memcpy(c->end, text->p, text->n);
	text->p = c->end;
	c->end += text->n;
}

static void keep_message(struct copy *c, struct llm_message *m)
{
	keep(c, &m->text);
	keep(c, &m->tool_id);
	keep(c, &m->tool_name);
	keep(c, &m->arguments);
	keep(c, &m->carry);
}

static void keep_tool(struct copy *c, struct llm_tool *t)
{
	keep(c, &t->name);
	keep(c, &t->description);
	keep(c, &t->schema);
}

int llm_copy_new(const struct llm_request *r, struct llm_request **ret_copy)
{
	size_t messages = r->message_count * sizeof(*r->messages), tools = r->tool_count * sizeof(*r->tools);
	size_t bytes = sizeof(struct copy) + messages + tools + text_bytes(r);
	struct llm_message *m;
	struct llm_tool *t;
	struct copy *c;

	if (bytes > LLM_COPY_BYTES_MAX)
		return -EMSGSIZE;
	c = mem_alloc(bytes);
	if (!c)
		return -ENOMEM;
	m = (struct llm_message *)(void *)(c + 1);
	t = (struct llm_tool *)(void *)(m + r->message_count);
	c->r = *r;
	c->r.messages = m;
	c->r.tools = t;
	c->end = (char *)(t + r->tool_count);
	memcpy(m, r->messages, messages);
	if (tools > 0)
		memcpy(t, r->tools, tools);
	for (size_t i = 0; i < r->message_count; i++)
		keep_message(c, &m[i]);
	for (size_t i = 0; i < r->tool_count; i++)
		keep_tool(c, &t[i]);
	*ret_copy = &c->r;
	return 0;
}

struct llm_request *llm_copy_free(struct llm_request *copy)
{
	mem_free(copy ? CONTAINER_OF(copy, struct copy, r) : NULL);
	return NULL;
}
