#include "trouble.h"

#include <stdio.h>

#include "side.h"
#include "test.h"

#define IS(fault) (1u << FAULT_##fault)
#define OF(kind)  (1u << USAGE_##kind)

/* A WebSocket that is closed like that. */
#define CLOSED(of, its_type, its_code, why, as)                                               \
	{                                                                                     \
		{.kind = VENDOR_FAULT_CLOSE, .item = 1, .code = (its_code), .reason = (why)}, \
			.faults = IS(as), .kinds = OF(of), .type = (its_type)                 \
	}

static const struct trouble troubles[] = {
	/* before a word was said */
	{{.kind = VENDOR_FAULT_KEY}, IS(AUTH)},
	{{.kind = VENDOR_FAULT_RATE}, IS(QUOTA)},
	{{.kind = VENDOR_FAULT_STATUS, .code = 500}, IS(UNREACHABLE) | IS(OVERLOAD)},
	{{.kind = VENDOR_FAULT_STATUS, .code = 503}, IS(OVERLOAD), OF(STT) | OF(TTS)},
	{{.kind = VENDOR_FAULT_STATUS, .code = 503},
	 IS(OVERLOAD) | IS(UNREACHABLE),
	 OF(LLM)}, /* or its words */
	{{.kind = VENDOR_FAULT_NAME}, IS(UNREACHABLE)},
	{{.kind = VENDOR_FAULT_REFUSE}, IS(UNREACHABLE)},
	{{.kind = VENDOR_FAULT_SLOW}, IS(STALLED)},
	{{.kind = VENDOR_FAULT_STALL}, IS(STALLED)},
	/* in the middle */
	{{.kind = VENDOR_FAULT_RESET, .item = 1},
	 IS(UNREACHABLE) | IS(PROTOCOL)}, /* PROTOCOL: an answer by HTTP */
	{{.kind = VENDOR_FAULT_STALL, .partial = 1}, IS(STALLED), OF(STT)},
	{{.kind = VENDOR_FAULT_ERROR, .item = 1}, ~IS(NONE)},
	{{.kind = VENDOR_FAULT_GARBAGE, .item = 1}, IS(PROTOCOL), OF(STT) | OF(LLM)},
	{{.kind = VENDOR_FAULT_HUGE, .item = 1}, IS(PROTOCOL) | IS(OVERLOAD), OF(STT) | OF(LLM)},
	{{.kind = VENDOR_FAULT_CLOSE, .item = 1}, IS(UNREACHABLE) | IS(PROTOCOL) | IS(OVERLOAD)},
	{{.kind = VENDOR_FAULT_STALL, .item = 4}, IS(STALLED), OF(LLM)},
	{{.kind = VENDOR_FAULT_STALL, .item = 1}, IS(STALLED), OF(TTS)},
	{{.kind = VENDOR_FAULT_DRIBBLE, .item = 1}, IS(STALLED), OF(TTS)},
	{{.kind = VENDOR_FAULT_HUGE, .item = 1}, IS(PROTOCOL) | IS(STALLED), OF(TTS)},
	{{.kind = VENDOR_FAULT_GARBAGE, .item = 1}, 0, OF(TTS)},
	{{.kind = VENDOR_FAULT_ORDER}, 0, OF(TTS)},
	/* close codes that a sheet names */
	CLOSED(STT, "assemblyai", 1008, NULL, AUTH),
	CLOSED(STT, "assemblyai", 1013, NULL, OVERLOAD),
	CLOSED(STT, "assemblyai", 3005, NULL, UNREACHABLE),
	CLOSED(STT, "assemblyai", 3006, NULL, CONFIG),
	CLOSED(STT, "assemblyai", 3007, NULL, PROTOCOL),
	CLOSED(STT, "assemblyai", 3008, NULL, UNREACHABLE),
	CLOSED(STT, "assemblyai", 3009, NULL, QUOTA),
	CLOSED(STT, "assemblyai", 4000, NULL, CONFIG),
	CLOSED(STT, "assemblyai", 4001, NULL, AUTH),
	CLOSED(STT, "assemblyai", 4002, NULL, QUOTA),
	CLOSED(STT, "assemblyai", 4003, NULL, QUOTA),
	CLOSED(STT, "assemblyai", 4004, NULL, CONFIG),
	CLOSED(STT, "assemblyai", 4029, NULL, OVERLOAD),
	CLOSED(STT, "assemblyai", 4031, NULL, STALLED),
	CLOSED(STT, "assemblyai", 4100, NULL, PROTOCOL),
	CLOSED(STT, "assemblyai", 4101, NULL, PROTOCOL),
	CLOSED(STT, "assemblyai", 4102, NULL, QUOTA),
	CLOSED(STT, "azure", 1002, NULL, PROTOCOL),
	CLOSED(STT, "azure", 1003, NULL, PROTOCOL),
	CLOSED(STT, "azure", 1007, NULL, CONFIG),
	CLOSED(STT, "azure", 4000, NULL, PROTOCOL),
	CLOSED(STT, "deepgram", 1008, "DATA-0000", PROTOCOL),
	CLOSED(STT, "deepgram", 1011, "NET-0000", STALLED),
	CLOSED(STT, "deepgram", 1011, "NET-0001", STALLED),
	CLOSED(STT, "deepgram-flux", 1008, "DATA-0000", PROTOCOL),
	CLOSED(STT, "deepgram-flux", 1011, "NET-0000", STALLED),
	CLOSED(STT, "deepgram-flux", 1011, "NET-0001", STALLED),
	CLOSED(STT, "gladia", 4001, NULL, AUTH),
	CLOSED(STT, "speechmatics", 4001, NULL, AUTH),
	CLOSED(STT, "speechmatics", 4003, NULL, AUTH),
	CLOSED(STT, "speechmatics", 4004, NULL, CONFIG),
	CLOSED(STT, "speechmatics", 4005, NULL, QUOTA),
	CLOSED(STT, "speechmatics", 1011, NULL, UNREACHABLE),
	CLOSED(TTS, "deepgram", 1003, "MESSAGE-0000", PROTOCOL),
	CLOSED(TTS, "deepgram", 1008, "DATA-0000", PROTOCOL),
	CLOSED(TTS, "deepgram", 1008, "DATA-0001", QUOTA),
	CLOSED(TTS, "deepgram", 1009, "BIG-0001", PROTOCOL),
	CLOSED(TTS, "deepgram", 1011, "NET-0001", UNREACHABLE),
	CLOSED(TTS, "deepgram", 1011, "NET-0002", UNREACHABLE),
	CLOSED(TTS, "elevenlabs", 1008, "quota_exceeded", QUOTA),
	CLOSED(TTS, "elevenlabs", 1008, NULL, PROTOCOL),
};

