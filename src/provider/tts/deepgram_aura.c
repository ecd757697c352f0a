/*
 * Deepgram Aura, /v1/speak over a WebSocket
 *
 * One socket a call. Nothing bears a name: sound belongs to the oldest words, its
 * end is the answer to a Flush, and what comes before the answer to a Clear is of
 * what was cancelled. Flushes are limited to 20 a minute: one for a first clause
 * that ends no sentence, one for the rest.
 */
#include <errno.h>
#include <stdio.h>

#include "provider/tts/tts_ws.h"

#define MODEL "aura-2-thalia-en"

/* A voice is a model here. */
static void address(const struct tts_speaker *sp, struct tts_address *a)
{
	struct str model = str_empty(sp->voice) ? service_or(sp->service->model, MODEL) : sp->voice;
	char speed[16];

	url_join_ws(&a->url, service_or(sp->service->url, "wss://api.deepgram.com"), STR("/v1/speak"));
	url_query(&a->url, STR("model"), model);
	url_query(&a->url, STR("encoding"), STR("mulaw"));
	url_query(&a->url, STR("sample_rate"), STR("8000"));
	if (sp->speed != 1) {
		snprintf(speed, sizeof(speed), "%.2f", (double)sp->speed);
		url_query(&a->url, STR("speed"), str_from(speed));
	}
	service_extra_query(sp->service, &a->url);
	tts_address_header(a, "Authorization", "Token ", sp->service->key);
}

static void write_step(enum tts_ws_step step, const struct tts_ws_piece *piece, struct buf *out)
{
	struct json_out w;

	switch (step) {
	case TTS_WS_BEGIN:
		break;
	case TTS_WS_SAY:
		json_begin(&w, out);
		json_map(&w, NULL);
		json_str(&w, "type", STR("Speak"));
		json_str(&w, "text", piece->words);
		json_end(&w);
		buf_add_char(out, '\n');
		break;
	case TTS_WS_FINISH:
		buf_add_str(out, STR("{\"type\":\"Flush\"}\n"));
		break;
	case TTS_WS_CANCEL:
		buf_add_str(out, STR("{\"type\":\"Clear\"}\n"));
		break;
	case TTS_WS_BYE:
		buf_add_str(out, STR("{\"type\":\"Close\"}\n"));
		break;
	}
}

/* Metadata and warnings change nothing: a warning that costs sound shows as a stall. */
static int read_message(const struct json *m, struct tts_ws_news *news)
{
	struct str type = json_str_or(m, "type", STR(""));

	news->over = str_eq(type, STR("Flushed"));
	news->cancelled = str_eq(type, STR("Cleared"));
	if (str_eq(type, STR("Error"))) {
		news->fault = FAULT_PROTOCOL;
		news->words = json_str_or(m, "description", json_str_or(m, "message", STR("")));
	}
	return str_empty(type) ? -EBADMSG : 0;
}

static enum fault closed(const struct ws_end *end)
{
	if (str_find(end->words, STR("DATA-0001")) < end->words.n)
		return FAULT_QUOTA; /* characters a minute */
	return end->code == 1003 || end->code == 1008 || end->code == 1009 ? FAULT_PROTOCOL : FAULT_NONE;
}

const struct tts_ws_dialect deepgram_aura = {
	.traits = {.key = VENDOR_KEY_NEEDED,
		   .model = MODEL,
		   .voice_is_model = true,
		   .can = TTS_TAKES_PIECES,
		   .form = {TTS_ULAW, 8000},
		   .at_once = 4,
		   .in_order = true,
		   .alone = true,
		   .linger = USEC_MS(600)},
	.answers_cancel = true,
	.spare_life = USEC_SEC(45), /* a socket without a message is closed after about a minute */
	.address = address,
	.write = write_step,
	.read = read_message,
	.closed = closed,
};
