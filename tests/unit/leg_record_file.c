/* Recordings on disk: whole, and killed at any moment. */
#include <stdlib.h>
#include <unistd.h>

#include "leg/record_file.h"
#include "test.h"
#include "wire/wav.h"

#define TICK    160
#define TICK_US USEC_MS(20)
#define KILLS   60

static int temporary_file(void)
{
	char name[] = "/tmp/offhook-record-XXXXXX";
	int fd = mkstemp(name);

	CHECK(fd >= 0);
	unlink(name);
	return fd;
}

static size_t content(int fd, uint8_t *bytes, size_t size)
{
	ssize_t n = pread(fd, bytes, size, 0);

	CHECK(n >= 0);
	return n > 0 ? (size_t)n : 0;
}

static uint8_t bytes[1 << 20];

/* Our side counts its ticks: every sample says in which it was played. */
static void play(struct recorder *r, uint32_t tick)
{
	int16_t far[TICK];

	for (size_t i = 0; i < TICK; i++)
		far[i] = (int16_t)(tick * 10);
	recorder_far(r, tick * TICK_US, far, TICK);
}

TEST(record_file_plays_and_keeps_its_places)
{
	static const enum recorder_coding codings[] = {RECORDER_ULAW, RECORDER_PCM16};

	for (size_t i = 0; i < ARRAY_LEN(codings); i++) {
		struct record_file f;
		struct recorder *r;
		struct wav w;
		int16_t pcm;
		int fd = temporary_file();

		REQUIRE(recorder_new(codings[i], &r) == 0);
		REQUIRE(record_file_start(&f, r, fd, 0) == 0);
		for (uint32_t tick = 0; tick < 500;
		     tick++) { /* the writer sleeps in between: blocks are lost */
			play(r, tick);
			if (tick < 100 || tick > 450)
				CHECK_INT(record_file_write(&f, tick * TICK_US), 0);
		}
		recorder_finish(r);
		CHECK(recorder_lost(r) > 0);
		CHECK_INT(record_file_finish(&f), 0);
		REQUIRE(wav_parse(bytes, content(fd, bytes, sizeof(bytes)), &w) == 0);
		CHECK_INT(w.frames, 500 * TICK);
		CHECK_INT(w.channels, 2);
		for (uint32_t tick = 0; tick < 500; tick += 49) {
			CHECK(wav_read_channel(&w, 1, tick * TICK + 80, &pcm, 1) == 1);
			CHECK(pcm == 0 || abs(pcm - (int)tick * 10) <= (int)tick / 3 + 4);
			CHECK(tick >= 300 || pcm != 0 || tick == 0);
		}
		CHECK_INT(record_file_repair(fd), 0);
		recorder_free(r);
		close(fd);
	}
}

/* The process dies between any two bytes that reach the disk. Nothing older than a second is lost. */
TEST(record_file_survives_being_killed)
{
	uint32_t state = 11;

	for (int kill = 0; kill < KILLS; kill++) {
		int fd = temporary_file(), rc;
		uint32_t ticks, last_write = 0;
		struct record_file f;
		struct recorder *r;
		struct wav w;
		size_t n, cut;

		state = state * 1664525u + 1013904223u;
		ticks = 60 + (state >> 8) % 400;
		cut = (state >> 4) % 700;
		REQUIRE(recorder_new(RECORDER_ULAW, &r) == 0);
		REQUIRE(record_file_start(&f, r, fd, 0) == 0);
		for (uint32_t tick = 0; tick < ticks; tick++) {
			play(r, tick);
			if (tick % 10 != 9)
				continue;
			CHECK_INT(record_file_write(&f, tick * TICK_US), 0);
			last_write = tick;
		}
		n = content(fd, bytes, sizeof(bytes));
		cut = MIN(cut, n - WAV_HEADER_BYTES); /* the last write was cut short */
		CHECK_INT(ftruncate(fd, (off_t)(n - cut)), 0);
		rc = record_file_repair(fd);
		CHECK(rc == 0 || rc == 1);
		CHECK_INT(record_file_repair(fd), 0);
		REQUIRE(wav_parse(bytes, content(fd, bytes, sizeof(bytes)), &w) == 0);
		CHECK_INT(w.data + w.frames * 2 - bytes, (n - cut) / 2 * 2);
		CHECK((ticks - last_write) * TICK + RECORDER_DELAY + cut / 2 <= RECORDER_RATE_HZ);
		CHECK(w.frames + RECORDER_RATE_HZ >= (size_t)ticks * TICK);
		recorder_free(r);
		close(fd);
	}
}

TEST(record_file_repair_touches_nothing_foreign)
{
	int fd = temporary_file();

	CHECK_INT(record_file_repair(fd), -EBADMSG);
	CHECK_INT(pwrite(fd, "not a recording, but longer than a header of one", 48, 0), 48);
	CHECK_INT(record_file_repair(fd), -EBADMSG);
	close(fd);
	CHECK_INT(record_file_repair(fd), -EBADF);
}
