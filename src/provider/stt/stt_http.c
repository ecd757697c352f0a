#include "provider/stt/stt_http.h"

#include <errno.h>
#include <string.h>

#include "base/id.h"
#include "base/live.h"
#include "base/mem.h"
#include "media/resample.h"
#include "net/http_client.h"
#include "provider/stt/stt_takes.h"
#include "wire/url.h"
#include "wire/wav.h"

#define BODY_MAX       (4u * 1024 * 1024) /* a minute at 16 kHz is half of it */
#define BOUNDARY_CHARS 32
#define LANGUAGE_MAX   16
#define PARTIALS_MS    "partials_ms" /* ours, not the vendor's */
#define PARTIALS_MIN   200
#define PARTIALS_MAX   60000
#define IDLE_MAX       USEC_SEC(4) /* servers close a connection that is unused for five seconds or more */

LIVE_DEFINE(stt_http_ask);

struct stt_http {
	struct stt_takes takes;
	struct service_use use;
	const struct stt_http_dialect *dialect;
	struct stt_http_talk talk;
	usec warm_at; /* a connection was used or opened */
	char language[LANGUAGE_MAX], terms[STT_HTTP_PROMPT_MAX];
};

/* A request on its way. */
struct ask {
	struct stt_http *session;
	struct take_reading *reading;
	uint32_t number;
	struct buf answer;
};

static struct stt_http *of(const struct take_reader *r)
{
	return CONTAINER_OF(r, struct stt_http, takes.reader);
}

/* ---- the request ---- */

static void add_samples(struct buf *out, const int16_t *pcm, size_t n)
{
	buf_add(out, pcm, n * sizeof(*pcm));
}

/* At the dialect's rate. Returns 0, or -ENOTSUP for a rate that we cannot make. */
static int add_sound(struct buf *out, uint32_t rate_hz, const int16_t *pcm, size_t samples)
{
	int16_t part[2 * RESAMPLE_PCM_MAX + 2];
	struct resample r;
	int rc = resample_init(&r, STT_RATE_HZ, rate_hz);

	for (size_t at = 0; rc == 0 && at < samples; at += RESAMPLE_PCM_MAX)
		add_samples(out, part,
			    resample_push(&r, pcm + at, MIN(samples - at, (size_t)RESAMPLE_PCM_MAX), part));
	return rc;
}

static int add_wav(struct buf *out, uint32_t rate_hz, const int16_t *pcm, size_t samples)
{
	size_t head = out->n;
	uint8_t header[WAV_HEADER_BYTES] = {0};
	int rc;

	buf_add(out, header, sizeof(header));
	rc = add_sound(out, rate_hz, pcm, samples);
	if (rc < 0 || out->error)
		return rc < 0 ? rc : out->error;
	wav_print_header(WAV_PCM, rate_hz, 1, out->n - head - sizeof(header), header);
	memcpy(out->p + head, header, sizeof(header));
	return 0;
}

/* The file comes last, so that a server knows what to do with it. */
static int print_form(const struct stt_http *h, struct multipart *form, const int16_t *pcm, size_t samples)
{
	const struct service *service = h->use.service;
	int rc;

	h->dialect->fields(&h->talk, form);
	for (size_t i = 0; i < service->extra.count; i++) {
		struct str name, value;

		service_extra_at(service, i, &name, &value);
		if (!str_eq(name, STR(PARTIALS_MS)))
			multipart_field(form, name, value);
	}
	multipart_file(form, STR("file"), STR("utterance.wav"), STR("audio/wav"));
	rc = add_wav(form->out, h->dialect->rate_hz, pcm, samples);
	multipart_end(form);
	return rc < 0 ? rc : form->out->error;
}

static void print_address(const struct stt_http *h, struct buf *url)
{
	url_join(url, service_or(h->use.service->url, h->dialect->base), str_from(h->dialect->path));
}

/* ---- the answer ---- */

