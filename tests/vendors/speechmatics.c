/* Speechmatics real time: finals that are appended, partials behind them, a number for each message of sound.
 */
#include <stdio.h>

#include "vendors/ear.h"

#define BURST USEC_SEC(60)

struct matics {
	struct vendor_session *s;
	struct ear ear;
	struct sound sound;
	bool started, ending, partials, utterances;
	int64_t heard; /* binary messages */
};

static const struct vendor_rule start_members[] = {
	{"message", VENDOR_TEXT, VENDOR_MUST},
	{"audio_format", VENDOR_MAP, VENDOR_MUST},
	{"transcription_config", VENDOR_MAP, VENDOR_MUST},
	{"translation_config", VENDOR_MAP},
	{"audio_events_config", VENDOR_MAP},
};

static const struct vendor_rule format_members[] = {
	{"type", VENDOR_TEXT, VENDOR_MUST, 0, 0, "raw|file"},
	{"encoding", VENDOR_TEXT, VENDOR_MAY, 0, 0, "pcm_s16le|pcm_f32le|mulaw"},
	{"sample_rate", VENDOR_INT, VENDOR_MAY, 8000, 48000},
};

static const struct vendor_rule config_members[] = {
	{"language", VENDOR_TEXT, VENDOR_MUST},
	{"model", VENDOR_TEXT, VENDOR_MAY, 0, 0, "enhanced|standard"},
	{"operating_point", VENDOR_TEXT, VENDOR_MAY, 0, 0, "enhanced|standard"},
	{"output_locale", VENDOR_TEXT},
	{"diarization", VENDOR_TEXT, VENDOR_MAY, 0, 0, "none|speaker|channel"},
	{"speaker_diarization_config", VENDOR_MAP},
	{"punctuation_overrides", VENDOR_MAP},
	{"domain", VENDOR_TEXT},
	{"audio_filtering_config", VENDOR_MAP},
	{"transcript_filtering_config", VENDOR_MAP},
	{"max_delay", VENDOR_NUM, VENDOR_MAY, 0.7, 4},
	{"max_delay_mode", VENDOR_TEXT, VENDOR_MAY, 0, 0, "flexible|fixed"},
	{"enable_partials", VENDOR_BOOL},
	{"enable_entities", VENDOR_BOOL},
	{"additional_vocab", VENDOR_LIST},
	{"conversation_config", VENDOR_MAP},
	{"streaming_mode", VENDOR_BOOL},
	{"channel_diarization_labels", VENDOR_LIST},
};

/* ---- what is said ---- */

static void fail(struct matics *m, int code, const char *type, const char *reason)
{
	struct json_out w;
	struct buf out;

	vendor_wrong(m->s, "%s", reason);
	buf_init(&out, 1u << 16);
	json_begin(&w, &out);
	json_map(&w, NULL);
	json_str(&w, "message", STR("Error"));
	json_str(&w, "type", str_from(type));
	json_str(&w, "reason", str_from(reason));
	json_int(&w, "code", code);
	json_end(&w);
	vendor_text(m->s, 0, buf_str(&out));
	vendor_close(m->s, code, type);
	m->ending = true;
	buf_fini(&out);
}

static void write_result(struct json_out *w, const char *type, usec start, usec end, const char *content)
{
	json_map(w, NULL);
	json_str(w, "type", str_from(type));
	if (str_eq(str_from(type), STR("punctuation"))) {
		json_str(w, "attaches_to", STR("previous"));
		json_bool(w, "is_eos", true);
	}
	json_num(w, "start_time", ear_seconds(start));
	json_num(w, "end_time", ear_seconds(end));
	json_list(w, "alternatives");
	json_map(w, NULL);
	json_str(w, "content", str_from(content));
	json_num(w, "confidence", 0.99);
	json_str(w, "language", STR("en"));
	json_str(w, "speaker", STR("UU"));
	json_end(w);
	json_end(w);
	json_end(w);
}

