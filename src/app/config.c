#include "app/config.h"

#include <errno.h>
#include <string.h>

#include "app/providers.h"
#include "base/addr.h"
#include "base/mem.h"

static const struct opt trunk_opts[] = {
	OPT_KEY("name", struct config_trunk, name),
	OPT_STR("tenant", struct config_trunk, tenant, .preset = "default",
		.help = "Whose calls these are; stands in every trail and metric."),
	OPT_STRS("from", struct config_trunk, from,
		 .help = "Addresses or networks (192.0.2.0/24) whose calls are taken."),
	OPT_STR("user", struct config_trunk, user, .help = "Digest user name, instead of or besides `from`."),
	OPT_SECRET("password", struct config_trunk, password, .help = "Its password."),
	OPT_INT("calls_max", struct config_trunk, calls_max, .preset = "0", .min = 0, .max = 100000,
		.help = "Calls at once on this trunk; 0 is as many as the server takes."),
};

static void check_trunk(const void *loaded, const struct tree_node *node, struct tree_errors *errors)
{
	const struct config_trunk *t = loaded;
	struct addr_range range;

	if (t->from.count == 0 && str_empty(t->user))
		tree_errors_add(errors, node->at,
				"a trunk needs `from`, or `user` and `password`: otherwise anybody "
				"could call");
	if (str_empty(t->user) != str_empty(t->password))
		tree_errors_add(errors, node->at, "`user` and `password` belong together");
	for (size_t i = 0; i < t->from.count; i++)
		if (addr_range_parse(t->from.at[i], &range) < 0)
			tree_errors_add(errors, node->at, "'" STR_FMT "' is no address or network",
					STR_ARG(t->from.at[i]));
}

static const struct opt_table trunk_table =
	OPT_TABLE("trunk", struct config_trunk, trunk_opts, .check = check_trunk, .help = "Who may call.");

static const char *const digests[] = {"both", "sha-256", "md5", NULL};

static const struct opt sip_opts[] = {
	OPT_ADDR("listen", struct config_sip, listen, .preset = "127.0.0.1:5060",
		 .help = "Where SIP is awaited, UDP and TCP. 0.0.0.0:5060 for every interface."),
	OPT_STR("advertised", struct config_sip, advertised,
		.help = "Our address as the outside sees it, when we are behind a NAT."),
	OPT_STRS("local_networks", struct config_sip, local_networks,
		 .preset = "127.0.0.0/8, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16",
		 .help = "Networks towards which `advertised` is not used."),
	OPT_STR("realm", struct config_sip, realm, .preset = "offhook", .help = "Realm of digest logins."),
	OPT_CHOICE(
		"digest", struct config_sip, digest, digests, .preset = "both",
		.help = "What logins are asked for. Some old telephones stumble over SHA-256 even when MD5 "
			"is offered beside it: for them, md5."),
	OPT_MS("ring_ms", struct config_sip, ring, .preset = "300", .min = 0, .max = 8000,
	       .help = "How long it rings at least before we answer; 0 is as soon as everything is ready."),
	OPT_MAP("trunks", struct config_sip, trunks, &trunk_table, .min = 0, .max = 1000,
		.help = "Who may call; everybody else gets no answer."),
};

static void check_sip(const void *loaded, const struct tree_node *node, struct tree_errors *errors)
{
	const struct config_sip *s = loaded;
	struct addr_range range;
	struct addr a;

	if (!node)
		return;
	if (!str_empty(s->advertised) && addr_parse(s->advertised, 0, &a) < 0)
		tree_errors_add(errors, node->at, "advertised: '" STR_FMT "' is no IP address",
				STR_ARG(s->advertised));
	for (size_t i = 0; i < s->local_networks.count; i++)
		if (addr_range_parse(s->local_networks.at[i], &range) < 0)
			tree_errors_add(errors, node->at,
					"local_networks: '" STR_FMT "' is no address or network",
					STR_ARG(s->local_networks.at[i]));
}

static const struct opt_table sip_table =
	OPT_TABLE("sip", struct config_sip, sip_opts, .check = check_sip, .help = "The telephone side.");

