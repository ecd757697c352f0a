/* Option tables: what they fill, and every sentence they say about a bad file. */
#include "base/opt.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/optdoc.h"
#include "test.h"

enum transport {
	UDP,
	TCP,
	TLS
};

struct codec {
	struct str name;
	int rate_hz;
};

struct trunk {
	struct str name;
	struct str host;
	struct str password;
};

struct server {
	bool record;
	int port;
	double gain;
	usec idle;
	struct str title, store;
	enum transport transport;
	struct opt_strs goals;
	struct opt_addr udp;
	struct opt_list codecs, trunks;
	struct trunk fallback;
	const struct tree_node *tools;
};

static const char *const transports[] = {"udp", "tcp", "tls", NULL};

static const struct opt codec_opts[] = {
	OPT_STR("name", struct codec, name, .required = true, .help = "As SDP spells it."),
	OPT_INT("rate_hz", struct codec, rate_hz, .preset = "8000", .min = 8000, .max = 48000,
		.help = "Samples a second."),
};
static const struct opt_table codec_table = OPT_TABLE("a codec", struct codec, codec_opts);

static void check_trunk(const void *loaded, const struct tree_node *node, struct tree_errors *errors)
{
	const struct trunk *t = loaded;

	if (str_eq(t->host, STR("self")))
		tree_errors_add(errors, node->at, "a trunk may not be itself");
}

static const struct opt trunk_opts[] = {
	OPT_KEY("name", struct trunk, name, .help = "The trunk's name."),
	OPT_STR("host", struct trunk, host, .required = true, .help = "Where it is."),
	OPT_SECRET("password", struct trunk, password, .help = "For digest."),
};
static const struct opt_table trunk_table =
	OPT_TABLE("a trunk", struct trunk, trunk_opts, .check = check_trunk);

static const struct opt server_opts[] = {
	OPT_BOOL("record", struct server, record, .preset = "true", .help = "Whether calls are recorded."),
	OPT_INT("port", struct server, port, .preset = "5060", .min = 1, .max = 65535, .help = "Of SIP."),
	OPT_NUM("gain", struct server, gain, .preset = "-1.5", .help = "In dB."),
	OPT_MS("idle_ms", struct server, idle, .preset = "8000", .min = 100, .max = 60000,
	       .help = "Silence."),
	OPT_STR("title", struct server, title, .help = "Said first."),
	OPT_PATH("store", struct server, store, .preset = "var/offhook.db", .help = "The database."),
	OPT_CHOICE("transport", struct server, transport, transports, .preset = "udp", .help = "Of SIP."),
	OPT_STRS("goals", struct server, goals, .preset = "answer, book", .min = 1, .max = 3,
		 .help = "What for."),
	OPT_ADDR("udp", struct server, udp, .preset = "127.0.0.1:5060", .help = "Where."),
	OPT_LIST("codecs", struct server, codecs, &codec_table, .help = "In this order."),
	OPT_MAP("trunks", struct server, trunks, &trunk_table, .help = "By name."),
	OPT_STRUCT("fallback", struct server, fallback, &trunk_table, .help = "When all else fails."),
	OPT_NODE("tools", struct server, tools, .help = "Left to the tools."),
};
static const struct opt_table server_table = OPT_TABLE("server", struct server, server_opts);

static const char *fake_env(const char *name)
{
	return strcmp(name, "SECRET") == 0 ? "s3cret" : strcmp(name, "PORT") == 0 ? "7000" : NULL;
}

/* Loads `text`; the errors end up in `out`. The struct is valid until the arena goes. */
static int load(const char *text, opt_env *env, struct arena *arena, struct buf *out,
		struct server *ret_server)
{
	struct tree_errors errors;
	struct tree_node *root;
	int rc;

	tree_errors_init(&errors, arena);
	rc = tree_parse(str_from(text), "conf/x.yaml", NULL, arena, &errors, &root);
	if (rc == 0)
		rc = opt_load(&server_table, root, env, arena, &errors, ret_server);
	tree_errors_print(&errors, out);
	return rc;
}

TEST(opt_fills_defaults)
{
	struct server s;
	struct arena arena;
	struct buf out;

	arena_init(&arena, 1u << 20);
	buf_init(&out, 65536);
	CHECK_INT(load("", fake_env, &arena, &out, &s), 0);
	CHECK_STR(buf_str(&out), "");
	CHECK(s.record);
	CHECK_INT(s.port, 5060);
	CHECK(s.gain == -1.5);
	CHECK_INT(s.idle, USEC_SEC(8));
	CHECK_INT(s.title.n, 0);
	CHECK_STR(s.store, "var/offhook.db");
	CHECK_INT(s.transport, UDP);
	CHECK_INT(s.goals.count, 2);
	CHECK_STR(s.goals.at[1], "book");
	CHECK_STR(s.udp.host, "127.0.0.1");
	CHECK_INT(s.udp.port, 5060);
	CHECK_INT(s.codecs.count + s.trunks.count, 0);
	CHECK(s.tools == NULL);
	buf_fini(&out);
	arena_fini(&arena);
}

