#include "app/rehearsal/rehearse.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/rehearsal/rehearse_play.h"
#include "app/rehearsal/rehearse_report.h"
#include "app/rehearsal/rehearse_server.h"
#include "base/clock.h"
#include "base/hash.h"

#define ARENA_BYTES   (256u * 1024 * 1024)
#define PROBLEM_BYTES 65536u
#define REPORT_BYTES  (16u * 1024 * 1024)
#define READY_WITHIN  USEC_SEC(900) /* a first rendering of all phrases by the better voice takes minutes */

struct rehearse {
	const struct rehearse_options *o;
	struct arena arena;
	struct rehearse_stage stage;
	struct rehearse_play *plays; /* [o->file_count] */
	struct str *agents;          /* [o->file_count]: file of each one's agent */
	size_t started, over;
	bool terminal;
	char dir[PATH_MAX]; /* of our own server */
	struct rehearse_server *server;
	struct timer begin; /* of the first calls */
};

/* ---- scripts ---- */

/* AGENT of AGENT/rehearsals/x.yaml, whatever the folders are called. */
static int find_agent(struct rehearse *r, const char *file, struct str *ret_agent, struct str *ret_name)
{
	char path[PATH_MAX];
	struct str dir;

	if (!realpath(file, path))
		return -errno;
	dir = str_from(path);
	for (int i = 0; i < 2; i++)
		while (dir.n > 0 && dir.p[--dir.n] != '/')
			;
	*ret_agent = str_from(arena_printf(&r->arena, STR_FMT "/agent.yaml", STR_ARG(dir)));
	while (!str_empty(dir) && str_chr(dir, '/') < dir.n)
		(void)str_cut(&dir, '/');
	*ret_name = arena_str(&r->arena, dir);
	return ret_agent->p && ret_name->p ? 0 : -ENOMEM;
}

static int read_script(struct rehearse *r, size_t i, struct tree_errors *errors)
{
	struct rehearsal *script;
	struct str name;
	int rc = rehearsal_read(r->o->files[i], &r->arena, errors, &script);

	rc = rc ? rc : find_agent(r, r->o->files[i], &r->agents[i], &name);
	if (rc < 0)
		return rc;
	if (str_empty(script->called))
		script->called = name;
	r->plays[i].r = script;
	return 0;
}

static int read_scripts(struct rehearse *r)
{
	struct tree_errors errors;
	struct buf problems;
	int worst = 0;

	tree_errors_init(&errors, &r->arena);
	for (size_t i = 0; i < r->o->file_count; i++) {
		int rc = read_script(r, i, &errors);

		worst = worst ? worst : rc;
	}
	buf_init(&problems, PROBLEM_BYTES);
	tree_errors_print(&errors, &problems);
	fprintf(stderr, STR_FMT, STR_ARG(buf_str(&problems)));
	buf_fini(&problems);
	return worst;
}

/* A rehearsal's own: the same whichever others are played beside it. */
static int seed_of(struct rehearse *r, const struct rehearsal *script, uint64_t *ret_seed)
{
	char number[24];
	struct hash h;
	struct str parts[] = {
		{number, (size_t)snprintf(number, sizeof(number), "%ju ", (uintmax_t)r->o->seed)},
		script->name};
	int rc = hash_of(HASH_SHA256, parts, ARRAY_LEN(parts), &h);

	if (rc == 0)
		memcpy(ret_seed, h.bytes, sizeof(*ret_seed));
	return rc;
}

static int render_one(struct rehearse *r, struct rehearse_play *p)
{
	int rc = seed_of(r, p->r, &p->seed);

	return rc ? rc : caller_sound_init(&p->sound, p->r, p->seed);
}

static int render(struct rehearse *r)
{
	size_t n = r->o->file_count;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		if (r->terminal)
			fprintf(r->stage.show, "\r  the callers learn their words: %zu of %zu", i + 1, n);
		fflush(r->stage.show);
		rc = render_one(r, &r->plays[i]);
		if (rc < 0)
			fprintf(stderr, "\n%s: cannot speak it: %s\n", r->o->files[i], strerror(-rc));
	}
	if (r->terminal)
		fputc('\n', r->stage.show);
	return rc;
}

/* ---- a server of our own ---- */

