/* Gladia live v2: a session that is made by POST and joined by its URL, sound acknowledged byte by byte. */
#include <stdatomic.h>
#include <stdio.h>

#include "vendors/ear.h"

#define SESSIONS_MAX 4096

/* What POST /v2/live agreed on; joined by token, also a second time after a failure of the network. */
struct agreed {
	struct sound sound;
	usec endpointing;
	bool partials, speech, acknowledged, lifecycle;
	unsigned long long bytes; /* acknowledged so far */
	usec heard;
};

static struct agreed sessions[SESSIONS_MAX]; /* by token, for all servers of the process */
static atomic_uint n_sessions;

struct gladia {
	struct vendor_session *s;
	struct agreed *agreed;
	struct ear ear;
	unsigned utterance;
	bool ending;
};

static const struct vendor_rule members[] = {
	{"encoding", VENDOR_TEXT, VENDOR_MAY, 0, 0, "wav/pcm|wav/alaw|wav/ulaw"},
	{"bit_depth", VENDOR_INT, VENDOR_MAY, 8, 32},
	{"sample_rate", VENDOR_INT, VENDOR_MAY, 8000, 48000},
	{"channels", VENDOR_INT, VENDOR_MAY, 1, 8},
	{"model", VENDOR_TEXT, VENDOR_MAY, 0, 0, "solaria-1"},
	{"endpointing", VENDOR_NUM, VENDOR_MAY, 0.01, 10},
	{"maximum_duration_without_endpointing", VENDOR_NUM, VENDOR_MAY, 5, 60},
	{"language_config", VENDOR_MAP},
	{"pre_processing", VENDOR_MAP},
	{"realtime_processing", VENDOR_MAP},
	{"post_processing", VENDOR_MAP},
	{"messages_config", VENDOR_MAP},
	{"callback", VENDOR_ANY},
	{"custom_metadata", VENDOR_MAP},
};

static const struct vendor_rule language_members[] = {
	{"languages", VENDOR_LIST},
	{"code_switching", VENDOR_BOOL},
};

static const struct vendor_rule message_members[] = {
	{"receive_partial_transcripts", VENDOR_BOOL},
	{"receive_final_transcripts", VENDOR_BOOL},
	{"receive_speech_events", VENDOR_BOOL},
	{"receive_pre_processing_events", VENDOR_BOOL},
	{"receive_realtime_processing_events", VENDOR_BOOL},
	{"receive_post_processing_events", VENDOR_BOOL},
	{"receive_acknowledgments", VENDOR_BOOL},
	{"receive_errors", VENDOR_BOOL},
	{"receive_lifecycle_events", VENDOR_BOOL},
};

/* ---- POST /v2/live ---- */

static void write_error(struct json_out *w, int status, const char *why)
{
	json_int(w, "statusCode", status);
	json_str(w, "message", str_from(why));
}

static void refuse(struct vendor_session *s, int status, const char *why)
{
	vendor_answer_error(s, status, why, write_error);
}

static const char *check_sound(const struct json *b)
{
	bool law = vendor_one_of(json_str_or(b, "encoding", STR("wav/pcm")), "wav/alaw|wav/ulaw");
	int64_t bits = json_int_or(b, "bit_depth", 16), rate = json_int_or(b, "sample_rate", 16000);

	if (law != (bits == 8) || bits % 8)
		return "bit_depth is 8 for alaw and ulaw, 16, 24 or 32 for pcm";
	if (bits > 16)
		return "the simulator hears 8 and 16 bits";
	return rate == 8000 || rate == 16000 || rate == 32000 || rate == 44100 || rate == 48000
		       ? NULL
		       : "sample_rate is 8000, 16000, 32000, 44100 or 48000";
}

static const char *check(struct vendor_session *s, const struct json *b, char why[160])
{
	const struct json *language = json_find(b, "language_config"),
			  *messages = json_find(b, "messages_config");

	if (!vendor_check_json(s, b, members, ARRAY_LEN(members), why) ||
	    (language &&
	     !vendor_check_json(s, language, language_members, ARRAY_LEN(language_members), why)) ||
	    (messages && !vendor_check_json(s, messages, message_members, ARRAY_LEN(message_members), why)))
		return why;
	if (json_find(b, "realtime_processing/custom_vocabulary_config") &&
	    !json_bool_or(b, "realtime_processing/custom_vocabulary", false))
		return "custom_vocabulary_config needs custom_vocabulary";
	return check_sound(b);
}

