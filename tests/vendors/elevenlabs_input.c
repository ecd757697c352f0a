/* ElevenLabs stream-input: text in pieces on a socket of its own for each utterance, sound in base64. */
#include "vendors/sim.h"
#include "vendors/voice.h"

#define INACTIVITY_SEC 20
#define SCHEDULE_MAX   8

struct input {
	struct vendor_session *s;
	struct sound sound;
	struct buf waiting;
	int64_t schedule[SCHEDULE_MAX]; /* so many characters are waited for, generation by generation */
	unsigned n_schedule, generation;
	usec inactivity;
	bool keyed, greeted, ended, automatic, aligned, spoke;
};

static const struct vendor_rule query[] = {
	{"model_id", VENDOR_TEXT, VENDOR_MAY, 0, 0,
	 "eleven_flash_v2_5|eleven_flash_v2|eleven_turbo_v2_5|eleven_turbo_v2|eleven_multilingual_v2|eleven_"
	 "monolingual_v1"},
	{"language_code", VENDOR_TEXT},
	{"enable_logging", VENDOR_BOOL},
	{"enable_ssml_parsing", VENDOR_BOOL},
	{"output_format", VENDOR_TEXT, VENDOR_MUST, 0, 0,
	 "pcm_8000|pcm_16000|pcm_22050|pcm_24000|pcm_44100|ulaw_8000|alaw_8000"},
	{"inactivity_timeout", VENDOR_INT, VENDOR_MAY, 1, 180},
	{"sync_alignment", VENDOR_BOOL},
	{"auto_mode", VENDOR_BOOL},
	{"apply_text_normalization", VENDOR_TEXT, VENDOR_MAY, 0, 0, "auto|on|off"},
	{"seed", VENDOR_INT},
	{"optimize_streaming_latency", VENDOR_INT, VENDOR_MAY, 0, 4},
	{"single_use_token", VENDOR_TEXT},
	{"authorization", VENDOR_TEXT},
};

static const struct vendor_rule members[] = {
	{"text", VENDOR_TEXT, VENDOR_MUST},
	{"try_trigger_generation", VENDOR_BOOL},
	{"flush", VENDOR_BOOL},
	{"voice_settings", VENDOR_MAP},
	{"generation_config", VENDOR_MAP},
	{"pronunciation_dictionary_locators", VENDOR_LIST},
	{"xi-api-key", VENDOR_TEXT},
	{"authorization", VENDOR_TEXT},
};

static const struct vendor_rule settings[] = {
	{"stability", VENDOR_NUM, VENDOR_MAY, 0, 1}, {"similarity_boost", VENDOR_NUM, VENDOR_MAY, 0, 1},
	{"style", VENDOR_NUM, VENDOR_MAY, 0, 1},     {"use_speaker_boost", VENDOR_BOOL},
	{"speed", VENDOR_NUM, VENDOR_MAY, 0.7, 1.2},
};

/* ---- the upgrade ---- */

static void write_error(struct json_out *w, int status, const char *why)
{
	json_map(w, "detail");
	json_str(w, "status",
		 status == 401   ? STR("invalid_api_key")
		 : status == 429 ? STR("too_many_concurrent_requests")
				 : STR("invalid_parameters"));
	json_str(w, "message", str_from(why));
	json_end(w);
}

static void refuse(struct vendor_session *s, int status, const char *why)
{
	vendor_answer_error(s, status, why, write_error);
}

static void on_request(struct vendor_session *s)
{
	struct input *in = vendor_state(s);
	struct str key = vendor_header(s, "xi-api-key");
	char why[160];

	in->s = s;
	in->keyed = str_eq(key, vendor_key(s));
	if (key.n && !in->keyed) {
		vendor_wrong(s, "xi-api-key is not the key");
		refuse(s, 401, "Invalid API key");
	} else if (!vendor_part(s, 0).n) {
		vendor_wrong(s, "the voice is missing in the path");
		refuse(s, 404, "A voice was not found");
	} else if (!vendor_check_query(s, query, ARRAY_LEN(query), why)) {
		refuse(s, 422, why);
	}
}

static bool flag(struct vendor_session *s, const char *name)
{
	return str_eq(vendor_query_or(s, name, "false"), STR("true"));
}

