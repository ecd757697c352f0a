#include "toy_voice.h"

#include <errno.h>
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "test.h"

#define CONTEXTS_MAX 64

/* ---- the dialects ---- */

static void address(const struct tts_speaker *sp, struct tts_address *a)
{
	buf_add_str(&a->url, service_or(sp->service->url, "wss://toy"));
	tts_address_header(a, "Key", "", sp->service->key);
}

static void write_step(enum tts_ws_step step, const struct tts_ws_piece *piece, struct buf *out)
{
	static const char *const steps[] = {"begin", "say", "finish", "cancel", "bye"};
	struct json_out w;

	json_begin(&w, out);
	json_map(&w, NULL);
	json_str(&w, "do", str_from(steps[step]));
	if (step != TTS_WS_BYE)
		json_str(&w, "name", piece->name);
	if (step == TTS_WS_SAY)
		json_str(&w, "words", piece->words);
	json_end(&w);
	buf_add_char(out, '\n');
}

static int read_message(const struct json *m, struct tts_ws_news *news)
{
	news->name = json_str_or(m, "name", STR(""));
	news->sound = json_str_or(m, "sound", STR(""));
	news->times = (struct tts_ws_times){.words = json_find(m, "words"),
					    .ends = json_find(m, "ends"),
					    .starts = json_find(m, "starts"),
					    .lasts = json_find(m, "lasts"),
					    .unit = 0.001,
					    .of_message = json_bool_or(m, "of_message", false)};
	news->clause_over = json_bool_or(m, "clause", false);
	news->over = json_bool_or(m, "over", false);
	news->cancelled = json_bool_or(m, "cancelled", false);
	news->fault = (enum fault)json_int_or(m, "fault", 0);
	news->words = json_str_or(m, "why", STR(""));
	return json_find(m, "odd") ? -EBADMSG : 0;
}

#define TOY_FORM      .form = {TTS_S16, 8000}
#define TOY_FUNCTIONS .address = address, .write = write_step, .read = read_message

const struct tts_ws_dialect toy_named = {
	.traits = {.key = VENDOR_KEY_OPTIONAL,
		   .model = "toy-1",
		   .can = TTS_MARKS | TTS_TAKES_PIECES,
		   TOY_FORM,
		   .at_once = 2,
		   .linger = USEC_MS(300)},
	.spare_life = USEC_SEC(60),
	TOY_FUNCTIONS,
};

const struct tts_ws_dialect toy_in_order = {
	.traits = {.can = TTS_TAKES_PIECES, TOY_FORM, .at_once = 3, .in_order = true, .alone = true},
	.answers_cancel = true,
	TOY_FUNCTIONS,
};

const struct tts_ws_dialect toy_socket_a_stretch = {
	.traits = {.key = VENDOR_KEY_NEEDED, .can = TTS_TAKES_PIECES, TOY_FORM, .at_once = 2},
	.socket_a_stretch = true,
	TOY_FUNCTIONS,
};

static void request(const struct tts_speaker *sp, struct str words, struct tts_address *a)
{
	address(sp, a);
	buf_add_str(&a->body, words);
}

const struct tts_http_dialect toy_http = {.traits = {TOY_FORM, .at_once = 2}, .request = request};

const struct tts_http_dialect toy_http_json = {
	.traits = {TOY_FORM, .at_once = 1}, .request = request, .sound_at = "audio/data"};

/* ---- the vendor ---- */

struct context {
	unsigned conn;
	char name[TTS_WS_NAME_MAX];
	size_t letters; /* that were spoken */
	size_t unsaid;  /* of a vendor who speaks when all is there */
	bool broken;
};

struct toy_voice toy_voice;
static struct context contexts[CONTEXTS_MAX];
static size_t context_count;

static void say_json(unsigned conn, const char *fmt, ...) printf_like(2, 3);

static void say_json(unsigned conn, const char *fmt, ...)
{
	struct buf text;
	va_list ap;

	buf_init(&text, 1u << 20);
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	fake_net_say(conn, text.error ? STR("{\"fault\":7,\"why\":\"no memory\"}") : buf_str(&text));
	buf_fini(&text);
}

static void add_sound(struct buf *out, size_t letters)
{
	for (size_t i = 0; i < letters * TOY_SAMPLES_A_LETTER; i++)
		buf_add(out, "\xe8\x03", 2);
}

