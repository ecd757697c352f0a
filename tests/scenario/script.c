#include "script_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define TOKENS_MAX     192
#define FILE_BYTES_MAX 65536

struct line_kind {
	const char *pattern; /* N: milliseconds; S: "text"; W: a word; ... the rest */
	int (*take)(struct script *s, const struct args *a);
};

/* ---- the caller's ---- */

static int add_speech(struct script *s, usec at, struct str text, usec lasts)
{
	struct fake_leg_plan *p = &s->leg;

	if (p->speech_count == FAKE_LEG_SPEECHES_MAX ||
	    (p->speech_count > 0 && SCRIPT_START + at < p->speeches[p->speech_count - 1].to))
		return -EBADMSG;
	s->speech_from = SCRIPT_START + at;
	s->speech_to = s->speech_from + lasts;
	p->speeches[p->speech_count++] = (struct fake_speech){s->speech_from, s->speech_to, text};
	return 0;
}

static int take_says(struct script *s, const struct args *a)
{
	return str_empty(a->s[0]) ? -EBADMSG : add_speech(s, a->n[0], a->s[0], a->n[1]);
}

static int take_coughs(struct script *s, const struct args *a)
{
	return add_speech(s, a->n[0], STR(""), a->n[1]);
}

static int take_presses(struct script *s, const struct args *a)
{
	struct fake_leg_plan *p = &s->leg;

	for (size_t i = 0; i < a->s[0].n; i++) {
		if (p->key_count == FAKE_LEG_KEYS_MAX)
			return -EBADMSG;
		p->keys[p->key_count++] =
			(struct fake_key){SCRIPT_START + a->n[0] + (usec)i * USEC_MS(200), a->s[0].p[i]};
	}
	return 0;
}

static int add_action(struct script *s, enum script_do what, const struct args *a)
{
	if (s->action_count == SCRIPT_ACTIONS_MAX)
		return -EBADMSG;
	s->actions[s->action_count++] = (struct script_action){what, SCRIPT_START + a->n[0], a->s[0]};
	return 0;
}

#define ACTION(name, what)                                      \
	static int name(struct script *s, const struct args *a) \
	{                                                       \
		return add_action(s, what, a);                  \
	}

ACTION(take_hangs_up, DO_HANG_UP)
ACTION(take_cancels, DO_CANCEL)
ACTION(take_vanishes, DO_VANISH)
ACTION(take_holds, DO_HOLD)
ACTION(take_resumes, DO_RESUME)
ACTION(take_ear_fails, DO_EAR_FAILS)
ACTION(take_ear_endpoint, DO_EAR_ENDPOINT)
ACTION(take_voice_fails, DO_VOICE_FAILS)
ACTION(take_voice_dies, DO_VOICE_DIES)
ACTION(take_voice_stalls, DO_VOICE_STALLS)
ACTION(take_server_hangs_up, DO_SERVER_HANGS_UP)
ACTION(take_line_stalls, DO_LINE_STALLS)

/* ---- how the parts behave ---- */

static int set_usec(usec *field, usec value)
{
	*field = value;
	return 0;
}

static const struct {
	const char *word;
	enum fake_opening opening;
} openings[] = {
	{"never", FAKE_NEVER_OPENS},
	{"refused", FAKE_CANNOT_OPEN},
	{"failing", FAKE_FAILS_TO_OPEN},
};

static int take_opening(struct script *s, const struct args *a)
{
	bool ear = str_eq(a->s[0], STR("recogniser"));

	for (size_t i = 0; i < ARRAY_LEN(openings); i++)
		if (str_eq(a->s[1], str_from(openings[i].word)))
			*(ear ? &s->ear.opening : &s->voice.opening) = openings[i].opening;
	return 0;
}

static int take_opens_after(struct script *s, const struct args *a)
{
	return set_usec(str_eq(a->s[0], STR("recogniser")) ? &s->ear.opens_after : &s->voice.opens_after,
			a->n[0]);
}

