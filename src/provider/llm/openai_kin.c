/* Who else speaks chat completions. */
#include "provider/llm/openai.h"
#include "wire/url.h"

static const struct openai_variant usual = {"/v1" OPENAI_ENDPOINT, "max_tokens", false};
static const struct openai_variant azure = {.limit = "max_completion_tokens", .padded = true};
static const struct openai_variant groq = {"/openai/v1" OPENAI_ENDPOINT, "max_completion_tokens", false};
static const struct openai_variant google = {"/v1beta/openai" OPENAI_ENDPOINT, "max_completion_tokens",
					     false};

/* Azure has its new interface for all models, and the old one by the name of a deployment and a version. */
static void azure_url(const struct service *s, const struct llm_sse_dialect *d, struct buf *out)
{
	bool old = str_ihas(s->url, STR("/deployments/"));

	openai_join(s, NULL, old ? OPENAI_ENDPOINT : "/openai/v1" OPENAI_ENDPOINT, out);
	if (old || !str_empty(s->version))
		url_query(out, STR("api-version"), service_or(s->version, "2024-10-21"));
}

const struct llm_sse_dialect azure_chat = {
	.name = "azure-openai",
	.key = VENDOR_KEY_NEEDED,
	.window = 128000,
	.variant = &azure,
	.key_header = "api-key",
	.url_of = azure_url,
	OPENAI_SPEAKS,
};

const struct llm_sse_dialect groq_chat = {
	.name = "groq",
	.key = VENDOR_KEY_NEEDED,
	.url = "https://api.groq.com/openai/v1",
	.model = "llama-3.3-70b-versatile",
	.window = 131072,
	.variant = &groq,
	OPENAI_BEARER,
	.url_of = openai_url,
	OPENAI_SPEAKS,
};

const struct llm_sse_dialect gemini_chat = {
	.name = "gemini-openai",
	.key = VENDOR_KEY_NEEDED,
	.url = "https://generativelanguage.googleapis.com/v1beta/openai",
	.model = "gemini-2.5-flash",
	.window = 1000000,
	.variant = &google,
	OPENAI_BEARER,
	.url_of = openai_url,
	OPENAI_SPEAKS,
};

/* Servers of one's own: a key only if they were told to want one. */
const struct llm_sse_dialect vllm_chat = {
	.name = "vllm",
	.key = VENDOR_KEY_OPTIONAL,
	.url = "http://127.0.0.1:8000/v1",
	.variant = &usual,
	OPENAI_BEARER,
	.url_of = openai_url,
	OPENAI_SPEAKS,
};

const struct llm_sse_dialect sglang_chat = {
	.name = "sglang",
	.key = VENDOR_KEY_OPTIONAL,
	.url = "http://127.0.0.1:30000/v1",
	.variant = &usual,
	OPENAI_BEARER,
	.url_of = openai_url,
	OPENAI_SPEAKS,
};

/* Has loaded the one model that it was started with, whatever it is asked for. */
const struct llm_sse_dialect llama_server_chat = {
	.name = "llama-server",
	.key = VENDOR_KEY_OPTIONAL,
	.url = "http://127.0.0.1:8080/v1",
	.model = "default",
	.window = 4096,
	.variant = &usual,
	OPENAI_BEARER,
	.url_of = openai_url,
	OPENAI_SPEAKS,
};

/* Cuts a longer prompt silently to the context it was started with. */
const struct llm_sse_dialect ollama_chat = {
	.name = "ollama-openai",
	.key = VENDOR_KEY_OPTIONAL,
	.url = "http://127.0.0.1:11434/v1",
	.window = 4096,
	.variant = &usual,
	OPENAI_BEARER,
	.url_of = openai_url,
	OPENAI_SPEAKS,
};
