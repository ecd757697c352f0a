/* Azure text to speech: SSML by POST, and over WebSocket with the times of words. */
#include <stdio.h>
#include <string.h>

#include "azure.h"
#include "vendors/voice.h"

#define FORMATS                                                                                              \
	"raw-8khz-8bit-mono-mulaw|raw-8khz-8bit-mono-alaw|raw-8khz-16bit-mono-pcm|raw-16khz-16bit-mono-pcm|" \
	"raw-24khz-16bit-mono-pcm"

static bool take_format(struct str name, struct sound *ret_sound)
{
	int64_t khz = 8;

	if (!vendor_one_of(name, FORMATS) ||
	    str_to_int(str_sub(name, 4, str_chr(str_sub(name, 4, 4), 'k')), 1, 48, &khz) < 0)
		return false;
	*ret_sound = (struct sound){str_ends(name, STR("mulaw"))  ? SOUND_MULAW
				    : str_ends(name, STR("alaw")) ? SOUND_ALAW
								  : SOUND_S16,
				    (uint32_t)khz * 1000};
	return true;
}

/* ---- SSML ---- */

static bool unescape(struct str *rest, struct buf *out)
{
	static const struct {
		const char *name;
		char c;
	} entities[] = {{"&amp;", '&'},   {"&lt;", '<'},   {"&gt;", '>'}, {"&quot;", '"'},
			{"&apos;", '\''}, {"&#39;", '\''}, {"&#34;", '"'}};

	for (size_t i = 0; i < ARRAY_LEN(entities); i++)
		if (str_starts(*rest, str_from(entities[i].name))) {
			buf_add_char(out, entities[i].c);
			*rest = str_sub(*rest, strlen(entities[i].name), SIZE_MAX);
			return true;
		}
	return false;
}

/* The text inside of voice, without its tags. NULL, or what is wrong. */
static const char *read_ssml(struct str ssml, struct buf *out)
{
	size_t voice = str_find(ssml, STR("<voice name=")), deep = 0;
	struct str rest = str_trim(ssml), tag;

	if (!str_starts(rest, STR("<speak ")) || !str_ends(rest, STR("</voice></speak>")) || voice == ssml.n)
		return "speak holds voice, with a name, holds the text";
	if (str_find(rest, STR("xml:lang=")) == rest.n || str_find(rest, STR("version=\"1.0\"")) == rest.n)
		return "speak has version and xml:lang";
	while (rest.n) {
		if (rest.p[0] == '<') {
			tag = str_cut(&rest, '>');
			deep += tag.n > 1 && tag.p[1] != '/' && !str_ends(tag, STR("/"));
			deep -= tag.n > 1 && tag.p[1] == '/' && deep > 0;
		} else if (rest.p[0] == '&') {
			if (!unescape(&rest, out))
				return "& < > are escaped";
		} else {
			buf_add_char(out, rest.p[0]);
			rest = str_sub(rest, 1, SIZE_MAX);
		}
	}
	return deep ? "a tag is not closed" : NULL;
}

/* ---- POST ---- */

static void say_bytes(struct vendor_session *s, const struct voice_piece *p)
{
	vendor_piece(s, p->delay, p->bytes);
}

static void refuse(struct vendor_session *s, int status, const char *why)
{
	vendor_answer(s, status, "text/plain", STR("")); /* without a useful body */
}

static void on_post(struct vendor_session *s)
{
	struct voice v = {.say = say_bytes, .odd_bytes = 1};
	struct buf text;
	const char *why = NULL;

	if (!azure_key(s, false))
		return;
	buf_init(&text, 1u << 20);
	if (!vendor_header(s, "user-agent").n)
		why = "User-Agent is required";
	else if (!str_istarts(vendor_header(s, "content-type"), STR("application/ssml+xml")))
		why = "Content-Type is application/ssml+xml";
	else if (!take_format(vendor_header(s, "x-microsoft-outputformat"), &v.sound))
		why = "X-Microsoft-OutputFormat is not one that the simulator has";
	else
		why = read_ssml(vendor_body(s), &text);
	if (why) {
		vendor_wrong(s, "%s", why);
		refuse(s, str_starts(str_from(why), STR("Content-Type")) ? 415 : 400, why);
	} else {
		v.odd_bytes *= v.sound.coding == SOUND_S16;
		vendor_bill(s, &(struct vendor_bill){.characters = voice_characters(buf_str(&text)),
						     .note = "text"});
		vendor_begin(s, 200, "audio/basic");
		voice_speak(s, &v, buf_str(&text));
		vendor_finish(s);
	}
	buf_fini(&text);
}

const struct vendor_sim sim_azure_voice_post = {
	.name = "azure", .path = "/cognitiveservices/v1", .on_request = on_post, .on_refuse = refuse};

/* ---- WebSocket ---- */

struct azure_voice {
	struct vendor_session *s;
	struct sound sound;
	char request[33];
	bool configured, context, timed, over;
};

static void on_request(struct vendor_session *s)
{
	azure_key(s, true);
}

static void on_open(struct vendor_session *s)
{
	struct azure_voice *k = vendor_state(s);

	k->s = s;
}

