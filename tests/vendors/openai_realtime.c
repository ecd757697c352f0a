/* OpenAI realtime transcription: a buffer of sound that is committed, by silence or by the client, and then
 * transcribed. Older servers (speaches) call some things differently. */
#include <stdio.h>

#include "openai.h"
#include "vendors/ear.h"

#define APPEND_MOST  (15u << 20)
#define COMMIT_LEAST USEC_MS(100)

struct realtime {
	struct vendor_session *s;
	struct ear ear;
	struct sound sound;
	bool older, configured, manual;
	bool whole;    /* the model says it all in one delta */
	bool counted;  /* usage is in tokens, not a duration */
	usec buffered; /* sound since the last commit */
	unsigned item, event;
};

static const struct vendor_rule session_members[] = {
	{"type", VENDOR_TEXT, VENDOR_MUST, 0, 0, "transcription"},
	{"audio", VENDOR_MAP, VENDOR_MUST},
	{"include", VENDOR_LIST},
};

static const struct vendor_rule input_members[] = {
	{"format", VENDOR_MAP},
	{"transcription", VENDOR_MAP, VENDOR_MUST},
	{"noise_reduction", VENDOR_MAP},
	{"turn_detection", VENDOR_MAP},
};

static const struct vendor_rule transcription_members[] = {
	{"model", VENDOR_TEXT, VENDOR_MUST, 0, 0,
	 "whisper-1|gpt-transcribe|gpt-live-transcribe|gpt-4o-transcribe|gpt-4o-mini-transcribe|"
	 "gpt-4o-mini-transcribe-2025-12-15|gpt-4o-transcribe-diarize|gpt-realtime-whisper"},
	{"language", VENDOR_TEXT},
	{"languages", VENDOR_LIST},
	{"keywords", VENDOR_LIST},
	{"prompt", VENDOR_TEXT},
	{"delay", VENDOR_TEXT, VENDOR_MAY, 0, 0, "minimal|low|medium|high|xhigh"},
};

static const struct vendor_rule detection_members[] = {
	{"type", VENDOR_TEXT, VENDOR_MUST, 0, 0, "server_vad|semantic_vad"},
	{"threshold", VENDOR_NUM, VENDOR_MAY, 0, 1},
	{"prefix_padding_ms", VENDOR_INT, VENDOR_MAY, 0, 10000},
	{"silence_duration_ms", VENDOR_INT, VENDOR_MAY, 1, 10000},
	{"eagerness", VENDOR_TEXT, VENDOR_MAY, 0, 0, "low|medium|high|auto"},
	{"create_response", VENDOR_BOOL},
	{"interrupt_response", VENDOR_BOOL},
};

static const struct vendor_rule older_members[] = {
	{"input_audio_format", VENDOR_TEXT, VENDOR_MAY, 0, 0, "pcm16|g711_ulaw|g711_alaw"},
	{"input_audio_transcription", VENDOR_MAP},
	{"input_audio_noise_reduction", VENDOR_MAP},
	{"turn_detection", VENDOR_MAP},
	{"modalities", VENDOR_LIST},
	{"include", VENDOR_LIST},
};

/* ---- events ---- */

static void begin(struct json_out *w, struct buf *out, struct realtime *r, const char *type)
{
	char id[32];

	snprintf(id, sizeof(id), "event_%u", ++r->event);
	buf_init(out, 1u << 18);
	json_begin(w, out);
	json_map(w, NULL);
	json_str(w, "type", str_from(type));
	json_str(w, "event_id", str_from(id));
}

static void send(struct json_out *w, struct buf *out, struct realtime *r, usec delay)
{
	json_end(w);
	vendor_text(r->s, delay, buf_str(out));
	buf_fini(out);
}

static void add_item(struct json_out *w, const char *key, unsigned number)
{
	char id[32];

	snprintf(id, sizeof(id), "item_%u", number);
	if (number)
		json_str(w, key, str_from(id));
	else
		json_none(w, key);
}

static void say_error(struct realtime *r, const char *code, const char *why)
{
	struct json_out w;
	struct buf out;

	vendor_wrong(r->s, "%s", why);
	begin(&w, &out, r, "error");
	json_map(&w, "error");
	json_str(&w, "type", STR("invalid_request_error"));
	json_str(&w, "code", str_from(code));
	json_str(&w, "message", str_from(why));
	json_none(&w, "event_id");
	json_end(&w);
	send(&w, &out, r, 0);
}

