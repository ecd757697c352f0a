/* Fixed phrases, spoken beforehand by a voice on a network while a server would take calls: once, and paid
 * once.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/phrases.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/metric.h"
#include "provider/tts/phrase_cache.h"
#include "test.h"
#include "vendors/vendor.h"

#define WITHIN USEC_SEC(20)
#define TEXT   65536

/* A server as far as phrases need one: its files lie in a folder of their own. */
struct site {
	char dir[32], cache[64], config_path[64], agent_path[64], prices_path[64];
	struct vendor *vendor;
	struct config *config;
	struct agents agents;
	struct speech speech;
	struct phrases *phrases;
};

static bool write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	bool ok = f && fputs(text, f) >= 0;

	return f && fclose(f) == 0 && ok;
}

static bool write_config(const struct site *s, const char *pipeline, const char *service)
{
	char text[4096], url[256];

	snprintf(text, sizeof(text),
		 "agents: [a.yaml]\n"
		 "prices: p.yaml\n"
		 "network: {authority: '%s'}\n"
		 "providers:\n"
		 "  mouth: {type: openai, url: '%s', key: \"${OFFHOOK_TEST_KEY}\"%s}\n"
		 "pipeline: {tts: [mouth]%s}\n",
		 vendor_authority(), vendor_url(s->vendor, "http", "", url), service, pipeline);
	return write_text(s->config_path, text);
}

static int open_cache(struct site *s)
{
	const struct phrase_cache_config cache = {s->cache, 64u << 20, 64u << 20};

	return phrase_cache_open(&cache, &s->speech.cache);
}

static int read_config(struct site *s)
{
	struct buf problems;
	int rc;

	buf_init(&problems, TEXT);
	rc = config_read(s->config_path, &problems, &s->config);
	rc = rc < 0 ? rc : agents_read(&s->agents, s->config, &problems);
	if (rc < 0)
		test_failed(__FILE__, __LINE__, STR_FMT, STR_ARG(buf_str(&problems)));
	buf_fini(&problems);
	return rc;
}

static void site_start(struct site *s)
{
	const struct phrases_params p = {s->config, &s->speech, &s->agents};

	metric_forget();
	CHECK_INT(phrases_start(&p, &s->phrases), 0);
}

/* As a server that stops and starts again: what it had in memory is gone. */
static int site_restart(struct site *s)
{
	s->phrases = phrases_stop(s->phrases);
	s->speech.cache = phrase_cache_close(s->speech.cache);
	return open_cache(s);
}

static int site_open(struct site *s, const struct vendor_config *config, const char *pipeline,
		     const char *service)
{
	static const char agent[] = "agent_name: A\ntenant_id: t\ngreeting: Hello. Shall we begin?\n";
	static const char prices[] =
		"date: x\nprices: [{kind: tts, type: openai, charges: [{of: characters, per: thousand, "
		"price: 1000}]}]\n";
	int rc;

	setenv("OFFHOOK_TEST_KEY", "key-of-tests", 1);
	*s = (struct site){.dir = "/tmp/offhook-phrases-XXXXXX"};
	if (!mkdtemp(s->dir))
		return -1;
	snprintf(s->cache, sizeof(s->cache), "%s/cache", s->dir);
	snprintf(s->config_path, sizeof(s->config_path), "%s/offhook.yaml", s->dir);
	snprintf(s->agent_path, sizeof(s->agent_path), "%s/a.yaml", s->dir);
	snprintf(s->prices_path, sizeof(s->prices_path), "%s/p.yaml", s->dir);
	rc = vendor_start(config, &s->vendor);
	if (rc == 0 && (!write_text(s->agent_path, agent) || !write_text(s->prices_path, prices) ||
			!write_config(s, pipeline, service)))
		rc = -1;
	rc = rc < 0 ? rc : read_config(s);
	return rc < 0 ? rc : open_cache(s);
}

static void remove_folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
	rmdir(path);
}

static void site_close(struct site *s)
{
	s->phrases = phrases_stop(s->phrases);
	phrase_cache_close(s->speech.cache);
	agents_free(&s->agents);
	config_free(s->config);
	vendor_stop(s->vendor);
	remove_folder(s->cache);
	remove_folder(s->dir);
	metric_forget();
}

/* Whether the metrics come to show that in time. */
static bool shows(const char *what)
{
	bool found = false;

	for (usec until = clock_read() + WITHIN; !found && clock_read() < until;) {
		struct buf page;

		buf_init(&page, 1u << 20);
		metric_print(&page);
		found = str_find(buf_str(&page), str_from(what)) < page.n;
		buf_fini(&page);
		usleep(10000);
	}
	return found;
}