static int take_likely(struct script *s, const struct args *a)
{
	return set_usec(&s->ear.likely_took, a->n[0]);
}

static int take_no_likely(struct script *s, const struct args *a)
{
	return set_usec(&s->ear.likely_silence, 0);
}

static int take_no_partials(struct script *s, const struct args *a)
{
	return set_usec(&s->ear.partial_every, 0);
}

static int take_final(struct script *s, const struct args *a)
{
	return set_usec(&s->ear.final_took, a->n[0]);
}

static int take_uncertain(struct script *s, const struct args *a)
{
	s->ear.uncertain = true;
	return set_usec(&s->ear.final_took, a->n[0]);
}

static int take_no_final(struct script *s, const struct args *a)
{
	return set_usec(&s->ear.final_took, USEC_NEVER);
}

static int take_voice_first(struct script *s, const struct args *a)
{
	return set_usec(&s->voice.first_after, a->n[0]);
}

static int take_no_marks(struct script *s, const struct args *a)
{
	s->voice.marks = false;
	return 0;
}

static int take_refer(struct script *s, const struct args *a)
{
	s->leg.refer = str_eq(a->s[0], STR("taken"))     ? FAKE_REFER_TAKEN
		       : str_eq(a->s[0], STR("refused")) ? FAKE_REFER_REFUSED
							 : FAKE_REFER_IGNORED;
	return set_usec(&s->leg.refer_after, a->n[0]);
}

static int take_no_refer(struct script *s, const struct args *a)
{
	s->leg.refer = FAKE_REFER_CANNOT;
	return 0;
}

static int take_acked(struct script *s, const struct args *a)
{
	return set_usec(&s->leg.acked_after, a->n[0]);
}

static int take_never_acked(struct script *s, const struct args *a)
{
	return set_usec(&s->leg.acked_after, USEC_NEVER);
}

static int take_cannot_answer(struct script *s, const struct args *a)
{
	s->leg.cannot_answer = true;
	return 0;
}

static int take_cannot_end(struct script *s, const struct args *a)
{
	s->leg.cannot_end = true;
	return 0;
}

static const struct {
	const char *name;
	size_t offset;
} limits[] = {
	{"idle", offsetof(struct script, timing.idle)},
	{"monologue", offsetof(struct script, timing.monologue)},
	{"final", offsetof(struct script, timing.final)},
	{"late", offsetof(struct script, timing.late)},
	{"keys", offsetof(struct script, timing.keys)},
	{"think", offsetof(struct script, timing.think)},
	{"stalled", offsetof(struct script, timing.stalled)},
	{"decide", offsetof(struct script, timing.decide)},
	{"give_up", offsetof(struct script, timing.give_up)},
	{"doubt", offsetof(struct script, timing.doubt)},
	{"ring", offsetof(struct script, ring_min)},
	{"call", offsetof(struct script, call_max)},
	{"transfer", offsetof(struct script, transfer_max)},
	{"message", offsetof(struct script, message_max)},
};

static int take_limit(struct script *s, const struct args *a)
{
	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		if (str_eq(a->s[0], str_from(limits[i].name)))
			return set_usec((usec *)(void *)((char *)s + limits[i].offset), a->n[0]);
	return -EBADMSG;
}

static int take_cost(struct script *s, const struct args *a)
{
	static const char *const actions[] = {
		[COST_WARN] = "warns", [COST_DEGRADE] = "degrades", [COST_END] = "ends"};

	s->cost_max = (int)(a->n[0] / USEC_MS(1));
	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		s->cost_action = (enum cost_action)i;
		if (str_eq(a->s[0], str_from(actions[i])))
			return 0;
	}
	return -EBADMSG;
}

/* ---- what must happen ---- */

