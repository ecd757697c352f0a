/* vLLM's realtime transcription, which is not OpenAI's: the model is named flat, a commit begins the text,
 * which grows while sound comes, and a commit with `final` ends it. We end it at a pause and begin the next
 * at once. Between turns nothing is sent. */
#include "provider/stt/stt_ws.h"

static void address(const struct stt_ws_talk *t, struct stt_ws_address *a)
{
	stt_ws_url(t, a, "ws://127.0.0.1:8000", "/v1/realtime");
	service_extra_query(t->service, &a->url);
	stt_ws_header_key(t, a, "Authorization", "Bearer ");
}

static void begin(const struct stt_ws_talk *t, struct stt_ws_outbox *out)
{
	struct json_out w;

	json_begin(&w, &out->bytes);
	json_map(&w, NULL);
	json_str(&w, "type", STR("session.update"));
	json_str(&w, "model", t->service->model);
	json_end(&w);
	stt_ws_post(out, WS_TEXT);
	stt_ws_post_text(out, STR("{\"type\":\"input_audio_buffer.commit\"}"));
}

static void audio(const struct stt_ws_talk *t, struct str bytes, struct stt_ws_outbox *out)
{
	(void)t;
	stt_ws_post_base64(out, STR("{\"type\":\"input_audio_buffer.append\",\"audio\":\""), bytes,
			   STR("\"}"));
}

static void flush(const struct stt_ws_talk *t, struct stt_ws_outbox *out)
{
	(void)t;
	stt_ws_post_text(out, STR("{\"type\":\"input_audio_buffer.commit\",\"final\":true}"));
	stt_ws_post_text(out, STR("{\"type\":\"input_audio_buffer.commit\"}"));
}

static void read_doc(const struct json *doc, const struct stt_ws_teller *tell)
{
	struct str type = json_str_or(doc, "type", STR(""));

	if (str_eq(type, STR("transcription.delta"))) {
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_PIECE,
							.text = json_str_or(doc, "delta", STR("")),
							.more = true});
	} else if (str_eq(type, STR("transcription.done"))) {
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_PIECE,
							.text = json_str_or(doc, "text", STR("")),
							.final = true});
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_FLUSHED});
	} else if (str_eq(type, STR("session.created"))) {
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_GREETED});
	} else if (str_eq(type, STR("error"))) {
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_FAILED,
							.name = json_str_or(doc, "code", STR("")),
							.text = json_str_or(doc, "error", STR(""))});
	}
}

static const struct stt_ws_code codes[] = {
	{0, "model_not_", FAULT_CONFIG},
	{0, "processing_error", FAULT_UNREACHABLE},
	{0},
};

const struct stt_ws_dialect vllm_realtime = {
	.name = "vllm-realtime",
	.key = VENDOR_KEY_OPTIONAL,
	.can = STT_PARTIALS | STT_LIKELY | STT_LOCAL,
	.coding = STT_WS_S16_16K,
	.chunk = USEC_MS(100),
	.greets = true,
	.spare_life = USEC_SEC(60),
	.codes = codes,
	.address = address,
	.begin = {.print = begin},
	.audio = audio,
	.flush = {.print = flush},
	.read_json = read_doc,
};
