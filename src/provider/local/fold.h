/*
 * fold.h - any text as ASCII, for engines that know no other letters
 *
 * Letters of Latin lose their accents, as an American reads them (Müller is
 * Muller); everything else beyond ASCII is dropped.
 *
 * Threads: any. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_FOLD_H
#define PROVIDER_LOCAL_FOLD_H

#include "base/buf.h"

/* Appends. A failure sticks in `out`. Never longer than `text`. */
void fold(struct str text, struct buf *out);

#endif
