/* Azure speech to text (USP over WebSocket): a turn of requests by one id, offsets in 100 ns. */
#include <stdio.h>

#include "azure.h"
#include "vendors/ear.h"
#include "wire/bytes.h"

#define UNTHROTTLED USEC_SEC(5) /* then at most twice real time; and what was kept for a new turn */
#define PAUSE       USEC_MS(500)

struct speech {
	struct vendor_session *s;
	struct ear ear;
	struct sound sound;
	char request[33]; /* of the turn */
	bool configured, context, headed, over, detailed;
	usec pause;
};

static const struct vendor_rule query[] = {
	{"language", VENDOR_TEXT},
	{"format", VENDOR_TEXT, VENDOR_MAY, 0, 0, "simple|detailed"},
	{"profanity", VENDOR_TEXT, VENDOR_MAY, 0, 0, "masked|removed|raw"},
	{"cid", VENDOR_TEXT},
	{"storeAudio", VENDOR_BOOL},
	{"wordLevelTimestamps", VENDOR_BOOL},
	{"initialSilenceTimeoutMs", VENDOR_INT},
	{"endSilenceTimeoutMs", VENDOR_INT},
	{"stableIntermediateThreshold", VENDOR_INT},
};

static void on_request(struct vendor_session *s)
{
	struct str value;
	char why[160];

	if (!azure_key(s, true))
		return;
	if (!vendor_one_of(vendor_part(s, 0), "conversation|interactive|dictation")) {
		vendor_wrong(s, "the mode is conversation, interactive or dictation");
		vendor_refuse(s, 404, "no such endpoint");
	} else if (!vendor_check_query(s, query, ARRAY_LEN(query), why)) {
		vendor_refuse(s, 400, why);
	} else if (!vendor_query(s, "language", 0, &value)) {
		vendor_wrong(s, "language is missing");
		vendor_refuse(s, 400, "Specify a language");
	}
}

static void on_open(struct vendor_session *s)
{
	struct speech *p = vendor_state(s);

	p->s = s;
	p->pause = PAUSE;
	p->detailed = str_eq(vendor_query_or(s, "format", "simple"), STR("detailed"));
}

static void fail(struct speech *p, int code, const char *rule)
{
	vendor_wrong(p->s, "%s", rule);
	vendor_close(p->s, code, rule);
	p->over = true;
}

/* ---- what is said ---- */

static void say(struct speech *p, usec delay, const char *path, const char *json)
{
	azure_say(p->s, delay, path, str_from(p->request), str_from(json));
}

static long long ticks(usec t)
{
	return (long long)t * 10;
}

static void say_text(struct speech *p, bool final, usec delay)
{
	const struct ear *e = &p->ear;
	struct json_out w;
	struct buf out, text;

	buf_init(&out, 1u << 18);
	buf_init(&text, 1u << 16);
	if (final)
		ear_sentence(e, &text);
	else
		ear_text(e, &text);
	json_begin(&w, &out);
	json_map(&w, NULL);
	if (!final)
		json_str(&w, "Text", buf_str(&text));
	if (final)
		json_str(&w, "RecognitionStatus", text.n ? STR("Success") : STR("NoMatch"));
	if (final && text.n && !p->detailed)
		json_str(&w, "DisplayText", buf_str(&text));
	json_int(&w, "Offset", ticks(e->spoke_from));
	json_int(&w, "Duration", ticks(e->spoke_until - e->spoke_from));
	if (final && text.n && p->detailed) {
		json_list(&w, "NBest");
		json_map(&w, NULL);
		json_num(&w, "Confidence", 0.97);
		json_str(&w, "Lexical", buf_str(&text));
		json_str(&w, "ITN", buf_str(&text));
		json_str(&w, "MaskedITN", buf_str(&text));
		json_str(&w, "Display", buf_str(&text));
		json_end(&w);
		json_end(&w);
	}
	json_end(&w);
	azure_say(p->s, delay, final ? "speech.phrase" : "speech.hypothesis", str_from(p->request),
		  buf_str(&out));
	buf_fini(&text);
	buf_fini(&out);
}

static void on_speech(struct vendor_session *s, struct ear *e, usec at)
{
	char json[80];

	snprintf(json, sizeof(json), "{\"Offset\":%lld}", ticks(at));
	say(vendor_state(s), 0, "speech.startDetected", json);
}

static void on_partial(struct vendor_session *s, struct ear *e)
{
	say_text(vendor_state(s), false, 0);
}

static void end_turn(struct speech *p)
{
	say(p, 0, "turn.end", "{}");
	p->context = p->headed = false;
	p->request[0] = '\0';
	ear_fini(&p->ear);
}

static void on_pause(struct vendor_session *s, struct ear *e)
{
	struct speech *p = vendor_state(s);
	char json[80];

	vendor_note(s, "pause");
	snprintf(json, sizeof(json), "{\"Offset\":%lld}", ticks(e->spoke_until));
	say(p, 0, "speech.endDetected", json);
	vendor_bill_next(s, &(struct vendor_bill){.note = "final"});
	say_text(p, true, vendor_span(s, vendor_config(s)->delays.final));
	ear_settle(e);
}

static const struct ear_ops hears = {.on_speech = on_speech, .on_partial = on_partial, .on_pause = on_pause};

/* ---- messages ---- */

static void take_config(struct speech *p, const struct json *body)
{
	if (p->configured)
		fail(p, 1002, "speech.config comes once in a connection");
	else if (json_kind(json_find(body, "context/system")) != JSON_KIND_MAP)
		fail(p, 1007, "speech.config has context.system");
	p->configured = true;
}