static const char *const sounds[] = {
	[FAKE_SILENCE] = "silence", [FAKE_DUCKED] = "ducked", [FAKE_VOICE] = "voice"};

/* "silence", "ducked", "voice", or "voice" and a text. */
static int add_sound(struct script *s, struct script_check check, const struct args *a)
{
	struct script_check *c = &s->checks[s->check_count++];

	if (s->check_count > SCRIPT_CHECKS_MAX || a->rest_count == 0)
		return -EBADMSG;
	*c = check;
	c->line = a->line;
	c->sound = FAKE_SILENCE;
	while (c->sound <= FAKE_VOICE && !token_is(&a->rest[0], sounds[c->sound]))
		c->sound++;
	if (c->sound > FAKE_VOICE)
		return -EBADMSG;
	if (a->rest_count == 1)
		return 0;
	c->kind = CHECK_SAYS;
	c->text = a->rest[1].text;
	return c->sound == FAKE_VOICE && a->rest[1].kind == TOKEN_STRING ? 0 : -EBADMSG;
}

static int take_within(struct script *s, const struct args *a)
{
	usec base = str_eq(a->s[0], STR("speech")) ? s->speech_from : s->speech_to;

	return add_sound(s, (struct script_check){.kind = CHECK_SOUND, .from = base, .to = base + a->n[0]},
			 a);
}

static int take_between(struct script *s, const struct args *a)
{
	return add_sound(s,
			 (struct script_check){.kind = CHECK_SOUND,
					       .from = SCRIPT_START + a->n[0],
					       .to = SCRIPT_START + a->n[1]},
			 a);
}

static int take_throughout(struct script *s, const struct args *a)
{
	return add_sound(s,
			 (struct script_check){.kind = CHECK_ALL_SOUND,
					       .from = SCRIPT_START + a->n[0],
					       .to = SCRIPT_START + a->n[1]},
			 a);
}

static int add_check(struct script *s, const struct args *a, struct script_check check)
{
	if (s->check_count == SCRIPT_CHECKS_MAX)
		return -EBADMSG;
	check.line = a->line;
	s->checks[s->check_count++] = check;
	return 0;
}

static int take_floor(struct script *s, const struct args *a)
{
	return add_check(
		s, a,
		(struct script_check){.kind = CHECK_FLOOR, .from = SCRIPT_START + a->n[0], .word = a->s[0]});
}

#define CHECK_LINE(name, kind_, word_, text_)                                                               \
	static int name(struct script *s, const struct args *a)                                             \
	{                                                                                                   \
		return add_check(s, a, (struct script_check){.kind = kind_, .word = word_, .text = text_}); \
	}

CHECK_LINE(take_not_says, CHECK_NOT_SAYS, STR(""), a->s[0])
CHECK_LINE(take_history, CHECK_HISTORY, a->s[0], a->s[1])
CHECK_LINE(take_no_history, CHECK_NO_HISTORY, a->s[0], a->s[1])
CHECK_LINE(take_trail, CHECK_TRAIL, a->s[0], STR(""))
CHECK_LINE(take_trail_text, CHECK_TRAIL, a->s[0], a->s[1])
CHECK_LINE(take_no_trail, CHECK_NO_TRAIL, a->s[0], STR(""))
CHECK_LINE(take_no_trail_text, CHECK_NO_TRAIL, a->s[0], a->s[1])
CHECK_LINE(take_disposition, CHECK_DISPOSITION, STR(""), a->s[0])
CHECK_LINE(take_transfer, CHECK_TRANSFER, STR(""), a->s[0])
CHECK_LINE(take_cancelled, CHECK_CANCELLED, STR(""), STR(""))
CHECK_LINE(take_refused, CHECK_REFUSED, STR(""), STR(""))
CHECK_LINE(take_no_call, CHECK_NO_CALL, STR(""), STR(""))

