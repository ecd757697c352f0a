/* Deepgram /v1/speak (Aura): text is kept up to the end of a sentence or a Flush; sound comes in binary. */
#include <stdio.h>
#include <string.h>

#include "deepgram.h"
#include "vendors/voice.h"

#define IDLE          USEC_SEC(60)
#define TEXT_MOST     2000 /* characters of one message */
#define FLUSHES       20
#define FLUSHES_SPAN  USEC_SEC(60)
#define SOUND_OF_TEXT 1 /* the queue's tag */

struct speak {
	struct vendor_session *s;
	struct sound sound;
	struct buf waiting;
	usec flushed[FLUSHES]; /* when, in a ring */
	unsigned n_flushed, sequence;
	bool ending;
};

static const struct vendor_rule query[] = {
	{"model", VENDOR_TEXT},
	{"encoding", VENDOR_TEXT, VENDOR_MAY, 0, 0, "linear16|mulaw|alaw"},
	{"sample_rate", VENDOR_INT, VENDOR_MAY, 8000, 48000},
	{"speed", VENDOR_NUM, VENDOR_MAY, 0.7, 1.5},
	{"mip_opt_out", VENDOR_BOOL},
	{"tag", VENDOR_TEXT, VENDOR_MANY},
};

/* ---- the upgrade ---- */

static const char *check_sound(struct vendor_session *s)
{
	struct str rate = vendor_query_or(s, "sample_rate", ""),
		   model = vendor_query_or(s, "model", "aura-asteria-en");
	bool law = vendor_one_of(vendor_query_or(s, "encoding", "linear16"), "mulaw|alaw");

	if (!str_starts(model, STR("aura-")))
		return "No such model/language/tier combination found.";
	if (law && !vendor_one_of(rate, "8000|16000"))
		return "mulaw and alaw have a sample_rate of 8000 or 16000";
	if (rate.n && !vendor_one_of(rate, "8000|16000|24000|32000|48000"))
		return "sample_rate is 8000, 16000, 24000, 32000 or 48000";
	return NULL;
}

static void on_request(struct vendor_session *s)
{
	const char *problem;
	char why[160];

	if (!deepgram_key(s))
		return;
	problem = vendor_check_query(s, query, ARRAY_LEN(query), why) ? check_sound(s) : why;
	if (!problem)
		return;
	if (problem != why)
		vendor_wrong(s, "%s", problem);
	vendor_refuse(s, 400, problem);
}

static void on_open(struct vendor_session *s)
{
	struct speak *k = vendor_state(s);

	k->s = s;
	k->sound = (struct sound){SOUND_S16, 24000};
	deepgram_sound(s, &k->sound);
	buf_init(&k->waiting, 1u << 20);
	vendor_text(
		s, 0,
		STR("{\"type\":\"Metadata\",\"request_id\":\"5e2c8a1b\",\"model_name\":\"aura-2-thalia-en\","
		    "\"model_version\":\"1\",\"model_uuid\":\"1abfe86b\"}"));
	vendor_wake(s, IDLE);
}

/* ---- what is said ---- */

static void say_piece(struct vendor_session *s, const struct voice_piece *p)
{
	vendor_binary(s, p->delay, p->bytes);
}

/* Speaks what is waiting, or the sentences of it. */
static void generate(struct speak *k, bool all)
{
	struct voice v = {.sound = k->sound, .say = say_piece, .going_on = vendor_busy(k->s)};
	struct str text = buf_str(&k->waiting);
	size_t n = all ? text.n : 0;

	for (size_t i = 0; i + 1 < text.n && !all; i++)
		if (strchr(".?!", text.p[i]) && text.p[i + 1] == ' ')
			n = i + 2;
	vendor_tag(k->s, SOUND_OF_TEXT);
	voice_speak(k->s, &v, str_sub(text, 0, n));
	vendor_tag(k->s, 0);
	buf_consume(&k->waiting, n);
}

