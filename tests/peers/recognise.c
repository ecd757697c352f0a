/*
 * recognise.c - what is said in one channel of a recording, for tests
 *
 *   recognise MODELS FILE.wav CHANNEL    prints the text; 8 kHz, at most three minutes, channels count from 1
 *
 * A recogniser that is given a sentence in the midst of seconds of silence returns nothing for one such
 * recording in ten, depending on where the sentence lies. So what stands out is cut from what is quiet and
 * read by itself, as in a call; what has sound and no words is tried again with more quiet around it. A
 * channel without any sound is a failure with words of its own.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/gate.h"
#include "provider/local/moonshine.h"
#include "provider/local/ort.h"
#include "provider/local/pieces.h"
#include "provider/local/transcribe.h"
#include "wire/wav.h"

#define FILE_BYTES_MAX (16u * 1024 * 1024)
#define TEXT_MAX       16384
#define MS             ((size_t)TRANSCRIBE_RATE_HZ / 1000) /* samples */
#define FRAME          (20 * MS)
#define PAUSE          (1000 * MS) /* shorter ones are inside a sentence */
#define MARGIN         (300 * MS)  /* of quiet around what is read, and so much more at each try */
#define TRIES          4
#define SOUND          (100.0f * 100.0f) /* mean square: 50 dB below the loudest there is */
#define BELOW_LOUDEST  1000.0f           /* 30 dB: what is softer than that is not words */

struct sound {
	int16_t pcm[TRANSCRIBE_SAMPLES_MAX];
	size_t n;
	float threshold; /* mean square of a frame */
};

struct span {
	size_t from, to;
};

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "recognise: %s: %s\n", what, why);
	return 1;
}

static int read_sound(const char *path, unsigned channel, struct sound *s)
{
	cleanup(mem_freep) uint8_t *bytes = mem_alloc(FILE_BYTES_MAX);
	FILE *f = fopen(path, "re");
	struct wav wav;
	size_t size;

	if (!bytes || !f)
		return fail(path, "cannot be read");
	size = fread(bytes, 1, FILE_BYTES_MAX, f);
	fclose(f);
	if (wav_parse(bytes, size, &wav) < 0 || wav.rate_hz != TRANSCRIBE_RATE_HZ || channel >= wav.channels)
		return fail(path, "no recording at 8 kHz with such a channel");
	s->n = wav_read_channel(&wav, channel, 0, s->pcm, TRANSCRIBE_SAMPLES_MAX);
	return 0;
}

/* Returns false for a channel in which nothing can be heard. */
static bool find_threshold(struct sound *s)
{
	float loudest = 0;

	for (size_t at = 0; at + FRAME <= s->n; at += FRAME)
		loudest = MAX(loudest, gate_energy(s->pcm + at, FRAME));
	s->threshold = loudest / BELOW_LOUDEST;
	return loudest >= SOUND;
}

/* The first sentence from sp->to on: what stands out, with its short pauses. Returns false after the last. */
static bool next_span(const struct sound *s, struct span *sp)
{
	size_t begin = 0, end = 0;

	for (size_t at = sp->to; at + FRAME <= s->n && (end == 0 || at - end < PAUSE); at += FRAME) {
		if (gate_energy(s->pcm + at, FRAME) < s->threshold)
			continue;
		if (end == 0)
			begin = at;
		end = at + FRAME;
	}
	*sp = (struct span){begin, end};
	return end > 0;
}

static int read_span(const struct transcribe *t, const struct sound *s, struct span sp, struct buf *text)
{
	size_t before = text->n;

	for (size_t try = 1; try <= TRIES && text->n == before; try++) {
		size_t from = sp.from - MIN(sp.from, try * MARGIN);
		size_t to = MIN(s->n, sp.to + try * MARGIN);
		int rc = transcribe_run(t, s->pcm + from, to - from, text);

		if (rc < 0)
			return rc;
	}
	buf_add_char(text, ' ');
	return text->error;
}

static int print_text(struct moonshine *model, const struct pieces *pieces, const struct sound *s)
{
	struct ort_error err = {0};
	struct transcribe t = {.model = model, .pieces = pieces, .err = &err};
	struct span sp = {0};
	struct buf text;
	int rc = 0;

	buf_init(&text, TEXT_MAX);
	while (rc == 0 && next_span(s, &sp))
		rc = read_span(&t, s, sp, &text);
	if (rc == 0)
		printf(STR_FMT "\n", STR_ARG(buf_str(&text)));
	buf_fini(&text);
	return rc < 0 ? fail("recognition", err.text[0] ? err.text : strerror(-rc)) : 0;
}

int main(int argc, char **argv)
{
	static struct sound s;
	struct ort_error err = {0};
	struct moonshine *model;
	struct pieces *pieces;
	char path[ORT_PATH_MAX];
	struct ort *ort;
	int status;

	if (argc != 4)
		return fail("usage", "recognise MODELS FILE.wav CHANNEL");
	if (read_sound(argv[2], (unsigned)strtoul(argv[3], NULL, 10) - 1, &s))
		return 1;
	if (!find_threshold(&s))
		return fail(argv[2], "nothing can be heard in this channel");
	snprintf(path, sizeof(path), "%s/" PIECES_SCRIPT, argv[1]);
	if (ort_open(argv[1], &err, &ort) < 0 || moonshine_open(ort, "moonshine/base", &err, &model) < 0)
		return fail(argv[1], err.text);
	if (pieces_load(path, &pieces) < 0)
		return fail(path, "cannot be read");
	status = print_text(model, pieces, &s);
	pieces_free(pieces);
	moonshine_close(model);
	ort_close(ort);
	return status;
}
