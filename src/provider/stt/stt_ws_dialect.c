#include <assert.h>
#include <errno.h>

#include "base/base64.h"
#include "provider/stt/stt_ws.h"
#include "wire/url.h"

#define TERMS_END 16u /* bytes that may close a list of key terms */

void stt_ws_post(struct stt_ws_outbox *out, enum ws_kind kind)
{
	out->send(out->arg, kind, buf_str(&out->bytes));
	buf_clear(&out->bytes);
}

void stt_ws_post_text(struct stt_ws_outbox *out, struct str message)
{
	buf_add_str(&out->bytes, message);
	stt_ws_post(out, WS_TEXT);
}

void stt_ws_post_base64(struct stt_ws_outbox *out, struct str before, struct str bytes, struct str behind)
{
	buf_add_str(&out->bytes, before);
	base64_write(&out->bytes, bytes);
	stt_ws_post_text(out, behind);
}

void stt_ws_say(const struct stt_ws_saying *s, const struct stt_ws_talk *t, struct stt_ws_outbox *out)
{
	if (s->print)
		s->print(t, out);
	else if (s->text)
		stt_ws_post_text(out, str_from(s->text));
}

void stt_ws_url(const struct stt_ws_talk *t, struct stt_ws_address *a, const char *base, const char *path)
{
	url_join_ws(&a->url, service_or(t->service->url, base), str_from(path));
}

void stt_ws_url_by_region(const struct stt_ws_talk *t, struct stt_ws_address *a, const char *usual,
			  const char *domain, const char *path)
{
	const struct service *s = t->service;
	struct buf host;

	buf_init(&host, WS_URL_MAX);
	buf_printf(&host, "wss://" STR_FMT ".%s", STR_ARG(service_or(s->region, usual)), domain);
	url_join_ws(&a->url, str_empty(s->url) ? buf_str(&host) : s->url, str_from(path));
	if (host.error)
		a->url.error = host.error;
	buf_fini(&host);
}

void stt_ws_query(const struct stt_ws_talk *t, struct stt_ws_address *a, const char *name, struct str value)
{
	if (!service_extra_has(t->service, name))
		url_query(&a->url, str_from(name), value);
}

/* What `extra` may take at most: each byte becomes %XX. */
static size_t extra_room(const struct service *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->extra.count; i++)
		n += 1 + 3 * s->extra.at[i].n;
	return n;
}

bool stt_ws_keep_term(const struct stt_ws_talk *t, struct stt_ws_address *a, size_t before)
{
	size_t reserved = extra_room(t->service) + TERMS_END;

	if (a->url.error == 0 && a->url.n + reserved <= a->url.limit_bytes)
		return true;
	a->url.n = before;
	if (a->url.error == -EMSGSIZE)
		a->url.error = 0;
	return false;
}

void stt_ws_query_terms(const struct stt_ws_talk *t, struct stt_ws_address *a, const char *name)
{
	for (size_t i = 0; i < t->key_term_count; i++) {
		size_t before = a->url.n;

		url_query(&a->url, str_from(name), t->key_terms[i]);
		if (!stt_ws_keep_term(t, a, before))
			break;
	}
}

void stt_ws_header_key(const struct stt_ws_talk *t, struct stt_ws_address *a, const char *name,
		       const char *scheme)
{
	struct str prefix = str_from(scheme), key = t->service->key;
	size_t n = prefix.n + key.n;

	if (str_empty(key))
		return;
	if (n >= sizeof(a->token)) {
		a->url.error = -EMSGSIZE;
		return;
	}
	assert(a->header_count < STT_WS_HEADERS_MAX);
	str_copy(prefix, a->token, sizeof(a->token));
	str_copy(key, a->token + prefix.n, sizeof(a->token) - prefix.n);
	a->headers[a->header_count++] = (struct http_header){str_from(name), {a->token, n}};
}

void stt_ws_tell(const struct stt_ws_teller *tell, const struct stt_ws_fact *fact)
{
	tell->on_fact(tell->arg, fact);
}

int stt_ws_read_json(struct str message, const struct stt_ws_teller *tell,
		     void (*fn)(const struct json *doc, const struct stt_ws_teller *tell))
{
	struct json *doc;
	int rc = json_parse(message, NULL, NULL, &doc);

	if (rc < 0)
		return rc == -ENOMEM ? rc : -EBADMSG;
	fn(doc, tell);
	json_free(doc);
	return 0;
}

int stt_ws_read(const struct stt_ws_dialect *d, const struct stt_ws_talk *t, struct str message,
		const struct stt_ws_teller *tell)
{
	return d->read ? d->read(t, message, tell) : stt_ws_read_json(message, tell, d->read_json);
}

float stt_ws_mean(const struct json *list, const char *field)
{
	double sum = 0, value;
	size_t n = 0;

	for (size_t i = 0; i < json_count(list); i++)
		if (json_get_num(json_at(list, i), field, &value) == 0) {
			sum += value;
			n++;
		}
	return n > 0 ? (float)(sum / (double)n) : 0;
}

uint64_t stt_ws_key(struct str id)
{
	uint64_t hash = str_hash(id);

	return hash ? hash : 1;
}

struct str stt_ws_language(const struct stt_ws_talk *t)
{
	return str_sub(t->language, 0, str_chr(t->language, '-'));
}

usec stt_ws_seconds(double s)
{
	return s > 0 && s < 1e6 ? (usec)(s * 1e6 + 0.5) : 0;
}

enum fault stt_ws_fault(const struct stt_ws_dialect *d, int code, struct str name, struct str words,
			enum fault fallback)
{
	for (const struct stt_ws_code *c = d->codes; c && (c->code || c->word); c++) {
		struct str word = str_from(c->word);

		if ((!c->code || c->code == code) &&
		    (!c->word || str_ihas(name, word) || str_ihas(words, word)))
			return c->fault;
	}
	return fallback;
}
