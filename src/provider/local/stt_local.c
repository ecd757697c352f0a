#include "provider/local/stt_local.h"

#include <errno.h>
#include <string.h>

#include "base/live.h"
#include "base/mem.h"
#include "base/pool.h"
#include "provider/local/hearing.h"
#include "provider/local/transcribe.h"
#include "provider/stt/stt_takes.h"

#define PARTIAL_EVERY  (UTTERANCE_RATE_HZ / 2)
#define PARTIAL_SLOWER 10           /* long speech is read again less often */
#define PARTIAL_WAITS  USEC_MS(300) /* a worker that is free later than this reads the next one */

LIVE_DEFINE(stt_local_job);

struct stt_local {
	struct stt_takes takes;
	struct stt_local_config config;
	size_t unreported; /* samples fed */
};

/* A reading on the pool. It outlives its session when it runs as that closes. */
struct job {
	struct pool_job job;
	struct take_reading *reading; /* NULL = nobody waits for it */
	struct hearing *hearing;
	enum hearing_care care;
	size_t samples;
	atomic_bool stop;
	struct hearing_text out;
	int rc;
	int16_t pcm[];
};

static void run(struct pool_job *p)
{
	struct job *j = CONTAINER_OF(p, struct job, job);

	j->rc = hearing_run(j->hearing, j->care, j->pcm, j->samples, &j->stop, &j->out);
}

static void job_free(struct job *j)
{
	buf_fini(&j->out.text);
	live_down(&live_stt_local_job);
	mem_free(j);
}

static void done(struct pool_job *p, enum pool_end end)
{
	struct job *j = CONTAINER_OF(p, struct job, job);
	const struct take_text text = {
		.error = end == POOL_DONE ? j->rc : -ECANCELED,
		.text = buf_str(&j->out.text),
		.confidence = j->out.confidence,
	};

	if (j->reading)
		take_read(j->reading, &text);
	job_free(j);
}

static void set_urgency(struct job *j, enum take_care care, usec now)
{
	static const enum pool_class classes[] = {
		[TAKE_QUICK] = POOL_BACKGROUND,
		[TAKE_PART] = POOL_NORMAL,
		[TAKE_FULL] = POOL_URGENT,
	};

	j->care = care == TAKE_QUICK ? HEARING_QUICK : HEARING_FULL;
	j->job.class = classes[care];
	j->job.deadline = care == TAKE_QUICK ? now + PARTIAL_WAITS : USEC_NEVER;
}

/* Reads a copy: the audio grows and moves meanwhile. */
static int start(const struct take_reader *reader, struct take_reading *r, const int16_t *pcm)
{
	const struct stt_local *l = CONTAINER_OF(reader, struct stt_local, takes.reader);
	struct job *j = mem_zalloc(sizeof(*j) + r->samples * sizeof(*pcm));
	int rc;

	if (!j)
		return -ENOMEM;
	live_up(&live_stt_local_job);
	memcpy(j->pcm, pcm, r->samples * sizeof(*pcm));
	j->reading = r;
	j->hearing = l->config.hearing;
	j->samples = r->samples;
	j->out.confidence = -1;
	j->job.run = run;
	j->job.done = done;
	buf_init(&j->out.text, STT_TEXT_MAX);
	set_urgency(j, r->care, r->asked);
	rc = pool_submit(l->config.port, &j->job);
	if (rc < 0)
		job_free(j);
	else
		r->work = j;
	return rc;
}

static void stop(const struct take_reader *reader, struct take_reading *r)
{
	struct job *j = r->work;

	j->reading = NULL;
	atomic_store(&j->stop, true);
	pool_cancel(&j->job);
}

static int local_open(struct stt *s, const void *config, const struct stt_params *params)
{
	struct stt_local *l = CONTAINER_OF(s, struct stt_local, takes.stt);

	l->config = *(const struct stt_local_config *)config;
	l->takes.reader = (struct take_reader){
		.part_max = TRANSCRIBE_PART_MAX,
		.partial_every = PARTIAL_EVERY,
		.partial_slower = PARTIAL_SLOWER,
		.start = start,
		.stop = stop,
	};
	stt_takes_open(&l->takes, params);
	return 0;
}

/* It costs nothing but processors, which somebody counts. */
static void report(struct stt *s, enum usage_end end)
{
	struct stt_local *l = CONTAINER_OF(s, struct stt_local, takes.stt);
	struct usage u = {.kind = USAGE_STT,
			  .end = end,
			  .service = STR("local"),
			  .type = STR("local"),
			  .model = STR("moonshine"),
			  .work = s->utterance};

	u.amount[USAGE_AUDIO_IN] = (uint64_t)l->unreported * USEC_SEC(1) / STT_RATE_HZ;
	if (l->unreported > 0)
		usage_tell(&s->usage, &u);
	l->unreported = 0;
}

static int local_feed(struct stt *s, usec at, const int16_t *pcm, size_t samples)
{
	int rc = stt_takes_feed(s, at, pcm, samples);

	if (rc == 0)
		CONTAINER_OF(s, struct stt_local, takes.stt)->unreported += samples;
	return rc;
}

static int local_finish(struct stt *s, usec until)
{
	int rc = stt_takes_finish(s, until);

	if (rc == 0)
		report(s, USAGE_DONE);
	return rc;
}

static void local_cancel(struct stt *s)
{
	report(s, USAGE_CANCELLED);
	stt_takes_cancel(s);
}

static void local_close(struct stt *s)
{
	report(s, USAGE_CANCELLED);
	stt_takes_close(s);
}

const struct stt_ops stt_local_ops = {
	.name = "local",
	.can = STT_PARTIALS | STT_LIKELY | STT_LOCAL,
	.state_size = sizeof(struct stt_local),
	.open = local_open,
	.feed = local_feed,
	.speech = stt_takes_speech,
	.finish = local_finish,
	.cancel = local_cancel,
	.close = local_close,
};
