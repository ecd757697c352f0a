/*
 * Azure Speech: POST /cognitiveservices/v1 with SSML
 *
 * Raw mu-law at 8 kHz, streamed. The region names the host.
 */
#include <errno.h>

#include "provider/tts/tts_http.h"

#define VOICE "en-US-AvaMultilingualNeural"

/* The five characters that XML keeps for itself. */
static void add_escaped(struct buf *out, struct str text)
{
	static const struct {
		char c;
		const char *entity;
	} escapes[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&apos;"}};

	for (size_t i = 0; i < text.n; i++) {
		const char *entity = NULL;

		for (size_t k = 0; k < ARRAY_LEN(escapes); k++)
			entity = text.p[i] == escapes[k].c ? escapes[k].entity : entity;
		if (entity)
			buf_add_str(out, str_from(entity));
		else
			buf_add_char(out, text.p[i]);
	}
}

static void write_ssml(const struct tts_speaker *sp, struct str words, struct buf *out)
{
	buf_add_str(out,
		    STR("<speak version=\"1.0\" xmlns=\"http://www.w3.org/2001/10/synthesis\" xml:lang=\""));
	add_escaped(out, service_or(sp->language, "en-US"));
	buf_add_str(out, STR("\"><voice name=\""));
	add_escaped(out, service_or(sp->voice, VOICE));
	buf_add_str(out, STR("\">"));
	if (sp->speed != 1)
		buf_printf(out, "<prosody rate=\"%+.0f%%\">", ((double)sp->speed - 1) * 100);
	add_escaped(out, words);
	buf_add_str(out, sp->speed != 1 ? STR("</prosody></voice></speak>") : STR("</voice></speak>"));
}

static void request(const struct tts_speaker *sp, struct str words, struct tts_address *a)
{
	const struct service *service = sp->service;
	struct buf host;

	buf_init(&host, HTTP_CLIENT_URL_MAX);
	buf_printf(&host, "https://" STR_FMT ".tts.speech.microsoft.com", STR_ARG(service->region));
	url_join(&a->url, str_empty(service->url) ? buf_str(&host) : service->url,
		 STR("/cognitiveservices/v1"));
	if (host.error || (str_empty(service->url) && str_empty(service->region)))
		a->url.error = host.error ? host.error : -EINVAL;
	buf_fini(&host);
	service_extra_query(service, &a->url);
	tts_address_header(a, "Ocp-Apim-Subscription-Key", "", service->key);
	tts_address_header(a, "Content-Type", "", STR("application/ssml+xml"));
	tts_address_header(a, "X-Microsoft-OutputFormat", "", STR("raw-8khz-8bit-mono-mulaw"));
	tts_address_header(a, "User-Agent", "", STR("offhook"));
	write_ssml(sp, words, &a->body);
}

const struct tts_http_dialect azure_tts = {
	.traits = {.key = VENDOR_KEY_NEEDED, .form = {TTS_ULAW, 8000}, .at_once = 2},
	.request = request,
};
