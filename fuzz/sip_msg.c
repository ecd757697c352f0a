/* Messages, all their typed headers, the stream framing, the verdict and the printers. */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "wire/sip_check.h"
#include "wire/sip_frame.h"
#include "wire/sip_print.h"

static struct sip_msg m, again;
static char room[SIP_MESSAGE_MAX_BYTES + 1];

/* One element of any header through every reader. */
static void read_item(struct str item)
{
	struct sip_substate state;
	struct sip_event event;
	struct sip_cseq cseq;
	struct sip_addr addr;
	struct sip_type type;
	struct sip_via via;
	struct sip_uri uri;
	uint32_t seconds;

	if (sip_addr_parse(item, &addr) == 0 && sip_uri_parse(addr.uri, &uri) == 0)
		sip_param_unquote(addr.display, room, sizeof(room));
	(void)!sip_via_parse(item, &via);
	(void)!sip_cseq_parse(item, &cseq);
	(void)!sip_substate_parse(item, &state);
	(void)!sip_event_parse(item, &event);
	(void)!sip_type_parse(item, &type);
	(void)!sip_seconds_parse(item, &seconds);
}

static void read_all(void)
{
	for (unsigned id = 0; id < SIP_HDR_COUNT; id++) {
		struct sip_items it = sip_msg_items(&m, (enum sip_hdr_id)id);
		struct str item;

		while (sip_items_next(&it, &item) > 0)
			read_item(item);
	}
}

/* Whatever is answered can be read, is the answer to that request, and adds nothing. */
static void answer(void)
{
	static const struct sip_accept accept = {.methods = UINT32_MAX};
	struct sip_verdict verdict = sip_check_request(&m, &accept);
	const struct sip_reply reply = {
		.status = verdict.status ? verdict.status : 200,
		.to_tag = STR("tag"),
		.source_ip = STR("2001:db8::1"),
		.source_port = 5060,
		.record_route = true,
	};
	struct buf b;

	assert(!m.fault || verdict.status == m.fault_status);
	buf_init(&b, 2 * SIP_MESSAGE_MAX_BYTES);
	sip_print_response(&b, &m, &reply);
	sip_print_body(&b, STR("text/plain"), STR("x"));
	if (!m.fault && !b.error && b.n <= SIP_MESSAGE_MAX_BYTES) {
		assert(sip_msg_parse(b.p, b.n, SIP_STREAM, &again) == 0);
		assert(!again.is_request && again.status == reply.status && again.to.tag.n > 0);
		assert(str_eq(again.via.branch, m.via.branch) && str_eq(again.call_id, m.call_id));
		assert(str_eq(again.body, STR("x")));
	}
	assert(m.fault || !b.error);
	buf_fini(&b);
}

static void follow_up(void)
{
	struct buf b;

	buf_init(&b, 2 * SIP_MESSAGE_MAX_BYTES);
	sip_print_cancel(&b, &m);
	sip_print_ack(&b, &m, &m);
	buf_fini(&b);
}

/* print(parse(x)) does not change any more. */
static void round_trip(void)
{
	struct buf once, twice;

	buf_init(&once, 2 * SIP_MESSAGE_MAX_BYTES);
	buf_init(&twice, 2 * SIP_MESSAGE_MAX_BYTES);
	sip_print_msg(&once, &m);
	assert(!once.error);
	if (once.n <= SIP_LINE_MAX_BYTES && m.hdr_count < SIP_HEADERS_MAX) {
		assert(sip_msg_parse(once.p, once.n, SIP_STREAM, &again) == 0);
		sip_print_msg(&twice, &again);
		assert(str_eq(buf_str(&once), buf_str(&twice)));
	}
	buf_fini(&once);
	buf_fini(&twice);
}

static void copy(void)
{
	struct sip_msg *kept;
	struct arena a;

	arena_init(&a, 1 << 20);
	if (sip_msg_copy(&m, &a, &kept) == 0) {
		assert(kept->hdr_count == m.hdr_count && str_eq(kept->call_id, m.call_id));
		assert(str_eq(kept->body, m.body));
	}
	arena_fini(&a);
}

static void frame(struct str unread)
{
	struct sip_frame f;

	if (sip_frame(unread, &f) <= 0)
		return;
	assert(f.bytes > 0 && f.skip + f.bytes <= unread.n);
	memcpy(room, unread.p + f.skip, f.bytes);
	if (sip_msg_parse(room, f.bytes, SIP_STREAM, &m) == 0)
		assert(m.raw.n == f.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copied;

	if (size > SIP_MESSAGE_MAX_BYTES)
		return 0;
	frame((struct str){(const char *)data, size});
	copied = mem_alloc(MAX(size, 1u)); /* exact, so that a sanitizer sees the end */
	if (!copied)
		return 0;
	if (size > 0)
		memcpy(copied, data, size);
	if (sip_msg_parse(copied, size, SIP_DATAGRAM, &m) == 0) {
		assert(!m.fault);
		round_trip();
		copy();
		if (m.is_request)
			follow_up();
	} else {
		assert(m.fault && m.fault_status >= 400);
		copy();
	}
	read_all();
	if (m.is_request && m.answerable)
		answer();
	mem_free(copied);
	return 0;
}
