/*
 * heard.c - how well people were understood on the telephone
 *
 * Holds what the callers of callers.c said against what the server's trails say
 * it heard: the texts of all turns between a line's beginning and the next
 * line's, joined. Prints the word error rate, and how often a line was taken
 * for two.
 *
 *   heard [--show] DIR
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "app/rehearsal/wer.h"
#include "bench/said.h"

#define TEXT_MAX 16384

struct heard {
	struct wer sum;
	size_t lines, split, silent;
	bool show;
};

/* Returns how many turns it was. */
static size_t join_turns(const struct said_call *call, size_t line, struct buf *text)
{
	const struct trail_turn *t;
	size_t at = 0, n = 0;

	for (; (t = said_next_turn(call, line, &at)); n++) {
		if (n > 0)
			buf_add_char(text, ' ');
		buf_add_str(text, t->heard);
	}
	return n;
}

static int score_line(struct heard *h, const struct said_call *call, size_t line)
{
	struct buf text;
	size_t turns;
	int wrong;

	buf_init(&text, TEXT_MAX);
	turns = join_turns(call, line, &text);
	wrong = wer_add(&h->sum, call->lines[line].text, buf_str(&text));
	h->lines++;
	h->split += turns > 1;
	h->silent += turns == 0;
	if (h->show && (wrong > 0 || turns > 1))
		printf("  " STR_FMT " at %.1f s: %d wrong, %zu turns\n    said  " STR_FMT
		       "\n    heard " STR_FMT "\n",
		       STR_ARG(call->trail->call),
		       (double)(call->lines[line].at + call->trail->answered) / 1e6, wrong, turns,
		       STR_ARG(call->lines[line].text), STR_ARG(buf_str(&text)));
	buf_fini(&text);
	return wrong < 0 ? wrong : 0;
}

static int score(struct heard *h, const struct said *s)
{
	int rc = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct said_call *call = &s->calls[i];

		if (!call->trail) {
			fprintf(stderr, "heard: call " STR_FMT " has no trail\n", STR_ARG(call->id));
			continue;
		}
		for (size_t k = 1; rc == 0 && k < call->line_count; k++)
			rc = score_line(h, call, k);
	}
	return rc;
}

static void print(const struct heard *h)
{
	printf("calls        %5zu prompts %5zu words  word error rate %5.2f %%  (%zu other, %zu added, %zu "
	       "lost)  exact %4.1f %%  %zu in several turns, %zu in none\n",
	       h->lines, h->sum.said, wer_percent(&h->sum), h->sum.swapped, h->sum.added, h->sum.lost,
	       h->sum.sentences > 0 ? 100.0 * (double)h->sum.exact / (double)h->sum.sentences : 0, h->split,
	       h->silent);
}

int main(int argc, char **argv)
{
	static struct said s;
	struct heard h = {.show = argc == 3 && strcmp(argv[1], "--show") == 0};
	int rc;

	if (argc != 2 && !h.show) {
		fprintf(stderr, "usage: heard [--show] DIR\n");
		return 2;
	}
	rc = said_read(&s, argv[argc - 1]);
	if (rc < 0)
		fprintf(stderr, "heard: %s\n", s.error);
	if (rc == 0)
		rc = score(&h, &s);
	if (rc == 0)
		print(&h);
	said_fini(&s);
	return rc < 0;
}
