#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "provider/aloud/clause.h"

#define PIECES_MAX 4096

/* The ends of all clauses of `text`, pushed `chunk` bytes at a time. */
static size_t cut(struct str text, size_t chunk, size_t *ends)
{
	struct clause_piece piece;
	struct clause c;
	size_t n = 0, at = 0;

	clause_init(&c);
	while (text.n > 0) {
		text = str_sub(text, clause_push(&c, str_sub(text, 0, chunk)), text.n);
		while (clause_next(&c, CLAUSE_MORE, &piece)) {
			assert(piece.start == at && piece.end > at && n < PIECES_MAX);
			at = ends[n++] = piece.end;
		}
	}
	while (clause_next(&c, CLAUSE_ENDING, &piece)) {
		assert(piece.start == at && piece.end > at && n < PIECES_MAX);
		at = ends[n++] = piece.end;
	}
	return n;
}

/* All bytes come out, in order, and the cuts do not depend on the chunks. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static size_t whole[PIECES_MAX], chunked[PIECES_MAX];
	struct str text = {(const char *)data, size};
	size_t n;

	if (size == 0 || size > PIECES_MAX)
		return 0;
	n = cut(text, size, whole);
	assert(n > 0 && whole[n - 1] == size);
	assert(cut(text, 1, chunked) == n && memcmp(whole, chunked, n * sizeof(*whole)) == 0);
	assert(cut(text, 1 + data[0] % 7, chunked) == n && memcmp(whole, chunked, n * sizeof(*whole)) == 0);
	return 0;
}