static const struct opt media_opts[] = {
	OPT_STR("bind", struct config_media, bind,
		.help = "IP of the RTP sockets; as `sip.listen` when left out."),
	OPT_INT("port_min", struct config_media, port_min, .preset = "20000", .min = 0, .max = 65534,
		.help = "First port for RTP; two a call. 0 with port_max 0 is any free one."),
	OPT_INT("port_max", struct config_media, port_max, .preset = "29999", .min = 0, .max = 65535,
		.help = "Last port for RTP."),
	OPT_MS("timeout_ms", struct config_media, timeout, .preset = "30000", .min = 0, .max = 600000,
	       .help = "A call from which no packet comes for so long has been lost; 0 is never."),
	OPT_NUM("duck_db", struct config_media, duck_db, .preset = "-15", .min = -60, .max = 0,
		.help = "How much our voice is lowered while we find out whether we are being interrupted."),
};

static void check_media(const void *loaded, const struct tree_node *node, struct tree_errors *errors)
{
	const struct config_media *m = loaded;
	struct addr a;

	if (!node)
		return;
	if (m->port_max < m->port_min)
		tree_errors_add(errors, node->at, "port_max is below port_min");
	if (!str_empty(m->bind) && addr_parse(m->bind, 0, &a) < 0)
		tree_errors_add(errors, node->at, "bind: '" STR_FMT "' is no IP address", STR_ARG(m->bind));
}

static const struct opt_table media_table =
	OPT_TABLE("media", struct config_media, media_opts, .check = check_media, .help = "The sound.");

static const struct opt route_opts[] = {
	OPT_STR("called", struct config_route, called, .preset = "*",
		.help = "The number or user that was dialled; * is any."),
	OPT_STR("agent", struct config_route, agent, .required = true, .help = "The agent's name."),
};

static const struct opt_table route_table =
	OPT_TABLE("route", struct config_route, route_opts, .help = "Which agent answers.");

static const char *const voices[] = {"auto", "kokoro", "flite", NULL};

static const struct opt speech_opts[] = {
	OPT_PATH("models", struct config_speech, models, .preset = "models",
		 .help = "Folder of the local speech models."),
	OPT_CHOICE("voice", struct config_speech, voice, voices, .preset = "auto",
		   .help = "The local voice: kokoro sounds like a person and wants two free cores, flite "
			   "does not "
			   "and needs none. auto takes kokoro where its files are and the machine keeps up."),
	OPT_INT("threads", struct config_speech, threads, .preset = "0", .min = 0, .max = 256,
		.help = "Workers for recognition and voices; 0 is one a core."),
	OPT_PATH("phrases", struct config_speech, phrases, .preset = "var/phrases",
		 .help = "Folder of the phrase cache."),
	OPT_INT("phrases_mb", struct config_speech, phrases_mb, .preset = "512", .min = 1, .max = 100000,
		.help = "How large it may grow."),
};

static const struct opt_table speech_table =
	OPT_TABLE("speech", struct config_speech, speech_opts, .help = "Local recognition and voices.");

static const struct opt pipeline_opts[] = {
	OPT_STRS("stt", struct config_pipeline, stt, .preset = "local", .min = 1, .max = PROVIDERS_LIST_MAX,
		 .help = "Recognisers: the first that works, the next ones when it fails. `local` is "
			 "Moonshine in this process."),
	OPT_STRS("llm", struct config_pipeline, llm, .min = 0, .max = PROVIDERS_LIST_MAX,
		 .help = "Language models for the live turn, for agents that use one."),
	OPT_STRS("deep", struct config_pipeline, deep, .min = 0, .max = PROVIDERS_LIST_MAX,
		 .help = "Language models for what the agent calls hard; as `llm` when left out."),
	OPT_MS("hedge_ms", struct config_pipeline, hedge, .preset = "0", .min = 0, .max = 30000,
	       .help = "A language model that has said nothing for so long gets company from the next of its "
		       "list, and the first that speaks answers; both are paid for. 0 is never."),
	OPT_STRS("tts", struct config_pipeline, tts, .preset = "local", .min = 1, .max = PROVIDERS_LIST_MAX,
		 .help = "Voices, likewise; `local` is what speech.voice says."),
	OPT_BOOL("prepare", struct config_pipeline, prepare, .preset = "true",
		 .help = "Whether a voice on a network that speaks first for an agent speaks the agent's "
			 "fixed "
			 "phrases once, while calls are taken already, and its sound is kept on disk; that "
			 "is paid "
			 "for. The voice in this process always does."),
};