static int make_dirs(const char *path)
{
	char part[PATH_MAX];

	for (const char *p = path; p; p = strchr(p + 1, '/')) {
		str_copy((struct str){path, (size_t)(p - path)}, part, sizeof(part));
		if (part[0] && mkdir(part, 0755) < 0 && errno != EEXIST)
			return -errno;
	}
	return mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int choose_dir(struct rehearse *r)
{
	time_t now = (time_t)(clock_unix() / USEC_SEC(1));
	struct tm tm;

	if (!str_empty(r->o->keep)) {
		str_copy(r->o->keep, r->dir, sizeof(r->dir));
	} else {
		localtime_r(&now, &tm);
		strftime(r->dir, sizeof(r->dir), "var/rehearsals/%Y-%m-%d-%H%M%S", &tm);
	}
	return make_dirs(r->dir);
}

static struct str absolute(struct rehearse *r, const char *path)
{
	char cwd[PATH_MAX];

	if (!getcwd(cwd, sizeof(cwd)))
		return STR("");
	return str_from(arena_printf(&r->arena, "%s/%s", cwd, path));
}

/* Each agent once. */
static size_t unique_agents(struct rehearse *r, struct str *list)
{
	size_t n = 0;

	for (size_t i = 0; i < r->o->file_count; i++) {
		size_t k = 0;

		while (k < n && !str_eq(list[k], r->agents[i]))
			k++;
		if (k == n)
			list[n++] = r->agents[i];
	}
	return n;
}

static int start_server(struct rehearse *r, struct addr *ret_sip)
{
	struct str *agents = ARENA_ARRAY(&r->arena, struct str, r->o->file_count);
	struct rehearse_server_config c = {
		.dir = r->dir[0] == '/' ? str_from(r->dir) : absolute(r, r->dir),
		.models = absolute(r, "models"),
		.phrases = absolute(r, "var/phrases"),
		.voice = r->o->voice,
		.calls = r->o->parallel + 2, /* those that say goodbye while the next one dials */
		.ready_within = READY_WITHIN,
		.terminal = r->terminal,
		.show = r->stage.show,
	};
	struct buf problem;
	int rc = agents && c.dir.p && c.models.p && c.phrases.p ? 0 : -ENOMEM;

	if (rc < 0)
		return rc;
	c.agents = (struct opt_strs){agents, unique_agents(r, agents)};
	fprintf(r->stage.show, "\nstarting a server in %s\n", r->dir);
	buf_init(&problem, PROBLEM_BYTES);
	rc = rehearse_server_start(&c, &problem, &r->server);
	if (rc < 0)
		fprintf(stderr, "\noffhook rehearse: " STR_FMT, STR_ARG(buf_str(&problem)));
	else
		*ret_sip = *rehearse_server_sip(r->server);
	buf_fini(&problem);
	return rc ? rc : rehearse_server_watch(r->server, r->stage.loop);
}

/* ---- a server that runs ---- */

static int read_server(struct str text, struct addr *ret_sip)
{
	struct str host;
	int64_t port = 5060;
	size_t colon;

	if (str_istarts(text, STR("sip:")))
		text = str_sub(text, 4, SIZE_MAX);
	colon = text.n;
	while (colon > 0 && text.p[colon - 1] != ':' && text.p[colon - 1] != ']')
		colon--;
	host = colon > 0 && text.p[colon - 1] == ':' ? str_sub(text, 0, colon - 1) : text;
	if (host.n < text.n && str_to_int(str_sub(text, colon, SIZE_MAX), 1, 65535, &port) < 0)
		return -EINVAL;
	if (str_starts(host, STR("[")) && str_ends(host, STR("]")))
		host = str_sub(host, 1, host.n - 2);
	return addr_parse(host, (uint16_t)port, ret_sip);
}

/* Where the server is, and where it keeps its calls. */
static int find_server(struct rehearse *r, struct addr *ret_sip, struct str *ret_calls)
{
	int rc;

	if (str_empty(r->o->server)) {
		rc = choose_dir(r);
		if (rc < 0)
			fprintf(stderr, "offhook rehearse: %s: %s\n", r->dir, strerror(-rc));
		*ret_calls = str_from(arena_printf(&r->arena, "%s/calls", r->dir));
		return rc ? rc : start_server(r, ret_sip);
	}
	*ret_calls = arena_str(&r->arena, r->o->calls);
	rc = read_server(r->o->server, ret_sip);
	if (rc < 0)
		fprintf(stderr, "offhook rehearse: '" STR_FMT "' is no sip:ADDRESS:PORT\n",
			STR_ARG(r->o->server));
	return rc;
}

/* ---- playing ---- */

static void start_next(struct rehearse *r)
{
	struct rehearse_play *p = &r->plays[r->started++];

	if (r->o->parallel > 1)
		snprintf(p->prefix, sizeof(p->prefix), "[%zu] ", r->started);
	rehearse_play_start(p, &r->stage);
}

static void on_over(void *arg, struct rehearse_play *p)
{
	struct rehearse *r = arg;

	(void)p;
	if (r->started < r->o->file_count)
		start_next(r);
	if (++r->over == r->o->file_count)
		loop_stop(r->stage.loop);
}

static void on_begin(struct timer *t)
{
	struct rehearse *r = CONTAINER_OF(t, struct rehearse, begin);
	size_t first = MIN(r->o->parallel, r->o->file_count);

	for (size_t i = 0; i < first; i++)
		start_next(r);
}

/* The first calls begin inside the loop: before it turns, its time is that of minutes ago, when the server
 * began to speak its phrases, and a call that is dialled then has waited for its answer too long already. */
static int play_all(struct rehearse *r)
{
	r->stage.on_over = on_over;
	r->stage.arg = r;
	timer_start(&r->begin, r->stage.loop, loop_now(r->stage.loop), on_begin);
	return loop_run(r->stage.loop);
}

static int play_on_server(struct rehearse *r)
{
	struct str calls;
	struct addr sip;
	int rc = find_server(r, &sip, &calls);

	if (rc == 0 && !calls.p)
		rc = -ENOMEM;
	if (rc < 0)
		return rc;
	rc = rehearse_trails_open(r->stage.loop, calls.p, &r->stage.trails);
	if (rc < 0)
		fprintf(stderr, "offhook rehearse: " STR_FMT ": %s\n", STR_ARG(calls), strerror(-rc));
	if (rc == 0) {
		rc = rehearse_phone_open(r->stage.loop, &sip, r->o->parallel + 2, &r->stage.phone);
		if (rc < 0)
			fprintf(stderr, "offhook rehearse: cannot open the callers' telephone: %s\n",
				strerror(-rc));
	}
	return rc ? rc : play_all(r);
}

/* ---- the report ---- */

static int write_json(struct rehearse *r, const struct rehearse_call *calls, struct buf *out)
{
	bool to_stdout = strcmp(r->o->json, "-") == 0;
	FILE *f = to_stdout ? stdout : fopen(r->o->json, "we");
	int rc = f ? 0 : -errno;

	if (rc == 0)
		rc = rehearse_report_json(calls, r->o->file_count, r->o->seed, out);
	if (rc == 0 && fwrite(out->p, 1, out->n, f) != out->n)
		rc = -EIO;
	if (f && (to_stdout ? fflush(f) : fclose(f)) != 0 && rc == 0)
		rc = -errno;
	if (rc < 0)
		fprintf(stderr, "offhook rehearse: %s: %s\n", r->o->json, strerror(-rc));
	return rc;
}

/* Returns 1 when all is well, 0 when it is not, or -errno. */
static int report(struct rehearse *r)
{
	size_t n = r->o->file_count;
	struct rehearse_call *calls = ARENA_ARRAY(&r->arena, struct rehearse_call, n);
	struct buf out;
	int ok = 1, rc;

	if (!calls)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		calls[i] = r->plays[i].call;
		ok &= calls[i].ok;
	}
	buf_init(&out, REPORT_BYTES);
	rc = rehearse_report_print(calls, n, r->stage.view.colour, &out);
	if (rc == 0) {
		fputc('\n', r->stage.show);
		fwrite(out.p, 1, out.n, r->stage.show);
		fprintf(r->stage.show, "The noise and the lost packets come again with --seed %ju.\n",
			(uintmax_t)r->o->seed);
	}
	buf_clear(&out);
	if (rc == 0 && r->o->json)
		rc = write_json(r, calls, &out);
	buf_fini(&out);
	return rc < 0 ? rc : ok;
}

