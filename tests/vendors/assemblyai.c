/* AssemblyAI v3: turns of immutable words, said twice at their end when formatting is asked for. */
#include <stdio.h>

#include "vendors/ear.h"

#define END         USEC_MS(400)
#define CHUNK_LEAST USEC_MS(50)
#define CHUNK_MOST  USEC_MS(1000)
#define BURST       USEC_SEC(60)

struct assembly {
	struct vendor_session *s;
	struct ear ear;
	struct sound sound;
	bool formatted, ending;
	unsigned turn;
};

static const struct vendor_rule query[] = {
	{"sample_rate", VENDOR_INT, VENDOR_MUST, 8000, 48000},
	{"encoding", VENDOR_TEXT, VENDOR_MAY, 0, 0, "pcm_s16le|pcm_mulaw|opus|ogg_opus|aac"},
	{"speech_model", VENDOR_TEXT, VENDOR_MAY, 0, 0,
	 "universal-streaming-english|universal-streaming-multilingual|u3-rt-pro|universal-3-5-pro|whisper-"
	 "rt"},
	{"format_turns", VENDOR_BOOL},
	{"end_of_turn_confidence_threshold", VENDOR_NUM, VENDOR_MAY, 0, 1},
	{"min_turn_silence", VENDOR_INT, VENDOR_MAY, 0, 10000},
	{"max_turn_silence", VENDOR_INT, VENDOR_MAY, 0, 60000},
	{"min_end_of_turn_silence_when_confident", VENDOR_INT, VENDOR_MAY, 0, 10000},
	{"vad_threshold", VENDOR_NUM, VENDOR_MAY, 0, 1},
	{"turn_left_pad_ms", VENDOR_INT},
	{"interruption_delay", VENDOR_INT},
	{"keyterms_prompt", VENDOR_TEXT},
	{"prompt", VENDOR_TEXT},
	{"agent_context", VENDOR_TEXT},
	{"language_code", VENDOR_TEXT},
	{"language_codes", VENDOR_TEXT},
	{"language_detection", VENDOR_BOOL},
	{"domain", VENDOR_TEXT, VENDOR_MAY, 0, 0, "medical-v1"},
	{"speaker_labels", VENDOR_BOOL},
	{"max_speakers", VENDOR_INT},
	{"inactivity_timeout", VENDOR_INT, VENDOR_MAY, 5, 3600},
	{"include_partial_turns", VENDOR_BOOL},
	{"continuous_partials", VENDOR_BOOL},
	{"session_heartbeat", VENDOR_BOOL},
	{"mode", VENDOR_TEXT, VENDOR_MAY, 0, 0, "max_accuracy|min_latency|balanced"},
	{"noise_suppression_model", VENDOR_TEXT, VENDOR_MAY, 0, 0, "near-field|far-field"},
	{"voice_focus", VENDOR_TEXT, VENDOR_MAY, 0, 0, "near-field|far-field"},
	{"filter_profanity", VENDOR_BOOL},
	{"redact_pii", VENDOR_BOOL},
	{"redact_pii_policies", VENDOR_TEXT},
	{"redact_pii_sub", VENDOR_TEXT, VENDOR_MAY, 0, 0, "hash|entity_name"},
	{"webhook_url", VENDOR_TEXT},
	{"token", VENDOR_TEXT},
};

/* What is wrong is told after the upgrade, by message and close code, as a browser needs it. */
static void fail(struct assembly *a, int code, const char *rule)
{
	char text[320];

	vendor_wrong(a->s, "%s", rule);
	snprintf(text, sizeof(text), "{\"type\":\"Error\",\"error_code\":%d,\"error\":\"%s\"}", code, rule);
	vendor_text(a->s, 0, str_from(text));
	vendor_close(a->s, code, rule);
	a->ending = true;
}

static const char *check_keyterms(struct vendor_session *s)
{
	struct str terms;
	struct json *list = NULL;
	const char *why = NULL;

	if (!vendor_query(s, "keyterms_prompt", 0, &terms))
		return NULL;
	if (json_parse(terms, NULL, NULL, &list) < 0 || json_kind(list) != JSON_KIND_LIST)
		why = "keyterms_prompt is a JSON list";
	json_free(list);
	return why;
}

