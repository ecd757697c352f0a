#include "provider/vendors.h"

#include "provider/local/stt_local.h"
#include "provider/local/tts_local.h"
#include "provider/stt/stt_dialects.h"

/* Sorted by kind, then by type. */
const struct vendor vendors[] = {
	{.kind = USAGE_STT,
	 .type = "deepgram",
	 .title = "Deepgram Nova (listen v1)",
	 .key = VENDOR_KEY_NEEDED,
	 .key_env = "DEEPGRAM_API_KEY",
	 .stt = &stt_ws_ops,
	 .dialect = &deepgram_listen,
	 .can = STT_PARTIALS | STT_LIKELY | STT_ENDPOINTS},
	{.kind = USAGE_STT,
	 .type = VENDOR_LOCAL,
	 .title = "Moonshine, in this process",
	 .stt = &stt_local_ops,
	 .can = STT_PARTIALS | STT_LIKELY | STT_LOCAL,
	 .tried = true},

	{.kind = USAGE_TTS,
	 .type = VENDOR_LOCAL,
	 .title = "Kokoro or flite, in this process",
	 .tts = &tts_local_ops,
	 .can = TTS_MARKS | TTS_LOCAL,
	 .tried = true},
};

const size_t vendors_count = ARRAY_LEN(vendors);

const struct vendor *vendor_find(struct str type, enum usage_kind kind)
{
	for (size_t i = 0; i < vendors_count; i++)
		if (vendors[i].kind == kind && str_eq(type, str_from(vendors[i].type)))
			return &vendors[i];
	return NULL;
}
