#include <errno.h>

#include "test.h"
#include "wire/url.h"

static void joined(const char *base, const char *path, const char *want)
{
	struct buf out;

	buf_init(&out, 256);
	url_join_ws(&out, str_from(base), str_from(path));
	CHECK_STR(buf_str(&out), want);
	buf_fini(&out);
}

TEST(a_base_is_joined_however_much_of_the_path_it_has)
{
	joined("wss://h", "/v1/listen", "wss://h/v1/listen");
	joined("wss://h/", "/v1/listen", "wss://h/v1/listen");
	joined("wss://h/v1/", "/v1/listen", "wss://h/v1/listen");
	joined("wss://h:1/v1/listen", "/v1/listen", "wss://h:1/v1/listen");
	joined("wss://h/proxy", "/v1/listen", "wss://h/proxy/v1/listen");
	joined("wss://h/xv1", "/v1/listen", "wss://h/xv1/v1/listen");
	joined("wss://h/v", "/v1/listen", "wss://h/v/v1/listen");
	joined("wss://v1", "/v1", "wss://v1/v1");
	joined("ws://h:2700", "", "ws://h:2700");
	joined("wss://h/v1?tier=x", "/v1/listen", "wss://h/v1/listen?tier=x");
}

TEST(a_web_address_becomes_one_of_a_websocket)
{
	joined("https://h/v1", "/v1/realtime", "wss://h/v1/realtime");
	joined("HTTP://h", "", "ws://h");
	joined("httpx://h", "", "httpx://h");
}

TEST(a_query_is_escaped)
{
	struct buf out;

	buf_init(&out, 256);
	buf_add_str(&out, STR("wss://h/v1"));
	url_query(&out, STR("keyterm"), STR("caf\xc3\xa9 & co"));
	url_query(&out, STR("a-b._~"), STR("1+1=2"));
	CHECK_STR(buf_str(&out), "wss://h/v1?keyterm=caf%C3%A9%20%26%20co&a-b._~=1%2B1%3D2");
	buf_fini(&out);
}

TEST(what_was_escaped_is_read_again)
{
	static const struct {
		const char *text, *want;
		int rc;
	} rows[] = {
		{"", "", 0},
		{"p%40ss%3aw%25rd", "p@ss:w%rd", 0},
		{"100%", "100%", 0},
		{"%4", "%4", 0},
		{"%zz%4g", "%zz%4g", 0},
		{"caf%C3%A9 +", "caf\xc3\xa9 +", 0},
		{"a%00b", "a", -EBADMSG},
		{"a%0d%0ab", "a", -EBADMSG},
		{"a\nb", "a", -EBADMSG},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf out;

		buf_init(&out, 64);
		CHECK_INT(url_unescape(&out, str_from(rows[i].text)), rows[i].rc);
		CHECK_STR(buf_str(&out), rows[i].want);
		buf_fini(&out);
	}
}

TEST(a_host_and_its_port)
{
	static const struct {
		const char *text;
		int preset, port; /* 0 = it is none */
		const char *host;
	} rows[] = {
		{"h", 443, 443, "h"},
		{"h:1", 443, 1, "h"},
		{"h:65535", 0, 65535, "h"},
		{"[::1]:8080", 80, 8080, "::1"},
		{"[::1]", 80, 80, "::1"},
		{"", 80, 0, ""},
		{"h", 0, 0, ""},
		{"h:", 80, 0, ""},
		{":1", 80, 0, ""},
		{"h:0", 80, 0, ""},
		{"h:65536", 80, 0, ""},
		{"h:x", 80, 0, ""},
		{"u@h:1", 80, 0, ""},
		{"[::1", 80, 0, ""},
		{"[]:1", 80, 0, ""},
		{"[::1]x", 80, 0, ""},
		{"::1", 80, 0, ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str host = {0};
		uint16_t port = 0;

		CHECK_INT(url_authority(str_from(rows[i].text), (uint16_t)rows[i].preset, &host, &port),
			  rows[i].port ? 0 : -EINVAL);
		CHECK_INT(port, rows[i].port);
		CHECK_STR(host, rows[i].host);
	}
}
