/* Kokoro-FastAPI: OpenAI's speech with voices of its own, and speech with the times of its words. */
#include <string.h>

#include "openai.h"
#include "vendors/voice.h"

static const struct vendor_rule members[] = {
	{"model", VENDOR_TEXT},
	{"input", VENDOR_TEXT, VENDOR_MUST},
	{"voice", VENDOR_TEXT},
	{"response_format", VENDOR_TEXT, VENDOR_MAY, 0, 0, "mp3|opus|aac|flac|wav|pcm"},
	{"download_format", VENDOR_TEXT},
	{"speed", VENDOR_NUM, VENDOR_MAY, 0.25, 4},
	{"stream", VENDOR_BOOL},
	{"lang_code", VENDOR_TEXT, VENDOR_MAY, 0, 0, "a|b|e|f|h|i|j|p|z"},
	{"volume_multiplier", VENDOR_NUM},
	{"normalization_options", VENDOR_MAP},
	{"voice_aliases", VENDOR_MAP},
	{"allow_voice_tags", VENDOR_BOOL},
	{"ssml", VENDOR_BOOL},
	{"return_download_link", VENDOR_BOOL},
	{"return_timing", VENDOR_BOOL},
	{"return_timestamps", VENDOR_BOOL},
};

static const char known_voices[] =
	"af_heart|af_bella|af_nicole|af_sarah|af_sky|am_adam|am_michael|bf_emma|bf_isabella|"
	"bm_george|alloy|ash|coral|echo|fable|onyx|nova|sage|shimmer";

/* {"detail":{"error","message","type"}}; the form's own errors are 422. */
static void write_error(struct json_out *w, int status, const char *why)
{
	json_map(w, "detail");
	json_str(w, "error",
		 status == 400   ? STR("validation_error")
		 : status == 403 ? STR("permission_denied")
		 : status == 422 ? STR("unprocessable")
				 : STR("processing_error"));
	json_str(w, "message", str_from(why));
	json_str(w, "type", STR("invalid_request_error"));
	json_end(w);
}

static void refuse(struct vendor_session *s, int status, const char *why)
{
	vendor_answer_error(s, status, why, write_error);
}

/* "af_bella+af_sky", "af_bella(2)-af_sky(1)". */
static bool is_voice(struct str mix)
{
	while (mix.n) {
		size_t n = MIN(str_chr(mix, '+'), str_chr(mix, '-'));
		struct str one = str_sub(mix, 0, n), name = str_cut(&one, '(');
		double weight = 1;

		if (!vendor_one_of(name, known_voices))
			return false;
		if (one.n && (!str_ends(one, STR(")")) ||
			      str_to_num(str_sub(one, 0, one.n - 1), &weight) < 0 || weight <= 0))
			return false;
		mix = str_sub(mix, n + 1, SIZE_MAX);
	}
	return true;
}

static int check(struct vendor_session *s, const struct json *b, const char **ret_why, char why[160])
{
	*ret_why = why;
	if (!vendor_check_json(s, b, members, ARRAY_LEN(members), why))
		return 422;
	*ret_why = NULL;
	if (!vendor_one_of(json_str_or(b, "model", STR("kokoro")), "kokoro|tts-1|tts-1-hd|gpt-4o-mini-tts"))
		*ret_why = "Unsupported model";
	else if (!is_voice(json_str_or(b, "voice", STR("af_heart"))))
		*ret_why = "Voice not found. Available voices: af_heart ..";
	else if (!vendor_one_of(json_str_or(b, "response_format", STR("mp3")), "pcm|wav"))
		*ret_why = "the simulator makes pcm and wav";
	else if (json_bool_or(b, "ssml", false) && !json_bool_or(b, "allow_voice_tags", false))
		*ret_why = "ssml needs allow_voice_tags";
	return *ret_why ? 400 : 0;
}

