/* Cartesia /tts/websocket: contexts that text is added to, sound in pieces, times of words. */
#include <string.h>

#include "base/mem.h"
#include "vendors/sim.h"
#include "vendors/voice.h"

#define IDLE         USEC_SEC(300)
#define EXPIRES      USEC_SEC(1) /* a context, after its last sound */
#define CONTEXTS_MAX 4096

struct context {
	struct str id;
	struct buf fixed;   /* all members that may not change */
	struct buf waiting; /* text that waits for more */
	usec due;           /* of `waiting`; 0 = none */
	usec spoken;        /* sound so far */
	usec until;         /* when its last sound is sent */
	int flush_id;
	bool closed, cancelled, timed;
	struct sound sound;
};

struct cartesia {
	struct vendor_session *s;
	struct context *contexts;
	unsigned n, cap;
	bool needs_mode;
};

static const struct vendor_rule members[] = {
	{"model_id", VENDOR_TEXT, VENDOR_MUST},
	{"transcript", VENDOR_TEXT, VENDOR_MUST},
	{"voice", VENDOR_ANY, VENDOR_MUST},
	{"output_format", VENDOR_MAP, VENDOR_MUST},
	{"context_id", VENDOR_TEXT, VENDOR_MUST},
	{"language", VENDOR_TEXT},
	{"continue", VENDOR_BOOL},
	{"flush", VENDOR_BOOL},
	{"add_timestamps", VENDOR_BOOL},
	{"add_phoneme_timestamps", VENDOR_BOOL},
	{"use_normalized_timestamps", VENDOR_BOOL},
	{"max_buffer_delay_ms", VENDOR_INT, VENDOR_MAY, 0, 5000},
	{"generation_config", VENDOR_MAP},
	{"pronunciation_dict_id", VENDOR_TEXT},
	{"speed", VENDOR_TEXT, VENDOR_MAY, 0, 0, "slow|normal|fast"},
	{"duration", VENDOR_NUM},
};

static const struct vendor_rule format_members[] = {
	{"container", VENDOR_TEXT, VENDOR_MUST, 0, 0, "raw"},
	{"encoding", VENDOR_TEXT, VENDOR_MUST, 0, 0, "pcm_f32le|pcm_s16le|pcm_mulaw|pcm_alaw"},
	{"sample_rate", VENDOR_INT, VENDOR_MUST, 8000, 48000},
};

static const struct vendor_rule generation_members[] = {
	{"speed", VENDOR_NUM, VENDOR_MAY, 0.6, 1.5},
	{"volume", VENDOR_NUM, VENDOR_MAY, 0.5, 2.0},
	{"emotion", VENDOR_TEXT},
};

/* ---- the upgrade ---- */

static bool is_date(struct str d)
{
	int64_t year, month, day;

	return d.n == 10 && d.p[4] == '-' && d.p[7] == '-' &&
	       str_to_int(str_sub(d, 0, 4), 2024, 2099, &year) == 0 &&
	       str_to_int(str_sub(d, 5, 2), 1, 12, &month) == 0 &&
	       str_to_int(str_sub(d, 8, 2), 1, 31, &day) == 0;
}

static struct str key_given(struct vendor_session *s)
{
	struct str key = vendor_header(s, "x-api-key"), bearer = vendor_header(s, "authorization");

	if (key.n)
		return key;
	if (str_starts(bearer, STR("Bearer ")))
		return str_sub(bearer, 7, SIZE_MAX);
	return vendor_query(s, "api_key", 0, &key) ? key : vendor_query_or(s, "access_token", "");
}

static void on_request(struct vendor_session *s)
{
	static const struct vendor_rule query[] = {
		{"cartesia_version", VENDOR_TEXT}, {"api_key", VENDOR_TEXT}, {"access_token", VENDOR_TEXT}};
	struct cartesia *c = vendor_state(s);
	struct str version = vendor_header(s, "cartesia-version");
	char why[160];

	if (!version.n)
		version = vendor_query_or(s, "cartesia_version", "");
	if (!vendor_check_query(s, query, ARRAY_LEN(query), why)) {
		vendor_refuse(s, 400, why);
	} else if (!is_date(version)) {
		vendor_wrong(s, "Cartesia-Version is a date, and mandatory");
		vendor_refuse(s, 400, "Invalid or missing Cartesia-Version");
	} else if (!str_eq(key_given(s), vendor_key(s))) {
		vendor_wrong(s, "the key is not the key");
		vendor_refuse(s, 401, "Invalid API key");
	}
	c->s = s;
	c->needs_mode = str_cmp(version, STR("2026")) < 0;
}

