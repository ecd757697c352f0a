/*
 * clinic_calendar.c - which times are free, and which to offer
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/clinic.h"
#include "agent/slot.h"

#define LOOK_ON_DAYS 14  /* past the day that was asked for */
#define FREE_MAX     512 /* times looked at in one question */

struct wish {
	struct civil_date from, to;
	int start, end; /* minutes; equal = exactly then */
	bool any_time;
};

struct free_times {
	struct {
		struct civil_date day;
		int minute;
	} at[FREE_MAX];
	size_t n;
};

static const char *write_moment(struct civil_date d, int minute, char buf[CLINIC_MOMENT_BYTES])
{
	char day[CIVIL_ISO_BYTES], clock[CIVIL_CLOCK_BYTES];

	snprintf(buf, CLINIC_MOMENT_BYTES, "%.10sT%.5s", civil_iso(d, day), civil_clock(minute, clock));
	return buf;
}

int clinic_is_free(struct store *s, const struct agent *a, const char *moment, struct str doctor,
		   struct arena *arena)
{
	char id[STORE_ID_MAX + 1];
	struct store_doc doc;

	snprintf(id, sizeof(id), "%s/" STR_FMT, moment, STR_ARG(doctor));
	struct store_key key = {a->tenant_id, STR("appointment"), str_from(id)};
	int rc = store_get(s, &key, arena, &doc);
	return rc == -ENOENT ? 1 : rc;
}

int clinic_free_doctor(struct store *s, const struct agent *a, const char *moment, struct arena *arena,
		       struct str *ret_doctor)
{
	for (size_t i = 0; i < a->booking.doctors.count; i++) {
		int rc = clinic_is_free(s, a, moment, a->booking.doctors.at[i], arena);
		if (rc < 0)
			return rc;
		if (rc > 0) {
			*ret_doctor = a->booking.doctors.at[i];
			return 0;
		}
	}
	return -EBUSY;
}

/* How many of the day's appointments stand at this moment; the list is in the order of time. */
static size_t taken_at(const struct store_list *list, const char *moment)
{
	size_t n = 0;

	for (size_t i = 0; i < list->count; i++)
		n += str_starts(list->docs[i].id, str_from(moment));
	return n;
}

static int add_day(struct store *s, const struct tool_call *c, struct civil_date d, const struct wish *w,
		   struct arena *arena, struct free_times *f)
{
	struct agent_range open = agent_open_on(c->agent, d);
	char iso[CIVIL_ISO_BYTES], moment[CLINIC_MOMENT_BYTES];
	struct store_list list;
	struct store_range range = {
		.tenant = c->agent->tenant_id,
		.kind = STR("appointment"),
		.prefix = str_from(civil_iso(d, iso)),
		.limit = STORE_LIST_MAX,
	};
	int step = c->agent->booking.slot_minutes;
	int rc = store_list(s, &range, arena, &list);

	if (rc < 0)
		return rc;
	for (int m = open.from; m + step <= open.to && f->n < FREE_MAX; m += step) {
		bool gone = civil_cmp(d, c->today) < 0 || (civil_eq(d, c->today) && m <= c->minute);
		bool wanted =
			w->any_time || (w->start == w->end ? m == w->start : m >= w->start && m < w->end);
		if (gone || !wanted ||
		    taken_at(&list, write_moment(d, m, moment)) >= c->agent->booking.doctors.count)
			continue;
		f->at[f->n].day = d;
		f->at[f->n++].minute = m;
	}
	return 0;
}

static int add_days(struct store *s, const struct tool_call *c, const struct wish *w, struct arena *arena,
		    struct free_times *f)
{
	struct civil_date last = civil_add_days(c->today, c->agent->booking.days_ahead);

