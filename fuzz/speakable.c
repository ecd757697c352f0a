#include "fuzz.h"

#include <assert.h>
#include <errno.h>

#include "provider/aloud/speakable.h"

#define INPUT_MAX 4096

/* Whatever comes in, the words stay within the promised growth and hold no digit. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct speakable_opts opts = {.day_first = size % 2};
	struct buf out;

	if (size > INPUT_MAX)
		return 0;
	buf_init(&out, (size + 1) * SPEAKABLE_GROWTH_MAX);
	if (speakable((struct str){(const char *)data, size}, &opts, &out) == 0)
		for (size_t i = 0; i < out.n; i++)
			assert(out.p[i] < '0' || out.p[i] > '9');
	assert(out.error != -EMSGSIZE);
	buf_fini(&out);
	return 0;
}
