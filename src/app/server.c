#include "app/server.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/last_words.h"
#include "app/metrics_page.h"
#include "app/phrases.h"
#include "app/shard.h"
#include "app/sip_metrics.h"
#include "app/spending.h"
#include "app/trunks.h"
#include "base/log.h"
#include "base/mem.h"
#include "provider/local/prepare.h"
#include "store/store.h"

#define STORE_JOBS       1024
#define SIP_CONNS_MAX    1024
#define SIP_PER_SOURCE   64
#define SIP_IDLE         USEC_SEC(600)
#define DRAIN_LOOK_EVERY USEC_MS(100)
#define FIGURES_EVERY    USEC_SEC(1)
#define GOODBYES         USEC_SEC(3) /* for BYEs, when calls are ended by force */
#define FILES_A_CALL     4           /* RTP, RTCP, trail, recording */
#define CONNS_A_CALL     3 /* to its recogniser, its model and its voice, where they are on a network */
#define FILES_SPARE      256

struct server {
	const struct config *config;
	struct loop *loop; /* main's: the acceptor and the signals */
	struct agents agents;
	struct spending spending;
	struct speech speech;
	struct last_words last_words;
	struct thinkers thinkers;
	struct store *store;
	struct pool *store_pool;
	struct writer *writer;
	struct trunks trunks;
	struct sip_acceptor *acceptor;
	struct shard_admission admission;
	struct shard *shards[CONFIG_SHARDS_MAX];
	struct http_server *metrics;

	struct pool_port port; /* while phrases are prepared */
	struct prepare_progress prepared;
	struct phrases *phrases; /* of voices on a network, while calls are taken */
	const struct server_progress *progress;

	sigset_t old_mask;
	int signal_fd;
	struct watch signals;
	unsigned signals_seen;
	struct timer drain, figures;
	usec drain_until;
	bool ending;
};

static int say(struct server_words *w, int rc, const char *fmt, ...) printf_like(3, 4);

static int say(struct server_words *w, int rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->text, sizeof(w->text), fmt, ap);
	va_end(ap);
	return rc;
}

static void step(const struct server *s, const char *what, size_t done, size_t total)
{
	if (s->progress && s->progress->on_step)
		s->progress->on_step(s->progress->arg, what, done, total);
}

/* ---- limits of the machine ---- */

static rlim_t files_a_call(const struct config *c)
{
	return FILES_A_CALL + (c->providers.count > 0 ? CONNS_A_CALL : 0);
}

/* Every call takes descriptors; a limit that is too low is better known now than at the hundredth call. */
static int check_files(struct server *s, struct server_words *w)
{
	rlim_t each = files_a_call(s->config), need = (rlim_t)s->config->limits.calls * each + FILES_SPARE;
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) < 0)
		return 0;
	if (lim.rlim_cur < need) {
		lim.rlim_cur = MIN(lim.rlim_max, need);
		(void)!setrlimit(RLIMIT_NOFILE, &lim);
	}
	if (lim.rlim_cur < need)
		return say(
			w, -EMFILE,
			"%d calls need %llu open files and this process may have %llu: lower limits.calls "
			"to %llu, or raise the limit (ulimit -n)",
			s->config->limits.calls, (unsigned long long)need, (unsigned long long)lim.rlim_cur,
			(unsigned long long)((lim.rlim_cur - MIN(lim.rlim_cur, (rlim_t)FILES_SPARE)) / each));
	return 0;
}

/* Our memory holds keys and what callers said: it stays off the disk. The limit alone would not hold up a
 * program that the kernel pipes cores into (core(5)); and who may not be dumped cannot be looked into by
 * others either. */
