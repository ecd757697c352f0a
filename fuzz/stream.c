#include "fuzz.h"

#include <assert.h>
#include <stdlib.h>

#include "leg/stream_media.h"

/* A stream on simulated loops is fed packets: two bytes of length and source, then the packet, and so on. */
#define HEAD_BYTES 2

static struct loop *control, *media;
static struct stream_pool *pool;

static void drop(int fd, const void *bytes, size_t n, const struct sockaddr_storage *to, socklen_t to_n)
{
	(void)fd, (void)bytes, (void)to, (void)to_n;
	assert(n <= STREAM_PACKET_BYTES);
}

static void on_event(void *arg, const struct leg_event *ev)
{
	(void)arg;
	assert(ev->type != LEG_EV_DTMF || ev->dtmf.digit);
}

static void setup(void)
{
	struct stream_pool_config c = {
		.streams = 1,
		.media_timeout = USEC_SEC(1),
		.reflex = &reflex_hysteresis,
		.reflex_config = &reflex_hysteresis_default,
	};

	if (loop_new(LOOP_SIM, USEC_SEC(1), &control) < 0 || loop_new(LOOP_SIM, USEC_SEC(1), &media) < 0 ||
	    addr_parse(STR("127.0.0.1"), 0, &c.bind) < 0)
		abort();
	c.control = control;
	c.media = media;
	if (stream_pool_new(&c, &pool) < 0)
		abort();
	stream_pool_hub(pool)->send = drop;
}

static struct stream *call(void)
{
	struct stream_params p = {.codec = codec_at(0),
				  .event_send_type = 101,
				  .event_recv_type = 101,
				  .send = true,
				  .receive = true};
	struct stream_sink sink = {.on_event = on_event};
	struct stream *s;

	if (addr_parse(STR("192.0.2.1"), 4000, &p.remote) < 0 || stream_open(pool, &sink, &s) < 0)
		abort();
	stream_start(s, &p);
	loop_advance(media, USEC_MS(1));
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stream_media *m;
	struct stream *s;

	if (!pool)
		setup();
	s = call();
	m = &stream_pool_hub(pool)->streams[0];
	while (size >= HEAD_BYTES) {
		size_t n = MIN((size_t)data[0], size - HEAD_BYTES);
		struct addr from = m->wish.params.remote;
		struct sockaddr_storage sa;

		from.port = (uint16_t)(from.port + data[1] % 3);
		stream_in_rtp(m, loop_now(media), data + HEAD_BYTES, n, &sa, addr_to_sockaddr(&from, &sa));
		data += HEAD_BYTES + n;
		size -= HEAD_BYTES + n;
		loop_advance(media, USEC_MS(7));
		loop_advance(control, USEC_MS(7));
	}
	stream_close(s);
	loop_advance(media, USEC_MS(1));
	loop_advance(control, USEC_MS(1));
	assert(stream_pool_open(pool) == 0);
	return 0;
}
