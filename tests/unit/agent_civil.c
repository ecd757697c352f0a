#include "agent/civil.h"
#include "test.h"

TEST(civil_days_go_both_ways)
{
	CHECK_INT(civil_days((struct civil_date){1970, 1, 1}), 0);
	CHECK_INT(civil_days((struct civil_date){2000, 3, 1}), 11017);
	for (int day = -200000; day < 200000; day += 13)
		CHECK_INT(civil_days(civil_from_days(day)), day);
}

TEST(civil_knows_weekdays_and_months)
{
	CHECK_INT(civil_weekday((struct civil_date){2026, 11, 20}), 4);
	CHECK_INT(civil_weekday((struct civil_date){1969, 12, 31}), 2);
	CHECK_INT(civil_month_days(2028, 2), 29);
	CHECK_INT(civil_month_days(2100, 2), 28);
	struct civil_date d = civil_add_months((struct civil_date){2026, 12, 31}, 2);
	CHECK(civil_eq(d, (struct civil_date){2027, 2, 28}));
	CHECK(!civil_valid((struct civil_date){2026, 2, 29}));
}

TEST(civil_reads_and_writes)
{
	char buf[CIVIL_SPOKEN_BYTES];
	struct civil_date today = {2026, 11, 20}, d = {1, 1, 1};
	int minute = -1;

	CHECK(civil_read(STR("2026-12-03"), &d) == 0);
	CHECK(civil_eq(d, (struct civil_date){2026, 12, 3}));
	CHECK(civil_read(STR("2026-02-30"), &d) == -EBADMSG);
	CHECK(civil_read(STR("2026-2-3"), &d) == -EBADMSG);
	CHECK(civil_read_clock(STR("10:30"), &minute) == 0 && minute == 630);
	CHECK(civil_read_clock(STR("24:01"), &minute) == -EBADMSG);
	CHECK_STR(str_from(civil_spoken((struct civil_date){2026, 12, 3}, today, buf)),
		  "Thursday the 3rd of December");
	CHECK_STR(str_from(civil_spoken((struct civil_date){1984, 5, 11}, today, buf)),
		  "Friday the 11th of May, 1984");
	CHECK_STR(str_from(civil_spoken_clock(630, buf)), "10:30 in the morning");
	CHECK_STR(str_from(civil_spoken_clock(720, buf)), "noon");
	CHECK_STR(str_from(civil_spoken_clock(900, buf)), "3 o'clock in the afternoon");
}
