/* Wyoming: a line of JSON, then data and payload as long as it says; recognition and speech over TCP. */
#include <stdio.h>
#include <string.h>

#include "vendors/ear.h"
#include "vendors/voice.h"

#define HEADER_MOST  (1u << 16)
#define DATA_MOST    (1u << 20)
#define PAYLOAD_MOST (1u << 20)
#define VOICE_HZ     22050

struct wyoming {
	struct vendor_session *s;
	struct ear ear;
	bool hearing, asked; /* between audio-start and audio-stop; after transcribe */
	bool streaming, over;
	struct buf text; /* of a streamed synthesis */
};

struct event {
	struct str type, payload;
	const struct json *data; /* the extra block, or else the header's own */
};

/* ---- what is said ---- */

static void say_event(struct wyoming *w, usec delay, const char *type, struct str data, struct str payload)
{
	struct buf out;

	buf_init(&out, 4u << 20);
	buf_printf(&out, "{\"type\": \"%s\", \"version\": \"1.8.0\"", type);
	if (data.n)
		buf_printf(&out, ", \"data_length\": %zu", data.n);
	if (payload.n)
		buf_printf(&out, ", \"payload_length\": %zu", payload.n);
	buf_add_str(&out, STR("}\n"));
	buf_add_str(&out, data);
	buf_add_str(&out, payload);
	vendor_bytes(w->s, delay, buf_str(&out));
	buf_fini(&out);
}

static void say_error(struct wyoming *w, const char *why)
{
	struct json_out j;
	struct buf data;

	buf_init(&data, 1u << 16);
	json_begin(&j, &data);
	json_map(&j, NULL);
	json_str(&j, "text", str_from(why));
	json_end(&j);
	say_event(w, 0, "error", buf_str(&data), STR(""));
	buf_fini(&data);
}

static void fail(struct wyoming *w, const char *why)
{
	vendor_wrong(w->s, "%s", why);
	say_error(w, why);
}

#define FORMAT "{\"rate\": 22050, \"width\": 2, \"channels\": 1}"

static void say_piece(struct vendor_session *s, const struct voice_piece *p)
{
	say_event(vendor_state(s), p->delay, "audio-chunk", STR(FORMAT), p->bytes);
}

static void speak(struct wyoming *w, struct str text)
{
	struct voice v = {.sound = {SOUND_S16, VOICE_HZ}, .say = say_piece, .going_on = vendor_busy(w->s)};

	vendor_bill(w->s, &(struct vendor_bill){.characters = voice_characters(text), .note = "text"});
	say_event(w, 0, "audio-start", STR(FORMAT), STR(""));
	voice_speak(w->s, &v, text);
	say_event(w, 0, "audio-stop", STR(""), STR(""));
}

static void say_transcript(struct wyoming *w)
{
	struct json_out j;
	struct buf data, text;

	buf_init(&data, 1u << 16);
	buf_init(&text, 1u << 16);
	ear_complete(&w->ear);
	ear_sentence(&w->ear, &text);
	json_begin(&j, &data);
	json_map(&j, NULL);
	json_str(&j, "text", buf_str(&text));
	json_str(&j, "language", STR("en"));
	json_end(&j);
	vendor_bill_next(w->s, &(struct vendor_bill){.note = "final"});
	say_event(w, vendor_span(w->s, vendor_config(w->s)->delays.final), "transcript", buf_str(&data),
		  STR(""));
	ear_fini(&w->ear);
	w->hearing = w->asked = false;
	buf_fini(&text);
	buf_fini(&data);
}

/* ---- events ---- */

static const struct ear_ops hears = {0};

static bool good_format(const struct json *d)
{
	return json_int_or(d, "rate", 0) == 16000 && json_int_or(d, "width", 0) == 2 &&
	       json_int_or(d, "channels", 0) == 1;
}

static void hear(struct wyoming *w, const struct event *e)
{
	if (!good_format(e->data)) {
		fail(w, "sound has rate 16000, width 2, channels 1");
	} else if (str_eq(e->type, STR("audio-start"))) {
		if (!w->asked || w->hearing)
			fail(w, "transcribe comes before audio-start, which comes once");
		ear_fini(&w->ear);
		ear_init(&w->ear, w->s, &hears, &(struct sound){SOUND_S16, 16000});
		w->hearing = true;
	} else if (!w->hearing || !e->payload.n || e->payload.n % 2) {
		fail(w, "audio-chunk comes after audio-start, with whole samples as its payload");
	} else {
		vendor_heard(w->s, sound_span(&w->ear.sound, e->payload.n), 0, 0);
		ear_feed(&w->ear, e->payload);
	}
}

/* Up to 1.6 of the reference library a language alone is read as a voice's name. */
static const char *check_voice(struct wyoming *w, const struct event *e, char why[160])
{
	static const struct vendor_rule whole[] = {
		{"text", VENDOR_TEXT, VENDOR_MUST},
		{"voice", VENDOR_MAP},
		{"text_format", VENDOR_TEXT, VENDOR_MAY, 0, 0, "text|ssml"}};
	static const struct vendor_rule start[] = {
		{"voice", VENDOR_MAP}, {"text_format", VENDOR_TEXT, VENDOR_MAY, 0, 0, "text|ssml"}};
	static const struct vendor_rule members[] = {
		{"name", VENDOR_TEXT}, {"speaker", VENDOR_TEXT}, {"language", VENDOR_TEXT}};
	const struct json *voice = json_find(e->data, "voice");

	if (str_eq(e->type, STR("synthesize")) &&
	    !vendor_check_json(w->s, e->data, whole, ARRAY_LEN(whole), why))
		return why;
	if (str_eq(e->type, STR("synthesize-start")) && e->data &&
	    !vendor_check_json(w->s, e->data, start, ARRAY_LEN(start), why))
		return why;
	if (voice && !vendor_check_json(w->s, voice, members, ARRAY_LEN(members), why))
		return why;
	if (!voice || json_find(voice, "name"))
		return NULL;
	return json_find(voice, "speaker") ? "a speaker comes only with a name"
					   : "no such voice: a language is no name";
}

