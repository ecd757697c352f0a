#include "app/trail_view.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

#define BOLD  "\033[1m"
#define DIM   "\033[2m"
#define GREEN "\033[32m"
#define CYAN  "\033[36m"
#define PLAIN "\033[0m"

struct line {
	const struct trail_view *view;
	const struct json *event;
	struct buf *out;
};

static const char *colour(const struct line *l, const char *code)
{
	return l->view->colour ? code : "";
}

static long ms(const struct line *l, const char *key)
{
	return (long)((json_int_or(l->event, key, 0) + 500) / 1000);
}

static struct str text(const struct line *l, const char *key)
{
	return json_str_or(l->event, key, STR(""));
}

/* The time and who; the rest of the line is the caller's. */
static void begin(struct line *l, const char *who, const char *code)
{
	double at = (double)json_int_or(l->event, "usec", 0) / 1e6;

	buf_printf(l->out, "%s%8.3f  %s%-7s%s ", l->view->prefix, at, colour(l, code), who, colour(l, PLAIN));
}

static void say(struct line *l, const char *who, const char *code, struct str words)
{
	begin(l, who, code);
	buf_add_str(l->out, words);
	buf_add_char(l->out, '\n');
}

/* ---- one function an event ---- */

static void arrived(struct line *l)
{
	begin(l, "call", BOLD);
	buf_printf(l->out,
		   STR_FMT " from " STR_FMT " to " STR_FMT " (" STR_FMT " over " STR_FMT ", trunk " STR_FMT
			   ")\n",
		   STR_ARG(text(l, "call")), STR_ARG(text(l, "caller")), STR_ARG(text(l, "called")),
		   STR_ARG(text(l, "agent")), STR_ARG(text(l, "leg")), STR_ARG(text(l, "trunk")));
}

static void say_event(struct line *l)
{
	say(l, "agent", CYAN, text(l, "text"));
}

static void partial(struct line *l)
{
	begin(l, "caller", DIM);
	buf_printf(l->out, "%s..." STR_FMT "%s\n", colour(l, DIM), STR_ARG(text(l, "text")),
		   colour(l, PLAIN));
}

/* Where in the recording to listen. */
static void message(struct line *l)
{
	begin(l, "caller", GREEN);
	buf_printf(l->out, "left a message: %.1f s, from %.1f s of the recording on\n",
		   (double)json_int_or(l->event, "length_usec", 0) / 1e6,
		   (double)json_int_or(l->event, "recording_usec", 0) / 1e6);
}

static void turn(struct line *l)
{
	say(l, "caller", GREEN, str_empty(text(l, "text")) ? STR("(not understood)") : text(l, "text"));
	buf_printf(l->out, "%s                  %sour turn: " STR_FMT ", quiet for %ld ms%s%s\n",
		   l->view->prefix, colour(l, DIM), STR_ARG(text(l, "why")), ms(l, "judged") - ms(l, "quiet"),
		   json_bool_or(l->event, "fragment", false)
			   ? "; the text came too late, words may be missing"
			   : "",
		   colour(l, PLAIN));
}

static void response(struct line *l)
{
	begin(l, "", "");
	buf_printf(l->out,
		   "%s%ld ms to the answer%s = %ld quiet + %ld text + %ld agent + %ld voice + %ld play%s\n",
		   colour(l, BOLD), ms(l, "response_usec"), colour(l, PLAIN), ms(l, "judge_usec"),
		   ms(l, "final_usec"), ms(l, "agent_usec"), ms(l, "voice_usec"), ms(l, "play_usec"),
		   json_bool_or(l->event, "cached", false) ? " (cached)" : "");
}

static void interrupted(struct line *l)
{
	begin(l, "agent", CYAN);
	buf_printf(l->out, "%sinterrupted; heard was: %s" STR_FMT "\n", colour(l, BOLD), colour(l, PLAIN),
		   STR_ARG(text(l, "heard")));
}

