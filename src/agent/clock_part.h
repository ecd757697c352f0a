/*
 * clock_part.h - one expression for a time of day, at one place of a text
 *
 * "half past ten", "10.30", "three pm", "fifteen hundred"; "in the morning",
 * "first thing". understand_time() puts them together and decides which nine a
 * bare "nine" is.
 *
 * Threads: any. Layer: agent.
 */
#ifndef AGENT_CLOCK_PART_H
#define AGENT_CLOCK_PART_H

#include "agent/understand.h"
#include "agent/words.h"

struct clock_part {
	int minute;   /* of the day; below 12 hours and open to both halves unless `fixed` */
	bool fixed;   /* morning or afternoon was said, or the 24-hour clock */
	bool evident; /* cannot be anything but a time; a bare "ten" is not evident */
};

/* Returns the words used, 0 = no clock time at `i`. */
size_t clock_part_at(const struct words *ws, size_t i, struct clock_part *ret);

struct clock_window {
	int from, to;
};

/* "in the morning", "late afternoon", "first thing", "any time". Returns the words used. */
size_t clock_part_window(const struct words *ws, size_t i, const struct understand_context *c,
			 struct clock_window *ret);

/* The business hours of the context, or 8:00 to 18:00 where it has none. */
struct clock_window clock_part_hours(const struct understand_context *c);

#endif
