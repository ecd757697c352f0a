/* Whole utterances by HTTP: OpenAI's /v1/audio/transcriptions, whisper.cpp's /inference, faster-whisper's
 * copy. */
#include <stdio.h>
#include <string.h>

#include "openai.h"
#include "vendors/ear.h"
#include "wire/wav.h"

#define FILE_MOST (25u << 20)

struct transcribe_kind {
	bool anybody; /* asks for no key */
	bool whisper; /* whisper.cpp: errors, blank and line feed around the text */
	const char *fields;
	const char *models; /* NULL = any */
};

#define OPENAI_FIELDS                                                                         \
	"file|model|language|languages[]|prompt|keywords[]|response_format|temperature|"      \
	"timestamp_granularities[]|stream|chunking_strategy|include[]|known_speaker_names[]|" \
	"known_speaker_references[]"

#define WHISPER_FIELDS                                                                                      \
	"file|model|temperature|temperature_inc|response_format|language|detect_language|translate|prompt|" \
	"carry_initial_prompt|no_timestamps|token_timestamps|max_len|split_on_word|best_of|beam_size|"      \
	"audio_ctx|word_thold|entropy_thold|logprob_thold|no_speech_thold|suppress_nst|"                    \
	"no_language_probabilities|offset_t|offset_n|duration|max_context|diarize|tinydiarize|vad|"         \
	"vad_threshold|vad_min_speech_duration_ms|vad_min_silence_duration_ms|vad_max_speech_duration_s|"   \
	"vad_speech_pad_ms"

/* ---- errors ---- */

/* whisper-server has words of its own for each mistake, and then says the same for all. */
static void refuse(struct vendor_session *s, int status, const char *why)
{
	const struct transcribe_kind *kind = vendor_sim(s)->arg;

	if (kind->whisper)
		vendor_answer(s, status, "text/plain", STR("Invalid request"));
	else
		openai_refuse(s, status, why);
}

/* ---- what may be asked ---- */

struct form_check {
	struct vendor_session *s;
	const char *fields;
	char *why;
};

static void check_field(struct str name, void *arg)
{
	struct form_check *f = arg;
	struct str again;
	char text[64];

	str_copy(name, text, sizeof(text));
	if (!vendor_one_of(name, f->fields))
		snprintf(f->why, 160, "there is no field %.60s", text);
	else if (!str_ends(name, STR("[]")) && vendor_form(f->s, text, 1, &again))
		snprintf(f->why, 160, "%.60s stands there twice", text);
}

static struct str field(struct vendor_session *s, const char *name, const char *fallback)
{
	struct str value = str_from(fallback);

	vendor_form(s, name, 0, &value);
	return value;
}

static const char *check_openai(struct vendor_session *s, const struct transcribe_kind *kind)
{
	struct str model = field(s, "model", ""), format = field(s, "response_format", "json"), file;
	bool whisper = str_eq(model, STR("whisper-1")) || !kind->models, streamed;

	if (!model.n || (kind->models && !vendor_one_of(model, kind->models)))
		return "model is missing, or not one of the models";
	if (!vendor_one_of(format, whisper ? "json|text|srt|verbose_json|vtt" : "json|text"))
		return "response_format is not compatible with the model";
	streamed = str_eq(field(s, "stream", "false"), STR("true"));
	if (streamed && kind->models && whisper)
		return "stream is not for whisper-1";
	if (vendor_form(s, "timestamp_granularities[]", 0, &file) && !str_eq(format, STR("verbose_json")))
		return "timestamp_granularities[] needs verbose_json";
	file = vendor_form_file(s, "file");
	if (!str_ends(file, STR(".wav")) && !str_ends(file, STR(".flac")) && !str_ends(file, STR(".mp3")))
		return "Unrecognized file format: the name's extension matters";
	return NULL;
}

static const char *check_numbers(struct vendor_session *s)
{
	struct str value;
	double n;

	if (vendor_form(s, "temperature", 0, &value) && (str_to_num(value, &n) < 0 || n < 0 || n > 1))
		return "temperature is 0 to 1";
	if (vendor_form(s, "stream", 0, &value) && !vendor_one_of(value, "true|false"))
		return "stream is true or false";
	if (vendor_form(s, "no_language_probabilities", 0, &value) && !vendor_one_of(value, "true|false"))
		return "no_language_probabilities is true or false";
	return NULL;
}

