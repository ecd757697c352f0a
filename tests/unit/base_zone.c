/* Time zones out of the system's database, and out of nonsense. */
#include <fcntl.h>
#include <unistd.h>

#include "base/zone.h"
#include "test.h"

TEST(zone_knows_summer_and_winter)
{
	static const struct {
		const char *name;
		int64_t at;
		int32_t offset;
	} rows[] = {
		{"Europe/London", 1763640000, 0},    /* 2025-11-20 12:00 UTC */
		{"Europe/London", 1782216000, 3600}, /* 2026-06-23 12:00 UTC */
		{"Europe/London", 1774745999, 0},    /* the second before the clocks go forward, 2026-03-29 */
		{"Europe/London", 1774746000, 3600}, /* and the one at which they do */
		{"America/New_York", 1763640000, -18000},
		{"Asia/Kolkata", 1763640000, 19800},
		{"UTC", 1763640000, 0},
		{"", 1763640000, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct zone z;

		REQUIRE(zone_open(str_from(rows[i].name), &z) == 0);
		CHECK_INT(zone_offset(&z, rows[i].at), rows[i].offset);
		zone_close(&z);
	}
}

TEST(zone_opens_nothing_but_zones)
{
	static const char *const names[] = {"Europe/Atlantis", "../../etc/passwd", "/etc/passwd", ".",
					    "zone.tab"};
	struct zone z;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		CHECK(zone_open(str_from(names[i]), &z) < 0);
}

TEST(zone_refuses_a_file_cut_anywhere)
{
	uint8_t bytes[8192];
	int fd = open("/usr/share/zoneinfo/Europe/London", O_RDONLY);
	ssize_t n = read(fd, bytes, sizeof(bytes));
	struct zone z;
	size_t whole = 0;

	close(fd);
	REQUIRE(n > 100);
	for (size_t cut = 0; cut <= (size_t)n; cut++) {
		if (zone_parse(bytes, cut, &z) < 0)
			continue;
		whole++;
		zone_close(&z);
	}
	/* Only what lies behind the second body, a text that we do not read, may be missing. */
	CHECK(whole > 0 && whole < 64);
}

TEST_OOM(zone_survives_no_memory)
{
	struct zone z;
	int rc = zone_open(STR("Europe/London"), &z);

	if (rc == 0)
		zone_close(&z);
	return rc;
}
