#include "provider/local/hearing.h"

#include <errno.h>
#include <string.h>

#include "base/live.h"
#include "base/mem.h"
#include "provider/local/moonshine.h"
#include "provider/local/ort.h"
#include "provider/local/pieces.h"
#include "provider/local/transcribe.h"

LIVE_DEFINE(hearing);

struct moonshine_pair {
	struct hearing hearing;
	struct moonshine *quick, *full;
	struct pieces *pieces;
};

int hearing_run(struct hearing *h, enum hearing_care care, const int16_t *pcm, size_t samples,
		const atomic_bool *stop, struct hearing_text *out)
{
	return h->ops->run(h, care, pcm, samples, stop, out);
}

struct hearing *hearing_close(struct hearing *h)
{
	if (h)
		h->ops->close(h);
	return NULL;
}

static int pair_run(struct hearing *h, enum hearing_care care, const int16_t *pcm, size_t samples,
		    const atomic_bool *stop, struct hearing_text *out)
{
	struct moonshine_pair *p = CONTAINER_OF(h, struct moonshine_pair, hearing);
	struct transcribe t = {
		.model = care == HEARING_QUICK ? p->quick : p->full,
		.pieces = p->pieces,
		.stop = stop,
		.confidence = &out->confidence,
	};

	return transcribe_run(&t, pcm, samples, &out->text);
}

static void pair_close(struct hearing *h)
{
	struct moonshine_pair *p = CONTAINER_OF(h, struct moonshine_pair, hearing);

	moonshine_close(p->quick);
	moonshine_close(p->full);
	pieces_free(p->pieces);
	live_down(&live_hearing);
	mem_free(p);
}

static const struct hearing_ops pair_ops = {.run = pair_run, .close = pair_close};

static int open_pieces(struct moonshine_pair *p, struct ort *o, struct ort_error *err)
{
	char path[ORT_PATH_MAX];
	int rc = ort_locate(o, PIECES_SCRIPT, err, path);

	if (rc < 0)
		return rc;
	rc = pieces_load(path, &p->pieces);
	if (rc < 0)
		ort_say(err, "%s holds no usable vocabulary: %s", path, strerror(-rc));
	return rc;
}

int hearing_open(struct ort *o, struct ort_error *err, struct hearing **ret_hearing)
{
	struct moonshine_pair *p = mem_zalloc(sizeof(*p));
	int rc;

	if (!p)
		return -ENOMEM;
	live_up(&live_hearing);
	p->hearing.ops = &pair_ops;
	rc = open_pieces(p, o, err);
	if (rc == 0)
		rc = moonshine_open(o, "moonshine/tiny", err, &p->quick);
	if (rc == 0)
		rc = moonshine_open(o, "moonshine/base", err, &p->full);
	if (rc < 0) {
		pair_close(&p->hearing);
		return rc;
	}
	*ret_hearing = &p->hearing;
	return 0;
}
