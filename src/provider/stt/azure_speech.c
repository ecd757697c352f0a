/* Azure Speech over its WebSocket (USP): texts with header lines, binary messages with a length before them.
 * One turn lasts as long as the session; its end in the middle is the session's. `region` names the host. */
#include <errno.h>
#include <time.h>

#include "provider/stt/stt_ws.h"

#define TICKS_A_USEC 10

static void address(const struct stt_ws_talk *t, struct stt_ws_address *a)
{
	stt_ws_url_by_region(t, a, "eastus", "stt.speech.microsoft.com",
			     "/speech/recognition/conversation/cognitiveservices/v1");
	stt_ws_query(t, a, "language", str_empty(t->language) ? STR("en-US") : t->language);
	stt_ws_query(t, a, "format", STR("detailed"));
	service_extra_query(t->service, &a->url);
	stt_ws_header_key(t, a, "Ocp-Apim-Subscription-Key", "");
	a->headers[a->header_count++] = (struct http_header){STR("X-ConnectionId"), str_from(t->id)};
}

/* "2026-01-02T03:04:05.067Z" */
static void add_time(const struct stt_ws_talk *t, struct buf *out)
{
	time_t seconds = (time_t)(t->utc / USEC_SEC(1));
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		buf_printf(out, "X-Timestamp: %04d-%02d-%02dT%02d:%02d:%02d.%03dZ\r\n", tm.tm_year + 1900,
			   tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
			   (int)(t->utc / 1000 % 1000));
}

static void add_lines(const struct stt_ws_talk *t, struct buf *out, const char *path, const char *type)
{
	buf_printf(out, "Path: %s\r\nX-RequestId: %s\r\n", path, t->id);
	add_time(t, out);
	if (type)
		buf_printf(out, "Content-Type: %s\r\n", type);
}

static void head(const struct stt_ws_talk *t, struct stt_ws_outbox *out, const char *path)
{
	add_lines(t, &out->bytes, path, "application/json");
	buf_add_str(&out->bytes, STR("\r\n"));
}

static void post_context(const struct stt_ws_talk *t, struct stt_ws_outbox *out)
{
	head(t, out, "speech.context");
	buf_add_str(&out->bytes,
		    STR("{\"phraseDetection\":{\"mode\":\"CONVERSATION\",\"CONVERSATION\":{"
			"\"segmentation\":{\"mode\":\"Custom\",\"segmentationSilenceTimeoutMs\":300}}}"));
	for (size_t i = 0; i < t->key_term_count; i++) {
		buf_add_str(&out->bytes,
			    i ? STR(",{\"Text\":")
			      : STR(",\"dgi\":{\"Groups\":[{\"Type\":\"Generic\",\"Items\":[{\"Text\":"));
		json_quote(&out->bytes, t->key_terms[i]);
		buf_add_char(&out->bytes, '}');
	}
	stt_ws_post_text(out, t->key_term_count > 0 ? STR("]}]}}") : STR("}"));
}

/* Two bytes of length, big end first, then the lines, then the sound. */
static void post_sound(const struct stt_ws_talk *t, struct stt_ws_outbox *out, const char *type,
		       struct str bytes)
{
	size_t n;

	buf_add(&out->bytes, "\0", 2);
	add_lines(t, &out->bytes, "audio", type);
	if (!out->bytes.error) {
		n = out->bytes.n - 2;
		out->bytes.p[0] = (char)(n >> 8);
		out->bytes.p[1] = (char)n;
	}
	buf_add_str(&out->bytes, bytes);
	stt_ws_post(out, WS_BINARY);
}

/* mu-law, mono, 8 kHz, of a length that nobody knows yet. */
static const unsigned char wav[] = {'R', 'I', 'F', 'F', 0, 0, 0,   0,   'W', 'A',  'V',  'E', 'f', 'm',  't',
				    ' ', 16,  0,   0,   0, 7, 0,   1,   0,   0x40, 0x1f, 0,   0,   0x40, 0x1f,
				    0,   0,   1,   0,   8, 0, 'd', 'a', 't', 'a',  0,    0,   0,   0};

