#include "provider/stt/stt_ws_text.h"
#include "stt_dialect.h"

extern const struct stt_ws_dialect whisper_live;

static const struct service plain;

TEST(whisper_live_is_told_who_speaks)
{
	static const struct str terms[] = {STR_INIT("Acme"), STR_INIT("Okafor")};
	struct stt_ws_talk t = dialect_talk(&plain);

	t.key_terms = terms;
	t.key_term_count = 2;
	CHECK_STR(dialect_address(&whisper_live, &t), "ws://127.0.0.1:9090\n");
	CHECK_STR(dialect_says(whisper_live.begin, &t),
		  "{\"uid\":\"00112233445566778899aabbccddeeff\",\"language\":\"en\",\"task\":\"transcribe\","
		  "\"model\":\"small\",\"use_vad\":true,\"hotwords\":\"Acme, Okafor\"}\n");
	CHECK_STR(dialect_says(whisper_live.end, &t), "0x454e445f4f465f415544494f\n");
	CHECK_INT(whisper_live.coding, STT_WS_F32_16K);
}

TEST(whisper_live_tells_a_sliding_list)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(
		dialect_reads(&whisper_live, &t,
			      "{\"uid\":\"u1\",\"message\":\"SERVER_READY\",\"backend\":\"faster_whisper\"}"),
		"ready\n");
	CHECK_STR(
		dialect_reads(&whisper_live, &t,
			      "{\"uid\":\"u1\",\"segments\":[{\"start\":\"0.000\",\"end\":\"1.240\",\"text\":"
			      "\" hi\","
			      "\"completed\":true},{\"start\":\"1.240\",\"end\":\"2.000\",\"text\":\" you\","
			      "\"completed\":false}]}"),
		"piece #1 final 0.000-1.240 ' hi'\npiece 1.240-2.000 ' you'\n");
	CHECK_STR(dialect_reads(&whisper_live, &t, "{\"uid\":\"u1\",\"status\":\"WAIT\",\"message\":3.5}"),
		  "failed 0 'WAIT' ''\n");
	CHECK_STR(dialect_reads(&whisper_live, &t, "{\"uid\":\"u1\",\"message\":\"DISCONNECT\"}"),
		  "failed 0 'DISCONNECT' ''\n");
	CHECK_STR(dialect_reads(&whisper_live, &t,
				"{\"uid\":\"u1\",\"language\":\"en\",\"language_prob\":0.98}"),
		  "");
	CHECK_INT(stt_ws_fault(&whisper_live, 0, STR("WAIT"), STR(""), FAULT_PROTOCOL), FAULT_OVERLOAD);
}

static struct stt_ws_text text;

static void put(void *arg, const struct stt_ws_fact *f)
{
	(void)arg;
	(void)stt_ws_text_put(&text, f, &(struct stt_ws_where){.start = f->start, .end = f->end});
}

/* What was the tail comes back completed, and is not told twice. */
TEST(whisper_live_lists_become_one_text)
{
	struct stt_ws_talk t = dialect_talk(&plain);
	struct stt_ws_teller tell = {.on_fact = put};
	static const char *const lists[] = {
		"{\"segments\":[{\"start\":\"0.0\",\"end\":\"1.0\",\"text\":\" hi "
		"yo\",\"completed\":false}]}",
		"{\"segments\":[{\"start\":\"0.0\",\"end\":\"1.2\",\"text\":\" hi\",\"completed\":true},"
		"{\"start\":\"1.2\",\"end\":\"2.0\",\"text\":\" you\",\"completed\":false}]}",
		"{\"segments\":[{\"start\":\"0.0\",\"end\":\"1.2\",\"text\":\" hi\",\"completed\":true},"
		"{\"start\":\"1.2\",\"end\":\"2.2\",\"text\":\" you there\",\"completed\":true}]}",
	};

	stt_ws_text_init(&text, false, 1);
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		CHECK_INT(stt_ws_read(&whisper_live, &t, str_from(lists[i]), &tell), 0);
	CHECK_STR(stt_ws_line_text(stt_ws_text_open(&text)), "hi you there");
}
