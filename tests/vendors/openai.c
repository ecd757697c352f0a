#include "openai.h"

static const char *code_of(int status)
{
	return status == 401   ? "invalid_api_key"
	       : status == 404 ? "model_not_found"
	       : status == 429 ? "rate_limit_exceeded"
			       : NULL;
}

static void write_error(struct json_out *w, int status, const char *why)
{
	json_map(w, "error");
	json_str(w, "message", str_from(why));
	json_str(w, "type", status < 500 ? STR("invalid_request_error") : STR("server_error"));
	json_none(w, "param");
	if (code_of(status))
		json_str(w, "code", str_from(code_of(status)));
	else
		json_none(w, "code");
	json_end(w);
}

void openai_refuse(struct vendor_session *s, int status, const char *why)
{
	if (status == 429 || status >= 500)
		vendor_add_header(s, "x-should-retry", "true");
	vendor_answer_error(s, status, why, write_error);
}

bool openai_key(struct vendor_session *s)
{
	struct str given = vendor_header(s, "authorization");

	if (str_starts(given, STR("Bearer ")) && str_eq(str_sub(given, 7, SIZE_MAX), vendor_key(s)))
		return true;
	vendor_wrong(s, "Authorization is not Bearer and the key");
	vendor_refuse(s, 401, "Incorrect API key provided");
	return false;
}

struct json *openai_body(struct vendor_session *s)
{
	struct json *body = NULL;

	if (str_istarts(vendor_header(s, "content-type"), STR("application/json")))
		body = vendor_json(s, vendor_body(s));
	if (!body)
		vendor_bad(s, 400, "we could not parse the JSON body of your request");
	return body;
}

void openai_headers(struct vendor_session *s)
{
	vendor_add_header(s, "x-request-id", "req_%08x", vendor_number(s));
	vendor_add_header(s, "openai-processing-ms", "17");
	vendor_add_header(s, "x-ratelimit-limit-requests", "5000");
	vendor_add_header(s, "x-ratelimit-remaining-requests", "4999");
	vendor_add_header(s, "x-ratelimit-reset-requests", "12ms");
}

void openai_event_begin(struct openai_event *e, const char *event)
{
	buf_init(&e->text, 32u << 20);
	if (event)
		buf_printf(&e->text, "event: %s\n", event);
	buf_add_str(&e->text, STR("data: "));
	json_begin(&e->w, &e->text);
	json_map(&e->w, NULL);
}

void openai_event_send(struct openai_event *e, struct vendor_session *s, usec delay)
{
	json_end(&e->w);
	buf_add_str(&e->text, STR("\n\n"));
	vendor_piece(s, delay, buf_str(&e->text));
	buf_fini(&e->text);
}