static void say_number(struct speak *k, const char *type)
{
	char text[80];

	snprintf(text, sizeof(text), "{\"type\":\"%s\",\"sequence_id\":%u}", type, k->sequence++);
	vendor_text(k->s, 0, str_from(text));
}

static void fail(struct speak *k, int code, const char *reason, const char *rule)
{
	vendor_wrong(k->s, "%s", rule);
	vendor_close(k->s, code, reason);
	k->ending = true;
}

static void flush(struct speak *k)
{
	usec *oldest = &k->flushed[k->n_flushed % FLUSHES];

	if (k->n_flushed >= FLUSHES && vendor_now(k->s) - *oldest < FLUSHES_SPAN) {
		vendor_wrong(k->s, "more than 20 Flush in 60 seconds");
		vendor_text(k->s, 0,
			    STR("{\"type\":\"Warning\",\"code\":\"EXCESSIVE_FLUSH\",\"description\":\"Flush "
				"ignored\"}"));
		return;
	}
	*oldest = vendor_now(k->s);
	k->n_flushed++;
	generate(k, true);
	say_number(k, "Flushed");
}

static void clear(struct speak *k)
{
	vendor_note(k->s, "cancel");
	buf_clear(&k->waiting);
	vendor_drop(k->s, SOUND_OF_TEXT);
	say_number(k, "Cleared");
}

static void take_text(struct speak *k, const struct json *m)
{
	struct str text;

	if (json_get_str(m, "text", &text) < 0 || json_count(m) != 2) {
		fail(k, 1008, "DATA-0000", "Speak has text, and nothing else");
	} else if (voice_characters(text) > TEXT_MOST) {
		fail(k, 1009, "BIG-0001", "one message has at most 2000 characters");
	} else {
		vendor_bill(k->s,
			    &(struct vendor_bill){.characters = voice_characters(text), .note = "text"});
		buf_add_str(&k->waiting, text);
		generate(k, false);
	}
}

static void on_text(struct vendor_session *s, struct str text)
{
	struct speak *k = vendor_state(s);
	struct json *m = vendor_json(s, text);
	struct str type = json_str_or(m, "type", STR(""));

	vendor_wake(s, IDLE);
	if (k->ending) {
		vendor_wrong(s, "something comes after Close");
	} else if (!m || !type.n) {
		fail(k, 1003, "MESSAGE-0000", "a message is JSON with a type");
	} else if (str_eq(type, STR("Speak"))) {
		take_text(k, m);
	} else if (str_eq(type, STR("Flush"))) {
		flush(k);
	} else if (str_eq(type, STR("Clear"))) {
		clear(k);
	} else if (str_eq(type, STR("Close"))) {
		generate(k, true);
		vendor_close(s, 1000, "");
		k->ending = true;
	} else {
		fail(k, 1008, "DATA-0000", "there is no such command");
	}
	json_free(m);
}

static void on_binary(struct vendor_session *s, struct str bytes)
{
	fail(vendor_state(s), 1003, "MESSAGE-0000", "binary messages are for speech to text");
}

static void on_wake(struct vendor_session *s)
{
	struct speak *k = vendor_state(s);

	if (vendor_busy(s)) {
		vendor_wake(s, IDLE);
		return;
	}
	k->ending = true;
	vendor_close(s, 1011, "NET-0001");
}

static void on_fault(struct vendor_session *s)
{
	vendor_close(s, 1011, "NET-0002");
}

static void on_close(struct vendor_session *s)
{
	struct speak *k = vendor_state(s);

	buf_fini(&k->waiting);
}

const struct vendor_sim sim_deepgram_speak = {
	.name = "deepgram",
	.kind = VENDOR_WEBSOCKET,
	.path = "/v1/speak",
	.state_bytes = sizeof(struct speak),
	.message_bytes = 2u << 20,
	.on_request = on_request,
	.on_open = on_open,
	.on_text = on_text,
	.on_binary = on_binary,
	.on_wake = on_wake,
	.on_fault = on_fault,
	.on_refuse = deepgram_refuse,
	.on_close = on_close,
};
