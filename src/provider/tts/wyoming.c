/*
 * Wyoming, the voice services of Home Assistant: Piper and others over TCP
 *
 * A line of JSON, then so many bytes of more JSON, then so many bytes of sound. A
 * clause is answered with audio-start, audio-chunk ... audio-stop.
 */
#include <errno.h>

#include "provider/tts/tts_tcp.h"

#define LINE_MAX 8192

/* Data goes behind the line, as the reference library writes it. */
static void write_event(const char *type, struct str data, struct buf *out)
{
	struct json_out w;

	json_begin(&w, out);
	json_map(&w, NULL);
	json_str(&w, "type", str_from(type));
	if (data.n > 0)
		json_int(&w, "data_length", (int64_t)data.n);
	json_end(&w);
	buf_add_char(out, '\n');
	buf_add_str(out, data);
}

/* No language: up to 1.6 of the reference library, which Debian 13 has, a language is taken for a voice's
 * name, and Piper knows no voice of that name. */
static void write_words(const struct tts_speaker *sp, struct str words, struct buf *out)
{
	struct json_out w;
	struct buf data;

	buf_init(&data, out->limit_bytes);
	json_begin(&w, &data);
	json_map(&w, NULL);
	json_str(&w, "text", words);
	if (!str_empty(sp->voice)) {
		json_map(&w, "voice");
		json_str(&w, "name", sp->voice);
		json_end(&w);
	}
	json_end(&w);
	write_event("synthesize", buf_str(&data), out);
	if (data.error)
		out->error = data.error;
	buf_fini(&data);
}

static void write_step(enum tts_tcp_step step, const struct tts_speaker *sp, struct str words,
		       struct buf *out)
{
	switch (step) {
	case TTS_TCP_GREET:
		write_event("describe", STR(""), out);
		break;
	case TTS_TCP_SAY:
		write_words(sp, words, out);
		break;
	}
}

/* A message's parts, and the data of its line overlaid with that behind it. */
struct event {
	const struct json *line, *data;
	struct str payload;
};

static int64_t number_of(const struct event *e, const char *name)
{
	char path[32] = "data/";

	str_copy(str_from(name), path + 5, sizeof(path) - 5);
	return json_int_or(e->data, name, json_int_or(e->line, path, 0));
}

static struct str text_of(const struct event *e)
{
	return json_str_or(e->data, "text", json_str_or(e->line, "data/text", STR("")));
}

/* Mono S16 is what there is to be had. */
static int read_start(const struct event *e, struct tts_tcp_news *news)
{
	int64_t rate = number_of(e, "rate");

	if (number_of(e, "width") != 2 || number_of(e, "channels") != 1 || rate <= 0 || rate > UINT32_MAX)
		return -EBADMSG;
	news->form = (struct tts_form){TTS_S16, (uint32_t)rate};
	return 0;
}

static int read_event(const struct event *e, struct tts_tcp_news *news)
{
	struct str type = json_str_or(e->line, "type", STR(""));

	if (str_eq(type, STR("audio-start")))
		return read_start(e, news);
	news->ready = str_eq(type, STR("info"));
	news->over = str_eq(type, STR("audio-stop"));
	if (str_eq(type, STR("audio-chunk")))
		news->sound = e->payload;
	if (str_eq(type, STR("error"))) {
		news->fault = FAULT_PROTOCOL;
		str_copy(text_of(e), news->words, sizeof(news->words));
	}
	return 0;
}

/* Bytes of data and payload behind the line. Returns -EBADMSG for what nobody sends. */
static int bytes_behind(const struct json *line)
{
	int64_t data = json_int_or(line, "data_length", 0), payload = json_int_or(line, "payload_length", 0);

	if (data < 0 || payload < 0 || data > TTS_TCP_MESSAGE_MAX || payload > TTS_TCP_MESSAGE_MAX - data)
		return -EBADMSG;
	return (int)(data + payload);
}

/* Returns 0, -EBADMSG, -ENOMEM. */
static int read_parts(const struct json *line, struct str behind, struct tts_tcp_news *news)
{
	size_t data_n = (size_t)json_int_or(line, "data_length", 0);
	struct event e = {.line = line, .payload = str_sub(behind, data_n, behind.n)};
	struct json *data = NULL;
	int rc = data_n > 0 ? json_parse(str_sub(behind, 0, data_n), NULL, NULL, &data) : 0;

	if (rc < 0)
		return rc == -ENOMEM ? rc : -EBADMSG;
	e.data = data;
	rc = read_event(&e, news);
	json_free(data);
	return rc;
}

static int read_message(struct str unread, struct tts_tcp_news *news)
{
	size_t end = str_chr(unread, '\n');
	struct json *line;
	int rc, n;

	if (end == unread.n)
		return end > LINE_MAX ? -EBADMSG : 0;
	rc = json_parse(str_sub(unread, 0, end), NULL, NULL, &line);
	if (rc < 0)
		return rc == -ENOMEM ? rc : -EBADMSG;
	n = bytes_behind(line);
	if (n >= 0 && unread.n - end - 1 >= (size_t)n)
		rc = read_parts(line, str_sub(unread, end + 1, (size_t)n), news);
	else
		rc = n < 0 ? n : -EAGAIN;
	json_free(line);
	return rc == -EAGAIN ? 0 : rc < 0 ? rc : (int)end + 1 + n;
}

const struct tts_tcp_dialect wyoming_tts = {
	.traits = {.key = VENDOR_KEY_NONE, .form = {TTS_S16, 22050}, .at_once = 1},
	.port = 10200,
	.write = write_step,
	.read = read_message,
};
