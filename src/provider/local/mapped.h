/*
 * mapped.h - a whole file as a view, without copying it
 *
 * For the large texts that come with models: a vocabulary is read once and the
 * pages go back.
 *
 * Threads: any. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_MAPPED_H
#define PROVIDER_LOCAL_MAPPED_H

#include "base/str.h"

/* Returns 0, -errno of the file, or -EMSGSIZE when it is empty or larger than `limit_bytes`. */
int mapped_open(const char *path, size_t limit_bytes, struct str *ret_bytes) must_check;

/* Takes the empty view. */
void mapped_close(struct str bytes);

#endif