/* There is no status, and no certificate, on a bare connection. */
static bool needs_http(enum vendor_fault_kind kind)
{
	return kind == VENDOR_FAULT_STATUS || kind == VENDOR_FAULT_RATE || kind == VENDOR_FAULT_KEY ||
	       kind == VENDOR_FAULT_NAME;
}

static bool concerns(const struct trouble *t, const struct stage_vendor *who)
{
	if (t->kinds && !(t->kinds & 1u << who->kind))
		return false;
	if (t->type && strcmp(t->type, who->type) != 0)
		return false;
	if (who->manner & STAGE_WHOLE && t->fault.kind == VENDOR_FAULT_DRIBBLE)
		return false; /* what comes all at once cannot come in drops */
	return !(who->manner & STAGE_BARE) || !needs_http(t->fault.kind);
}

void trouble_each(enum usage_kind kind, void (*fn)(const struct stage_vendor *who, const struct trouble *t))
{
	char name[64];

	for (size_t i = 0; i < ARRAY_LEN(troubles); i++)
		STAGE_EACH (who, kind) {
			snprintf(name, sizeof(name), "%s: %s", who->type,
				 vendor_fault_name(troubles[i].fault.kind));
			if (concerns(&troubles[i], who) && side_begin(name)) {
				fn(who, &troubles[i]);
				side_end();
			}
		}
	side_join();
}
