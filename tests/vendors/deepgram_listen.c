/* Deepgram /v1/listen: results while one speaks, ends of speech by pause, Finalize, KeepAlive. */
#include "deepgram.h"
#include "vendors/ear.h"

#define IDLE        USEC_SEC(10)
#define SEGMENT     USEC_SEC(4) /* speech that goes on is made final in segments */
#define CHUNK_LEAST USEC_MS(20)
#define CHUNK_MOST  USEC_MS(250)
#define BURST       USEC_SEC(60) /* what was kept while there was no connection comes at once */

struct listen {
	struct ear ear;
	struct sound sound;
	bool interim, vad, sentences, raw, audible, alive, shortened, ending;
	usec utterance_end, last_word;
	bool word_pending; /* UtteranceEnd is due */
};

static const struct vendor_rule query[] = {
	{"model", VENDOR_TEXT},
	{"language", VENDOR_TEXT},
	{"encoding", VENDOR_TEXT, VENDOR_MAY, 0, 0,
	 "linear16|linear32|mulaw|alaw|flac|opus|ogg-opus|speex|amr-nb|amr-wb|g729"},
	{"sample_rate", VENDOR_INT, VENDOR_MAY, 8000, 48000},
	{"channels", VENDOR_INT, VENDOR_MAY, 1, 1},
	{"multichannel", VENDOR_BOOL},
	{"interim_results", VENDOR_BOOL},
	{"endpointing", VENDOR_TEXT},
	{"utterance_end_ms", VENDOR_INT, VENDOR_MAY, 1000, 5000},
	{"vad_events", VENDOR_BOOL},
	{"punctuate", VENDOR_BOOL},
	{"smart_format", VENDOR_BOOL},
	{"numerals", VENDOR_BOOL},
	{"dictation", VENDOR_BOOL},
	{"profanity_filter", VENDOR_BOOL},
	{"redact", VENDOR_TEXT, VENDOR_MANY},
	{"replace", VENDOR_TEXT, VENDOR_MANY},
	{"search", VENDOR_TEXT, VENDOR_MANY},
	{"keyterm", VENDOR_TEXT, VENDOR_MANY},
	{"keywords", VENDOR_TEXT, VENDOR_MANY},
	{"diarize", VENDOR_BOOL},
	{"diarize_model", VENDOR_TEXT},
	{"detect_entities", VENDOR_BOOL},
	{"tag", VENDOR_TEXT, VENDOR_MANY},
	{"extra", VENDOR_TEXT, VENDOR_MANY},
	{"callback", VENDOR_TEXT},
	{"mip_opt_out", VENDOR_BOOL},
	{"version", VENDOR_TEXT},
};

/* ---- the upgrade ---- */

static const char *check_endpointing(struct vendor_session *s, usec *ret_pause)
{
	struct str value = vendor_query_or(s, "endpointing", "10");
	int64_t ms = 0;

	if (!str_eq(value, STR("false")) && str_to_int(value, 1, 5000, &ms) < 0)
		return "endpointing is false or milliseconds";
	*ret_pause = USEC_MS(ms);
	return NULL;
}

static const char *check_combination(struct vendor_session *s)
{
	struct str model = vendor_query_or(s, "model", "base"), value;
	bool nova3 = str_starts(model, STR("nova-3"));

	if (vendor_query(s, "encoding", 0, &value) != vendor_query(s, "sample_rate", 0, &value))
		return "encoding and sample_rate go together";
	if (vendor_query(s, "utterance_end_ms", 0, &value) &&
	    !str_eq(vendor_query_or(s, "interim_results", "false"), STR("true")))
		return "utterance_end_ms needs interim_results=true";
	if (vendor_query(s, "keyterm", 0, &value) && !nova3)
		return "keyterm is of nova-3";
	if (vendor_query(s, "keywords", 0, &value) && nova3)
		return "keywords are of older models";
	if (str_eq(vendor_query_or(s, "language", "en"), STR("multi")) && !nova3)
		return "multi is of nova-3";
	if (str_starts(model, STR("no-such")))
		return "No such model/language/tier combination found.";
	return NULL;
}

static void on_request(struct vendor_session *s)
{
	struct listen *l = vendor_state(s);
	const char *problem = NULL;
	char why[160];
	usec pause;

	if (!deepgram_key(s))
		return;
	if (!vendor_check_query(s, query, ARRAY_LEN(query), why))
		problem = why;
	else if (!(problem = check_endpointing(s, &pause)) && !(problem = check_combination(s)))
		return;
	if (problem != why)
		vendor_wrong(s, "%s", problem);
	l->ending = true;
	vendor_refuse(s, 400, problem);
}

/* ---- results ---- */

