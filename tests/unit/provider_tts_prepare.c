/* Fixed phrases of a voice on a network: paid once, on disk, and known to the calls. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "listener.h"
#include "provider/tts/phrase_cache.h"
#include "provider/tts/tts_prepare.h"
#include "test.h"
#include "toy_voice.h"

#define CACHE_BYTES (1u << 20)

static char dir[] = "/tmp/offhook-prepare-XXXXXX";
static const char greeting[] = "Hello, this is the clinic. How can I help you today, madam or sir?";

struct host {
	struct loop *loop;
	struct phrase_cache *phrases;
	struct tts_prepare *prepare;
	struct tts_prepare_progress progress;
	unsigned told;
	size_t audio, fresh;
	uint64_t characters;
};

static void on_progress(void *arg, const struct tts_prepare_progress *progress)
{
	struct host *h = arg;

	h->progress = *progress;
	h->told++;
}

static void on_event(void *arg, const struct tts_event *ev)
{
	struct host *h = arg;

	h->audio += ev->type == TTS_EV_AUDIO;
	h->fresh += ev->type == TTS_EV_AUDIO && !ev->cached;
}

static void on_usage(void *arg, const struct usage *u)
{
	struct host *h = arg;

	h->characters += u->amount[USAGE_CHARACTERS];
}

/* What a server does when it starts: nothing is in memory. */
static int host_open(struct host *h, size_t kind)
{
	struct phrase_cache_config cache = {dir, CACHE_BYTES, CACHE_BYTES};
	const void *config;
	int rc;

	*h = (struct host){0};
	rc = loop_new(LOOP_SIM, USEC_SEC(1), &h->loop);
	rc = rc < 0 ? rc : toy_kinds[kind].set_up(&toy_kinds[kind], h->loop, &config);
	rc = rc < 0 ? rc : phrase_cache_open(&cache, &h->phrases);
	toy_host.phrases = h->phrases;
	return rc;
}

static void host_close(struct host *h)
{
	tts_prepare_free(h->prepare);
	toy_stop(NULL, NULL);
	h->phrases = phrase_cache_close(h->phrases);
	h->loop = loop_free(h->loop);
}

static int begin(struct host *h, size_t kind)
{
	const struct str texts[] = {str_from(greeting), STR("One moment."), STR("One moment."),
				    STR("Goodbye."),    STR("I am sorry."), STR("Are you still there?"),
				    STR("Yes.")};
	struct tts_prepare_voice voice = {
		toy_kinds[kind].ops, &toy_use, {.loop = h->loop, .usage = {on_usage, h}, .speed = 1}};
	struct tts_prepare_sink sink = {on_progress, h};

	toy_host.prepares = true;
	return tts_prepare_start(&voice, texts, ARRAY_LEN(texts), &sink, &h->prepare);
}

static void end(struct host *h)
{
	h->prepare = tts_prepare_free(h->prepare);
	toy_host.prepares = false;
}

static int prepare(struct host *h, size_t kind)
{
	int rc = begin(h, kind);

	if (rc < 0)
		return rc;
	CHECK_INT(h->told, 0);
	loop_advance(h->loop, USEC_SEC(40));
	CHECK(h->told > 0 && h->progress.done == h->progress.total);
	end(h);
	return 0;
}

static void call(struct host *h, size_t kind)
{
	struct tts_params params = {.loop = h->loop, .sink = {on_event, h}, .speed = 1};
	struct tts *tts = mem_zalloc(toy_kinds[kind].ops->state_size);

	REQUIRE(tts && tts_open(tts, toy_kinds[kind].ops, &toy_use, &params) == 0);
	CHECK_INT(tts_say(tts, 1, str_from(greeting)), 0);
	CHECK_INT(tts_end(tts, 1), 0);
	CHECK_INT(tts_say(tts, 2, STR("One moment. ")), 0);
	CHECK_INT(tts_say(tts, 2, str_from(greeting)), 0);
	CHECK_INT(tts_end(tts, 2), 0);
	loop_advance(h->loop, USEC_SEC(10));
	tts_close(tts);
	mem_free(tts);
}

static void dir_make(void)
{
	str_copy(STR("XXXXXX"), dir + sizeof(dir) - 7, 7);
	if (!mkdtemp(dir))
		test_failed(__FILE__, __LINE__, "mkdtemp");
}

static void dir_remove(void)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		unlinkat(dirfd(d), entry->d_name, 0);
	closedir(d);
	rmdir(dir);
}

TEST(fixed_phrases_are_paid_once_and_known_to_calls)
{
	static const size_t kinds[] = {TOY_NAMED, TOY_IN_ORDER, TOY_SOCKET_A_STRETCH, TOY_HTTP,
				       TOY_HTTP_JSON};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct host h;
		size_t total;

		dir_make();
		REQUIRE(host_open(&h, kinds[i]) == 0);
		REQUIRE(prepare(&h, kinds[i]) == 0);
		total = h.progress.total;
		CHECK(total >= 3);
		CHECK_INT(h.progress.made, total);
		CHECK_INT(h.progress.failed, 0);
		CHECK(h.characters >= sizeof(greeting));
		host_close(&h);

		REQUIRE(host_open(&h, kinds[i]) == 0);
		REQUIRE(prepare(&h, kinds[i]) == 0);
		CHECK_INT(h.progress.total, total);
		CHECK_INT(h.progress.made, 0);
		CHECK_INT(h.characters, 0);
		call(&h, kinds[i]);
		CHECK(h.audio >= 4);
		CHECK_INT(h.fresh, 0);
		host_close(&h);
		dir_remove();
	}
}