TEST(opt_fills_every_type)
{
	static const char text[] = "record: false\n"
				   "port: ${PORT}\n"
				   "gain: 0.25\n"
				   "idle_ms: 1500\n"
				   "title: \"on ${PORT}, $${PORT} and $5\"\n"
				   "store: data/x.db\n"
				   "transport: tls\n"
				   "goals: [one, two, three]\n"
				   "udp: '[::1]:5070'\n"
				   "codecs:\n"
				   "  - {name: PCMU}\n"
				   "  - {name: L16, rate_hz: 16000}\n"
				   "trunks:\n"
				   "  north: {host: a.example, password: '${SECRET}'}\n"
				   "  south: {host: b.example}\n"
				   "fallback: {host: c.example}\n"
				   "tools: [anything, {goes: here}]\n";
	const struct codec *codecs;
	const struct trunk *trunks;
	struct server s;
	struct arena arena;
	struct buf out;

	arena_init(&arena, 1u << 20);
	buf_init(&out, 65536);
	CHECK_INT(load(text, fake_env, &arena, &out, &s), 0);
	CHECK_STR(buf_str(&out), "");
	CHECK(!s.record);
	CHECK_INT(s.port, 7000);
	CHECK(s.gain == 0.25);
	CHECK_INT(s.idle, USEC_MS(1500));
	CHECK_STR(s.title, "on 7000, ${PORT} and $5");
	CHECK_STR(s.store, "conf/data/x.db");
	CHECK_INT(s.transport, TLS);
	CHECK_STR(s.goals.at[2], "three");
	CHECK_STR(s.udp.host, "::1");
	CHECK_INT(s.udp.port, 5070);
	codecs = s.codecs.at;
	trunks = s.trunks.at;
	CHECK_INT(codecs[0].rate_hz, 8000);
	CHECK_INT(codecs[1].rate_hz, 16000);
	CHECK_STR(trunks[0].name, "north");
	CHECK_STR(trunks[0].password, "s3cret");
	CHECK_STR(trunks[1].name, "south");
	CHECK_STR(s.fallback.host, "c.example");
	CHECK_INT(s.tools->count, 2);
	buf_fini(&out);
	arena_fini(&arena);
}