static void check_upgrade(struct assembly *a)
{
	struct str key = vendor_header(a->s, "authorization"), token;
	const char *problem;
	char why[160];

	if (!str_eq(key, vendor_key(a->s)) &&
	    !(vendor_query(a->s, "token", 0, &token) && str_eq(token, vendor_key(a->s)))) {
		fail(a, 1008, "Not authorized: Authorization is the raw key");
		return;
	}
	problem = vendor_check_query(a->s, query, ARRAY_LEN(query), why) ? check_keyterms(a->s) : why;
	if (problem)
		fail(a, 3006, problem);
}

/* ---- turns ---- */

static void write_words(struct json_out *w, const struct ear *e, bool ended)
{
	json_list(w, "words");
	for (size_t i = e->first; i < e->n_words; i++) {
		json_map(w, NULL);
		json_str(w, "text", str_from(e->words[i].text));
		json_int(w, "start", e->words[i].start / 1000);
		json_int(w, "end", e->words[i].end / 1000);
		json_num(w, "confidence", 0.99);
		json_bool(w, "word_is_final", ended || i + 1 < e->n_words);
		json_end(w);
	}
	json_end(w);
}

/* Final words only: the last one of a turn that goes on may still change. */
static void write_transcript(const struct ear *e, bool ended, bool formatted, struct buf *out)
{
	if (formatted) {
		ear_sentence(e, out);
		return;
	}
	for (size_t i = e->first; i + !ended < e->n_words; i++)
		buf_printf(out, "%s%s", i > e->first ? " " : "", e->words[i].text);
}

static void say_turn(struct assembly *a, bool ended, bool formatted, usec delay)
{
	struct json_out w;
	struct buf out, text;

	buf_init(&out, 1u << 18);
	buf_init(&text, 1u << 16);
	write_transcript(&a->ear, ended, formatted, &text);
	json_begin(&w, &out);
	json_map(&w, NULL);
	json_str(&w, "type", STR("Turn"));
	json_int(&w, "turn_order", a->turn);
	json_bool(&w, "turn_is_formatted", formatted);
	json_bool(&w, "end_of_turn", ended);
	json_str(&w, "transcript", buf_str(&text));
	json_num(&w, "end_of_turn_confidence", ended ? 0.83 : 0.12);
	write_words(&w, &a->ear, ended);
	json_str(&w, "language_code", STR("en"));
	json_end(&w);
	vendor_text(a->s, delay, buf_str(&out));
	buf_fini(&text);
	buf_fini(&out);
}

static void on_partial(struct vendor_session *s, struct ear *e)
{
	say_turn(vendor_state(s), false, false, 0);
}

static void on_pause(struct vendor_session *s, struct ear *e)
{
	struct assembly *a = vendor_state(s);

	if (!ear_count(e))
		return;
	vendor_note(s, "pause");
	vendor_bill_next(s, &(struct vendor_bill){.note = "final"});
	say_turn(a, true, false, vendor_span(s, vendor_config(s)->delays.final));
	if (a->formatted)
		say_turn(a, true, true, 0);
	ear_settle(e);
	a->turn++;
}

static const struct ear_ops hears = {.on_partial = on_partial, .on_pause = on_pause};

static void on_open(struct vendor_session *s)
{
	struct assembly *a = vendor_state(s);
	int64_t value = 0;

	a->s = s;
	check_upgrade(a);
	if (str_to_int(vendor_query_or(s, "sample_rate", "16000"), 8000, 48000, &value) < 0)
		value = 16000;
	a->sound.rate_hz = (uint32_t)value;
	a->sound.coding =
		str_eq(vendor_query_or(s, "encoding", ""), STR("pcm_mulaw")) ? SOUND_MULAW : SOUND_S16;
	a->formatted = str_eq(vendor_query_or(s, "format_turns", "false"), STR("true"));
	ear_init(&a->ear, s, &hears, &a->sound);
	a->ear.pause = END;
	if (str_to_int(vendor_query_or(s, "min_turn_silence", "400"), 0, 10000, &value) == 0 && value > 0)
		a->ear.pause = USEC_MS(value);
	if (!a->ending)
		vendor_text(s, 0,
			    STR("{\"type\":\"Begin\",\"id\":\"5e2c8a1b\",\"expires_at\":1700000000,"
				"\"configuration\":"
				"{\"model\":\"universal-streaming-english\",\"mode\":\"balanced\","
				"\"api_version\":\"2025-05-12\"}}"));
}

