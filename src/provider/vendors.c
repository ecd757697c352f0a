#include "provider/vendors.h"

#include "provider/llm/llm_sse.h"
#include "provider/local/llm_local.h"
#include "provider/local/stt_local.h"
#include "provider/local/tts_local.h"
#include "provider/stt/stt_http.h"
#include "provider/stt/stt_ws.h"
#include "provider/tts/tts_http.h"
#include "provider/tts/tts_tcp.h"
#include "provider/tts/tts_ws.h"

/* Each stands in its vendor's file. */
extern const struct llm_sse_dialect anthropic_messages, azure_chat, gemini_chat, gemini_generate, groq_chat,
	llama_server_chat, ollama_chat, ollama_native, openai_chat, openai_responses, sglang_chat, vllm_chat;

extern const struct stt_ws_dialect assemblyai_streaming, azure_speech, deepgram_flux, deepgram_listen,
	elevenlabs_scribe, gladia_live, openai_realtime, sherpa_onnx, speaches_realtime, speechmatics_rt,
	vllm_realtime, vosk_older, vosk_server, whisper_live;

extern const struct stt_http_dialect openai_transcriptions, speaches_transcriptions, vllm_transcriptions,
	whisper_server;

extern const struct tts_http_dialect azure_tts, google_tts, kokoro_fastapi, openai_speech, piper_http,
	xtts_tts;

extern const struct tts_ws_dialect cartesia_tts, deepgram_aura, elevenlabs_tts, rime_tts;

extern const struct tts_tcp_dialect wyoming_tts;

#define LLM_SSE(the_dialect) \
	.kind = USAGE_LLM, .llm = &llm_sse_ops, .can = LLM_TOOLS, .dialect = &(the_dialect)
#define STT_HTTP(the_dialect) \
	.kind = USAGE_STT, .stt = &stt_http_ops, .can = STT_LIKELY, .dialect = &(the_dialect)
#define STT_WS(the_dialect, and_can) \
	.kind = USAGE_STT, .stt = &stt_ws_ops, .can = (and_can), .dialect = &(the_dialect)
#define TTS_HTTP(the_dialect) .kind = USAGE_TTS, .tts = &tts_http_ops, .dialect = &(the_dialect)
#define TTS_TCP(the_dialect)  .kind = USAGE_TTS, .tts = &tts_tcp_ops, .dialect = &(the_dialect)
#define TTS_WS(the_dialect, and_can) \
	.kind = USAGE_TTS, .tts = &tts_ws_ops, .can = (and_can), .dialect = &(the_dialect)

