/*
 * recognise.c - what is said in a recording, for tests
 *
 *   recognise MODELS FILE.wav    prints the text; the file is at 8 kHz, at most three minutes
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "provider/local/moonshine.h"
#include "provider/local/ort.h"
#include "provider/local/pieces.h"
#include "provider/local/transcribe.h"
#include "wire/wav.h"

#define FILE_BYTES_MAX (16u * 1024 * 1024)
#define TEXT_MAX       16384

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "recognise: %s: %s\n", what, why);
	return 1;
}

static size_t read_sound(const char *path, int16_t *pcm, size_t n)
{
	cleanup(mem_freep) uint8_t *bytes = mem_alloc(FILE_BYTES_MAX);
	FILE *f = fopen(path, "re");
	struct wav wav;
	size_t size;

	if (!bytes || !f)
		return 0;
	size = fread(bytes, 1, FILE_BYTES_MAX, f);
	fclose(f);
	if (wav_parse(bytes, size, &wav) < 0 || wav.rate_hz != TRANSCRIBE_RATE_HZ)
		return 0;
	return wav_read_mono(&wav, 0, pcm, n);
}

static int print_text(struct moonshine *model, const struct pieces *pieces, const int16_t *pcm, size_t n)
{
	struct ort_error err = {0};
	struct transcribe t = {.model = model, .pieces = pieces, .err = &err};
	struct buf text;
	int rc;

	buf_init(&text, TEXT_MAX);
	rc = transcribe_run(&t, pcm, n, &text);
	if (rc == 0)
		printf(STR_FMT "\n", STR_ARG(buf_str(&text)));
	buf_fini(&text);
	return rc < 0 ? fail("recognition", err.text[0] ? err.text : strerror(-rc)) : 0;
}

int main(int argc, char **argv)
{
	static int16_t pcm[TRANSCRIBE_SAMPLES_MAX];
	struct ort_error err = {0};
	struct moonshine *model;
	struct pieces *pieces;
	char path[ORT_PATH_MAX];
	struct ort *ort;
	size_t n;
	int status;

	if (argc != 3)
		return fail("usage", "recognise MODELS FILE.wav");
	n = read_sound(argv[2], pcm, TRANSCRIBE_SAMPLES_MAX);
	if (n == 0)
		return fail(argv[2], "no recording at 8 kHz");
	snprintf(path, sizeof(path), "%s/" PIECES_SCRIPT, argv[1]);
	if (ort_open(argv[1], &err, &ort) < 0 || moonshine_open(ort, "moonshine/base", &err, &model) < 0)
		return fail(argv[1], err.text);
	if (pieces_load(path, &pieces) < 0)
		return fail(path, "cannot be read");
	status = print_text(model, pieces, pcm, n);
	pieces_free(pieces);
	moonshine_close(model);
	ort_close(ort);
	return status;
}