static void resumed(struct line *l)
{
	say(l, "agent", CYAN, STR("goes on: it was no interruption"));
}

static void keys(struct line *l)
{
	begin(l, "caller", GREEN);
	buf_printf(l->out, "keys " STR_FMT "\n", STR_ARG(text(l, "text")));
}

static void note(struct line *l)
{
	begin(l, "", "");
	buf_printf(l->out, "%s" STR_FMT " = " STR_FMT "%s\n", colour(l, DIM), STR_ARG(text(l, "name")),
		   STR_ARG(text(l, "value")), colour(l, PLAIN));
}

static void transfer(struct line *l)
{
	begin(l, "call", BOLD);
	buf_printf(l->out, "transfer to " STR_FMT ": " STR_FMT "\n", STR_ARG(text(l, "target")),
		   STR_ARG(text(l, "reason")));
}

static void refer(struct line *l)
{
	begin(l, "call", BOLD);
	buf_printf(l->out, "transfer: %ld\n", (long)json_int_or(l->event, "status", 0));
}

static void failed(struct line *l)
{
	say(l, "call", BOLD, text(l, "what"));
}

static void ended(struct line *l)
{
	begin(l, "call", BOLD);
	buf_printf(l->out,
		   "ended: " STR_FMT
		   ", %.1f s, %ld turns, %ld interruptions, %ld packets lost, jitter %.1f ms\n",
		   STR_ARG(text(l, "disposition")), (double)json_int_or(l->event, "talk_usec", 0) / 1e6,
		   (long)json_int_or(l->event, "turns", 0), (long)json_int_or(l->event, "interruptions", 0),
		   (long)json_int_or(l->event, "lost", 0),
		   (double)json_int_or(l->event, "jitter_usec", 0) / 1e3);
}

/* The total, and what of it the turn cost or what it is made of. */
static void cost(struct line *l)
{
	static const char *const kinds[] = {"stt", "llm", "tts", "telephony", "host"};
	bool final = json_bool_or(l->event, "final", false);
	bool costs = json_num_or(l->event, "total", 0) > 0;
	bool any = costs || json_int_or(l->event, "unpriced", 0) > 0;

	if (l->view->detail == TRAIL_TALK && (!final || !any))
		return;
	begin(l, final ? "call" : "", BOLD);
	buf_printf(l->out, "%scost %.6f%s", colour(l, final ? PLAIN : DIM), json_num_or(l->event, "total", 0),
		   !final  ? " so far, this turn"
		   : costs ? " ="
			   : "");
	if (!final)
		buf_printf(l->out, " %.6f:", json_num_or(l->event, "cost", 0));
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		char path[24];
		double part;

		snprintf(path, sizeof(path), "by/%s", kinds[i]);
		part = json_num_or(l->event, path, 0);
		if (part > 0)
			buf_printf(l->out, " %.6f %s", part, kinds[i]);
	}
	if (json_int_or(l->event, "unpriced", 0) > 0)
		buf_printf(l->out, " (and %ld services without a price)",
			   (long)json_int_or(l->event, "unpriced", 0));
	buf_printf(l->out, "%s\n", colour(l, PLAIN));
}

static void unpriced(struct line *l)
{
	static const char *const keys[] = {"kind", "service", "type", "model"};

	begin(l, "", "");
	buf_printf(l->out, "%sno price for", colour(l, DIM));
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (!str_empty(text(l, keys[i])))
			buf_printf(l->out, " " STR_FMT, STR_ARG(text(l, keys[i])));
	buf_printf(l->out, "%s\n", colour(l, PLAIN));
}

static void cost_limit(struct line *l)
{
	begin(l, "call", BOLD);
	buf_printf(l->out, "the " STR_FMT "'s limit of cost is reached: " STR_FMT "\n",
		   STR_ARG(text(l, "of")), STR_ARG(text(l, "action")));
}

