#include "provider/tts/tts_address.h"

#include <errno.h>

void tts_address_init(struct tts_address *a)
{
	buf_init(&a->url, HTTP_CLIENT_URL_MAX);
	buf_init(&a->body, TTS_ADDRESS_BODY_MAX);
	a->header_count = a->token_n = 0;
}

void tts_address_fini(struct tts_address *a)
{
	buf_fini(&a->url);
	buf_fini(&a->body);
}

void tts_address_header(struct tts_address *a, const char *name, const char *prefix, struct str value)
{
	char *at = a->token + a->token_n;
	size_t n = str_from(prefix).n + value.n;

	if (str_empty(value))
		return;
	if (a->header_count == TTS_ADDRESS_HEADERS_MAX || n >= sizeof(a->token) - a->token_n) {
		a->url.error = -EMSGSIZE;
		return;
	}
	str_copy(str_from(prefix), at, n + 1);
	str_copy(value, at + str_from(prefix).n, value.n + 1);
	a->token_n += n + 1;
	a->headers[a->header_count++] = (struct http_header){str_from(name), {at, n}};
}

struct str tts_address_language(const struct tts_speaker *sp, const char *fallback)
{
	struct str language = sp->language;

	return service_or(str_cut(&language, '-'), fallback);
}