static void say_sound(unsigned conn, const char *name, size_t letters)
{
	struct buf sound, text;

	buf_init(&sound, 1u << 20);
	buf_init(&text, 1u << 20);
	add_sound(&sound, letters);
	base64_write(&text, buf_str(&sound));
	say_json(conn, "{\"name\":\"%s\",\"sound\":\"" STR_FMT "\"}", name, STR_ARG(buf_str(&text)));
	if (sound.error || text.error)
		say_json(conn, "{\"name\":\"%s\",\"fault\":%d}", name, FAULT_OVERLOAD);
	buf_fini(&sound);
	buf_fini(&text);
}

/* When each word ends, in milliseconds of the stretch. */
static void say_times(const struct context *c, struct str words)
{
	struct buf said, ends;
	struct str rest = words, word;

	buf_init(&said, 1u << 20);
	buf_init(&ends, 1u << 20);
	while ((word = str_word(&rest)).n > 0) {
		size_t letters = c->letters + (size_t)(word.p - words.p) + word.n;

		buf_printf(&said, "%s\"" STR_FMT "\"", said.n ? "," : "", STR_ARG(word));
		buf_printf(&ends, "%s%f", ends.n ? "," : "",
			   (double)letters * TOY_SAMPLES_A_LETTER / (TTS_RATE_HZ / 1000));
	}
	if (!said.error && !ends.error)
		say_json(c->conn, "{\"name\":\"%s\",\"words\":[" STR_FMT "],\"ends\":[" STR_FMT "]}", c->name,
			 STR_ARG(buf_str(&said)), STR_ARG(buf_str(&ends)));
	buf_fini(&said);
	buf_fini(&ends);
}

static struct context *context_of(unsigned conn, struct str name)
{
	struct context *c;

	for (size_t i = 0; i < context_count; i++)
		if (contexts[i].conn == conn && str_eq(name, str_from(contexts[i].name)))
			return &contexts[i];
	c = &contexts[MIN(context_count, CONTEXTS_MAX - 1u)];
	context_count = MIN(context_count + 1, (size_t)CONTEXTS_MAX);
	*c = (struct context){.conn = conn};
	str_copy(name, c->name, sizeof(c->name));
	return c;
}

static bool misbehave(unsigned conn, const char *name)
{
	static const struct ws_end gone = {
		.fault = FAULT_UNREACHABLE, .code = 1006, .words = STR_INIT("gone"), .retry_after = -1};

	if (toy_voice.garbage)
		fake_net_say(conn, STR("sound!"));
	if (toy_voice.hangs_up)
		fake_net_end(conn, &gone);
	if (toy_voice.code != FAULT_NONE)
		say_json(conn, "{\"name\":\"%s\",\"fault\":%d,\"why\":\"key-of-toys is not welcome\"}", name,
			 toy_voice.code);
	return toy_voice.mute || toy_voice.garbage || toy_voice.hangs_up || toy_voice.code != FAULT_NONE;
}

static void speak(struct context *c, struct str words, bool named)
{
	const char *name = named ? c->name : "";

	c->broken |= str_find(words, STR("broken")) < words.n;
	if (c->broken)
		say_json(c->conn, "{\"name\":\"%s\",\"fault\":%d,\"why\":\"broken\"}", name, FAULT_PROTOCOL);
	if (c->broken || misbehave(c->conn, name))
		return;
	say_sound(c->conn, name, toy_voice.half ? words.n / 2 : words.n);
	if (named)
		say_times(c, words);
	if (named && !toy_voice.half)
		say_json(c->conn, "{\"name\":\"%s\",\"clause\":true}", c->name);
	c->letters += words.n;
}

static void on_message(unsigned conn, struct str text)
{
	struct json *m;
	struct context *c;
	struct str what, words;
	bool named = str_eq(fake_net_url(conn), STR("wss://named"));

	if (json_parse(text, NULL, NULL, &m) < 0)
		return;
	what = json_str_or(m, "do", STR(""));
	words = json_str_or(m, "words", STR(""));
	c = context_of(conn, json_str_or(m, "name", STR("")));
	if (str_eq(what, STR("say")))
		speak(c, words, named);
	else if (str_eq(what, STR("finish")) && !c->broken && !toy_voice.mute && !toy_voice.half)
		say_json(conn, "{\"name\":\"%s\",\"over\":true}", named ? c->name : "");
	else if (str_eq(what, STR("cancel")) && !named)
		say_json(conn, "{\"cancelled\":true}");
	json_free(m);
}

