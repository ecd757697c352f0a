/* Every recogniser over a WebSocket against the simulator of its vendor, over TLS, in real time. */
#include "base/json.h"
#include "contract.h"
#include "stt_live.h"

static const struct {
	const struct stt_ws_dialect *dialect;
	const char *path; /* where the server's simulator is */
} vendors_there[] = {
	{&assemblyai_streaming, ""},
	{&deepgram_flux, ""},
	{&deepgram_listen, ""},
};

/* The finals' letters and blanks, in small letters, a '/' behind each. */
static struct str words_of(const struct live_caller *c, char *out, size_t size)
{
	struct str rest = {c->told, c->told_n}, line;
	size_t n = 0;

	while (!str_empty(line = str_cut(&rest, '\n'))) {
		(void)str_word(&line);
		(void)str_word(&line);
		line = str_trim(line);
		for (size_t i = 0; i < line.n && n + 1 < size; i++)
			if (line.p[i] == ' ' || str_lower(line.p[i]) >= 'a')
				out[n++] = str_lower(line.p[i]);
		if (n + 1 < size)
			out[n++] = '/';
	}
	return (struct str){out, n};
}

static void check_words(const struct live_caller *c, const char *want)
{
	char out[1024];
	struct str got = words_of(c, out, sizeof(out));

	if (c->fault || !str_eq(got, str_from(want)))
		test_failed(c->dialect->name, 0, "heard '" STR_FMT "', not '%s': " STR_FMT, STR_ARG(got),
			    want, (int)c->told_n, c->told);
}

static void print_wrongs(struct live_room *l)
{
	struct buf log;
	struct str rest, line;

	if (vendor_wrongs(l->server) == 0)
		return;
	buf_init(&log, 1u << 22);
	vendor_log_read(l->server, &log);
	rest = buf_str(&log);
	while (!str_empty(line = str_cut(&rest, '\n')))
		if (str_find(line, STR("\"wrong\"")) < line.n)
			test_failed("the simulator", 0, STR_FMT, STR_ARG(line));
	buf_fini(&log);
}

/* What the server would bill for its sessions of this kind of sound. */
static uint64_t billed(struct live_room *l, const char *key)
{
	struct json *doc;
	uint64_t sum = 0;
	struct buf log;
	struct str rest, line;

	buf_init(&log, 1u << 22);
	vendor_log_read(l->server, &log);
	rest = buf_str(&log);
	while (!str_empty(line = str_cut(&rest, '\n'))) {
		if (json_parse(line, NULL, NULL, &doc) < 0)
			continue;
		if (str_eq(json_str_or(doc, "log", STR("")), STR("session")))
			sum += (uint64_t)json_int_or(doc, key, 0);
		json_free(doc);
	}
	buf_fini(&log);
	return sum;
}

/* Waits for the likely text, does not wait for it, gives words up, and speaks again. */
static const struct live_act conversation[] = {
	{LIVE_READY, 0, NULL},
	{LIVE_QUIET, USEC_MS(200), NULL},
	{LIVE_SPEAK, 0, "I need help"},
	{LIVE_QUIET, USEC_MS(800), NULL},
	{LIVE_FINISH, 0, NULL},
	{LIVE_QUIET, USEC_MS(300), NULL},
	{LIVE_SPEAK, 0, "with my bill"},
	{LIVE_QUIET, USEC_MS(240), NULL},
	{LIVE_FINISH, 0, NULL},
	{LIVE_QUIET, USEC_MS(300), NULL},
	{LIVE_SPEAK, 0, "never mind"},
	{LIVE_QUIET, USEC_MS(200), NULL},
	{LIVE_CANCEL, 0, NULL},
	{LIVE_QUIET, USEC_SEC(2), NULL},
	{LIVE_SPEAK, 0, "thank you"},
	{LIVE_QUIET, USEC_MS(300), NULL},
	{LIVE_FINISH, 0, NULL},
	{LIVE_CLOSE, 0, NULL},
	{LIVE_END, 0, NULL},
};

TEST(every_recogniser_hears_a_conversation_over_tls)
{
	struct vendor_config config = {
		.tls = true, .says.ear = VENDOR_EAR_TONES, .delays.final = USEC_MS(60)};
	struct contract_left before = contract_begin();
	uint64_t sound = 0;
	struct live_room l;

	REQUIRE(live_start(&l, &config) == 0);
	for (size_t i = 0; i < ARRAY_LEN(vendors_there); i++)
		live_add(&l, vendors_there[i].dialect, vendors_there[i].path, conversation);
	live_run(&l);
	live_settle(&l);
	for (size_t i = 0; i < l.count; i++) {
		const struct live_caller *c = &l.callers[i];

		check_words(c, "i need help/with my bill/thank you/");
		CHECK_INT(c->requests, 1);
		CHECK(c->likelies > 0 || !(c->dialect->can & STT_LIKELY));
		CHECK(c->partials > 0 || !(c->dialect->can & STT_PARTIALS));
		sound += c->sound;
	}
	print_wrongs(&l);
	CHECK_INT(sound, billed(&l, "audio_in_usec"));
	live_stop(&l);
	contract_end(before, "live");
}