	for (struct civil_date d = w->from; civil_cmp(d, w->to) <= 0 && civil_cmp(d, last) <= 0;
	     d = civil_add_days(d, 1)) {
		int rc = add_day(s, c, d, w, arena, f);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int read_wish(const struct tool_call *c, struct wish *w)
{
	struct str day = tool_arg(c, "day"), time = tool_arg(c, "time");

	*w = (struct wish){.any_time = str_empty(time)};
	if (civil_read(str_sub(day, 0, 10), &w->from))
		return -EBADMSG;
	w->to = w->from;
	if (day.n > 12 && civil_read(str_sub(day, 12, 10), &w->to))
		return -EBADMSG;
	if (w->any_time)
		return 0;
	if (civil_read_clock(str_sub(time, 0, 5), &w->start))
		return -EBADMSG;
	w->end = w->start;
	return time.n > 7 ? civil_read_clock(str_sub(time, 7, 5), &w->end) : 0;
}

/* ---- what to offer ---- */

/* A few that differ: days where several were asked for, else early, middle and late. */
static size_t spread(const struct free_times *f, size_t want, size_t pick[])
{
	bool one_day = f->n == 0 || civil_eq(f->at[0].day, f->at[f->n - 1].day);
	size_t n = 0;

	if (f->n <= want || one_day) {
		want = MIN(want, f->n);
		for (; n < want; n++)
			pick[n] = want > 1 ? n * (f->n - 1) / (want - 1) : 0;
		return n;
	}
	for (size_t i = 0; i < f->n && n < want; i++)
		if (n == 0 || !civil_eq(f->at[i].day, f->at[pick[n - 1]].day))
			pick[n++] = i;
	return n;
}

/* The ones nearest to a minute of the day, in the order of time. */
static size_t nearest(const struct free_times *f, size_t want, int minute, size_t pick[])
{
	size_t lo = 0, n = MIN(want, f->n);

	while (lo + n < f->n && f->at[lo + n].minute - minute < minute - f->at[lo].minute)
		lo++;
	for (size_t i = 0; i < n; i++)
		pick[i] = lo + i;
	return n;
}

static void speak_offers(const struct tool_call *c, const struct free_times *f, const size_t *pick, size_t n,
			 struct buf *out)
{
	char day[CIVIL_SPOKEN_BYTES], clock[CIVIL_SPOKEN_BYTES];

	for (size_t i = 0; i < n; i++) {
		bool same_day = i > 0 && civil_eq(f->at[pick[i]].day, f->at[pick[i - 1]].day);
		buf_printf(out, "%s", i == 0 ? "" : i + 1 == n ? ", or " : ", ");
		if (!same_day)
			buf_printf(out, "%s at ", civil_spoken(f->at[pick[i]].day, c->today, day));
		buf_printf(out, "%s", civil_spoken_clock(f->at[pick[i]].minute, clock));
	}
}

static int write_offers(const struct tool_call *c, const struct free_times *f, const size_t *pick, size_t n,
			struct arena *a, struct tool_result *r)
{
	char moment[CLINIC_MOMENT_BYTES];
	struct buf values, spoken;
	int rc = -ENOMEM;

	buf_init(&values, SLOT_VALUE_MAX);
	buf_init(&spoken, SLOT_VALUE_MAX * 2);
	for (size_t i = 0; i < n; i++)
		buf_printf(&values, "%s%s", i ? "|" : "",
			   write_moment(f->at[pick[i]].day, f->at[pick[i]].minute, moment));
	speak_offers(c, f, pick, n, &spoken);
	if (!values.error && !spoken.error) {
		struct str v = arena_str(a, buf_str(&values)), say = arena_str(a, buf_str(&spoken));
		if (v.p && say.p) {
			tool_value_add(r, "offers", v, say);
			rc = 0;
		}
	}
	buf_fini(&values);
	buf_fini(&spoken);
	return rc;
}

static int write_slot(const struct tool_call *c, struct civil_date day, int minute, struct arena *a,
		      struct tool_result *r)
{
	char moment[CLINIC_MOMENT_BYTES], spoken[SLOT_VALUE_MAX];

	if (slot_speak_moment(str_from(write_moment(day, minute, moment)), c->today, spoken) < 0)
		return -EINVAL;
	struct str v = arena_str(a, str_from(moment)), say = arena_str(a, str_from(spoken));
	if (!v.p || !say.p)
		return -ENOMEM;
	tool_value_add(r, "slot", v, say);
	return 0;
}

/* Nothing at the time that was wished for: the same days at any time, then the days after. */
static int alternatives(struct store *s, const struct tool_call *c, const struct wish *w, struct arena *a,
			struct free_times *f, struct tool_result *r)
{
	struct wish wider = *w;
	size_t pick[FREE_MAX], n, want = (size_t)c->agent->booking.offers;

	wider.any_time = true;
	int rc = add_days(s, c, &wider, a, f);
	if (rc == 0 && f->n > 0 && !w->any_time) {
		n = civil_eq(w->from, w->to) ? nearest(f, want, w->start, pick) : spread(f, want, pick);
		r->outcome = STR("other_time");
		return write_offers(c, f, pick, n, a, r);
	}
	wider = (struct wish){civil_add_days(w->to, 1), civil_add_days(w->to, LOOK_ON_DAYS), w->start, w->end,
			      w->any_time};
	rc = rc == 0 ? add_days(s, c, &wider, a, f) : rc;
	if (rc < 0)
		return rc;
	n = spread(f, want, pick);
	r->outcome = n ? STR("other_day") : STR("none");
	return n ? write_offers(c, f, pick, n, a, r) : 0;
}

static int calendar_lookup(struct store *s, const struct tool_call *c, struct arena *a, struct tool_result *r)
{
	struct free_times *f = ARENA_NEW(a, struct free_times);
	size_t pick[FREE_MAX], n;
	struct wish w;
	int rc = f ? read_wish(c, &w) : -ENOMEM;

	if (rc == -EBADMSG)
		return 0;
	rc = rc == 0 ? add_days(s, c, &w, a, f) : rc;
	if (rc < 0)
		return rc;
	if (f->n == 0)
		return alternatives(s, c, &w, a, f, r);
	if (!w.any_time && w.start == w.end && civil_eq(w.from, w.to)) {
		r->outcome = STR("free");
		return write_slot(c, f->at[0].day, f->at[0].minute, a, r);
	}
	n = spread(f, (size_t)c->agent->booking.offers, pick);
	r->outcome = STR("choice");
	return write_offers(c, f, pick, n, a, r);
}

const struct tool_ops clinic_calendar_lookup = {
	.name = "calendar_lookup",
	.about = "Finds free appointment times on a day or in a span of days.",
	.schema = "{\"type\":\"object\",\"properties\":{\"day\":{\"type\":\"string\",\"description\":\"2026-"
		  "11-24 or "
		  "2026-11-23..2026-11-27\"},\"time\":{\"type\":\"string\",\"description\":\"10:30 or "
		  "08:00..12:00\"}},"
		  "\"required\":[\"day\"]}",
	.run = calendar_lookup,
};