static void fail(struct azure_voice *k, int code, const char *rule)
{
	vendor_wrong(k->s, "%s", rule);
	vendor_close(k->s, code, rule);
	k->over = true;
}

static void say_mark(struct str word, usec start, usec end, void *arg)
{
	struct azure_voice *k = arg;
	struct json_out w;
	struct buf out;

	buf_init(&out, 1u << 16);
	json_begin(&w, &out);
	json_map(&w, NULL);
	json_list(&w, "Metadata");
	json_map(&w, NULL);
	json_str(&w, "Type", STR("WordBoundary"));
	json_map(&w, "Data");
	json_int(&w, "Offset", start * 10);
	json_int(&w, "Duration", (end - start) * 10);
	json_map(&w, "text");
	json_str(&w, "Text", word);
	json_int(&w, "Length", (int64_t)word.n);
	json_end(&w);
	json_end(&w);
	json_end(&w);
	json_end(&w);
	json_end(&w);
	azure_say(k->s, 0, "audio.metadata", str_from(k->request), buf_str(&out));
	buf_fini(&out);
}

static void say_piece(struct vendor_session *s, const struct voice_piece *p)
{
	struct azure_voice *k = vendor_state(s);
	const struct str *text = p->arg;

	azure_say_sound(s, p->delay, str_from(k->request), STR("5E2C8A1B"), p->bytes);
	if (p->from == 0 && k->timed)
		voice_words(*text, say_mark, k);
}

static void speak(struct azure_voice *k, const struct azure_message *m)
{
	struct buf text;
	struct str spoken;
	struct voice v = {.sound = k->sound, .say = say_piece, .arg = &spoken};
	const char *why;

	buf_init(&text, 1u << 20);
	why = read_ssml(m->body, &text);
	spoken = buf_str(&text);
	if (why) {
		fail(k, 1007, why);
	} else {
		vendor_bill(k->s,
			    &(struct vendor_bill){.characters = voice_characters(spoken), .note = "text"});
		azure_say(k->s, 0, "turn.start", str_from(k->request),
			  STR("{\"context\":{\"serviceTag\":\"5e2c8a1b\"}}"));
		azure_say(k->s, 0, "response", str_from(k->request),
			  STR("{\"context\":{\"serviceTag\":\"5e2c8a1b\"},\"audio\":{\"type\":\"inline\","
			      "\"streamId\":"
			      "\"5E2C8A1B\"}}"));
		voice_speak(k->s, &v, spoken);
		azure_say_sound(k->s, 0, str_from(k->request), STR("5E2C8A1B"),
				STR("")); /* the end of sound */
		azure_say(k->s, 0, "turn.end", str_from(k->request), STR("{}"));
		k->context = false;
	}
	buf_fini(&text);
}

static void take_context(struct azure_voice *k, const struct json *body, const struct azure_message *m)
{
	struct str format = json_str_or(body, "synthesis/audio/outputFormat", STR(""));

	if (!k->configured)
		fail(k, 1002, "speech.config comes first");
	else if (!take_format(format, &k->sound))
		fail(k, 1007, "outputFormat is not one that the simulator has");
	else
		k->context = true;
	k->timed = json_bool_or(body, "synthesis/audio/metadataOptions/wordBoundaryEnabled", false);
	str_copy(m->request, k->request, sizeof(k->request));
}

static void take_json(struct azure_voice *k, const struct azure_message *m)
{
	struct json *body = str_istarts(m->type, STR("application/json")) ? vendor_json(k->s, m->body) : NULL;

	if (!body) {
		fail(k, 1007, "the body is JSON, and Content-Type says so");
	} else if (str_ieq(m->path, STR("speech.config"))) {
		if (k->configured || json_kind(json_find(body, "context/system")) != JSON_KIND_MAP)
			fail(k, 1007, "speech.config comes once, with context.system");
		k->configured = true;
	} else if (str_ieq(m->path, STR("synthesis.context"))) {
		take_context(k, body, m);
	} else {
		fail(k, 1003, "there is no such path");
	}
	json_free(body);
}

static void on_text(struct vendor_session *s, struct str text)
{
	struct azure_voice *k = vendor_state(s);
	struct azure_message m;

	if (k->over)
		return;
	if (!azure_parse(s, text, false, &m))
		fail(k, 1007, "the message is badly framed");
	else if (!str_ieq(m.path, STR("ssml")))
		take_json(k, &m);
	else if (!k->context || !str_eq(m.request, str_from(k->request)))
		fail(k, 1002, "synthesis.context of the same X-RequestId comes before ssml");
	else if (!str_istarts(m.type, STR("application/ssml+xml")))
		fail(k, 1007, "ssml has Content-Type application/ssml+xml");
	else
		speak(k, &m);
}

static void on_fault(struct vendor_session *s)
{
	vendor_close(s, 1011, "synthesis failed");
}

const struct vendor_sim sim_azure_voice = {
	.name = "azure",
	.kind = VENDOR_WEBSOCKET,
	.path = "/cognitiveservices/websocket/v1",
	.state_bytes = sizeof(struct azure_voice),
	.on_request = on_request,
	.on_open = on_open,
	.on_text = on_text,
	.on_fault = on_fault,
};
