#include "provider/vendors.h"

#include "provider/local/stt_local.h"
#include "provider/local/tts_local.h"

/* Sorted by kind, then by type. */
const struct vendor vendors[] = {
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
