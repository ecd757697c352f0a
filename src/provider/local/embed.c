#include "provider/local/embed.h"

#include <assert.h>

int embed_text(struct embed *e, struct str text, struct embedding *ret_embedding)
{
	return e->ops->run(e, text, ret_embedding);
}

float embed_similarity(const struct embedding *a, const struct embedding *b)
{
	float part[8] = {0}, sum = 0; /* eight sums, so that the compiler may use wide registers */

	for (size_t i = 0; i < EMBED_DIMS; i += ARRAY_LEN(part))
		for (size_t k = 0; k < ARRAY_LEN(part); k++)
			part[k] += a->v[i + k] * b->v[i + k];
	for (size_t k = 0; k < ARRAY_LEN(part); k++)
		sum += part[k];
	return sum;
}

struct embed *embed_close(struct embed *e)
{
	if (e)
		e->ops->close(e);
	return NULL;
}
