/*
 * voice_wire.h - a voice's dialect, asked what it writes and what it reads
 *
 * Threads: the test's. Layer: tests.
 */
#ifndef TESTS_UNIT_VOICE_WIRE_H
#define TESTS_UNIT_VOICE_WIRE_H

#include "provider/tts/tts_http.h"
#include "provider/tts/tts_ws.h"
#include "test.h"

/* A service and somebody to speak as; zeroed, then what the test is about. */
struct voice_wire {
	struct service service;
	struct tts_speaker speaker;
	struct tts_address address;
	struct buf out;
};

static inline void voice_wire_init(struct voice_wire *v, const char *key)
{
	*v = (struct voice_wire){.service = {.name = STR_INIT("test"), .key = str_from(key)}};
	v->speaker = (struct tts_speaker){.service = &v->service, .speed = 1};
	tts_address_init(&v->address);
	buf_init(&v->out, 1u << 20);
}

static inline void voice_wire_fini(struct voice_wire *v)
{
	tts_address_fini(&v->address);
	buf_fini(&v->out);
}

/* URL and headers, a line each. */
static inline struct str voice_wire_address(struct voice_wire *v)
{
	buf_clear(&v->out);
	buf_add_str(&v->out, buf_str(&v->address.url));
	for (size_t i = 0; i < v->address.header_count; i++)
		buf_printf(&v->out, "\n" STR_FMT ": " STR_FMT, STR_ARG(v->address.headers[i].name),
			   STR_ARG(v->address.headers[i].value));
	return buf_str(&v->out);
}

static inline struct str voice_wire_ws(struct voice_wire *v, const struct tts_ws_dialect *d)
{
	tts_address_fini(&v->address);
	tts_address_init(&v->address);
	d->address(&v->speaker, &v->address);
	CHECK_INT(v->address.url.error, 0);
	return voice_wire_address(v);
}

static inline struct str voice_wire_http(struct voice_wire *v, const struct tts_http_dialect *d,
					 const char *words)
{
	tts_address_fini(&v->address);
	tts_address_init(&v->address);
	d->request(&v->speaker, str_from(words), &v->address);
	CHECK_INT(v->address.url.error, 0);
	CHECK_INT(v->address.body.error, 0);
	return voice_wire_address(v);
}

/* The messages of a step of the stretch s7. */
static inline struct str voice_wire_step(struct voice_wire *v, const struct tts_ws_dialect *d,
					 enum tts_ws_step step, const char *words)
{
	struct tts_ws_piece piece = {.speaker = &v->speaker, .name = STR("s7"), .words = str_from(words)};

	buf_clear(&v->out);
	d->write(step, &piece, &v->out);
	CHECK_INT(v->out.error, 0);
	return buf_str(&v->out);
}

/* Reads a message; the document lives until the next. */
static inline int voice_wire_read(const struct tts_ws_dialect *d, const char *message,
				  struct tts_ws_news *ret_news, struct json **doc)
{
	*ret_news = (struct tts_ws_news){0};
	*doc = json_free(*doc);
	if (json_parse(str_from(message), NULL, NULL, doc) < 0)
		return -EINVAL;
	return d->read(*doc, ret_news);
}

#endif