static void answer_sound(unsigned ask, struct str words)
{
	struct buf sound;

	buf_init(&sound, 1u << 20);
	add_sound(&sound, toy_voice.half ? words.n / 2 : words.n);
	for (size_t i = 0; i < sound.n; i += 7)
		fake_net_piece(ask, str_sub(buf_str(&sound), i, 7));
	buf_fini(&sound);
}

static void answer_json(unsigned ask, struct str words)
{
	struct buf sound, text;

	buf_init(&sound, 1u << 20);
	buf_init(&text, 1u << 20);
	add_sound(&sound, words.n);
	buf_add_str(&text, STR("{\"audio\":{\"data\":\""));
	base64_write(&text, buf_str(&sound));
	buf_add_str(&text, STR("\"}}"));
	fake_net_piece(ask, str_sub(buf_str(&text), 0, 5));
	fake_net_piece(ask, str_sub(buf_str(&text), 5, text.n));
	buf_fini(&sound);
	buf_fini(&text);
}

static void on_ask(unsigned ask, const struct http_ask *a)
{
	if (toy_voice.mute)
		return;
	if (toy_voice.code != FAULT_NONE || str_find(a->body, STR("broken")) < a->body.n) {
		fake_net_done(ask, 500, toy_voice.code ? toy_voice.code : FAULT_UNREACHABLE,
			      "key-of-toys is broken");
		return;
	}
	if (str_eq(a->url, STR("https://json")))
		answer_json(ask, a->body);
	else
		answer_sound(ask, a->body);
	if (!toy_voice.half)
		fake_net_done(ask, 200, FAULT_NONE, "");
}

static void start(struct loop *l)
{
	struct fake_net_vendor v = {.opens_after = USEC_MS(80),
				    .latency = USEC_MS(40),
				    .on_message = on_message,
				    .on_ask = on_ask};

	toy_voice = (struct toy_voice){0};
	context_count = 0;
	fake_net_start(l, &v);
}

/* ---- kinds of sessions ---- */

struct service toy_service;
struct service_host toy_host;
struct service_use toy_use;

static void make_use(struct loop *l, const char *url, const void *dialect)
{
	toy_service = (struct service){.name = STR("toys"),
				       .type = STR("toy"),
				       .url = str_from(url),
				       .key = STR("key-of-toys"),
				       .connect_limit = USEC_MS(500),
				       .first_limit = USEC_MS(500),
				       .stall_limit = USEC_MS(400)};
	toy_host = (struct service_host){.loop = l};
	toy_use = (struct service_use){&toy_service, &toy_host, dialect};
	start(l);
}

static int set_up_named(const struct tts_kind *kind, struct loop *l, const void **ret_config)
{
	make_use(l, "wss://named", &toy_named);
	*ret_config = &toy_use;
	return 0;
}

static int set_up_in_order(const struct tts_kind *kind, struct loop *l, const void **ret_config)
{
	make_use(l, "wss://order", &toy_in_order);
	*ret_config = &toy_use;
	return 0;
}

static int set_up_socket_a_stretch(const struct tts_kind *kind, struct loop *l, const void **ret_config)
{
	make_use(l, "wss://stretch", &toy_socket_a_stretch);
	*ret_config = &toy_use;
	return 0;
}

static int set_up_http(const struct tts_kind *kind, struct loop *l, const void **ret_config)
{
	make_use(l, "https://plain", &toy_http);
	*ret_config = &toy_use;
	return 0;
}

static int set_up_http_json(const struct tts_kind *kind, struct loop *l, const void **ret_config)
{
	make_use(l, "https://json", &toy_http_json);
	*ret_config = &toy_use;
	return 0;
}

void toy_stop(const struct tts_kind *kind, const uint64_t used[USAGE_UNITS_])
{
	CHECK_INT(fake_net_stop(), 0);
}

const struct tts_kind toy_kinds[TOY_KINDS] = {
	{"named", &tts_ws_ops, LOOP_SIM, set_up_named, toy_stop},
	{"in order", &tts_ws_ops, LOOP_SIM, set_up_in_order, toy_stop},
	{"socket a stretch", &tts_ws_ops, LOOP_SIM, set_up_socket_a_stretch, toy_stop},
	{"http", &tts_http_ops, LOOP_SIM, set_up_http, toy_stop},
	{"http json", &tts_http_ops, LOOP_SIM, set_up_http_json, toy_stop},
};
