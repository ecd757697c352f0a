/* ElevenLabs Scribe realtime: sound as base64 in text, segments that are committed by silence or by the
 * client. */
#include <stdio.h>

#include "vendors/ear.h"

#define SILENT_MOST USEC_SEC(15)
#define CHUNK_MOST  USEC_SEC(2)

struct scribe {
	struct vendor_session *s;
	struct ear ear;
	struct sound sound;
	bool manual, timed, begun, ending;
	usec uncommitted;
};

static const struct vendor_rule query[] = {
	{"model_id", VENDOR_TEXT, VENDOR_MUST, 0, 0, "scribe_v2_realtime"},
	{"audio_format", VENDOR_TEXT, VENDOR_MUST, 0, 0,
	 "pcm_8000|pcm_16000|pcm_22050|pcm_24000|pcm_44100|pcm_48000|ulaw_8000"},
	{"commit_strategy", VENDOR_TEXT, VENDOR_MAY, 0, 0, "manual|vad"},
	{"vad_silence_threshold_secs", VENDOR_NUM, VENDOR_MAY, 0.3, 3.0},
	{"vad_threshold", VENDOR_NUM, VENDOR_MAY, 0.1, 0.9},
	{"min_speech_duration_ms", VENDOR_INT, VENDOR_MAY, 50, 2000},
	{"min_silence_duration_ms", VENDOR_INT, VENDOR_MAY, 50, 2000},
	{"language_code", VENDOR_TEXT},
	{"include_timestamps", VENDOR_BOOL},
	{"include_language_detection", VENDOR_BOOL},
	{"enable_logging", VENDOR_BOOL},
	{"no_verbatim", VENDOR_BOOL},
	{"filter_background_audio", VENDOR_BOOL},
	{"keyterms", VENDOR_TEXT, VENDOR_MANY},
	{"token", VENDOR_TEXT},
};

static const struct vendor_rule members[] = {
	{"message_type", VENDOR_TEXT, VENDOR_MUST, 0, 0, "input_audio_chunk"},
	{"audio_base_64", VENDOR_TEXT, VENDOR_MUST},
	{"commit", VENDOR_BOOL, VENDOR_MUST},
	{"sample_rate", VENDOR_INT, VENDOR_MUST},
	{"previous_text", VENDOR_TEXT},
};

static void write_error(struct json_out *w, int status, const char *why)
{
	json_map(w, "detail");
	json_str(w, "status", status == 401 ? STR("invalid_api_key") : STR("invalid_parameters"));
	json_str(w, "message", str_from(why));
	json_end(w);
}

static void refuse(struct vendor_session *s, int status, const char *why)
{
	vendor_answer_error(s, status, why, write_error);
}

static void on_request(struct vendor_session *s)
{
	struct str token = vendor_query_or(s, "token", "");
	char why[160];

	if (!str_eq(vendor_header(s, "xi-api-key"), vendor_key(s)) && !str_eq(token, vendor_key(s))) {
		vendor_wrong(s, "xi-api-key is not the key");
		refuse(s, 401, "Invalid API key");
	} else if (!vendor_check_query(s, query, ARRAY_LEN(query), why)) {
		refuse(s, 400, why);
	}
}

/* ---- what is said ---- */

static void say(struct scribe *c, usec delay, const char *type, const char *key, struct str value)
{
	struct json_out w;
	struct buf out;

	buf_init(&out, 1u << 18);
	json_begin(&w, &out);
	json_map(&w, NULL);
	json_str(&w, "message_type", str_from(type));
	json_str(&w, key, value);
	json_end(&w);
	vendor_text(c->s, delay, buf_str(&out));
	buf_fini(&out);
}

static void fail(struct scribe *c, const char *type, const char *why, bool closes)
{
	vendor_wrong(c->s, "%s", why);
	say(c, 0, type, "error", str_from(why));
	if (closes)
		vendor_close(c->s, 1008, type);
	c->ending = c->ending || closes;
}

static void say_words(struct scribe *c, struct str text)
{
	const struct ear *e = &c->ear;
	struct json_out w;
	struct buf out;

	buf_init(&out, 1u << 18);
	json_begin(&w, &out);
	json_map(&w, NULL);
	json_str(&w, "message_type", STR("committed_transcript_with_timestamps"));
	json_str(&w, "text", text);
	json_str(&w, "language_code", STR("en"));
	json_list(&w, "words");
	for (size_t i = e->first; i < e->n_words; i++) {
		if (i > e->first) {
			json_map(&w, NULL);
			json_str(&w, "text", STR(" "));
			json_num(&w, "start", ear_seconds(e->words[i - 1].end));
			json_num(&w, "end", ear_seconds(e->words[i].start));
			json_str(&w, "type", STR("spacing"));
			json_end(&w);
		}
		json_map(&w, NULL);
		json_str(&w, "text", str_from(e->words[i].text));
		json_num(&w, "start", ear_seconds(e->words[i].start));
		json_num(&w, "end", ear_seconds(e->words[i].end));
		json_str(&w, "type", STR("word"));
		json_num(&w, "logprob", -0.01);
		json_end(&w);
	}
	json_end(&w);
	json_end(&w);
	vendor_text(c->s, 0, buf_str(&out));
	buf_fini(&out);
}

