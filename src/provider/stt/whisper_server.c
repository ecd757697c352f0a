/* whisper.cpp's whisper-server: POST /inference. It decodes one request at a time, and stops when the client
 * goes; it takes WAV of 16 kHz only, unless it was started with --convert. */
#include "provider/stt/stt_http.h"

static void fields(const struct stt_http_talk *t, struct multipart *form)
{
	stt_http_field(t, form, "response_format", STR("verbose_json"));
	/* Else each answer costs a second pass of the encoder. */
	stt_http_field(t, form, "no_language_probabilities", STR("true"));
	stt_http_field(t, form, "temperature", STR("0.0"));
	stt_http_field(t, form, "language", t->language);
	stt_http_field(t, form, "prompt", t->terms);
}

const struct stt_http_dialect whisper_server = {
	.name = "whisper-server",
	.key = VENDOR_KEY_NONE,
	.base = "http://127.0.0.1:8080",
	.path = "/inference",
	.rate_hz = 16000,
	.fields = fields,
	.read = stt_http_read_json,
};
