/* Speechmatics real time. Finals are appended as they are, with their blanks; a partial covers all behind the
 * last final. ForceEndOfUtterance makes the finals of a pause come at once. `extra` goes into
 * transcription_config. */
#include "provider/stt/stt_ws.h"

#define PAUSE_SURE 0.5f

static void address(const struct stt_ws_talk *t, struct stt_ws_address *a)
{
	stt_ws_url_by_region(t, a, "eu", "rt.speechmatics.com", "/v2");
	stt_ws_header_key(t, a, "Authorization", "Bearer ");
}

static void add_config(const struct stt_ws_talk *t, struct json_out *w)
{
	json_map(w, "transcription_config");
	json_str(w, "language", str_empty(t->language) ? STR("en") : stt_ws_language(t));
	json_str(w, "operating_point", service_or(t->service->model, "enhanced"));
	json_num(w, "max_delay", 1);
	json_str(w, "max_delay_mode", STR("flexible"));
	json_bool(w, "enable_partials", true);
	if (t->key_term_count > 0) {
		json_list(w, "additional_vocab");
		for (size_t i = 0; i < t->key_term_count; i++) {
			json_map(w, NULL);
			json_str(w, "content", t->key_terms[i]);
			json_end(w);
		}
		json_end(w);
	}
	json_map(w, "conversation_config"); /* must be shorter than max_delay */
	json_num(w, "end_of_utterance_silence_trigger", 0.5);
	json_end(w);
	service_extra_json(t->service, w);
	json_end(w);
}

static void begin(const struct stt_ws_talk *t, struct stt_ws_outbox *out)
{
	struct json_out w;

	json_begin(&w, &out->bytes);
	json_map(&w, NULL);
	json_str(&w, "message", STR("StartRecognition"));
	json_map(&w, "audio_format");
	json_str(&w, "type", STR("raw"));
	json_str(&w, "encoding", STR("mulaw"));
	json_int(&w, "sample_rate", 8000);
	json_end(&w);
	add_config(t, &w);
	json_end(&w);
	stt_ws_post(out, WS_TEXT);
}

static void end(const struct stt_ws_talk *t, struct stt_ws_outbox *out)
{
	buf_printf(&out->bytes, "{\"message\":\"EndOfStream\",\"last_seq_no\":%llu}",
		   (unsigned long long)t->audio_messages);
	stt_ws_post(out, WS_TEXT);
}

static void read_piece(const struct json *doc, bool final, const struct stt_ws_teller *tell)
{
	stt_ws_tell(tell,
		    &(struct stt_ws_fact){
			    .type = STT_WS_PIECE,
			    .text = json_str_or(doc, "metadata/transcript", STR("")),
			    .final = final,
			    .confidence = stt_ws_mean(json_find(doc, "results"), "alternatives/0/confidence"),
			    .start = stt_ws_seconds(json_num_or(doc, "metadata/start_time", 0)),
			    .end = stt_ws_seconds(json_num_or(doc, "metadata/end_time", 0)),
		    });
}

static void read_doc(const struct json *doc, const struct stt_ws_teller *tell)
{
	struct str type = json_str_or(doc, "message", STR(""));

	if (str_eq(type, STR("AddPartialTranscript")) || str_eq(type, STR("AddTranscript"))) {
		read_piece(doc, str_eq(type, STR("AddTranscript")), tell);
	} else if (str_eq(type, STR("EndOfUtterance"))) {
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_FLUSHED});
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_ENDPOINT, .confidence = PAUSE_SURE});
	} else if (str_eq(type, STR("RecognitionStarted"))) {
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_READY});
	} else if (str_eq(type, STR("Error"))) {
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_FAILED,
							.code = (int)json_int_or(doc, "code", 0),
							.name = json_str_or(doc, "type", STR("")),
							.text = json_str_or(doc, "reason", STR(""))});
	}
}

static const struct stt_ws_code codes[] = {
	{0, "not_authorised", FAULT_AUTH},
	{0, "not_allowed", FAULT_AUTH},
	{0, "quota_exceeded", FAULT_QUOTA},
	{0, "invalid_model", FAULT_CONFIG},
	{0, "invalid_config", FAULT_CONFIG},
	{0, "invalid_audio_type", FAULT_CONFIG},
	{0, "buffer_error", FAULT_OVERLOAD},
	{0, "idle_timeout", FAULT_STALLED},
	{0, "timelimit_exceeded", FAULT_UNREACHABLE},
	{0, "session_timeout", FAULT_UNREACHABLE},
	{0, "job_error", FAULT_UNREACHABLE},
	{4001, NULL, FAULT_AUTH},
	{4003, NULL, FAULT_AUTH},
	{4004, NULL, FAULT_CONFIG},
	{4005, NULL, FAULT_QUOTA},
	{1011, NULL, FAULT_UNREACHABLE},
	{0},
};

const struct stt_ws_dialect speechmatics_rt = {
	.name = "speechmatics",
	.key = VENDOR_KEY_NEEDED,
	.can = STT_PARTIALS | STT_LIKELY | STT_ENDPOINTS,
	.coding = STT_WS_ULAW_8K,
	.chunk = USEC_MS(80),
	.announces = true,
	.verbatim = true,
	.spare_life = USEC_SEC(30),
	.codes = codes,
	.address = address,
	.begin = {.print = begin},
	.flush = {"{\"message\":\"ForceEndOfUtterance\"}"},
	.end = {.print = end},
	.read_json = read_doc,
};
