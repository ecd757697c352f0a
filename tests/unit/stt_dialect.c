#include "stt_dialect.h"

#include <stdarg.h>

#include "base/mem.h"

#define OUT_MAX  8192
#define KEYS_MAX 16

static char out[OUT_MAX];
static size_t n;
static uint64_t keys[KEYS_MAX];
static size_t key_count;

static struct str start(void)
{
	n = 0;
	out[0] = 0;
	return (struct str){out, 0};
}

static struct str all(void)
{
	return (struct str){out, n};
}

static void put(const char *fmt, ...) printf_like(1, 2);

static void put(const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(out + n, sizeof(out) - n, fmt, ap);
	va_end(ap);
	n = MIN(n + (size_t)MAX(len, 0), sizeof(out) - 1);
}

struct stt_ws_talk dialect_talk(const struct service *s)
{
	key_count = 0;
	return (struct stt_ws_talk){
		.service = s,
		.language = STR("en-US"),
		.id = "00112233445566778899aabbccddeeff",
		.utc = USEC_SEC(1767323045) + USEC_MS(67),
	};
}

struct str dialect_address(const struct stt_ws_dialect *d, const struct stt_ws_talk *t)
{
	struct stt_ws_address a = {0};

	start();
	buf_init(&a.url, WS_URL_MAX);
	buf_init(&a.body, 1 << 16);
	(d->ask ? d->ask : d->address)(t, &a);
	CHECK(a.url.error == 0 && a.body.error == 0);
	put(STR_FMT "\n", STR_ARG(buf_str(&a.url)));
	for (size_t i = 0; i < a.header_count; i++)
		put(STR_FMT ": " STR_FMT "\n", STR_ARG(a.headers[i].name), STR_ARG(a.headers[i].value));
	if (a.body.n > 0)
		put(STR_FMT "\n", STR_ARG(buf_str(&a.body)));
	buf_fini(&a.url);
	buf_fini(&a.body);
	return all();
}

static void on_message(void *arg, enum ws_kind kind, struct str message)
{
	(void)arg;
	if (kind == WS_TEXT) {
		put(STR_FMT "\n", STR_ARG(message));
		return;
	}
	put("0x");
	for (size_t i = 0; i < message.n; i++)
		put("%02x", (unsigned char)message.p[i]);
	put("\n");
}

struct str dialect_says(struct stt_ws_saying saying, const struct stt_ws_talk *t)
{
	struct stt_ws_outbox box = {.send = on_message};

	start();
	buf_init(&box.bytes, 1 << 16);
	stt_ws_say(&saying, t, &box);
	CHECK(box.bytes.error == 0 && box.bytes.n == 0);
	buf_fini(&box.bytes);
	return all();
}

struct str dialect_sound(const struct stt_ws_dialect *d, const struct stt_ws_talk *t, struct str bytes)
{
	struct stt_ws_outbox box = {.send = on_message};

	start();
	buf_init(&box.bytes, 1 << 16);
	if (d->audio)
		d->audio(t, bytes, &box);
	else
		on_message(NULL, WS_BINARY, bytes);
	CHECK(box.bytes.error == 0 && box.bytes.n == 0);
	buf_fini(&box.bytes);
	return all();
}

static size_t number_of(uint64_t key)
{
	size_t i = 0;

	while (i < key_count && keys[i] != key)
		i++;
	if (i == key_count && key_count < KEYS_MAX)
		keys[key_count++] = key;
	return i + 1;
}

static void put_piece(const struct stt_ws_fact *f)
{
	put("piece");
	if (f->key)
		put(" #%zu", number_of(f->key));
	put("%s%s%s", f->final ? " final" : "", f->more ? " more" : "", f->cut ? " cut" : "");
	if (f->start > 0 || f->end > 0)
		put(" %.3f-%.3f", (double)f->start / 1e6, (double)f->end / 1e6);
	if (f->confidence > 0)
		put(" sure %.2f", (double)f->confidence);
	put(" '" STR_FMT "'\n", STR_ARG(f->text));
}

static void on_fact(void *arg, const struct stt_ws_fact *f)
{
	(void)arg;
	switch (f->type) {
	case STT_WS_GREETED:
		put("greeted\n");
		return;
	case STT_WS_READY:
		put("ready\n");
		return;
	case STT_WS_PIECE:
		put_piece(f);
		return;
	case STT_WS_FLUSHED:
		put("flushed");
		if (f->key)
			put(" #%zu", number_of(f->key));
		put("\n");
		return;
	case STT_WS_ENDPOINT:
		put("endpoint %.2f\n", (double)f->confidence);
		return;
	case STT_WS_USED:
		put("used %llu %llu\n", (unsigned long long)f->tokens[0], (unsigned long long)f->tokens[1]);
		return;
	case STT_WS_FAILED:
		put("failed %d '" STR_FMT "' '" STR_FMT "'\n", f->code, STR_ARG(f->name), STR_ARG(f->text));
		return;
	}
}

struct str dialect_reads(const struct stt_ws_dialect *d, const struct stt_ws_talk *t, const char *message)
{
	struct stt_ws_teller tell = {.on_fact = on_fact};
	long blocks = mem_live();

	start();
	if (stt_ws_read(d, t, str_from(message), &tell) < 0)
		put("bad\n");
	CHECK_INT(mem_live(), blocks);
	return all();
}
