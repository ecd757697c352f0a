/* Deepgram Flux (listen v2). It judges turns itself, by the sound's own time: the sound must not stop, and
 * pauses are not cut. A text is always that of the whole turn; an eager end is as good as the final one
 * unless the turn is resumed. */
#include "provider/stt/stt_ws.h"

static void address(const struct stt_ws_talk *t, struct stt_ws_address *a)
{
	bool english = str_empty(t->language) || str_ieq(stt_ws_language(t), STR("en"));
	struct str model = service_or(t->service->model, english ? "flux-general-en" : "flux-general-multi");

	stt_ws_url(t, a, "wss://api.deepgram.com", "/v2/listen");
	stt_ws_query(t, a, "model", model);
	stt_ws_query(t, a, "encoding", STR("mulaw"));
	stt_ws_query(t, a, "sample_rate", STR("8000"));
	stt_ws_query(t, a, "eager_eot_threshold", STR("0.5"));
	if (str_ends(model, STR("-multi")) && !str_empty(t->language))
		stt_ws_query(t, a, "language_hint", stt_ws_language(t));
	stt_ws_query_terms(t, a, "keyterm");
	service_extra_query(t->service, &a->url);
	stt_ws_header_key(t, a, "Authorization", "Token ");
}

/* A turn's piece is placed by the end of what was heard: its window begins long before its words. */
static void read_turn(const struct json *doc, const struct stt_ws_teller *tell)
{
	struct str event = json_str_or(doc, "event", STR(""));
	bool over = str_eq(event, STR("EndOfTurn")) || str_eq(event, STR("EagerEndOfTurn"));
	usec heard = stt_ws_seconds(json_num_or(doc, "audio_window_end", 0));

	stt_ws_tell(tell, &(struct stt_ws_fact){
				  .type = STT_WS_PIECE,
				  .key = (uint64_t)json_int_or(doc, "turn_index", 0) + 1,
				  .text = json_str_or(doc, "transcript", STR("")),
				  .final = over,
				  .confidence = stt_ws_mean(json_find(doc, "words"), "confidence"),
				  .start = heard,
				  .end = heard,
			  });
	if (over || str_eq(event, STR("TurnResumed")))
		stt_ws_tell(
			tell,
			&(struct stt_ws_fact){
				.type = STT_WS_ENDPOINT,
				.confidence = over ? (float)json_num_or(doc, "end_of_turn_confidence", 0) : 0,
			});
}

static void read_doc(const struct json *doc, const struct stt_ws_teller *tell)
{
	struct str type = json_str_or(doc, "type", STR(""));

	if (str_eq(type, STR("TurnInfo")))
		read_turn(doc, tell);
	else if (str_eq(type, STR("Connected")))
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_READY});
	else if (str_eq(type, STR("Error")))
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_FAILED,
							.name = json_str_or(doc, "code", STR("")),
							.text = json_str_or(doc, "description", STR(""))});
}

static const struct stt_ws_code codes[] = {
	{400, NULL, FAULT_CONFIG},
	{402, NULL, FAULT_QUOTA},
	{0, "INTERNAL_SERVER_ERROR", FAULT_UNREACHABLE},
	{1008, "DATA-0000", FAULT_PROTOCOL},
	{1011, "NET-000", FAULT_STALLED},
	{0},
};

const struct stt_ws_dialect deepgram_flux = {
	.name = "deepgram-flux",
	.key = VENDOR_KEY_NEEDED,
	.can = STT_PARTIALS | STT_LIKELY | STT_ENDPOINTS,
	.coding = STT_WS_ULAW_8K,
	.chunk = USEC_MS(80),
	.announces = true,
	.patient = true,
	.settle = USEC_MS(600), /* its updates come every quarter of a second */
	.fill_after = USEC_MS(500),
	.spare_life = USEC_SEC(8),
	.codes = codes,
	.address = address,
	.end = {"{\"type\":\"CloseStream\"}"},
	.read_json = read_doc,
};
