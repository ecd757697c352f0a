#include "agent/schema.h"

#include <assert.h>
#include <errno.h>

#include "fuzz.h"

#define WORDS_BYTES 65536

/* The schema's text, a zero byte, the arguments. What is accepted is JSON; what is not is told. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str arguments = {(const char *)data, size}, schema = str_cut(&arguments, '\0');
	struct json *doc = NULL;
	struct buf words;

	buf_init(&words, WORDS_BYTES);
	int rc = schema_read(schema, arguments, &words, &doc);
	assert((rc == 0) == (doc != NULL));
	assert(rc != -EBADMSG || words.n > 0 || words.error);
	json_free(doc);
	buf_fini(&words);
	return 0;
}