static const char *check(struct vendor_session *s, const struct transcribe_kind *kind, char why[160])
{
	struct form_check f = {s, kind->fields, why};
	struct str file;
	const char *problem;

	why[0] = '\0';
	if (vendor_form_each(s, check_field, &f) < 0)
		return "the body is no multipart/form-data";
	if (why[0])
		return why;
	if (!vendor_form(s, "file", 0, &file))
		return kind->whisper ? "no 'file' field in the request" : "file is missing";
	if (file.n > FILE_MOST)
		return "Maximum content size limit exceeded";
	problem = kind->whisper ? NULL : check_openai(s, kind);
	return problem ? problem : check_numbers(s);
}

/* ---- hearing ---- */

static const struct ear_ops hears = {0};

/* All words of a file. Returns whether it is one. */
static bool hear(struct vendor_session *s, struct str file, struct ear *e, usec *ret_span)
{
	struct sound as = {SOUND_S16, 16000};
	struct wav wav;
	int16_t pcm[1024];
	size_t n;

	if (wav_parse((const uint8_t *)file.p, file.n, &wav) < 0)
		return false;
	as.rate_hz = wav.rate_hz;
	*ret_span = (usec)wav.frames * USEC_SEC(1) / wav.rate_hz;
	ear_init(e, s, &hears, &as);
	for (size_t at = 0; (n = wav_read_mono(&wav, at, pcm, ARRAY_LEN(pcm))) > 0; at += n)
		ear_feed(e, (struct str){(char *)pcm, n * sizeof(pcm[0])});
	memset(pcm, 0, sizeof(pcm));
	for (int i = 0; i < 8; i++) /* the silence after the last word */
		ear_feed(e, (struct str){(char *)pcm, sizeof(pcm)});
	ear_complete(e);
	return true;
}

static void write_verbose(struct json_out *w, const struct ear *e, usec span, struct str text, bool words)
{
	json_str(w, "task", STR("transcribe"));
	json_str(w, "language", STR("english"));
	json_num(w, "duration", ear_seconds(span));
	json_str(w, "text", text);
	json_list(w, "segments");
	json_map(w, NULL);
	json_int(w, "id", 0);
	json_int(w, "seek", 0);
	json_num(w, "start", 0);
	json_num(w, "end", ear_seconds(span));
	json_str(w, "text", text);
	json_num(w, "temperature", 0);
	json_num(w, "avg_logprob", -0.2);
	json_num(w, "compression_ratio", 1.1);
	json_num(w, "no_speech_prob", ear_count(e) ? 0.01 : 0.9);
	json_end(w);
	json_end(w);
	if (!words)
		return;
	json_list(w, "words");
	for (size_t i = 0; i < e->n_words; i++) {
		json_map(w, NULL);
		json_str(w, "word", str_from(e->words[i].text));
		json_num(w, "start", ear_seconds(e->words[i].start));
		json_num(w, "end", ear_seconds(e->words[i].end));
		json_end(w);
	}
	json_end(w);
}

static void write_usage(struct json_out *w, usec span, struct str text)
{
	json_map(w, "usage");
	json_str(w, "type", STR("tokens"));
	json_int(w, "input_tokens", span / USEC_MS(100));
	json_int(w, "output_tokens", (int64_t)text.n / 4 + 1);
	json_int(w, "total_tokens", span / USEC_MS(100) + (int64_t)text.n / 4 + 1);
	json_end(w);
}

static void answer_stream(struct vendor_session *s, struct str text, usec span)
{
	usec delay = vendor_span(s, vendor_config(s)->delays.final);
	struct openai_event e;
	struct str rest = text;

	vendor_begin(s, 200, "text/event-stream");
	while (rest.n) {
		size_t n = MIN(str_chr(rest, ' ') + 1, rest.n);

		openai_event_begin(&e, NULL);
		json_str(&e.w, "type", STR("transcript.text.delta"));
		json_str(&e.w, "delta", str_sub(rest, 0, n));
		openai_event_send(&e, s, delay);
		rest = str_sub(rest, n, SIZE_MAX);
		delay = 0;
	}
	openai_event_begin(&e, NULL);
	json_str(&e.w, "type", STR("transcript.text.done"));
	json_str(&e.w, "text", text);
	write_usage(&e.w, span, text);
	openai_event_send(&e, s, delay);
	vendor_finish(s);
}