static int forbid_cores(struct server *s, struct server_words *w)
{
	static const struct rlimit none = {0, 0};

	if (s->config->core_dumps)
		return 0;
	if (setrlimit(RLIMIT_CORE, &none) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		return say(w, -errno, "cannot turn core files off: %s", strerror(errno));
	return 0;
}

/* ---- what is opened ---- */

static void on_warning(void *arg, const char *text)
{
	(void)arg;
	log_warning(text);
}

static int open_agents(struct server *s, struct server_words *w)
{
	struct buf problems;
	int rc;

	buf_init(&problems, sizeof(w->text) - 1);
	rc = agents_read(&s->agents, s->config, &problems);
	if (rc < 0)
		say(w, rc, STR_FMT, STR_ARG(str_trim(buf_str(&problems))));
	buf_fini(&problems);
	if (rc < 0)
		return rc;
	agents_warn(&s->agents, on_warning, NULL);
	return spending_open(&s->spending, s->config, &s->agents);
}

static int open_thinkers(struct server *s, struct server_words *w)
{
	int rc;

	step(s, "loading the language models", 0, 0);
	rc = thinkers_open(s->config, &s->thinkers);
	if (rc < 0)
		return say(w, rc, "no memory for the language models");
	step(s, "letting the language models read about the agents", 0, 0);
	thinkers_prepare(&s->thinkers, &s->agents);
	return 0;
}

static int make_parent(struct str path)
{
	char dir[1024];
	char *slash;

	str_copy(path, dir, sizeof(dir));
	slash = strrchr(dir, '/');
	if (!slash || slash == dir)
		return 0;
	*slash = '\0';
	return mkdir(dir, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static int open_speech(struct server *s, struct server_words *w)
{
	int rc;

	step(s, "loading the speech models", 0, 0);
	rc = make_parent(s->config->speech.phrases);
	if (rc < 0)
		return say(w, rc, "cannot make the folder of " STR_FMT ": %s",
			   STR_ARG(s->config->speech.phrases), strerror(-rc));
	rc = speech_open(&s->speech, &s->agents);
	if (rc < 0)
		return say(w, rc, "%s", s->speech.note.text);
	if (s->speech.note.text[0])
		log_warning(s->speech.note.text);
	rc = agents_learn(&s->agents, s->speech.embed);
	return rc < 0 ? say(w, rc, "cannot learn the agents' examples: %s", strerror(-rc)) : 0;
}

static int open_last_words(struct server *s, struct server_words *w)
{
	int rc;

	step(s, "speaking what agents say when nothing works", 0, 0);
	rc = last_words_open(&s->last_words, &s->agents, &s->speech);
	return rc < 0 ? say(w, rc, "cannot speak what agents say when nothing works: %s", strerror(-rc)) : 0;
}

static int seed_store(struct server *s, struct server_words *w)
{
	struct buf problems;
	int rc;

	buf_init(&problems, sizeof(w->text) - 1);
	rc = agents_seed(&s->agents, s->store, &problems);
	if (rc < 0)
		say(w, rc, "cannot seed the store: %s " STR_FMT, strerror(-rc),
		    STR_ARG(str_trim(buf_str(&problems))));
	buf_fini(&problems);
	return rc;
}

static int open_store(struct server *s, struct server_words *w)
{
	int rc = make_parent(s->config->store);

	if (rc == 0)
		rc = store_open(&store_sqlite, s->config->store, &s->store);
	if (rc < 0)
		return say(w, rc, "cannot open the store " STR_FMT ": %s", STR_ARG(s->config->store),
			   strerror(-rc));
	rc = seed_store(s, w);
	if (rc < 0)
		return rc;
	rc = spending_load(&s->spending, s->store);
	if (rc < 0)
		return say(w, rc, "cannot read what was spent today: %s", strerror(-rc));
	rc = pool_new(1, STORE_JOBS, &s->store_pool);
	if (rc < 0)
		return say(w, rc, "cannot make the store's thread: %s", strerror(-rc));
	spending_keep(&s->spending, s->loop, s->store_pool);
	return 0;
}

static int open_writer(struct server *s, struct server_words *w)
{
	int rc = writer_start(s->config->calls, &s->writer);

	return rc < 0 ? say(w, rc, "cannot write into " STR_FMT ": %s", STR_ARG(s->config->calls),
			    strerror(-rc))
		      : 0;
}

static int open_trunks(struct server *s, struct server_words *w)
{
	const struct config_trunk *t = s->config->sip.trunks.at;
	int rc = trunks_init(&s->trunks, &s->config->sip);

	if (rc < 0)
		return say(w, rc, "cannot read the trunks: %s", strerror(-rc));
	s->admission.calls_max = s->config->limits.calls;
	s->admission.trunk_calls = ARENA_ARRAY(&s->trunks.arena, atomic_int, s->trunks.sip.count + 1);
	s->admission.trunk_max = trunks_limits(&s->trunks, t, s->config->sip.trunks.count);
	if (!s->admission.trunk_calls || !s->admission.trunk_max)
		return say(w, -ENOMEM, "no memory for the trunks");
	return 0;
}

static int open_acceptor(struct server *s, struct server_words *w)
{
	const struct config_sip *sip = &s->config->sip;
	struct addr at;
	struct sip_acceptor_config c = {
		.udp = &at,
		.tcp = &at,
		.udp_count = 1,
		.tcp_count = 1,
		.advertised = s->trunks.advertised,
		.local = s->trunks.local,
		.local_count = s->trunks.local_count,
		.trunks = &s->trunks.sip,
		.guard = sip_guard_usual,
		.shards = (size_t)s->config->shards,
		.conns_max = SIP_CONNS_MAX,
		.conns_per_source = SIP_PER_SOURCE,
		.idle = SIP_IDLE,
	};
	int rc = addr_parse(sip->listen.host, (uint16_t)sip->listen.port, &at);

	if (rc < 0)
		return say(w, rc, "sip.listen: '" STR_FMT "' is no IP address", STR_ARG(sip->listen.host));
	rc = sip_acceptor_new(s->loop, &c, &s->acceptor);
	if (rc == -EADDRINUSE)
		return say(w, rc,
			   "port %d of " STR_FMT
			   " is taken by another program: stop it, or change sip.listen",
			   sip->listen.port, STR_ARG(sip->listen.host));
	return rc < 0 ? say(w, rc, "cannot listen on " STR_FMT ":%d: %s", STR_ARG(sip->listen.host),
			    sip->listen.port, strerror(-rc))
		      : 0;
}

static int open_shards(struct server *s, struct server_words *w)
{
	const char *problem = "";

	for (int i = 0; i < s->config->shards; i++) {
		struct shard_params p = {.number = (unsigned)i,
					 .config = s->config,
					 .speech = &s->speech,
					 .thinkers = &s->thinkers,
					 .agents = &s->agents,
					 .store = s->store,
					 .store_pool = s->store_pool,
					 .writer = s->writer,
					 .acceptor = s->acceptor,
					 .trunks = &s->trunks.sip,
					 .admission = &s->admission,
					 .ret_problem = &problem};
		int rc = shard_new(&p, &s->shards[i]);

		if (rc < 0)
			return say(w, rc, "%s (%s)", problem, strerror(-rc));
	}
	return 0;
}

static int open_metrics(struct server *s, struct server_words *w)
{
	const struct config_metrics *m = &s->config->metrics;
	int rc;

	if (!m->on)
		return 0;
	rc = metrics_page_start(m->listen.host, m->listen.port, &s->metrics);
	if (rc == -EADDRINUSE)
		return say(w, rc,
			   "port %d of " STR_FMT
			   " is taken by another program: stop it, or change metrics.listen",
			   m->listen.port, STR_ARG(m->listen.host));
	return rc < 0 ? say(w, rc, "cannot serve metrics on " STR_FMT ":%d: %s", STR_ARG(m->listen.host),
			    m->listen.port, strerror(-rc))
		      : 0;
}

/* ---- phrases ---- */

static void on_prepared(void *arg, const struct prepare_progress *p)
{
	struct server *s = arg;

	s->prepared = *p;
	step(s, "speaking the agent's fixed phrases", p->done, p->total);
	if (p->done == p->total)
		loop_stop(s->loop);
}

static int prepare_agent(struct server *s, const struct agents_entry *e)
{
	struct tts_local_config tts = {.utter = &s->speech.utter, .port = &s->port};
	struct tts_params params = {.loop = s->loop,
				    .voice = e->call.voice,
				    .language = e->call.language,
				    .speed = e->call.voice_speed};
	struct prepare_sink sink = {on_prepared, s};
	struct prepare *p;
	struct arena arena;
	struct str *texts;
	size_t n;
	int rc;

	arena_init(&arena, AGENTS_ARENA_BYTES);
	rc = agents_fixed_texts(e, &arena, &texts, &n);
	if (rc == 0)
		rc = prepare_start(&tts, &params, texts, n, &sink, &p);
	if (rc == 0) {
		rc = loop_run(s->loop);
		prepare_free(p);
	}
	arena_fini(&arena);
	return rc;
}

static int prepare_phrases(struct server *s, struct server_words *w)
{
	int rc = 0;

	if (!s->speech.speaking)
		return 0;
	pool_port_open(&s->port, s->speech.pool, s->loop);
	for (size_t i = 0; i < s->agents.count && rc == 0; i++) {
		rc = prepare_agent(s, &s->agents.list[i]);
		if (rc == -ENOENT)
			say(w, rc, "agent " STR_FMT ": there is no voice '" STR_FMT "'",
			    STR_ARG(s->agents.list[i].name), STR_ARG(s->agents.list[i].call.voice));
		else if (rc < 0)
			say(w, rc, "cannot speak the phrases of " STR_FMT ": %s",
			    STR_ARG(s->agents.list[i].name), strerror(-rc));
	}
	while (s->port.pending > 0)
		if (loop_turn(s->loop, USEC_MS(20)) < 0)
			break;
	pool_port_close(&s->port);
	return rc;
}

/* ---- signals and the end ---- */

static void set_draining(struct server *s)
{
	log_info("stopping: new calls are refused, the others may end",
		 log_number("calls", atomic_load(&s->admission.calls)),
		 log_usec("deadline", s->config->limits.drain));
	atomic_store(&s->admission.draining, true);
	s->phrases = phrases_stop(s->phrases);
	s->drain_until = loop_now(s->loop) + s->config->limits.drain;
}

static void end_calls(struct server *s)
{
	s->ending = true;
	s->drain_until = loop_now(s->loop) + GOODBYES;
	for (int i = 0; i < s->config->shards; i++)
		shard_hang_up(s->shards[i]);
}

static void on_drain(struct timer *t)
{
	struct server *s = CONTAINER_OF(t, struct server, drain);
	usec now = loop_now(s->loop);

	if (atomic_load(&s->admission.calls) == 0 || (s->ending && now >= s->drain_until)) {
		loop_stop(s->loop);
		return;
	}
	if (!s->ending && now >= s->drain_until)
		end_calls(s);
	timer_start(t, s->loop, now + DRAIN_LOOK_EVERY, on_drain);
}

static void on_signal(struct watch *w, unsigned ready)
{
	struct server *s = CONTAINER_OF(w, struct server, signals);
	struct signalfd_siginfo info;

	(void)ready;
	if (read(s->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (s->signals_seen++ == 0)
		set_draining(s);
	else if (!s->ending)
		end_calls(s);
	timer_start(&s->drain, s->loop, loop_now(s->loop), on_drain);
}

/* Before the first thread, so that all inherit the mask and main alone is told. */
static int open_signals(struct server *s, struct server_words *w)
{
	sigset_t set;
	int rc;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	signal(SIGPIPE, SIG_IGN);
	pthread_sigmask(SIG_BLOCK, &set, &s->old_mask);
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	rc = loop_new(LOOP_REAL, 0, &s->loop);
	if (rc == 0 && s->signal_fd >= 0)
		rc = watch_start(&s->signals, s->loop, s->signal_fd, WATCH_STREAM, WATCH_READ, on_signal);
	return rc < 0 || s->signal_fd < 0 ? say(w, -EMFILE, "cannot make the main loop") : 0;
}

static void on_figures(struct timer *t)
{
	struct server *s = CONTAINER_OF(t, struct server, figures);
	struct sip_acceptor_stats st = sip_acceptor_read_stats(s->acceptor);

	sip_metrics_acceptor(&st);
	timer_start(t, s->loop, loop_now(s->loop) + FIGURES_EVERY, on_figures);
}

/* ---- the outside ---- */

int server_open(const struct config *config, const struct server_progress *progress,
		struct server **ret_server, struct server_words *ret_words)
{
	static int (*const steps[])(struct server * s, struct server_words * w) = {
		check_files,     forbid_cores,  open_signals, open_agents,     open_trunks,
		open_acceptor,   open_metrics,  open_writer,  open_store,      open_speech,
		open_last_words, open_thinkers, open_shards,  prepare_phrases,
	};
	struct server *s = mem_zalloc(sizeof(*s));
	int rc = 0;

	if (!s)
		return say(ret_words, -ENOMEM, "no memory");
	s->config = config;
	s->progress = progress;
	s->signal_fd = -1;
	for (size_t i = 0; i < ARRAY_LEN(steps) && rc == 0; i++)
		rc = steps[i](s, ret_words);
	for (int i = 0; i < config->shards && rc == 0; i++)
		rc = shard_start(s->shards[i]);
	if (rc < 0) {
		server_close(s);
		return rc;
	}
	*ret_server = s;
	return 0;
}

void server_describe(const struct server *s, struct buf *out)
{
	char text[ADDR_TEXT_BYTES];

	buf_printf(out, "sip=" STR_FMT, STR_ARG(addr_text(sip_acceptor_udp(s->acceptor, 0), text)));
	if (s->metrics)
		buf_printf(out, " metrics=" STR_FMT, STR_ARG(addr_text(http_server_local(s->metrics), text)));
	for (size_t i = 0; i < s->agents.count; i++)
		buf_printf(out, "%s" STR_FMT, i == 0 ? " agents=" : ",", STR_ARG(s->agents.list[i].name));
	buf_printf(out, " voice=%s calls=" STR_FMT, speech_voice_name(&s->speech), STR_ARG(s->config->calls));
}

/* Calls are answered without it. */
static void buy_phrases(struct server *s)
{
	const struct phrases_params p = {s->config, &s->speech, &s->agents};
	int rc = phrases_start(&p, &s->phrases);

	if (rc < 0)
		log_warning("fixed phrases cannot be spoken beforehand", log_error_code("error", rc));
}

int server_run(struct server *s)
{
	buy_phrases(s);
	timer_start(&s->figures, s->loop, loop_now(s->loop) + FIGURES_EVERY, on_figures);
	return loop_run(s->loop);
}

struct server *server_close(struct server *s)
{
	if (!s)
		return NULL;
	s->phrases = phrases_stop(s->phrases);
	for (int i = 0; i < s->config->shards; i++)
		if (s->shards[i])
			shard_stop(s->shards[i]);
	s->metrics = http_server_stop(s->metrics);
	s->acceptor = sip_acceptor_free(s->acceptor);
	s->writer = writer_stop(s->writer);
	spending_stop(&s->spending);
	s->store_pool = pool_free(s->store_pool);
	s->store = store_close(s->store);
	speech_close(&s->speech);
	for (int i = 0; i < s->config->shards; i++)
		s->shards[i] = shard_free(s->shards[i]);
	thinkers_close(&s->thinkers);
	trunks_fini(&s->trunks);
	agents_free(&s->agents);
	last_words_close(&s->last_words);
	spending_close(&s->spending);
	if (s->loop) {
		timer_stop(&s->drain);
		timer_stop(&s->figures);
		watch_stop(&s->signals);
		loop_free(s->loop);
	}
	if (s->signal_fd >= 0) {
		close(s->signal_fd);
		pthread_sigmask(SIG_SETMASK, &s->old_mask, NULL);
	}
	return mem_free(s);
}
