/* Session descriptions: reading, printing, answering, and reading our own answer. */
#include "fuzz.h"

#include <assert.h>

#include "wire/sdp_nego.h"

static struct sdp sdp, again;

static const struct sdp_codec *const codecs[] = {&sdp_opus, &sdp_g722,     &sdp_pcmu,     &sdp_pcma,
						 &sdp_l16,  &sdp_event_8k, &sdp_event_48k};

static void start(struct sdp_local *local, enum sdp_prefer prefer)
{
	*local = (struct sdp_local){
		.codecs = codecs,
		.codec_count = ARRAY_LEN(codecs),
		.prefer = prefer,
		.family = SDP_IP4,
		.address = STR("192.0.2.7"),
		.port = 4000,
		.direction = SDP_SENDRECV,
		.rtcp_mux = true,
	};
}

static void round_trip(void)
{
	struct buf once, twice;

	buf_init(&once, 1 << 20);
	buf_init(&twice, 1 << 20);
	sdp_print(&once, &sdp);
	assert(!once.error);
	if (once.n <= SDP_TEXT_MAX_BYTES) {
		assert(sdp_parse(buf_str(&once), &again) == 0);
		sdp_print(&twice, &again);
		assert(str_eq(buf_str(&once), buf_str(&twice)));
	}
	buf_fini(&once);
	buf_fini(&twice);
}

/* As many m= lines as were offered, one of them ours; so too in our next offer. */
static void answer(enum sdp_prefer prefer)
{
	struct sdp_local local;
	struct sdp_outcome o;
	struct buf b;

	start(&local, prefer);
	buf_init(&b, 1 << 16);
	if (sdp_answer(&local, &sdp, &b, &o) == 0) {
		assert(!b.error && o.codec && o.ptime_ms >= 10 && o.ptime_ms <= 60 && o.remote_port > 0);
		for (int round = 0; round < 2; round++) {
			assert(sdp_parse(buf_str(&b), &again) == 0);
			assert(again.media_count == sdp.media_count);
			assert(again.media[o.media].port == 4000);
			buf_clear(&b);
			sdp_offer(&local, &b);
		}
	} else {
		assert(b.n == 0 && !local.agreed && local.version == 0);
	}
	buf_fini(&b);
}

static void conclude(void)
{
	struct sdp_local local;
	struct sdp_outcome o;

	start(&local, SDP_PREFER_THEIRS);
	if (sdp_conclude(&local, &sdp, &o) == 0)
		assert(sdp.media_count == 1 && o.recv_type == o.codec->payload_type);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (sdp_parse((struct str){(const char *)data, size}, &sdp) < 0) {
		assert(sdp.fault);
		return 0;
	}
	round_trip();
	answer(SDP_PREFER_THEIRS);
	answer(SDP_PREFER_OURS);
	conclude();
	return 0;
}
