/*
 * trouble.h - what may go wrong with a vendor, and which fault that is
 *
 * One table for all three contracts.
 *
 * Threads: the test's.
 */
#ifndef TESTS_LIVE_TROUBLE_H
#define TESTS_LIVE_TROUBLE_H

#include "stage.h"

struct trouble {
	struct vendor_fault fault;
	unsigned faults; /* bits 1 << enum fault: it ends with one of them; 0 = it may do well all the same */
	unsigned kinds;  /* bits 1 << enum usage_kind: those that it is tried with; 0 = all */
	const char *type; /* only with this vendor; NULL = with all */
};

/* Calls `fn` with every vendor of a kind and every trouble that it can have, side by side. */
void trouble_each(enum usage_kind kind, void (*fn)(const struct stage_vendor *who, const struct trouble *t));

#endif
