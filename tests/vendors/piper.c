/* Piper's HTTP server: a whole WAV file for a text, called text/html. */
#include "vendors/voice.h"
#include "wire/wav.h"

#define RATE_HZ 22050 /* of a medium voice */

static const struct vendor_rule members[] = {
	{"text", VENDOR_TEXT, VENDOR_MUST},
	{"voice", VENDOR_TEXT},
	{"speaker", VENDOR_TEXT},
	{"speaker_id", VENDOR_INT, VENDOR_MAY, 0, 1000},
	{"length_scale", VENDOR_NUM, VENDOR_MAY, 0.1, 10},
	{"noise_scale", VENDOR_NUM, VENDOR_MAY, 0, 2},
	{"noise_w_scale", VENDOR_NUM, VENDOR_MAY, 0, 2},
};

/* An exception in the server is a page. */
static void refuse(struct vendor_session *s, int status, const char *why)
{
	vendor_answer(s, status, "text/html; charset=utf-8",
		      STR("<!doctype html><title>500 Internal Server Error</title>"));
}

static void speak(struct vendor_session *s, struct str text)
{
	const struct sound as = {SOUND_S16, RATE_HZ};
	uint8_t head[WAV_HEADER_BYTES];
	struct buf sound, file;

	buf_init(&sound, 64u << 20);
	buf_init(&file, 64u << 20);
	tones_speak(text, &as, &sound);
	wav_print_header(WAV_PCM, RATE_HZ, 1, sound.n, head);
	buf_add(&file, head, sizeof(head));
	buf_add_str(&file, buf_str(&sound));
	vendor_bill(s, &(struct vendor_bill){.characters = voice_characters(text), .note = "text"});
	vendor_bill_next(s, &(struct vendor_bill){.audio_out = voice_span(text), .note = "first audio"});
	vendor_answer_after(s, vendor_span(s, vendor_config(s)->delays.first_audio), 200,
			    "text/html; charset=utf-8", buf_str(&file));
	buf_fini(&sound);
	buf_fini(&file);
}

static void on_request(struct vendor_session *s)
{
	struct json *b = vendor_json(s, vendor_body(s));
	struct str text = json_str_or(b, "text", STR(""));
	char why[160];

	if (!b || !vendor_check_json(s, b, members, ARRAY_LEN(members), why)) {
		refuse(s, 500, "not JSON");
	} else if (!str_trim(text).n) {
		vendor_wrong(s, "text is blank");
		refuse(s, 500, "No text provided");
	} else {
		speak(s, text);
	}
	json_free(b);
}

static void on_voices(struct vendor_session *s)
{
	vendor_answer(s, 200, NULL, STR("{\"en_US-lessac-medium\":{\"audio\":{\"sample_rate\":22050}}}"));
}

const struct vendor_sim sim_piper = {
	.name = "piper", .path = "/synthesize", .on_request = on_request, .on_refuse = refuse};

const struct vendor_sim sim_piper_voices = {
	.name = "piper", .method = "GET", .path = "/voices", .on_request = on_voices};
