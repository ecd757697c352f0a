#include "provider/tts/tts_http.h"

#include <errno.h>

#include "base/base64.h"
#include "base/live.h"
#include "base/mem.h"

LIVE_DEFINE(tts_http_ask);

struct tts_http {
	struct tts_stream stream;
	const struct tts_http_dialect *dialect;
};

struct ask {
	struct tts_http *session;
	struct tts_stretch *stretch;
	uint32_t number;
	struct buf text; /* of an answer in JSON */
};

static struct tts_http *of(struct tts_stream *s)
{
	return CONTAINER_OF(s, struct tts_http, stream);
}

static void ask_free(struct ask *k)
{
	k->stretch->carrier = NULL;
	buf_fini(&k->text);
	live_down(&live_tts_http_ask);
	mem_free(k);
}

/* ---- in ---- */

/* What cannot be played, and would be noise: compressed sound, or words about a failure. */
static bool is_foreign(const struct tts_http *h, struct str type)
{
	static const char *const foreign[] = {"audio/mpeg", "audio/mp3",  "audio/ogg",
					      "audio/opus", "audio/flac", "audio/aac"};

	if (!h->dialect->sound_at && str_ieq(type, STR("application/json")))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
		if (str_ieq(type, str_from(foreign[i])))
			return true;
	return false;
}

static void on_head(void *arg, const struct http_head *head)
{
	struct ask *k = arg;

	if (is_foreign(k->session, head->content_type))
		tts_stream_failed(&k->session->stream, k->stretch, FAULT_PROTOCOL, head->content_type);
}

static int on_body(void *arg, struct str piece)
{
	struct ask *k = arg;

	if (k->stretch->fault != FAULT_NONE)
		return -EBADMSG;
	if (!k->session->dialect->sound_at) {
		tts_stream_sound(&k->session->stream, k->stretch, piece);
		return 0;
	}
	buf_add_str(&k->text, piece);
	return k->text.error;
}

/* Returns 0, -EBADMSG, -ENOMEM. */
static int decode(struct ask *k, struct buf *sound)
{
	struct json_limits limits = {.bytes = TTS_HTTP_ANSWER_MAX, .depth = 16};
	struct str base64;
	struct json *doc;
	int rc = json_parse(buf_str(&k->text), &limits, NULL, &doc);

	if (rc < 0)
		return rc;
	rc = json_get_str(doc, k->session->dialect->sound_at, &base64);
	rc = rc < 0 ? -EBADMSG : base64_read(sound, base64);
	json_free(doc);
	return rc;
}

static void hear_json(struct ask *k)
{
	struct tts_stream *s = &k->session->stream;
	struct buf sound;
	int rc;

	buf_init(&sound, TTS_HTTP_ANSWER_MAX);
	rc = decode(k, &sound);
	if (rc == 0)
		tts_stream_sound(s, k->stretch, buf_str(&sound));
	else
		tts_stream_failed(s, k->stretch, rc == -ENOMEM ? FAULT_OVERLOAD : FAULT_PROTOCOL,
				  STR("no sound in the answer"));
	buf_fini(&sound);
}

static void on_done(void *arg, const struct http_done *done)
{
	struct ask *k = arg;
	struct tts_stream *s = &k->session->stream;
	struct tts_stretch *st = k->stretch;

	if (done->sent)
		tts_stream_reached(st, 1);
	if (done->fault == FAULT_NONE && k->session->dialect->sound_at)
		hear_json(k);
	ask_free(k);
	tts_stream_retry_after(s, done->retry_after);
	if (done->fault == FAULT_AUTH)
		tts_stream_lost(s, done->fault, done->words);
	else if (done->fault != FAULT_NONE)
		tts_stream_failed(s, st, done->fault, done->words);
	else if (st->fault == FAULT_NONE)
		tts_stream_over(s, st);
}

/* ---- out ---- */

static int send_request(struct tts_http *h, struct tts_address *a, struct ask *k)
{
	const struct service_use *use = &h->stream.use;
	struct http_sink sink = {on_head, on_body, on_done, k};
	struct http_ask ask = {.method = a->body.n > 0 ? "POST" : "GET",
			       .url = buf_str(&a->url),
			       .headers = a->headers,
			       .header_count = a->header_count,
			       .body = buf_str(&a->body),
			       .answer_max = TTS_HTTP_ANSWER_MAX,
			       .connect_limit = use->service->connect_limit};
	int rc = a->url.error ? a->url.error : a->body.error;

	return rc < 0 ? rc : http_client_ask(use->host->http, &ask, &sink, &k->number);
}

static int op_speak(struct tts_stream *s, struct tts_stretch *st, const struct tts_clause *c)
{
	struct ask *k = mem_zalloc(sizeof(*k));
	struct tts_address a;
	int rc;

	if (!k)
		return -ENOMEM;
	*k = (struct ask){.session = of(s), .stretch = st};
	buf_init(&k->text, TTS_HTTP_ANSWER_MAX);
	live_up(&live_tts_http_ask);
	tts_address_init(&a);
	of(s)->dialect->request(&s->speaker, buf_str(&c->words), &a);
	rc = send_request(of(s), &a, k);
	tts_address_fini(&a);
	if (rc < 0) {
		ask_free(k);
		return rc;
	}
	st->carrier = k;
	return 0;
}

/* A request has all its words from the start. */
static int op_finish(struct tts_stream *s, struct tts_stretch *st)
{
	(void)s, (void)st;
	return 0;
}

static void op_cancel(struct tts_stream *s, struct tts_stretch *st)
{
	struct ask *k = st->carrier;

	if (!k)
		return;
	if (http_client_sent(s->use.host->http, k->number))
		tts_stream_reached(st, 1);
	http_client_cancel(s->use.host->http, k->number);
	ask_free(k);
}

/* ---- birth and death ---- */

static int op_open(struct tts_stream *s)
{
	struct tts_address a;
	int rc;

	tts_address_init(&a);
	of(s)->dialect->request(&s->speaker, STR("a"), &a);
	rc = a.url.error;
	if (rc == 0 && !s->use.host->prepares) /* there nobody waits, and perhaps all is known */
		http_client_warm(s->use.host->http, buf_str(&a.url));
	tts_address_fini(&a);
	if (rc == 0)
		tts_stream_up(s);
	return rc;
}

static void op_close(struct tts_stream *s)
{
	(void)s;
}

static const struct tts_carrier carrier = {op_open, op_speak, op_finish, op_cancel, op_close};

static int http_voice_open(struct tts *t, const void *config, const struct tts_params *params)
{
	struct tts_http *h = of(CONTAINER_OF(t, struct tts_stream, tts));
	const struct service_use *use = config;

	h->dialect = use->dialect;
	return tts_stream_open(&h->stream, &carrier, &h->dialect->traits, use, params);
}

const struct tts_ops tts_http_ops = {
	.name = "http",
	.state_size = sizeof(struct tts_http),
	.open = http_voice_open,
	.say = tts_stream_say,
	.end = tts_stream_end,
	.cancel = tts_stream_cancel,
	.close = tts_stream_close,
};
