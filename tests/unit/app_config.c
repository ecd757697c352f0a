/* offhook.yaml: what is read, and what is said about what cannot be. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/agents.h"
#include "app/config.h"
#include "test.h"

static bool write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	bool ok = f && fputs(text, f) >= 0;

	return f && fclose(f) == 0 && ok;
}

static int read_text(const char *text, struct buf *problems, struct config **ret_config)
{
	char path[] = "/tmp/offhook-config-XXXXXX";
	int fd = mkstemp(path), rc = -EIO;

	if (fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text))
		rc = config_read(path, problems, ret_config);
	close(fd);
	unlink(path);
	return rc;
}

TEST(config_fills_defaults_and_keeps_to_loopback)
{
	struct config *c = NULL;
	struct buf problems;

	buf_init(&problems, 65536);
	REQUIRE(read_text("agents: [clinic.yaml]\n", &problems, &c) == 0);
	CHECK_STR(c->sip.listen.host, "127.0.0.1");
	CHECK_INT(c->sip.listen.port, 5060);
	CHECK_STR(c->metrics.listen.host, "127.0.0.1");
	CHECK_INT(c->limits.call, USEC_SEC(3600));
	CHECK(c->pipeline.prepare);
	CHECK_INT(c->agents.count, 1);
	CHECK_STR(c->dir, "/tmp");
	config_free(c);
	buf_fini(&problems);
}

TEST(config_says_what_is_wrong_and_where)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"agents: [a.yaml]\nsipp: {}\n", "unknown key 'sipp'"},
		{"agents: [a.yaml]\nsip:\n  lisen: 127.0.0.1:5060\n", "did you mean 'listen'"},
		{"agents: [a.yaml]\nshards: 0\n", "shards"},
		{"agents: [a.yaml]\nsip:\n  trunks:\n    pbx: {}\n", "otherwise anybody"},
		{"agents: [a.yaml]\nsip:\n  trunks:\n    pbx: {from: [here]}\n", "'here' is no address"},
		{"agents: [a.yaml]\nmedia: {port_min: 30000, port_max: 20000}\n", "below port_min"},
		{"agents: [a.yaml]\nnetwork: {proxy: 'https://u:secret@h:1'}\n",
		 ":2:18: 'proxy' must be http://"},
		{"agents: [a.yaml]\nnetwork: {proxy: 'http://h'}\n", "'proxy' must be http://HOST:PORT"},
		{"agents: [a.yaml]\nproviders:\n  ears: {type: locl}\n", "did you mean 'local'"},
		{"agents: [a.yaml]\nproviders:\n  ears: {type: local}\n", "name it in the pipeline"},
		{"agents: [a.yaml]\nproviders:\n  ears: {type: x, extra: [endpointing]}\n", "name=value"},
		{"agents: [a.yaml]\npipeline: {stt: [ears]}\n", "stt: 'ears': there is no provider"},
		{"agents: [a.yaml]\npipeline:\n  prepare: maybe\n", ":3:12: 'prepare' must be true or false"},
		{"agents: [a.yaml]\nproviders:\n  mouth: {type: piper, prepare: 1}\n",
		 ":3:33: 'prepare' must be true or false"},
		{"agents: [a.yaml]\npipeline: {llm: [local]}\n", "no language model in this process"},
		{"agents: [a.yaml]\nproviders:\n  ears: {type: vosk}\npipeline: {stt: [eras]}\n",
		 "did you mean 'ears'"},
		{"agents: [a.yaml]\nproviders:\n  mouth: {type: piper}\npipeline: {stt: [mouth]}\n",
		 ":4:18: stt: 'mouth': type 'piper' is no recogniser"},
		{"agents: [a.yaml]\nproviders:\n  ears: {type: deepgram}\n",
		 ":3:3: 'ears' wants a key, such as `key: ${DEEPGRAM_API_KEY}`"},
		{"agents: [a.yaml]\nproviders:\n  mind: {type: sglang}\n",
		 ":3:3: 'mind' is a language model of type sglang and needs a model: write `model: NAME`"},
		{"agents: [a.yaml]\nproviders:\n  mind: {type: llama-cpp}\n", "needs a model"},
		{"agents: [a.yaml]\nproviders:\n  mind: {type: azure-openai, key: file:/etc/hostname, model: "
		 "a}\n",
		 "needs a url: write `url: https://HOST...`"},
		{"agents: [a.yaml]\nproviders:\n  ears: {type: vllm-realtime}\npipeline: {stt: [ears]}\n",
		 "a recogniser of type vllm-realtime and needs a model"},
		{"agents: [a.yaml]\nproviders:\n  azure: {type: azure, key: file:/etc/hostname}\n"
		 "pipeline: {tts: [azure]}\n",
		 "a voice of type azure and needs a region or a url: write `region: NAME`"},
		{"agents: [a.yaml]\nnetwork: {authority: /nowhere.pem}\n", "cannot read /nowhere.pem"},
		{"shards: 1\n", "agents"},
		{"agents: [a.yaml\n", ":2:1: "},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct config *c = NULL;
		struct buf problems;

		buf_init(&problems, 65536);
		CHECK_INT(read_text(rows[i].text, &problems, &c), -EBADMSG);
		if (str_find(buf_str(&problems), str_from(rows[i].says)) == problems.n)
			test_failed(__FILE__, __LINE__, "'%s' is not in: " STR_FMT, rows[i].says,
				    STR_ARG(buf_str(&problems)));
		buf_fini(&problems);
		config_free(c);
	}
}

/* ---- prices ---- */

