/*
 * Rime, /ws3: JSON over a WebSocket
 *
 * One socket a call, one context at a time: a clause is a stretch, flushed at once,
 * so that nothing in the vendor's buffer can be taken for another's.
 */
#include <errno.h>

#include "provider/tts/tts_ws.h"

#define MODEL "mistv2"
#define VOICE "cove"

static const struct {
	const char *ours, *theirs;
} languages[] = {
	{"en", "eng"}, {"es", "spa"}, {"fr", "fra"}, {"de", "ger"}, {"hi", "hin"},
};

static void address(const struct tts_speaker *sp, struct tts_address *a)
{
	struct str language = tts_address_language(sp, "en");

	url_join_ws(&a->url, service_or(sp->service->url, "wss://users-ws.rime.ai"), STR("/ws3"));
	url_query(&a->url, STR("speaker"), service_or(sp->voice, VOICE));
	url_query(&a->url, STR("modelId"), service_or(sp->service->model, MODEL));
	url_query(&a->url, STR("audioFormat"), STR("mulaw"));
	url_query(&a->url, STR("samplingRate"), STR("8000"));
	url_query(&a->url, STR("segment"), STR("never"));
	for (size_t i = 0; i < ARRAY_LEN(languages); i++)
		if (str_ieq(language, str_from(languages[i].ours)))
			url_query(&a->url, STR("lang"), str_from(languages[i].theirs));
	service_extra_query(sp->service, &a->url);
	tts_address_header(a, "Authorization", "Bearer ", sp->service->key);
}

static void write_words(const struct tts_ws_piece *piece, struct buf *out)
{
	struct json_out w;

	json_begin(&w, out);
	json_map(&w, NULL);
	json_str(&w, "text", piece->words);
	json_str(&w, "contextId", piece->name);
	json_end(&w);
	buf_add_str(out, STR("\n{\"operation\":\"flush\"}\n"));
}

static void write_step(enum tts_ws_step step, const struct tts_ws_piece *piece, struct buf *out)
{
	switch (step) {
	case TTS_WS_SAY:
		write_words(piece, out);
		break;
	case TTS_WS_CANCEL:
		buf_add_str(out, STR("{\"operation\":\"clear\"}\n"));
		break;
	case TTS_WS_BYE:
		buf_add_str(out, STR("{\"operation\":\"eos\"}\n"));
		break;
	case TTS_WS_BEGIN:
	case TTS_WS_FINISH:
		break;
	}
}

static int read_message(const struct json *m, struct tts_ws_news *news)
{
	struct str type = json_str_or(m, "type", STR(""));

	if (str_empty(type))
		return -EBADMSG;
	news->name = json_str_or(m, "contextId", STR(""));
	if (str_eq(type, STR("chunk"))) {
		news->sound = json_str_or(m, "data", STR(""));
	} else if (str_eq(type, STR("timestamps"))) {
		news->times = (struct tts_ws_times){.words = json_find(m, "word_timestamps/words"),
						    .ends = json_find(m, "word_timestamps/end"),
						    .unit = 1};
	} else if (str_eq(type, STR("error"))) {
		news->fault = FAULT_PROTOCOL;
		news->words = json_str_or(m, "message", STR(""));
	}
	news->over = str_eq(type, STR("done"));
	return 0;
}

const struct tts_ws_dialect rime_tts = {
	.traits = {.key = VENDOR_KEY_NEEDED,
		   .model = MODEL,
		   .can = TTS_MARKS,
		   .form = {TTS_ULAW, 8000},
		   .at_once = 1},
	.spare_life = USEC_SEC(60),
	.address = address,
	.write = write_step,
	.read = read_message,
};