static void on_open(struct vendor_session *s)
{
	vendor_wake(s, IDLE);
}

/* ---- what is said ---- */

static void begin(struct json_out *w, struct buf *out, const char *type, struct str context, int status)
{
	buf_init(out, 32u << 20);
	json_begin(w, out);
	json_map(w, NULL);
	json_str(w, "type", str_from(type));
	if (context.n)
		json_str(w, "context_id", context);
	json_int(w, "status_code", status);
	json_bool(w, "done", status != 206);
}

static void send(struct vendor_session *s, usec delay, struct json_out *w, struct buf *out)
{
	json_end(w);
	vendor_text(s, delay, buf_str(out));
	buf_fini(out);
}

static void fail(struct vendor_session *s, struct str context, int status, const char *why)
{
	struct json_out w;
	struct buf out;

	vendor_wrong(s, "%s", why);
	begin(&w, &out, "error", context, status);
	json_str(&w, "title", STR("Bad request"));
	json_str(&w, "message", str_from(why));
	json_str(&w, "error_code", STR("invalid_request"));
	json_str(&w, "request_id", STR("r-1"));
	json_str(&w, "doc_url", STR("https://docs.cartesia.ai"));
	send(s, 0, &w, &out);
}

struct marks {
	struct json_out w;
	usec offset;
	int what; /* 0 words, 1 starts, 2 ends */
};

static void write_mark(struct str word, usec start, usec end, void *arg)
{
	struct marks *m = arg;

	if (m->what == 0)
		json_str(&m->w, NULL, word);
	else
		json_num(&m->w, NULL, (double)(m->offset + (m->what == 1 ? start : end)) / 1e6);
}

static void say_marks(struct vendor_session *s, const struct context *c, struct str text)
{
	static const char *const lists[] = {"words", "start", "end"};
	struct marks m = {.offset = c->spoken};
	struct buf out;

	begin(&m.w, &out, "timestamps", c->id, 206);
	json_map(&m.w, "word_timestamps");
	for (; m.what < 3; m.what++) {
		json_list(&m.w, lists[m.what]);
		voice_words(text, write_mark, &m);
		json_end(&m.w);
	}
	json_end(&m.w);
	json_int(&m.w, "flush_id", c->flush_id);
	send(s, 0, &m.w, &out);
}

static void say_piece(struct vendor_session *s, const struct voice_piece *p)
{
	struct context *c = p->arg;
	struct json_out w;
	struct buf out;

	begin(&w, &out, "chunk", c->id, 206);
	voice_json(&w, "data", p->bytes);
	json_num(&w, "step_time", 12.3);
	json_int(&w, "flush_id", c->flush_id);
	send(s, p->delay, &w, &out);
	if (c->timed && p->from == 0)
		say_marks(s, c, buf_str(&c->waiting));
}

static void speak(struct cartesia *all, struct context *c)
{
	struct voice v = {.sound = c->sound,
			  .say = say_piece,
			  .arg = c,
			  .odd_bytes = c->sound.coding == SOUND_S16, /* pieces end anywhere */
			  .going_on = c->until > vendor_now(all->s)};
	struct str text = buf_str(&c->waiting);

	c->due = 0;
	if (!text.n)
		return;
	vendor_tag(all->s, (unsigned)(c - all->contexts) + 1);
	voice_speak(all->s, &v, text);
	vendor_tag(all->s, 0);
	c->spoken += voice_span(text);
	c->until = vendor_due(all->s);
	buf_clear(&c->waiting);
}

static void say_simple(struct cartesia *all, struct context *c, const char *type, int status)
{
	struct json_out w;
	struct buf out;

	vendor_tag(all->s, (unsigned)(c - all->contexts) + 1);
	begin(&w, &out, type, c->id, status);
	if (status == 206) {
		json_bool(&w, "flush_done", true);
		json_int(&w, "flush_id", c->flush_id++);
	}
	send(all->s, 0, &w, &out);
	vendor_tag(all->s, 0);
}

/* ---- contexts ---- */

