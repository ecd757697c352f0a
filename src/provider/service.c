#include "provider/service.h"

static void check_service(const void *loaded, const struct tree_node *node, struct tree_errors *errors)
{
	const struct service *s = loaded;

	for (size_t i = 0; node && i < s->extra.count; i++) {
		struct str pair = s->extra.at[i];
		size_t cut = str_chr(pair, '=');

		if (cut == 0 || cut == pair.n)
			tree_errors_add(errors, node->at, "extra: '" STR_FMT "' is not name=value",
					STR_ARG(pair));
	}
}

static const struct opt service_opts[] = {
	OPT_KEY("name", struct service, name, .help = "How the rest of the configuration calls it."),
	OPT_STR("type", struct service, type, .required = true,
		.help = "Whose protocol it speaks; `offhook providers` lists them."),
	OPT_STR("url", struct service, url,
		.help = "Where it is, when it is not the vendor's own: a regional host, your own server."),
	OPT_SECRET("key", struct service, key, .help = "The key it wants, as ${NAME} or file:PATH."),
	OPT_STR("model", struct service, model, .help = "The vendor's name of the model."),
	OPT_STR("voice", struct service, voice, .help = "The vendor's name of the voice."),
	OPT_STR("region", struct service, region, .help = "Where the vendor names hosts by region."),
	OPT_STR("version", struct service, version,
		.help = "Of the vendor's interface, when not the usual one."),
	OPT_INT("window", struct service, window, .preset = "0", .min = 0, .max = 10000000,
		.help = "Tokens that a language model can hold; 0 is what its vendor says."),
	OPT_INT("spares", struct service, spares, .preset = "0", .min = 0, .max = 64,
		.help = "Connections kept open in advance, so that no call waits for a handshake."),
	OPT_MS("connect_ms", struct service, connect_limit, .preset = "3000", .min = 100, .max = 60000,
	       .help = "How long name, connection and handshake may take."),
	OPT_MS("first_ms", struct service, first_limit, .preset = "2500", .min = 100, .max = 60000,
	       .help = "How long the final text, the first word or the first sound may take."),
	OPT_MS("stall_ms", struct service, stall_limit, .preset = "3000", .min = 100, .max = 60000,
	       .help = "How long an answer may pause in its middle."),
	OPT_STRS("extra", struct service, extra, .min = 0, .max = 32,
		 .help = "What only this vendor knows, each as name=value; sent along as it is."),
};

const struct opt_table service_table =
	OPT_TABLE("provider", struct service, service_opts, .check = check_service,
		  .help = "A recogniser, language model or voice on the network.");

void service_extra_at(const struct service *s, size_t i, struct str *ret_name, struct str *ret_value)
{
	*ret_value = s->extra.at[i];
	*ret_name = str_cut(ret_value, '=');
}

struct str service_extra(const struct service *s, const char *name, struct str fallback)
{
	struct str at, value;

	for (size_t i = 0; i < s->extra.count; i++) {
		service_extra_at(s, i, &at, &value);
		if (str_eq(at, str_from(name)))
			return value;
	}
	return fallback;
}