static void say_session(struct realtime *r, const char *type)
{
	struct json_out w;
	struct buf out;

	begin(&w, &out, r, type);
	json_map(&w, "session");
	json_str(&w, "id", STR("sess_1"));
	json_str(&w, "type", STR("transcription"));
	json_end(&w);
	send(&w, &out, r, 0);
}

/* ---- an item ---- */

static void say_time(struct realtime *r, const char *type, const char *key, usec at)
{
	struct json_out w;
	struct buf out;

	begin(&w, &out, r, type);
	json_int(&w, key, at / 1000);
	add_item(&w, "item_id", r->item + 1);
	send(&w, &out, r, 0);
}

static void say_added(struct realtime *r, const char *type)
{
	struct json_out w;
	struct buf out;

	begin(&w, &out, r, type);
	add_item(&w, "previous_item_id", r->item - 1);
	json_map(&w, "item");
	add_item(&w, "id", r->item);
	json_str(&w, "type", STR("message"));
	json_str(&w, "role", STR("user"));
	json_end(&w);
	send(&w, &out, r, 0);
}

static void say_delta(struct realtime *r, unsigned item, usec delay, struct str text)
{
	struct json_out w;
	struct buf out;

	begin(&w, &out, r, "conversation.item.input_audio_transcription.delta");
	add_item(&w, "item_id", item);
	json_int(&w, "content_index", 0);
	json_str(&w, "delta", text);
	vendor_partial(r->s, true);
	send(&w, &out, r, delay);
	vendor_partial(r->s, false);
}

static void say_completed(struct realtime *r, usec delay, struct str text)
{
	struct json_out w;
	struct buf out;

	begin(&w, &out, r, "conversation.item.input_audio_transcription.completed");
	add_item(&w, "item_id", r->item);
	json_int(&w, "content_index", 0);
	json_str(&w, "transcript", text);
	json_map(&w, "usage");
	if (r->counted) {
		json_str(&w, "type", STR("tokens"));
		json_int(&w, "input_tokens", r->buffered / USEC_MS(100));
		json_int(&w, "output_tokens", (int64_t)text.n / 4 + 1);
		json_int(&w, "total_tokens", r->buffered / USEC_MS(100) + (int64_t)text.n / 4 + 1);
		vendor_bill_next(r->s,
				 &(struct vendor_bill){.tokens_in = (uint64_t)(r->buffered / USEC_MS(100)),
						       .tokens_out = text.n / 4 + 1});
	} else {
		json_str(&w, "type", STR("duration"));
		json_num(&w, "seconds", ear_seconds(r->buffered));
	}
	json_end(&w);
	vendor_bill_next(r->s, &(struct vendor_bill){.note = "final"});
	send(&w, &out, r, delay);
}

/* Deltas with the blanks between them, then the whole. */
static void transcribe(struct realtime *r)
{
	usec delay = vendor_span(r->s, vendor_config(r->s)->delays.final);
	struct buf text;
	struct str rest;

	buf_init(&text, 1u << 16);
	ear_sentence(&r->ear, &text);
	rest = buf_str(&text);
	if (r->whole) {
		say_delta(r, r->item, delay, rest);
		delay = 0;
		rest = STR("");
	}
	while (rest.n) {
		size_t n = MIN(str_chr(rest, ' ') + 1, rest.n);

		say_delta(r, r->item, delay, str_sub(rest, 0, n));
		rest = str_sub(rest, n, SIZE_MAX);
		delay = 0;
	}
	say_completed(r, delay, buf_str(&text));
	buf_fini(&text);
}

static void commit(struct realtime *r)
{
	struct json_out w;
	struct buf out;

	ear_complete(&r->ear);
	r->item++;
	begin(&w, &out, r, "input_audio_buffer.committed");
	add_item(&w, "item_id", r->item);
	add_item(&w, "previous_item_id", r->item - 1);
	send(&w, &out, r, 0);
	if (r->older) {
		say_added(r, "conversation.item.created");
	} else {
		say_added(r, "conversation.item.added");
		say_added(r, "conversation.item.done");
	}
	transcribe(r);
	ear_settle(&r->ear);
	r->buffered = 0;
}

static void on_speech(struct vendor_session *s, struct ear *e, usec at)
{
	struct realtime *r = vendor_state(s);

	if (!r->manual)
		say_time(r, "input_audio_buffer.speech_started", "audio_start_ms", at);
}

static void on_pause(struct vendor_session *s, struct ear *e)
{
	struct realtime *r = vendor_state(s);

	vendor_note(s, "pause");
	say_time(r, "input_audio_buffer.speech_stopped", "audio_end_ms", e->heard);
	commit(r);
}

