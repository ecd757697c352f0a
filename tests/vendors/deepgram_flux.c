/* Deepgram /v2/listen (Flux): turns with a beginning, an eager end that may be taken back, and an end. */
#include <stdio.h>

#include "deepgram.h"
#include "vendors/ear.h"

#define UPDATE USEC_MS(240)
#define EAGER  USEC_MS(160) /* of silence: less than the end of a turn needs */
#define END    USEC_MS(400)
#define BURST  USEC_SEC(60)

struct flux {
	struct vendor_session *s;
	struct ear ear;
	struct sound sound;
	bool eager, resumed, started, ending; /* `resumed`: an eager end was told and is not confirmed */
	unsigned sequence, turn;
	usec window; /* the turn's beginning */
};

static const struct vendor_rule query[] = {
	{"model", VENDOR_TEXT, VENDOR_MUST, 0, 0, "flux-general-en|flux-general-multi"},
	{"encoding", VENDOR_TEXT, VENDOR_MAY, 0, 0, "linear16|linear32|mulaw|alaw|opus|ogg-opus"},
	{"sample_rate", VENDOR_INT, VENDOR_MAY, 8000, 48000},
	{"eot_threshold", VENDOR_NUM, VENDOR_MAY, 0.5, 0.9},
	{"eager_eot_threshold", VENDOR_NUM, VENDOR_MAY, 0.3, 0.9},
	{"eot_timeout_ms", VENDOR_INT, VENDOR_MAY, 500, 10000},
	{"keyterm", VENDOR_TEXT, VENDOR_MANY},
	{"language_hint", VENDOR_TEXT, VENDOR_MANY},
	{"profanity_filter", VENDOR_BOOL},
	{"numerals", VENDOR_BOOL},
	{"redact", VENDOR_TEXT, VENDOR_MANY},
	{"tag", VENDOR_TEXT, VENDOR_MANY},
	{"mip_opt_out", VENDOR_BOOL},
};

static void on_request(struct vendor_session *s)
{
	const char *problem = NULL;
	struct str value;
	char why[160];

	if (!deepgram_key(s))
		return;
	if (!vendor_check_query(s, query, ARRAY_LEN(query), why))
		problem = why;
	else if (vendor_query(s, "encoding", 0, &value) != vendor_query(s, "sample_rate", 0, &value))
		problem = "encoding and sample_rate go together";
	else if (vendor_query(s, "language_hint", 0, &value) &&
		 !str_eq(vendor_query_or(s, "model", ""), STR("flux-general-multi")))
		problem = "language_hint is of flux-general-multi";
	if (!problem)
		return;
	if (problem != why)
		vendor_wrong(s, "%s", problem);
	vendor_refuse(s, 400, problem);
}

/* ---- what is said ---- */

static void say_turn(struct flux *f, const char *event, usec delay, double confidence)
{
	struct json_out w;
	struct buf out, text;

	buf_init(&out, 1u << 18);
	buf_init(&text, 1u << 16);
	ear_text(&f->ear, &text);
	json_begin(&w, &out);
	json_map(&w, NULL);
	json_str(&w, "type", STR("TurnInfo"));
	json_str(&w, "request_id", STR("5e2c8a1b"));
	json_int(&w, "sequence_id", ++f->sequence);
	json_str(&w, "event", str_from(event));
	json_int(&w, "turn_index", f->turn);
	json_num(&w, "audio_window_start", ear_seconds(f->window));
	json_num(&w, "audio_window_end", ear_seconds(f->ear.heard));
	json_str(&w, "transcript", buf_str(&text));
	json_list(&w, "words");
	for (size_t i = f->ear.first; i < f->ear.n_words; i++) {
		json_map(&w, NULL);
		json_str(&w, "word", str_from(f->ear.words[i].text));
		json_num(&w, "confidence", 0.99);
		json_end(&w);
	}
	json_end(&w);
	json_num(&w, "end_of_turn_confidence", confidence);
	json_end(&w);
	vendor_text(f->s, delay, buf_str(&out));
	buf_fini(&text);
	buf_fini(&out);
}

/* A turn begins with its first word: that is the signal to interrupt. */
static void on_partial(struct vendor_session *s, struct ear *e)
{
	struct flux *f = vendor_state(s);

	if (f->resumed) {
		f->resumed = false;
		say_turn(f, "TurnResumed", 0, 0.05);
	}
	say_turn(f, f->started ? "Update" : "StartOfTurn", 0, 0.1);
	f->started = true;
}

static void on_pause(struct vendor_session *s, struct ear *e)
{
	struct flux *f = vendor_state(s);

	if (!ear_count(e))
		return;
	if (!f->started)
		say_turn(f, "StartOfTurn", 0, 0.1);
	vendor_note(s, "pause");
	vendor_bill_next(s, &(struct vendor_bill){.note = "final"});
	say_turn(f, "EndOfTurn", vendor_span(s, vendor_config(s)->delays.final), 0.83);
	ear_settle(e);
	f->started = f->resumed = false;
	f->turn++;
	f->window = e->heard;
}

