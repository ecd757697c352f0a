#include "provider/llm/llm_calls.h"

#include <errno.h>
#include <stdio.h>

#include "base/mem.h"

void llm_calls_init(struct llm_calls *c)
{
	*c = (struct llm_calls){0};
	buf_init(&c->carry, LLM_CALL_CARRY_MAX);
}

void llm_calls_fini(struct llm_calls *c)
{
	for (size_t i = 0; i < c->count; i++) {
		buf_fini(&c->at[i]->arguments);
		buf_fini(&c->at[i]->carry);
		mem_free(c->at[i]);
	}
	buf_fini(&c->carry);
	c->count = 0;
}

static struct llm_call *find_id(const struct llm_calls *c, struct str id)
{
	for (size_t i = 0; i < c->count && !str_empty(id); i++)
		if (str_eq(id, str_from(c->at[i]->id)))
			return c->at[i];
	return NULL;
}

/* The latest first: servers that count anew mean the last one. A new id at a known index is a new call. */
static struct llm_call *find_index(const struct llm_calls *c, const struct llm_fact *f)
{
	for (size_t i = c->count; i-- > 0;)
		if (c->at[i]->index == f->index)
			return str_empty(f->id) || !c->at[i]->id[0] ? c->at[i] : NULL;
	return NULL;
}

static struct llm_call *find(const struct llm_calls *c, const struct llm_fact *f)
{
	struct llm_call *call = find_id(c, f->id);

	if (call)
		return call;
	if (f->index >= 0)
		return find_index(c, f);
	if (f->whole || !str_empty(f->name) || !str_empty(f->id) || c->count == 0)
		return NULL;
	return c->at[c->count - 1];
}

static int add(struct llm_calls *c, const struct llm_fact *f, struct llm_call **ret_call)
{
	struct llm_call *call;

	if (str_empty(f->name))
		return -EBADMSG;
	if (c->count == LLM_CALLS_MAX)
		return -EMSGSIZE;
	call = mem_zalloc(sizeof(*call));
	if (!call)
		return -ENOMEM;
	call->index = f->index;
	buf_init(&call->arguments, LLM_CALL_ARGUMENTS_MAX);
	call->carry = c->carry;
	buf_init(&c->carry, LLM_CALL_CARRY_MAX);
	c->at[c->count++] = call;
	*ret_call = call;
	return 0;
}

/* Once told, a name stays; one that does not fit names nothing we know. */
static int keep(char *room, size_t size, struct str s)
{
	if (s.n >= size)
		return -EMSGSIZE;
	if (!room[0])
		str_copy(s, room, size);
	return 0;
}

int llm_calls_add(struct llm_calls *c, const struct llm_fact *f)
{
	struct llm_call *call = find(c, f);
	int rc = call ? 0 : add(c, f, &call);

	rc = rc ? rc : keep(call->id, sizeof(call->id), f->id);
	rc = rc ? rc : keep(call->name, sizeof(call->name), f->name);
	if (rc < 0)
		return rc;
	if (f->whole)
		buf_clear(&call->arguments);
	buf_add_str(&call->arguments, f->arguments);
	if (!str_empty(f->carry))
		buf_clear(&call->carry);
	buf_add_str(&call->carry, f->carry);
	return call->arguments.error ? call->arguments.error : call->carry.error;
}

int llm_calls_carry(struct llm_calls *c, struct str piece)
{
	buf_add_str(&c->carry, piece);
	return c->carry.error;
}

/* Returns 0, -EBADMSG when it is no JSON object, or -ENOMEM. */
static int check_arguments(struct buf *arguments)
{
	struct json *doc;
	int rc;

	if (str_empty(str_trim(buf_str(arguments)))) {
		buf_clear(arguments);
		buf_add_str(arguments, STR("{}"));
		return arguments->error;
	}
	rc = json_parse(buf_str(arguments), NULL, NULL, &doc);
	if (rc < 0)
		return rc == -ENOMEM ? rc : -EBADMSG;
	rc = json_kind(doc) == JSON_KIND_MAP ? 0 : -EBADMSG;
	json_free(doc);
	return rc;
}

int llm_calls_complete(struct llm_calls *c, uint32_t request)
{
	for (size_t i = 0; i < c->count; i++) {
		struct llm_call *call = c->at[i];
		int rc = call->name[0] ? check_arguments(&call->arguments) : -EBADMSG;

		if (rc < 0)
			return rc;
		if (!call->id[0])
			snprintf(call->id, sizeof(call->id), "call_%u_%zu", request, i);
	}
	return 0;
}