static void write_words(struct json_out *w, const struct ear *e)
{
	json_list(w, "words");
	for (size_t i = e->first; i < e->n_words; i++) {
		const struct ear_word *word = &e->words[i];

		json_map(w, NULL);
		json_str(w, "word", str_from(word->text));
		json_num(w, "start", ear_seconds(word->start));
		json_num(w, "end", ear_seconds(word->end));
		json_num(w, "confidence", 0.99);
		json_str(w, "punctuated_word", str_from(word->text));
		json_end(w);
	}
	json_end(w);
}

struct result {
	bool final, speech_final, from_finalize;
	usec delay;
};

static void write_alternative(struct json_out *w, const struct listen *l, bool sentence)
{
	struct buf text;

	buf_init(&text, 1u << 16);
	if (sentence)
		ear_sentence(&l->ear, &text);
	else
		ear_text(&l->ear, &text);
	json_map(w, "channel");
	json_list(w, "alternatives");
	json_map(w, NULL);
	json_str(w, "transcript", buf_str(&text));
	json_num(w, "confidence", 0.99);
	write_words(w, &l->ear);
	json_end(w);
	json_end(w);
	json_end(w);
	buf_fini(&text);
}

static void write_result(struct vendor_session *s, const struct result *r)
{
	struct listen *l = vendor_state(s);
	struct json_out w;
	struct buf out;

	buf_init(&out, 1u << 18);
	json_begin(&w, &out);
	json_map(&w, NULL);
	json_str(&w, "type", STR("Results"));
	json_list(&w, "channel_index");
	json_int(&w, NULL, 0);
	json_int(&w, NULL, 1);
	json_end(&w);
	json_num(&w, "duration", ear_seconds(l->ear.heard - l->ear.spoke_from));
	json_num(&w, "start", ear_seconds(l->ear.spoke_from));
	json_bool(&w, "is_final", r->final);
	json_bool(&w, "speech_final", r->speech_final);
	json_bool(&w, "from_finalize", r->from_finalize);
	write_alternative(&w, l, l->sentences && r->final);
	json_map(&w, "metadata");
	json_str(&w, "request_id", STR("5e2c8a1b"));
	json_map(&w, "model_info");
	json_str(&w, "arch", STR("nova-3"));
	json_end(&w);
	json_str(&w, "model_uuid", STR("1abfe86b"));
	json_end(&w);
	json_end(&w);
	if (r->speech_final)
		vendor_bill_next(s, &(struct vendor_bill){.note = "final"});
	vendor_text(s, r->delay, buf_str(&out));
	buf_fini(&out);
}

static void settle(struct listen *l)
{
	if (ear_count(&l->ear)) {
		l->last_word = l->ear.words[l->ear.n_words - 1].end;
		l->word_pending = l->utterance_end > 0;
	}
	ear_settle(&l->ear);
}

static void on_speech(struct vendor_session *s, struct ear *e, usec at)
{
	struct listen *l = vendor_state(s);
	struct buf out;

	if (!l->vad)
		return;
	buf_init(&out, 1024);
	buf_printf(&out, "{\"type\":\"SpeechStarted\",\"channel\":[0,1],\"timestamp\":%.2f}",
		   ear_seconds(at));
	vendor_text(s, 0, buf_str(&out));
	buf_fini(&out);
}

static void on_partial(struct vendor_session *s, struct ear *e)
{
	struct listen *l = vendor_state(s);

	if (e->heard - e->spoke_from >= SEGMENT && ear_count(e)) {
		write_result(s, &(struct result){.final = true});
		settle(l);
		e->speaking = true;
		e->spoke_from = e->heard;
	} else if (l->interim) {
		write_result(s, &(struct result){0});
	}
}

static void on_pause(struct vendor_session *s, struct ear *e)
{
	vendor_note(s, "pause");
	write_result(s, &(struct result){.final = true,
					 .speech_final = true,
					 .delay = vendor_span(s, vendor_config(s)->delays.final)});
	settle(vendor_state(s));
}

static const struct ear_ops hears = {.on_speech = on_speech, .on_partial = on_partial, .on_pause = on_pause};

static void tell_utterance_end(struct vendor_session *s, struct listen *l)
{
	struct buf out;

	if (l->ear.speaking || ear_count(&l->ear))
		l->word_pending = false;
	if (!l->word_pending || l->ear.heard - l->last_word < l->utterance_end)
		return;
	l->word_pending = false;
	buf_init(&out, 1024);
	buf_printf(&out, "{\"type\":\"UtteranceEnd\",\"channel\":[0,1],\"last_word_end\":%.2f}",
		   ear_seconds(l->last_word));
	vendor_text(s, 0, buf_str(&out));
	buf_fini(&out);
}

/* ---- the conversation ---- */