static void agree(struct vendor_session *s, const struct json *b)
{
	unsigned number = atomic_fetch_add(&n_sessions, 1);
	struct agreed *a = &sessions[number % SESSIONS_MAX];
	struct str encoding = json_str_or(b, "encoding", STR("wav/pcm")), host = vendor_header(s, "host");
	char body[512];

	*a = (struct agreed){
		.sound = {str_eq(encoding, STR("wav/ulaw"))   ? SOUND_MULAW
			  : str_eq(encoding, STR("wav/alaw")) ? SOUND_ALAW
							      : SOUND_S16,
			  (uint32_t)json_int_or(b, "sample_rate", 16000)},
		.endpointing = (usec)(json_num_or(b, "endpointing", 0.05) * 1e6),
		.partials = json_bool_or(b, "messages_config/receive_partial_transcripts", false),
		.speech = json_bool_or(b, "messages_config/receive_speech_events", true),
		.acknowledged = json_bool_or(b, "messages_config/receive_acknowledgments", true),
		.lifecycle = json_bool_or(b, "messages_config/receive_lifecycle_events", false),
	};
	snprintf(body, sizeof(body),
		 "{\"id\":\"5e2c8a1b-%u\",\"url\":\"ws%s://" STR_FMT "/v2/live?token=tok-%u\"}", number,
		 vendor_config(s)->tls ? "s" : "", STR_ARG(host), number);
	vendor_answer(s, 201, NULL, str_from(body));
}

static void on_post(struct vendor_session *s)
{
	static const struct vendor_rule query[] = {
		{"region", VENDOR_TEXT, VENDOR_MAY, 0, 0, "eu-west|us-west"}};
	struct json *b;
	const char *problem;
	char why[160];

	if (!str_eq(vendor_header(s, "x-gladia-key"), vendor_key(s))) {
		vendor_wrong(s, "x-gladia-key is not the key");
		refuse(s, 401, "gladia key not found");
		return;
	}
	b = str_istarts(vendor_header(s, "content-type"), STR("application/json"))
		    ? vendor_json(s, vendor_body(s))
		    : NULL;
	problem = !b ? "the body is not JSON" : check(s, b, why);
	problem = problem || vendor_check_query(s, query, ARRAY_LEN(query), why) ? problem : why;
	if (problem) {
		vendor_bad(s, 422, problem);
	} else {
		agree(s, b);
	}
	json_free(b);
}

const struct vendor_sim sim_gladia_post = {
	.name = "gladia", .path = "/v2/live", .on_request = on_post, .on_refuse = refuse};

/* ---- what is said ---- */

static void say_lifecycle(struct gladia *g, const char *type)
{
	char text[120];

	snprintf(text, sizeof(text), "{\"type\":\"%s\",\"session_id\":\"5e2c8a1b\"}", type);
	if (g->agreed->lifecycle)
		vendor_text(g->s, 0, str_from(text));
}

static void say_speech(struct gladia *g, const char *type, usec at)
{
	char text[160];

	snprintf(text, sizeof(text), "{\"type\":\"%s\",\"data\":{\"time\":%.2f,\"channel\":0}}", type,
		 ear_seconds(at));
	if (g->agreed->speech)
		vendor_text(g->s, 0, str_from(text));
}

static void write_words(struct json_out *w, const struct ear *e)
{
	char word[EAR_WORD_BYTES + 1];

	json_list(w, "words");
	for (size_t i = e->first; i < e->n_words; i++) {
		snprintf(word, sizeof(word), " %s", e->words[i].text); /* with a leading blank */
		json_map(w, NULL);
		json_str(w, "word", str_from(word));
		json_num(w, "start", ear_seconds(e->words[i].start));
		json_num(w, "end", ear_seconds(e->words[i].end));
		json_num(w, "confidence", 0.99);
		json_end(w);
	}
	json_end(w);
}

static void say_transcript(struct gladia *g, bool final, usec delay)
{
	char id[32];
	struct json_out w;
	struct buf out, text;

	buf_init(&out, 1u << 18);
	buf_init(&text, 1u << 16);
	snprintf(id, sizeof(id), "00_%08u", g->utterance);
	if (final)
		ear_sentence(&g->ear, &text);
	else
		ear_text(&g->ear, &text);
	json_begin(&w, &out);
	json_map(&w, NULL);
	json_str(&w, "type", STR("transcript"));
	json_map(&w, "data");
	json_str(&w, "id", str_from(id));
	json_bool(&w, "is_final", final);
	json_map(&w, "utterance");
	json_str(&w, "text", buf_str(&text));
	json_num(&w, "start", ear_seconds(g->ear.spoke_from));
	json_num(&w, "end", ear_seconds(g->ear.spoke_until));
	json_num(&w, "confidence", 0.99);
	json_str(&w, "language", STR("en"));
	json_int(&w, "channel", 0);
	write_words(&w, &g->ear);
	json_end(&w);
	json_end(&w);
	json_end(&w);
	vendor_text(g->s, delay, buf_str(&out));
	buf_fini(&text);
	buf_fini(&out);
}

static void finish_utterance(struct gladia *g)
{
	ear_complete(&g->ear);
	if (ear_count(&g->ear)) {
		vendor_bill_next(g->s, &(struct vendor_bill){.note = "final"});
		say_transcript(g, true, vendor_span(g->s, vendor_config(g->s)->delays.final));
	}
	ear_settle(&g->ear);
	g->utterance++;
}

static void on_speech(struct vendor_session *s, struct ear *e, usec at)
{
	say_speech(vendor_state(s), "speech_start", at);
}

static void on_partial(struct vendor_session *s, struct ear *e)
{
	struct gladia *g = vendor_state(s);

	if (g->agreed->partials)
		say_transcript(g, false, 0);
}