TEST(config_reads_the_prices_beside_it)
{
	static const char path[] = "../../examples/offhook.yaml";
	char at[512];
	struct config *c = NULL;
	struct buf problems;
	const struct price_row *row;

	snprintf(at, sizeof(at), "%s/%s", getenv("OFFHOOK_TEST_DATA"), path);
	buf_init(&problems, 65536);
	REQUIRE(config_read(at, &problems, &c) == 0);
	REQUIRE(c->prices != NULL);
	CHECK(c->prices->rows.count > 10);
	row = prices_find(c->prices, PRICE_STT, STR("ears"), STR("deepgram"), STR("nova-3"));
	CHECK(row && !row->free);
	row = prices_find(c->prices, PRICE_TTS, STR("local"), STR("local"), STR("kokoro"));
	CHECK(row && row->free);
	CHECK_INT(c->limits.cost.action, COST_WARN);
	config_free(c);
	buf_fini(&problems);
}

TEST(config_says_what_is_wrong_with_prices)
{
	char path[] = "/tmp/offhook-prices-XXXXXX", text[256];
	static const char prices[] = "date: x\nprices:\n  - {kind: stt, typ: deepgram, free: true}\n";
	int fd = mkstemp(path);
	struct config *c = NULL;
	struct buf problems;

	REQUIRE(fd >= 0 && write(fd, prices, strlen(prices)) == (ssize_t)strlen(prices));
	close(fd);
	snprintf(text, sizeof(text), "agents: [a.yaml]\nprices: %s\n", path);
	buf_init(&problems, 65536);
	CHECK_INT(read_text(text, &problems, &c), -EBADMSG);
	CHECK(str_ihas(buf_str(&problems), STR("did you mean 'type'")));
	CHECK(str_ihas(buf_str(&problems), str_from(path)));
	unlink(path);
	buf_clear(&problems);
	CHECK(read_text(text, &problems, &c) < 0); /* it is gone */
	CHECK(str_ihas(buf_str(&problems), str_from(path)));
	buf_fini(&problems);
}

static void keep_warning(void *arg, const char *text)
{
	buf_printf(arg, "%s\n", text);
}

/* Reads a server with one agent and its prices, all given as texts; what was said of it is in `problems`. */
static int read_files(const char *server, const char *agent, const char *prices, struct buf *problems)
{
	static const char *const names[] = {"offhook.yaml", "a.yaml", "p.yaml"};
	const char *const texts[] = {server, agent, prices};
	char dir[] = "/tmp/offhook-agents-XXXXXX", paths[3][64];
	struct config *c = NULL;
	struct agents a;
	int rc = mkdtemp(dir) ? 0 : -EIO;

	for (size_t i = 0; i < ARRAY_LEN(names) && rc == 0; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/%s", dir, names[i]);
		rc = write_text(paths[i], texts[i]) ? 0 : -EIO;
	}
	if (rc == 0)
		rc = config_read(paths[0], problems, &c);
	if (rc == 0) {
		rc = agents_read(&a, c, problems);
		if (rc == 0)
			agents_warn(&a, keep_warning, problems);
		agents_free(&a);
	}
	config_free(c);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unlink(paths[i]);
	rmdir(dir);
	return rc;
}

