/* command_providers.c - `offhook providers`: whom Offhook can talk to, and what is configured of it */
#include <string.h>

#include "app/command.h"
#include "app/providers.h"

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

static int run(int argc, char **argv)
{
	struct wish w = {0};
	struct config *c;
	struct buf text;

	if (!understand(argc, argv, &w)) {
		command_help(&command_providers, stderr);
		return COMMAND_USAGE;
	}
	c = w.config ? command_config(w.config) : NULL;
	if (w.config && !c)
		return COMMAND_FAILED;
	buf_init(&text, COMMAND_TEXT_MAX);
	(w.json ? providers_json : providers_table)(c, &text);
	command_print(&text, stdout);
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