/* How many requests the vendor has had, and for how many characters. Nobody is to be speaking with it. */
static size_t asked(const struct site *s, long long *ret_characters)
{
	struct str rest;
	struct buf log;
	size_t n = 0;

	for (usec until = clock_read() + WITHIN; vendor_open(s->vendor) > 0 && clock_read() < until;)
		usleep(1000);
	buf_init(&log, 1u << 20);
	vendor_log_read(s->vendor, &log);
	for (rest = buf_str(&log); !str_empty(rest);) {
		struct json *line = NULL;

		if (json_parse(str_cut(&rest, '\n'), NULL, NULL, &line) == 0 &&
		    str_eq(json_str_or(line, "log", STR("")), STR("session"))) {
			n++;
			*ret_characters += json_int_or(line, "characters", 0);
		}
		json_free(line);
	}
	buf_fini(&log);
	return n;
}

static size_t kept(const struct site *s)
{
	struct phrase_cache_stats stats;

	phrase_cache_read_stats(s->speech.cache, &stats);
	return stats.phrases;
}

static const struct vendor_config quick = {.tls = true, .delays = {.first_audio = USEC_MS(5)}};

#define SHOWS(state, number)                                                                              \
	CHECK(shows("offhook_prepared_phrases{agent=\"a\",service=\"mouth\",state=\"" state "\"} " number \
		    "\n"))

TEST(phrases_are_bought_once_and_kept_over_a_restart)
{
	long long characters = 0;
	size_t phrases, sessions;
	char text[128];
	struct site s;

	REQUIRE(site_open(&s, &quick, "", "") == 0);
	site_start(&s);
	REQUIRE(s.phrases);
	SHOWS("waiting", "0");
	SHOWS("failed", "0");
	phrases = kept(&s);
	CHECK(phrases > 3);
	REQUIRE(site_restart(&s) == 0);
	CHECK_INT(kept(&s), phrases);
	sessions = asked(&s, &characters);
	CHECK(sessions >= phrases);
	snprintf(text, sizeof(text), "offhook_prepare_cost_dollars_total{service=\"mouth\"} %lld",
		 characters);
	CHECK(shows(text));
	site_start(&s);
	snprintf(text, sizeof(text),
		 "offhook_prepared_phrases{agent=\"a\",service=\"mouth\",state=\"ready\"} %zu\n", phrases);
	CHECK(shows(text));
	SHOWS("waiting", "0");
	s.phrases = phrases_stop(s.phrases);
	CHECK_INT(asked(&s, &characters), sessions);
	CHECK_INT(vendor_wrongs(s.vendor), 0);
	site_close(&s);
}

TEST(phrases_are_not_bought_where_that_is_forbidden)
{
	static const struct {
		const char *pipeline, *service;
	} rows[] = {{", prepare: false", ""}, {"", ", prepare: false"}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct site s;

		REQUIRE(site_open(&s, &quick, rows[i].pipeline, rows[i].service) == 0);
		site_start(&s);
		CHECK(!s.phrases);
		site_close(&s);
	}
}

TEST(phrases_that_cannot_be_bought_are_left_to_the_calls)
{
	struct vendor_config refuses = quick;
	long long characters = 0;
	struct site s;

	refuses.fault.kind = VENDOR_FAULT_KEY;
	REQUIRE(site_open(&s, &refuses, "", "") == 0);
	site_start(&s);
	REQUIRE(s.phrases);
	SHOWS("waiting", "0");
	SHOWS("ready", "0");
	s.phrases = phrases_stop(s.phrases);
	CHECK_INT(kept(&s), 0);
	CHECK(asked(&s, &characters) <= 2); /* one, and the next */
	site_close(&s);
}

/* Stopped in the middle of it, and gone on with: nothing is paid twice but what was under way. */
TEST(phrases_are_bought_on_after_a_stop)
{
	struct vendor_config slow = quick;
	long long characters = 0;
	struct site s;

	slow.delays.first_audio = USEC_MS(100);
	REQUIRE(site_open(&s, &slow, "", "") == 0);
	site_start(&s);
	for (usec until = clock_read() + WITHIN; kept(&s) == 0 && clock_read() < until;)
		usleep(1000);
	REQUIRE(site_restart(&s) == 0);
	CHECK(kept(&s) >= 1);
	site_start(&s);
	SHOWS("waiting", "0");
	SHOWS("failed", "0");
	s.phrases = phrases_stop(s.phrases);
	CHECK(asked(&s, &characters) <= kept(&s) + 2);
	site_close(&s);
}