static void answer_json(struct vendor_session *s, const struct ear *e, struct str text, usec span,
			bool verbose)
{
	const struct transcribe_kind *kind = vendor_sim(s)->arg;
	struct str granularity = STR("");
	struct json_out w;
	struct buf body;

	buf_init(&body, 1u << 20);
	json_begin(&w, &body);
	json_map(&w, NULL);
	vendor_form(s, "timestamp_granularities[]", 0, &granularity);
	if (verbose)
		write_verbose(&w, e, span, text, str_eq(granularity, STR("word")));
	else
		json_str(&w, "text", text);
	if (!verbose && !kind->whisper)
		write_usage(&w, span, text);
	json_end(&w);
	vendor_begin(s, 200, "application/json");
	vendor_bill_next(s, &(struct vendor_bill){.note = "final"});
	vendor_piece(s, vendor_span(s, vendor_config(s)->delays.final), buf_str(&body));
	vendor_finish(s);
	buf_fini(&body);
}

static void answer(struct vendor_session *s, const struct ear *e, usec span)
{
	const struct transcribe_kind *kind = vendor_sim(s)->arg;
	struct str format = field(s, "response_format", "json");
	struct buf text;

	buf_init(&text, 1u << 20);
	buf_add_str(&text, kind->whisper ? STR(" ") : STR(""));
	ear_sentence(e, &text);
	buf_add_str(&text, kind->whisper ? STR("\n") : STR(""));
	if (str_eq(field(s, "stream", "false"), STR("true"))) {
		answer_stream(s, buf_str(&text), span);
	} else if (str_eq(format, STR("text"))) {
		vendor_begin(s, 200,
			     kind->whisper ? "text/html; charset=utf-8" : "text/plain; charset=utf-8");
		vendor_piece(s, vendor_span(s, vendor_config(s)->delays.final), buf_str(&text));
		vendor_finish(s);
	} else {
		answer_json(s, e, buf_str(&text), span, str_eq(format, STR("verbose_json")));
	}
	buf_fini(&text);
}

static void on_request(struct vendor_session *s)
{
	const struct transcribe_kind *kind = vendor_sim(s)->arg;
	const char *problem;
	struct str file;
	struct ear e;
	char why[160];
	usec span;

	if (!kind->anybody && !openai_key(s))
		return;
	problem = check(s, kind, why);
	if (problem) {
		vendor_bad(s, 400, problem);
		return;
	}
	vendor_form(s, "file", 0, &file);
	if (!hear(s, file, &e, &span)) {
		vendor_bad(s, 400,
			   kind->whisper ? "failed to read audio data"
					 : "Audio file might be corrupted or unsupported");
		return;
	}
	vendor_heard(s, span, 0, 0);
	answer(s, &e, span);
	ear_fini(&e);
}

static void on_health(struct vendor_session *s)
{
	vendor_answer(s, 200, NULL, STR("{\"status\":\"ok\"}"));
}

#define TRANSCRIBE(row, called, where, is_shy, ...)                     \
	static const struct transcribe_kind kind_##row = {__VA_ARGS__}; \
	const struct vendor_sim sim_##row = {                           \
		.name = called,                                         \
		.path = where,                                          \
		.shy = is_shy,                                          \
		.arg = &kind_##row,                                     \
		.on_request = on_request,                               \
		.on_refuse = refuse,                                    \
	};

TRANSCRIBE(
	openai_transcriptions, "openai", "/v1/audio/transcriptions", false, .fields = OPENAI_FIELDS,
	.models =
		"whisper-1|gpt-transcribe|gpt-4o-transcribe|gpt-4o-mini-transcribe|gpt-4o-transcribe-diarize")
TRANSCRIBE(speaches_transcriptions, "speaches", "/v1/audio/transcriptions", true, .anybody = true,
	   .fields = OPENAI_FIELDS "|hotwords|without_timestamps")
TRANSCRIBE(vllm_transcriptions, "vllm", "/v1/audio/transcriptions", true, .anybody = true,
	   .fields = OPENAI_FIELDS "|stream_include_usage|to_language|seed|top_p|top_k")
TRANSCRIBE(whispercpp, "whispercpp", "/inference", false, .anybody = true, .whisper = true,
	   .fields = WHISPER_FIELDS)
TRANSCRIBE(whispercpp_openai, "whispercpp", "/v1/audio/transcriptions", true, .anybody = true,
	   .whisper = true, .fields = WHISPER_FIELDS)

const struct vendor_sim sim_whispercpp_health = {
	.name = "whispercpp", .method = "GET", .path = "/health", .shy = true, .on_request = on_health};
