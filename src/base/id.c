#include "base/id.h"

#include <errno.h>
#include <string.h>

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

void id_token(struct rng *r, char *text, size_t size)
{
	if (size == 0)
		return;
	rng_bytes(r, text, size - 1);
	for (size_t i = 0; i + 1 < size; i++)
		text[i] = alphabet[(unsigned char)text[i] % 32];
	text[size - 1] = '\0';
}

struct id id_draw(struct rng *r)
{
	struct id id;

	id_token(r, id.text, sizeof(id.text));
	return id;
}

int id_parse(struct str s, struct id *ret_id)
{
	struct id id;

	if (s.n != ID_CHARS)
		return -EBADMSG;
	for (size_t i = 0; i < s.n; i++)
		if (!s.p[i] || !strchr(alphabet, s.p[i]))
			return -EBADMSG;
	str_copy(s, id.text, sizeof(id.text));
	*ret_id = id;
	return 0;
}
