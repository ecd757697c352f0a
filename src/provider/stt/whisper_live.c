/* WhisperLive. It repeats a sliding list of segments, of which only the last may change; it knows no flush,
 * and what has not changed for a while is taken. A connection lasts ten minutes unless its operator says
 * otherwise. */
#include "provider/stt/stt_ws.h"

static void address(const struct stt_ws_talk *t, struct stt_ws_address *a)
{
	stt_ws_url(t, a, "ws://127.0.0.1:9090", "");
	service_extra_query(t->service, &a->url);
	stt_ws_header_key(t, a, "Authorization", "Bearer ");
}

static void begin(const struct stt_ws_talk *t, struct stt_ws_outbox *out)
{
	struct json_out w;

	json_begin(&w, &out->bytes);
	json_map(&w, NULL);
	json_str(&w, "uid", str_from(t->id));
	json_str(&w, "language", str_empty(t->language) ? STR("en") : stt_ws_language(t));
	json_str(&w, "task", STR("transcribe"));
	json_str(&w, "model", service_or(t->service->model, "small"));
	json_bool(&w, "use_vad", true);
	if (t->key_term_count > 0) {
		struct buf words;

		buf_init(&words, 16384);
		for (size_t i = 0; i < t->key_term_count; i++)
			buf_printf(&words, "%s" STR_FMT, i ? ", " : "", STR_ARG(t->key_terms[i]));
		if (!words.error)
			json_str(&w, "hotwords", buf_str(&words));
		buf_fini(&words);
	}
	json_end(&w);
	stt_ws_post(out, WS_TEXT);
}

static void end(const struct stt_ws_talk *t, struct stt_ws_outbox *out)
{
	(void)t;
	buf_add_str(&out->bytes, STR("END_OF_AUDIO"));
	stt_ws_post(out, WS_BINARY);
}

/* Its times are strings. */
static usec time_of(const struct json *segment, const char *field)
{
	struct str text = json_str_or(segment, field, STR(""));
	double seconds;

	return str_to_num(text, &seconds) == 0 ? stt_ws_seconds(seconds) : 0;
}

/* Those that are completed have a name, their start; the first new one takes the place of the tail. */
static void read_segments(const struct json *segments, const struct stt_ws_teller *tell)
{
	for (size_t i = 0; i < json_count(segments); i++) {
		const struct json *segment = json_at(segments, i);
		bool final = json_bool_or(segment, "completed", false);
		struct str start = json_str_or(segment, "start", STR(""));

		stt_ws_tell(tell, &(struct stt_ws_fact){
					  .type = STT_WS_PIECE,
					  .key = final ? stt_ws_key(start) : 0,
					  .text = json_str_or(segment, "text", STR("")),
					  .final = final,
					  .start = time_of(segment, "start"),
					  .end = time_of(segment, "end"),
				  });
	}
}

static void read_doc(const struct json *doc, const struct stt_ws_teller *tell)
{
	struct str message = json_str_or(doc, "message", STR("")),
		   status = json_str_or(doc, "status", STR(""));

	if (str_eq(status, STR("WAIT")) || str_eq(status, STR("ERROR")))
		stt_ws_tell(tell,
			    &(struct stt_ws_fact){.type = STT_WS_FAILED, .name = status, .text = message});
	else if (str_eq(message, STR("DISCONNECT")))
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_FAILED, .name = message});
	else if (str_eq(message, STR("SERVER_READY")))
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_READY});
	else if (json_find(doc, "segments"))
		read_segments(json_find(doc, "segments"), tell);
}

static const struct stt_ws_code codes[] = {
	{0, "WAIT", FAULT_OVERLOAD},
	{0, "ERROR", FAULT_CONFIG},
	{0, "DISCONNECT", FAULT_UNREACHABLE},
	{0},
};

const struct stt_ws_dialect whisper_live = {
	.name = "whisper-live",
	.key = VENDOR_KEY_OPTIONAL,
	.can = STT_PARTIALS,
	.coding = STT_WS_F32_16K,
	.chunk = USEC_MS(100),
	.announces = true,
	.settle = USEC_MS(900),
	.codes = codes,
	.address = address,
	.begin = {.print = begin},
	.end = {.print = end},
	.read_json = read_doc,
};
