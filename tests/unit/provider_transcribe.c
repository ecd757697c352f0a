#include "provider/local/transcribe.h"

#include "test.h"

static int16_t pcm[30 * TRANSCRIBE_RATE_HZ];

/* A hum everywhere but in pcm[from..to). */
static void hum_but(size_t from, size_t to)
{
	for (size_t i = 0; i < ARRAY_LEN(pcm); i++)
		pcm[i] = i >= from && i < to ? 0 : (i & 8) ? 2000 : -2000;
}

TEST(transcribe_keeps_what_fits_in_one_part)
{
	hum_but(0, 0);
	CHECK_INT(transcribe_part(pcm, 0), 0);
	CHECK_INT(transcribe_part(pcm, 100), 100);
	CHECK_INT(transcribe_part(pcm, TRANSCRIBE_PART_MAX), TRANSCRIBE_PART_MAX);
}

TEST(transcribe_cuts_long_speech_where_it_is_quiet)
{
	size_t pause = 17 * TRANSCRIBE_RATE_HZ, cut;

	hum_but(pause, pause + 1600);
	cut = transcribe_part(pcm, ARRAY_LEN(pcm));
	CHECK(cut > pause && cut < pause + 1600);

	hum_but(2 * TRANSCRIBE_RATE_HZ, 3 * TRANSCRIBE_RATE_HZ); /* a pause too early to be of use */
	cut = transcribe_part(pcm, ARRAY_LEN(pcm));
	CHECK(cut >= TRANSCRIBE_PART_MAX / 2 && cut <= TRANSCRIBE_PART_MAX);
}

TEST(transcribe_refuses_endless_monologues)
{
	struct transcribe t = {0};
	struct buf b;

	buf_init(&b, 10);
	CHECK_INT(transcribe_run(&t, pcm, TRANSCRIBE_SAMPLES_MAX + 1, &b), -EMSGSIZE);
	CHECK_INT(transcribe_run(&t, pcm, 0, &b), 0);
	buf_fini(&b);
}
