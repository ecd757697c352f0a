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

/* Notes types that nobody speaks, vendors without the key, model, url or region they need, files that are not
 * there, and names in the pipeline that nobody goes by or that cannot do the job.
 * `root` is the file's. */
void providers_check(const struct config *c, const struct tree_node *root, struct tree_errors *errors);

/* The same about a list of services that stands under `key` of a section, in any file. */
void providers_check_stage(const struct config *c, const struct tree_node *section, const char *key,
			   enum usage_kind kind, struct tree_errors *errors);

/* Notes what the service lacks for that job. */
void providers_check_needs(const struct service *s, enum usage_kind kind, struct tree_pos at,
			   struct tree_errors *errors);

/* The service of that name; NULL when there is none (also for VENDOR_LOCAL). */
const struct service *providers_find(const struct config *c, struct str name);

/* The services of a stage, in the order of trying. `deep` of language models is the pipeline's second list.
 */
struct opt_strs providers_stage(const struct config *c, enum usage_kind kind);

/* Whether the pipeline names it for that. */
bool providers_names(const struct config *c, struct str name, enum usage_kind kind);

/* Everything there is, with what `c` (may be NULL) configures of it, as a table or as JSON. */
void providers_table(const struct config *c, struct buf *out);
void providers_json(const struct config *c, struct buf *out);

#endif
