/* OpenAI /v1/audio/speech: one text, one body of sound, and the servers that copy it. */
#include "openai.h"
#include "vendors/voice.h"

#define INPUT_MOST 4096 /* characters */

struct speech_kind {
	bool anybody;                /* asks for no key, takes unknown members */
	bool wav_only;               /* whatever is asked for */
	uint32_t rate_hz;            /* 0 = 24000 */
	const char *models, *voices; /* NULL = any */
	const char *formats;         /* that it offers, the first by default */
};

static const struct vendor_rule members[] = {
	{"model", VENDOR_TEXT, VENDOR_MUST},
	{"input", VENDOR_TEXT, VENDOR_MUST},
	{"voice", VENDOR_ANY, VENDOR_MUST},
	{"instructions", VENDOR_TEXT},
	{"response_format", VENDOR_TEXT, VENDOR_MAY, 0, 0, "mp3|opus|aac|flac|wav|pcm"},
	{"speed", VENDOR_NUM, VENDOR_MAY, 0.25, 4},
	{"stream_format", VENDOR_TEXT, VENDOR_MAY, 0, 0, "audio|sse"},
};

static const char *check_texts(const struct json *body, const struct speech_kind *kind)
{
	struct str model = json_str_or(body, "model", STR("")), input = json_str_or(body, "input", STR(""));
	const struct json *voice = json_find(body, "voice");
	bool old = str_starts(model, STR("tts-1"));

	if (!model.n || (kind->models && !vendor_one_of(model, kind->models)))
		return "there is no such model";
	if (!str_trim(input).n)
		return "input is empty";
	if (voice_characters(input) > INPUT_MOST && !kind->anybody)
		return "input has at most 4096 characters";
	if (json_kind(voice) == JSON_KIND_STR && kind->voices &&
	    !vendor_one_of(json_str_or(voice, "", STR("")), kind->voices))
		return "there is no such voice";
	if (json_kind(voice) != JSON_KIND_STR && !json_str_or(voice, "id", STR("")).n)
		return "voice is a name, or a map with an id";
	if (old && json_find(body, "instructions"))
		return "instructions are not for tts-1";
	if (old && str_eq(json_str_or(body, "stream_format", STR("")), STR("sse")))
		return "sse is not for tts-1";
	return NULL;
}

/* ---- the sound ---- */

static void say_bytes(struct vendor_session *s, const struct voice_piece *p)
{
	vendor_piece(s, p->delay, p->bytes);
}

static void say_event(struct vendor_session *s, const struct voice_piece *p)
{
	struct openai_event e;

	openai_event_begin(&e, NULL);
	json_str(&e.w, "type", STR("speech.audio.delta"));
	voice_json(&e.w, "audio", p->bytes);
	openai_event_send(&e, s, p->delay);
}

/* 44 bytes whose lengths nobody knows yet. */
static void say_wav_header(struct vendor_session *s, uint32_t rate)
{
	uint8_t h[44] = "RIFF\xff\xff\xff\xffWAVEfmt "
			"\x10\0\0\0\1\0\1\0\0\0\0\0\0\0\0\0\2\0\x10\0data\xff\xff\xff\xff";

	for (int i = 0; i < 4; i++) {
		h[24 + i] = (uint8_t)(rate >> 8 * i);
		h[28 + i] = (uint8_t)(2 * rate >> 8 * i);
	}
	vendor_piece(s, vendor_span(s, vendor_config(s)->delays.first_audio),
		     (struct str){(char *)h, sizeof(h)});
}

static void say_usage(struct vendor_session *s, struct str input)
{
	int64_t in = (int64_t)input.n / 4 + 1, out = voice_span(input) / USEC_MS(50);
	struct openai_event e;

	openai_event_begin(&e, NULL);
	json_str(&e.w, "type", STR("speech.audio.done"));
	json_map(&e.w, "usage");
	json_int(&e.w, "input_tokens", in);
	json_int(&e.w, "output_tokens", out);
	json_int(&e.w, "total_tokens", in + out);
	json_end(&e.w);
	vendor_bill_next(s, &(struct vendor_bill){.tokens_in = (uint64_t)in, .tokens_out = (uint64_t)out});
	openai_event_send(&e, s, 0);
}

static const char *type_of(struct str format, bool events)
{
	return events                       ? "text/event-stream"
	       : str_eq(format, STR("pcm")) ? "audio/pcm"
	       : str_eq(format, STR("wav")) ? "audio/wav"
					    : "audio/mpeg";
}

static void speak(struct vendor_session *s, const struct speech_kind *kind, const struct json *body)
{
	bool events = str_eq(json_str_or(body, "stream_format", STR("")), STR("sse"));
	struct str format = json_str_or(body, "response_format", STR("mp3"));
	struct str input = json_str_or(body, "input", STR(""));
	struct voice v = {.sound = {SOUND_S16, kind->rate_hz ? kind->rate_hz : 24000},
			  .odd_bytes = 1, /* boundaries are arbitrary */
			  .say = events ? say_event : say_bytes};

	if (kind->wav_only)
		format = STR("wav");
	vendor_bill(s, &(struct vendor_bill){.characters = voice_characters(input), .note = "text"});
	openai_headers(s);
	vendor_begin(s, 200, type_of(format, events));
	if (str_eq(format, STR("wav"))) {
		say_wav_header(s, v.sound.rate_hz);
		v.going_on = true;
	}
	voice_speak(s, &v, input);
	if (events)
		say_usage(s, input);
	vendor_finish(s);
}

static void on_request(struct vendor_session *s)
{
	const struct speech_kind *kind = vendor_sim(s)->arg;
	struct json *body = kind->anybody || openai_key(s) ? openai_body(s) : NULL;
	const char *problem;
	char why[160] = "";

	if (!body)
		return;
	problem = kind->anybody || vendor_check_json(s, body, members, ARRAY_LEN(members), why) ? NULL : why;
	problem = problem ? problem : check_texts(body, kind);
	if (!problem && !kind->wav_only &&
	    !vendor_one_of(json_str_or(body, "response_format", STR("mp3")), "pcm|wav"))
		problem = "the simulator makes pcm and wav";
	if (problem)
		vendor_bad(s, 400, problem);
	else
		speak(s, kind, body);
	json_free(body);
}

#define SPEECH(row, called, where, is_shy, ...)                     \
	static const struct speech_kind kind_##row = {__VA_ARGS__}; \
	const struct vendor_sim sim_##row = {                       \
		.name = called,                                     \
		.path = where,                                      \
		.shy = is_shy,                                      \
		.arg = &kind_##row,                                 \
		.on_request = on_request,                           \
		.on_refuse = openai_refuse,                         \
	};

SPEECH(openai_speech, "openai", "/v1/audio/speech", false,
       .models = "tts-1|tts-1-hd|gpt-4o-mini-tts|gpt-4o-mini-tts-2025-12-15",
       .voices = "alloy|ash|ballad|coral|echo|fable|onyx|nova|sage|shimmer|verse|marin|cedar")
SPEECH(groq_speech, "groq", "/openai/v1/audio/speech", false, .wav_only = true, .rate_hz = 48000)
SPEECH(speaches_speech, "speaches", "/v1/audio/speech", true, .anybody = true, .rate_hz = 22050)