/* A call was quicker: what it has had spoken is not paid again, and goes to disk with the rest. */
TEST(what_a_call_has_had_spoken_is_kept_too)
{
	struct host h;
	size_t total;

	dir_make();
	REQUIRE(host_open(&h, TOY_HTTP) == 0);
	call(&h, TOY_HTTP);
	CHECK(h.fresh > 0);
	REQUIRE(prepare(&h, TOY_HTTP) == 0);
	total = h.progress.total;
	CHECK(h.progress.made < total);
	host_close(&h);
	REQUIRE(host_open(&h, TOY_HTTP) == 0);
	REQUIRE(prepare(&h, TOY_HTTP) == 0);
	CHECK_INT(h.progress.total, total);
	CHECK_INT(h.progress.made, 0);
	host_close(&h);
	dir_remove();
}

TEST(few_phrases_are_asked_for_at_a_time)
{
	struct host h;

	dir_make();
	REQUIRE(host_open(&h, TOY_HTTP) == 0);
	toy_voice.mute = true;
	REQUIRE(begin(&h, TOY_HTTP) == 0);
	loop_advance(h.loop, USEC_MS(300));
	CHECK_INT(fake_net_seen()->asked, 2);
	end(&h);
	host_close(&h);
	dir_remove();
}

/* What was made before the end is not made again. */
TEST(preparing_goes_on_where_it_was_stopped)
{
	struct host h;
	size_t done;

	dir_make();
	REQUIRE(host_open(&h, TOY_HTTP_JSON) == 0);
	REQUIRE(begin(&h, TOY_HTTP_JSON) == 0);
	while (h.progress.done == 0)
		loop_advance(h.loop, USEC_MS(1));
	done = h.progress.made;
	CHECK(done > 0 && done < h.progress.total);
	end(&h);
	host_close(&h);
	REQUIRE(host_open(&h, TOY_HTTP_JSON) == 0);
	REQUIRE(prepare(&h, TOY_HTTP_JSON) == 0);
	CHECK_INT(h.progress.made, h.progress.total - done);
	host_close(&h);
	dir_remove();
}

TEST(a_vendor_that_fails_leaves_the_rest_to_the_calls)
{
	static const struct {
		enum fault code;
		unsigned asked;
	} rows[] = {
		{FAULT_AUTH, 2}, /* what was under way when the key was refused */
		{FAULT_QUOTA, TTS_PREPARE_FAULTS_MAX + 1},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct host h;

		dir_make();
		REQUIRE(host_open(&h, TOY_HTTP) == 0);
		toy_voice.code = rows[i].code;
		REQUIRE(prepare(&h, TOY_HTTP) == 0);
		CHECK_INT(h.progress.fault, rows[i].code);
		CHECK_INT(h.progress.failed, h.progress.total);
		CHECK_INT(h.progress.made, 0);
		CHECK(fake_net_seen()->asked <= rows[i].asked);
		host_close(&h);
		dir_remove();
	}
}

/* What sounds different is another phrase; what is only called differently is the same. */
TEST(phrases_are_known_by_all_that_changes_their_sound)
{
	static struct str pairs[] = {STR_INIT("stability=0.3")};
	static const struct {
		struct service change;
		bool known;
	} rows[] = {
		{{.name = STR_INIT("another")}, true},
		{{.type = STR_INIT("another")}, false},
		{{.model = STR_INIT("another")}, false},
		{{.voice = STR_INIT("another")}, false},
		{{.version = STR_INIT("another")}, false},
		{{.url = STR_INIT("https://plain/another")}, false},
		{{.extra = {pairs, 1}}, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct service *c = &rows[i].change;
		struct listener h;

		REQUIRE(listener_open(&h, TOY_HTTP, true) == 0);
		CHECK_INT(listener_ask(&h, 1, "Thank you."), 0);
		loop_advance(h.loop, USEC_SEC(1));
		tts_close(h.tts);
		mem_free(h.tts);
		h.n = 0;
		toy_service.name = str_empty(c->name) ? toy_service.name : c->name;
		toy_service.type = str_empty(c->type) ? toy_service.type : c->type;
		toy_service.url = str_empty(c->url) ? toy_service.url : c->url;
		toy_service.model = c->model;
		toy_service.voice = c->voice;
		toy_service.version = c->version;
		toy_service.extra = c->extra;
		REQUIRE(listener_begin(&h, TOY_HTTP) == 0);
		CHECK_INT(listener_ask(&h, 1, "Thank you."), 0);
		loop_advance(h.loop, USEC_SEC(1));
		REQUIRE(h.n > 1 && h.events[1].type == TTS_EV_AUDIO);
		CHECK_INT(h.events[1].cached, rows[i].known);
		listener_close(&h);
	}
}

TEST_OOM(preparing_survives_without_memory)
{
	struct host h;
	int rc;

	dir_make();
	rc = host_open(&h, TOY_HTTP);
	rc = rc < 0 ? rc : begin(&h, TOY_HTTP);
	if (rc == 0) {
		loop_advance(h.loop, USEC_SEC(20));
		rc = h.progress.done == h.progress.total && h.progress.made == h.progress.total ? 0 : -ENOMEM;
	}
	if (h.loop) {
		end(&h);
		host_close(&h);
	}
	dir_remove();
	return rc;
}
