/*
 * slot.h - a typed value that the conversation must find out
 *
 * From what the caller said to a value, checked (no appointment in the past or
 * on a closed day), in a form for tools and in a form for the ear; and what the
 * end-of-turn judge may expect while it is asked for.
 *
 *   date     2026-11-24, or 2026-11-23..2026-11-29      "Tuesday the 24th of November"
 *   time     10:30, or 08:00..12:00                     "10:30 in the morning"
 *   phone    07700900123, +442079460958                 "0 7 7 0 0, 9 0 0, 1 2 3"
 *   offer    2026-11-24T10:30 of those offered, "none", or "other" for another wish
 *   yes_no   yes, no      birth  1984-05-03      name, email, number, digits, choice, text
 *
 * Threads: any. Layer: agent.
 */
#ifndef AGENT_SLOT_H
#define AGENT_SLOT_H

#include "agent/agent.h"
#include "provider/eot/eot.h"

#define SLOT_VALUE_MAX 384

struct slot_value {
	char value[SLOT_VALUE_MAX];
	char spoken[SLOT_VALUE_MAX];
	int confidence; /* per cent */
};

enum slot_result {
	SLOT_FILLED,
	SLOT_NOTHING, /* no such value in the text */
	SLOT_PAST,    /* a day that has gone by */
	SLOT_CLOSED,  /* a day or time outside the opening hours */
	SLOT_LONG,    /* more digits than there can be, in answer to the question for them */
};

struct slot_context {
	const struct agent *agent;
	struct understand_context when;
	struct str offers; /* "2026-11-24T10:30|2026-11-24T11:00": what an offer slot chooses from */
	bool asked;        /* it is the answer to this slot's question: bare values count */
};

/* *ret_value is set for SLOT_FILLED only. */
enum slot_result slot_read(const struct agent_slot *s, const struct slot_context *c, struct str text,
			   struct slot_value *ret_value);

/* Keys pressed instead of spoken: digits for phones and numbers, 1 and 2 for yes and no, the place of a
 * choice or an offer. */
enum slot_result slot_read_keys(const struct agent_slot *s, const struct slot_context *c, struct str keys,
				struct slot_value *ret_value);

enum eot_expect slot_expect(const struct agent_slot *s);

/* "2026-11-24T10:30" for the ear: "Tuesday the 24th of November at 10:30 in the morning". */
int slot_speak_moment(struct str moment, struct civil_date today, char buf[SLOT_VALUE_MAX]);

/* Digits in groups that can be followed. */
void slot_speak_digits(struct str digits, char buf[SLOT_VALUE_MAX]);

#endif
