#include "fuzz.h"

#include <assert.h>

#include "provider/local/wordpiece.h"

#define IDS_MAX 32

/* The first half is a tokenizer.json, or else a small one is taken; the rest is text to cut. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str small = STR("{\"model\":{\"vocab\":{\"[UNK]\":0,\"[CLS]\":1,\"[SEP]\":2,\"a\":3,"
				     "\"##b\":4,\"##ab\":5}}}");
	struct str all = {(const char *)data, size}, text = all;
	int64_t ids[IDS_MAX];
	struct wordpiece *w;
	size_t n;

	if (wordpiece_new(str_sub(all, 0, size / 2), &w) == 0)
		text = str_sub(all, size / 2, size);
	else if (wordpiece_new(small, &w) < 0)
		return 0;
	n = wordpiece_encode(w, text, ids, IDS_MAX);
	assert(n >= 2 && n <= IDS_MAX);
	for (size_t i = 0; i < n; i++)
		assert(ids[i] >= 0);
	wordpiece_free(w);
	return 0;
}
