/* All vendors on one port, for whole programs and for measuring. `vendors --help` says how. */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "inside.h"

#include "base/mem.h"

static const char help[] =
	"usage: vendors [OPTION]...   plays every vendor on one port until it is told to stop\n"
	"  --listen PORT          127.0.0.1 only; 0 takes a free one (said on the first line)\n"
	"  --tls                  with a certificate for localhost, by the authority of --authority\n"
	"  --certificate KIND     good, wrong-name, expired, stranger\n"
	"  --authority FILE       writes the authority's certificate there\n"
	"  --key TEXT             what clients must show (key-of-tests)\n"
	"  --tell-key             each message of failure repeats it\n"
	"  --only NAME            just this simulator; again for more\n"
	"  --seed N               of jitter and of random faults\n"
	"  --log FILE             JSON lines: what was billed, which rules were broken\n"
	"  --final MS --first-token MS --token MS --first-audio MS --jitter PERCENT\n"
	"  --pace X               seconds of speech a second; 0 = at once\n"
	"  --ear tones|voiced|counted  how recognisers hear (tones)\n"
	"  --transcript TEXT      what `voiced` and `counted` hear, a line an utterance\n"
	"  --recording FILE       a WAVE file that recognisers know, with a line `START_MS END_MS WORD` for "
	"each of its\n"
	"                         words in FILE.words; again for more; they hear nothing else then\n"
	"  --answer TEXT          what models say; --tool NAME --arguments JSON what they call\n"
	"  --when TEXT            the --answer or --tool that follows needs this in what was said\n"
	"  --fault FAULT          of every session: stall#3, stall~2, reset@1500ms, close:1008#2, "
	"status:529,\n"
	"                         slow:800ms, dribble:700ms ...\n"
	"  --fault-one-in N       a random fault in one session of N, at a random point; --within MS of it "
	"(2000)\n"
	"  --list                 the simulators, with their paths\n";

#define ANSWERS_MAX    64
#define RECORDINGS_MAX 64
#define WORDS_MAX      4096 /* of all recordings */
#define ONLY_MAX       64

static struct vendor_answer answers[ANSWERS_MAX];
static struct vendor_recording recordings[RECORDINGS_MAX];
static struct vendor_word words[WORDS_MAX];
static const struct vendor_sim *only[ONLY_MAX + 1];

enum option_id {
	OPT_LISTEN = 1,
	OPT_TLS,
	OPT_CERTIFICATE,
	OPT_AUTHORITY,
	OPT_KEY,
	OPT_TELL_KEY,
	OPT_ONLY,
	OPT_SEED,
	OPT_LOG,
	OPT_FINAL,
	OPT_FIRST_TOKEN,
	OPT_TOKEN,
	OPT_FIRST_AUDIO,
	OPT_JITTER,
	OPT_PACE,
	OPT_EAR,
	OPT_TRANSCRIPT,
	OPT_RECORDING,
	OPT_ANSWER,
	OPT_TOOL,
	OPT_ARGUMENTS,
	OPT_WHEN,
	OPT_FAULT,
	OPT_FAULT_ONE_IN,
	OPT_WITHIN,
	OPT_LIST,
	OPT_HELP,
};