static void say_transcript(struct matics *m, bool final, usec delay)
{
	const struct ear *e = &m->ear;
	struct json_out w;
	struct buf out, text;

	buf_init(&out, 1u << 18);
	buf_init(&text, 1u << 16);
	if (final)
		ear_sentence(e, &text);
	else
		ear_text(e, &text);
	buf_add_char(&text, ' ');
	json_begin(&w, &out);
	json_map(&w, NULL);
	json_str(&w, "message", final ? STR("AddTranscript") : STR("AddPartialTranscript"));
	json_str(&w, "format", STR("2.9"));
	json_map(&w, "metadata");
	json_num(&w, "start_time", ear_seconds(e->spoke_from));
	json_num(&w, "end_time", ear_seconds(e->spoke_until));
	json_str(&w, "transcript", buf_str(&text));
	json_end(&w);
	json_list(&w, "results");
	for (size_t i = e->first; i < e->n_words; i++)
		write_result(&w, "word", e->words[i].start, e->words[i].end, e->words[i].text);
	if (final)
		write_result(&w, "punctuation", e->spoke_until, e->spoke_until, ".");
	json_end(&w);
	json_end(&w);
	vendor_text(m->s, delay, buf_str(&out));
	buf_fini(&text);
	buf_fini(&out);
}

static void finish_utterance(struct matics *m)
{
	char text[160];

	ear_complete(&m->ear);
	if (ear_count(&m->ear)) {
		vendor_bill_next(m->s, &(struct vendor_bill){.note = "final"});
		say_transcript(m, true, vendor_span(m->s, vendor_config(m->s)->delays.final));
	}
	snprintf(text, sizeof(text),
		 "{\"message\":\"EndOfUtterance\",\"metadata\":{\"start_time\":%.2f,\"end_time\":%.2f}}",
		 ear_seconds(m->ear.spoke_until), ear_seconds(m->ear.heard));
	if (m->utterances)
		vendor_text(m->s, 0, str_from(text));
	ear_settle(&m->ear);
}

static void on_partial(struct vendor_session *s, struct ear *e)
{
	struct matics *m = vendor_state(s);

	if (m->partials)
		say_transcript(m, false, 0);
}

static void on_pause(struct vendor_session *s, struct ear *e)
{
	vendor_note(s, "pause");
	finish_utterance(vendor_state(s));
}

static const struct ear_ops hears = {.on_partial = on_partial, .on_pause = on_pause};

/* ---- messages ---- */

static const char *check_start(struct matics *m, const struct json *j, char why[160])
{
	const struct json *format = json_find(j, "audio_format"),
			  *config = json_find(j, "transcription_config");
	double trigger = json_num_or(config, "conversation_config/end_of_utterance_silence_trigger", 0);

	if (!vendor_check_json(m->s, j, start_members, ARRAY_LEN(start_members), why) ||
	    !vendor_check_json(m->s, config, config_members, ARRAY_LEN(config_members), why))
		return why;
	if (trigger < 0 || trigger > 2)
		return "end_of_utterance_silence_trigger is 0 to 2";
	if (trigger >= json_num_or(config, "max_delay", 4))
		return "end_of_utterance_silence_trigger is smaller than max_delay";
	return format ? NULL : "audio_format is missing";
}

static void start(struct matics *m, const struct json *j)
{
	const struct json *format = json_find(j, "audio_format");
	struct str encoding = json_str_or(format, "encoding", STR(""));
	double trigger = json_num_or(
		j, "transcription_config/conversation_config/end_of_utterance_silence_trigger", 0);
	const char *problem;
	char why[160];

	problem = m->started ? "StartRecognition comes once" : check_start(m, j, why);
	if (problem) {
		fail(m, 1003, m->started ? "protocol_error" : "invalid_config", problem);
		return;
	}
	if (!vendor_check_json(m->s, format, format_members, ARRAY_LEN(format_members), why) ||
	    !str_eq(json_str_or(format, "type", STR("")), STR("raw")) || !encoding.n ||
	    !json_find(format, "sample_rate")) {
		fail(m, 1003, "invalid_audio_type", "raw sound has an encoding and a sample_rate");
		return;
	}
	m->sound.rate_hz = (uint32_t)json_int_or(format, "sample_rate", 8000);
	m->sound.coding = str_eq(encoding, STR("mulaw"))       ? SOUND_MULAW
			  : str_eq(encoding, STR("pcm_f32le")) ? SOUND_F32
							       : SOUND_S16;
	ear_init(&m->ear, m->s, &hears, &m->sound);
	m->ear.pause =
		(usec)((trigger > 0 ? trigger : json_num_or(j, "transcription_config/max_delay", 4)) * 1e6);
	m->partials = json_bool_or(j, "transcription_config/enable_partials", false);
	m->utterances = trigger > 0;
	m->started = true;
	vendor_text(m->s, 0,
		    STR("{\"message\":\"RecognitionStarted\",\"id\":\"5e2c8a1b\",\"language_pack_info\":"
			"{\"word_delimiter\":\" \"}}"));
}