static const struct ear_ops hears = {.on_partial = on_partial, .on_pause = on_pause};

static void on_open(struct vendor_session *s)
{
	struct flux *f = vendor_state(s);
	struct str value;

	f->s = s;
	f->sound = (struct sound){SOUND_S16, 16000};
	deepgram_sound(s, &f->sound);
	ear_init(&f->ear, s, &hears, &f->sound);
	f->ear.pause = END;
	f->eager = vendor_query(s, "eager_eot_threshold", 0, &value);
	vendor_text(s, 0, STR("{\"type\":\"Connected\",\"request_id\":\"5e2c8a1b\",\"sequence_id\":0}"));
}

static void fail(struct flux *f, const char *code, const char *rule)
{
	char text[240];

	vendor_wrong(f->s, "%s", rule);
	snprintf(text, sizeof(text),
		 "{\"type\":\"Error\",\"sequence_id\":%u,\"code\":\"%s\",\"description\":\"%s\"}",
		 ++f->sequence, code, rule);
	vendor_text(f->s, 0, str_from(text));
	vendor_close(f->s, 1008, code);
	f->ending = true;
}

/* ---- messages ---- */

static void on_binary(struct vendor_session *s, struct str bytes)
{
	struct flux *f = vendor_state(s);
	bool spoken = f->ear.speaking;

	if (f->ending) {
		vendor_wrong(s, "sound comes after CloseStream");
		return;
	}
	if (bytes.n == 0 || bytes.n % sound_sample_bytes(f->sound.coding) || bytes.p[0] == '{') {
		fail(f, "DATA-0000", "a binary message is sound of the encoding that was said");
		return;
	}
	vendor_heard(s, sound_span(&f->sound, bytes.n), 2, BURST);
	ear_feed(&f->ear, bytes);
	if (f->eager && !f->resumed && spoken && f->ear.speaking && f->started &&
	    f->ear.heard - f->ear.spoke_until >= EAGER) {
		ear_complete(&f->ear);
		f->resumed = true;
		say_turn(f, "EagerEndOfTurn", 0, 0.5);
	}
}

static const char *check_configure(struct vendor_session *s, const struct json *m, char why[160])
{
	static const struct vendor_rule members[] = {{"type", VENDOR_TEXT, VENDOR_MUST},
						     {"thresholds", VENDOR_MAP},
						     {"keyterms", VENDOR_LIST},
						     {"language_hints", VENDOR_LIST}};
	static const struct vendor_rule thresholds[] = {
		{"eot_threshold", VENDOR_NUM, VENDOR_MAY, 0.5, 0.9},
		{"eager_eot_threshold", VENDOR_NUM, VENDOR_MAY, 0.3, 0.9},
		{"eot_timeout_ms", VENDOR_INT, VENDOR_MAY, 500, 10000}};
	const struct json *map = json_find(m, "thresholds");

	if (!vendor_check_json(s, m, members, ARRAY_LEN(members), why) ||
	    (map && !vendor_check_json(s, map, thresholds, ARRAY_LEN(thresholds), why)))
		return why;
	return NULL;
}

static void on_text(struct vendor_session *s, struct str text)
{
	struct flux *f = vendor_state(s);
	struct json *m = vendor_json(s, text);
	struct str type = json_str_or(m, "type", STR(""));
	char why[160];

	if (f->ending) {
		vendor_wrong(s, "something comes after CloseStream");
	} else if (str_eq(type, STR("CloseStream"))) {
		ear_complete(&f->ear);
		on_pause(s, &f->ear);
		vendor_close(s, 1000, "");
		f->ending = true;
	} else if (str_eq(type, STR("Configure"))) {
		vendor_text(s, 0,
			    check_configure(s, m, why)
				    ? STR("{\"type\":\"ConfigureFailure\",\"sequence_id\":0}")
				    : STR("{\"type\":\"ConfigureSuccess\",\"sequence_id\":0}"));
	} else {
		fail(f, "MESSAGE-0000",
		     "there is neither KeepAlive nor Finalize, only CloseStream and Configure");
	}
	json_free(m);
}

static void on_fault(struct vendor_session *s)
{
	vendor_text(s, 0,
		    STR("{\"type\":\"Error\",\"sequence_id\":9,\"code\":\"INTERNAL_SERVER_ERROR\","
			"\"description\":\"..\"}"));
	vendor_close(s, 1011, "NET-0000");
}

static void on_close(struct vendor_session *s)
{
	struct flux *f = vendor_state(s);

	ear_fini(&f->ear);
}

const struct vendor_sim sim_deepgram_flux = {
	.name = "deepgram",
	.kind = VENDOR_WEBSOCKET,
	.path = "/v2/listen",
	.state_bytes = sizeof(struct flux),
	.on_request = on_request,
	.on_open = on_open,
	.on_text = on_text,
	.on_binary = on_binary,
	.on_fault = on_fault,
	.on_refuse = deepgram_refuse,
	.on_close = on_close,
};
