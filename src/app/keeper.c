#include "app/keeper.h"

#include "base/log.h"
#include "base/mem.h"
#include "media/recorder.h"

/* A call's trail, or its recording, which may outlive the call. */
struct kept {
	struct writer *writer;
	uint64_t handle;
};

static void line(void *arg, struct str text)
{
	struct kept *k = arg;

	if (k)
		writer_line(k->writer, k->handle, text);
}

static struct trail_sink trail_open(void *arg, struct call *c)
{
	struct kept *k = mem_zalloc(sizeof(*k));

	if (k) {
		*k = (struct kept){arg, writer_new_handle(arg)};
		writer_open(k->writer, k->handle, str_from(c->id));
	}
	return (struct trail_sink){line, k};
}

static void trail_close(void *arg, struct call *c, struct trail_sink *sink)
{
	struct kept *k = sink->arg;

	(void)c;
	if (k)
		writer_close(arg, k->handle);
	sink->arg = mem_free(k);
}

static void on_recorded(void *arg, struct recorder *r)
{
	struct kept *rec = arg;

	writer_recorded(rec->writer, rec->handle, r);
	mem_free(rec);
}

static void record_start(void *arg, struct call *c)
{
	struct kept *rec = mem_zalloc(sizeof(*rec));
	struct leg_recording way = {.on_recorded = on_recorded, .arg = rec};

	if (!rec || recorder_new(RECORDER_ULAW, &way.r) < 0) {
		log_error("no memory to record", log_text("call", c->id));
		mem_free(rec);
		return;
	}
	*rec = (struct kept){arg, writer_new_handle(arg)};
	writer_record(arg, rec->handle, str_from(c->id), way.r);
	leg_record(c->leg, &way);
}

struct call_keeper keeper_of(struct writer *w)
{
	return (struct call_keeper){
		.trail_open = trail_open,
		.trail_close = trail_close,
		.record_start = record_start,
		.arg = w,
	};
}