/* Sorted by kind, then by type. */
const struct vendor vendors[] = {
	{STT_WS(assemblyai_streaming, STT_PARTIALS | STT_LIKELY | STT_ENDPOINTS), .type = "assemblyai",
	 .title = "AssemblyAI Universal-Streaming v3", .key = VENDOR_KEY_NEEDED,
	 .key_env = "ASSEMBLYAI_API_KEY"},
	{STT_WS(azure_speech, STT_PARTIALS | STT_LIKELY), .type = "azure",
	 .title = "Azure Speech (WebSocket)", .key = VENDOR_KEY_NEEDED, .key_env = "AZURE_SPEECH_KEY"},
	{STT_WS(deepgram_listen, STT_PARTIALS | STT_LIKELY | STT_ENDPOINTS), .type = "deepgram",
	 .title = "Deepgram Nova (listen v1)", .key = VENDOR_KEY_NEEDED, .key_env = "DEEPGRAM_API_KEY"},
	{STT_WS(deepgram_flux, STT_PARTIALS | STT_LIKELY | STT_ENDPOINTS), .type = "deepgram-flux",
	 .title = "Deepgram Flux (listen v2)", .key = VENDOR_KEY_NEEDED, .key_env = "DEEPGRAM_API_KEY"},
	{STT_WS(elevenlabs_scribe, STT_PARTIALS | STT_LIKELY), .type = "elevenlabs",
	 .title = "ElevenLabs Scribe realtime", .key = VENDOR_KEY_NEEDED, .key_env = "ELEVENLABS_API_KEY"},
	{STT_WS(gladia_live, STT_PARTIALS | STT_LIKELY), .type = "gladia", .title = "Gladia live v2",
	 .key = VENDOR_KEY_NEEDED, .key_env = "GLADIA_API_KEY"},
	{.kind = USAGE_STT,
	 .type = VENDOR_LOCAL,
	 .title = "Moonshine, in this process",
	 .stt = &stt_local_ops,
	 .can = STT_PARTIALS | STT_LIKELY | STT_LOCAL,
	 .tried = "itself"},
	{STT_WS(openai_realtime, STT_PARTIALS | STT_LIKELY), .type = "openai",
	 .title = "OpenAI realtime transcription", .key = VENDOR_KEY_NEEDED, .key_env = "OPENAI_API_KEY"},
	{STT_HTTP(openai_transcriptions), .type = "openai-transcriptions",
	 .title = "OpenAI transcriptions (utterances by HTTP)", .key = VENDOR_KEY_NEEDED,
	 .key_env = "OPENAI_API_KEY"},
	{STT_WS(sherpa_onnx, STT_PARTIALS | STT_LIKELY), .type = "sherpa-onnx",
	 .title = "sherpa-onnx streaming server", .key = VENDOR_KEY_NONE},
	{STT_HTTP(speaches_transcriptions), .type = "speaches", .title = "speaches (faster-whisper server)",
	 .key = VENDOR_KEY_OPTIONAL},
	{STT_WS(speaches_realtime, STT_LIKELY), .type = "speaches-realtime",
	 .title = "speaches realtime transcription", .key = VENDOR_KEY_OPTIONAL},
	{STT_WS(speechmatics_rt, STT_PARTIALS | STT_LIKELY | STT_ENDPOINTS), .type = "speechmatics",
	 .title = "Speechmatics real time", .key = VENDOR_KEY_NEEDED, .key_env = "SPEECHMATICS_API_KEY"},
	{STT_HTTP(vllm_transcriptions), .type = "vllm", .title = "vLLM transcriptions",
	 .key = VENDOR_KEY_OPTIONAL},
	{STT_WS(vllm_realtime, STT_PARTIALS | STT_LIKELY), .type = "vllm-realtime",
	 .title = "vLLM realtime transcription", .key = VENDOR_KEY_OPTIONAL, .needs = VENDOR_NEEDS_MODEL},
	{STT_WS(vosk_server, STT_PARTIALS | STT_LIKELY), .type = "vosk", .title = "vosk-server",
	 .key = VENDOR_KEY_NONE, .tried = "vosk-server, Vosk 0.3.45"},
	{STT_WS(vosk_older, STT_PARTIALS | STT_LIKELY), .type = "vosk-older",
	 .title = "vosk-server that knows no reset", .key = VENDOR_KEY_NONE,
	 .tried = "vosk-server, Vosk 0.3.45"},
	{STT_WS(whisper_live, STT_PARTIALS), .type = "whisper-live", .title = "WhisperLive",
	 .key = VENDOR_KEY_OPTIONAL},
	{STT_HTTP(whisper_server), .type = "whisper-server", .title = "whisper.cpp server",
	 .key = VENDOR_KEY_NONE, .tried = "whisper.cpp 1.9.5"},

	{LLM_SSE(anthropic_messages), .type = "anthropic", .title = "Anthropic Messages",
	 .key = VENDOR_KEY_NEEDED, .key_env = "ANTHROPIC_API_KEY"},
	{LLM_SSE(azure_chat), .type = "azure-openai", .title = "Azure OpenAI (chat completions)",
	 .key = VENDOR_KEY_NEEDED, .key_env = "AZURE_OPENAI_API_KEY"},
	{LLM_SSE(gemini_generate), .type = "gemini", .title = "Google Gemini", .key = VENDOR_KEY_NEEDED,
	 .key_env = "GEMINI_API_KEY"},
	{LLM_SSE(gemini_chat), .type = "gemini-openai", .title = "Google Gemini (chat completions)",
	 .key = VENDOR_KEY_NEEDED, .key_env = "GEMINI_API_KEY"},
	{LLM_SSE(groq_chat), .type = "groq", .title = "Groq (chat completions)", .key = VENDOR_KEY_NEEDED,
	 .key_env = "GROQ_API_KEY"},
	{.kind = USAGE_LLM,
	 .type = VENDOR_LLAMA_CPP,
	 .title = "llama.cpp, in this process",
	 .llm = &llm_local_ops,
	 .can = LLM_TOOLS | LLM_LOCAL,
	 .needs = VENDOR_NEEDS_MODEL,
	 .tried = "itself"},
	{LLM_SSE(llama_server_chat), .type = "llama-server", .title = "llama.cpp server",
	 .key = VENDOR_KEY_OPTIONAL, .tried = "llama.cpp 0.7.0"},
	{LLM_SSE(ollama_native), .type = "ollama", .title = "Ollama", .key = VENDOR_KEY_OPTIONAL},
	{LLM_SSE(ollama_chat), .type = "ollama-openai", .title = "Ollama (chat completions)",
	 .key = VENDOR_KEY_OPTIONAL},
	{LLM_SSE(openai_chat), .type = "openai", .title = "OpenAI, and others (chat completions)",
	 .key = VENDOR_KEY_NEEDED, .key_env = "OPENAI_API_KEY"},
	{LLM_SSE(openai_responses), .type = "openai-responses", .title = "OpenAI Responses",
	 .key = VENDOR_KEY_NEEDED, .key_env = "OPENAI_API_KEY"},
	{LLM_SSE(sglang_chat), .type = "sglang", .title = "SGLang server", .key = VENDOR_KEY_OPTIONAL},
	{LLM_SSE(vllm_chat), .type = "vllm", .title = "vLLM server", .key = VENDOR_KEY_OPTIONAL},

	{TTS_HTTP(azure_tts), .type = "azure", .title = "Azure Speech", .key = VENDOR_KEY_NEEDED,
	 .key_env = "AZURE_SPEECH_KEY", .needs = VENDOR_NEEDS_PLACE},
	{TTS_WS(cartesia_tts, TTS_MARKS | TTS_TAKES_PIECES), .type = "cartesia", .title = "Cartesia Sonic",
	 .key = VENDOR_KEY_NEEDED, .key_env = "CARTESIA_API_KEY"},
	{TTS_WS(deepgram_aura, TTS_TAKES_PIECES), .type = "deepgram", .title = "Deepgram Aura",
	 .key = VENDOR_KEY_NEEDED, .key_env = "DEEPGRAM_API_KEY"},
	{TTS_WS(elevenlabs_tts, TTS_MARKS | TTS_TAKES_PIECES), .type = "elevenlabs",
	 .title = "ElevenLabs (stream-input)", .key = VENDOR_KEY_NEEDED, .key_env = "ELEVENLABS_API_KEY"},
	{TTS_HTTP(google_tts), .type = "google", .title = "Google Cloud text-to-speech",
	 .key = VENDOR_KEY_NEEDED, .key_env = "GOOGLE_API_KEY"},
	{TTS_HTTP(kokoro_fastapi), .type = "kokoro", .title = "Kokoro-FastAPI", .key = VENDOR_KEY_OPTIONAL},
	{.kind = USAGE_TTS,
	 .type = VENDOR_LOCAL,
	 .title = "Kokoro or flite, in this process",
	 .tts = &tts_local_ops,
	 .can = TTS_MARKS | TTS_LOCAL,
	 .tried = "itself"},
	{TTS_HTTP(openai_speech), .type = "openai", .title = "OpenAI speech, and others",
	 .key = VENDOR_KEY_NEEDED, .key_env = "OPENAI_API_KEY"},
	{TTS_HTTP(piper_http), .type = "piper", .title = "Piper (HTTP server)", .key = VENDOR_KEY_NONE},
	{TTS_WS(rime_tts, TTS_MARKS), .type = "rime", .title = "Rime (ws3)", .key = VENDOR_KEY_NEEDED,
	 .key_env = "RIME_API_KEY"},
	{TTS_TCP(wyoming_tts), .type = "wyoming", .title = "Wyoming (Piper and others)",
	 .key = VENDOR_KEY_NONE, .tried = "its library 1.6.2, 1.10.2"},
	{TTS_HTTP(xtts_tts), .type = "xtts", .title = "XTTS v2 (xtts-api-server)", .key = VENDOR_KEY_NONE},
};