static int stop_server(struct rehearse *r)
{
	int status = rehearse_server_stop(r->server);

	r->server = NULL;
	if (status == 0)
		return 0;
	fprintf(stderr, "offhook rehearse: the server ended with status %d; its log is %s/server.log\n",
		status, r->dir);
	return -EPROTO;
}

static int run(struct rehearse *r)
{
	int rc = loop_new(LOOP_REAL, 0, &r->stage.loop);

	rc = rc ? rc : read_scripts(r);
	rc = rc ? rc : render(r);
	rc = rc ? rc : play_on_server(r);
	return rc ? rc : report(r);
}

int rehearse_run(const struct rehearse_options *options)
{
	static struct rehearse r;
	int rc, stopped;

	r = (struct rehearse){.o = options};
	arena_init(&r.arena, ARENA_BYTES);
	r.stage.arena = &r.arena;
	r.stage.show = options->json && strcmp(options->json, "-") == 0 ? stderr : stdout;
	r.terminal = isatty(fileno(r.stage.show)) == 1;
	r.stage.view = (struct trail_view){.detail = options->detail, .colour = r.terminal, .prefix = ""};
	r.plays = ARENA_ARRAY(&r.arena, struct rehearse_play, options->file_count);
	r.agents = ARENA_ARRAY(&r.arena, struct str, options->file_count);
	rc = r.plays && r.agents ? run(&r) : -ENOMEM;
	for (size_t i = 0; r.plays && i < options->file_count; i++)
		rehearse_play_fini(&r.plays[i]);
	r.stage.phone = rehearse_phone_close(r.stage.phone);
	stopped = stop_server(&r);
	r.stage.trails = rehearse_trails_close(r.stage.trails);
	r.stage.loop = loop_free(r.stage.loop);
	arena_fini(&r.arena);
	return rc < 0 ? rc : stopped < 0 ? stopped : rc;
}
