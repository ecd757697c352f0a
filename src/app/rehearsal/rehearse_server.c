#include "app/rehearsal/rehearse_server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define LINE_BYTES_MAX   4096u
#define WORDS_BYTES_MAX  8192u
#define CONFIG_BYTES_MAX 65536u
#define STOP_WITHIN      USEC_SEC(20)

/* One of the child's outputs, taken line by line. */
struct spout {
	struct rehearse_server *server;
	int fd; /* -1 = it has ended */
	struct watch watch;
	struct buf line;
	void (*on_line)(struct rehearse_server *s, struct str line);
};

struct rehearse_server {
	struct rehearse_server_config config;
	pid_t pid;
	struct spout out, err;
	FILE *log;
	struct buf words; /* the last ones on its standard error */
	struct addr sip;
	bool ready;
};

/* ---- its configuration ---- */

static void add_quoted(struct buf *b, const char *before, struct str value, const char *after)
{
	buf_printf(b, "%s'", before);
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '\'')
			buf_add_char(b, '\'');
		buf_add_char(b, value.p[i]);
	}
	buf_printf(b, "%s'\n", after);
}

static void write_config(const struct rehearse_server_config *c, struct buf *b)
{
	buf_add_str(b, STR("# made by `offhook rehearse`\nagents:\n"));
	for (size_t i = 0; i < c->agents.count; i++)
		add_quoted(b, "  - ", c->agents.at[i], "");
	add_quoted(b, "calls: ", c->dir, "/calls");
	add_quoted(b, "store: ", c->dir, "/store.db");
	buf_add_str(b, STR("sip:\n"
			   "  listen: 127.0.0.1:0\n"
			   "  trunks: {rehearsal: {from: [127.0.0.0/8]}}\n"
			   "media: {port_min: 0, port_max: 0}\n"
			   "metrics: {listen: '127.0.0.1:0'}\n"));
	buf_printf(b, "limits: {calls: %zu, drain_ms: 3000}\nspeech:\n", c->calls);
	add_quoted(b, "  models: ", c->models, "");
	add_quoted(b, "  phrases: ", c->phrases, "");
	add_quoted(b, "  voice: ", c->voice, "");
}

static int save(const char *path, struct str text)
{
	FILE *f = fopen(path, "we");
	int rc = f ? 0 : -errno;

	if (f && fwrite(text.p, 1, text.n, f) != text.n)
		rc = -EIO;
	if (f && fclose(f) != 0 && rc == 0)
		rc = -errno;
	return rc;
}

static int save_config(const struct rehearse_server_config *c, const char *path)
{
	struct buf text;
	int rc;

	buf_init(&text, CONFIG_BYTES_MAX);
	write_config(c, &text);
	rc = text.error ? text.error : save(path, buf_str(&text));
	buf_fini(&text);
	return rc;
}

/* ---- what it says ---- */

static bool is_record(struct str line)
{
	return str_starts(line, STR("time="));
}

/* "speaking phrases: 20 of 380": written over in place. */
static bool is_count(struct str line)
{
	return str_find(line, STR(" of ")) < line.n;
}

static void show_step(struct rehearse_server *s, struct str line)
{
	bool over = s->config.terminal && is_count(line);

	fprintf(s->config.show, over ? "\r  " STR_FMT "\033[K" : "  " STR_FMT "\n", STR_ARG(line));
	fflush(s->config.show);
}

static void on_err_line(struct rehearse_server *s, struct str line)
{
	if (s->log)
		fprintf(s->log, STR_FMT "\n", STR_ARG(line));
	if (!s->ready && !is_record(line))
		show_step(s, line);
	if (s->words.n > WORDS_BYTES_MAX / 2)
		buf_consume(&s->words, s->words.n - WORDS_BYTES_MAX / 4);
	buf_add_str(&s->words, line);
	buf_add_char(&s->words, '\n');
}

static int read_address(struct str text, struct addr *ret_addr)
{
	size_t colon = text.n;
	int64_t port;

	while (colon > 0 && text.p[colon - 1] != ':')
		colon--;
	if (colon == 0 || str_to_int(str_sub(text, colon, SIZE_MAX), 1, 65535, &port) < 0)
		return -EBADMSG;
	return addr_parse(str_sub(text, 0, colon - 1), (uint16_t)port, ret_addr);
}

static void on_out_line(struct rehearse_server *s, struct str line)
{
	struct str rest = line, word = str_word(&rest);

	if (!str_eq(word, STR("ready")))
		return;
	while (!str_empty(word = str_word(&rest)))
		if (str_starts(word, STR("sip=")))
			s->ready = read_address(str_sub(word, 4, SIZE_MAX), &s->sip) == 0;
}

static void take(struct spout *p, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != '\n' && bytes[i] != '\r') {
			buf_add_char(&p->line, bytes[i]);
			continue;
		}
		if (p->line.n > 0)
			p->on_line(p->server, buf_str(&p->line));
		buf_clear(&p->line);
	}
}