static const struct opt_table pipeline_table =
	OPT_TABLE("pipeline", struct config_pipeline, pipeline_opts,
		  .help = "Who hears, thinks and speaks, by name, in the order of trying.");

static const struct opt network_opts[] = {
	OPT_PATH("authority", struct config_network, authority,
		 .help = "PEM file of the certificates that providers are checked against; the system's when "
			 "left out."),
	OPT_STR("proxy", struct config_network, proxy,
		.help = "http://[USER:PASSWORD@]HOST:PORT through which providers are reached; with a "
			"password "
			"in it, better as ${NAME}."),
	OPT_INT("connections", struct config_network, connections, .preset = "1024", .min = 1, .max = 65536,
		.help = "Connections to providers that a shard may have open."),
};

static const struct opt_table network_table =
	OPT_TABLE("network", struct config_network, network_opts, .help = "The way to providers.");

static const char *const cost_actions[] = {"warn", "degrade", "end", NULL};

static const struct opt cost_opts[] = {
	OPT_NUM("call", struct config_cost, call, .preset = "0", .min = 0, .max = 1e6,
		.help = "What one call may cost, in the currency of the prices; 0 is no limit."),
	OPT_NUM("agent_day", struct config_cost, agent_day, .preset = "0", .min = 0, .max = 1e6,
		.help = "What all calls of an agent may cost in a day (UTC)."),
	OPT_NUM("tenant_day", struct config_cost, tenant_day, .preset = "0", .min = 0, .max = 1e6,
		.help = "What all calls of a tenant may cost in a day (UTC)."),
	OPT_CHOICE(
		"action", struct config_cost, action, cost_actions, .preset = "warn",
		.help = "What happens to a call that reaches a limit: its trail says so; or it goes on with "
			"the "
			"recogniser and the voice in this process, where the pipeline names them; or it ends "
			"politely, when the answer that is being given has been heard."),
	OPT_STR("farewell", struct config_cost, farewell,
		.preset = "I am sorry, I have to end our call here. Please call us again. Goodbye.",
		.help = "The last words then."),
};

static const struct opt_table cost_table =
	OPT_TABLE("cost", struct config_cost, cost_opts, .help = "What may be spent.");

static const struct opt limit_opts[] = {
	OPT_INT("calls", struct config_limits, calls, .preset = "100", .min = 1, .max = 100000,
		.help = "Calls at once; the next one hears 503 with Retry-After."),
	OPT_MS("call_ms", struct config_limits, call, .preset = "3600000", .min = 10000, .max = 86400000,
	       .help = "The longest call."),
	OPT_MS("transfer_ms", struct config_limits, transfer, .preset = "32000", .min = 1000, .max = 120000,
	       .help = "How long the other side may take to accept a transfer."),
	OPT_MS("drain_ms", struct config_limits, drain, .preset = "60000", .min = 0, .max = 7200000,
	       .help = "How long a server that was told to stop waits for its calls."),
	OPT_INT("retry_after_s", struct config_limits, retry_after_s, .preset = "5", .min = 1, .max = 3600,
		.help = "What a refused caller is told to wait."),
	OPT_STRUCT("cost", struct config_limits, cost, &cost_table),
};

static const struct opt_table limits_table =
	OPT_TABLE("limits", struct config_limits, limit_opts, .help = "Where the server says stop.");

static const struct opt metrics_opts[] = {
	OPT_BOOL("on", struct config_metrics, on, .preset = "true", .help = "Whether to serve them."),
	OPT_ADDR("listen", struct config_metrics, listen, .preset = "127.0.0.1:9464",
		 .help = "Where Prometheus finds /metrics."),
};

static const struct opt_table metrics_table =
	OPT_TABLE("metrics", struct config_metrics, metrics_opts, .help = "Figures for Prometheus.");

static const char *const log_levels[] = {"debug", "info", "warning", "error", NULL};

