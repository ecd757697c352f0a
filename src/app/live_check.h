/*
 * live_check.h - every configured provider tried for real, before a caller tries it
 *
 * Threads: main. Layer: app.
 */
#ifndef APP_LIVE_CHECK_H
#define APP_LIVE_CHECK_H

#include <stdio.h>

#include "app/config.h"

/* One exchange with each service for everything it can do, a line each on `out`. Blocks. Returns 0, -ENOLINK
 * when any did not work, or -errno when nothing could be tried. */
int live_check(const struct config *c, FILE *out) must_check;

#endif
