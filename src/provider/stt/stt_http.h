/*
 * stt_http.h - recognisers that take an utterance by HTTP and answer with its text
 *
 * The session is one of takes (stt_takes.h); a reading is a request with the
 * utterance as a WAV file. 200 ms after the caller has stopped the utterance is
 * sent, and its answer is the LIKELY text; if the caller goes on the request is
 * cancelled, by closing its stream, and sent again with more. Speech of more than
 * 25 s is sent in parts.
 *
 *   speech off --200 ms--> POST (WAV) ... LIKELY ... finish -> FINAL
 *
 * `partials_ms=1000` in `extra` sends the growing utterance every second of speech,
 * one request at a time, for PARTIAL texts. The other pairs of `extra` are fields of
 * the form.
 *
 * A dialect is data and pure functions: the fields of the form, the text of an answer.
 * There is no second try in here: a fault goes up, and the chain decides.
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_STT_STT_HTTP_H
#define PROVIDER_STT_STT_HTTP_H

#include "base/buf.h"
#include "provider/service.h"
#include "provider/stt/stt.h"
#include "provider/vendors.h"
#include "wire/multipart.h"

#define STT_HTTP_PART_MAX   (25 * STT_RATE_HZ) /* samples in a request */
#define STT_HTTP_ANSWER_MAX (256u * 1024)
#define STT_HTTP_PROMPT_MAX 800 /* bytes of key terms; Whisper reads 224 tokens of it */

/* A session as its dialect sees it. */
struct stt_http_talk {
	const struct service *service;
	struct str language; /* "en"; empty = not told */
	struct str terms;    /* "Offhook, Dr. Meyer"; empty = none */
};

/* What an answer said. */
struct stt_http_said {
	struct buf text;
	float confidence; /* 0..1; negative = not told */
};

struct stt_http_dialect {
	const char *name;
	enum vendor_key key; /* it goes into Authorization: Bearer */
	const char *base;    /* where it is when the service does not say */
	const char *path;
	uint32_t rate_hz; /* of the WAV: 8000 or 16000 */

	/* The fields beside the file and `extra`. */
	void (*fields)(const struct stt_http_talk *t, struct multipart *form);
	/* Appends the text of an answer. Returns 0, -EBADMSG or -ENOMEM. */
	int (*read)(struct str body, struct stt_http_said *said);
};

/* config: struct service_use with such a dialect. */
extern const struct stt_ops stt_http_ops;

/* ---- for dialects ---- */

/* A field, unless it is empty or `extra` has one of that name. */
void stt_http_field(const struct stt_http_talk *t, struct multipart *form, const char *name,
		    struct str value);

/* The JSON that OpenAI defined: {"text"}, and `segments` with their probabilities where they are. Segments
 * that the model itself takes for silence are left out. */
int stt_http_read_json(struct str body, struct stt_http_said *said);

#endif
