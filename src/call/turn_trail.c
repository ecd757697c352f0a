#include "call/turn_trail.h"

#include <string.h>

static void note_offset(struct conversation *c, const char *key, usec at)
{
	if (at > 0)
		json_int(&c->p.trail->json, key, trail_offset(c->p.trail, at));
}

void turn_trail_said(struct conversation *c)
{
	size_t n = c->saying_n;

	c->saying_n = 0;
	if (n > 0)
		turn_trail_text(c, "say", (struct str){c->saying, n});
}

static bool ends_sentence(struct str text)
{
	return text.n > 0 && strchr(".!?", text.p[text.n - 1]);
}

void turn_trail_say(struct conversation *c, struct str text)
{
	struct str word = str_trim(text);

	if (word.n + 1 > sizeof(c->saying) - c->saying_n)
		turn_trail_said(c);
	if (word.n + 1 > sizeof(c->saying)) {
		turn_trail_text(c, "say", word);
		return;
	}
	if (c->saying_n > 0)
		c->saying[c->saying_n++] = ' ';
	memcpy(c->saying + c->saying_n, word.p, word.n);
	c->saying_n += word.n;
	if (ends_sentence(word))
		turn_trail_said(c);
}

void turn_trail_turn(struct conversation *c, struct str text)
{
	struct trail *t = c->p.trail;

	turn_trail_said(c);
	trail_begin(t, loop_now(c->p.loop), "turn");
	json_int(&t->json, "turn", c->turns);
	json_str(&t->json, "text", text);
	if (!ear_is_whole(&c->ear))
		json_bool(&t->json, "fragment", true);
	if (c->ear.confidence >= 0)
		json_num(&t->json, "confidence", (double)c->ear.confidence);
	json_str(&t->json, "why", str_from(eot_reason_name(c->why.reason)));
	json_int(&t->json, "hangover_usec", c->why.hangover);
	json_int(&t->json, "partials", c->heard.partials);
	json_int(&t->json, "recogniser_usec", c->heard.took);
	note_offset(c, "speech", c->heard.speech_at);
	note_offset(c, "quiet", c->heard.quiet_at);
	note_offset(c, "likely", c->heard.likely_at);
	note_offset(c, "judged", c->heard.finish_at);
	note_offset(c, "final", c->heard.final_at);
	trail_end(t);
}

static struct turn_figures figures_of(const struct conversation *c)
{
	const struct voice_figures *f = &c->voice.figures;

	return (struct turn_figures){
		.quiet = c->heard.finish_at - c->heard.quiet_at,
		.text = c->heard.final_at - c->heard.finish_at,
		/* A filler may come before the agent's own words, and before the text. */
		.agent = MAX((c->said_at > 0 ? c->said_at : f->asked) - c->think_at, 0),
		.voice = f->first_audio - f->asked,
		.play = f->first_played - f->first_audio,
		.response = f->first_played - c->heard.quiet_at,
		.cached = f->cached,
	};
}

void turn_trail_response(struct conversation *c)
{
	struct turn_figures f;
	struct trail *t = c->p.trail;

	if (c->reported || c->heard.quiet_at == 0 || c->voice.figures.first_played == 0)
		return;
	c->reported = true;
	f = figures_of(c);
	trail_begin(t, loop_now(c->p.loop), "response");
	json_int(&t->json, "turn", c->turns);
	json_bool(&t->json, "cached", f.cached);
	json_int(&t->json, "response_usec", f.response);
	json_int(&t->json, "judge_usec", f.quiet);
	json_int(&t->json, "final_usec", f.text);
	json_int(&t->json, "agent_usec", f.agent);
	json_int(&t->json, "voice_usec", f.voice);
	json_int(&t->json, "play_usec", f.play);
	trail_end(t);
	c->p.sink.on_response(c->p.sink.arg, &f);
}

void turn_trail_text(struct conversation *c, const char *event, struct str text)
{
	trail_begin(c->p.trail, loop_now(c->p.loop), event);
	json_str(&c->p.trail->json, "text", text);
	trail_end(c->p.trail);
}

void turn_trail_heard(struct conversation *c, const char *event)
{
	bool whole;
	struct str heard = voice_heard(&c->voice, &whole);

	turn_trail_said(c);
	trail_begin(c->p.trail, loop_now(c->p.loop), event);
	json_str(&c->p.trail->json, "heard", heard);
	json_bool(&c->p.trail->json, "whole", whole);
	trail_end(c->p.trail);
}

void turn_trail_event(struct conversation *c, const char *event)
{
	trail_begin(c->p.trail, loop_now(c->p.loop), event);
	trail_end(c->p.trail);
}
