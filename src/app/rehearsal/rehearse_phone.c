#include "app/rehearsal/rehearse_phone.h"

#include <errno.h>
#include <pthread.h>

#include "base/mem.h"
#include "base/rng.h"
#include "leg/reflex.h"
#include "leg/sip.h"
#include "net/udp.h"

#define CALLER        STR("rehearsal")
#define MEDIA_TIMEOUT USEC_SEC(10)
#define CLOSING_TURNS 2000 /* until the media thread has given every stream back */

struct rehearse_phone {
	struct loop *control, *media;
	pthread_t thread;
	bool running;
	struct rng rng;
	struct addr_range server;
	struct sip_trunk trunk;
	struct sip_trunks trunks;
	struct sip_acceptor *acceptor;
	struct stream_pool *streams;
	struct sip *sip;
};

/* Nobody calls us. */
static int on_leg(void *arg, struct leg *leg, const struct sip_trunk *trunk)
{
	(void)arg;
	(void)leg;
	(void)trunk;
	return 404;
}

static const struct sip_ops sip_ops = {on_leg};

static int open_acceptor(struct rehearse_phone *p, const struct addr *local)
{
	struct sip_acceptor_config config = {
		.udp = local,
		.udp_count = 1,
		.trunks = &p->trunks,
		.guard = sip_guard_usual,
		.shards = 1,
		.conns_max = 1,
		.conns_per_source = 1,
		.idle = USEC_SEC(60),
	};

	return sip_acceptor_new(p->control, &config, &p->acceptor);
}

static int open_streams(struct rehearse_phone *p, const struct addr *local, size_t calls)
{
	struct stream_pool_config config = {
		.control = p->control,
		.media = p->media,
		.streams = calls,
		.bind = *local,
		.media_timeout = MEDIA_TIMEOUT,
		.reflex = &reflex_hysteresis,
		.reflex_config = &reflex_hysteresis_default,
	};

	rng_bytes(&p->rng, config.seed, sizeof(config.seed));
	return stream_pool_new(&config, &p->streams);
}

static int open_sip(struct rehearse_phone *p, size_t calls)
{
	struct sip_config config = {
		.ua = {.t1 = SIP_T1,
		       .t2 = SIP_T2,
		       .t4 = SIP_T4,
		       .decide_max = USEC_SEC(20),
		       .ring_max = USEC_SEC(30),
		       .refer_max = USEC_SEC(30),
		       .calls_max = 4 * calls, /* those that still say goodbye count too */
		       .transactions_max = 16 * calls + 64,
		       .retry_after_sec = 1,
		       .realm = STR("rehearsal"),
		       .take_refers = true,
		       .trunks = &p->trunks},
		.acceptor = p->acceptor,
		.streams = p->streams,
	};

	return sip_new(p->control, &config, &sip_ops, p, &p->rng, &p->sip);
}

static void *run_media(void *arg)
{
	struct rehearse_phone *p = arg;

	pthread_setname_np(pthread_self(), "media");
	(void)!loop_run(p->media);
	return NULL;
}

static int start_media(struct rehearse_phone *p)
{
	int rc = -pthread_create(&p->thread, NULL, run_media, p);

	p->running = rc == 0;
	return rc;
}

static int open_all(struct rehearse_phone *p, const struct addr *server, size_t calls)
{
	unsigned char seed[RNG_SEED_BYTES];
	struct addr local = {0};
	int rc = udp_source_for(server, &local);

	local.port = 0;
	p->server = (struct addr_range){.ip = *server, .bits = server->family == ADDR_V6 ? 128 : 32};
	p->trunk = (struct sip_trunk){.name = STR("server"),
				      .from = &p->server,
				      .from_count = 1,
				      .gateway = *server,
				      .transport = SIP_UDP};
	p->trunks = (struct sip_trunks){&p->trunk, 1};
	rc = rc ? rc : rng_read_seed(seed);
	if (rc == 0)
		rng_init(&p->rng, seed);
	rc = rc ? rc : loop_new(LOOP_REAL, 0, &p->media);
	rc = rc ? rc : open_acceptor(p, &local);
	rc = rc ? rc : open_streams(p, &local, calls);
	rc = rc ? rc : open_sip(p, calls);
	return rc ? rc : start_media(p);
}

int rehearse_phone_open(struct loop *control, const struct addr *server, size_t calls,
			struct rehearse_phone **ret_phone)
{
	struct rehearse_phone *p = mem_zalloc(sizeof(*p));
	int rc;

	if (!p)
		return -ENOMEM;
	p->control = control;
	rc = open_all(p, server, calls);
	if (rc < 0) {
		rehearse_phone_close(p);
		return rc;
	}
	*ret_phone = p;
	return 0;
}

struct rehearse_phone *rehearse_phone_close(struct rehearse_phone *p)
{
	if (!p)
		return NULL;
	for (int i = 0; i < CLOSING_TURNS && p->sip && stream_pool_open(p->streams) > 0; i++)
		if (loop_turn(p->control, USEC_MS(1)) < 0)
			break;
	if (p->running) {
		loop_stop(p->media);
		pthread_join(p->thread, NULL);
	}
	sip_free(p->sip);
	stream_pool_free(p->streams);
	sip_acceptor_free(p->acceptor);
	loop_free(p->media);
	return mem_free(p);
}

int rehearse_phone_dial(struct rehearse_phone *p, const struct rehearsal *r, uint32_t seed,
			struct leg **ret_leg)
{
	struct sip_dialling d = {
		.trunk = &p->trunk,
		.called = r->called,
		.caller = CALLER,
		.caller_name = r->name,
		.loss = (float)(r->loss / 100),
		.loss_seed = seed,
	};

	return sip_dial(p->sip, &d, ret_leg);
}
