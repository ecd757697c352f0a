/* Accessors of sip_msg.h: headers found by id or name, cut into elements, read into types. */
#include <errno.h>

#include "wire/sip_lex.h"
#include "wire/sip_msg.h"

const struct sip_hdr *sip_msg_find(const struct sip_msg *m, enum sip_hdr_id id)
{
	return m->first[id] ? &m->hdrs[m->first[id] - 1] : NULL;
}

const struct sip_hdr *sip_msg_find_next(const struct sip_msg *m, const struct sip_hdr *hdr)
{
	return hdr->next ? &m->hdrs[hdr->next] : NULL;
}

const struct sip_hdr *sip_msg_find_name(const struct sip_msg *m, struct str name)
{
	enum sip_hdr_id id = sip_hdr_find(name);
	const struct sip_hdr *hdr = sip_msg_find(m, id);

	while (id == SIP_HDR_OTHER && hdr && !str_ieq(hdr->name, name))
		hdr = sip_msg_find_next(m, hdr);
	return hdr;
}

struct str sip_msg_value(const struct sip_msg *m, enum sip_hdr_id id)
{
	const struct sip_hdr *hdr = sip_msg_find(m, id);

	return hdr ? hdr->value : (struct str){0};
}

struct sip_items sip_msg_items(const struct sip_msg *m, enum sip_hdr_id id)
{
	const struct sip_hdr *hdr = sip_msg_find(m, id);

	return (struct sip_items){.m = m, .hdr = hdr, .rest = hdr ? hdr->value : (struct str){0}};
}

int sip_items_next(struct sip_items *it, struct str *ret_item)
{
	while (it->hdr) {
		if (it->rest.n > 0 && sip_hdr_is_list(it->hdr->id))
			return sip_header_next(&it->rest, ret_item);
		if (it->rest.n > 0) {
			*ret_item = it->rest;
			it->rest.n = 0;
			return 1;
		}
		it->hdr = sip_msg_find_next(it->m, it->hdr);
		if (it->hdr)
			it->rest = it->hdr->value;
	}
	return 0;
}

bool sip_msg_lists(const struct sip_msg *m, enum sip_hdr_id id, struct str token)
{
	struct sip_items it = sip_msg_items(m, id);
	struct str item;

	while (sip_items_next(&it, &item) > 0)
		if (str_ieq(item, token))
			return true;
	return false;
}

/* The first element of a header. Returns 0, -ENOENT or -EBADMSG. */
static int first_item(const struct sip_msg *m, enum sip_hdr_id id, struct str *ret_item)
{
	struct sip_items it = sip_msg_items(m, id);
	int rc = sip_items_next(&it, ret_item);

	if (rc == 0)
		return it.m->first[id] ? -EBADMSG : -ENOENT;
	return rc < 0 ? rc : 0;
}

int sip_msg_addr(const struct sip_msg *m, enum sip_hdr_id id, struct sip_addr *ret_addr)
{
	struct str item;
	int rc = first_item(m, id, &item);

	return rc < 0 ? rc : sip_addr_parse(item, ret_addr);
}

int sip_msg_seconds(const struct sip_msg *m, enum sip_hdr_id id, uint32_t *ret_seconds)
{
	struct str item;
	int rc = first_item(m, id, &item);

	return rc < 0 ? rc : sip_seconds_parse(item, ret_seconds);
}

int sip_msg_content_type(const struct sip_msg *m, struct sip_type *ret_type)
{
	struct str item;
	int rc = first_item(m, SIP_HDR_CONTENT_TYPE, &item);

	return rc < 0 ? rc : sip_type_parse(item, ret_type);
}

int sip_msg_event(const struct sip_msg *m, struct sip_event *ret_event)
{
	struct str item;
	int rc = first_item(m, SIP_HDR_EVENT, &item);

	return rc < 0 ? rc : sip_event_parse(item, ret_event);
}

int sip_msg_substate(const struct sip_msg *m, struct sip_substate *ret_state)
{
	struct str item;
	int rc = first_item(m, SIP_HDR_SUBSCRIPTION_STATE, &item);

	return rc < 0 ? rc : sip_substate_parse(item, ret_state);
}

bool sip_msg_body_is(const struct sip_msg *m, struct str type, struct str subtype)
{
	struct sip_type t;

	return sip_msg_content_type(m, &t) == 0 && sip_type_is(&t, type, subtype);
}
