/*
 * ElevenLabs, stream-input over a WebSocket
 *
 * A socket a stretch, because it ends with its text; the next is opened when one is
 * taken. multi-stream-input would save the sockets, but nobody says whether closing
 * a context stops what is being made of it; dropping the socket does.
 */
#include <errno.h>

#include "provider/tts/tts_ws.h"

#define MODEL "eleven_flash_v2_5"
#define VOICE "21m00Tcm4TlvDq8ikWAM"

#define SPEED_MIN 0.7f
#define SPEED_MAX 1.2f

static void address(const struct tts_speaker *sp, struct tts_address *a)
{
	struct str model = service_or(sp->service->model, MODEL);
	struct buf path;

	buf_init(&path, HTTP_CLIENT_URL_MAX);
	buf_add_str(&path, STR("/v1/text-to-speech/"));
	url_escape(&path, service_or(sp->voice, VOICE));
	buf_add_str(&path, STR("/stream-input"));
	url_join_ws(&a->url, service_or(sp->service->url, "wss://api.elevenlabs.io"), buf_str(&path));
	if (path.error)
		a->url.error = path.error;
	buf_fini(&path);
	url_query(&a->url, STR("model_id"), model);
	url_query(&a->url, STR("output_format"), STR("ulaw_8000"));
	url_query(&a->url, STR("auto_mode"), STR("true"));
	url_query(&a->url, STR("sync_alignment"), STR("true"));
	url_query(&a->url, STR("inactivity_timeout"), STR("180"));
	if (str_ends(model, STR("_v2_5")) && !str_empty(sp->language)) /* others refuse it */
		url_query(&a->url, STR("language_code"), tts_address_language(sp, "en"));
	service_extra_query(sp->service, &a->url);
	tts_address_header(a, "xi-api-key", "", sp->service->key);
}

static void write_text(struct str text, const struct tts_speaker *sp, bool flush, struct buf *out)
{
	struct json_out w;

	json_begin(&w, out);
	json_map(&w, NULL);
	json_str(&w, "text", text);
	if (flush)
		json_bool(&w, "flush", true);
	if (sp && sp->speed != 1) {
		json_map(&w, "voice_settings");
		json_num(&w, "speed", (double)CLAMP(sp->speed, SPEED_MIN, SPEED_MAX));
		json_end(&w);
	}
	json_end(&w);
	buf_add_char(out, '\n');
}

/* The first text is a blank, an empty one is the end. */
static void write_step(enum tts_ws_step step, const struct tts_ws_piece *piece, struct buf *out)
{
	switch (step) {
	case TTS_WS_BEGIN:
		write_text(STR(" "), piece->speaker, false, out);
		break;
	case TTS_WS_SAY:
		write_text(piece->words, NULL, true, out);
		break;
	case TTS_WS_FINISH:
		write_text(STR(""), NULL, false, out);
		break;
	case TTS_WS_CANCEL:
	case TTS_WS_BYE:
		break;
	}
}

static const struct {
	const char *word;
	enum fault fault;
} faults[] = {
	{"quota", FAULT_QUOTA},          {"concurrent", FAULT_QUOTA}, {"rate_limit", FAULT_QUOTA},
	{"busy", FAULT_OVERLOAD},        {"api_key", FAULT_AUTH},     {"api key", FAULT_AUTH},
	{"unauthorized", FAULT_AUTH},    {"authoriz", FAULT_AUTH},    {"voice", FAULT_CONFIG},
	{"output_format", FAULT_CONFIG}, {"model", FAULT_CONFIG},
};

static enum fault fault_of(struct str words)
{
	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		if (str_ihas(words, str_from(faults[i].word)))
			return faults[i].fault;
	return FAULT_NONE;
}

static void read_error(const struct json *m, struct tts_ws_news *news)
{
	struct str error = json_str_or(m, "error", STR(""));

	news->words = json_str_or(m, "message", error);
	news->fault = fault_of(error);
	if (news->fault == FAULT_NONE)
		news->fault = fault_of(news->words);
	if (news->fault == FAULT_NONE)
		news->fault = FAULT_PROTOCOL;
}

/* Times count from the sound of the same message. */
static int read_message(const struct json *m, struct tts_ws_news *news)
{
	const struct json *alignment = json_find(m, "alignment");

	if (json_find(m, "error")) {
		read_error(m, news);
		return 0;
	}
	if (!json_find(m, "audio") && !json_find(m, "isFinal"))
		return json_find(m, "message") ? 0 : -EBADMSG;
	news->sound = json_str_or(m, "audio", STR(""));
	news->over = json_bool_or(m, "isFinal", false);
	news->times = (struct tts_ws_times){.words = json_find(alignment, "chars"),
					    .starts = json_find(alignment, "charStartTimesMs"),
					    .lasts = json_find(alignment, "charsDurationsMs"),
					    .unit = 0.001,
					    .of_message = true};
	if (!news->times.lasts) /* as older servers spell it */
		news->times.lasts = json_find(alignment, "charDurationsMs");
	return 0;
}

static enum fault closed(const struct ws_end *end)
{
	enum fault fault = fault_of(end->words);

	return fault == FAULT_NONE && end->code == 1008 ? FAULT_PROTOCOL : fault;
}

const struct tts_ws_dialect elevenlabs_tts = {
	.traits = {.key = VENDOR_KEY_NEEDED,
		   .model = MODEL,
		   .can = TTS_MARKS | TTS_TAKES_PIECES,
		   .form = {TTS_ULAW, 8000},
		   .at_once = 2},
	.socket_a_stretch = true,
	.spare_life = USEC_SEC(150), /* behind inactivity_timeout */
	.address = address,
	.write = write_step,
	.read = read_message,
	.closed = closed,
};
