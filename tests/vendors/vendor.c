/* The server: listening, who serves what, the log. */
#include "inside.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

#define BACKLOG 512

/* ---- who serves what ---- */

/* '*' takes any part of a segment, at the end any rest. */
static bool glob(const char *pattern, struct str path, struct str parts[VENDOR_PARTS_MAX])
{
	unsigned n = 0;
	size_t i = 0;

	for (; *pattern; pattern++) {
		size_t from = i;

		if (*pattern != '*') {
			if (i == path.n || path.p[i++] != *pattern)
				return false;
			continue;
		}
		while (i < path.n && (!pattern[1] || (path.p[i] != '/' && path.p[i] != pattern[1])))
			i++;
		if (n < VENDOR_PARTS_MAX)
			parts[n++] = str_sub(path, from, i - from);
	}
	return i == path.n;
}

static const struct vendor_sim *const *all_of(struct vendor *v)
{
	return v->config.sims ? v->config.sims : vendor_sims;
}

static bool known(struct vendor *v, struct str name)
{
	for (const struct vendor_sim *const *p = all_of(v); *p; p++)
		if (str_eq(name, str_from((*p)->name)))
			return true;
	return false;
}

static bool serves(const struct vendor_sim *sim, struct request *r, bool upgrade)
{
	if (sim->kind == VENDOR_RAW || (sim->kind == VENDOR_WEBSOCKET) != upgrade)
		return false;
	if (!upgrade && !str_eq(r->method, str_from(sim->method ? sim->method : "POST")))
		return false;
	return glob(sim->path, r->path.n ? r->path : STR("/"), r->parts);
}

/* `name` empty = whoever has the path. */
static const struct vendor_sim *find_sim(struct vendor *v, struct request *r, bool upgrade, struct str name)
{
	const struct vendor_sim *const *all = all_of(v);

	for (const struct vendor_sim *const *p = all; *p; p++)
		if ((name.n ? str_eq(name, str_from((*p)->name)) : !(*p)->shy || !all[1]) &&
		    serves(*p, r, upgrade))
			return *p;
	return NULL;
}

const struct vendor_sim *vendor_route(struct vendor *v, struct request *r, bool upgrade)
{
	struct str whole = r->path, rest = str_sub(whole, 1, SIZE_MAX), name = str_cut(&rest, '/');
	struct str host = request_header(r, "host"), called = str_cut(&host, '.');
	const struct vendor_sim *sim = find_sim(v, r, upgrade, known(v, called) ? called : STR(""));

	if (!sim && known(v, name)) {
		r->path = str_sub(whole, 1 + name.n, SIZE_MAX);
		sim = find_sim(v, r, upgrade, name);
	}
	return sim;
}

const struct vendor_sim *vendor_route_raw(struct vendor *v)
{
	for (const struct vendor_sim *const *p = all_of(v); *p; p++)
		if ((*p)->kind == VENDOR_RAW)
			return *p;
	return NULL;
}

/* ---- the log ---- */

void vendor_log(struct vendor *v, const struct buf *line)
{
	pthread_mutex_lock(&v->lock);
	buf_add_str(&v->log, buf_str(line));
	buf_add_char(&v->log, '\n');
	if (v->log_file) {
		fwrite(line->p, 1, line->n, v->log_file);
		fputc('\n', v->log_file);
		fflush(v->log_file);
	}
	pthread_mutex_unlock(&v->lock);
}

void vendor_log_read(struct vendor *v, struct buf *out)
{
	pthread_mutex_lock(&v->lock);
	buf_add_str(out, buf_str(&v->log));
	pthread_mutex_unlock(&v->lock);
}

unsigned vendor_open(const struct vendor *v)
{
	return atomic_load(&v->open);
}

unsigned vendor_wrongs(const struct vendor *v)
{
	return atomic_load(&v->wrongs);
}

/* ---- starting and stopping ---- */