static int add_step(struct script *s, const struct args *a, enum script_check_kind kind)
{
	return add_check(s, a,
			 (struct script_check){.kind = kind,
					       .word = a->s[0],
					       .from_state = a->s[1],
					       .text = a->s[2],
					       .to_state = a->s[3]});
}

static int take_step(struct script *s, const struct args *a)
{
	return add_step(s, a, CHECK_STEP);
}

static int take_no_step(struct script *s, const struct args *a)
{
	return add_step(s, a, CHECK_NO_STEP);
}

/* ---- the language ---- */

static const struct line_kind kinds[] = {
	{"agent greets ...", take_greets},
	{"agent cannot be made", take_no_brain},
	{"agent guesses", take_guesses},
	{"agent is a model", take_model},
	{"model answers ...", take_model_answers},
	{"agent W S", take_agent_text},
	{"when heard S ...", take_heard},
	{"when keys S ...", take_keys_heard},
	{"when silent ...", take_silent},
	{"when transfer fails ...", take_transfer_fails},
	{"at N caller says S for N", take_says},
	{"at N caller coughs for N", take_coughs},
	{"at N caller presses S", take_presses},
	{"at N caller hangs up", take_hangs_up},
	{"at N caller cancels", take_cancels},
	{"at N caller vanishes", take_vanishes},
	{"at N caller holds", take_holds},
	{"at N caller resumes", take_resumes},
	{"at N recogniser fails", take_ear_fails},
	{"at N recogniser endpoints", take_ear_endpoint},
	{"at N voice fails", take_voice_fails},
	{"at N voice dies", take_voice_dies},
	{"at N voice stalls", take_voice_stalls},
	{"at N server hangs up S", take_server_hangs_up},
	{"at N line stalls", take_line_stalls},
	{"limit W N", take_limit},
	{"cost over N W", take_cost},
	{"opening of W W", take_opening},
	{"opening of W after N", take_opens_after},
	{"recogniser likely after N", take_likely},
	{"recogniser never likely", take_no_likely},
	{"recogniser without partials", take_no_partials},
	{"recogniser final after N", take_final},
	{"recogniser uncertain after N", take_uncertain},
	{"recogniser never final", take_no_final},
	{"voice starts after N", take_voice_first},
	{"voice without marks", take_no_marks},
	{"transfer impossible", take_no_refer},
	{"transfer W after N", take_refer},
	{"leg acknowledged after N", take_acked},
	{"leg never acknowledged", take_never_acked},
	{"leg cannot answer", take_cannot_answer},
	{"leg cannot end", take_cannot_end},
	{"within N of W expect ...", take_within},
	{"between N and N expect ...", take_between},
	{"throughout N to N expect ...", take_throughout},
	{"at N expect floor W", take_floor},
	{"expect never voice S", take_not_says},
	{"expect history W S", take_history},
	{"expect no history W S", take_no_history},
	{"expect trail W", take_trail},
	{"expect trail W S", take_trail_text},
	{"expect no trail W", take_no_trail},
	{"expect no trail W S", take_no_trail_text},
	{"expect W from W by S to W", take_step},
	{"expect no W from W by S to W", take_no_step},
	{"expect disposition S", take_disposition},
	{"expect transfer S", take_transfer},
	{"expect cancelled together", take_cancelled},
	{"expect refused", take_refused},
	{"expect no call", take_no_call},
};

/* Fills one argument slot; false when the token is not what the pattern's word asks for. */
static bool take_token(struct str want, const struct token *t, struct args *a, size_t count[static 2])
{
	if (str_eq(want, STR("N")) && t->kind == TOKEN_NUMBER && count[0] < ARGS_MAX) {
		a->n[count[0]++] = USEC_MS(t->number);
		return true;
	}
	if (((str_eq(want, STR("S")) && t->kind == TOKEN_STRING) ||
	     (str_eq(want, STR("W")) && t->kind == TOKEN_WORD)) &&
	    count[1] < ARGS_MAX) {
		a->s[count[1]++] = t->text;
		return true;
	}
	return t->kind == TOKEN_WORD && str_eq(want, t->text);
}

