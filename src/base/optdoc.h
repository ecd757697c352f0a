/*
 * optdoc.h - what an option table has to say to people and tools
 *
 * The same tables that read a file (opt.h) print its manual: as text for
 * --help, as a Markdown table for docs/, as a JSON schema for editors; and
 * print a loaded struct back as the file that would load it again.
 *
 * Sections inside sections appear with their path: `trunks.NAME.host`,
 * `codecs[].name`.
 *
 * Threads: any. Layer: base.
 */
#ifndef BASE_OPTDOC_H
#define BASE_OPTDOC_H

#include "base/opt.h"

/* What a value must be, in words: `a whole number from 1 to 65535`. */
void optdoc_describe(const struct opt *o, struct buf *out);

/* Two lines a key: its path, what it must be and its default; then its help. */
void optdoc_help(const struct opt_table *table, struct buf *out);

/* A Markdown table: key, what it must be, default, meaning. */
void optdoc_markdown(const struct opt_table *table, struct buf *out);

/* A JSON schema (draft 2020-12) of the section. */
void optdoc_schema(const struct opt_table *table, struct buf *out);

/* The loaded struct as YAML, with every default spelled out; secrets as "***", which would not load again. */
void optdoc_values(const struct opt_table *table, const void *loaded, struct buf *out);

#endif
