/* Deepgram listen v1 (Nova). Silence ends segments by itself (`endpointing`); Finalize ends one at once. */
#include "provider/stt/stt_ws.h"

#define PAUSE_SURE 0.5f /* speech_final: it was quiet for as long as `endpointing` says, no more */
#define TURN_SURE  0.8f /* UtteranceEnd: no word for `utterance_end_ms` */

static void address(const struct stt_ws_talk *t, struct stt_ws_address *a)
{
	stt_ws_url(t, a, "wss://api.deepgram.com", "/v1/listen");
	stt_ws_query(t, a, "model", service_or(t->service->model, "nova-3"));
	if (!str_empty(t->language))
		stt_ws_query(t, a, "language", t->language);
	stt_ws_query(t, a, "encoding", STR("mulaw"));
	stt_ws_query(t, a, "sample_rate", STR("8000"));
	stt_ws_query(t, a, "channels", STR("1"));
	stt_ws_query(t, a, "interim_results", STR("true"));
	stt_ws_query(t, a, "endpointing", STR("300"));
	stt_ws_query(t, a, "utterance_end_ms", STR("1000"));
	stt_ws_query(t, a, "smart_format", STR("true"));
	stt_ws_query_terms(t, a, "keyterm");
	service_extra_query(t->service, &a->url);
	stt_ws_header_key(t, a, "Authorization", "Token ");
}

static void read_results(const struct json *doc, const struct stt_ws_teller *tell)
{
	usec start = stt_ws_seconds(json_num_or(doc, "start", 0));
	struct stt_ws_fact piece = {
		.type = STT_WS_PIECE,
		.text = json_str_or(doc, "channel/alternatives/0/transcript", STR("")),
		.final = json_bool_or(doc, "is_final", false),
		.confidence = (float)json_num_or(doc, "channel/alternatives/0/confidence", 0),
		.start = start,
		.end = start + stt_ws_seconds(json_num_or(doc, "duration", 0)),
	};

	stt_ws_tell(tell, &piece);
	if (json_bool_or(doc, "from_finalize", false))
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_FLUSHED});
	if (json_bool_or(doc, "speech_final", false))
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_ENDPOINT, .confidence = PAUSE_SURE});
}

static void read_doc(const struct json *doc, const struct stt_ws_teller *tell)
{
	struct str type = json_str_or(doc, "type", STR(""));

	if (str_eq(type, STR("Results")))
		read_results(doc, tell);
	else if (str_eq(type, STR("UtteranceEnd")) && json_num_or(doc, "last_word_end", -1) >= 0)
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_ENDPOINT, .confidence = TURN_SURE});
}

static const struct stt_ws_code codes[] = {
	{400, NULL, FAULT_CONFIG},           {402, NULL, FAULT_QUOTA},
	{1008, "DATA-0000", FAULT_PROTOCOL}, {1011, "NET-0001", FAULT_STALLED},
	{1011, "NET-0000", FAULT_STALLED},   {0},
};

const struct stt_ws_dialect deepgram_listen = {
	.name = "deepgram",
	.key = VENDOR_KEY_NEEDED,
	.can = STT_PARTIALS | STT_LIKELY | STT_ENDPOINTS,
	.coding = STT_WS_ULAW_8K,
	.chunk = USEC_MS(80),
	.keepalive_after = USEC_SEC(4),
	.spare_life = USEC_SEC(8), /* without sound it is closed after ten */
	.codes = codes,
	.address = address,
	.flush = {"{\"type\":\"Finalize\"}"},
	.keepalive = {"{\"type\":\"KeepAlive\"}"},
	.end = {"{\"type\":\"CloseStream\"}"},
	.read_json = read_doc,
};
