/*
 * trunks.h - the configured trunks as SIP wants them
 *
 * Threads: made on main, read by all. Layer: app.
 */
#ifndef APP_TRUNKS_H
#define APP_TRUNKS_H

#include "app/config.h"
#include "leg/sip_trunk.h"

#define TRUNKS_ARENA_BYTES (4u * 1024 * 1024)

struct trunks {
	struct arena arena;
	struct sip_trunks sip;
	struct addr advertised; /* ADDR_NONE = what we are */
	const struct addr_range *local;
	size_t local_count;
};

/* The configuration has been checked and outlives it. Returns 0, -EBADMSG or -ENOMEM; fini in either case. */
int trunks_init(struct trunks *t, const struct config_sip *config) must_check;
void trunks_fini(struct trunks *t);

/* Calls at once on each; NULL without memory. */
const int *trunks_limits(struct trunks *t, const struct config_trunk *config, size_t count);

#endif
