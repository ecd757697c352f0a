/* sherpa-onnx's streaming server. It knows no flush: silence longer than its rule for trailing silence (1.2 s
 * of the sound's time) ends a segment, and costs no time because it is sent at once. */
#include <errno.h>

#include "provider/stt/stt_ws.h"

#define MESSAGE_MAX (256u * 1024)

static void address(const struct stt_ws_talk *t, struct stt_ws_address *a)
{
	stt_ws_url(t, a, "ws://127.0.0.1:6006", "");
	service_extra_query(t->service, &a->url);
}

/* Each message has all of its segment. Older servers do not say when one is final; then the next one says it.
 */
static void read_doc(const struct json *doc, const struct stt_ws_teller *tell)
{
	bool final = json_bool_or(doc, "is_final", false);
	struct str text;

	if (json_get_str(doc, "text", &text) < 0)
		return;
	stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_PIECE,
						.key = (uint64_t)json_int_or(doc, "segment", 0) + 1,
						.text = text,
						.final = final});
	if (final)
		stt_ws_tell(tell, &(struct stt_ws_fact){.type = STT_WS_FLUSHED});
}

/* Its strings may hold bytes that JSON forbids. */
static int read_message(const struct stt_ws_talk *t, struct str message, const struct stt_ws_teller *tell)
{
	struct buf clean;
	int rc;

	(void)t;
	if (str_eq(str_trim(message), STR("Done!")))
		return 0;
	buf_init(&clean, MESSAGE_MAX);
	buf_add_str(&clean, message);
	for (size_t i = 0; i < clean.n; i++)
		clean.p[i] = (unsigned char)clean.p[i] < ' ' ? ' ' : clean.p[i];
	rc = clean.error == -ENOMEM ? -ENOMEM : clean.error ? -EBADMSG : 0;
	if (rc == 0)
		rc = stt_ws_read_json(buf_str(&clean), tell, read_doc);
	buf_fini(&clean);
	return rc;
}

const struct stt_ws_dialect sherpa_onnx = {
	.name = "sherpa-onnx",
	.key = VENDOR_KEY_NONE,
	.can = STT_PARTIALS | STT_LIKELY,
	.coding = STT_WS_F32_16K,
	.chunk = USEC_MS(100),
	.flush_silence = USEC_MS(1300),
	.settle = USEC_SEC(1),
	.spare_life = USEC_SEC(60),
	.address = address,
	.end = {"Done"},
	.read = read_message,
};