static struct context *find_context(struct cartesia *all, struct str id)
{
	for (unsigned i = 0; i < all->n; i++)
		if (str_eq(all->contexts[i].id, id))
			return &all->contexts[i];
	return NULL;
}

/* They never move: the queue's tags are their places, and pieces point at them. */
static struct context *add_context(struct cartesia *all, struct str id)
{
	struct context *c;

	if (!all->contexts)
		all->contexts = mem_zalloc(CONTEXTS_MAX * sizeof(*c));
	if (!all->contexts || all->n == CONTEXTS_MAX)
		return NULL;
	c = &all->contexts[all->n++];
	*c = (struct context){.id = {mem_strndup(id.p, id.n), id.n}};
	buf_init(&c->fixed, 1u << 16);
	buf_init(&c->waiting, 1u << 20);
	return c;
}

struct fixing {
	struct json_out w;
};

static int fix_member(struct str key, const struct json *value, void *arg)
{
	struct fixing *f = arg;

	if (!vendor_one_of(key, "transcript|continue|flush")) {
		json_key(&f->w, key);
		json_node(&f->w, NULL, value);
	}
	return 0;
}

static void write_fixed(const struct json *m, struct buf *out)
{
	struct fixing f;

	buf_init(out, 1u << 16);
	json_begin(&f.w, out);
	json_map(&f.w, NULL);
	json_each(m, fix_member, &f);
	json_end(&f.w);
}

static void set_sound(struct context *c, const struct json *m)
{
	struct str encoding = json_str_or(m, "output_format/encoding", STR(""));

	c->sound.rate_hz = (uint32_t)json_int_or(m, "output_format/sample_rate", 8000);
	c->sound.coding = str_eq(encoding, STR("pcm_mulaw"))   ? SOUND_MULAW
			  : str_eq(encoding, STR("pcm_alaw"))  ? SOUND_ALAW
			  : str_eq(encoding, STR("pcm_f32le")) ? SOUND_F32
							       : SOUND_S16;
	c->timed = json_bool_or(m, "add_timestamps", false);
}

/* The context of a message that is in order; NULL when it was refused. */
static struct context *take_context(struct cartesia *all, const struct json *m)
{
	struct str id = json_str_or(m, "context_id", STR(""));
	struct context *c = find_context(all, id);
	struct buf fixed;
	const char *why = NULL;

	write_fixed(m, &fixed);
	if (c && c->cancelled)
		why = "the context was cancelled";
	else if (c && c->closed)
		why = "the context has ended: its id is not used again";
	else if (c && c->spoken && vendor_now(all->s) > c->until + EXPIRES)
		why = "the context has expired";
	else if (c && !str_eq(buf_str(&c->fixed), buf_str(&fixed)))
		why = "all members but transcript, continue and flush stay as they were in a context";
	else if (!c)
		c = add_context(all, id);
	if (!why && c && !c->fixed.n) {
		set_sound(c, m);
		buf_add_str(&c->fixed, buf_str(&fixed));
	}
	buf_fini(&fixed);
	if (why)
		fail(all->s, id, 400, why);
	return why ? NULL : c;
}

/* ---- messages ---- */

static const char *check(struct cartesia *all, const struct json *m, char why[160])
{
	const struct json *voice = json_find(m, "voice"), *generation = json_find(m, "generation_config");

	if (!vendor_check_json(all->s, m, members, ARRAY_LEN(members), why) ||
	    !vendor_check_json(all->s, json_find(m, "output_format"), format_members,
			       ARRAY_LEN(format_members), why) ||
	    (generation &&
	     !vendor_check_json(all->s, generation, generation_members, ARRAY_LEN(generation_members), why)))
		return why;
	if (json_kind(voice) != JSON_KIND_STR && json_str_or(voice, "id", STR("")).n == 0)
		return "voice is an id, or a map with one";
	if (json_kind(voice) == JSON_KIND_MAP && all->needs_mode &&
	    !str_eq(json_str_or(voice, "mode", STR("")), STR("id")))
		return "voice needs \"mode\":\"id\" in this version";
	switch (json_int_or(m, "output_format/sample_rate", 0)) {
	case 8000:
	case 16000:
	case 22050:
	case 24000:
	case 44100:
	case 48000:
		break;
	default:
		return "sample_rate is 8000, 16000, 22050, 24000, 44100 or 48000";
	}
	if (json_str_or(m, "transcript", STR("")).n == 0 && !json_bool_or(m, "flush", false) &&
	    json_bool_or(m, "continue", false))
		return "transcript is empty";
	return NULL;
}

