#include "bench/corpus.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/rehearsal/wer.h"
#include "wire/wav.h"

#define RATE_HZ     8000
#define ARENA_MAX   (256 * 1024 * 1024)
#define WORDING_MAX (4 * 1024 * 1024)
#define SOUND_MAX   (8 * 1024 * 1024)
#define PATH_LEN    512

#define BEGINNING_WORDS 3

const struct corpus_filter corpus_sentences = {
	.words_min = 4, .longest = USEC_MS(4000), .sentences = true, .most = 60};

static int fail(struct corpus *c, int rc, const char *what, const char *package)
{
	snprintf(c->error, sizeof(c->error), "%s: %s (Debian package %s)", what, strerror(-rc), package);
	return rc;
}

static int read_stream(FILE *f, struct buf *out)
{
	char part[65536];
	size_t n;

	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(out, part, n);
	return ferror(f) ? -EIO : out->error;
}

static int read_file(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "rbe");
	int rc;

	if (!f)
		return -errno;
	rc = read_stream(f, out);
	fclose(f);
	return rc;
}

static int read_packed(const char *path, struct buf *out)
{
	char command[PATH_LEN + 20];
	FILE *f;
	int rc;

	snprintf(command, sizeof(command), "gzip -dc '%s'", path);
	f = popen(command, "re");
	if (!f)
		return -errno;
	rc = read_stream(f, out);
	return pclose(f) != 0 && rc == 0 ? -ENOENT : rc;
}

void corpus_said(struct str text, struct buf *out)
{
	static const char open[] = "[(<", close[] = "])>";
	int depth = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (memchr(open, text.p[i], sizeof(open) - 1))
			depth++;
		if (depth == 0)
			buf_add_char(out, text.p[i]);
		if (memchr(close, text.p[i], sizeof(close) - 1) && depth > 0)
			depth--;
	}
}

/* As they are scored: "... for ..." is one word. */
static size_t count_words(struct str text)
{
	struct buf plain;
	struct str rest;
	size_t n = 0;

	buf_init(&plain, WORDING_MAX);
	wer_normalise(text, &plain);
	rest = buf_str(&plain);
	while (!str_empty(str_word(&rest)))
		n++;
	buf_fini(&plain);
	return n;
}

static bool is_sentence(struct str text)
{
	static const char marks[] = ".?!:";

	if (text.n < 2 || text.p[0] < 'A' || text.p[0] > 'Z' || !strchr(marks, text.p[text.n - 1]))
		return false;
	for (size_t i = 0; i + 1 < text.n; i++)
		if (strchr(marks, text.p[i]))
			return false;
	return true;
}

/* The first words: some prompts share them to the last sample. */
static struct str beginning(struct str text)
{
	struct str rest = text;

	for (int i = 0; i < BEGINNING_WORDS; i++)
		(void)str_word(&rest);
	return str_sub(text, 0, text.n - rest.n);
}

static bool is_new(const struct corpus *c, struct str text)
{
	for (size_t i = 0; i < c->count; i++)
		if (str_eq(beginning(c->prompts[i].text), beginning(text)))
			return false;
	return true;
}

static bool may_pass(const struct corpus *c, struct str said, const struct corpus_filter *filter)
{
	if (count_words(said) < filter->words_min)
		return false;
	return !filter->sentences || (is_sentence(said) && is_new(c, said));
}

static int read_sound(struct corpus *c, struct str file, struct corpus_prompt *p)
{
	struct wav wav;
	int rc = wav_parse((const uint8_t *)file.p, file.n, &wav);

	if (rc < 0)
		return rc;
	if (wav.rate_hz != RATE_HZ)
		return -ENOTSUP;
	p->pcm = ARENA_ARRAY(&c->arena, int16_t, wav.frames + 1);
	if (!p->pcm)
		return -ENOMEM;
	p->samples = wav_read_mono(&wav, 0, p->pcm, wav.frames);
	return 0;
}

/* Adds the prompt of a line if it passes. Returns 0 also when it does not. */
static int add_line(struct corpus *c, const char *dir, struct str line, const struct corpus_filter *filter)
{
	struct str text = line, name = str_cut(&text, ':');
	struct corpus_prompt *p = &c->prompts[c->count];
	char path[PATH_LEN];
	struct buf said, file;
	int rc;

	buf_init(&said, WORDING_MAX);
	buf_init(&file, SOUND_MAX);
	corpus_said(text, &said);
	snprintf(path, sizeof(path), "%s/" STR_FMT ".wav", dir, STR_ARG(name));
	rc = said.error;
	if (rc == 0 && may_pass(c, str_trim(buf_str(&said)), filter) && read_file(path, &file) == 0) {
		p->name = arena_str(&c->arena, name);
		p->text = arena_str(&c->arena, str_trim(buf_str(&said)));
		rc = p->name.p && p->text.p ? read_sound(c, buf_str(&file), p) : -ENOMEM;
		if (rc == 0 && (usec)p->samples * USEC_SEC(1) / RATE_HZ <= filter->longest)
			c->count++;
	}
	buf_fini(&said);
	buf_fini(&file);
	return rc;
}

static int add_lines(struct corpus *c, const char *dir, struct str wording,
		     const struct corpus_filter *filter)
{
	size_t most = filter->most > 0 ? filter->most : CORPUS_MAX;

	while (!str_empty(wording) && c->count < most) {
		struct str line = str_cut(&wording, '\n');
		int rc = line.n == 0 || line.p[0] == ';' ? 0 : add_line(c, dir, line, filter);

		if (rc < 0)
			return fail(c, rc, dir, "asterisk-core-sounds-en-wav");
	}
	return c->count > 0 ? 0 : fail(c, -ENOENT, dir, "asterisk-core-sounds-en-wav");
}

int corpus_read(struct corpus *c, const char *sounds_dir, const char *wording,
		const struct corpus_filter *filter)
{
	struct str path = str_from(wording);
	struct buf text;
	int rc;

	*c = (struct corpus){0};
	arena_init(&c->arena, ARENA_MAX);
	buf_init(&text, WORDING_MAX);
	rc = str_ends(path, STR(".gz")) ? read_packed(wording, &text) : read_file(wording, &text);
	c->prompts = ARENA_ARRAY(&c->arena, struct corpus_prompt, CORPUS_MAX);
	if (rc == 0 && !c->prompts)
		rc = -ENOMEM;
	rc = rc < 0 ? fail(c, rc, wording, "asterisk-core-sounds-en")
		    : add_lines(c, sounds_dir, buf_str(&text), filter);
	buf_fini(&text);
	return rc;
}

void corpus_fini(struct corpus *c)
{
	arena_fini(&c->arena);
	c->count = 0;
}
