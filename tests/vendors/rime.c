/* Rime /ws3: one context at a time, text kept up to the end of a sentence, times of words a segment. */
#include <string.h>

#include "vendors/sim.h"
#include "vendors/voice.h"

struct rime {
	struct vendor_session *s;
	struct sound sound;
	struct buf waiting;
	char context[80]; /* the newest */
	bool at_once, never, over;
};

static const struct vendor_rule query[] = {
	{"speaker", VENDOR_TEXT, VENDOR_MUST},
	{"modelId", VENDOR_TEXT, VENDOR_MUST, 0, 0, "coda|arcana|mist|mistv2|mistv3"},
	{"audioFormat", VENDOR_TEXT, VENDOR_MUST, 0, 0, "mp3|mulaw|pcm"},
	{"samplingRate", VENDOR_INT, VENDOR_MAY, 4000, 48000},
	{"lang", VENDOR_TEXT},
	{"segment", VENDOR_TEXT, VENDOR_MAY, 0, 0, "immediate|bySentence|never"},
	{"immediate", VENDOR_BOOL},
	{"speedAlpha", VENDOR_NUM},
	{"timeScaleFactor", VENDOR_NUM},
	{"repetition_penalty", VENDOR_NUM},
	{"temperature", VENDOR_NUM},
	{"top_p", VENDOR_NUM},
	{"reduceLatency", VENDOR_BOOL},
	{"pauseBetweenBrackets", VENDOR_BOOL},
	{"phonemizeBetweenBrackets", VENDOR_BOOL},
	{"noTextNormalization", VENDOR_BOOL},
	{"saveOovs", VENDOR_BOOL},
};

static void on_request(struct vendor_session *s)
{
	struct str bearer = vendor_header(s, "authorization");
	char why[160];

	if (!str_starts(bearer, STR("Bearer ")) || !str_eq(str_sub(bearer, 7, SIZE_MAX), vendor_key(s))) {
		vendor_wrong(s, "Authorization is not Bearer and the key");
		vendor_refuse(s, 401, "unauthorized");
	} else if (!vendor_check_query(s, query, ARRAY_LEN(query), why)) {
		vendor_refuse(s, 400, why);
	} else if (str_eq(vendor_query_or(s, "audioFormat", ""), STR("mp3"))) {
		vendor_wrong(s, "the simulator makes mulaw and pcm");
		vendor_refuse(s, 400, "mp3");
	}
}

static void on_open(struct vendor_session *s)
{
	struct rime *r = vendor_state(s);
	struct str segment = vendor_query_or(s, "segment", "bySentence");
	int64_t rate = 8000;

	r->s = s;
	if (str_to_int(vendor_query_or(s, "samplingRate", "22050"), 4000, 48000, &rate) < 0)
		rate = 22050;
	r->sound.rate_hz = (uint32_t)rate;
	r->sound.coding =
		str_eq(vendor_query_or(s, "audioFormat", ""), STR("mulaw")) ? SOUND_MULAW : SOUND_S16;
	r->at_once =
		str_eq(segment, STR("immediate")) || str_eq(vendor_query_or(s, "immediate", ""), STR("true"));
	r->never = str_eq(segment, STR("never"));
	buf_init(&r->waiting, 1u << 20);
}

/* ---- what is said ---- */

static void begin(struct json_out *w, struct buf *out, const struct rime *r, const char *type)
{
	buf_init(out, 4u << 20);
	json_begin(w, out);
	json_map(w, NULL);
	json_str(w, "type", str_from(type));
	if (r->context[0])
		json_str(w, "contextId", str_from(r->context));
	else
		json_none(w, "contextId");
}

static void send(struct json_out *w, struct buf *out, const struct rime *r, usec delay)
{
	json_end(w);
	vendor_text(r->s, delay, buf_str(out));
	buf_fini(out);
}

struct marks {
	struct json_out w;
	int what; /* 0 words, 1 starts, 2 ends */
};

static void write_mark(struct str word, usec start, usec end, void *arg)
{
	struct marks *m = arg;

	if (m->what == 0)
		json_str(&m->w, NULL, word);
	else
		json_num(&m->w, NULL, (double)(m->what == 1 ? start : end) / 1e6);
}

