/* offhook.yaml: what is read, and what is said about what cannot be. */
#include <stdlib.h>
#include <unistd.h>

#include "app/config.h"
#include "test.h"

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
		{"agents: [a.yaml]\nproviders:\n  ears: {type: locl}\n", "did you mean 'local'"},
		{"agents: [a.yaml]\nproviders:\n  ears: {type: local}\n", "name it in the pipeline"},
		{"agents: [a.yaml]\nproviders:\n  ears: {type: x, extra: [endpointing]}\n", "name=value"},
		{"agents: [a.yaml]\npipeline: {stt: [ears]}\n", "stt: 'ears': there is no provider"},
		{"agents: [a.yaml]\npipeline: {llm: [local]}\n", "nothing in this process"},
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
