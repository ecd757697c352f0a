#include "app/trail_summary.h"

#include <errno.h>

#include "base/json.h"

void trail_summary_init(struct trail_summary *s, struct arena *arena)
{
	*s = (struct trail_summary){.arena = arena};
}

const char *trail_stage_name(enum trail_stage stage)
{
	static const char *const names[] = {
		[TRAIL_STAGE_QUIET] = "quiet", [TRAIL_STAGE_TEXT] = "text", [TRAIL_STAGE_AGENT] = "agent",
		[TRAIL_STAGE_VOICE] = "voice", [TRAIL_STAGE_PLAY] = "play",
	};

	return names[stage];
}

/* The copy of a text; what has no memory is empty, and the arena's owner finds out by its limit. */
static struct str keep(struct trail_summary *s, const struct json *e, const char *key)
{
	return arena_str(s->arena, json_str_or(e, key, STR("")));
}

static struct trail_turn *newest(struct trail_summary *s)
{
	return s->turn_count > 0 ? &s->turns[s->turn_count - 1] : NULL;
}

static void arrived(struct trail_summary *s, const struct json *e)
{
	s->call = keep(s, e, "call");
	s->remote_id = keep(s, e, "remote_id");
}

static void answered(struct trail_summary *s, const struct json *e)
{
	s->answered = json_int_or(e, "usec", 0);
}

static void turn(struct trail_summary *s, const struct json *e)
{
	if (s->turn_count == TRAIL_TURNS_MAX)
		return;
	s->turns[s->turn_count++] =
		(struct trail_turn){.heard = keep(s, e, "text"),
				    .why = keep(s, e, "why"),
				    .quiet = json_int_or(e, "quiet", json_int_or(e, "usec", 0))};
}

static void say(struct trail_summary *s, const struct json *e)
{
	struct trail_turn *t = newest(s);
	struct str *said = t ? &t->agent : &s->greeting;
	struct str more = json_str_or(e, "text", STR(""));
	char *joined = arena_printf(s->arena, STR_FMT "%s" STR_FMT, STR_ARG(*said), said->n > 0 ? " " : "",
				    STR_ARG(more));

	*said = str_from(joined);
}

static void response(struct trail_summary *s, const struct json *e)
{
	static const char *const keys[] = {
		[TRAIL_STAGE_QUIET] = "judge_usec", [TRAIL_STAGE_TEXT] = "final_usec",
		[TRAIL_STAGE_AGENT] = "agent_usec", [TRAIL_STAGE_VOICE] = "voice_usec",
		[TRAIL_STAGE_PLAY] = "play_usec",
	};
	struct trail_turn *t = newest(s);

	if (!t)
		return;
	t->response = json_int_or(e, "response_usec", 0);
	t->cached = json_bool_or(e, "cached", false);
	for (int i = 0; i < TRAIL_STAGE_COUNT_; i++)
		t->stages[i] = json_int_or(e, keys[i], 0);
}

static void note(struct trail_summary *s, const struct json *e)
{
	if (s->note_count < TRAIL_NOTES_MAX)
		s->notes[s->note_count++] = (struct trail_note){keep(s, e, "name"), keep(s, e, "value")};
}

static void transfer(struct trail_summary *s, const struct json *e)
{
	s->transfer = keep(s, e, "target");
}

static void interrupted(struct trail_summary *s, const struct json *e)
{
	(void)e;
	s->interruptions++;
}

static void resumed(struct trail_summary *s, const struct json *e)
{
	(void)e;
	s->resumed++;
}

static void cost(struct trail_summary *s, const struct json *e)
{
	s->cost = json_num_or(e, "total", s->cost);
	s->unpriced = (int)json_int_or(e, "unpriced", s->unpriced);
}

static void ended(struct trail_summary *s, const struct json *e)
{
	s->outcome = keep(s, e, "disposition");
	s->ended = true;
}

static const struct {
	const char *event;
	void (*take)(struct trail_summary *s, const struct json *e);
} takers[] = {
	{"arrived", arrived},   {"answered", answered}, {"turn", turn},         {"say", say},
	{"response", response}, {"note", note},         {"transfer", transfer}, {"interrupted", interrupted},
	{"resumed", resumed},   {"ended", ended},       {"cost", cost},
};

int trail_summary_line(struct trail_summary *s, struct str line)
{
	struct json *e;
	struct str event;
	int rc = json_parse(line, NULL, NULL, &e);

	if (rc < 0)
		return rc == -ENOMEM ? rc : -EBADMSG;
	if (json_get_str(e, "event", &event) < 0)
		rc = -EBADMSG;
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(takers); i++)
		if (str_eq(event, str_from(takers[i].event)))
			takers[i].take(s, e);
	json_free(e);
	return rc;
}

struct str trail_summary_note(const struct trail_summary *s, struct str name)
{
	for (size_t i = s->note_count; i > 0; i--)
		if (str_eq(s->notes[i - 1].name, name))
			return s->notes[i - 1].value;
	return STR("");
}
