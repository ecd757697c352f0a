/* The first line names a vendor of voices. The others are what it says (a message each, or a body of sound),
 * and words that it is given to speak. */
#include "fuzz.h"

#include <assert.h>

#include "provider/tts/tts_http.h"
#include "provider/tts/tts_tcp.h"
#include "provider/tts/tts_ws.h"

#define NUMBERS_MAX 65536

static uint64_t touched; /* every byte of what was read, so that a view that leads nowhere is noticed */

static void touch(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		touched += (unsigned char)s.p[i];
}

static void touch_numbers(const struct json *list)
{
	for (size_t i = 0; i < MIN(json_count(list), (size_t)NUMBERS_MAX); i++)
		touched += json_num_or(json_at(list, i), "", 0) > 0;
}

static int touch_pcm(void *arg, const int16_t *pcm, size_t samples)
{
	(void)arg;
	for (size_t i = 0; i < samples; i++)
		touched += (uint16_t)pcm[i];
	return 0;
}

static void listen(const struct tts_traits *traits, struct str bytes)
{
	struct tts_sound_sink sink = {touch_pcm, NULL};
	static struct tts_sound sound;
	int rc = tts_sound_init(&sound, &traits->form);

	assert(rc == 0);
	rc = tts_sound_push(&sound, str_sub(bytes, 0, bytes.n / 3), &sink);
	rc = rc < 0 ? rc : tts_sound_push(&sound, str_sub(bytes, bytes.n / 3, bytes.n), &sink);
	(void)!(rc < 0 ? rc : tts_sound_end(&sound, &sink));
}

/* ---- WebSockets ---- */

static void read_message(const struct tts_ws_dialect *d, struct str message)
{
	struct tts_ws_news news = {0};
	struct json *doc;

	if (json_parse(message, NULL, NULL, &doc) < 0)
		return;
	if (d->read(doc, &news) == 0) {
		touch(news.name);
		touch(news.sound);
		touch(news.words);
		touch_numbers(news.times.starts);
		touch_numbers(news.times.ends);
		touch_numbers(news.times.lasts);
		for (size_t i = 0; i < json_count(news.times.words); i++)
			touch(json_str_or(json_at(news.times.words, i), "", STR("")));
	}
	json_free(doc);
}

/* Each line that is written is a map. Zero bytes, which our reader refuses, are in no text of ours. */
static void check_lines(struct str lines)
{
	struct json *doc;

	if (str_find(lines, STR("\\u0000")) < lines.n)
		return;
	assert(lines.n == 0 || lines.p[lines.n - 1] == '\n');
	while (lines.n > 0) {
		assert(json_parse(str_cut(&lines, '\n'), NULL, NULL, &doc) == 0);
		assert(json_kind(doc) == JSON_KIND_MAP);
		json_free(doc);
	}
}

static void try_ws(const struct tts_ws_dialect *d, const struct tts_speaker *sp, struct str text)
{
	struct tts_ws_piece piece = {.speaker = sp, .name = STR("s1"), .words = str_sub(text, 0, 4096)};
	struct tts_address a;
	struct buf out;

	tts_address_init(&a);
	d->address(sp, &a);
	tts_address_fini(&a);
	buf_init(&out, 1u << 20);
	for (unsigned step = 0; step <= TTS_WS_BYE; step++)
		d->write((enum tts_ws_step)step, &piece, &out);
	assert(out.error == 0);
	check_lines(buf_str(&out));
	buf_fini(&out);
	while (text.n > 0)
		read_message(d, str_cut(&text, '\n'));
}

/* ---- HTTP ---- */

static void try_http(const struct tts_http_dialect *d, const struct tts_speaker *sp, struct str text)
{
	struct tts_address a;

	tts_address_init(&a);
	d->request(sp, str_sub(text, 0, 400), &a);
	assert(a.body.error == 0);
	touch(buf_str(&a.url));
	touch(buf_str(&a.body));
	tts_address_fini(&a);
	listen(&d->traits, text);
}

/* ---- TCP ---- */

static void try_tcp(const struct tts_tcp_dialect *d, const struct tts_speaker *sp, struct str text)
{
	struct tts_tcp_news news;
	struct buf out;
	int n;

	buf_init(&out, 1u << 20);
	d->write(TTS_TCP_SAY, sp, str_sub(text, 0, 400), &out);
	assert(out.error == 0);
	buf_fini(&out);
	do {
		news = (struct tts_tcp_news){0};
		n = d->read(text, &news);
		assert(n <= (int)text.n);
		touch(news.sound);
		text = str_sub(text, n > 0 ? (size_t)n : text.n, text.n);
	} while (n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size}, name = str_cut(&text, '\n');
	struct service service = {.key = STR("key"), .model = str_sub(text, 0, 20)};
	struct tts_speaker sp = {.service = &service, .voice = str_sub(text, 7, 30), .speed = 1.2f};
	const struct vendor *v = vendor_find(name, USAGE_TTS);

	if (v && v->tts == &tts_ws_ops)
		try_ws(v->dialect, &sp, text);
	else if (v && v->tts == &tts_http_ops)
		try_http(v->dialect, &sp, text);
	else if (v && v->tts == &tts_tcp_ops)
		try_tcp(v->dialect, &sp, text);
	return 0;
}
