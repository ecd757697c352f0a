/*
 * providers.h - which services there are, which are configured, and for what
 *
 * The list of vendors (provider/vendors.h) seen through a configuration: names
 * are checked, found, and listed for people and programs.
 *
 * Threads: any. Layer: app.
 */
#ifndef APP_PROVIDERS_H
#define APP_PROVIDERS_H

#include <stdbool.h>

#include "app/config.h"
#include "provider/vendors.h"

#define PROVIDERS_LIST_MAX 8 /* services that a stage may try */

/* Notes types that nobody speaks, vendors without the key they need, certificates that are not there, and
 * names in the pipeline that nobody goes by or that cannot do the job.
 * `root` is the file's. */
void providers_check(const struct config *c, const struct tree_node *root, struct tree_errors *errors);

/* The service of that name; NULL when there is none (also for VENDOR_LOCAL). */
const struct service *providers_find(const struct config *c, struct str name);

/* The services of a stage, in the order of trying. `deep` of language models is the pipeline's second list.
 */
struct opt_strs providers_stage(const struct config *c, enum usage_kind kind);

/* Whether any stage of that kind names the engine in this process. */
bool providers_want_local(const struct config *c, enum usage_kind kind);

/* Everything there is, with what `c` (may be NULL) configures of it, as a table or as JSON. */
void providers_table(const struct config *c, struct buf *out);
void providers_json(const struct config *c, struct buf *out);

#endif
