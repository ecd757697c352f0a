/*
 * trail_view.h - a trail for people: who said what when, and what it cost
 *
 * Takes the lines of a trail as they come (a finished file, or a call that is
 * going on) and makes a readable timeline of them:
 *
 *   0.031  agent   Hello, this is the clinic. How can I help you?
 *   3.120  caller  ...I'd like to
 *   4.560  caller  I'd like to book an appointment.
 *                  our turn after 402 ms of quiet: complete
 *   4.612          512 ms to the answer = 402 quiet + 0 text + 3 agent + 87 voice + 20 play
 *
 * Threads: the owner's only. Layer: app.
 */
#ifndef APP_TRAIL_VIEW_H
#define APP_TRAIL_VIEW_H

#include "base/buf.h"

enum trail_detail {
	TRAIL_TALK,  /* what was said, and the response times */
	TRAIL_TURNS, /* partial texts and interruptions too */
	TRAIL_ALL,   /* every event */
};

struct trail_view {
	enum trail_detail detail;
	bool colour;
	const char *prefix; /* before each line, "" for none */
};

/* Appends what `line` (one event, JSON) tells, which may be nothing; control characters that somebody said
 * are blanks. Returns 0, or -EBADMSG when it is no event of a trail. */
int trail_view_line(const struct trail_view *v, struct str line, struct buf *out) must_check;

#endif
