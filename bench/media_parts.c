/*
 * media_parts.c - what each part of the media plane costs a frame of 20 ms
 *
 * One thread, warm caches, no sockets: nanoseconds of processor time, the best
 * of several rounds. The whole, with its sockets and cold caches, is media.c.
 *
 *   media_parts
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "media/conceal.h"
#include "media/echo.h"
#include "media/frame.h"
#include "media/g711.h"
#include "media/gate.h"
#include "media/playout.h"
#include "media/recorder.h"
#include "media/reorder.h"
#include "media/resample.h"
#include "media/resample_kernel.h"
#include "media/tone.h"

#define FRAMES 20000
#define ROUNDS 5

static struct {
	int16_t pcm[FRAME_SAMPLES_MAX], out[2 * FRAME_SAMPLES_MAX];
	uint8_t bytes[FRAME_SAMPLES_8K];
	struct resample resample;
	struct gate gate;
	struct echo echo;
	struct conceal conceal;
	struct playout playout;
	struct reorder reorder;
	struct recorder *recorder;
	uint32_t n;
} x;

static void encode(void)
{
	g711_ulaw_encode(x.pcm, FRAME_SAMPLES_8K, x.bytes);
}

static void decode(void)
{
	g711_ulaw_decode(x.bytes, FRAME_SAMPLES_8K, x.out);
}

static void up(void)
{
	x.n += (uint32_t)resample_push(&x.resample, x.pcm, FRAME_SAMPLES_8K, x.out);
}

static void down(void)
{
	x.n += (uint32_t)resample_push(&x.resample, x.pcm, 480, x.out);
}

static void gate(void)
{
	x.n += gate_frame(&x.gate, x.pcm, FRAME_SAMPLES_8K);
}

static void echo(void)
{
	echo_far(&x.echo, x.pcm, FRAME_SAMPLES_8K);
	x.n += echo_near(&x.echo, x.pcm + 1, FRAME_SAMPLES_8K);
}

static void conceal(void)
{
	conceal_good(&x.conceal, x.pcm, FRAME_SAMPLES_8K);
}

static void lost(void)
{
	x.conceal.lost_samples = 0;
	conceal_lost(&x.conceal, x.out, FRAME_SAMPLES_8K);
}

static void playout(void)
{
	struct playout_report reports[PLAYOUT_REPORTS_MAX];

	x.n += (uint32_t)playout_push(&x.playout, 1, x.pcm, FRAME_SAMPLES_8K);
	x.n += (uint32_t)playout_pull(&x.playout, x.out, FRAME_SAMPLES_8K, reports);
}

static void reorder(void)
{
	const struct reorder_packet *p;

	x.n++;
	x.n += (uint32_t)reorder_push(&x.reorder, (uint16_t)x.n, x.n * FRAME_SAMPLES_8K, x.bytes,
				      sizeof(x.bytes), 0);
	(void)reorder_pull(&x.reorder, 0, &p);
}

static void record(void)
{
	struct recorder_block b;
	usec now = (usec)x.n++ * FRAME_USEC;

	recorder_far(x.recorder, now, x.pcm, FRAME_SAMPLES_8K);
	recorder_near(x.recorder, now + FRAME_USEC, x.n * FRAME_SAMPLES_8K, x.pcm, FRAME_SAMPLES_8K);
	while (recorder_peek(x.recorder, &b))
		recorder_release(x.recorder);
}

static void time_it(const char *what, void (*part)(void))
{
	usec best = USEC_NEVER;

	for (int round = 0; round < ROUNDS; round++) {
		usec begin = clock_cpu();

		for (int i = 0; i < FRAMES; i++)
			part();
		begin = clock_cpu() - begin;
		best = MIN(best, begin);
	}
	printf("%-34s %7.0f ns\n", what, (double)best * 1000 / FRAMES);
}

static void time_resampling(void)
{
	for (size_t i = 0; resample_kernel_at(i); i++) {
		const struct resample_kernel *k = resample_kernel_at(i);
		char what[64];

		if (!k->usable())
			continue;
		resample_use(k);
		snprintf(what, sizeof(what), "resample 8 -> 16 kHz, %s", k->name);
		if (resample_init(&x.resample, 8000, 16000) == 0)
			time_it(what, up);
		snprintf(what, sizeof(what), "resample 24 -> 8 kHz, %s", k->name);
		if (resample_init(&x.resample, 24000, 8000) == 0)
			time_it(what, down);
	}
}

int main(void)
{
	struct tone t;

	tone_init(&t, 8000, 440, 1000, 8000);
	tone_pull(&t, x.pcm, FRAME_SAMPLES_MAX);
	gate_init(&x.gate);
	echo_init(&x.echo);
	playout_init(&x.playout);
	if (recorder_new(RECORDER_ULAW, &x.recorder) < 0)
		return 1;
	time_it("mu-law encode", encode);
	time_it("mu-law decode", decode);
	time_it("reorder, in order", reorder);
	time_it("conceal, good frame", conceal);
	time_it("conceal, first lost frame", lost);
	time_it("energy gate", gate);
	time_it("echo judge, while we speak", echo);
	time_it("playout", playout);
	time_it("recorder, both sides", record);
	time_resampling();
	recorder_free(x.recorder);
	return 0;
}
