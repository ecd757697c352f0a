/* OpenAI realtime transcription, and speaches, which speaks its older form. We commit at a pause; each commit
 * becomes an item, whose text may come in any order. Between turns nothing is sent: it would be part of the
 * next item. */
#include "provider/stt/stt_ws.h"

#define COMMIT "{\"type\":\"input_audio_buffer.commit\"}"

static struct str model_of(const struct stt_ws_talk *t)
{
	return service_or(t->service->model, "gpt-4o-mini-transcribe");
}

static void address(const struct stt_ws_talk *t, struct stt_ws_address *a)
{
	stt_ws_url(t, a, "wss://api.openai.com", "/v1/realtime");
	stt_ws_query(t, a, "intent", STR("transcription"));
	service_extra_query(t->service, &a->url);
	stt_ws_header_key(t, a, "Authorization", "Bearer ");
}

/* Some models take a list of words, the others a prompt, one neither. */
static void add_terms(const struct stt_ws_talk *t, struct json_out *w)
{
	struct str model = model_of(t);
	struct buf prompt;

	if (t->key_term_count == 0 || str_eq(model, STR("gpt-realtime-whisper")))
		return;
	if (str_eq(model, STR("gpt-transcribe")) || str_eq(model, STR("gpt-live-transcribe"))) {
		json_list(w, "keywords");
		for (size_t i = 0; i < t->key_term_count; i++)
			json_str(w, NULL, t->key_terms[i]);
		json_end(w);
		return;
	}
	buf_init(&prompt, 16384);
	for (size_t i = 0; i < t->key_term_count; i++)
		buf_printf(&prompt, "%s" STR_FMT, i ? ", " : "names: ", STR_ARG(t->key_terms[i]));
	if (!prompt.error)
		json_str(w, "prompt", buf_str(&prompt));
	buf_fini(&prompt);
}

static void begin(const struct stt_ws_talk *t, struct stt_ws_outbox *out)
{
	struct json_out w;

	buf_add_str(&out->bytes,
		    STR("{\"type\":\"session.update\",\"session\":{\"type\":\"transcription\",\"audio\":{"
			"\"input\":{\"format\":{\"type\":\"audio/pcmu\"},\"transcription\":"));
	json_begin(&w, &out->bytes);
	json_map(&w, NULL);
	json_str(&w, "model", model_of(t));
	if (!str_empty(t->language))
		json_str(&w, "language", stt_ws_language(t));
	add_terms(t, &w);
	json_end(&w);
	stt_ws_post_text(out, STR(",\"turn_detection\":null}}}}"));
}

static void audio(const struct stt_ws_talk *t, struct str bytes, struct stt_ws_outbox *out)
{
	(void)t;
	stt_ws_post_base64(out, STR("{\"type\":\"input_audio_buffer.append\",\"audio\":\""), bytes,
			   STR("\"}"));
}

static void read_completed(const struct json *doc, uint64_t item, const struct stt_ws_teller *tell)
{
	stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_PIECE,
						.key = item,
						.text = json_str_or(doc, "transcript", STR("")),
						.final = true});
	stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_FLUSHED, .key = item});
	if (str_eq(json_str_or(doc, "usage/type", STR("")), STR("tokens")))
		stt_ws_tell(tell,
			    &(struct stt_ws_fact){
				    .type = STT_WS_USED,
				    .tokens = {(uint64_t)MAX(json_int_or(doc, "usage/input_tokens", 0), 0),
					       (uint64_t)MAX(json_int_or(doc, "usage/output_tokens", 0), 0)},
			    });
}

/* Of an item, or of all; there being nothing to commit is none. */
static void read_error(const struct json *error, const struct stt_ws_teller *tell)
{
	struct str code = json_str_or(error, "code", json_str_or(error, "type", STR("")));

	if (str_eq(code, STR("input_audio_buffer_commit_empty")))
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_FLUSHED});
	else
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_FAILED,
							.name = code,
							.text = json_str_or(error, "message", STR(""))});
}

static void read_item(const struct json *doc, struct str what, const struct stt_ws_teller *tell)
{
	uint64_t item = stt_ws_key(json_str_or(doc, "item_id", STR("")));

	if (str_eq(what, STR("delta")))
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_PIECE,
							.key = item,
							.text = json_str_or(doc, "delta", STR("")),
							.more = true});
	else if (str_eq(what, STR("completed")))
		read_completed(doc, item, tell);
	else if (str_eq(what, STR("failed")))
		read_error(json_find(doc, "error"), tell);
}

static void read_doc(const struct json *doc, const struct stt_ws_teller *tell)
{
	static const struct str item = STR_INIT("conversation.item.input_audio_transcription.");
	struct str type = json_str_or(doc, "type", STR(""));

	if (str_eq(type, STR("session.created")) || str_eq(type, STR("transcription_session.created")))
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_GREETED});
	else if (str_eq(type, STR("input_audio_buffer.committed")))
		stt_ws_tell(tell,
			    &(struct stt_ws_fact){.type = STT_WS_PIECE,
						  .key = stt_ws_key(json_str_or(doc, "item_id", STR(""))),
						  .cut = true});
	else if (str_eq(type, STR("error")))
		read_error(json_find(doc, "error"), tell);
	else if (str_starts(type, item))
		read_item(doc, str_sub(type, item.n, SIZE_MAX), tell);
}

static const struct stt_ws_code codes[] = {
	{0, "invalid_api_key", FAULT_AUTH},     {0, "insufficient_quota", FAULT_QUOTA},
	{0, "rate_limit", FAULT_QUOTA},         {0, "session_expired", FAULT_UNREACHABLE},
	{0, "server_error", FAULT_UNREACHABLE}, {0, "model_not_found", FAULT_CONFIG},
	{0, "invalid_", FAULT_CONFIG},          {0},
};

const struct stt_ws_dialect openai_realtime = {
	.name = "openai",
	.key = VENDOR_KEY_NEEDED,
	.can = STT_PARTIALS | STT_LIKELY | STT_LOCAL,
	.coding = STT_WS_ULAW_8K,
	.chunk = USEC_MS(100),
	.chunk_min = USEC_MS(100), /* less cannot be committed */
	.greets = true,
	.spare_life = USEC_SEC(60),
	.codes = codes,
	.address = address,
	.begin = {.print = begin},
	.audio = audio,
	.flush = {COMMIT},
	.read_json = read_doc,
};

/* ---- speaches ---- */

static void speaches_address(const struct stt_ws_talk *t, struct stt_ws_address *a)
{
	stt_ws_url(t, a, "ws://127.0.0.1:8000", "/v1/realtime");
	stt_ws_query(t, a, "model", service_or(t->service->model, "Systran/faster-whisper-small"));
	stt_ws_query(t, a, "intent", STR("transcription"));
	if (!str_empty(t->language))
		stt_ws_query(t, a, "language", stt_ws_language(t));
	service_extra_query(t->service, &a->url);
	stt_ws_header_key(t, a, "Authorization", "Bearer ");
}

const struct stt_ws_dialect speaches_realtime = {
	.name = "speaches",
	.key = VENDOR_KEY_OPTIONAL,
	.can = STT_LIKELY | STT_LOCAL,
	.coding = STT_WS_S16_24K,
	.chunk = USEC_MS(100),
	.chunk_min = USEC_MS(100),
	.greets = true,
	.codes = codes,
	.address = speaches_address,
	.begin = {"{\"type\":\"session.update\",\"session\":{\"turn_detection\":null}}"},
	.audio = audio,
	.flush = {COMMIT},
	.read_json = read_doc,
};