static void drain(struct spout *p)
{
	char bytes[4096];
	ssize_t n;

	while (p->fd >= 0 && (n = read(p->fd, bytes, sizeof(bytes))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		take(p, bytes, (size_t)n);
	}
	if (p->fd < 0)
		return;
	watch_stop(&p->watch);
	close(p->fd);
	p->fd = -1;
}

static void on_readable(struct watch *w, unsigned ready)
{
	(void)ready;
	drain(CONTAINER_OF(w, struct spout, watch));
}

/* Takes what it says until it is ready, or has closed its outputs, or `until`. */
static void listen_to(struct rehearse_server *s, usec until, bool for_ready)
{
	while (s->out.fd >= 0 || s->err.fd >= 0) {
		struct pollfd fds[] = {{.fd = s->out.fd, .events = POLLIN},
				       {.fd = s->err.fd, .events = POLLIN}};
		usec left = until - clock_read();

		if (left <= 0 || (for_ready && s->ready))
			return;
		if (poll(fds, ARRAY_LEN(fds), (int)(left / 1000) + 1) < 0 && errno != EINTR)
			return;
		drain(&s->err);
		drain(&s->out);
	}
}

/* ---- the process ---- */

static void become_server(int out, int err, const char *config)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(126);
	execl("/proc/self/exe", "offhook", "serve", "-c", config, NULL);
	_exit(127);
}

static int spout_open(struct spout *p, struct rehearse_server *s, int fd,
		      void (*on_line)(struct rehearse_server *s, struct str line))
{
	*p = (struct spout){.server = s, .fd = fd, .on_line = on_line};
	buf_init(&p->line, LINE_BYTES_MAX);
	return fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

static int spawn(struct rehearse_server *s, const char *config)
{
	int out[2], err[2];
	int rc;

	if (pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(err, O_CLOEXEC) < 0) {
		rc = -errno;
		close(out[0]);
		close(out[1]);
		return rc;
	}
	s->pid = fork();
	if (s->pid == 0)
		become_server(out[1], err[1], config);
	rc = s->pid < 0 ? -errno : 0;
	close(out[1]);
	close(err[1]);
	rc = rc ? rc : spout_open(&s->out, s, out[0], on_out_line);
	rc = rc ? rc : spout_open(&s->err, s, err[0], on_err_line);
	return rc;
}

static void tell_failure(struct rehearse_server *s, struct buf *problem)
{
	bool over = s->out.fd < 0 && s->err.fd < 0;

	buf_printf(problem, "the server %s. Its last words:\n" STR_FMT,
		   over ? "did not start" : "is not ready in time", STR_ARG(buf_str(&s->words)));
}

int rehearse_server_start(const struct rehearse_server_config *config, struct buf *problem,
			  struct rehearse_server **ret_server)
{
	struct rehearse_server *s = mem_zalloc(sizeof(*s));
	char path[4096];
	int rc;

	if (!s)
		return -ENOMEM;
	s->config = *config;
	s->out.fd = s->err.fd = -1;
	buf_init(&s->words, WORDS_BYTES_MAX);
	snprintf(path, sizeof(path), STR_FMT "/server.log", STR_ARG(config->dir));
	s->log = fopen(path, "we");
	snprintf(path, sizeof(path), STR_FMT "/offhook.yaml", STR_ARG(config->dir));
	rc = save_config(config, path);
	rc = rc ? rc : spawn(s, path);
	if (rc < 0)
		buf_printf(problem, "%s: %s\n", path, strerror(-rc));
	else
		listen_to(s, clock_read() + config->ready_within, true);
	if (rc == 0 && !s->ready) {
		tell_failure(s, problem);
		rc = -ETIMEDOUT;
	}
	if (rc < 0) {
		(void)rehearse_server_stop(s);
		return rc;
	}
	*ret_server = s;
	return 0;
}

const struct addr *rehearse_server_sip(const struct rehearse_server *s)
{
	return &s->sip;
}

int rehearse_server_watch(struct rehearse_server *s, struct loop *l)
{
	struct spout *both[] = {&s->out, &s->err};
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(both) && rc == 0; i++)
		if (both[i]->fd >= 0)
			rc = watch_start(&both[i]->watch, l, both[i]->fd, WATCH_STREAM, WATCH_READ,
					 on_readable);
	return rc;
}

static int wait_for_end(struct rehearse_server *s)
{
	int status = 0;

	listen_to(s, clock_read() + STOP_WITHIN, false);
	if (s->out.fd >= 0 || s->err.fd >= 0)
		kill(s->pid, SIGKILL);
	while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void spout_close(struct spout *p)
{
	watch_stop(&p->watch);
	if (p->fd >= 0)
		close(p->fd);
	buf_fini(&p->line);
}

int rehearse_server_stop(struct rehearse_server *s)
{
	int status = 0;

	if (!s)
		return 0;
	watch_stop(&s->out.watch);
	watch_stop(&s->err.watch);
	if (s->pid > 0) {
		kill(s->pid, SIGTERM);
		status = wait_for_end(s);
	}
	spout_close(&s->out);
	spout_close(&s->err);
	buf_fini(&s->words);
	if (s->log)
		fclose(s->log);
	mem_free(s);
	return status;
}