static const struct opt config_opts[] = {
	OPT_INT("shards", struct config, shards, .preset = "1", .min = 1, .max = CONFIG_SHARDS_MAX,
		.help = "Groups of calls, each with a control and a media thread; one for every two cores."),
	OPT_CHOICE("log", struct config, log, log_levels, .preset = "info",
		   .help = "The least that is logged."),
	OPT_BOOL("core_dumps", struct config, core_dumps, .preset = "false",
		 .help = "Whether a crash may leave a core file: it would hold keys and what callers said."),
	OPT_STRS("agents", struct config, agents, .min = 1, .max = 1000, .required = true,
		 .help = "Files of the agents, relative to this one."),
	OPT_PATH("calls", struct config, calls, .preset = "calls",
		 .help = "Folder of trails and recordings, one a day in it."),
	OPT_PATH("store", struct config, store, .preset = "var/offhook.db",
		 .help = "SQLite file of what agents remember: appointments, callers."),
	OPT_STRUCT("sip", struct config, sip, &sip_table),
	OPT_STRUCT("media", struct config, media, &media_table),
	OPT_LIST("routes", struct config, routes, &route_table, .min = 0, .max = 10000,
		 .help = "First match wins; without routes the dialled user is the agent's name."),
	OPT_STRUCT("speech", struct config, speech, &speech_table),
	OPT_MAP("providers", struct config, providers, &service_table, .min = 0, .max = 100,
		.help = "Recognisers, language models and voices on the network."),
	OPT_STRUCT("pipeline", struct config, pipeline, &pipeline_table),
	OPT_STRUCT("network", struct config, network, &network_table),
	OPT_STRUCT("limits", struct config, limits, &limits_table),
	OPT_PATH("prices", struct config, prices_file,
		 .help = "File of what services cost (`offhook check --price-options`); without it nothing "
			 "has a "
			 "price."),
	OPT_STRUCT("metrics", struct config, metrics, &metrics_table),
};

static void check_config(const void *loaded, const struct tree_node *node, struct tree_errors *errors)
{
	const struct config *c = loaded;

	if (node)
		providers_check(c, node, errors);
}

const struct opt_table config_table = OPT_TABLE("offhook", struct config, config_opts, .check = check_config,
						.help = "The server's configuration.");

/* A configuration and the memory it lies in. */
struct snapshot {
	struct config config;
	struct arena arena;
};

static struct str dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (struct str){path, (size_t)(slash - path)} : STR(".");
}

static int load_prices(struct snapshot *s, struct tree_errors *errors)
{
	struct prices *p = ARENA_NEW(&s->arena, struct prices);
	struct tree_node *root;
	int rc;

	if (!p)
		return -ENOMEM;
	rc = tree_read(s->config.prices_file.p, NULL, &s->arena, errors, &root);
	if (rc == 0)
		rc = opt_load(&prices_table, root, opt_getenv, &s->arena, errors, p);
	if (rc == 0)
		s->config.prices = p;
	return rc;
}

static int load(struct snapshot *s, const char *path, struct tree_errors *errors)
{
	struct tree_node *root;
	int rc = tree_read(path, NULL, &s->arena, errors, &root);

	if (rc == 0)
		rc = opt_load(&config_table, root, opt_getenv, &s->arena, errors, &s->config);
	if (rc < 0)
		return rc;
	s->config.tree = root;
	s->config.dir = arena_str(&s->arena, dir_of(path));
	if (!s->config.dir.p)
		return -ENOMEM;
	return str_empty(s->config.prices_file) ? 0 : load_prices(s, errors);
}

int config_read(const char *path, struct buf *problems, struct config **ret_config)
{
	struct snapshot *s = mem_zalloc(sizeof(*s));
	struct tree_errors errors;
	int rc;

	if (!s)
		return -ENOMEM;
	arena_init(&s->arena, CONFIG_ARENA_BYTES);
	tree_errors_init(&errors, &s->arena);
	rc = load(s, path, &errors);
	if (rc < 0) {
		tree_errors_print(&errors, problems);
		config_free(&s->config);
		return rc;
	}
	*ret_config = &s->config;
	return 0;
}

struct config *config_free(struct config *c)
{
	struct snapshot *s = c ? CONTAINER_OF(c, struct snapshot, config) : NULL;

	if (s)
		arena_fini(&s->arena);
	mem_free(s);
	return NULL;
}