static void synthesize(struct wyoming *w, const struct event *e)
{
	struct str text = json_str_or(e->data, "text", STR(""));
	char why[160];
	const char *problem = check_voice(w, e, why);

	if (problem) {
		fail(w, problem);
		return;
	}

	if (str_eq(e->type, STR("synthesize-start"))) {
		w->streaming = true;
	} else if (str_eq(e->type, STR("synthesize-chunk"))) {
		if (!w->streaming)
			fail(w, "synthesize-start comes before synthesize-chunk");
		else
			buf_add_str(&w->text, text);
	} else if (str_eq(e->type, STR("synthesize-stop"))) {
		if (!w->streaming)
			fail(w, "synthesize-start comes before synthesize-stop");
		speak(w, buf_str(&w->text));
		buf_clear(&w->text);
		say_event(w, 0, "synthesize-stopped", STR(""), STR(""));
		w->streaming = false;
	} else if (w->streaming) {
		return; /* the whole text again, for those that cannot stream */
	} else if (!str_trim(text).n) {
		fail(w, "synthesize has a text");
	} else {
		speak(w, text);
	}
}

static void on_event(struct wyoming *w, const struct event *e)
{
	static const char info[] =
		"{\"asr\": [{\"name\": \"vendors\", \"models\": []}], \"tts\": [{\"name\": \"vendors\", "
		"\"supports_synthesize_streaming\": true, \"models\": []}]}";

	if (str_eq(e->type, STR("describe")))
		say_event(w, 0, "info", str_from(info), STR(""));
	else if (str_eq(e->type, STR("ping")))
		say_event(w, 0, "pong", STR(""), STR(""));
	else if (str_eq(e->type, STR("transcribe")))
		w->asked = true;
	else if (vendor_one_of(e->type, "audio-start|audio-chunk"))
		hear(w, e);
	else if (str_eq(e->type, STR("audio-stop")) && w->hearing)
		say_transcript(w);
	else if (str_eq(e->type, STR("audio-stop")))
		fail(w, "audio-start comes before audio-stop");
	else if (str_starts(e->type, STR("synthesize")))
		synthesize(w, e);
	else
		vendor_wrong(w->s, "there is no event " STR_FMT,
			     STR_ARG(e->type)); /* ignored, as the sheet says */
}

/* ---- framing ---- */

/* What cannot be read is the end of the stream: the connection closes silently. */
static size_t drop(struct wyoming *w, size_t n, const char *rule)
{
	vendor_wrong(w->s, "%s", rule);
	vendor_close(w->s, 0, "");
	w->over = true;
	return n;
}

static size_t on_bytes(struct vendor_session *s, struct str bytes)
{
	struct wyoming *w = vendor_state(s);
	size_t line = str_chr(bytes, '\n');
	struct json *header = NULL, *extra = NULL;
	struct event e;
	int64_t data, payload;

	if (w->over)
		return bytes.n;
	if (line == bytes.n)
		return line > HEADER_MOST ? drop(w, line, "the header is too long") : 0;
	if (json_parse(str_sub(bytes, 0, line), NULL, NULL, &header) < 0)
		return drop(w, bytes.n, "the header is not JSON");
	data = json_int_or(header, "data_length", 0);
	payload = json_int_or(header, "payload_length", 0);
	e.type = json_str_or(header, "type", STR(""));
	if (!e.type.n || data < 0 || data > DATA_MOST || payload < 0 || payload > PAYLOAD_MOST) {
		json_free(header);
		return drop(w, bytes.n,
			    "a header has a type, and lengths that are no larger than it is sane");
	}
	line += 1;
	if (bytes.n >= line + (size_t)data + (size_t)payload) {
		bool good = !data || json_parse(str_sub(bytes, line, (size_t)data), NULL, NULL, &extra) == 0;

		e.data = extra ? extra : json_find(header, "data");
		e.payload = str_sub(bytes, line + (size_t)data, (size_t)payload);
		line += (size_t)data + (size_t)payload;
		if (good)
			on_event(w, &e);
		else
			drop(w, bytes.n, "the data are not JSON");
	} else {
		line = 0;
	}
	json_free(extra);
	json_free(header);
	return line;
}

static void on_open(struct vendor_session *s)
{
	struct wyoming *w = vendor_state(s);

	w->s = s;
	buf_init(&w->text, 1u << 20);
}

static void on_fault(struct vendor_session *s)
{
	say_error(vendor_state(s), "The voice could not be run"); /* the connection stays */
}

static void on_close(struct vendor_session *s)
{
	struct wyoming *w = vendor_state(s);

	ear_fini(&w->ear);
	buf_fini(&w->text);
}

const struct vendor_sim sim_wyoming = {
	.name = "wyoming",
	.kind = VENDOR_RAW,
	.state_bytes = sizeof(struct wyoming),
	.on_open = on_open,
	.on_bytes = on_bytes,
	.on_fault = on_fault,
	.on_close = on_close,
};