TEST(opt_says_what_is_wrong_where)
{
	static const struct {
		const char *text, *errors;
	} rows[] = {
		{"prot: 5060\n", "1:1: unknown key 'prot'; did you mean 'port'?\n"},
		{"{\"Port\": 1}", "1:2: unknown key 'Port'; did you mean 'port'?\n"},
		{"weather: fine\n", "1:1: unknown key 'weather' in server\n"},
		{"port: 70000\n", "1:7: 'port' must be a whole number from 1 to 65535, not '70000'\n"},
		{"port: '5060'\n", "1:7: 'port' must be a whole number from 1 to 65535, not '5060'\n"},
		{"port: [1]\n", "1:7: 'port' must be a whole number from 1 to 65535, not a list\n"},
		{"record: yes\n", "1:9: 'record' must be true or false, not 'yes'\n"},
		{"gain: loud\n", "1:7: 'gain' must be a number, not 'loud'\n"},
		{"idle_ms: 50\n",
		 "1:10: 'idle_ms' must be a number of milliseconds from 100 to 60000, not '50'\n"},
		{"title: {a: b}\n", "1:8: 'title' must be a text, not a map\n"},
		{"transport: utp\n",
		 "1:12: 'transport' must be one of udp, tcp, tls, not 'utp'; did you mean 'udp'?\n"},
		{"transport: quic\n", "1:12: 'transport' must be one of udp, tcp, tls, not 'quic'\n"},
		{"goals: []\n",
		 "1:8: 'goals' must be a list of texts with 1 to 3 entries, not a list of 0\n"},
		{"goals: one\n", "1:8: 'goals' must be a list of texts with 1 to 3 entries, not 'one'\n"},
		{"goals: [one, [two]]\n", "1:14: 'goals' must be a text, not a list\n"},
		{"udp: nohost\n",
		 "1:6: 'udp' must be an address such as 127.0.0.1:5060 or [::1]:5060, not 'nohost'\n"},
		{"udp: ::1:5060\n",
		 "1:6: 'udp' must be an address such as 127.0.0.1:5060 or [::1]:5060, not '::1:5060'\n"},
		{"udp: h:65536\n",
		 "1:6: 'udp' must be an address such as 127.0.0.1:5060 or [::1]:5060, not 'h:65536'\n"},
		{"codecs: {}\n", "1:9: 'codecs' must be a list of sections, not a map\n"},
		{"codecs:\n- rate_hz: 1\n- name: x\n",
		 "2:12: 'rate_hz' must be a whole number from 8000 to 48000, not '1'\n"
		 "conf/x.yaml:2:3: a codec lacks the key 'name'\n"},
		{"codecs: [PCMU]\n", "1:10: a codec must be a map of keys\n"},
		{"trunks: {n: {host: self}}\n", "1:13: a trunk may not be itself\n"},
		{"trunks: {n: {name: x, host: y}}\n", "1:14: unknown key 'name' in a trunk\n"},
		{"fallback: {host: h, password: hunter2}\n", "1:31: 'password' must be ${NAME} or file:PATH, "
							     "so that the secret itself stands elsewhere\n"},
		{"fallback: {host: h, password: 'file:none'}\n",
		 "1:31: 'password': cannot read conf/none: No such file or directory\n"},
		{"title: ${MISSING}\n",
		 "1:8: 'title' needs the environment variable MISSING, which is not set\n"},
		{"title: ${SECRET\n", "1:8: 'title' holds a ${ without its } ($${ means a plain ${)\n"},
		{"title: x${\n", "1:8: 'title' holds a ${ without its } ($${ means a plain ${)\n"},
		{"port: x\nprot: 1\nrecord: 3\n",
		 "1:7: 'port' must be a whole number from 1 to 65535, not 'x'\n"
		 "conf/x.yaml:2:1: unknown key 'prot'; did you mean 'port'?\n"
		 "conf/x.yaml:3:9: 'record' must be true or false, not '3'\n"},
		{"- a\n", "1:1: server must be a map of keys\n"},
	};
	char want[600];
	struct server s;
	struct arena arena;
	struct buf out;

	buf_init(&out, 65536);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		arena_init(&arena, 1u << 20);
		buf_clear(&out);
		CHECK_INT(load(rows[i].text, fake_env, &arena, &out, &s), -EBADMSG);
		snprintf(want, sizeof(want), "conf/x.yaml:%s", rows[i].errors);
		CHECK_STR(buf_str(&out), want);
		arena_fini(&arena);
	}
	buf_fini(&out);
}

TEST(opt_gives_strangers_no_variables_and_no_files)
{
	struct server s;
	struct arena arena;
	struct buf out;

	arena_init(&arena, 1u << 20);
	buf_init(&out, 65536);
	CHECK_INT(load("title: ${SECRET}\n", NULL, &arena, &out, &s), -EBADMSG);
	CHECK_STR(buf_str(&out),
		  "conf/x.yaml:1:8: 'title' may not use ${SECRET} here ($${ means a plain ${)\n");
	CHECK_INT(load("fallback: {host: h, password: 'file:/etc/passwd'}\n", NULL, &arena, &out, &s),
		  -EBADMSG);
	CHECK_INT(load("fallback: {host: h, password: hunter2}\n", NULL, &arena, &out, &s), 0);
	CHECK_STR(s.fallback.password, "hunter2");
	buf_fini(&out);
	arena_fini(&arena);
}

TEST(opt_reads_secrets_from_files)
{
	char path[] = "/tmp/offhook-secret-XXXXXX", text[100];
	struct server s;
	struct arena arena;
	struct buf out;
	int fd = mkstemp(path);

	REQUIRE(fd >= 0);
	CHECK_INT(write(fd, "p4ss\n", 5), 5);
	close(fd);
	arena_init(&arena, 1u << 20);
	buf_init(&out, 65536);
	snprintf(text, sizeof(text), "fallback: {host: h, password: 'file:%s'}\n", path);
	CHECK_INT(load(text, fake_env, &arena, &out, &s), 0);
	CHECK_STR(s.fallback.password, "p4ss");
	unlink(path);
	buf_fini(&out);
	arena_fini(&arena);
}

