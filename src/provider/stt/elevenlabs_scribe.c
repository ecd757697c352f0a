/* ElevenLabs Scribe realtime. We commit at a pause; what lies between turns is not sent, but without any
 * sound the session is closed. With timestamps each commit is told twice: the plain text counts. */
#include "provider/stt/stt_ws.h"

#define SILENCE_BYTES 800 /* 100 ms */

static void address(const struct stt_ws_talk *t, struct stt_ws_address *a)
{
	stt_ws_url(t, a, "wss://api.elevenlabs.io", "/v1/speech-to-text/realtime");
	stt_ws_query(t, a, "model_id", service_or(t->service->model, "scribe_v2_realtime"));
	stt_ws_query(t, a, "audio_format", STR("ulaw_8000"));
	stt_ws_query(t, a, "commit_strategy", STR("manual"));
	if (!str_empty(t->language))
		stt_ws_query(t, a, "language_code", stt_ws_language(t));
	stt_ws_query_terms(t, a, "keyterms");
	service_extra_query(t->service, &a->url);
	stt_ws_header_key(t, a, "xi-api-key", "");
}

static void post_chunk(struct stt_ws_outbox *out, struct str bytes, bool commit)
{
	stt_ws_post_base64(out, STR("{\"message_type\":\"input_audio_chunk\",\"audio_base_64\":\""), bytes,
			   commit ? STR("\",\"commit\":true,\"sample_rate\":8000}")
				  : STR("\",\"commit\":false,\"sample_rate\":8000}"));
}

static void audio(const struct stt_ws_talk *t, struct str bytes, struct stt_ws_outbox *out)
{
	(void)t;
	post_chunk(out, bytes, false);
}

static void flush(const struct stt_ws_talk *t, struct stt_ws_outbox *out)
{
	(void)t;
	post_chunk(out, STR(""), true);
}

static void keepalive(const struct stt_ws_talk *t, struct stt_ws_outbox *out)
{
	char silence[SILENCE_BYTES];

	(void)t;
	for (size_t i = 0; i < sizeof(silence); i++)
		silence[i] = '\xff';
	post_chunk(out, (struct str){silence, sizeof(silence)}, false);
}

static void piece(const struct json *doc, bool final, const struct stt_ws_teller *tell)
{
	stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_PIECE,
						.text = json_str_or(doc, "text", STR("")),
						.final = final});
	if (final)
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_FLUSHED});
}

/* Whatever else has an `error` is one. */
static void read_doc(const struct json *doc, const struct stt_ws_teller *tell)
{
	struct str type = json_str_or(doc, "message_type", STR("")), error;

	if (str_eq(type, STR("session_started")))
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_READY});
	else if (str_eq(type, STR("partial_transcript")))
		piece(doc, false, tell);
	else if (str_eq(type, STR("committed_transcript")))
		piece(doc, true, tell);
	else if (str_eq(type, STR("commit_throttled"))) /* there was too little to commit */
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_FLUSHED});
	else if (!str_eq(type, STR("input_error")) && json_get_str(doc, "error", &error) == 0)
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_FAILED, .name = type, .text = error});
}

static const struct stt_ws_code codes[] = {
	{0, "auth_error", FAULT_AUTH},
	{0, "unaccepted_terms", FAULT_AUTH},
	{0, "quota_exceeded", FAULT_QUOTA},
	{0, "rate_limited", FAULT_QUOTA},
	{0, "queue_overflow", FAULT_OVERLOAD},
	{0, "resource_exhausted", FAULT_OVERLOAD},
	{0, "insufficient_audio_activity", FAULT_STALLED},
	{0, "session_time_limit_exceeded", FAULT_UNREACHABLE},
	{0, "transcriber_error", FAULT_UNREACHABLE},
	{0},
};

const struct stt_ws_dialect elevenlabs_scribe = {
	.name = "elevenlabs",
	.key = VENDOR_KEY_NEEDED,
	.can = STT_PARTIALS | STT_LIKELY | STT_LOCAL,
	.coding = STT_WS_ULAW_8K,
	.chunk = USEC_MS(100),
	.announces = true,
	.keepalive_after = USEC_SEC(5),
	.spare_life = USEC_SEC(8),
	.codes = codes,
	.address = address,
	.audio = audio,
	.flush = {.print = flush},
	.keepalive = {.print = keepalive},
	.read_json = read_doc,
};