static struct json *take(struct vendor_session *s)
{
	struct json *b = vendor_json(s, vendor_body(s));
	const char *why = "the body is not JSON";
	char text[160];
	int status = b ? check(s, b, &why, text) : 422;

	if (!status)
		return b;
	vendor_bad(s, status, why);
	return json_free(b);
}

static void say_bytes(struct vendor_session *s, const struct voice_piece *p)
{
	vendor_piece(s, p->delay, p->bytes);
}

static void on_speech(struct vendor_session *s)
{
	struct json *b = take(s);
	struct str input = json_str_or(b, "input", STR(""));
	struct voice v = {.sound = {SOUND_S16, 24000}, .say = say_bytes, .odd_bytes = 1};
	uint8_t head[44] = "RIFF\xff\xff\xff\xffWAVEfmt "
			   "\x10\0\0\0\1\0\1\0\xc0\x5d\0\0\x80\xbb\0\0\2\0\x10\0data\xff\xff\xff\xff";
	bool wav;

	if (!b)
		return;
	wav = str_eq(json_str_or(b, "response_format", STR("")), STR("wav"));
	vendor_bill(s, &(struct vendor_bill){.characters = voice_characters(input), .note = "text"});
	vendor_add_header(s, "X-Accel-Buffering", "no");
	vendor_begin(s, 200, wav ? "audio/wav" : "audio/pcm");
	if (wav)
		vendor_piece(s, vendor_span(s, vendor_config(s)->delays.first_audio),
			     (struct str){(char *)head, sizeof(head)});
	v.going_on = wav;
	voice_speak(s, &v, input);
	vendor_finish(s);
	json_free(b);
}

/* ---- with times ---- */

static void write_time(struct str word, usec start, usec end, void *arg)
{
	struct json_out *w = arg;

	json_map(w, NULL);
	json_str(w, "word", word);
	json_num(w, "start_time", (double)start / 1e6);
	json_num(w, "end_time", (double)end / 1e6);
	json_end(w);
}

static void say_line(struct vendor_session *s, const struct voice_piece *p)
{
	const struct str *text = p->arg;
	struct json_out w;
	struct buf out;

	buf_init(&out, 4u << 20);
	json_begin(&w, &out);
	json_map(&w, NULL);
	voice_json(&w, "audio", p->bytes);
	json_str(&w, "audio_format", STR("audio/pcm"));
	json_list(&w, "timestamps");
	if (p->from == 0)
		voice_words(*text, write_time, &w);
	json_end(&w);
	json_end(&w);
	buf_add_char(&out, '\n');
	vendor_piece(s, p->delay, buf_str(&out));
	buf_fini(&out);
}

static void on_captioned(struct vendor_session *s)
{
	struct json *b = take(s);
	struct str input = json_str_or(b, "input", STR(""));
	struct voice v = {.sound = {SOUND_S16, 24000}, .say = say_line, .arg = &input};

	if (!b)
		return;
	vendor_bill(s, &(struct vendor_bill){.characters = voice_characters(input), .note = "text"});
	vendor_begin(s, 200, "application/json");
	voice_speak(s, &v, input);
	vendor_finish(s);
	json_free(b);
}

static void on_voices(struct vendor_session *s)
{
	vendor_answer(s, 200, NULL, STR("{\"voices\":[\"af_heart\",\"af_bella\",\"af_sky\"]}"));
}

const struct vendor_sim sim_kokoro = {.name = "kokoro",
				      .path = "/v1/audio/speech",
				      .shy = true,
				      .on_request = on_speech,
				      .on_refuse = refuse};

const struct vendor_sim sim_kokoro_captioned = {
	.name = "kokoro", .path = "/dev/captioned_speech", .on_request = on_captioned, .on_refuse = refuse};

const struct vendor_sim sim_kokoro_voices = {
	.name = "kokoro", .method = "GET", .path = "/v1/audio/voices", .on_request = on_voices};
