/* URIs: reading, printing, comparing, escaping. The input may hold two, with a line feed between. */
#include "fuzz.h"

#include <assert.h>

#include "wire/sip_uri.h"

static void check_one(struct str text, struct sip_uri *uri)
{
	struct str rest = uri->headers, name, value, plain;
	struct sip_uri again;
	char room[256];
	struct buf b;

	assert(sip_uri_eq(uri, uri));
	buf_init(&b, 1 << 20);
	sip_uri_print(&b, uri);
	assert(b.n <= text.n && sip_uri_parse(buf_str(&b), &again) == 0);
	assert(sip_uri_eq(uri, &again));
	while (sip_uri_next_header(&rest, &name, &value))
		assert(name.n > 0);
	sip_uri_param(uri, STR("transport"), &value);
	assert(sip_uri_port(uri) > 0);
	if (sip_uri_unescape(uri->user, room, sizeof(room), &plain) == 0) {
		buf_clear(&b);
		sip_uri_escape(&b, SIP_URI_USER, plain);
		assert(sip_uri_unescape(buf_str(&b), room, sizeof(room), &name) == 0);
		assert(name.n == plain.n);
	}
	buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str second = {(const char *)data, size}, first = str_cut(&second, '\n');
	struct sip_uri a, b;

	if (size > 4096)
		return 0;
	if (sip_uri_parse(first, &a) == 0) {
		check_one(first, &a);
		if (sip_uri_parse(second, &b) == 0)
			assert(sip_uri_eq(&a, &b) == sip_uri_eq(&b, &a));
	}
	return 0;
}
