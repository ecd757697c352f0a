/* Gladia live v2. A session is asked for over HTTP, which names its WebSocket. It ends utterances by silence
 * of its own, and knows no flush. `extra` goes into the request. */
#include <errno.h>

#include "provider/stt/stt_ws.h"
#include "wire/url.h"

static void add_terms(const struct stt_ws_talk *t, struct json_out *w)
{
	if (t->key_term_count == 0)
		return;
	json_map(w, "realtime_processing");
	json_bool(w, "custom_vocabulary", true);
	json_map(w, "custom_vocabulary_config");
	json_list(w, "vocabulary");
	for (size_t i = 0; i < t->key_term_count; i++)
		json_str(w, NULL, t->key_terms[i]);
	json_end(w);
	json_end(w);
	json_end(w);
}

static void add_language(const struct stt_ws_talk *t, struct json_out *w)
{
	if (str_empty(t->language))
		return;
	json_map(w, "language_config");
	json_list(w, "languages");
	json_str(w, NULL, stt_ws_language(t));
	json_end(w);
	json_bool(w, "code_switching", false);
	json_end(w);
}

static void write_request(const struct stt_ws_talk *t, struct buf *body)
{
	struct json_out w;

	json_begin(&w, body);
	json_map(&w, NULL);
	json_str(&w, "encoding", STR("wav/ulaw"));
	json_int(&w, "bit_depth", 8);
	json_int(&w, "sample_rate", 8000);
	json_int(&w, "channels", 1);
	json_str(&w, "model", service_or(t->service->model, "solaria-1"));
	json_num(&w, "endpointing", 0.2);
	add_language(t, &w);
	add_terms(t, &w);
	json_map(&w, "messages_config");
	json_bool(&w, "receive_partial_transcripts", true);
	json_bool(&w, "receive_final_transcripts", true);
	json_bool(&w, "receive_acknowledgments", false);
	json_bool(&w, "receive_errors", true);
	json_end(&w);
	service_extra_json(t->service, &w);
	json_end(&w);
}

/* Here and in the answer the addresses are those of the web. */
static void ask(const struct stt_ws_talk *t, struct stt_ws_address *a)
{
	url_join(&a->url, service_or(t->service->url, "https://api.gladia.io"), STR("/v2/live"));
	if (!str_empty(t->service->region))
		url_query(&a->url, STR("region"), t->service->region);
	stt_ws_header_key(t, a, "x-gladia-key", "");
	a->headers[a->header_count++] = (struct http_header){STR("Content-Type"), STR("application/json")};
	write_request(t, &a->body);
}

static int answer(const struct stt_ws_talk *t, struct str body, struct buf *ret_url)
{
	struct json *doc;
	struct str url;
	int rc = json_parse(body, NULL, NULL, &doc);

	(void)t;
	if (rc < 0)
		return rc;
	rc = json_get_str(doc, "url", &url);
	if (rc == 0)
		buf_add_str(ret_url, url);
	json_free(doc);
	return rc < 0 ? -EBADMSG : ret_url->error;
}

static void read_doc(const struct json *doc, const struct stt_ws_teller *tell)
{
	struct str type = json_str_or(doc, "type", STR(""));

	if (str_eq(type, STR("transcript")))
		stt_ws_tell(tell,
			    &(struct stt_ws_fact){
				    .type = STT_WS_PIECE,
				    .key = stt_ws_key(json_str_or(doc, "data/id", STR(""))),
				    .text = json_str_or(doc, "data/utterance/text", STR("")),
				    .final = json_bool_or(doc, "data/is_final", false),
				    .confidence = (float)json_num_or(doc, "data/utterance/confidence", 0),
				    .start = stt_ws_seconds(json_num_or(doc, "data/utterance/start", 0)),
				    .end = stt_ws_seconds(json_num_or(doc, "data/utterance/end", 0)),
			    });
	else if (str_eq(type, STR("error")))
		stt_ws_tell(tell,
			    &(struct stt_ws_fact){
				    .type = STT_WS_FAILED,
				    .text = json_str_or(doc, "data/message",
							json_str_or(doc, "error/message",
								    json_str_or(doc, "message", STR("")))),
			    });
}

static const struct stt_ws_code codes[] = {
	{402, NULL, FAULT_QUOTA},
	{422, NULL, FAULT_CONFIG},
	{4001, NULL, FAULT_AUTH},
	{0},
};

const struct stt_ws_dialect gladia_live = {
	.name = "gladia",
	.key = VENDOR_KEY_NEEDED,
	.can = STT_PARTIALS | STT_LIKELY,
	.coding = STT_WS_ULAW_8K,
	.chunk = USEC_MS(80),
	.settle = USEC_MS(700),
	.keepalive_after = USEC_SEC(5),
	.codes = codes,
	.ask = ask,
	.answer = answer,
	.keepalive = {"{\"type\":\"audio_chunk\",\"data\":{\"chunk\":\"\"}}"},
	.end = {"{\"type\":\"stop_recording\"}"},
	.read_json = read_doc,
};
