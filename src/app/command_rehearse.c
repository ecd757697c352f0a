/* command_rehearse.c - `offhook rehearse FILES`: scripted callers against an agent */
#include <getopt.h>
#include <string.h>

#include "app/command.h"
#include "app/rehearsal/rehearse.h"
#include "base/rng.h"

static const struct option long_options[] = {
	{"server", required_argument, NULL, 's'},
	{"calls", required_argument, NULL, 'c'},
	{"json", required_argument, NULL, 'j'},
	{"parallel", required_argument, NULL, 'p'},
	{"detail", required_argument, NULL, 'd'},
	{"keep", required_argument, NULL, 'k'},
	{"voice", required_argument, NULL, 'v'},
	{"seed", required_argument, NULL, 'r'},
	{0},
};

static int choose(const char *what, const char *text, const char *const *names)
{
	for (int i = 0; names[i]; i++)
		if (strcmp(text, names[i]) == 0)
			return i;
	fprintf(stderr, "offhook rehearse: --%s is not '%s' but one of:", what, text);
	for (int i = 0; names[i]; i++)
		fprintf(stderr, " %s", names[i]);
	fputc('\n', stderr);
	return -1;
}

static bool take_parallel(const char *text, struct rehearse_options *o)
{
	int64_t n;

	if (str_to_int(str_from(text), 1, REHEARSE_PARALLEL_MAX, &n) < 0) {
		fprintf(stderr, "offhook rehearse: --parallel is a number from 1 to %d\n",
			REHEARSE_PARALLEL_MAX);
		return false;
	}
	o->parallel = (size_t)n;
	return true;
}

static bool take_seed(const char *text, struct rehearse_options *o)
{
	int64_t n;

	if (str_to_int(str_from(text), 1, REHEARSE_SEED_MAX, &n) < 0) {
		fprintf(stderr, "offhook rehearse: --seed is a number from 1 to %d\n", REHEARSE_SEED_MAX);
		return false;
	}
	o->seed = (uint64_t)n;
	return true;
}

static bool draw_seed(struct rehearse_options *o)
{
	unsigned char seed[RNG_SEED_BYTES];
	struct rng rng;
	int rc = rng_read_seed(seed);

	if (rc < 0) {
		fprintf(stderr, "offhook rehearse: cannot draw a seed: %s\n", strerror(-rc));
		return false;
	}
	rng_init(&rng, seed);
	o->seed = 1 + rng_below(&rng, REHEARSE_SEED_MAX);
	return true;
}

static bool take_option(int option, struct rehearse_options *o)
{
	static const char *const details[] = {"talk", "turns", "all", NULL};
	static const char *const voices[] = {"auto", "flite", "kokoro", NULL};
	int chosen = 0;

	switch (option) {
	case 's':
		o->server = str_from(optarg);
		break;
	case 'c':
		o->calls = str_from(optarg);
		break;
	case 'j':
		o->json = optarg;
		break;
	case 'k':
		o->keep = str_from(optarg);
		break;
	case 'p':
		return take_parallel(optarg, o);
	case 'r':
		return take_seed(optarg, o);
	case 'd':
		chosen = choose("detail", optarg, details);
		o->detail = (enum trail_detail)MAX(chosen, 0);
		break;
	case 'v':
		chosen = choose("voice", optarg, voices);
		o->voice = str_from(optarg);
		break;
	default:
		return false;
	}
	return chosen >= 0;
}

static bool read_options(int argc, char **argv, struct rehearse_options *o)
{
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) >= 0)
		if (!take_option(option, o))
			return false;
	o->files = (const char *const *)argv + optind;
	o->file_count = (size_t)(argc - optind);
	if (str_empty(o->server) != str_empty(o->calls)) {
		fprintf(stderr, "offhook rehearse: --server and --calls belong together\n");
		return false;
	}
	if (o->file_count == 0 || o->file_count > REHEARSE_FILES_MAX) {
		command_help(&command_rehearse, stderr);
		return false;
	}
	return o->seed > 0 || draw_seed(o);
}

static int run(int argc, char **argv)
{
	struct rehearse_options o = {.parallel = 1, .detail = TRAIL_TURNS, .voice = STR("auto")};

	if (!read_options(argc, argv, &o))
		return COMMAND_USAGE;
	return rehearse_run(&o) == 1 ? COMMAND_OK : COMMAND_FAILED;
}

const struct command command_rehearse = {
	.name = "rehearse",
	.arguments = "[OPTIONS] AGENT/rehearsals/*.yaml",
	.summary = "Have scripted callers try an agent, over real SIP",
	.help = "Each file is a caller: what to say and when, in which voice, over what kind of line,\n"
		"and what must be true afterwards. The callers' words are spoken beforehand; then a\n"
		"server is started with AGENT/agent.yaml on free ports, and the calls go to it over\n"
		"SIP/UDP and RTP, one after the other. What happens is shown while it does. The exit\n"
		"status is 0 only when all that was expected came true. A caller who is asked to says a\n"
		"thing again, as people do: once, or as often as its step says; the report counts it.\n\n"
		"  --parallel N       so many callers at a time\n"
		"  --detail WHAT      talk: what was said; turns: partial texts too; all: every event\n"
		"  --json FILE        the report as JSON as well; - is standard output\n"
		"  --keep DIR         folder for the server's log, trails and recordings\n"
		"                     (a new one under var/rehearsals when left out)\n"
		"  --seed N           the noise and the lost packets of the run whose report says N\n"
		"  --voice NAME       the agent's voice: auto, flite, kokoro\n"
		"  --server sip:ADDRESS:PORT --calls DIR\n"
		"                     a server that runs already, and its folder of calls\n\n"
		"It looks for models/ and var/phrases/ in the folder where it is started.\n",
	.run = run,
};
