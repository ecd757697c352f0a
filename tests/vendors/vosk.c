/* vosk-server: one answer to each message of sound; eof and reset are compared as strings. A model of 16 kHz,
 * which most are, hears nothing in sound of less: an empty text is the answer to each message. An older
 * server, which is .arg, knows no reset. */
#include "vendors/ear.h"

#define PAUSE        USEC_MS(600)
#define MESSAGE_MOST (1u << 20)
#define MODEL_HZ     16000

struct vosk {
	struct vendor_session *s;
	struct ear ear;
	struct sound sound;
	bool heard, deaf, paused, words, ending;
};

static const struct vendor_rule config_members[] = {
	{"sample_rate", VENDOR_NUM, VENDOR_MAY, 8000, 48000},
	{"words", VENDOR_ANY},
	{"max_alternatives", VENDOR_INT, VENDOR_MAY, 0, 10},
	{"phrase_list", VENDOR_LIST},
};

static void on_pause(struct vendor_session *s, struct ear *e)
{
	struct vosk *k = vendor_state(s);

	k->paused = true;
}

static const struct ear_ops hears = {.on_pause = on_pause};

/* ---- what is said, pretty-printed with line feeds ---- */

static void say_partial(struct vosk *k)
{
	struct buf out, text;

	buf_init(&out, 1u << 18);
	buf_init(&text, 1u << 16);
	ear_text(&k->ear, &text);
	buf_add_str(&out, STR("{\n  \"partial\" : "));
	json_quote(&out, buf_str(&text));
	buf_add_str(&out, STR("\n}"));
	vendor_partial(k->s, ear_count(&k->ear) > 0);
	vendor_text(k->s, 0, buf_str(&out));
	vendor_partial(k->s, false);
	buf_fini(&text);
	buf_fini(&out);
}

static void say_words(struct vosk *k, struct buf *out)
{
	if (!k->words || !ear_count(&k->ear))
		return;
	buf_add_str(out, STR("  \"result\" : ["));
	for (size_t i = k->ear.first; i < k->ear.n_words; i++) {
		const struct ear_word *w = &k->ear.words[i];

		buf_printf(out,
			   "%s{\n      \"conf\" : 1.000000,\n      \"end\" : %.6f,\n      \"start\" : %.6f,\n"
			   "      \"word\" : ",
			   i > k->ear.first ? ", " : "", ear_seconds(w->end), ear_seconds(w->start));
		json_quote(out, str_from(w->text));
		buf_add_str(out, STR("\n    }"));
	}
	buf_add_str(out, STR("],\n"));
}

static void say_final(struct vosk *k)
{
	struct buf out, text;

	ear_complete(&k->ear);
	buf_init(&out, 1u << 18);
	buf_init(&text, 1u << 16);
	ear_text(&k->ear, &text);
	buf_add_str(&out, STR("{\n"));
	say_words(k, &out);
	buf_add_str(&out, STR("  \"text\" : "));
	json_quote(&out, buf_str(&text));
	buf_add_str(&out, STR("\n}"));
	vendor_bill_next(k->s, &(struct vendor_bill){.note = "final"});
	vendor_text(k->s, vendor_span(k->s, vendor_config(k->s)->delays.final), buf_str(&out));
	ear_settle(&k->ear);
	k->paused = false;
	buf_fini(&text);
	buf_fini(&out);
}

/* ---- messages ---- */

static void start_hearing(struct vosk *k)
{
	if (k->heard)
		return;
	k->heard = true;
	k->deaf = k->sound.rate_hz < MODEL_HZ;
	if (k->deaf)
		vendor_wrong(k->s, "a model of %d Hz takes no sound of less", MODEL_HZ);
	ear_init(&k->ear, k->s, &hears, &k->sound);
	k->ear.pause = PAUSE;
}

/* An exception in the server: the connection drops. */
static void drop(struct vosk *k, const char *rule)
{
	vendor_wrong(k->s, "%s", rule);
	vendor_close(k->s, 1011, "");
	k->ending = true;
}

static void configure(struct vosk *k, struct str text)
{
	struct json *m = vendor_json(k->s, text);
	const struct json *config = json_find(m, "config");
	char why[160];

	if (k->heard)
		drop(k, "config comes before the first sound");
	else if (!config || json_find(config, "model"))
		drop(k, "config has no model: it would replace everybody's");
	else if (!vendor_check_json(k->s, config, config_members, ARRAY_LEN(config_members), why))
		drop(k, why);
	else
		k->sound.rate_hz = (uint32_t)json_num_or(config, "sample_rate", 8000);
	k->words = json_bool_or(config, "words", json_int_or(config, "words", 0) != 0);
	json_free(m);
}

static void on_open(struct vendor_session *s)
{
	struct vosk *k = vendor_state(s);

	k->s = s;
	k->sound = (struct sound){SOUND_S16, 8000};
}

static void on_text(struct vendor_session *s, struct str text)
{
	struct vosk *k = vendor_state(s);

	if (k->ending)
		return;
	if (str_find(text, STR("config")) < text.n) {
		configure(k, text);
	} else if (str_eq(text, STR("{\"eof\" : 1}"))) {
		start_hearing(k);
		say_final(k);
		vendor_close(s, 1000, "");
		k->ending = true;
	} else if (str_eq(text, STR("{\"reset\" : 1}")) && !vendor_sim(s)->arg) {
		start_hearing(k);
		say_final(k);
	} else {
		drop(k, "text is config, {\"eof\" : 1} or {\"reset\" : 1}, blank for blank");
	}
}

static void on_binary(struct vendor_session *s, struct str bytes)
{
	struct vosk *k = vendor_state(s);

	if (k->ending)
		return;
	start_hearing(k);
	if (!bytes.n || bytes.n % 2) {
		drop(k, "sound is whole samples of 16 bits");
		return;
	}
	vendor_heard(s, sound_span(&k->sound, bytes.n), 2, USEC_SEC(60));
	if (k->deaf) {
		vendor_text(s, 0, STR("{\"text\": \"\"}"));
		return;
	}
	ear_feed(&k->ear, bytes);
	if (k->paused)
		say_final(k);
	else
		say_partial(k);
}

static void on_fault(struct vendor_session *s)
{
	vendor_close(s, 1011, "");
}

static void on_close(struct vendor_session *s)
{
	struct vosk *k = vendor_state(s);

	ear_fini(&k->ear);
}

#define VOSK(the_name, is_older)                                                                           \
	{                                                                                                  \
		.name = (the_name), .kind = VENDOR_WEBSOCKET, .path = "*", .arg = (is_older), .shy = true, \
		.state_bytes = sizeof(struct vosk), .message_bytes = MESSAGE_MOST, .on_open = on_open,     \
		.on_text = on_text, .on_binary = on_binary, .on_fault = on_fault, .on_close = on_close     \
	}

const struct vendor_sim sim_vosk = VOSK("vosk", NULL);
const struct vendor_sim sim_vosk_older = VOSK("vosk-older", "older");