#define VLLM "agents: [a.yaml]\nproviders: {mind: {type: vllm, model: qwen3}}\n"

TEST(config_what_an_agent_asks_for_must_be_there)
{
	static const char agent[] = "agent_name: A\ntenant_id: t\n";
	static const struct {
		const char *server, *wants, *says;
	} rows[] = {
		{"agents: [a.yaml]\n", "brain: model\n", "a.yaml:3:8: the agent needs a language model"},
		{"agents: [a.yaml]\n", "model: {fast: [mind]}\n",
		 "a.yaml:3:16: fast: 'mind': there is no provider of that name"},
		{VLLM, "model: {deep: [mnid]}\n", "did you mean 'mind'?"},
		{VLLM, "brain: model\nmodel: {fast: [mind]}\n", NULL},
		{VLLM "pipeline: {llm: [mind]}\n", "brain: model\n", NULL},
		{VLLM, "stt: [mind]\n", NULL}, /* vLLM hears, too */
		{VLLM, "tts: [mind]\n", "a.yaml:3:7: tts: 'mind': type 'vllm' is no voice"},
		{VLLM, "tts: [local, muoth]\n", "a.yaml:3:14: tts: 'muoth': there is no provider"},
		{"agents: [a.yaml]\nproviders: {a: {type: azure, url: 'wss://x', key: file:/etc/hostname}}\n",
		 "stt: [a, local]\ntts: [a]\n", NULL},
		{"agents: [a.yaml]\nproviders: {a: {type: azure, key: file:/etc/hostname}}\n"
		 "pipeline: {stt: [a]}\n",
		 "tts: [a]\n", "a.yaml:3:7: 'a' is a voice of type azure and needs a region"},
		{"agents: [a.yaml]\nroutes: [{agent: b}]\n", "", ":2:18: there is no agent 'b'"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf text, problems;

		buf_init(&problems, 65536);
		buf_init(&text, 65536);
		buf_printf(&text, "%s%s%c", agent, rows[i].wants, 0);
		CHECK_INT(read_files(rows[i].server, text.p, "", &problems), rows[i].says ? -EBADMSG : 0);
		if (rows[i].says && str_find(buf_str(&problems), str_from(rows[i].says)) == problems.n)
			test_failed(__FILE__, __LINE__, "'%s' is not in: " STR_FMT, rows[i].says,
				    STR_ARG(buf_str(&problems)));
		buf_fini(&text);
		buf_fini(&problems);
	}
}

/* What holds but is probably not meant. */
TEST(config_warns_of_what_is_probably_not_meant)
{
	static const struct {
		const char *server, *says;
	} rows[] = {
		{VLLM "prices: p.yaml\npipeline: {llm: [mind]}\n",
		 "p.yaml prices 'mind' (llm, vllm, qwen3)\n"},
		{VLLM "prices: p.yaml\npipeline: {stt: [mind]}\n", ""}, /* that has a price */
		{VLLM "prices: p.yaml\n", ""},                          /* nobody uses it */
		{VLLM "limits: {cost: {call: 1}}\n", "limits.cost: without `prices`"},
		{VLLM "pipeline: {stt: [mind]}\nlimits: {calls: 3000}\nshards: 2\n",
		 "network.connections: 1024 are too few for the 1500 calls that a shard may have: each holds "
		 "1"},
		{VLLM "pipeline: {stt: [mind]}\nlimits: {calls: 1024}\n", ""},
		{VLLM "limits: {calls: 3000}\n", ""}, /* what is in this process needs none */
		{"agents: [a.yaml]\nproviders: {m: {type: llama-cpp, model: /nowhere.gguf}}\n",
		 "'m' cannot answer: /nowhere.gguf: No such file"},
	};
	static const char agent[] = "agent_name: A\ntenant_id: t\n";
	static const char prices[] = "date: x\nprices: [{kind: stt, type: vllm, free: true}]\n";

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf problems;

		buf_init(&problems, 65536);
		CHECK_INT(read_files(rows[i].server, agent, prices, &problems), 0);
		if (rows[i].says[0] ? !str_ihas(buf_str(&problems), str_from(rows[i].says)) : problems.n > 0)
			test_failed(__FILE__, __LINE__, "'%s' is not in: " STR_FMT, rows[i].says,
				    STR_ARG(buf_str(&problems)));
		buf_fini(&problems);
	}
}
