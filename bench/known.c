/*
 * known.c - the sentences that callers may say, for a recogniser that is to know them by their sound
 *
 * Writes each prompt of corpus_sentences to DIR as NAME.wav, and beside it
 * NAME.wav.words with a line `START_MS END_MS WORD` for each of its words, as
 * tests/vendors wants them. Where in the sound a word lies is reckoned from its
 * letters, as if all lasted equally long: a stretch of sound has that name, and
 * who has not heard the stretch does not know the word.
 *
 *   known DIR
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/rehearsal/caller_sound.h"
#include "bench/corpus.h"
#include "wire/wav.h"

#define RATE_HZ       8000
#define QUIET_SAMPLES 1600 /* behind the last word, so that it is over before its recording is */
#define PATH_LEN      512

static FILE *create(const char *dir, struct str name, const char *ending)
{
	char path[PATH_LEN];
	int n = snprintf(path, sizeof(path), "%s/" STR_FMT "%s", dir, STR_ARG(name), ending);

	for (char *c = path + strlen(dir) + 1; n < (int)sizeof(path) && *c; c++)
		if (*c == '/')
			*c = '-';
	return n < (int)sizeof(path) ? fopen(path, "we") : NULL;
}

static bool write_sound(FILE *f, const struct corpus_prompt *p)
{
	static const int16_t quiet[QUIET_SAMPLES];
	uint8_t head[WAV_HEADER_BYTES];

	wav_print_header(WAV_PCM, RATE_HZ, 1, (p->samples + QUIET_SAMPLES) * sizeof(quiet[0]), head);
	return fwrite(head, 1, sizeof(head), f) == sizeof(head) &&
	       fwrite(p->pcm, sizeof(p->pcm[0]), p->samples, f) == p->samples &&
	       fwrite(quiet, sizeof(quiet[0]), QUIET_SAMPLES, f) == QUIET_SAMPLES;
}

static size_t letters(struct str text)
{
	size_t n = 0;
	struct str word;

	while (!str_empty(word = str_word(&text)))
		n += word.n;
	return n;
}

static bool write_words(FILE *f, const struct corpus_prompt *p)
{
	size_t first = caller_sound_first(p->pcm, p->samples), all = letters(p->text), n = 0;
	size_t span = caller_sound_end(p->pcm, p->samples) - first;
	struct str rest = p->text, word;

	while (!str_empty(word = str_word(&rest))) {
		size_t from = first + span * n / all, to = first + span * (n + word.n) / all;

		n += word.n;
		if (fprintf(f, "%zu %zu " STR_FMT "\n", from * 1000 / RATE_HZ, to * 1000 / RATE_HZ,
			    STR_ARG(word)) < 0)
			return false;
	}
	return true;
}

static int write_file(const char *dir, const struct corpus_prompt *p, const char *ending,
		      bool (*write)(FILE *f, const struct corpus_prompt *p))
{
	FILE *f = create(dir, p->name, ending);
	bool good;

	if (!f)
		return -EIO;
	good = write(f, p);
	return fclose(f) == 0 && good ? 0 : -EIO;
}

int main(int argc, char **argv)
{
	struct corpus c;
	int rc;

	if (argc != 2) {
		fprintf(stderr, "usage: known DIR\n");
		return 2;
	}
	rc = corpus_read(&c, CORPUS_SOUNDS, CORPUS_WORDING, &corpus_sentences);
	if (rc < 0)
		fprintf(stderr, "known: %s\n", c.error);
	for (size_t i = 0; rc == 0 && i < c.count; i++) {
		rc = write_file(argv[1], &c.prompts[i], ".wav", write_sound);
		if (rc == 0)
			rc = write_file(argv[1], &c.prompts[i], ".wav.words", write_words);
		if (rc < 0)
			fprintf(stderr, "known: " STR_FMT " cannot be written to %s\n",
				STR_ARG(c.prompts[i].name), argv[1]);
	}
	corpus_fini(&c);
	return rc < 0;
}