const size_t vendors_count = ARRAY_LEN(vendors);

const struct vendor *vendor_find(struct str type, enum usage_kind kind)
{
	for (size_t i = 0; i < vendors_count; i++)
		if (vendors[i].kind == kind && str_eq(type, str_from(vendors[i].type)))
			return &vendors[i];
	return NULL;
}

/* A dialect of the language models, where the row has one. */
static const struct llm_sse_dialect *model_of(const struct vendor *v)
{
	return v->kind == USAGE_LLM && v->llm == &llm_sse_ops ? v->dialect : NULL;
}

unsigned vendor_lacks(const struct vendor *v, const struct service *s)
{
	const struct llm_sse_dialect *d = model_of(v);
	unsigned needs = v->needs;

	if (d)
		needs |= (d->url ? 0 : VENDOR_NEEDS_URL) | (d->model ? 0 : VENDOR_NEEDS_MODEL);
	if (!str_empty(s->url))
		needs &= ~(unsigned)(VENDOR_NEEDS_URL | VENDOR_NEEDS_PLACE);
	if (!str_empty(s->region))
		needs &= ~(unsigned)VENDOR_NEEDS_PLACE;
	if (!str_empty(s->model))
		needs &= ~(unsigned)VENDOR_NEEDS_MODEL;
	return needs;
}

struct str vendor_model(const struct vendor *v, const struct service *s)
{
	const struct llm_sse_dialect *d = model_of(v);

	return d ? llm_sse_model(s, d) : s->model;
}