static const struct ear_ops hears = {.on_speech = on_speech, .on_pause = on_pause};

/* ---- configuring ---- */

static const char *take_format(struct realtime *r, const struct json *format)
{
	struct str type = json_str_or(format, "type", STR("audio/pcm"));

	if (str_eq(type, STR("audio/pcmu"))) {
		r->sound = (struct sound){SOUND_MULAW, 8000};
	} else if (str_eq(type, STR("audio/pcma"))) {
		r->sound = (struct sound){SOUND_ALAW, 8000};
	} else if (str_eq(type, STR("audio/pcm"))) {
		if (format && json_int_or(format, "rate", 0) != 24000)
			return "audio/pcm has rate 24000 only";
		r->sound = (struct sound){SOUND_S16, 24000};
	} else {
		return "format is audio/pcm, audio/pcmu or audio/pcma";
	}
	return NULL;
}

static const char *take_model(struct realtime *r, const struct json *transcription, char why[160])
{
	struct str model = json_str_or(transcription, "model", STR(""));

	if (!r->older && !vendor_check_json(r->s, transcription, transcription_members,
					    ARRAY_LEN(transcription_members), why))
		return why;
	if (json_find(transcription, "delay") && !str_eq(model, STR("gpt-realtime-whisper")))
		return "delay is of gpt-realtime-whisper";
	if (json_find(transcription, "prompt") && str_eq(model, STR("gpt-realtime-whisper")))
		return "gpt-realtime-whisper has no prompt";
	if ((json_find(transcription, "keywords") || json_find(transcription, "languages")) &&
	    !vendor_one_of(model, "gpt-transcribe|gpt-live-transcribe"))
		return "keywords and languages are of gpt-transcribe and gpt-live-transcribe";
	r->whole = str_eq(model, STR("whisper-1"));
	r->counted = !r->whole && !r->older;
	return NULL;
}

static const char *take_detection(struct realtime *r, const struct json *detection, char why[160])
{
	r->manual = json_kind(detection) != JSON_KIND_MAP;
	if (!r->manual &&
	    !vendor_check_json(r->s, detection, detection_members, ARRAY_LEN(detection_members), why))
		return why;
	ear_fini(&r->ear);
	ear_init(&r->ear, r->s, &hears, &r->sound);
	r->ear.pause = r->manual ? 0 : USEC_MS(json_int_or(detection, "silence_duration_ms", 500));
	return NULL;
}

static const char *configure(struct realtime *r, const struct json *session, char why[160])
{
	const struct json *input = json_find(session, "audio/input");
	const char *problem;

	if (!vendor_check_json(r->s, session, session_members, ARRAY_LEN(session_members), why) ||
	    !vendor_check_json(r->s, input, input_members, ARRAY_LEN(input_members), why))
		return why;
	problem = take_format(r, json_find(input, "format"));
	problem = problem ? problem : take_model(r, json_find(input, "transcription"), why);
	return problem ? problem : take_detection(r, json_find(input, "turn_detection"), why);
}

static const char *configure_older(struct realtime *r, const struct json *session, char why[160])
{
	struct str format = json_str_or(session, "input_audio_format", STR("pcm16"));
	const char *problem;

	if (!vendor_check_json(r->s, session, older_members, ARRAY_LEN(older_members), why))
		return why;
	r->sound = str_eq(format, STR("g711_ulaw"))   ? (struct sound){SOUND_MULAW, 8000}
		   : str_eq(format, STR("g711_alaw")) ? (struct sound){SOUND_ALAW, 8000}
						      : (struct sound){SOUND_S16, 24000};
	problem = take_model(r, json_find(session, "input_audio_transcription"), why);
	return problem ? problem : take_detection(r, json_find(session, "turn_detection"), why);
}

static void update(struct realtime *r, const struct json *m, struct str type)
{
	const struct json *session = json_find(m, "session");
	const char *problem;
	char why[160];

	if (!r->older && !str_eq(type, STR("session.update")))
		problem = "it is session.update";
	else
		problem = r->older ? configure_older(r, session, why) : configure(r, session, why);
	if (problem) {
		say_error(r, "invalid_value", problem);
		return;
	}
	r->configured = true;
	say_session(r, str_eq(type, STR("session.update")) ? "session.updated"
							   : "transcription_session.updated");
}

/* ---- messages ---- */

