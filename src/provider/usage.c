#include "provider/usage.h"

#include <assert.h>

static const char *const units[] = {
	[USAGE_REQUESTS] = "requests",           [USAGE_AUDIO_IN] = "audio_in_seconds",
	[USAGE_AUDIO_OUT] = "audio_out_seconds", [USAGE_CONNECTED] = "connected_seconds",
	[USAGE_CHARACTERS] = "characters",       [USAGE_TOKENS_IN] = "tokens_in",
	[USAGE_TOKENS_CACHED] = "tokens_cached", [USAGE_TOKENS_OUT] = "tokens_out",
};

static const char *const kinds[] = {[USAGE_STT] = "stt", [USAGE_LLM] = "llm", [USAGE_TTS] = "tts"};

static const char *const ends[] = {
	[USAGE_DONE] = "done", [USAGE_CANCELLED] = "cancelled", [USAGE_FAILED] = "failed"};

const char *usage_unit_name(enum usage_unit u)
{
	assert(u < USAGE_UNITS_);
	return units[u];
}

const char *usage_kind_name(enum usage_kind k)
{
	assert(k < USAGE_KINDS_);
	return kinds[k];
}

const char *usage_end_name(enum usage_end e)
{
	assert(e < USAGE_ENDS_);
	return ends[e];
}