static void on_open(struct vendor_session *s)
{
	static const int64_t usual[] = {120, 160, 250, 290};
	struct input *in = vendor_state(s);
	struct str format = vendor_query_or(s, "output_format", "ulaw_8000"), name = str_cut(&format, '_');
	int64_t value = 8000;

	if (str_to_int(format, 8000, 48000, &value) < 0)
		value = 8000;
	in->sound.rate_hz = (uint32_t)value;
	in->sound.coding = str_eq(name, STR("ulaw"))   ? SOUND_MULAW
			   : str_eq(name, STR("alaw")) ? SOUND_ALAW
						       : SOUND_S16;
	if (str_to_int(vendor_query_or(s, "inactivity_timeout", "20"), 1, 180, &value) < 0)
		value = INACTIVITY_SEC;
	in->inactivity = USEC_SEC(value);
	in->automatic = flag(s, "auto_mode");
	in->aligned = flag(s, "sync_alignment");
	for (; in->n_schedule < ARRAY_LEN(usual); in->n_schedule++)
		in->schedule[in->n_schedule] = usual[in->n_schedule];
	buf_init(&in->waiting, 1u << 20);
	vendor_wake(s, in->inactivity);
}

/* ---- what is said ---- */

static void fail(struct vendor_session *s, const char *error, const char *why)
{
	struct input *in = vendor_state(s);
	struct json_out w;
	struct buf out;

	buf_init(&out, 1u << 16);
	json_begin(&w, &out);
	json_map(&w, NULL);
	json_str(&w, "message", str_from(why));
	json_str(&w, "error", str_from(error));
	json_int(&w, "code", 1008);
	json_end(&w);
	vendor_text(s, 0, buf_str(&out));
	vendor_close(s, 1008, why);
	in->ended = true;
	buf_fini(&out);
}

/* The characters of a text whose sound begins in a piece. */
struct alignment {
	struct str text;
	const struct voice_piece *piece;
};

static void write_list(struct json_out *w, const struct alignment *a, const char *key, int what)
{
	json_list(w, key);
	for (size_t i = 0, next; i < a->text.n; i = next) {
		usec start = (usec)i * TONES_LETTER;

		next = i + 1;
		while (next < a->text.n && ((unsigned char)a->text.p[next] & 0xc0) == 0x80)
			next++;
		if (start < a->piece->from || start >= a->piece->from + a->piece->span)
			continue;
		if (what == 0)
			json_str(w, NULL, str_sub(a->text, i, next - i));
		else if (what == 1)
			json_int(w, NULL, (start - a->piece->from) / 1000);
		else
			json_int(w, NULL, (int64_t)(next - i) * TONES_LETTER / 1000);
	}
	json_end(w);
}

static void write_alignment(struct json_out *w, const struct alignment *a, const char *key, bool there)
{
	if (!there) {
		json_none(w, key);
		return;
	}
	json_map(w, key);
	write_list(w, a, "chars", 0);
	write_list(w, a, "charStartTimesMs", 1);
	write_list(w, a, "charsDurationsMs", 2);
	json_end(w);
}

static void say_piece(struct vendor_session *s, const struct voice_piece *p)
{
	const struct input *in = vendor_state(s);
	struct alignment a = {buf_str(&in->waiting), p};
	bool there = in->aligned || p->from == 0;
	struct json_out w;
	struct buf out;

	buf_init(&out, 4u << 20);
	json_begin(&w, &out);
	json_map(&w, NULL);
	voice_json(&w, "audio", p->bytes);
	json_none(&w, "isFinal");
	write_alignment(&w, &a, "normalizedAlignment", there);
	write_alignment(&w, &a, "alignment", there);
	json_end(&w);
	vendor_text(s, p->delay, buf_str(&out));
	buf_fini(&out);
}

static void generate(struct input *in)
{
	struct voice v = {
		.sound = in->sound, .say = say_piece, .odd_bytes = 3, .going_on = vendor_busy(in->s)};

	if (!in->waiting.n)
		return;
	v.odd_bytes *= in->sound.coding != SOUND_S16; /* not aligned to anything */
	voice_speak(in->s, &v, buf_str(&in->waiting));
	buf_clear(&in->waiting);
	in->generation++;
	in->spoke = true;
}