static void wake_next(struct cartesia *all)
{
	usec next = IDLE;

	for (unsigned i = 0; i < all->n; i++)
		if (all->contexts[i].due)
			next = MIN(next, MAX(all->contexts[i].due - vendor_now(all->s), 0));
	vendor_wake(all->s, next);
}

static void generate(struct cartesia *all, const struct json *m)
{
	struct str text = json_str_or(m, "transcript", STR(""));
	struct context *c = take_context(all, m);
	int64_t wait = json_int_or(m, "max_buffer_delay_ms", 0);
	bool more = json_bool_or(m, "continue", false), flush = json_bool_or(m, "flush", false);

	if (!c)
		return;
	buf_add_str(&c->waiting, text);
	vendor_bill(all->s, &(struct vendor_bill){.characters = voice_characters(text), .note = "text"});
	if (more && !flush && wait && !str_ends(str_trim(text), STR(".")))
		c->due = c->due ? c->due : vendor_now(all->s) + USEC_MS(wait);
	else
		speak(all, c);
	if (flush)
		say_simple(all, c, "flush_done", 206);
	if (!more) {
		say_simple(all, c, "done", 200);
		c->closed = true;
	}
	wake_next(all);
}

static void cancel(struct cartesia *all, const struct json *m)
{
	struct str id = json_str_or(m, "context_id", STR(""));
	struct context *c = find_context(all, id);

	if (!id.n || !json_bool_or(m, "cancel", false) || json_count(m) != 2) {
		fail(all->s, id, 400, "cancel is true, and comes with context_id alone");
		return;
	}
	vendor_note(all->s, "cancel");
	if (!c)
		return; /* it may have ended before the client knew */
	c->cancelled = true;
	c->due = 0;
	vendor_drop(all->s, (unsigned)(c - all->contexts) + 1);
}

static void on_text(struct vendor_session *s, struct str text)
{
	struct cartesia *all = vendor_state(s);
	struct json *m = vendor_json(s, text);
	const char *problem;
	char why[160];

	if (!m) {
		fail(s, STR(""), 400, "the message is not JSON");
	} else if (json_find(m, "cancel")) {
		cancel(all, m);
	} else {
		problem = check(all, m, why);
		if (problem)
			fail(s, json_str_or(m, "context_id", STR("")), 400, problem);
		else
			generate(all, m);
	}
	json_free(m);
}

static void on_wake(struct vendor_session *s)
{
	struct cartesia *all = vendor_state(s);
	bool spoke = false;

	for (unsigned i = 0; i < all->n; i++) {
		struct context *c = &all->contexts[i];

		if (c->due && c->due <= vendor_now(s)) {
			speak(all, c);
			spoke = true;
		}
	}
	if (spoke)
		wake_next(all);
	else
		vendor_close(s, 1000, "idle");
}

static void on_fault(struct vendor_session *s)
{
	struct json_out w;
	struct buf out;

	begin(&w, &out, "error", STR(""), 500);
	json_str(&w, "title", STR("Internal error"));
	json_str(&w, "message", STR("The model could not be run"));
	json_str(&w, "error_code", STR("internal_error"));
	send(s, 0, &w, &out);
	vendor_close(s, 1011, "");
}

static void on_close(struct vendor_session *s)
{
	struct cartesia *all = vendor_state(s);

	for (unsigned i = 0; i < all->n; i++) {
		buf_fini(&all->contexts[i].fixed);
		buf_fini(&all->contexts[i].waiting);
		mem_free((void *)all->contexts[i].id.p);
	}
	mem_free(all->contexts);
	all->contexts = NULL;
	all->n = 0;
}

const struct vendor_sim sim_cartesia = {
	.name = "cartesia",
	.kind = VENDOR_WEBSOCKET,
	.path = "/tts/websocket",
	.state_bytes = sizeof(struct cartesia),
	.on_request = on_request,
	.on_open = on_open,
	.on_text = on_text,
	.on_wake = on_wake,
	.on_fault = on_fault,
	.on_close = on_close,
};