static void begin(const struct stt_ws_talk *t, struct stt_ws_outbox *out)
{
	head(t, out, "speech.config");
	stt_ws_post_text(out, STR("{\"context\":{\"system\":{\"name\":\"Offhook\",\"version\":\"1\"}}}"));
	post_context(t, out);
	post_sound(t, out, "audio/x-wav", (struct str){(const char *)wav, sizeof(wav)});
}

static void audio(const struct stt_ws_talk *t, struct str bytes, struct stt_ws_outbox *out)
{
	post_sound(t, out, NULL, bytes);
}

static void end(const struct stt_ws_talk *t, struct stt_ws_outbox *out)
{
	post_sound(t, out, NULL, STR(""));
}

static void tell_piece(const struct json *doc, const struct stt_ws_teller *tell, bool final, struct str text)
{
	usec start = MAX(json_int_or(doc, "Offset", 0), 0) / TICKS_A_USEC;
	usec span = CLAMP(json_int_or(doc, "Duration", 0), 0, (int64_t)USEC_SEC(1000000)) / TICKS_A_USEC;

	start = MIN(start, USEC_SEC(1000000));
	stt_ws_tell(tell,
		    &(struct stt_ws_fact){.type = STT_WS_PIECE,
					  .text = text,
					  .final = final,
					  .confidence = (float)json_num_or(doc, "NBest/0/Confidence", 0),
					  .start = start,
					  .end = start + span});
}

static void read_hypothesis(const struct json *doc, const struct stt_ws_teller *tell)
{
	tell_piece(doc, tell, false, json_str_or(doc, "Text", STR("")));
}

/* No match is a text without words. */
static void read_phrase(const struct json *doc, const struct stt_ws_teller *tell)
{
	struct str status = json_str_or(doc, "RecognitionStatus", STR(""));

	if (str_eq(status, STR("Success")))
		tell_piece(doc, tell, true,
			   json_str_or(doc, "DisplayText", json_str_or(doc, "NBest/0/Display", STR(""))));
	else if (str_eq(status, STR("Error")) || str_eq(status, STR("TooManyRequests")))
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_FAILED, .name = status});
	else if (!str_eq(status, STR("EndOfDictation")))
		tell_piece(doc, tell, true, STR(""));
}

static void read_turn_end(const struct json *doc, const struct stt_ws_teller *tell)
{
	(void)doc;
	stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_FAILED, .name = STR("turn.end")});
}

static const struct {
	const char *path;
	void (*read)(const struct json *doc, const struct stt_ws_teller *tell);
} paths[] = {
	{"speech.hypothesis", read_hypothesis},
	{"speech.phrase", read_phrase},
	{"turn.end", read_turn_end},
};

static int read_message(const struct stt_ws_talk *t, struct str message, const struct stt_ws_teller *tell)
{
	size_t cut = str_find(message, STR("\r\n\r\n"));
	struct str lines = str_sub(message, 0, cut), body = str_sub(message, cut + 4, SIZE_MAX), path = {0};

	if (cut == message.n)
		return -EBADMSG;
	while (!str_empty(lines)) {
		struct str value = str_cut(&lines, '\n'), name = str_cut(&value, ':');

		if (str_ieq(name, STR("Path")))
			path = str_trim(value);
		else if (str_ieq(name, STR("X-RequestId")) && !str_ieq(str_trim(value), str_from(t->id)))
			return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (str_ieq(path, str_from(paths[i].path)))
			return stt_ws_read_json(body, tell, paths[i].read);
	return 0;
}

static const struct stt_ws_code codes[] = {
	{0, "TooManyRequests", FAULT_QUOTA}, {0, "turn.end", FAULT_UNREACHABLE},
	{0, "Error", FAULT_UNREACHABLE},     {1002, NULL, FAULT_PROTOCOL},
	{1003, NULL, FAULT_PROTOCOL},        {1007, NULL, FAULT_CONFIG},
	{4000, NULL, FAULT_PROTOCOL},        {0},
};

const struct stt_ws_dialect azure_speech = {
	.name = "azure",
	.key = VENDOR_KEY_NEEDED,
	.can = STT_PARTIALS | STT_LIKELY,
	.coding = STT_WS_ULAW_8K,
	.chunk = USEC_MS(80),
	.settle = USEC_MS(700),
	.codes = codes,
	.address = address,
	.begin = {.print = begin},
	.audio = audio,
	.end = {.print = end},
	.read = read_message,
};