/* Of a request that was sent. */
static void tell_usage(const struct ask *k, enum usage_end end)
{
	const struct stt_http *h = k->session;
	const struct usage u = {
		.kind = USAGE_STT,
		.end = end,
		.service = h->use.service->name,
		.type = h->use.service->type,
		.model = h->use.service->model,
		.work = k->reading->take->number,
		.amount[USAGE_REQUESTS] = 1,
		.amount[USAGE_AUDIO_IN] = (uint64_t)utterance_span(k->reading->samples),
	};

	usage_tell(&h->takes.stt.usage, &u);
}

static void ask_free(struct ask *k)
{
	buf_fini(&k->answer);
	live_down(&live_stt_http_ask);
	mem_free(k);
}

static int on_body(void *arg, struct str piece)
{
	struct ask *k = arg;

	buf_add_str(&k->answer, piece);
	return k->answer.error;
}

static void on_done(void *arg, const struct http_done *done)
{
	struct ask *k = arg;
	struct take_reading *r = k->reading;
	struct stt_http_said said = {.confidence = -1};
	struct take_text text = {.fault = done->fault};
	char words[HTTP_CLIENT_WORDS_MAX];

	buf_init(&said.text, STT_HTTP_ANSWER_MAX);
	if (done->fault == FAULT_NONE) {
		text.error = k->session->dialect->read(buf_str(&k->answer), &said);
		text.text = buf_str(&said.text);
	} else {
		text.error = -EIO;
		text.retry_after = MAX(done->retry_after, 0);
		text.text = service_redact(k->session->use.service, done->words, words, sizeof(words));
	}
	text.confidence = said.confidence;
	k->session->warm_at = loop_now(k->session->use.host->loop);
	if (done->sent)
		tell_usage(k, text.error ? USAGE_FAILED : USAGE_DONE);
	ask_free(k);
	take_read(r, &text);
	buf_fini(&said.text);
}

/* ---- readings ---- */

static int post(struct ask *k, const struct multipart *form)
{
	const struct service *service = k->session->use.service;
	const struct http_sink sink = {NULL, on_body, on_done, k};
	usec first_limit = service_first_limit(service, USAGE_STT);
	struct http_header headers[2] = {{STR("Content-Type"), {0}}, {STR("Authorization"), {0}}};
	struct http_ask ask = {.method = "POST",
			       .headers = headers,
			       .header_count = service->key.n > 0 ? 2 : 1,
			       .body = buf_str(form->out),
			       .answer_max = STT_HTTP_ANSWER_MAX,
			       .connect_limit = service->connect_limit,
			       .first_limit = first_limit,
			       .stall_limit = service->stall_limit,
			       /* a text is short: whoever waits for it waits for its end */
			       .total_limit = first_limit + MIN(service->stall_limit, first_limit)};
	struct buf url, type, token;
	int rc;

	buf_init(&url, HTTP_CLIENT_URL_MAX);
	buf_init(&type, 128);
	buf_init(&token, SERVICE_HEADER_MAX);
	print_address(k->session, &url);
	multipart_type(form, &type);
	buf_printf(&token, "Bearer " STR_FMT, STR_ARG(service->key));
	ask.url = buf_str(&url);
	headers[0].value = buf_str(&type);
	headers[1].value = buf_str(&token);
	rc = url.error ? url.error : type.error ? type.error : token.error;
	rc = rc ? rc : http_client_ask(k->session->use.host->http, &ask, &sink, &k->number);
	buf_fini(&url);
	buf_fini(&type);
	buf_fini(&token);
	return rc;
}

