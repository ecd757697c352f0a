#include "fake_whisper.h"

#include <stdio.h>
#include <string.h>

#include "test.h"
#include "wire/wav.h"

struct fake_whisper fake_whisper;

/* The value of a quoted parameter: name="..". */
static struct str parameter(struct str head, struct str name)
{
	struct str at = str_sub(head, str_find(head, name) + name.n, SIZE_MAX);

	return str_cut(&at, '"');
}

static void take_file(struct str bytes)
{
	struct wav w;

	CHECK_INT(wav_parse((const uint8_t *)bytes.p, bytes.n, &w), 0);
	CHECK_INT(w.coding, WAV_PCM);
	CHECK_INT(w.channels, 1);
	fake_whisper.rate_hz = w.rate_hz;
	fake_whisper.samples = w.frames;
}

/* One part between two boundaries, without its line ends. */
static void take_part(struct str part)
{
	size_t split = str_find(part, STR("\r\n\r\n"));
	struct str head = str_sub(part, 0, split), value = str_sub(part, split + 4, SIZE_MAX);
	size_t n = strlen(fake_whisper.form);

	CHECK(str_ihas(head, STR("Content-Disposition: form-data; name=\"")));
	if (str_ihas(head, STR("filename=\"utterance.wav\"")))
		take_file(value);
	else
		snprintf(fake_whisper.form + n, sizeof(fake_whisper.form) - n, STR_FMT "=" STR_FMT "|",
			 STR_ARG(parameter(head, STR("; name=\""))), STR_ARG(value));
}

static void take_form(struct str body, struct str type)
{
	struct str boundary = str_sub(type, str_find(type, STR("boundary=")) + 9, SIZE_MAX);
	char delimiter[80];
	size_t at;

	snprintf(delimiter, sizeof(delimiter), "\r\n--" STR_FMT, STR_ARG(boundary));
	CHECK(boundary.n >= 20 && str_starts(body, str_sub(str_from(delimiter), 2, SIZE_MAX)));
	body = str_sub(body, boundary.n + 4, SIZE_MAX);
	for (; (at = str_find(body, str_from(delimiter))) < body.n;
	     body = str_sub(body, at + boundary.n + 6, SIZE_MAX))
		take_part(str_sub(body, 0, at));
	CHECK_STR(body, "\r\n");
}

static struct str header(const struct http_ask *ask, struct str name)
{
	for (size_t i = 0; i < ask->header_count; i++)
		if (str_ieq(ask->headers[i].name, name))
			return ask->headers[i].value;
	return STR("");
}

static void answer(unsigned conn)
{
	char text[128];

	snprintf(text, sizeof(text), "{\"text\":\" %.1f\\nseconds \"}",
		 (double)fake_whisper.samples / fake_whisper.rate_hz);
	if (fake_whisper.mute)
		return;
	if (fake_whisper.status == 0)
		fake_net_piece(conn, str_from(fake_whisper.answer ? fake_whisper.answer : text));
	fake_net_done(conn, fake_whisper.status ? fake_whisper.status : 200, fake_whisper.fault, "");
}

static void on_ask(unsigned conn, const struct http_ask *ask)
{
	if (strcmp(ask->method, "POST") != 0)
		return;
	fake_whisper.asked++;
	fake_whisper.last = conn;
	fake_whisper.form[0] = '\0';
	fake_whisper.total_limit = ask->total_limit;
	str_copy(ask->url, fake_whisper.url, sizeof(fake_whisper.url));
	str_copy(header(ask, STR("Authorization")), fake_whisper.authorization,
		 sizeof(fake_whisper.authorization));
	take_form(ask->body, header(ask, STR("Content-Type")));
	answer(conn);
}

void fake_whisper_start(struct loop *l, usec latency)
{
	const struct fake_net_vendor v = {.latency = latency, .on_ask = on_ask};

	fake_whisper = (struct fake_whisper){0};
	fake_net_start(l, &v);
}
