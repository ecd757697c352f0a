#include "base/fault.h"

const char *fault_name(enum fault f)
{
	static const char *const names[] = {
		[FAULT_NONE] = "none",
		[FAULT_CONFIG] = "config",
		[FAULT_AUTH] = "auth",
		[FAULT_QUOTA] = "quota",
		[FAULT_UNREACHABLE] = "unreachable",
		[FAULT_PROTOCOL] = "protocol",
		[FAULT_STALLED] = "stalled",
		[FAULT_OVERLOAD] = "overload",
	};

	return names[f];
}