static int start(const struct take_reader *reader, struct take_reading *r, const int16_t *pcm)
{
	struct stt_http *h = of(reader);
	char boundary[BOUNDARY_CHARS + 1];
	struct buf body;
	struct multipart form = {&body, {boundary, BOUNDARY_CHARS}};
	struct ask *k = mem_zalloc(sizeof(*k));
	int rc;

	if (!k)
		return -ENOMEM;
	*k = (struct ask){.session = h, .reading = r};
	live_up(&live_stt_http_ask);
	buf_init(&k->answer, STT_HTTP_ANSWER_MAX);
	buf_init(&body, BODY_MAX);
	id_token(h->use.host->rng, boundary, sizeof(boundary));
	rc = print_form(h, &form, pcm, r->samples);
	rc = rc ? rc : post(k, &form);
	buf_fini(&body);
	if (rc < 0)
		ask_free(k);
	else
		r->work = k;
	return rc;
}

static void stop(const struct take_reader *reader, struct take_reading *r)
{
	struct ask *k = r->work;

	if (http_client_sent(of(reader)->use.host->http, k->number))
		tell_usage(k, USAGE_CANCELLED);
	http_client_cancel(of(reader)->use.host->http, k->number);
	ask_free(k);
}

/* ---- birth ---- */

static void keep_words(struct stt_http *h, const struct stt_params *params)
{
	size_t n = 0;

	h->talk.service = h->use.service;
	h->talk.language.p = h->language;
	h->talk.language.n = str_copy(str_sub(params->language, 0, str_chr(params->language, '-')),
				      h->language, sizeof(h->language));
	for (size_t i = 0; i < params->key_term_count; i++) {
		struct str term = params->key_terms[i];

		if (n + 2 + term.n >= sizeof(h->terms))
			break;
		n += str_copy(n > 0 ? STR(", ") : STR(""), h->terms + n, sizeof(h->terms) - n);
		n += str_copy(term, h->terms + n, sizeof(h->terms) - n);
	}
	h->talk.terms = (struct str){h->terms, n};
}

static size_t partial_every(const struct service *service)
{
	int64_t ms;

	if (str_to_int(service_extra(service, PARTIALS_MS, (struct str){0}), PARTIALS_MIN, PARTIALS_MAX,
		       &ms) < 0)
		return 0;
	return utterance_samples(USEC_MS(ms));
}

/* The next request finds a connection. */
static int warm(struct stt_http *h)
{
	struct buf url;
	int rc;

	buf_init(&url, HTTP_CLIENT_URL_MAX);
	print_address(h, &url);
	rc = url.error;
	if (rc == 0)
		http_client_warm(h->use.host->http, buf_str(&url));
	buf_fini(&url);
	h->warm_at = loop_now(h->use.host->loop);
	return rc;
}

/* While the caller speaks there is time to connect. */
static void http_speech(struct stt *s, bool speaking, usec at)
{
	struct stt_http *h = CONTAINER_OF(s, struct stt_http, takes.stt);

	if (speaking && loop_now(h->use.host->loop) - h->warm_at > IDLE_MAX)
		(void)!warm(h);
	stt_takes_speech(s, speaking, at);
}

static int http_open(struct stt *s, const void *config, const struct stt_params *params)
{
	struct stt_http *h = CONTAINER_OF(s, struct stt_http, takes.stt);
	const struct service_use *use = config;
	int rc = 0;

	h->use = *use;
	h->dialect = use->dialect;
	h->takes.reader = (struct take_reader){
		.part_max = STT_HTTP_PART_MAX,
		.partial_every = partial_every(use->service),
		.strict = true,
		.start = start,
		.stop = stop,
	};
	if (h->takes.reader.partial_every > 0)
		s->can |= STT_PARTIALS;
	keep_words(h, params);
	if (h->dialect->key == VENDOR_KEY_NEEDED && service_lacks_key(use->service))
		h->takes.failing = FAULT_AUTH;
	else
		rc = warm(h);
	if (rc == 0)
		stt_takes_open(&h->takes, params);
	return rc;
}

const struct stt_ops stt_http_ops = {
	.name = "http",
	.can = STT_LIKELY,
	.state_size = sizeof(struct stt_http),
	.open = http_open,
	.feed = stt_takes_feed,
	.speech = http_speech,
	.finish = stt_takes_finish,
	.cancel = stt_takes_cancel,
	.close = stt_takes_close,
};
