#include "base/addr.h"
#include "test.h"

static const struct {
	const char *text, *printed; /* printed NULL = not an address */
} addresses[] = {
	{"192.0.2.1", "192.0.2.1:5060"},
	{"2001:db8::1", "[2001:db8::1]:5060"},
	{"[2001:db8::1]", "[2001:db8::1]:5060"},
	{"::ffff:192.0.2.7", "192.0.2.7:5060"},
	{"", NULL},
	{"[]", NULL},
	{"192.0.2", NULL},
	{"192.0.2.1.", NULL},
	{"example.com", NULL},
	{"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb", NULL},
};

TEST(addr_reads_and_prints)
{
	char text[ADDR_TEXT_BYTES];
	struct addr a;

	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		int rc = addr_parse(str_from(addresses[i].text), 5060, &a);

		CHECK_INT(rc, addresses[i].printed ? 0 : -EBADMSG);
		if (rc == 0)
			CHECK_STR(addr_text(&a, text), addresses[i].printed);
	}
}

static const struct {
	const char *range, *ip;
	bool has;
} ranges[] = {
	{"192.0.2.0/24", "192.0.2.255", true},
	{"192.0.2.0/24", "192.0.3.0", false},
	{"192.0.2.128/25", "192.0.2.127", false},
	{"192.0.2.128/25", "192.0.2.129", true},
	{"192.0.2.5", "192.0.2.5", true},
	{"192.0.2.5", "192.0.2.4", false},
	{"0.0.0.0/0", "203.0.113.9", true},
	{"0.0.0.0/0", "2001:db8::1", false},
	{"2001:db8::/33", "2001:db8:7fff::1", true},
	{"2001:db8::/33", "2001:db8:8000::1", false},
};

TEST(addr_ranges_hold_what_they_should)
{
	struct addr_range r;
	struct addr a;

	for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
		REQUIRE(addr_range_parse(str_from(ranges[i].range), &r) == 0);
		REQUIRE(addr_parse(str_from(ranges[i].ip), 0, &a) == 0);
		CHECK_INT(addr_range_has(&r, 1, &a), ranges[i].has);
	}
	CHECK_INT(addr_range_parse(STR("192.0.2.0/33"), &r), -EBADMSG);
	CHECK_INT(addr_range_parse(STR("192.0.2.0/"), &r), -EBADMSG);
	CHECK_INT(addr_range_parse(STR("2001:db8::/129"), &r), -EBADMSG);
}

TEST(addr_goes_to_the_kernel_and_back)
{
	struct sockaddr_storage sa;
	struct addr a, b;

	REQUIRE(addr_parse(STR("fe80::1"), 5060, &a) == 0);
	a.scope = 3;
	addr_to_sockaddr(&a, &sa);
	b = addr_from_sockaddr(&sa);
	CHECK(addr_eq(&a, &b) && b.scope == 3);
	REQUIRE(addr_parse(STR("127.0.0.9"), 1, &a) == 0);
	addr_to_sockaddr(&a, &sa);
	b = addr_from_sockaddr(&sa);
	CHECK(addr_eq(&a, &b) && addr_is_loopback(&b) && !addr_is_any(&b));
	b.port = 2;
	CHECK(!addr_eq(&a, &b) && addr_same_ip(&a, &b));
}