static void append(struct realtime *r, const struct json *m)
{
	struct str audio = json_str_or(m, "audio", STR(""));
	struct buf bytes;

	buf_init(&bytes, APPEND_MOST);
	if (!audio.n || !vendor_unbase64(audio, &bytes) || bytes.error) {
		say_error(r, "invalid_value", "audio is base64, at most 15 MiB");
	} else if (!r->configured) {
		say_error(r, "invalid_state", "sound comes before session.update");
	} else {
		usec span = sound_span(&r->sound, bytes.n);

		vendor_heard(r->s, span, 0, 0);
		r->buffered += span;
		ear_feed(&r->ear, buf_str(&bytes));
	}
	buf_fini(&bytes);
}

static void on_text(struct vendor_session *s, struct str text)
{
	struct realtime *r = vendor_state(s);
	struct json *m = vendor_json(s, text);
	struct str type = json_str_or(m, "type", STR(""));

	if (!m) {
		say_error(r, "invalid_json", "the message is not JSON");
	} else if (vendor_one_of(type, "session.update|transcription_session.update")) {
		update(r, m, type);
	} else if (str_eq(type, STR("input_audio_buffer.append"))) {
		append(r, m);
	} else if (str_eq(type, STR("input_audio_buffer.commit"))) {
		if (r->buffered < COMMIT_LEAST)
			say_error(r, "input_audio_buffer_commit_empty",
				  "the buffer is too small: 100 ms are the least");
		else
			commit(r);
	} else if (str_eq(type, STR("input_audio_buffer.clear"))) {
		struct json_out w;
		struct buf out;

		ear_settle(&r->ear);
		r->buffered = 0;
		begin(&w, &out, r, "input_audio_buffer.cleared");
		send(&w, &out, r, 0);
	} else {
		say_error(r, "unknown_event", "there is no such event for transcription");
	}
	json_free(m);
}

static bool key_fits(struct vendor_session *s)
{
	struct str key = vendor_query_or(s, "api_key", "");

	return key.n && str_eq(key, vendor_key(s)) && vendor_sim(s)->arg ? true : openai_key(s);
}

static void on_request(struct vendor_session *s)
{
	static const struct vendor_rule query[] = {
		{"intent", VENDOR_TEXT, VENDOR_MUST, 0, 0, "transcription"}};
	static const struct vendor_rule older_query[] = {
		{"intent", VENDOR_TEXT, VENDOR_MUST, 0, 0, "transcription"},
		{"model", VENDOR_TEXT, VENDOR_MUST},
		{"language", VENDOR_TEXT},
		{"transcription_model", VENDOR_TEXT},
		{"api_key", VENDOR_TEXT}};
	struct realtime *r = vendor_state(s);
	char why[160];

	r->s = s;
	r->older = vendor_sim(s)->arg || str_eq(vendor_header(s, "openai-beta"), STR("realtime=v1"));
	if (!key_fits(s))
		return;
	if (vendor_sim(s)->arg ? !vendor_check_query(s, older_query, ARRAY_LEN(older_query), why)
			       : !vendor_check_query(s, query, ARRAY_LEN(query), why))
		vendor_refuse(s, 400, why);
}

static void on_open(struct vendor_session *s)
{
	struct realtime *r = vendor_state(s);

	r->sound = (struct sound){SOUND_S16, 24000};
	ear_init(&r->ear, s, &hears, &r->sound);
	say_session(r, "session.created");
	if (vendor_sim(s)->arg) {
		r->configured = true; /* the query says all that is needed */
		r->ear.pause = USEC_MS(500);
	}
}

static void on_fault(struct vendor_session *s)
{
	vendor_text(s, 0,
		    STR("{\"type\":\"error\",\"event_id\":\"event_9\",\"error\":{\"type\":\"server_error\","
			"\"code\":null,"
			"\"message\":\"The server had an error\",\"event_id\":null}}"));
	vendor_close(s, 1011, "server error");
}

static void on_close(struct vendor_session *s)
{
	struct realtime *r = vendor_state(s);

	ear_fini(&r->ear);
}

#define REALTIME(row, called, is_shy, is_older)         \
	const struct vendor_sim sim_##row = {           \
		.name = called,                         \
		.kind = VENDOR_WEBSOCKET,               \
		.path = "/v1/realtime",                 \
		.shy = is_shy,                          \
		.arg = is_older,                        \
		.state_bytes = sizeof(struct realtime), \
		.message_bytes = 24u << 20,             \
		.on_request = on_request,               \
		.on_open = on_open,                     \
		.on_text = on_text,                     \
		.on_fault = on_fault,                   \
		.on_refuse = openai_refuse,             \
		.on_close = on_close,                   \
	};

REALTIME(openai_realtime, "openai", false, NULL)
REALTIME(speaches_realtime, "speaches", true, "older")