static const struct option options[] = {
	{"listen", required_argument, NULL, OPT_LISTEN},
	{"tls", no_argument, NULL, OPT_TLS},
	{"certificate", required_argument, NULL, OPT_CERTIFICATE},
	{"authority", required_argument, NULL, OPT_AUTHORITY},
	{"key", required_argument, NULL, OPT_KEY},
	{"tell-key", no_argument, NULL, OPT_TELL_KEY},
	{"only", required_argument, NULL, OPT_ONLY},
	{"seed", required_argument, NULL, OPT_SEED},
	{"log", required_argument, NULL, OPT_LOG},
	{"final", required_argument, NULL, OPT_FINAL},
	{"first-token", required_argument, NULL, OPT_FIRST_TOKEN},
	{"token", required_argument, NULL, OPT_TOKEN},
	{"first-audio", required_argument, NULL, OPT_FIRST_AUDIO},
	{"jitter", required_argument, NULL, OPT_JITTER},
	{"pace", required_argument, NULL, OPT_PACE},
	{"ear", required_argument, NULL, OPT_EAR},
	{"transcript", required_argument, NULL, OPT_TRANSCRIPT},
	{"recording", required_argument, NULL, OPT_RECORDING},
	{"answer", required_argument, NULL, OPT_ANSWER},
	{"tool", required_argument, NULL, OPT_TOOL},
	{"arguments", required_argument, NULL, OPT_ARGUMENTS},
	{"when", required_argument, NULL, OPT_WHEN},
	{"fault", required_argument, NULL, OPT_FAULT},
	{"fault-one-in", required_argument, NULL, OPT_FAULT_ONE_IN},
	{"within", required_argument, NULL, OPT_WITHIN},
	{"list", no_argument, NULL, OPT_LIST},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

static _Noreturn void die(const char *what, const char *value)
{
	fprintf(stderr, "vendors: %s: %s\n", what, value);
	exit(2);
}

static int64_t number(const char *value)
{
	int64_t n = 0;

	if (str_to_int(str_from(value), 0, INT64_MAX / 1000000, &n) < 0)
		die("not a number", value);
	return n;
}

static unsigned choice(const char *value, const char *list)
{
	struct str rest = str_from(list);

	for (unsigned i = 0; rest.n; i++)
		if (str_eq(str_cut(&rest, '|'), str_from(value)))
			return i;
	die("not one of them", value);
	return 0;
}

static void list_all(void)
{
	for (const struct vendor_sim *const *p = vendor_sims; *p; p++)
		printf("%-24s %-10s %s\n", (*p)->name,
		       (*p)->kind == VENDOR_WEBSOCKET ? "WebSocket"
		       : (*p)->kind == VENDOR_RAW     ? "TCP"
		       : (*p)->method                 ? (*p)->method
						      : "POST",
		       (*p)->path ? (*p)->path : "-");
	exit(0);
}

static void add_only(struct vendor_config *c, const char *name)
{
	unsigned n = 0, before;

	while (only[n])
		n++;
	before = n;
	for (const struct vendor_sim *const *p = vendor_sims; *p && n < ONLY_MAX; p++)
		if (str_eq(str_from((*p)->name), str_from(name)))
			only[n++] = *p;
	if (n == before)
		die("no such simulator", name);
	c->sims = only;
}

static void write_authority(const char *path)
{
	const char *from = vendor_authority();
	FILE *in = from ? fopen(from, "r") : NULL, *out = fopen(path, "w");
	char line[256];

	if (!in || !out)
		die("cannot be written", path);
	while (fgets(line, sizeof(line), in))
		fputs(line, out);
	fclose(in);
	fclose(out);
}

static const char *copy(struct str word)
{
	char *text = mem_strndup(word.p, word.n);

	if (!text)
		die("no memory", "");
	return text;
}

/* FILE.words: a line a word. */
static size_t read_words(const char *path, struct vendor_word *out, size_t most)
{
	char name[512], line[256];
	size_t n = 0;
	FILE *f;

	snprintf(name, sizeof(name), "%s.words", path);
	f = fopen(name, "re");
	if (!f)
		die("cannot be read", name);
	while (fgets(line, sizeof(line), f)) {
		struct str rest = str_from(line), start = str_word(&rest), end = str_word(&rest);
		struct str word = str_word(&rest);
		int64_t from, to;

		if (!word.n)
			continue;
		if (n == most || str_to_int(start, 0, INT32_MAX, &from) < 0 ||
		    str_to_int(end, 0, INT32_MAX, &to) < 0)
			die("not START_MS END_MS WORD, or too many", name);
		out[n++] = (struct vendor_word){USEC_MS(from), USEC_MS(to), copy(word)};
	}
	fclose(f);
	return n;
}

static void add_recording(struct vendor_config *c, const char *path)
{
	static size_t used;
	struct vendor_recording *r = &recordings[c->says.n_recordings];

	if (c->says.n_recordings == RECORDINGS_MAX)
		die("too many", "recordings");
	*r = (struct vendor_recording){path, words + used, read_words(path, words + used, WORDS_MAX - used)};
	used += r->n_words;
	c->says.recordings = recordings;
	c->says.n_recordings++;
	c->says.ear = VENDOR_EAR_RECORDED;
}

/* What models say: --when begins a row that --answer or --tool without one begins too. */
static struct vendor_answer *row(struct vendor_config *c, bool begin)
{
	static bool waiting;

	if (!begin && waiting) {
		waiting = false;
		return &answers[c->says.n_answers - 1];
	}
	if (c->says.n_answers == ANSWERS_MAX)
		die("too many", "answers");
	waiting = begin;
	c->says.answers = answers;
	return &answers[c->says.n_answers++];
}

static void take_speech(struct vendor_config *c, enum option_id id, const char *value)
{
	if (id == OPT_EAR)
		c->says.ear = (enum vendor_ear)(VENDOR_EAR_VOICED + choice(value, "voiced|counted|tones"));
	else if (id == OPT_TRANSCRIPT)
		c->says.transcript = value;
	else if (id == OPT_RECORDING)
		add_recording(c, value);
	else if (id == OPT_WHEN)
		row(c, true)->when = value;
	else if (id == OPT_ANSWER)
		row(c, false)->text = value;
	else if (id == OPT_TOOL)
		row(c, false)->tool = value;
	else if (c->says.n_answers > 0)
		answers[c->says.n_answers - 1].arguments = value;
	else
		die("--arguments follows --tool", value);
}

static void take_delay(struct vendor_delays *d, enum option_id id, const char *value)
{
	double pace = 0;

	if (id == OPT_FINAL)
		d->final = USEC_MS(number(value));
	else if (id == OPT_FIRST_TOKEN)
		d->first_token = USEC_MS(number(value));
	else if (id == OPT_TOKEN)
		d->token = USEC_MS(number(value));
	else if (id == OPT_FIRST_AUDIO)
		d->first_audio = USEC_MS(number(value));
	else if (id == OPT_JITTER)
		d->jitter_percent = (unsigned)number(value);
	else if (str_to_num(str_from(value), &pace) < 0)
		die("not a number", value);
	else
		d->audio_pace = pace;
}

static void take(struct vendor_config *c, enum option_id id, const char *value)
{
	if (id == OPT_LISTEN)
		c->port = (uint16_t)number(value);
	else if (id == OPT_TLS)
		c->tls = true;
	else if (id == OPT_CERTIFICATE)
		c->certificate = (enum vendor_certificate)choice(value, "good|wrong-name|expired|stranger");
	else if (id == OPT_AUTHORITY)
		write_authority(value);
	else if (id == OPT_KEY)
		c->key = value;
	else if (id == OPT_TELL_KEY)
		c->tells_key = true;
	else if (id == OPT_ONLY)
		add_only(c, value);
	else if (id == OPT_SEED)
		c->seed = (uint64_t)number(value);
	else if (id == OPT_LOG)
		c->log_path = value;
	else if (id >= OPT_FINAL && id <= OPT_PACE)
		take_delay(&c->delays, id, value);
	else if (id >= OPT_EAR && id <= OPT_WHEN)
		take_speech(c, id, value);
	else if (id == OPT_FAULT && vendor_fault_parse(str_from(value), &c->fault) < 0)
		die("no such fault", value);
	else if (id == OPT_FAULT_ONE_IN)
		c->fault_one_in = (unsigned)number(value);
	else if (id == OPT_WITHIN)
		c->fault_within = USEC_MS(number(value));
	else if (id == OPT_LIST)
		list_all();
	else if (id == OPT_HELP)
		exit(fputs(help, stdout) < 0);
}

int main(int argc, char **argv)
{
	struct vendor_config c = {.says.ear = VENDOR_EAR_TONES};
	struct vendor *v;
	sigset_t end;
	int id, signal_number, rc;

	while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (id == '?')
			die("see", "--help");
		take(&c, (enum option_id)id, optarg);
	}
	sigemptyset(&end);
	sigaddset(&end, SIGINT);
	sigaddset(&end, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &end, NULL);
	rc = vendor_start(&c, &v);
	if (rc < 0)
		die("cannot start", strerror(-rc));
	printf("%s://127.0.0.1:%u\n", c.tls ? "https" : "http", vendor_port(v));
	fflush(stdout);
	sigwait(&end, &signal_number);
	printf("%u rules broken\n", vendor_wrongs(v));
	vendor_stop(v);
	return 0;
}
