#include "stage.h"

#include <netinet/in.h>
#include <unistd.h>

#include "base/json.h"
#include "test.h"

#define PATIENCE USEC_SEC(15) /* enough for a machine that has other work */
#define HURRY    USEC_SEC(1)  /* where waiting is what is looked at */
#define SEEN_MAX USEC_SEC(30)
#define LOG_MAX  (16u << 20)

const struct stage_vendor stage_vendors[] = {
	{USAGE_STT, "assemblyai", "", ""},
	{USAGE_STT, "azure", "", ""},
	{USAGE_STT, "deepgram", "", ""},
	{USAGE_STT, "deepgram-flux", "", ""},
	{USAGE_STT, "elevenlabs", "", ""},
	{USAGE_STT, "gladia", "", "", STAGE_ASKS},
	{USAGE_STT, "openai", "", ""},
	{USAGE_STT, "openai-transcriptions", "", ""},
	{USAGE_STT, "sherpa-onnx", "/sherpa", "", STAGE_OPEN},
	{USAGE_STT, "speaches", "/speaches", "", STAGE_OPEN},
	{USAGE_STT, "speaches-realtime", "/speaches", "", STAGE_OPEN},
	{USAGE_STT, "speechmatics", "", ""},
	{USAGE_STT, "vllm", "/vllm", "", STAGE_OPEN},
	{USAGE_STT, "vllm-realtime", "/vllm", "voxtral", STAGE_OPEN},
	{USAGE_STT, "vosk", "/vosk", "", STAGE_OPEN},
	{USAGE_STT, "vosk-older", "/vosk-older", "", STAGE_OPEN},
	{USAGE_STT, "whisper-live", "/whisperlive", "", STAGE_OPEN},
	{USAGE_STT, "whisper-server", "", "", STAGE_OPEN},

	{USAGE_LLM, "anthropic", "/anthropic", ""},
	{USAGE_LLM, "azure-openai", "/azure", "gpt-4.1-mini"},
	{USAGE_LLM, "gemini", "/gemini", ""},
	{USAGE_LLM, "gemini-openai", "/gemini", ""},
	{USAGE_LLM, "groq", "/groq", ""},
	{USAGE_LLM, "llama-server", "/llamacpp", "", STAGE_OPEN},
	{USAGE_LLM, "ollama", "/ollama", "qwen3", STAGE_OPEN | STAGE_MUTE_CACHE},
	{USAGE_LLM, "ollama-openai", "/ollama", "qwen3", STAGE_OPEN},
	{USAGE_LLM, "openai", "/openai", ""},
	{USAGE_LLM, "openai-responses", "/openai", ""},
	{USAGE_LLM, "sglang", "/vllm", "qwen3", STAGE_OPEN},
	{USAGE_LLM, "vllm", "/vllm", "qwen3", STAGE_OPEN},

	{USAGE_TTS, "azure", "", ""},
	{USAGE_TTS, "cartesia", "", "v-1"},
	{USAGE_TTS, "deepgram", "", ""},
	{USAGE_TTS, "elevenlabs", "", "v-1"},
	{USAGE_TTS, "google", "", "", STAGE_WHOLE},
	{USAGE_TTS, "kokoro", "/kokoro", "", STAGE_OPEN},
	{USAGE_TTS, "openai", "", ""},
	{USAGE_TTS, "piper", "", "", STAGE_WHOLE | STAGE_OPEN},
	{USAGE_TTS, "rime", "", ""},
	{USAGE_TTS, "wyoming", "", "", STAGE_BARE | STAGE_OPEN},
	{USAGE_TTS, "xtts", "", "", STAGE_OPEN},
};

const size_t stage_vendors_count = ARRAY_LEN(stage_vendors);

static bool is_listed(const char *type, enum usage_kind kind)
{
	STAGE_EACH (v, kind)
		if (strcmp(v->type, type) == 0)
			return true;
	return false;
}

void stage_check_list(enum usage_kind kind)
{
	for (size_t i = 0; i < vendors_count; i++)
		if (vendors[i].kind == kind && vendors[i].dialect && !is_listed(vendors[i].type, kind))
			test_failed(vendors[i].type, 0, "nobody talks to it here");
	STAGE_EACH (v, kind)
		if (!vendor_find(str_from(v->type), kind))
			test_failed(v->type, 0, "there is no such vendor");
}

/* ---- opening and closing ---- */

static int open_net(struct stage *st)
{
	struct ws_net_config ws = {.conns_max = 16, .authority = str_from(vendor_authority())};
	struct http_client_config http = {
		.asks_max = 16, .conns_max = 16, .authority = str_from(vendor_authority())};
	int rc = ws_net_new(st->loop, &ws, &st->ws);

	return rc < 0 ? rc : http_client_new(st->loop, &http, &st->http);
}

static usec patience(enum vendor_fault_kind fault)
{
	static const unsigned waits = 1u << VENDOR_FAULT_SLOW | 1u << VENDOR_FAULT_STALL |
				      1u << VENDOR_FAULT_GARBAGE | 1u << VENDOR_FAULT_ORDER |
				      1u << VENDOR_FAULT_DRIBBLE;

	return waits & 1u << fault ? HURRY : PATIENCE;
}

static void configure(struct stage *st, usec limit)
{
	const struct stage_vendor *who = st->who;

	st->service = (struct service){
		.name = STR("staged"),
		.type = str_from(who->type),
		.url = str_from(st->url),
		.key = STR(STAGE_KEY),
		.model = str_from(who->kind == USAGE_TTS ? "" : who->name),
		.voice = str_from(who->kind == USAGE_TTS ? who->name : ""),
		.connect_limit = limit,
		.first_limit = limit,
		.stall_limit = limit,
	};
	st->host = (struct service_host){
		.loop = st->loop, .http = st->http, .ws = st->ws, .dns = ws_net_dns(st->ws), .rng = &st->rng};
	st->use = (struct service_use){&st->service, &st->host,
				       vendor_find(st->service.type, who->kind)->dialect};
}