static bool enough(const struct input *in)
{
	unsigned i = MIN(in->generation, in->n_schedule - 1);

	return in->automatic || (int64_t)voice_characters(buf_str(&in->waiting)) >= in->schedule[i];
}

/* ---- messages ---- */

static const char *take_schedule(struct input *in, const struct json *config)
{
	const struct json *list = json_find(config, "chunk_length_schedule");

	if (json_count(list) > SCHEDULE_MAX)
		return "chunk_length_schedule is too long";
	for (size_t i = 0; i < json_count(list); i++) {
		int64_t n = json_int_or(json_at(list, i), "", 0);

		if (n < 50 || n > 500)
			return "chunk_length_schedule holds 50 to 500";
		in->schedule[i] = n;
		in->n_schedule = (unsigned)i + 1;
	}
	return NULL;
}

static const char *greet(struct input *in, const struct json *m, char why[160])
{
	const struct json *voice = json_find(m, "voice_settings");
	struct str key = json_str_or(m, "xi-api-key", STR(""));

	if (!in->keyed && !str_eq(key, vendor_key(in->s)))
		return "the key is missing, in header and first message";
	if (!str_eq(json_str_or(m, "text", STR("")), STR(" ")))
		return "the first message's text is a single blank";
	if (voice && !vendor_check_json(in->s, voice, settings, ARRAY_LEN(settings), why))
		return why;
	in->greeted = true;
	return take_schedule(in, json_find(m, "generation_config"));
}

static void take_text(struct input *in, const struct json *m)
{
	struct str text = json_str_or(m, "text", STR(""));
	bool flush = json_bool_or(m, "flush", false);

	if (!text.n) {
		generate(in);
		vendor_text(in->s, 0, STR("{\"audio\":null,\"isFinal\":true}"));
		vendor_close(in->s, 1000, "");
		in->ended = true;
		return;
	}
	if (!str_eq(text, STR(" "))) {
		if (!str_ends(text, STR(" ")) && !flush)
			vendor_wrong(in->s, "a text ends with a blank: words are joined otherwise");
		vendor_bill(in->s,
			    &(struct vendor_bill){.characters = voice_characters(text), .note = "text"});
		buf_add_str(&in->waiting, text);
	}
	if (flush || (in->waiting.n && enough(in)))
		generate(in);
}

static void on_text(struct vendor_session *s, struct str text)
{
	struct input *in = vendor_state(s);
	struct json *m = vendor_json(s, text);
	const char *problem = NULL;
	char why[160];

	vendor_wake(s, in->inactivity);
	if (in->ended)
		vendor_wrong(s, "text comes after the end of input");
	else if (!m || !vendor_check_json(s, m, members, ARRAY_LEN(members), why))
		fail(s, "invalid_message", m ? why : "the message is not JSON");
	else if (!in->greeted)
		problem = greet(in, m, why);
	else if (json_find(m, "voice_settings") || json_find(m, "generation_config"))
		problem = "voice_settings and generation_config are of the first message";
	else
		take_text(in, m);
	if (problem) {
		vendor_wrong(s, "%s", problem);
		fail(s, "invalid_message", problem);
	}
	json_free(m);
}

static void on_wake(struct vendor_session *s)
{
	if (vendor_busy(s)) {
		vendor_wake(s, USEC_SEC(1));
		return;
	}
	fail(s, "input_timeout_exceeded", "Have not received a new text input within the timeout");
}

static void on_fault(struct vendor_session *s)
{
	fail(s, "quota_exceeded", "This request exceeds your quota");
}

static void on_close(struct vendor_session *s)
{
	struct input *in = vendor_state(s);

	buf_fini(&in->waiting);
}

const struct vendor_sim sim_elevenlabs_input = {
	.name = "elevenlabs",
	.kind = VENDOR_WEBSOCKET,
	.path = "/v1/text-to-speech/*/stream-input",
	.state_bytes = sizeof(struct input),
	.on_request = on_request,
	.on_open = on_open,
	.on_text = on_text,
	.on_wake = on_wake,
	.on_fault = on_fault,
	.on_refuse = refuse,
	.on_close = on_close,
};
