/* Every recogniser over a WebSocket against the simulator of its vendor, over TLS, in real time. */
#include "base/json.h"
#include "contract.h"
#include "stt_live.h"

extern const struct stt_ws_dialect assemblyai_streaming, azure_speech, deepgram_flux, deepgram_listen,
	elevenlabs_scribe, gladia_live, openai_realtime, sherpa_onnx, speaches_realtime, speechmatics_rt,
	vllm_realtime, vosk_server, whisper_live;

static const struct {
	const struct stt_ws_dialect *dialect;
	const char *path;  /* where the server's simulator is */
	const char *model; /* where one must be named */
} vendors_there[] = {
	{&assemblyai_streaming, ""},
	{&azure_speech, ""},
	{&deepgram_flux, ""},
	{&deepgram_listen, ""},
	{&elevenlabs_scribe, ""},
	{&gladia_live, ""},
	{&openai_realtime, ""},
	{&sherpa_onnx, "/sherpa"},
	{&speaches_realtime, "/speaches"},
	{&speechmatics_rt, ""},
	{&vllm_realtime, "/vllm", "voxtral"},
	{&vosk_server, "/vosk"},
	{&whisper_live, "/whisperlive"},
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
	{LIVE_QUIET, USEC_MS(300), NULL},
	{LIVE_SPEAK, 0, "good bye"},
	{LIVE_QUIET, USEC_MS(80), NULL},
	{LIVE_ASK, 0, NULL}, /* twice at once, and before the detector has heard the end */
	{LIVE_FINISH, 0, NULL},
	{LIVE_CLOSE, 0, NULL},
	{LIVE_END, 0, NULL},
};

static void add_all(struct live_room *l, const struct live_act *script)
{
	for (size_t i = 0; i < ARRAY_LEN(vendors_there); i++)
		live_add(l, vendors_there[i].dialect, vendors_there[i].path, script)->service.model =
			str_from(vendors_there[i].model);
}

TEST(every_recogniser_hears_a_conversation_over_tls)
{
	struct vendor_config config = {
		.tls = true, .says.ear = VENDOR_EAR_TONES, .delays.final = USEC_MS(60)};
	struct contract_left before = contract_begin();
	uint64_t sound = 0;
	struct live_room l;

	REQUIRE(live_start(&l, &config) == 0);
	add_all(&l, conversation);
	live_run(&l);
	live_settle(&l);
	for (size_t i = 0; i < l.count; i++) {
		const struct live_caller *c = &l.callers[i];

		check_words(c, "i need help/with my bill/thank you/good bye//");
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

/* ---- when it goes wrong ---- */

static const struct live_act one_turn[] = {
	{LIVE_SPEAK, 0, "I need help"}, {LIVE_QUIET, USEC_MS(300), NULL},
	{LIVE_FINISH, 0, NULL},         {LIVE_QUIET, USEC_MS(300), NULL},
	{LIVE_SPEAK, 0, "now"},         {LIVE_FINISH, 0, NULL},
	{LIVE_CLOSE, 0, NULL},          {LIVE_END, 0, NULL},
};

/* Every session is struck, and dies of it once, of one of two classes. */
static void all_die_of(const struct vendor_fault *fault, enum fault one, enum fault other)
{
	struct vendor_config config = {
		.tls = true, .says.ear = VENDOR_EAR_TONES, .fault = *fault, .delays.final = USEC_MS(60)};
	struct contract_left before = contract_begin();
	struct live_room l;

	REQUIRE(live_start(&l, &config) == 0);
	add_all(&l, one_turn);
	live_run(&l);
	for (size_t i = 0; i < l.count; i++) {
		const struct live_caller *c = &l.callers[i];

		if (c->fault != one && c->fault != other)
			test_failed(c->dialect->name, 0, "%s: died of %s: %s", vendor_fault_name(fault->kind),
				    fault_name(c->fault), c->told);
		CHECK(str_find(str_from(c->told), STR("key-of-tests")) == c->told_n);
	}
	live_stop(&l);
	contract_end(before, vendor_fault_name(fault->kind));
}

TEST(every_recogniser_is_refused_in_its_class)
{
	all_die_of(&(struct vendor_fault){.kind = VENDOR_FAULT_KEY}, FAULT_AUTH, FAULT_AUTH);
	all_die_of(&(struct vendor_fault){.kind = VENDOR_FAULT_RATE}, FAULT_QUOTA, FAULT_QUOTA);
	all_die_of(&(struct vendor_fault){.kind = VENDOR_FAULT_STATUS, .code = 503}, FAULT_OVERLOAD,
		   FAULT_OVERLOAD);
	all_die_of(&(struct vendor_fault){.kind = VENDOR_FAULT_NAME}, FAULT_UNREACHABLE, FAULT_UNREACHABLE);
	all_die_of(&(struct vendor_fault){.kind = VENDOR_FAULT_REFUSE}, FAULT_UNREACHABLE, FAULT_UNREACHABLE);
}

TEST(every_recogniser_may_fail_in_the_middle)
{
	all_die_of(&(struct vendor_fault){.kind = VENDOR_FAULT_RESET, .item = 1}, FAULT_UNREACHABLE,
		   FAULT_UNREACHABLE);
	all_die_of(&(struct vendor_fault){.kind = VENDOR_FAULT_GARBAGE, .item = 1}, FAULT_PROTOCOL,
		   FAULT_PROTOCOL);
	all_die_of(&(struct vendor_fault){.kind = VENDOR_FAULT_HUGE, .item = 1}, FAULT_PROTOCOL,
		   FAULT_OVERLOAD);
}
