#include "app/keeper.h"

#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "media/recorder.h"

#define MESSAGE_BYTES 2048

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

static void add_moment(struct json_out *w, const char *name, usec at, const char *form)
{
	time_t t = (time_t)(at / USEC_SEC(1));
	char text[48];
	struct tm tm;

	localtime_r(&t, &tm);
	strftime(text, sizeof(text), form, &tm);
	json_str(w, name, str_from(text));
}

/* One line for whoever calls back: who it was, and where to listen. */
static void message_left(void *arg, struct call *c, const struct call_message *m)
{
	usec now = clock_unix(), recorded = now - (loop_now(c->p.services->loop) - c->recorded);
	struct json_out w;
	struct buf line;

	log_info("a caller left a message", log_text("call", c->id), log_str("caller", c->leg->info.caller),
		 log_usec("length", m->length));
	buf_init(&line, MESSAGE_BYTES);
	json_begin(&w, &line);
	json_map(&w, NULL);
	add_moment(&w, "at", now, "%Y-%m-%dT%H:%M:%S%z");
	json_str(&w, "caller", c->leg->info.caller);
	json_str(&w, "called", c->leg->info.called);
	json_str(&w, "tenant", c->p.agent->tenant);
	json_str(&w, "agent", c->p.agent->name);
	json_str(&w, "call", str_from(c->id));
	add_moment(&w, "day", recorded, "%Y-%m-%d"); /* the folder of recording and trail */
	json_int(&w, "from_ms", m->from / USEC_MS(1));
	json_int(&w, "length_ms", m->length / USEC_MS(1));
	json_end(&w);
	buf_add_char(&line, '\n');
	if (!line.error)
		writer_note(arg, buf_str(&line));
	buf_fini(&line);
}

struct call_keeper keeper_of(struct writer *w)
{
	return (struct call_keeper){
		.trail_open = trail_open,
		.trail_close = trail_close,
		.record_start = record_start,
		.message_left = message_left,
		.arg = w,
	};
}