int stage_open(struct stage *st, const struct stage_vendor *who, const struct vendor_config *config,
	       struct loop *l)
{
	int rc;

	*st = (struct stage){.who = who, .loop = l, .config = *config};
	st->config.tls = !(who->manner & STAGE_BARE);
	st->config.tells_key = true; /* the stories look for it in what is told of a failure */
	rng_init_number(&st->rng, 11);
	rc = vendor_start(&st->config, &st->vendor);
	rc = rc < 0 ? rc : open_net(st);
	if (rc < 0)
		return rc;
	if (who->manner & STAGE_ASKS && config->fault.item > 0)
		vendor_order_fault(st->vendor, &(struct vendor_fault){.kind = VENDOR_FAULT_NONE});
	vendor_url(st->vendor, who->manner & STAGE_BARE ? "tcp" : "http", who->path, st->url);
	configure(st, patience(config->fault.kind));
	return 0;
}

/* Connections that are kept for the next session are none of the bill's. */
void stage_hang_up(struct stage *st)
{
	usec until = loop_now(st->loop) + SEEN_MAX;

	st->http = http_client_free(st->http);
	while (st->vendor && vendor_open(st->vendor) > 0 && loop_now(st->loop) < until)
		CHECK_INT(loop_turn(st->loop, USEC_MS(5)), 0);
	CHECK(!st->vendor || vendor_open(st->vendor) == 0);
}

static void let_go(struct stage *st)
{
	if (st->held > 0)
		close(st->held - 1);
	st->held = 0;
}

void stage_close(struct stage *st)
{
	st->http = http_client_free(st->http);
	st->ws = ws_net_free(st->ws);
	st->vendor = vendor_stop(st->vendor);
	let_go(st);
}

void stage_fell(struct stage *st)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons(vendor_port(st->vendor))};
	int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	st->config.port = vendor_port(st->vendor);
	st->vendor = vendor_stop(st->vendor);
	st->held = fd + 1;
	CHECK_INT(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)), 0);
	CHECK_INT(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
}

void stage_restart(struct stage *st, usec away)
{
	usec until = loop_now(st->loop) + away;

	stage_fell(st);
	while (loop_now(st->loop) < until)
		CHECK_INT(loop_turn(st->loop, USEC_MS(5)), 0);
	let_go(st);
	CHECK_INT(vendor_start(&st->config, &st->vendor), 0);
}

/* ---- the vendor's log ---- */

static void each_line(struct stage *st, void (*fn)(const struct json *line, void *arg), void *arg)
{
	struct buf log;
	struct str rest;
	struct json *line;

	buf_init(&log, LOG_MAX);
	vendor_log_read(st->vendor, &log);
	rest = buf_str(&log);
	while (!str_empty(rest))
		if (json_parse(str_cut(&rest, '\n'), NULL, NULL, &line) == 0) {
			fn(line, arg);
			json_free(line);
		}
	buf_fini(&log);
}

static void print_wrong(const struct json *line, void *arg)
{
	const struct stage *st = arg;

	if (str_eq(json_str_or(line, "log", STR("")), STR("wrong")))
		test_failed(st->who->type, 0, "a rule was broken: " STR_FMT,
			    STR_ARG(json_str_or(line, "rule", STR("?"))));
}

void stage_check_manners(struct stage *st)
{
	each_line(st, print_wrong, st);
}

struct sum {
	const char *end, *member;
	uint64_t value;
};

/* A WebSocket that was opened in advance and cut in its handshake: nobody bills that. */
static bool was_never_open(const struct json *line)
{
	return json_int_or(line, "status", 0) == 101 && json_int_or(line, "close_code", 0) == 0 &&
	       json_int_or(line, "characters", 0) == 0 && json_int_or(line, "audio_in_usec", 0) == 0;
}

static void add_up(const struct json *line, void *arg)
{
	struct sum *s = arg;

	if (str_eq(json_str_or(line, "log", STR("")), STR("session")) && !was_never_open(line) &&
	    (!s->end || str_eq(json_str_or(line, "end", STR("")), str_from(s->end))))
		s->value += (uint64_t)json_int_or(line, s->member, 0);
}

uint64_t stage_billed(struct stage *st, const char *end, const char *member)
{
	struct sum s = {end, member, 0};

	each_line(st, add_up, &s);
	return s.value;
}

static const struct {
	const char *member;
	unsigned slack_percent; /* resampling, and lost halves of samples */
} billed_as[USAGE_UNITS_] = {
	[USAGE_REQUESTS] = {"requests"},           [USAGE_AUDIO_IN] = {"audio_in_usec"},
	[USAGE_AUDIO_OUT] = {"audio_out_usec", 1}, [USAGE_CONNECTED] = {"connected_usec", 100},
	[USAGE_CHARACTERS] = {"characters"},       [USAGE_TOKENS_IN] = {"tokens_in"},
	[USAGE_TOKENS_CACHED] = {"tokens_cached"}, [USAGE_TOKENS_OUT] = {"tokens_out"},
};

void stage_check_bill(struct stage *st, enum usage_unit unit, const uint64_t used[USAGE_UNITS_],
		      const char *end)
{
	uint64_t want = stage_billed(st, end, billed_as[unit].member), got = used[unit];

	if (MAX(got, want) - MIN(got, want) > want * billed_as[unit].slack_percent / 100)
		test_failed(st->who->type, 0, "%s: used %llu, billed %llu", usage_unit_name(unit),
			    (unsigned long long)got, (unsigned long long)want);
}