static void say_marks(const struct rime *r, struct str text)
{
	static const char *const lists[] = {"words", "start", "end"};
	struct marks m = {.what = 0};
	struct buf out;

	begin(&m.w, &out, r, "timestamps");
	json_map(&m.w, "word_timestamps");
	for (; m.what < 3; m.what++) {
		json_list(&m.w, lists[m.what]);
		voice_words(text, write_mark, &m);
		json_end(&m.w);
	}
	json_end(&m.w);
	send(&m.w, &out, r, 0);
}

static void say_piece(struct vendor_session *s, const struct voice_piece *p)
{
	const struct rime *r = vendor_state(s);
	const struct str *text = p->arg;
	struct json_out w;
	struct buf out;

	begin(&w, &out, r, "chunk");
	voice_json(&w, "data", p->bytes);
	send(&w, &out, r, p->delay);
	if (p->from == 0)
		say_marks(r, *text);
}

/* All that is waiting, or its sentences. */
static void generate(struct rime *r, bool all)
{
	struct str text = buf_str(&r->waiting), part;
	size_t n = all ? text.n : 0;
	struct voice v = {.sound = r->sound, .say = say_piece, .arg = &part, .going_on = vendor_busy(r->s)};

	for (size_t i = 0; i < text.n && !all; i++)
		if (strchr(".?!", text.p[i]))
			n = i + 1;
	part = str_sub(text, 0, n);
	v.odd_bytes = r->sound.coding == SOUND_S16; /* a piece may have an odd number of bytes */
	voice_speak(r->s, &v, part);
	buf_consume(&r->waiting, n);
}

static void say_done(struct rime *r)
{
	struct json_out w;
	struct buf out;

	begin(&w, &out, r, "done");
	send(&w, &out, r, 0);
}

static void fail(struct rime *r, const char *why)
{
	struct json_out w;
	struct buf out;

	vendor_wrong(r->s, "%s", why);
	begin(&w, &out, r, "error");
	json_str(&w, "message", str_from(why));
	send(&w, &out, r, 0); /* the connection stays open */
}

/* ---- messages ---- */

static void take_text(struct rime *r, const struct json *m)
{
	static const struct vendor_rule members[] = {{"text", VENDOR_TEXT, VENDOR_MUST},
						     {"contextId", VENDOR_TEXT}};
	struct str text = json_str_or(m, "text", STR(""));
	char why[160];

	if (!vendor_check_json(r->s, m, members, ARRAY_LEN(members), why)) {
		fail(r, why);
		return;
	}
	str_copy(json_str_or(m, "contextId", STR("")), r->context, sizeof(r->context));
	vendor_bill(r->s, &(struct vendor_bill){.characters = voice_characters(text), .note = "text"});
	buf_add_str(&r->waiting, text);
	if (!r->never)
		generate(r, r->at_once);
}

static void operate(struct rime *r, const struct json *m)
{
	struct str operation = json_str_or(m, "operation", STR(""));

	if (json_count(m) != 1) {
		fail(r, "an operation stands alone");
	} else if (str_eq(operation, STR("flush"))) {
		generate(r, true);
		say_done(r);
	} else if (str_eq(operation, STR("clear"))) {
		vendor_note(r->s, "cancel");
		buf_clear(&r->waiting); /* what is already generated still comes */
	} else if (str_eq(operation, STR("eos"))) {
		generate(r, true);
		say_done(r);
		vendor_close(r->s, 1000, "");
		r->over = true;
	} else {
		fail(r, "an operation is flush, clear or eos");
	}
}

static void on_text(struct vendor_session *s, struct str text)
{
	struct rime *r = vendor_state(s);
	struct json *m = r->over ? NULL : vendor_json(s, text);

	if (r->over)
		return;
	if (!m)
		fail(r, "the message is not JSON");
	else if (json_find(m, "operation"))
		operate(r, m);
	else
		take_text(r, m);
	json_free(m);
}

static void on_fault(struct vendor_session *s)
{
	vendor_text(s, 0, STR("{\"type\":\"error\",\"message\":\"synthesis failed\"}"));
	vendor_close(s, 1011, "");
}

static void on_close(struct vendor_session *s)
{
	struct rime *r = vendor_state(s);

	buf_fini(&r->waiting);
}

const struct vendor_sim sim_rime = {
	.name = "rime",
	.kind = VENDOR_WEBSOCKET,
	.path = "/ws3",
	.state_bytes = sizeof(struct rime),
	.on_request = on_request,
	.on_open = on_open,
	.on_text = on_text,
	.on_fault = on_fault,
	.on_close = on_close,
};