TEST(opt_prints_what_it_loaded_so_that_it_loads_again)
{
	static const char text[] = "port: 7000\ngain: 0.25\ntitle: \"a \\\"b\\\" $${c}\"\nudp: '[::1]:5070'\n"
				   "codecs: [{name: PCMU}, {name: L16, rate_hz: 16000}]\n"
				   "trunks: {north: {host: a.example}}\n"
				   "fallback: {host: c.example}\ntools: [x, {'y': \"z\"}]\n";
	static const char printed[] = "record: true\nport: 7000\ngain: 0.2500000000\nidle_ms: 8000.000\n"
				      "title: \"a \\\"b\\\" $${c}\"\nstore: \"var/offhook.db\"\n"
				      "transport: udp\ngoals: [\"answer\", \"book\"]\nudp: \"[::1]:5070\"\n"
				      "codecs: \n  -\n    name: \"PCMU\"\n    rate_hz: 8000\n"
				      "  -\n    name: \"L16\"\n    rate_hz: 16000\n"
				      "trunks: \n  \"north\":\n    host: \"a.example\"\n    password: \n"
				      "fallback: \n  host: \"c.example\"\n  password: \n"
				      "tools: [x, {\"y\": \"z\"}]\n";
	struct server s;
	struct arena arena;
	struct buf out, again;

	arena_init(&arena, 1u << 20);
	buf_init(&out, 65536);
	buf_init(&again, 65536);
	CHECK_INT(load(text, fake_env, &arena, &out, &s), 0);
	optdoc_values(&server_table, &s, &out);
	CHECK_STR(buf_str(&out), printed);
	CHECK_INT(load(arena_printf(&arena, STR_FMT, STR_ARG(buf_str(&out))), fake_env, &arena, &again, &s),
		  0);
	CHECK_STR(s.title, "a \"b\" ${c}");
	CHECK_INT(s.codecs.count, 2);
	CHECK_INT(load("fallback: {host: h, password: '${SECRET}'}\n", fake_env, &arena, &again, &s), 0);
	optdoc_values(&server_table, &s, &again);
	CHECK(str_find(buf_str(&again), STR("password: \"***\"")) < again.n);
	CHECK(str_find(buf_str(&again), STR("s3cret")) == again.n);
	buf_fini(&again);
	buf_fini(&out);
	arena_fini(&arena);
}

TEST(opt_prints_its_manual)
{
	struct json *schema;
	struct buf out;

	buf_init(&out, 65536);
	optdoc_help(&codec_table, &out);
	CHECK_STR(buf_str(&out), "  name: a text; required\n      As SDP spells it.\n"
				 "  rate_hz: a whole number from 8000 to 48000; default 8000\n"
				 "      Samples a second.\n");
	buf_clear(&out);
	optdoc_markdown(&server_table, &out);
	CHECK(str_find(buf_str(&out), STR("| `codecs[].name` | a text | required | As SDP spells it. |\n")) <
	      out.n);
	CHECK(str_find(buf_str(&out), STR("| `trunks.NAME.host` | a text | required | Where it is. |\n")) <
	      out.n);
	buf_clear(&out);
	optdoc_schema(&server_table, &out);
	REQUIRE(json_parse(buf_str(&out), NULL, NULL, &schema) == 0);
	CHECK_STR(json_str_or(schema, "properties/transport/enum/1", STR("")), "tcp");
	CHECK_INT(json_int_or(schema, "properties/port/maximum", 0), 65535);
	CHECK_INT(json_int_or(schema, "properties/idle_ms/default", 0), 8000);
	CHECK_STR(json_str_or(schema, "properties/codecs/items/required/0", STR("")), "name");
	CHECK_STR(json_str_or(schema, "properties/trunks/additionalProperties/properties/host/type", STR("")),
		  "string");
	CHECK(!json_bool_or(schema, "additionalProperties", true));
	json_free(schema);
	buf_fini(&out);
}

TEST_OOM(opt_survives_without_memory)
{
	struct server s;
	struct arena arena;
	struct buf out;
	int rc;

	arena_init(&arena, 1u << 20);
	buf_init(&out, 65536);
	rc = load("port: ${PORT}\ngoals: [a, b]\nstore: x\nudp: a:1\n"
		  "codecs: [{name: a}]\ntrunks: {n: {host: h, password: '${SECRET}'}}\n",
		  fake_env, &arena, &out, &s);
	buf_fini(&out);
	arena_fini(&arena);
	return rc;
}

TEST_OOM(opt_notes_errors_without_memory)
{
	struct server s;
	struct arena arena;
	struct buf out;
	int rc;

	arena_init(&arena, 1u << 20);
	buf_init(&out, 65536);
	rc = load("prot: 1\nport: x\n", fake_env, &arena, &out, &s);
	rc = rc == -EBADMSG ? out.error : rc;
	buf_fini(&out);
	arena_fini(&arena);
	return rc;
}
