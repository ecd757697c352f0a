/*
 * silence.c - how long nobody was to be heard, and how the calls ended
 *
 * For every call of a measurement: the longest stretch of its recording in which
 * neither side is audible, and its disposition. A stretch that is longer than
 * allowed is told with its place, so that the trail can be asked why.
 *
 *   silence DIR [MS]     MS: 4000
 *
 * Ends with 1 when a call has no disposition or no recording, or was silent for longer.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/rehearsal/caller_sound.h"
#include "app/rehearsal/rehearse_report.h"
#include "app/trail_summary.h"
#include "bench/recorded.h"

#define CALLS_MAX        4096
#define OUTCOMES_MAX     32
#define OUTCOME_BYTES    64
#define ARENA_MAX        (4u * 1024 * 1024) /* of one call's trail */
#define LINE_BYTES       (64 * 1024)
#define PATH_BYTES       512
#define LIMIT_MS_DEFAULT 4000

struct outcome {
	char name[OUTCOME_BYTES];
	size_t count;
};

struct silences {
	usec limit;
	usec longest[CALLS_MAX];
	size_t count, too_long, unended, unanswered, broken;
	struct outcome outcomes[OUTCOMES_MAX];
	size_t outcome_count;
};

/* ---- one call ---- */

static bool is_still(const struct recorded *r, size_t at)
{
	return abs(r->caller[at]) < CALLER_AUDIBLE && abs(r->agent[at]) < CALLER_AUDIBLE;
}

/* In samples; *ret_at is where it begins. */
static size_t longest_silence(const struct recorded *r, size_t *ret_at)
{
	size_t longest = 0, since = 0;

	*ret_at = 0;
	for (size_t i = 0; i <= r->samples; i++) {
		if (i < r->samples && is_still(r, i))
			continue;
		if (i - since > longest) {
			longest = i - since;
			*ret_at = since;
		}
		since = i + 1;
	}
	return longest;
}

static int judge_recording(struct silences *s, const struct trail_summary *trail, const char *path)
{
	struct recorded r;
	int rc = recorded_read(&r, path);
	size_t samples, at;

	if (rc < 0)
		return rc;
	samples = longest_silence(&r, &at);
	recorded_fini(&r);
	s->longest[s->count - 1] = recorded_span(samples);
	if (recorded_span(samples) <= s->limit)
		return 0;
	s->too_long++;
	printf("  " STR_FMT ": nobody is heard for %.2f s from %.2f s on\n", STR_ARG(trail->call),
	       (double)recorded_span(samples) / 1e6, (double)(recorded_span(at) + trail->answered) / 1e6);
	return 0;
}

static void count_outcome(struct silences *s, struct str name)
{
	size_t i = 0;

	while (i < s->outcome_count && !str_eq(name, str_from(s->outcomes[i].name)))
		i++;
	if (i == OUTCOMES_MAX)
		return;
	if (i == s->outcome_count)
		str_copy(name, s->outcomes[s->outcome_count++].name, OUTCOME_BYTES);
	s->outcomes[i].count++;
}

static int judge_call(struct silences *s, const struct trail_summary *trail, const char *path)
{
	char wav[PATH_BYTES];
	int rc;

	if (s->count == CALLS_MAX)
		return -E2BIG;
	s->count++;
	if (!trail->ended || str_empty(trail->outcome)) {
		s->unended++;
		printf("  %s: it has no end\n", path);
	}
	count_outcome(s, trail->outcome);
	if (trail->ended && trail->answered == 0) { /* there was no line to be silent on */
		s->unanswered++;
		return 0;
	}
	snprintf(wav, sizeof(wav), "%.*s.wav", (int)(strlen(path) - strlen(".jsonl")), path);
	rc = judge_recording(s, trail, wav);
	if (rc < 0 && rc != -ENOMEM) {
		s->broken++;
		printf("  %s: %s\n", wav, strerror(-rc));
		return 0;
	}
	return rc;
}

/* ---- all of them ---- */

static int read_trail(struct silences *s, const char *path)
{
	static char line[LINE_BYTES];
	struct trail_summary trail;
	struct arena arena;
	FILE *f = fopen(path, "re");
	int rc = 0;

	if (!f)
		return -errno;
	arena_init(&arena, ARENA_MAX);
	trail_summary_init(&trail, &arena);
	while (rc != -ENOMEM && fgets(line, sizeof(line), f))
		rc = trail_summary_line(&trail, str_trim(str_from(line)));
	fclose(f);
	rc = rc == -ENOMEM ? rc : judge_call(s, &trail, path);
	arena_fini(&arena);
	return rc;
}

/* Calls `take` with each path in dir that ends so. */
static int each_file(struct silences *s, const char *dir, struct str ending,
		     int (*take)(struct silences *s, const char *path))
{
	char path[PATH_BYTES];
	struct dirent *e;
	DIR *d = opendir(dir);
	int rc = 0;

	if (!d)
		return -errno;
	while (rc == 0 && (e = readdir(d)))
		if (e->d_name[0] != '.' && str_ends(str_from(e->d_name), ending) &&
		    snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) < (int)sizeof(path))
			rc = take(s, path);
	closedir(d);
	return rc;
}

static int read_day(struct silences *s, const char *path)
{
	return each_file(s, path, STR(".jsonl"), read_trail);
}

static void print(struct silences *s)
{
	struct rehearse_percentiles p = rehearse_report_percentiles(s->longest, s->count);
	usec most = 0;

	for (size_t i = 0; i < s->count; i++)
		most = MAX(most, s->longest[i]);
	printf("%zu calls, %zu without an end, %zu never answered, %zu without a recording\n", s->count,
	       s->unended, s->unanswered, s->broken);
	for (size_t i = 0; i < s->outcome_count; i++)
		printf("  %-38s %5zu\n", s->outcomes[i].name, s->outcomes[i].count);
	printf("longest silence of a call   p50 %.2f   p95 %.2f   p99 %.2f   most %.2f s; %zu over %.1f s\n",
	       (double)p.p50 / 1e6, (double)p.p95 / 1e6, (double)p.p99 / 1e6, (double)most / 1e6, s->too_long,
	       (double)s->limit / 1e6);
}

int main(int argc, char **argv)
{
	static struct silences s;
	char calls[PATH_BYTES];
	int64_t limit = LIMIT_MS_DEFAULT;
	int rc = argc == 2 ? 0 : argc == 3 ? str_to_int(str_from(argv[2]), 1, 600000, &limit) : -EINVAL;

	if (rc < 0) {
		fprintf(stderr, "usage: silence DIR [MS]\n");
		return 2;
	}
	s.limit = USEC_MS(limit);
	snprintf(calls, sizeof(calls), "%s/calls", argv[1]);
	rc = each_file(&s, calls, STR(""), read_day);
	if (rc < 0)
		fprintf(stderr, "silence: %s: %s\n", calls, strerror(-rc));
	else
		print(&s);
	return rc < 0 || s.too_long > 0 || s.unended > 0 || s.broken > 0;
}
