#include "model.h"

#include <stdio.h>

#define FRAGMENT_BYTES 6 /* of a tool's arguments: cuts names and escapes in two */

static const struct vendor_answer anything = {.text = "I heard you."};

void model_begin(struct model *m, struct vendor_session *s, struct str heard, size_t bytes)
{
	const struct vendor_says *says = &vendor_config(s)->says;

	*m = (struct model){.s = s, .answer = &anything, .in = bytes / 4 + 1};
	m->cached = MIN(says->tokens_cached, m->in);
	for (size_t i = says->n_answers; i-- > 0;)
		if (!says->answers[i].when || str_ihas(heard, str_from(says->answers[i].when)))
			m->answer = &says->answers[i];
	vendor_bill(s, &(struct vendor_bill){.tokens_in = m->in - m->cached,
					     .tokens_cached = m->cached,
					     .note = "request"});
}

usec model_token(struct model *m)
{
	const struct vendor_delays *d = &vendor_config(m->s)->delays;
	struct vendor_bill bill = {.tokens_out = 1, .note = m->out ? NULL : "first token"};

	vendor_bill_next(m->s, &bill);
	return vendor_span(m->s, m->out++ ? d->token : d->first_token);
}

/* A word with the blanks before it. */
static struct str cut_token(struct str *rest)
{
	size_t n = 0;
	struct str token;

	while (n < rest->n && rest->p[n] == ' ')
		n++;
	while (n < rest->n && rest->p[n] != ' ')
		n++;
	token = str_sub(*rest, 0, n);
	*rest = str_sub(*rest, n, SIZE_MAX);
	return token;
}

/* "{n}" is the request's number, so that no answer is like another. */
static void say_token(struct model *m, struct str token,
		      void (*say)(struct model *m, usec delay, struct str token))
{
	size_t at = str_find(token, STR("{n}"));
	char text[256];
	int n = snprintf(text, sizeof(text), STR_FMT "%u" STR_FMT, STR_ARG(str_sub(token, 0, at)),
			 vendor_number(m->s), STR_ARG(str_sub(token, at + 3, SIZE_MAX)));

	say(m, model_token(m), at < token.n && n < (int)sizeof(text) ? (struct str){text, (size_t)n} : token);
}

bool model_stream(struct model *m, uint64_t limit, void (*say)(struct model *m, usec delay, struct str token),
		  void (*call)(struct model *m, usec delay, struct str fragment))
{
	struct str text = str_from(m->answer->text);
	struct str arguments = str_from(m->answer->tool ? m->answer->arguments : NULL);

	while (text.n && (!limit || m->out < limit)) {
		say_token(m, cut_token(&text), say);
	}
	while (arguments.n && (!limit || m->out < limit)) {
		call(m, model_token(m), str_sub(arguments, 0, FRAGMENT_BYTES));
		arguments = str_sub(arguments, FRAGMENT_BYTES, SIZE_MAX);
	}
	return text.n || arguments.n;
}

void model_words(const struct json *content, struct buf *out)
{
	if (json_kind(content) == JSON_KIND_STR)
		buf_add_str(out, json_str_or(content, "", STR("")));
	for (size_t i = 0; i < json_count(content) && json_kind(content) == JSON_KIND_LIST; i++) {
		const struct json *part = json_at(content, i);

		buf_add_str(out, json_str_or(part, "text", STR("")));
		model_words(json_find(part, "content"), out);
	}
}
