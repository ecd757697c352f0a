#include "provider/local/embed.h"

#include <assert.h>

int embed_text(struct embed *e, struct str text, struct embedding *ret_embedding)
{
	return e->ops->run(e, text, ret_embedding);
}

int embed_texts(struct embed *e, const struct str *texts, size_t count, struct embedding *ret_embeddings)
{
	for (size_t i = 0; i < count; i++) {
		int rc = embed_text(e, texts[i], &ret_embeddings[i]);

		if (rc < 0)
			return rc;
	}
	return 0;
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

size_t embed_nearest(const struct embedding *a, const struct embedding *list, size_t count,
		     float *ret_similarity)
{
	size_t best = 0;
	float most = -2;

	assert(count > 0);
	for (size_t i = 0; i < count; i++) {
		float s = embed_similarity(a, &list[i]);

		if (s <= most)
			continue;
		most = s;
		best = i;
	}
	if (ret_similarity)
		*ret_similarity = most;
	return best;
}

struct embed *embed_close(struct embed *e)
{
	if (e)
		e->ops->close(e);
	return NULL;
}