static void on_partial(struct vendor_session *s, struct ear *e)
{
	struct buf text;

	buf_init(&text, 1u << 16);
	ear_text(e, &text);
	say(vendor_state(s), 0, "partial_transcript", "text", buf_str(&text));
	buf_fini(&text);
}

static void commit(struct scribe *c)
{
	struct buf text;

	buf_init(&text, 1u << 16);
	ear_complete(&c->ear);
	ear_sentence(&c->ear, &text);
	vendor_bill_next(c->s, &(struct vendor_bill){.note = "final"});
	say(c, vendor_span(c->s, vendor_config(c->s)->delays.final), "committed_transcript", "text",
	    buf_str(&text));
	if (c->timed)
		say_words(c, buf_str(&text));
	ear_settle(&c->ear);
	c->uncommitted = 0;
	buf_fini(&text);
}

static void on_pause(struct vendor_session *s, struct ear *e)
{
	vendor_note(s, "pause");
	commit(vendor_state(s));
}

static const struct ear_ops hears = {.on_partial = on_partial, .on_pause = on_pause};

static void on_open(struct vendor_session *s)
{
	struct scribe *c = vendor_state(s);
	struct str format = vendor_query_or(s, "audio_format", "ulaw_8000"), name = str_cut(&format, '_');
	double pause = 0.8;
	int64_t rate = 8000;

	c->s = s;
	if (str_to_int(format, 8000, 48000, &rate) < 0)
		rate = 8000;
	c->sound = (struct sound){str_eq(name, STR("ulaw")) ? SOUND_MULAW : SOUND_S16, (uint32_t)rate};
	c->manual = !str_eq(vendor_query_or(s, "commit_strategy", "manual"), STR("vad"));
	c->timed = str_eq(vendor_query_or(s, "include_timestamps", "false"), STR("true"));
	if (str_to_num(vendor_query_or(s, "vad_silence_threshold_secs", "0.8"), &pause) < 0)
		pause = 0.8;
	ear_init(&c->ear, s, &hears, &c->sound);
	c->ear.pause = c->manual ? 0 : (usec)(pause * 1e6);
	say(c, 0, "session_started", "session_id", STR("5e2c8a1b"));
	vendor_wake(s, SILENT_MOST);
}

/* ---- messages ---- */

static void take_chunk(struct scribe *c, const struct json *m)
{
	bool commits = json_bool_or(m, "commit", false);
	struct buf bytes;
	usec span;

	buf_init(&bytes, 4u << 20);
	if (!vendor_unbase64(json_str_or(m, "audio_base_64", STR("")), &bytes) ||
	    bytes.n % sound_sample_bytes(c->sound.coding)) {
		fail(c, "input_error", "audio_base_64 is not base64 of the format that was said", false);
		buf_fini(&bytes);
		return;
	}
	span = sound_span(&c->sound, bytes.n);
	if (span > CHUNK_MOST)
		fail(c, "chunk_size_exceeded", "a chunk is at most a second or two", true);
	vendor_heard(c->s, span, 2, USEC_SEC(60));
	c->uncommitted += span;
	ear_feed(&c->ear, buf_str(&bytes));
	buf_fini(&bytes);
	if (commits && c->uncommitted < USEC_MS(100))
		fail(c, "commit_throttled", "there is almost no sound to commit", false);
	else if (commits)
		commit(c);
}

static void on_text(struct vendor_session *s, struct str text)
{
	struct scribe *c = vendor_state(s);
	struct json *m;
	char why[160];

	if (c->ending)
		return;
	m = vendor_json(s, text);
	vendor_wake(s, SILENT_MOST);
	if (!m || !vendor_check_json(s, m, members, ARRAY_LEN(members), why))
		fail(c, "input_error", m ? why : "the message is not JSON", true);
	else if (json_int_or(m, "sample_rate", 0) != (int64_t)c->sound.rate_hz)
		fail(c, "input_error", "sample_rate does not match audio_format", true);
	else if (c->begun && json_find(m, "previous_text"))
		fail(c, "input_error", "previous_text is of the first chunk", true);
	else
		take_chunk(c, m);
	c->begun = true;
	json_free(m);
}

static void on_wake(struct vendor_session *s)
{
	fail(vendor_state(s), "insufficient_audio_activity", "no sound for a long time", true);
}

static void on_fault(struct vendor_session *s)
{
	struct scribe *c = vendor_state(s);

	say(c, 0, "transcriber_error", "error", STR("The transcriber has failed"));
	vendor_close(s, 1011, "transcriber_error");
}

static void on_close(struct vendor_session *s)
{
	struct scribe *c = vendor_state(s);

	ear_fini(&c->ear);
}

const struct vendor_sim sim_elevenlabs_scribe = {
	.name = "elevenlabs",
	.kind = VENDOR_WEBSOCKET,
	.path = "/v1/speech-to-text/realtime",
	.state_bytes = sizeof(struct scribe),
	.on_request = on_request,
	.on_open = on_open,
	.on_text = on_text,
	.on_wake = on_wake,
	.on_fault = on_fault,
	.on_refuse = refuse,
	.on_close = on_close,
};
