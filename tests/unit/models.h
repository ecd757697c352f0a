/*
 * models.h - what the tests with real models share
 *
 * Threads: the test's. Layer: tests.
 */
#ifndef TESTS_UNIT_MODELS_H
#define TESTS_UNIT_MODELS_H

#include <stdlib.h>

#include "bench/corpus.h"
#include "provider/local/ort.h"
#include "test.h"

static inline const char *models_dir(void)
{
	const char *dir = getenv("OFFHOOK_MODELS_DIR");

	return dir ? dir : "models";
}

/* NULL after a failure that says what to do. */
static inline struct ort *models_runtime(void)
{
	struct ort_error err = {0};
	struct ort *o = NULL;

	if (ort_open(models_dir(), &err, &o) < 0)
		test_failed(__FILE__, __LINE__, "%s", err.text);
	return o;
}

/* People's speech; an empty corpus after a failure that says what to install. */
static inline void models_corpus(struct corpus *c)
{
	const struct corpus_filter filter = {3, USEC_SEC(20)};

	if (corpus_read(c, CORPUS_SOUNDS, CORPUS_WORDING, &filter) < 0)
		test_failed(__FILE__, __LINE__, "%s", c->error);
}

#endif