static void take_context(struct speech *p, const struct json *body, const struct azure_message *m)
{
	static const struct vendor_rule members[] = {{"phraseDetection", VENDOR_MAP},
						     {"languageId", VENDOR_MAP},
						     {"dgi", VENDOR_MAP},
						     {"phraseOutput", VENDOR_MAP},
						     {"audio", VENDOR_MAP},
						     {"invocationSource", VENDOR_ANY}};
	int64_t ms = json_int_or(body,
				 "phraseDetection/CONVERSATION/segmentation/segmentationSilenceTimeoutMs", 0);
	char why[160];

	if (!p->configured) {
		fail(p, 1002, "speech.config comes first");
	} else if (p->headed) {
		fail(p, 1002, "speech.context comes before the sound of a turn");
	} else if (!vendor_check_json(p->s, body, members, ARRAY_LEN(members), why)) {
		fail(p, 1007, why);
	} else {
		p->context = true;
		p->pause = ms ? USEC_MS(ms) : PAUSE;
		str_copy(m->request, p->request, sizeof(p->request));
	}
}

static void on_text(struct vendor_session *s, struct str text)
{
	struct speech *p = vendor_state(s);
	struct azure_message m;
	struct json *body;

	if (p->over)
		return;
	if (!azure_parse(s, text, false, &m)) {
		fail(p, 1007, "the message is badly framed");
		return;
	}
	body = str_istarts(m.type, STR("application/json")) ? vendor_json(s, m.body) : NULL;
	if (!body)
		fail(p, 1007, "the body is JSON, and Content-Type says so");
	else if (str_ieq(m.path, STR("speech.config")))
		take_config(p, body);
	else if (str_ieq(m.path, STR("speech.context")))
		take_context(p, body, &m);
	else if (!str_ieq(m.path, STR("telemetry")))
		fail(p, 1003, "there is no such path");
	json_free(body);
}

/* RIFF header only: format 1 (PCM), 6 (A-law) or 7 (mu-law). */
static bool take_header(struct speech *p, struct str wav)
{
	const uint8_t *h = (const uint8_t *)wav.p;
	unsigned format;

	if (wav.n < 44 || !str_starts(wav, STR("RIFF")) || !str_starts(str_sub(wav, 8, 8), STR("WAVEfmt ")))
		return false;
	format = bytes_le16(h + 20);
	p->sound.coding = format == 7 ? SOUND_MULAW : format == 6 ? SOUND_ALAW : SOUND_S16;
	p->sound.rate_hz = bytes_le32(h + 24);
	return (format == 1 || format == 6 || format == 7) && p->sound.rate_hz >= 8000 &&
	       p->sound.rate_hz <= 48000;
}

static void begin_turn(struct speech *p, const struct azure_message *m)
{
	if (!str_ieq(m->type, STR("audio/x-wav")) || !take_header(p, m->body)) {
		fail(p, 1007, "the first message of sound is audio/x-wav with a RIFF header");
		return;
	}
	p->headed = true;
	ear_init(&p->ear, p->s, &hears, &p->sound);
	p->ear.pause = p->pause;
	say(p, 0, "turn.start", "{\"context\":{\"serviceTag\":\"5e2c8a1b\"}}");
}

static void hear(struct speech *p, const struct azure_message *m)
{
	if (m->type.n) {
		fail(p, 1007, "only the header has a Content-Type");
	} else if (!m->body.n) {
		ear_complete(&p->ear);
		if (ear_count(&p->ear))
			on_pause(p->s, &p->ear);
		say(p, 0, "speech.phrase",
		    "{\"RecognitionStatus\":\"EndOfDictation\",\"Offset\":0,\"Duration\":0}");
		end_turn(p);
	} else {
		vendor_heard(p->s, sound_span(&p->sound, m->body.n), 2, UNTHROTTLED + USEC_SEC(55));
		ear_feed(&p->ear, m->body);
	}
}

static void on_binary(struct vendor_session *s, struct str bytes)
{
	struct speech *p = vendor_state(s);
	struct azure_message m;

	if (p->over)
		return;
	if (!azure_parse(s, bytes, true, &m))
		fail(p, 1007, "the message is badly framed");
	else if (!str_ieq(m.path, STR("audio")))
		fail(p, 1003, "binary messages have the path audio");
	else if (!p->context)
		fail(p, 1002, "speech.config and speech.context come before sound");
	else if (!str_eq(m.request, str_from(p->request)))
		fail(p, 1002, "sound has the X-RequestId of its turn");
	else if (!p->headed)
		begin_turn(p, &m);
	else
		hear(p, &m);
}

static void on_fault(struct vendor_session *s)
{
	struct speech *p = vendor_state(s);

	say(p, 0, "speech.phrase", "{\"RecognitionStatus\":\"Error\",\"Offset\":0,\"Duration\":0}");
	vendor_close(s, 1011, "");
}

static void on_close(struct vendor_session *s)
{
	struct speech *p = vendor_state(s);

	ear_fini(&p->ear);
}

const struct vendor_sim sim_azure_speech = {
	.name = "azure",
	.kind = VENDOR_WEBSOCKET,
	.path = "/speech/recognition/*/cognitiveservices/v1",
	.state_bytes = sizeof(struct speech),
	.on_request = on_request,
	.on_open = on_open,
	.on_text = on_text,
	.on_binary = on_binary,
	.on_fault = on_fault,
	.on_close = on_close,
};