/* ---- messages ---- */

static void on_binary(struct vendor_session *s, struct str bytes)
{
	struct assembly *a = vendor_state(s);
	usec span = sound_span(&a->sound, bytes.n);

	if (a->ending) {
		vendor_wrong(s, "sound comes after the end");
	} else if (span < CHUNK_LEAST || span > CHUNK_MOST) {
		fail(a, 3007, "Input duration violation: between 50 and 1000 ms");
	} else if (!vendor_heard(s, span, 2, BURST)) {
		fail(a, 4029, "Audio is sent faster than real time");
	} else {
		ear_feed(&a->ear, bytes);
	}
}

static const char *check_update(struct assembly *a, const struct json *m, char why[160])
{
	static const struct vendor_rule members[] = {
		{"type", VENDOR_TEXT, VENDOR_MUST},
		{"min_turn_silence", VENDOR_INT, VENDOR_MAY, 0, 10000},
		{"max_turn_silence", VENDOR_INT, VENDOR_MAY, 0, 60000},
		{"end_of_turn_confidence_threshold", VENDOR_NUM, VENDOR_MAY, 0, 1},
		{"vad_threshold", VENDOR_NUM, VENDOR_MAY, 0, 1},
		{"keyterms_prompt", VENDOR_LIST},
		{"prompt", VENDOR_TEXT},
		{"agent_context", VENDOR_TEXT},
		{"format_turns", VENDOR_BOOL},
	};

	if (!vendor_check_json(a->s, m, members, ARRAY_LEN(members), why))
		return why;
	a->ear.pause = USEC_MS(json_int_or(m, "min_turn_silence", a->ear.pause / 1000));
	return NULL;
}

static void terminate(struct assembly *a)
{
	char text[120];

	ear_complete(&a->ear);
	on_pause(a->s, &a->ear);
	snprintf(text, sizeof(text),
		 "{\"type\":\"Termination\",\"audio_duration_seconds\":%lld,\"session_duration_seconds\":%"
		 "lld}",
		 (long long)(a->ear.heard / USEC_SEC(1)), (long long)(a->ear.heard / USEC_SEC(1)));
	vendor_text(a->s, 0, str_from(text));
	vendor_close(a->s, 1000, "");
	a->ending = true;
}

static void on_text(struct vendor_session *s, struct str text)
{
	struct assembly *a = vendor_state(s);
	struct json *m = a->ending ? NULL : vendor_json(s, text);
	struct str type = json_str_or(m, "type", STR(""));
	char why[160];

	if (a->ending) {
		vendor_wrong(s, "something comes after the end");
	} else if (!m) {
		fail(a, 4100, "Endpoint received invalid JSON");
	} else if (str_eq(type, STR("Terminate"))) {
		terminate(a);
	} else if (str_eq(type, STR("ForceEndpoint"))) {
		ear_complete(&a->ear);
		on_pause(s, &a->ear);
	} else if (str_eq(type, STR("UpdateConfiguration"))) {
		if (check_update(a, m, why))
			fail(a, 4101, why);
	} else if (!str_eq(type, STR("KeepAlive"))) {
		fail(a, 4101, "Endpoint received a message with an invalid schema");
	}
	json_free(m);
}

static void on_fault(struct vendor_session *s)
{
	vendor_text(s, 0, STR("{\"type\":\"Error\",\"error_code\":3005,\"error\":\"Server error\"}"));
	vendor_close(s, 3005, "Server error");
}

static void on_close(struct vendor_session *s)
{
	struct assembly *a = vendor_state(s);

	if (!a->ending)
		vendor_note(s, "left without Terminate");
	ear_fini(&a->ear);
}

const struct vendor_sim sim_assemblyai = {
	.name = "assemblyai",
	.kind = VENDOR_WEBSOCKET,
	.path = "/v3/ws",
	.state_bytes = sizeof(struct assembly),
	.on_open = on_open,
	.on_text = on_text,
	.on_binary = on_binary,
	.on_fault = on_fault,
	.on_close = on_close,
};
