/* Google text:synthesize: all of the sound at once, as base64, the laws with a WAV header. */
#include "vendors/voice.h"
#include "wire/wav.h"

#define INPUT_MOST 5000 /* bytes */

static const struct vendor_rule members[] = {
	{"input", VENDOR_MAP, VENDOR_MUST},
	{"voice", VENDOR_MAP, VENDOR_MUST},
	{"audioConfig", VENDOR_MAP, VENDOR_MUST},
	{"advancedVoiceOptions", VENDOR_MAP},
};

static const struct vendor_rule input_members[] = {
	{"text", VENDOR_TEXT}, {"ssml", VENDOR_TEXT}, {"markup", VENDOR_TEXT}, {"prompt", VENDOR_TEXT}};

static const struct vendor_rule voice_members[] = {{"languageCode", VENDOR_TEXT, VENDOR_MUST},
						   {"name", VENDOR_TEXT},
						   {"ssmlGender", VENDOR_TEXT},
						   {"modelName", VENDOR_TEXT}};

static const struct vendor_rule audio_members[] = {
	{"audioEncoding", VENDOR_TEXT, VENDOR_MUST, 0, 0, "LINEAR16|MULAW|ALAW|PCM"},
	{"sampleRateHertz", VENDOR_INT, VENDOR_MAY, 8000, 48000},
	{"speakingRate", VENDOR_NUM, VENDOR_MAY, 0.25, 2},
	{"pitch", VENDOR_NUM, VENDOR_MAY, -20, 20},
	{"volumeGainDb", VENDOR_NUM, VENDOR_MAY, -96, 16},
	{"effectsProfileId", VENDOR_LIST},
};

static void write_error(struct json_out *w, int status, const char *why)
{
	json_map(w, "error");
	json_int(w, "code", status);
	json_str(w, "message", str_from(why));
	json_str(w, "status",
		 status == 401   ? STR("UNAUTHENTICATED")
		 : status == 429 ? STR("RESOURCE_EXHAUSTED")
		 : status >= 500 ? STR("UNAVAILABLE")
				 : STR("INVALID_ARGUMENT"));
	json_end(w);
}

static void refuse(struct vendor_session *s, int status, const char *why)
{
	vendor_answer_error(s, status, why, write_error);
}

static const char *check(struct vendor_session *s, const struct json *b, char why[160])
{
	const struct json *input = json_find(b, "input");

	if (!vendor_check_json(s, b, members, ARRAY_LEN(members), why) ||
	    !vendor_check_json(s, input, input_members, ARRAY_LEN(input_members), why) ||
	    !vendor_check_json(s, json_find(b, "voice"), voice_members, ARRAY_LEN(voice_members), why) ||
	    !vendor_check_json(s, json_find(b, "audioConfig"), audio_members, ARRAY_LEN(audio_members), why))
		return why;
	if (!str_trim(json_str_or(input, "text", STR(""))).n)
		return "input.text is empty (the simulator reads text, not ssml)";
	if (json_str_or(input, "text", STR("")).n > INPUT_MOST)
		return "Either `input.text` or `input.ssml` is longer than the limit of 5000 bytes";
	return NULL;
}

static void speak(struct vendor_session *s, const struct json *b)
{
	struct str text = json_str_or(b, "input/text", STR(""));
	struct str encoding = json_str_or(b, "audioConfig/audioEncoding", STR(""));
	struct sound as = {str_eq(encoding, STR("MULAW"))  ? SOUND_MULAW
			   : str_eq(encoding, STR("ALAW")) ? SOUND_ALAW
							   : SOUND_S16,
			   (uint32_t)json_int_or(b, "audioConfig/sampleRateHertz", 24000)};
	uint8_t head[WAV_HEADER_BYTES];
	struct buf sound, file, body;
	struct json_out w;

	buf_init(&sound, 64u << 20);
	buf_init(&file, 64u << 20);
	buf_init(&body, 64u << 20);
	tones_speak(text, &as, &sound);
	wav_print_header(as.coding == SOUND_MULAW  ? WAV_ULAW
			 : as.coding == SOUND_ALAW ? WAV_ALAW
						   : WAV_PCM,
			 as.rate_hz, 1, sound.n, head);
	if (!str_eq(encoding, STR("PCM")))
		buf_add(&file, head, sizeof(head));
	buf_add_str(&file, buf_str(&sound));
	json_begin(&w, &body);
	json_map(&w, NULL);
	voice_json(&w, "audioContent", buf_str(&file));
	json_end(&w);
	vendor_bill(s, &(struct vendor_bill){.characters = voice_characters(text), .note = "text"});
	vendor_begin(s, 200, "application/json; charset=UTF-8");
	vendor_bill_next(s, &(struct vendor_bill){.audio_out = voice_span(text), .note = "first audio"});
	vendor_piece(s, vendor_span(s, vendor_config(s)->delays.first_audio), buf_str(&body));
	vendor_finish(s);
	buf_fini(&sound);
	buf_fini(&file);
	buf_fini(&body);
}

static void on_request(struct vendor_session *s)
{
	struct str key = vendor_query_or(s, "key", ""), bearer = vendor_header(s, "authorization");
	const char *problem;
	struct json *b;
	char why[160];

	if (str_starts(bearer, STR("Bearer ")))
		key = str_sub(bearer, 7, SIZE_MAX);
	if (!key.n)
		key = vendor_header(s, "x-goog-api-key");
	if (!str_eq(key, vendor_key(s))) {
		vendor_wrong(s, "neither Authorization nor key is the key");
		refuse(s, 401, "Request had invalid authentication credentials.");
		return;
	}
	b = str_istarts(vendor_header(s, "content-type"), STR("application/json"))
		    ? vendor_json(s, vendor_body(s))
		    : NULL;
	problem = b ? check(s, b, why) : "Invalid JSON payload received.";
	if (problem) {
		vendor_bad(s, 400, problem);
	} else {
		speak(s, b);
	}
	json_free(b);
}

const struct vendor_sim sim_google_voice = {
	.name = "google", .path = "/v1/text:synthesize", .on_request = on_request, .on_refuse = refuse};