static void end(struct matics *m, const struct json *j)
{
	if (json_int_or(j, "last_seq_no", -1) != m->heard) {
		fail(m, 1003, "protocol_error", "last_seq_no is the number of messages of sound");
		return;
	}
	finish_utterance(m);
	vendor_text(m->s, 0, STR("{\"message\":\"EndOfTranscript\"}"));
	vendor_close(m->s, 1000, "");
	m->ending = true;
}

static void on_text(struct vendor_session *s, struct str text)
{
	struct matics *m = vendor_state(s);
	struct json *j = m->ending ? NULL : vendor_json(s, text);
	struct str message = json_str_or(j, "message", STR(""));
	char why[160];

	if (m->ending)
		return;
	if (!j)
		fail(m, 1003, "invalid_message", "the message is not JSON");
	else if (str_eq(message, STR("StartRecognition")))
		start(m, j);
	else if (!m->started)
		fail(m, 1003, "protocol_error", "StartRecognition comes first");
	else if (str_eq(message, STR("EndOfStream")))
		end(m, j);
	else if (str_eq(message, STR("ForceEndOfUtterance")))
		finish_utterance(m);
	else if (!vendor_one_of(message, "SetRecognitionConfig|GetSpeakers"))
		fail(m, 1003, "invalid_message", "there is no such message");
	else if (str_eq(message, STR("SetRecognitionConfig")) &&
		 !vendor_check_json(s, json_find(j, "transcription_config"), config_members,
				    ARRAY_LEN(config_members), why))
		fail(m, 1003, "invalid_config", why);
	json_free(j);
}

static void on_binary(struct vendor_session *s, struct str bytes)
{
	struct matics *m = vendor_state(s);
	char text[80];

	if (m->ending)
		return;
	if (!m->started) {
		fail(m, 1003, "protocol_error", "sound comes before StartRecognition");
	} else if (!bytes.n || bytes.n % sound_sample_bytes(m->sound.coding)) {
		fail(m, 1003, "data_error", "a binary message is whole samples");
	} else if (!vendor_heard(s, sound_span(&m->sound, bytes.n), 2, BURST)) {
		fail(m, 1008, "buffer_error", "too much sound is unacknowledged");
	} else {
		snprintf(text, sizeof(text), "{\"message\":\"AudioAdded\",\"seq_no\":%lld}",
			 (long long)++m->heard);
		vendor_text(s, 0, str_from(text));
		ear_feed(&m->ear, bytes);
	}
}

static void on_request(struct vendor_session *s)
{
	struct str bearer = vendor_header(s, "authorization"), jwt = vendor_query_or(s, "jwt", "");

	if (str_starts(bearer, STR("Bearer ")))
		jwt = str_sub(bearer, 7, SIZE_MAX);
	if (str_eq(jwt, vendor_key(s)))
		return;
	vendor_wrong(s, "Authorization is not Bearer and the key");
	vendor_refuse(s, 401, "not_authorised");
}

static void on_open(struct vendor_session *s)
{
	struct matics *m = vendor_state(s);

	m->s = s;
}

static void on_fault(struct vendor_session *s)
{
	vendor_text(s, 0,
		    STR("{\"message\":\"Error\",\"type\":\"quota_exceeded\",\"reason\":\"Concurrent quota "
			"exceeded\","
			"\"code\":4005}"));
	vendor_close(s, 4005, "quota_exceeded");
}

static void on_close(struct vendor_session *s)
{
	struct matics *m = vendor_state(s);

	ear_fini(&m->ear);
}

const struct vendor_sim sim_speechmatics = {
	.name = "speechmatics",
	.kind = VENDOR_WEBSOCKET,
	.path = "/v2",
	.state_bytes = sizeof(struct matics),
	.on_request = on_request,
	.on_open = on_open,
	.on_text = on_text,
	.on_binary = on_binary,
	.on_fault = on_fault,
	.on_close = on_close,
};
