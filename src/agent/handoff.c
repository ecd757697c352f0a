#include "agent/handoff.h"

#include <stdio.h>

#include "base/json.h"

void handoff_write(const struct handoff *h, struct buf *out)
{
	int seconds = (int)(h->elapsed / USEC_SEC(1));
	struct json_out w;
	char duration[24];

	snprintf(duration, sizeof(duration), "%dm %02ds", seconds / 60, seconds % 60);
	json_begin(&w, out);
	json_map(&w, NULL);
	json_str(&w, "caller_id", h->caller_id);
	json_str(&w, "caller_name", h->caller_name);
	json_str(&w, "crm_contact_id", h->crm_contact_id);
	json_str(&w, "summary", h->summary);
	json_str(&w, "transfer_reason", h->reason);
	json_str(&w, "sentiment", h->annoyed ? STR("negative") : STR("neutral"));
	json_str(&w, "duration_ai_call", str_from(duration));
	json_end(&w);
}
