/* POST /v1/audio/transcriptions: OpenAI, and the servers that speak like it. */
#include "provider/stt/stt_http.h"

static void common_fields(const struct stt_http_talk *t, struct multipart *form, const char *model,
			  const char *format)
{
	stt_http_field(t, form, "model", service_or(t->service->model, model));
	stt_http_field(t, form, "response_format", str_from(format));
	stt_http_field(t, form, "language", t->language);
	stt_http_field(t, form, "prompt", t->terms);
}

/* The gpt-4o models know json and text only. */
static void openai_fields(const struct stt_http_talk *t, struct multipart *form)
{
	common_fields(t, form, "gpt-4o-mini-transcribe", "json");
}

static void speaches_fields(const struct stt_http_talk *t, struct multipart *form)
{
	common_fields(t, form, "Systran/faster-whisper-small", "verbose_json");
}

static void vllm_fields(const struct stt_http_talk *t, struct multipart *form)
{
	common_fields(t, form, "openai/whisper-large-v3-turbo", "json");
}

const struct stt_http_dialect openai_transcriptions = {
	.name = "openai-transcriptions",
	.key = VENDOR_KEY_NEEDED,
	.base = "https://api.openai.com",
	.path = "/v1/audio/transcriptions",
	.rate_hz = 8000,
	.fields = openai_fields,
	.read = stt_http_read_json,
};

const struct stt_http_dialect speaches_transcriptions = {
	.name = "speaches",
	.key = VENDOR_KEY_OPTIONAL,
	.base = "http://127.0.0.1:8000",
	.path = "/v1/audio/transcriptions",
	.rate_hz = 16000,
	.fields = speaches_fields,
	.read = stt_http_read_json,
};

const struct stt_http_dialect vllm_transcriptions = {
	.name = "vllm-transcriptions",
	.key = VENDOR_KEY_OPTIONAL,
	.base = "http://127.0.0.1:8000",
	.path = "/v1/audio/transcriptions",
	.rate_hz = 16000,
	.fields = vllm_fields,
	.read = stt_http_read_json,
};
