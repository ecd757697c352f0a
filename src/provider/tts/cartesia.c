/*
 * Cartesia Sonic, WebSocket contexts: https://docs.cartesia.ai
 *
 * A context a stretch; each clause is followed by a flush, whose flush_done says
 * that its sound is complete. A context expires a second after its last sound.
 */
#include <errno.h>

#include "net/http_status.h"
#include "provider/tts/tts_ws.h"

#define MODEL   "sonic-3"
#define VERSION "2025-04-16"
#define VOICE   "694f9389-aac1-45b6-b726-9d9369183238"

/* What a vendor's speed may be. */
#define SPEED_MIN 0.6f
#define SPEED_MAX 1.5f

static void address(const struct tts_speaker *sp, struct tts_address *a)
{
	url_join_ws(&a->url, service_or(sp->service->url, "wss://api.cartesia.ai"), STR("/tts/websocket"));
	service_extra_query(sp->service, &a->url);
	tts_address_header(a, "X-API-Key", "", sp->service->key);
	tts_address_header(a, "Cartesia-Version", "", service_or(sp->service->version, VERSION));
}

static void write_voice(struct json_out *w, const struct tts_speaker *sp)
{
	json_map(w, "voice");
	json_str(w, "mode", STR("id"));
	json_str(w, "id", service_or(sp->voice, VOICE));
	json_end(w);
	json_map(w, "output_format");
	json_str(w, "container", STR("raw"));
	json_str(w, "encoding", STR("pcm_mulaw"));
	json_int(w, "sample_rate", TTS_RATE_HZ);
	json_end(w);
	json_str(w, "language", tts_address_language(sp, "en"));
	json_bool(w, "add_timestamps", true);
	json_int(w, "max_buffer_delay_ms", 0);
}

/* Older models know slow, normal and fast only: they speak as they are. */
static void write_speed(struct json_out *w, const struct tts_speaker *sp, struct str model)
{
	if (sp->speed == 1 || !str_starts(model, STR("sonic-3")))
		return;
	json_map(w, "generation_config");
	json_num(w, "speed", (double)CLAMP(sp->speed, SPEED_MIN, SPEED_MAX));
	json_end(w);
}

enum text {
	TEXT_SAY,
	TEXT_FLUSH,
	TEXT_LAST,
};

/* Within a context everything but transcript, continue and flush has to be the same. */
static void write_text(const struct tts_ws_piece *piece, enum text text, struct buf *out)
{
	struct str model = service_or(piece->speaker->service->model, MODEL);
	struct json_out w;

	json_begin(&w, out);
	json_map(&w, NULL);
	json_str(&w, "model_id", model);
	json_str(&w, "transcript", text == TEXT_SAY ? piece->words : STR(""));
	json_str(&w, "context_id", piece->name);
	json_bool(&w, "continue", text != TEXT_LAST);
	if (text == TEXT_FLUSH)
		json_bool(&w, "flush", true);
	write_voice(&w, piece->speaker);
	write_speed(&w, piece->speaker, model);
	json_end(&w);
	buf_add_char(out, '\n');
}

static void write_cancel(const struct tts_ws_piece *piece, struct buf *out)
{
	struct json_out w;

	json_begin(&w, out);
	json_map(&w, NULL);
	json_str(&w, "context_id", piece->name);
	json_bool(&w, "cancel", true);
	json_end(&w);
	buf_add_char(out, '\n');
}

static void write_step(enum tts_ws_step step, const struct tts_ws_piece *piece, struct buf *out)
{
	switch (step) {
	case TTS_WS_SAY:
		write_text(piece, TEXT_SAY, out);
		write_text(piece, TEXT_FLUSH, out);
		break;
	case TTS_WS_FINISH:
		write_text(piece, TEXT_LAST, out);
		break;
	case TTS_WS_CANCEL:
		write_cancel(piece, out);
		break;
	case TTS_WS_BEGIN:
	case TTS_WS_BYE:
		break;
	}
}

/* Older versions of the interface have `error`, newer ones `message` and `title`. */
static void read_error(const struct json *m, struct tts_ws_news *news)
{
	news->fault = http_status_fault((int)json_int_or(m, "status_code", 0));
	news->words = json_str_or(m, "message", json_str_or(m, "error", json_str_or(m, "title", STR(""))));
}

static int read_message(const struct json *m, struct tts_ws_news *news)
{
	struct str type = json_str_or(m, "type", STR(""));

	news->name = json_str_or(m, "context_id", STR(""));
	if (str_eq(type, STR("error")))
		read_error(m, news);
	else if (str_empty(news->name))
		return -EBADMSG;
	if (str_eq(type, STR("chunk")))
		news->sound = json_str_or(m, "data", STR(""));
	else if (str_eq(type, STR("timestamps")))
		news->times = (struct tts_ws_times){.words = json_find(m, "word_timestamps/words"),
						    .ends = json_find(m, "word_timestamps/end"),
						    .unit = 1};
	news->clause_over = str_eq(type, STR("flush_done"));
	news->over = str_eq(type, STR("done"));
	return 0;
}

const struct tts_ws_dialect cartesia_tts = {
	.traits = {.key = VENDOR_KEY_NEEDED,
		   .model = MODEL,
		   .can = TTS_MARKS | TTS_TAKES_PIECES,
		   .form = {TTS_ULAW, 8000},
		   .at_once = 2,
		   .linger = USEC_MS(700)},
	.spare_life = USEC_SEC(240), /* an idle socket is closed after five minutes */
	.address = address,
	.write = write_step,
	.read = read_message,
};