static void on_open(struct vendor_session *s)
{
	struct listen *l = vendor_state(s);
	int64_t ms = 0;
	usec pause = 0;

	l->sound = (struct sound){SOUND_S16, 16000};
	l->raw = deepgram_sound(s, &l->sound);
	ear_init(&l->ear, s, &hears, &l->sound);
	if (!check_endpointing(s, &pause))
		l->ear.pause = pause;
	l->interim = str_eq(vendor_query_or(s, "interim_results", "false"), STR("true"));
	l->vad = str_eq(vendor_query_or(s, "vad_events", "false"), STR("true"));
	l->sentences = str_eq(vendor_query_or(s, "smart_format", "false"), STR("true")) ||
		       str_eq(vendor_query_or(s, "punctuate", "false"), STR("true"));
	if (str_to_int(vendor_query_or(s, "utterance_end_ms", "0"), 0, 5000, &ms) == 0)
		l->utterance_end = USEC_MS(ms);
	vendor_wake(s, IDLE);
}

static void finish(struct vendor_session *s)
{
	struct listen *l = vendor_state(s);
	struct buf out;

	if (l->ending)
		return;
	l->ending = true;
	ear_complete(&l->ear);
	write_result(s, &(struct result){.final = true,
					 .speech_final = true,
					 .delay = vendor_span(s, vendor_config(s)->delays.final)});
	buf_init(&out, 1024);
	buf_printf(&out,
		   "{\"type\":\"Metadata\",\"transaction_key\":\"deprecated\",\"request_id\":\"5e2c8a1b\","
		   "\"sha256\":\"0\",\"created\":\"2026-01-01T00:00:00Z\",\"duration\":%.2f,\"channels\":1}",
		   ear_seconds(l->ear.heard));
	vendor_text(s, 0, buf_str(&out));
	vendor_close(s, 1000, "");
	buf_fini(&out);
}

static void on_text(struct vendor_session *s, struct str text)
{
	struct listen *l = vendor_state(s);
	struct json *m = vendor_json(s, text);
	struct str type = json_str_or(m, "type", STR(""));

	if (l->ending) {
		vendor_wrong(s, "something comes after CloseStream");
	} else if (str_eq(type, STR("KeepAlive"))) {
		if (l->audible)
			vendor_wake(s, IDLE);
	} else if (str_eq(type, STR("Finalize"))) {
		l->shortened = false;
		ear_complete(&l->ear);
		write_result(s, &(struct result){.final = true,
						 .speech_final = true,
						 .from_finalize = true,
						 .delay = vendor_span(s, vendor_config(s)->delays.final)});
		settle(l);
	} else if (str_eq(type, STR("CloseStream"))) {
		finish(s);
	} else {
		vendor_wrong(s, "there is no message '" STR_FMT "'", STR_ARG(type));
		vendor_close(s, 1008, "DATA-0000");
	}
	json_free(m);
}

/* Whether these bytes may be what the query announced. */
static bool decodable(const struct listen *l, struct str bytes)
{
	bool json = str_starts(bytes, STR("{\"type\""));

	if (l->raw)
		return !json && bytes.n % sound_sample_bytes(l->sound.coding) == 0;
	return l->audible || str_starts(bytes, STR("RIFF")) || str_starts(bytes, STR("OggS")) ||
	       str_starts(bytes, STR("fLaC"));
}

static void on_binary(struct vendor_session *s, struct str bytes)
{
	struct listen *l = vendor_state(s);
	usec span = sound_span(&l->sound, bytes.n);

	if (l->ending) {
		vendor_wrong(s, "sound comes after CloseStream");
		return;
	}
	if (bytes.n == 0) {
		vendor_wrong(s, "an empty binary message is never sent: it ends the stream");
		finish(s);
		return;
	}
	if (!decodable(l, bytes)) {
		vendor_wrong(s, "the sound is not what encoding says");
		vendor_close(s, 1008, "DATA-0000");
		l->ending = true;
		return;
	}
	if (span > CHUNK_MOST || l->shortened)
		vendor_wrong(s, "a message holds 20 to 250 ms of sound");
	l->shortened = span < CHUNK_LEAST;
	l->audible = true;
	vendor_wake(s, IDLE);
	vendor_heard(s, span, 2, BURST);
	ear_feed(&l->ear, bytes);
	tell_utterance_end(s, l);
}

static void on_wake(struct vendor_session *s)
{
	struct listen *l = vendor_state(s);

	vendor_wrong(s, "neither sound nor KeepAlive for ten seconds");
	l->ending = true;
	vendor_close(s, 1011, "NET-0001");
}

static void on_fault(struct vendor_session *s)
{
	vendor_close(s, 1011, "NET-0000");
}

static void on_close(struct vendor_session *s)
{
	struct listen *l = vendor_state(s);

	ear_fini(&l->ear);
}

const struct vendor_sim sim_deepgram_listen = {
	.name = "deepgram",
	.kind = VENDOR_WEBSOCKET,
	.path = "/v1/listen",
	.state_bytes = sizeof(struct listen),
	.on_request = on_request,
	.on_open = on_open,
	.on_text = on_text,
	.on_binary = on_binary,
	.on_wake = on_wake,
	.on_fault = on_fault,
	.on_refuse = deepgram_refuse,
	.on_close = on_close,
};
