#include "app/rehearsal/rehearse_play.h"

#include <string.h>

#include "base/json.h"

#define LINE_BYTES_MAX (128u * 1024)
#define TRAIL_ENDS     USEC_SEC(4) /* after the caller has hung up */

#define DIM   "\033[2m"
#define PLAIN "\033[0m"

/* ---- showing ---- */

static void show_line(const struct trail_view *view, struct str line, FILE *to)
{
	struct buf out;

	buf_init(&out, LINE_BYTES_MAX);
	/* A line that is none is the summary's to complain about. */
	if (trail_view_line(view, line, &out) == 0 && out.error == 0)
		fwrite(out.p ? out.p : "", 1, out.n, to);
	buf_fini(&out);
	fflush(to);
}

static void show(struct rehearse_play *p, struct str line)
{
	static const struct trail_view plain = {.detail = TRAIL_TURNS, .prefix = ""};
	struct trail_view view = p->stage->view;

	view.prefix = p->prefix;
	show_line(&view, line, p->stage->show);
	if (p->transcript)
		show_line(&plain, line, p->transcript);
}

/* What the script has the caller say, before the server's ears have made of it what they can. */
static void on_saying(void *arg, const struct caller *c)
{
	struct rehearse_play *p = arg;
	const struct rehearsal_step *steps = p->r->steps.at;
	bool colour = p->stage->view.colour;
	double at = (double)(loop_now(p->stage->loop) - c->began + p->summary.answered) / 1e6;

	fprintf(p->stage->show, "%s%8.3f  %s%-7s " STR_FMT "%s\n", p->prefix, at, colour ? DIM : "",
		c->again > 0 ? "again" : "script", STR_ARG(rehearsal_say(&steps[c->step], c->again)),
		colour ? PLAIN : "");
	fflush(p->stage->show);
}

/* ---- the end ---- */

static struct str beside_trail(struct rehearse_play *p, const char *extension)
{
	struct str path = str_from(p->tail.path);

	if (str_empty(path))
		return path;
	return str_from(arena_printf(p->stage->arena, STR_FMT "%s",
				     STR_ARG(str_sub(path, 0, path.n - strlen(".jsonl"))), extension));
}

static void finish(struct rehearse_play *p)
{
	if (p->over)
		return;
	p->over = true;
	timer_stop(&p->last_words);
	p->call.rehearsal = p->r;
	p->call.caller = &p->caller;
	p->call.summary = p->tail.path[0] ? &p->summary : NULL;
	p->call.trail = str_from(p->tail.path);
	p->call.recording = beside_trail(p, ".wav");
	p->call.transcript = beside_trail(p, ".txt");
	/* A judgement without memory is not a good one. */
	if (rehearse_call_judge(&p->call, p->stage->arena) < 0)
		p->call.ok = false;
	p->stage->on_over(p->stage->arg, p);
}

static void on_last_words(struct timer *t)
{
	finish(CONTAINER_OF(t, struct rehearse_play, last_words));
}

static void on_caller_over(void *arg, struct caller *c)
{
	struct rehearse_play *p = arg;
	bool no_more = p->summary.ended || (c->failure[0] && !p->tail.path[0]);
	usec wait = no_more ? 0 : TRAIL_ENDS;

	timer_start(&p->last_words, p->stage->loop, loop_now(p->stage->loop) + wait, on_last_words);
}

/* ---- the trail ---- */

static void open_transcript(struct rehearse_play *p)
{
	struct str path = beside_trail(p, ".txt");

	if (path.p)
		p->transcript = fopen(path.p, "we");
}

/* The steps of the ladder on which it wants to hear the same again. */
static bool asks_again(const struct json *event)
{
	struct str value = json_str_or(event, "value", STR(""));

	return str_eq(json_str_or(event, "name", STR("")), STR("ladder")) &&
	       (str_eq(value, STR("clarify")) || str_eq(value, STR("rephrase")));
}

static void tell_caller(struct rehearse_play *p, struct str line)
{
	struct json *doc;
	struct str event;

	if (json_parse(line, NULL, NULL, &doc) < 0)
		return;
	event = json_str_or(doc, "event", STR(""));
	if (str_eq(event, STR("say")))
		caller_agent_said(&p->caller, json_str_or(doc, "text", STR("")));
	else if (str_eq(event, STR("note")) && asks_again(doc))
		caller_agent_asks_again(&p->caller);
	json_free(doc);
}

static void on_trail_line(void *arg, struct str line)
{
	struct rehearse_play *p = arg;

	if (!p->transcript)
		open_transcript(p);
	if (trail_summary_line(&p->summary, line) < 0)
		return;
	show(p, line);
	tell_caller(p, line);
	if (p->summary.ended && p->caller.state == CALLER_OVER)
		timer_start(&p->last_words, p->stage->loop, loop_now(p->stage->loop), on_last_words);
}

/* ---- life ---- */

void rehearse_play_start(struct rehearse_play *p, const struct rehearse_stage *stage)
{
	struct caller_config config = {.loop = stage->loop,
				       .r = p->r,
				       .sound = p->sound,
				       .on_saying = on_saying,
				       .on_over = on_caller_over,
				       .arg = p};
	int rc;

	p->stage = stage;
	trail_summary_init(&p->summary, stage->arena);
	fprintf(stage->show, "\n%s%s" STR_FMT "%s\n", p->prefix, stage->view.colour ? "\033[1m" : "",
		STR_ARG(p->r->name), stage->view.colour ? PLAIN : "");
	rc = rehearse_phone_dial(stage->phone, p->r, (uint32_t)p->seed, &config.leg);
	if (rc < 0) {
		snprintf(p->caller.failure, sizeof(p->caller.failure), "cannot dial: %s", strerror(-rc));
		p->caller.state = CALLER_OVER;
		timer_start(&p->last_words, stage->loop, loop_now(stage->loop), on_last_words);
		return;
	}
	p->tail.remote_id = arena_str(stage->arena, config.leg->info.remote_id);
	p->tail.on_line = on_trail_line;
	p->tail.arg = p;
	rehearse_trails_add(stage->trails, &p->tail);
	memset(&p->sound, 0, sizeof(p->sound));
	caller_start(&p->caller, &config);
}

void rehearse_play_fini(struct rehearse_play *p)
{
	timer_stop(&p->last_words);
	rehearse_trails_remove(&p->tail);
	if (p->transcript)
		fclose(p->transcript);
	caller_fini(&p->caller);
	caller_sound_fini(&p->sound);
}
