#include "provider/vad/vad.h"

#include <assert.h>

int vad_open(const struct vad_ops *ops, const void *config, struct vad **ret_vad)
{
	return ops->open(config, ret_vad);
}

int vad_run(struct vad *v, struct vad_item *items, size_t count)
{
	assert(count <= VAD_BATCH_MAX);
	return count == 0 ? 0 : v->ops->run(v, items, count);
}

struct vad *vad_close(struct vad *v)
{
	if (v)
		v->ops->close(v);
	return NULL;
}