static void on_acceptable(struct watch *w, unsigned ready)
{
	struct vendor *v = CONTAINER_OF(w, struct vendor, watch);
	int fd;

	while ((fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		conn_accept(v, fd);
}

static int listen_on(struct vendor *v)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(v->config.port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1, rc;
	socklen_t n = sizeof(sa);

	if (fd < 0)
		return -errno;
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	rc = bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(fd, BACKLOG) < 0 ||
			     getsockname(fd, (struct sockaddr *)&sa, &n) < 0
		     ? -errno
		     : 0;
	v->port = ntohs(sa.sin_port);
	if (rc == 0)
		rc = watch_start(&v->watch, v->loop, fd, WATCH_STREAM, WATCH_READ, on_acceptable);
	if (rc < 0)
		close(fd);
	return rc;
}

static void *run(void *arg)
{
	struct vendor *v = arg;
	sigset_t quiet;

	sigfillset(&quiet);
	sigdelset(&quiet, SIGSEGV);
	sigdelset(&quiet, SIGABRT);
	pthread_sigmask(SIG_BLOCK, &quiet, NULL); /* SIGPIPE of a socket that is gone, above all */
	if (loop_run(v->loop) < 0)
		fprintf(stderr, "vendors: the loop has failed\n");
	return NULL;
}

static struct vendor *fini(struct vendor *v)
{
	int fd = v->watch.fd;

	if (v->watch.loop) {
		watch_stop(&v->watch);
		close(fd);
	}
	while (!list_empty(&v->conns))
		conn_end(LIST_ENTRY(v->conns.next, struct conn, node), true);
	conn_reap(v);
	timer_stop(&v->reap);
	loop_free(v->loop);
	SSL_CTX_free(v->tls);
	SSL_CTX_free(v->tls_wrong);
	for (size_t i = 0; i < v->config.says.n_recordings && v->recordings; i++)
		recording_fini(&v->recordings[i]);
	mem_free(v->recordings);
	if (v->log_file)
		fclose(v->log_file);
	buf_fini(&v->log);
	pthread_mutex_destroy(&v->lock);
	return mem_free(v);
}

static int load_recordings(struct vendor *v)
{
	const struct vendor_says *says = &v->config.says;
	int rc = 0;

	if (says->n_recordings == 0)
		return 0;
	v->recordings = mem_zalloc(says->n_recordings * sizeof(*v->recordings));
	if (!v->recordings)
		return -ENOMEM;
	for (size_t i = 0; i < says->n_recordings && rc == 0; i++)
		rc = recording_load(says->recordings[i].path, &v->recordings[i]);
	return rc;
}

static int set_up(struct vendor *v)
{
	int rc = loop_new(LOOP_REAL, 0, &v->loop);

	if (rc == 0)
		rc = load_recordings(v);
	if (rc < 0)
		return rc;
	if (v->config.tls) {
		v->tls = tls_context(v->config.certificate);
		v->tls_wrong = tls_context(VENDOR_CERTIFICATE_WRONG_NAME);
		if (!v->tls || !v->tls_wrong)
			return -ENOMEM;
	}
	if (v->config.log_path) {
		v->log_file = fopen(v->config.log_path, "ae");
		if (!v->log_file)
			return -errno;
	}
	return listen_on(v);
}

int vendor_start(const struct vendor_config *c, struct vendor **ret_vendor)
{
	struct vendor *v = mem_zalloc(sizeof(*v));
	int rc;

	if (!v)
		return -ENOMEM;
	v->config = *c;
	v->config.key = c->key ? c->key : "key-of-tests";
	v->watch.fd = -1;
	list_init(&v->conns);
	list_init(&v->dead);
	rng_init_number(&v->rng, c->seed);
	rng_init_number(&v->faults, ~c->seed);
	buf_init(&v->log, VENDOR_LOG_BYTES);
	pthread_mutex_init(&v->lock, NULL);
	rc = set_up(v);
	if (rc == 0)
		rc = -pthread_create(&v->thread, NULL, run, v);
	if (rc < 0) {
		fini(v);
		return rc;
	}
	*ret_vendor = v;
	return 0;
}

struct vendor *vendor_stop(struct vendor *v)
{
	if (!v)
		return NULL;
	loop_stop(v->loop);
	pthread_join(v->thread, NULL);
	return fini(v);
}

uint16_t vendor_port(const struct vendor *v)
{
	return v->port;
}

const char *vendor_url(const struct vendor *v, const char *scheme, const char *rest, char text[256])
{
	snprintf(text, 256, "%s%s://localhost:%u%s", scheme, v->config.tls ? "s" : "", v->port, rest);
	return text;
}
