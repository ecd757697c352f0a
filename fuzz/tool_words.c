/* The first byte: how long the pieces are that an answer comes in. */
#include "fuzz.h"

#include <stdlib.h>

#include "provider/local/tool_words.h"

static void read_call(struct str call)
{
	struct buf name, arguments;

	buf_init(&name, TOOL_WORDS_CALL_MAX);
	buf_init(&arguments, TOOL_WORDS_CALL_MAX);
	if (tool_words_call(call, &name, &arguments) == 0 && (name.n == 0 || arguments.n < 2))
		abort();
	buf_fini(&name);
	buf_fini(&arguments);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n = size > 0 ? data[0] + 1u : 1;
	struct str answer = {(const char *)data + 1, size > 0 ? size - 1 : 0}, what;
	struct tool_reader r;
	enum tool_read read;

	tool_reader_init(&r);
	for (size_t at = 0; at < answer.n; at += n) {
		if (tool_reader_feed(&r, str_sub(answer, at, n)) < 0)
			break;
		while ((read = tool_reader_next(&r, at + n >= answer.n, &what)) != TOOL_READ_NOTHING)
			if (read == TOOL_READ_CALL)
				read_call(what);
			else if (what.n == 0)
				abort();
	}
	tool_reader_fini(&r);
	return 0;
}
