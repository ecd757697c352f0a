#include "agent/civil.h"

#include <errno.h>
#include <stdio.h>

static const char *const weekday_names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
					    "Friday", "Saturday", "Sunday"};
static const char *const month_names[] = {"January",   "February", "March",    "April",
					  "May",       "June",     "July",     "August",
					  "September", "October",  "November", "December"};

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int civil_month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (month < 1 || month > 12)
		return 0;
	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

bool civil_valid(struct civil_date d)
{
	return d.year >= 1 && d.year <= 9999 && d.day >= 1 && d.day <= civil_month_days(d.year, d.month);
}

/* Years counted from March put the leap day last, so that months before it have fixed lengths. */
int civil_days(struct civil_date d)
{
	int y = d.month <= 2 ? d.year - 1 : d.year;
	int era = (y >= 0 ? y : y - 399) / 400;
	int year_of_era = y - era * 400;
	int day_of_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
	int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

struct civil_date civil_from_days(int days)
{
	int z = days + 719468;
	int era = (z >= 0 ? z : z - 146096) / 146097;
	int doe = z - era * 146097;
	int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int mp = (5 * doy + 2) / 153;
	struct civil_date d = {
		.year = yoe + era * 400,
		.month = mp < 10 ? mp + 3 : mp - 9,
		.day = doy - (153 * mp + 2) / 5 + 1,
	};

	if (d.month <= 2)
		d.year++;
	return d;
}

struct civil_date civil_add_days(struct civil_date d, int days)
{
	return civil_from_days(civil_days(d) + days);
}

struct civil_date civil_add_months(struct civil_date d, int months)
{
	int index = d.year * 12 + d.month - 1 + months;
	struct civil_date later = {.year = index / 12, .month = index % 12 + 1, .day = d.day};
	int last = civil_month_days(later.year, later.month);

	if (later.day > last)
		later.day = last;
	return later;
}

int civil_weekday(struct civil_date d)
{
	int w = (civil_days(d) + 3) % 7;

	return w < 0 ? w + 7 : w;
}

int civil_cmp(struct civil_date a, struct civil_date b)
{
	if (a.year != b.year)
		return a.year < b.year ? -1 : 1;
	if (a.month != b.month)
		return a.month < b.month ? -1 : 1;
	return a.day == b.day ? 0 : a.day < b.day ? -1 : 1;
}

const char *civil_iso(struct civil_date d, char buf[CIVIL_ISO_BYTES])
{
	snprintf(buf, CIVIL_ISO_BYTES, "%04d-%02d-%02d", d.year % 10000, d.month % 100, d.day % 100);
	return buf;
}

int civil_read(struct str s, struct civil_date *ret_date)
{
	int64_t year, month, day;
	struct str rest = s;

	if (s.n != 10 || str_to_int(str_cut(&rest, '-'), 1, 9999, &year) ||
	    str_to_int(str_cut(&rest, '-'), 1, 12, &month) || str_to_int(rest, 1, 31, &day))
		return -EBADMSG;
	struct civil_date d = {(int)year, (int)month, (int)day};
	if (!civil_valid(d))
		return -EBADMSG;
	*ret_date = d;
	return 0;
}

const char *civil_clock(int minute, char buf[CIVIL_CLOCK_BYTES])
{
	snprintf(buf, CIVIL_CLOCK_BYTES, "%02d:%02d", minute / 60 % 100, minute % 60);
	return buf;
}

int civil_read_clock(struct str s, int *ret_minute)
{
	int64_t hour, minute;
	struct str rest = s;
	struct str head = str_cut(&rest, ':');

	if (str_to_int(head, 0, 24, &hour) || rest.n != 2 || str_to_int(rest, 0, 59, &minute) ||
	    hour * 60 + minute > CIVIL_DAY_MINUTES)
		return -EBADMSG;
	*ret_minute = (int)(hour * 60 + minute);
	return 0;
}

const char *civil_weekday_name(int weekday)
{
	return weekday >= 0 && weekday < 7 ? weekday_names[weekday] : NULL;
}

const char *civil_month_name(int month)
{
	return month >= 1 && month <= 12 ? month_names[month - 1] : NULL;
}

static const char *ordinal_ending(int n)
{
	if (n / 10 == 1)
		return "th";
	return n % 10 == 1 ? "st" : n % 10 == 2 ? "nd" : n % 10 == 3 ? "rd" : "th";
}

const char *civil_spoken(struct civil_date d, struct civil_date today, char buf[CIVIL_SPOKEN_BYTES])
{
	char year[16] = "";

	if (d.year != today.year && !(d.year == today.year + 1 && d.month < today.month))
		snprintf(year, sizeof(year), ", %d", d.year);
	snprintf(buf, CIVIL_SPOKEN_BYTES, "%s the %d%s of %s%s", weekday_names[civil_weekday(d)], d.day,
		 ordinal_ending(d.day), month_names[(d.month - 1) % 12], year);
	return buf;
}

const char *civil_spoken_clock(int minute, char buf[CIVIL_SPOKEN_BYTES])
{
	int hour = minute / 60 % 24;
	const char *part = hour < 12 ? "in the morning" : hour < 17 ? "in the afternoon" : "in the evening";
	int said = hour % 12 == 0 ? 12 : hour % 12;

	if (minute == 12 * 60)
		snprintf(buf, CIVIL_SPOKEN_BYTES, "noon");
	else if (minute % 60 == 0)
		snprintf(buf, CIVIL_SPOKEN_BYTES, "%d o'clock %s", said, part);
	else
		snprintf(buf, CIVIL_SPOKEN_BYTES, "%d:%02d %s", said, minute % 60, part);
	return buf;
}
