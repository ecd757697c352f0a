/* vosk-server. It answers every message of sound with one text, in step; `reset` is answered with what was
 * said. The words of control are compared as they are, blanks included. Sound is of 16 kHz: models of that
 * rate, which most are, hear nothing in sound of less, and those of 8 kHz take what is more. */
#include "provider/stt/stt_ws.h"

static void address(const struct stt_ws_talk *t, struct stt_ws_address *a)
{
	stt_ws_url(t, a, "ws://127.0.0.1:2700", "");
	service_extra_query(t->service, &a->url);
}

static void read_doc(const struct json *doc, const struct stt_ws_teller *tell)
{
	const struct json *best = json_find(doc, "alternatives") ? json_find(doc, "alternatives/0") : doc;
	const struct json *words = json_find(best, "result");
	size_t count = json_count(words);
	struct stt_ws_fact f = {.type = STT_WS_PIECE};

	if (json_get_str(doc, "partial", &f.text) == 0) {
		stt_ws_tell(tell, &f);
		return;
	}
	if (json_get_str(best, "text", &f.text) < 0)
		return;
	f.final = true;
	f.confidence = stt_ws_mean(words, "conf");
	if (count > 0) {
		f.start = stt_ws_seconds(json_num_or(json_at(words, 0), "start", 0));
		f.end = stt_ws_seconds(json_num_or(json_at(words, count - 1), "end", 0));
	}
	stt_ws_tell(tell, &f);
}

#define VOSK(the_name, ...)                                                                           \
	{                                                                                             \
		.name = (the_name), .key = VENDOR_KEY_NONE, .can = STT_PARTIALS | STT_LIKELY,         \
		.coding = STT_WS_S16_16K, .chunk = USEC_MS(100), .lockstep = true,                    \
		.spare_life = USEC_SEC(60), .address = address,                                       \
		.begin = {"{\"config\":{\"sample_rate\":16000,\"words\":1,\"max_alternatives\":0}}"}, \
		.end = {"{\"eof\" : 1}"}, .read_json = read_doc, __VA_ARGS__                          \
	}

const struct stt_ws_dialect vosk_server = VOSK("vosk", .flush = {"{\"reset\" : 1}"});

/* One that drops the connection when it hears of `reset`. Kaldi's own rules end a sentence after 2 s of
 * silence at the latest; these take the server a fifth of that, because they are sent at once. */
const struct stt_ws_dialect vosk_older = VOSK("vosk-older", .flush_silence = USEC_MS(2100));