static void on_pause(struct vendor_session *s, struct ear *e)
{
	vendor_note(s, "pause");
	say_speech(vendor_state(s), "speech_end", e->spoke_until);
	finish_utterance(vendor_state(s));
}

static const struct ear_ops hears = {.on_speech = on_speech, .on_partial = on_partial, .on_pause = on_pause};

/* ---- the conversation ---- */

static void on_request(struct vendor_session *s)
{
	struct gladia *g = vendor_state(s);
	struct str token = vendor_query_or(s, "token", "");
	int64_t number = -1;

	g->s = s;
	if (!str_starts(token, STR("tok-")) ||
	    str_to_int(str_sub(token, 4, SIZE_MAX), 0, (int64_t)n_sessions - 1, &number) < 0) {
		vendor_wrong(s, "the token is not one that POST /v2/live gave");
		refuse(s, 401, "invalid token");
		return;
	}
	g->agreed = &sessions[number % SESSIONS_MAX];
}

static void on_open(struct vendor_session *s)
{
	struct gladia *g = vendor_state(s);

	ear_init(&g->ear, s, &hears, &g->agreed->sound);
	g->ear.pause = g->agreed->endpointing;
	g->ear.heard = g->agreed->heard;
	say_lifecycle(g, "start_session");
	say_lifecycle(g, "start_recording");
}

static void fail(struct gladia *g, int code, const char *why)
{
	struct json_out w;
	struct buf out;

	vendor_wrong(g->s, "%s", why);
	buf_init(&out, 1u << 16);
	json_begin(&w, &out);
	json_map(&w, NULL);
	json_str(&w, "type", STR("error"));
	json_map(&w, "data");
	json_str(&w, "message", str_from(why));
	json_end(&w);
	json_end(&w);
	vendor_text(g->s, 0, buf_str(&out));
	vendor_close(g->s, code, why);
	g->ending = true;
	buf_fini(&out);
}

static void hear(struct gladia *g, struct str bytes)
{
	struct agreed *a = g->agreed;
	usec span = sound_span(&a->sound, bytes.n);
	char text[240];

	vendor_heard(g->s, span, 2, USEC_SEC(60));
	snprintf(text, sizeof(text),
		 "{\"type\":\"audio_chunk\",\"acknowledged\":true,\"data\":{\"byte_range\":[%llu,%llu],"
		 "\"time_range\":[%.3f,%.3f]}}",
		 a->bytes, a->bytes + bytes.n, ear_seconds(a->heard), ear_seconds(a->heard + span));
	a->bytes += bytes.n;
	a->heard += span;
	if (a->acknowledged)
		vendor_text(g->s, 0, str_from(text));
	ear_feed(&g->ear, bytes);
}

static void on_binary(struct vendor_session *s, struct str bytes)
{
	struct gladia *g = vendor_state(s);

	if (g->ending)
		vendor_wrong(s, "sound comes after stop_recording");
	else if (!bytes.n)
		fail(g, 4400, "a binary message is empty");
	else
		hear(g, bytes);
}

static void stop(struct gladia *g)
{
	finish_utterance(g);
	say_lifecycle(g, "end_recording");
	say_lifecycle(g, "end_session");
	vendor_close(g->s, 1000, "");
	g->ending = true;
}

static void on_text(struct vendor_session *s, struct str text)
{
	struct gladia *g = vendor_state(s);
	struct json *m = g->ending ? NULL : vendor_json(s, text);
	struct str type = json_str_or(m, "type", STR(""));
	struct buf bytes;

	buf_init(&bytes, 4u << 20);
	if (g->ending)
		vendor_wrong(s, "something comes after stop_recording");
	else if (str_eq(type, STR("stop_recording")))
		stop(g);
	else if (!str_eq(type, STR("audio_chunk")))
		fail(g, 4400, "a text message is audio_chunk or stop_recording");
	else if (!vendor_unbase64(json_str_or(m, "data/chunk", STR("?")), &bytes))
		fail(g, 4400, "data.chunk is base64");
	else if (bytes.n) /* an empty one keeps the session alive */
		hear(g, buf_str(&bytes));
	buf_fini(&bytes);
	json_free(m);
}

static void on_fault(struct vendor_session *s)
{
	vendor_text(s, 0, STR("{\"type\":\"error\",\"data\":{\"message\":\"internal server error\"}}"));
	vendor_close(s, 1011, "");
}

static void on_close(struct vendor_session *s)
{
	struct gladia *g = vendor_state(s);

	if (g->agreed && !g->ending)
		vendor_note(s, "left without stop_recording");
	ear_fini(&g->ear);
}

const struct vendor_sim sim_gladia = {
	.name = "gladia",
	.kind = VENDOR_WEBSOCKET,
	.path = "/v2/live",
	.state_bytes = sizeof(struct gladia),
	.on_request = on_request,
	.on_open = on_open,
	.on_text = on_text,
	.on_binary = on_binary,
	.on_fault = on_fault,
	.on_refuse = refuse,
	.on_close = on_close,
};
