#include "fuzz.h"

#include "provider/local/pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const int32_t tokens[] = {3, 4, 5, 6, 7, 8, 0, -1, 70000};
	struct pieces *p;
	struct buf out;

	if (pieces_new(pieces_find((struct str){(const char *)data, size}), &p) < 0)
		return 0;
	buf_init(&out, 1 << 20);
	pieces_spell(p, tokens, sizeof(tokens) / sizeof(tokens[0]), &out);
	buf_fini(&out);
	pieces_free(p);
	return 0;
}
