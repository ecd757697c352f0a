/* AssemblyAI Universal-Streaming v3. Words never change once they are final; a turn's end comes twice, the
 * second time with punctuation. It has a judgement of turns of its own. A session is billed as long as it is
 * open. */
#include "provider/stt/stt_ws.h"
#include "wire/url.h"

/* A list of JSON in the URL. */
static void add_terms(const struct stt_ws_talk *t, struct stt_ws_address *a)
{
	static const char name[] = "keyterms_prompt";
	struct buf term;
	bool stays = true;

	if (t->key_term_count == 0 || service_extra_has(t->service, name))
		return;
	buf_init(&term, WS_URL_MAX);
	stt_ws_query(t, a, name, STR("["));
	for (size_t i = 0; i < t->key_term_count && stays; i++) {
		size_t before = a->url.n;

		buf_clear(&term);
		buf_add_str(&term, i ? STR(",") : STR(""));
		json_quote(&term, t->key_terms[i]);
		url_escape(&a->url, buf_str(&term));
		stays = !term.error && stt_ws_keep_term(t, a, before);
	}
	url_escape(&a->url, STR("]"));
	buf_fini(&term);
}

static void address(const struct stt_ws_talk *t, struct stt_ws_address *a)
{
	bool english = str_empty(t->language) || str_ieq(stt_ws_language(t), STR("en"));

	stt_ws_url(t, a, "wss://streaming.assemblyai.com", "/v3/ws");
	stt_ws_query(t, a, "sample_rate", STR("8000"));
	stt_ws_query(t, a, "encoding", STR("pcm_mulaw"));
	stt_ws_query(t, a, "format_turns", STR("true"));
	stt_ws_query(t, a, "speech_model",
		     service_or(t->service->model, english ? "universal-streaming-english"
							   : "universal-streaming-multilingual"));
	add_terms(t, a);
	service_extra_query(t->service, &a->url);
	stt_ws_header_key(t, a, "Authorization", "");
}

static usec ms_at(const struct json *word, const char *field)
{
	return stt_ws_seconds(json_num_or(word, field, 0) / 1000);
}

/* The transcript holds final words only; the others stand behind it in the list. */
static struct str text_of(const struct json *doc, const struct json *words, char out[STT_TEXT_MAX])
{
	size_t n = str_copy(json_str_or(doc, "transcript", STR("")), out, STT_TEXT_MAX);

	for (size_t i = 0; i < json_count(words); i++) {
		const struct json *word = json_at(words, i);

		if (json_bool_or(word, "word_is_final", true) || n + 1 >= STT_TEXT_MAX)
			continue;
		out[n++] = ' ';
		n += str_copy(json_str_or(word, "text", STR("")), out + n, STT_TEXT_MAX - n);
	}
	return (struct str){out, n};
}

static void read_turn(const struct json *doc, const struct stt_ws_teller *tell)
{
	const struct json *words = json_find(doc, "words");
	size_t count = json_count(words);
	bool over = json_bool_or(doc, "end_of_turn", false);
	char text[STT_TEXT_MAX];

	stt_ws_tell(tell, &(struct stt_ws_fact){
				  .type = STT_WS_PIECE,
				  .key = (uint64_t)json_int_or(doc, "turn_order", 0) + 1,
				  .text = over ? json_str_or(doc, "transcript", STR(""))
					       : text_of(doc, words, text),
				  .final = over,
				  .confidence = stt_ws_mean(words, "confidence"),
				  .start = ms_at(json_at(words, 0), "start"),
				  .end = count > 0 ? ms_at(json_at(words, count - 1), "end") : 0,
			  });
	if (over)
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_FLUSHED});
	if (over && !json_bool_or(doc, "turn_is_formatted", false))
		stt_ws_tell(tell, &(struct stt_ws_fact){
					  .type = STT_WS_ENDPOINT,
					  .confidence = (float)json_num_or(doc, "end_of_turn_confidence", 0),
				  });
}

static void read_doc(const struct json *doc, const struct stt_ws_teller *tell)
{
	struct str type = json_str_or(doc, "type", STR(""));

	if (str_eq(type, STR("Turn")))
		read_turn(doc, tell);
	else if (str_eq(type, STR("Begin")))
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_READY});
	else if (str_eq(type, STR("Error")))
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_FAILED,
							.code = (int)json_int_or(doc, "error_code", 0),
							.text = json_str_or(doc, "error", STR(""))});
}

static const struct stt_ws_code codes[] = {
	{1008, NULL, FAULT_AUTH},
	{4001, NULL, FAULT_AUTH},
	{4002, NULL, FAULT_QUOTA},
	{4003, NULL, FAULT_QUOTA},
	{3009, NULL, FAULT_QUOTA},
	{4102, NULL, FAULT_QUOTA},
	{3006, NULL, FAULT_CONFIG},
	{4000, NULL, FAULT_CONFIG},
	{4004, NULL, FAULT_CONFIG},
	{1013, NULL, FAULT_OVERLOAD},
	{4029, NULL, FAULT_OVERLOAD},
	{4031, NULL, FAULT_STALLED},
	{3005, NULL, FAULT_UNREACHABLE},
	{3008, NULL, FAULT_UNREACHABLE},
	{4008, NULL, FAULT_UNREACHABLE},
	{4010, NULL, FAULT_UNREACHABLE},
	{0},
};

const struct stt_ws_dialect assemblyai_streaming = {
	.name = "assemblyai",
	.key = VENDOR_KEY_NEEDED,
	.can = STT_PARTIALS | STT_LIKELY | STT_ENDPOINTS,
	.coding = STT_WS_ULAW_8K,
	.chunk = USEC_MS(80),
	.chunk_min = USEC_MS(50), /* shorter ones close with 3007 */
	.announces = true,
	.patient = true,
	.keepalive_after = USEC_SEC(5),
	.codes = codes,
	.address = address,
	.flush = {"{\"type\":\"ForceEndpoint\"}"},
	.keepalive = {"{\"type\":\"KeepAlive\"}"},
	.end = {"{\"type\":\"Terminate\"}"},
	.read_json = read_doc,
};