static const struct {
	const char *event;
	enum trail_detail from;
	void (*show)(struct line *l);
} shown[] = {
	{"arrived", TRAIL_TALK, arrived},    {"say", TRAIL_TALK, say_event},
	{"partial", TRAIL_TURNS, partial},   {"turn", TRAIL_TALK, turn},
	{"response", TRAIL_TALK, response},  {"interrupted", TRAIL_TALK, interrupted},
	{"resumed", TRAIL_TALK, resumed},    {"keys", TRAIL_TALK, keys},
	{"note", TRAIL_TURNS, note},         {"transfer", TRAIL_TALK, transfer},
	{"refer", TRAIL_TURNS, refer},       {"failed", TRAIL_TALK, failed},
	{"ended", TRAIL_TALK, ended},        {"cost", TRAIL_TALK, cost},
	{"unpriced", TRAIL_TURNS, unpriced}, {"cost_limit", TRAIL_TALK, cost_limit},
	{"notice", TRAIL_TALK, say_event},   {"message", TRAIL_TALK, message},
};

/* An event without a form of its own is shown as it is. */
static void raw(struct line *l, struct str json)
{
	begin(l, "", "");
	buf_printf(l->out, "%s" STR_FMT "%s\n", colour(l, DIM), STR_ARG(json), colour(l, PLAIN));
}

static void show(struct line *l, struct str event, struct str json)
{
	for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
		if (!str_eq(event, str_from(shown[i].event)))
			continue;
		if (l->view->detail >= shown[i].from)
			shown[i].show(l);
		return;
	}
	if (l->view->detail == TRAIL_ALL)
		raw(l, json);
}

/* ---- what strangers said ---- */

/* \u0000 to \u001f, \u007f to \u009f. */
static bool is_control_escape(struct str s)
{
	char high = s.n >= 6 ? s.p[4] : 0;

	if (!str_starts(s, STR("\\u00")))
		return false;
	return high == '0' || high == '1' || high == '8' || high == '9' ||
	       (high == '7' && str_lower(s.p[5]) == 'f');
}

/* Bytes of the control character that `s` begins with, as it is or as JSON writes it; 0 when it is none. */
static size_t control_length(struct str s)
{
	unsigned char c = (unsigned char)s.p[0], next = s.n > 1 ? (unsigned char)s.p[1] : 0;

	if (c == 0x7f)
		return 1;
	if ((c == 0xc2 && next >= 0x80 && next < 0xa0) || (c == '\\' && next && strchr("bfnrt", next)))
		return 2;
	return is_control_escape(s) ? 6 : 0;
}

/* They would move the cursor, or begin lines that nobody wrote: each becomes a blank. */
static void without_controls(struct str line, struct buf *out)
{
	size_t n;

	for (size_t i = 0; i < line.n; i += n) {
		struct str rest = str_sub(line, i, SIZE_MAX);

		n = control_length(rest);
		if (n > 0) {
			buf_add_char(out, ' ');
			continue;
		}
		n = rest.p[0] == '\\' && rest.n > 1 ? 2 : 1;
		buf_add_str(out, str_sub(rest, 0, n));
	}
}

static int view(const struct trail_view *v, struct str line, struct buf *out)
{
	struct json *doc;
	struct str event;
	int rc = json_parse(line, NULL, NULL, &doc);

	if (rc < 0)
		return rc == -ENOMEM ? rc : -EBADMSG;
	rc = json_get_str(doc, "event", &event) == 0 ? 0 : -EBADMSG;
	if (rc == 0)
		show(&(struct line){v, doc, out}, event, line);
	json_free(doc);
	return rc;
}

int trail_view_line(const struct trail_view *v, struct str line, struct buf *out)
{
	struct buf tame;
	int rc;

	line = str_trim(line);
	buf_init(&tame, line.n);
	without_controls(line, &tame);
	rc = tame.error ? tame.error : view(v, buf_str(&tame), out);
	buf_fini(&tame);
	return rc;
}
