/* command_providers.c - `offhook providers`: whom Offhook can talk to, and what is configured of it */
#include <string.h>

#include "app/command.h"
#include "app/providers.h"

#define TEXT_BYTES (256u * 1024)

struct wish {
	const char *config;
	bool json;
};

static bool understand(int argc, char **argv, struct wish *w)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			w->json = true;
		else if (strcmp(argv[i], "-c") == 0 && i + 1 < argc)
			w->config = argv[++i];
		else
			return false;
	}
	return true;
}

static void flush(struct buf *b, FILE *out)
{
	fwrite(b->p ? b->p : "", 1, b->n, out);
	buf_fini(b);
}

static int run(int argc, char **argv)
{
	struct wish w = {0};
	struct config *c = NULL;
	struct buf problems, text;
	int rc = 0;

	if (!understand(argc, argv, &w)) {
		command_help(&command_providers, stderr);
		return COMMAND_USAGE;
	}
	buf_init(&problems, TEXT_BYTES);
	if (w.config)
		rc = config_read(w.config, &problems, &c);
	flush(&problems, stderr);
	if (rc < 0)
		return COMMAND_FAILED;
	buf_init(&text, TEXT_BYTES);
	(w.json ? providers_json : providers_table)(c, &text);
	flush(&text, stdout);
	config_free(c);
	return COMMAND_OK;
}

const struct command command_providers = {
	.name = "providers",
	.arguments = "[-c FILE] [--json]",
	.summary = "List every recogniser, language model and voice that can be used",
	.help = "For each: what it is for (stt hears, llm thinks, tts speaks), its type as a\n"
		"configuration names it, what it can do, whether it wants a key and where that is\n"
		"usually kept, and what of the real service it was ever tried with, or that it was\n"
		"only tried with our simulation of it.\n\n"
		"  -c FILE  says also under which names FILE configures it\n"
		"  --json   for programs\n\n"
		"`offhook check --live -c FILE` opens what FILE configures and says how fast it is.\n",
	.run = run,
};