static bool match(const char *pattern, const struct token *t, size_t n, struct args *a)
{
	struct str rest = str_from(pattern), want;
	size_t at = 0, count[2] = {0, 0};

	while (!str_empty(want = str_word(&rest))) {
		if (str_eq(want, STR("..."))) {
			a->rest = t + at;
			a->rest_count = n - at;
			return true;
		}
		if (at == n || !take_token(want, &t[at++], a, count))
			return false;
	}
	return at == n;
}

/* Cuts the next token off a line; false at its end, or `*bad` when it is none. */
static bool next_token(struct str *line, struct token *t, bool *bad)
{
	size_t end;

	*line = str_trim(*line);
	if (str_empty(*line) || line->p[0] == '#')
		return false;
	if (line->p[0] == '"') {
		*line = str_sub(*line, 1, SIZE_MAX);
		end = str_chr(*line, '"');
		*bad = end == line->n;
		*t = (struct token){TOKEN_STRING, str_sub(*line, 0, end), 0};
		*line = str_sub(*line, end + 1, SIZE_MAX);
		return !*bad;
	}
	t->text = str_word(line);
	t->kind = str_to_int(t->text, 0, INT32_MAX, &t->number) == 0 ? TOKEN_NUMBER : TOKEN_WORD;
	return true;
}

static int parse_line(struct script *s, struct str line, unsigned number)
{
	struct token tokens[TOKENS_MAX];
	bool bad = false;
	size_t n = 0;

	while (n < TOKENS_MAX && next_token(&line, &tokens[n], &bad))
		n++;
	if (n == 0 && !bad)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(kinds) && !bad; i++) {
		struct args a = {.line = number};

		if (match(kinds[i].pattern, tokens, n, &a))
			return kinds[i].take(s, &a);
	}
	return -EBADMSG;
}

int script_parse(struct script *s, struct str source)
{
	for (unsigned number = 1; source.n > 0; number++) {
		struct str line = str_cut(&source, '\n');

		if (parse_line(s, line, number) == 0)
			continue;
		snprintf(s->problem, sizeof(s->problem), "%s:%u: not understood: " STR_FMT, s->name, number,
			 STR_ARG(line));
		return -EBADMSG;
	}
	return 0;
}

void script_init(struct script *s, const char *name)
{
	*s = (struct script){
		.leg = {.acked_after = USEC_MS(20),
			.speech_after = USEC_MS(80),
			.quiet_after = USEC_MS(160),
			.refer_after = USEC_MS(300)},
		.ear = {.partial_every = USEC_MS(200),
			.likely_silence = USEC_MS(200),
			.likely_took = USEC_MS(150),
			.final_took = USEC_MS(150)},
		.voice = {.first_after = USEC_MS(100),
			  .letter_lasts = USEC_MS(60),
			  .letter_took = USEC_MS(3),
			  .marks = true},
		.timing = conversation_timing_default,
		.filler = STR("One moment please."),
		.sorry = STR("I am sorry, something went wrong."),
		.call_max = USEC_SEC(600),
		.transfer_max = USEC_SEC(20),
	};
	snprintf(s->name, sizeof(s->name), "%s", name);
}

int script_load(struct script *s, const char *path)
{
	const char *slash = strrchr(path, '/');
	FILE *f = fopen(path, "r");
	size_t n;

	script_init(s, slash ? slash + 1 : path);
	if (!f)
		return -errno;
	s->source = mem_alloc(FILE_BYTES_MAX);
	n = s->source ? fread(s->source, 1, FILE_BYTES_MAX, f) : 0;
	fclose(f);
	return s->source ? script_parse(s, (struct str){s->source, n}) : -ENOMEM;
}

void script_fini(struct script *s)
{
	s->source = mem_free(s->source);
}
