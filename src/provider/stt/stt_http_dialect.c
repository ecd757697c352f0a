#include <errno.h>
#include <math.h>

#include "provider/stt/stt_http.h"

/* Whisper's own rule for what it wrote about silence. */
#define NO_SPEECH_PROB 0.6
#define LOGPROB_MIN    (-1.0)

void stt_http_field(const struct stt_http_talk *t, struct multipart *form, const char *name, struct str value)
{
	if (value.n > 0 && !service_extra_has(t->service, name))
		multipart_field(form, str_from(name), value);
}

/* In one line: servers break it between segments. */
static void add_text(struct buf *out, struct str text)
{
	for (struct str word = str_word(&text); word.n > 0; word = str_word(&text)) {
		if (out->n > 0)
			buf_add_char(out, ' ');
		buf_add_str(out, word);
	}
}

static void read_segments(const struct json *segments, struct stt_http_said *said)
{
	double sum = 0, weight = 0;

	for (size_t i = 0; i < json_count(segments); i++) {
		const struct json *s = json_at(segments, i);
		struct str text = json_str_or(s, "text", (struct str){0});
		double logprob = json_num_or(s, "avg_logprob", 1);

		if (json_num_or(s, "no_speech_prob", 0) > NO_SPEECH_PROB && logprob < LOGPROB_MIN)
			continue;
		add_text(&said->text, text);
		if (logprob <= 0) {
			sum += exp(logprob) * (double)text.n;
			weight += (double)text.n;
		}
	}
	if (weight > 0)
		said->confidence = (float)(sum / weight);
}

int stt_http_read_json(struct str body, struct stt_http_said *said)
{
	struct str text = {0};
	struct json *doc;
	int rc = json_parse(body, NULL, NULL, &doc);

	if (rc < 0)
		return rc == -ENOMEM ? rc : -EBADMSG;
	said->confidence = -1;
	if (json_count(json_find(doc, "segments")) > 0)
		read_segments(json_find(doc, "segments"), said);
	else
		rc = json_get_str(doc, "text", &text);
	add_text(&said->text, text);
	json_free(doc);
	return rc < 0 ? -EBADMSG : said->text.error;
}
