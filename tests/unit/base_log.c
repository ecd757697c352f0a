/* Lines of the log: their three forms, what is escaped, cut, hidden and left out. */
#include "base/log.h"

#include <pthread.h>
#include <unistd.h>

#include "test.h"

/* 2026-11-20 12:50:57.123 UTC */
#define THEN (USEC_SEC(1795179057) + 123000)

static struct str format(enum log_form form, const struct log_field *fields, size_t n)
{
	static char line[LOG_RECORD_MAX_BYTES];
	struct log_record r = {.unix_time = THEN,
			       .level = LOG_LEVEL_INFO,
			       .message = "call answered",
			       .fields = fields,
			       .field_count = n};

	return (struct str){line, log_format(form, &r, line)};
}

TEST(log_has_three_forms)
{
	const struct log_field fields[] = {
		log_text("call", "abc"),          log_text("from", "Ada \"B\""), log_number("n", -3),
		log_usec("took", 1204567),        log_flag("warm", true),        log_secret("token"),
		log_error_code("error", -ENOMEM),
	};

	CHECK_STR(
		format(LOG_FORM_HUMAN, fields, ARRAY_LEN(fields)),
		"12:50:57.123 info  call answered call=abc from=\"Ada \\\"B\\\"\" n=-3 took=1.204s warm=true "
		"token=*** error=\"Cannot allocate memory\"\n");
	CHECK_STR(format(LOG_FORM_LOGFMT, fields, 5), "time=2026-11-20T12:50:57.123Z level=info msg=\"call "
						      "answered\" call=abc from=\"Ada \\\"B\\\"\" "
						      "n=-3 took=1.204s warm=true\n");
	CHECK_STR(format(LOG_FORM_JSON, fields, 6),
		  "{\"time\":\"2026-11-20T12:50:57.123Z\",\"level\":\"info\",\"msg\":\"call answered\","
		  "\"call\":\"abc\",\"from\":\"Ada \\\"B\\\"\",\"n\":-3,\"took\":1.204,\"warm\":true,"
		  "\"token\":\"***\"}\n");
}

TEST(log_says_what_was_left_out_before)
{
	struct log_record r = {
		.unix_time = THEN, .level = LOG_LEVEL_WARNING, .message = "busy", .left_out = 7};
	char line[LOG_RECORD_MAX_BYTES];
	size_t n = log_format(LOG_FORM_HUMAN, &r, line);

	CHECK_STR(((struct str){line, n}), "12:50:57.123 warn  busy left_out=7\n");
}

TEST(log_escapes_what_could_forge_a_line)
{
	const struct log_field fields[] = {
		log_str("a", STR("x\nlevel=error")),
		log_str("b", STR("\x1b[31m\0\x7f")),
		log_str("c", STR("gr\xc3\xbc\xc3\x9f")),
		log_str("d", STR("\xc3(\xed\xa0\x80\xff")),
		log_str("e", STR("")),
	};

	CHECK_STR(format(LOG_FORM_LOGFMT, fields, ARRAY_LEN(fields)),
		  "time=2026-11-20T12:50:57.123Z level=info msg=\"call answered\" a=\"x\\nlevel=error\" "
		  "b=\"\\u001b[31m\\u0000\\u007f\" c=\"gr\xc3\xbc\xc3\x9f\" "
		  "d=\"\\ufffd(\\ufffd\\ufffd\\ufffd\\ufffd\" e=\"\"\n");
}

TEST(log_cuts_long_values_and_leaves_out_what_does_not_fit)
{
	static char text[1000];
	struct log_field fields[8];
	struct str line;

	memset(text, 'x', sizeof(text) - 1);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		fields[i] = log_text("k", text);
	line = format(LOG_FORM_JSON, fields, ARRAY_LEN(fields));
	CHECK(line.n <= LOG_RECORD_MAX_BYTES);
	CHECK(str_ends(line, STR("xxx...\",\"truncated\":true}\n")));
	line = format(LOG_FORM_LOGFMT, fields, 1);
	CHECK(str_ends(line, STR("x...\n")));
}

TEST(log_never_exceeds_its_record)
{
	static char text[LOG_RECORD_MAX_BYTES];

	memset(text, '\x01', sizeof(text) - 1);
	for (size_t n = 1; n < sizeof(text); n += 7) {
		const struct log_field fields[] = {log_str("k", (struct str){text, n}),
						   log_str("l", (struct str){text, n / 5})};

		for (enum log_form form = LOG_FORM_HUMAN; form <= LOG_FORM_JSON; form++) {
			struct str line = format(form, fields, 2);

			CHECK(line.n <= LOG_RECORD_MAX_BYTES && line.p[line.n - 1] == '\n');
		}
	}
}

TEST(log_admits_so_many_a_second_and_says_how_many_it_left_out)
{
	struct log_site site = {0};
	unsigned left_out = 9;

	for (unsigned i = 0; i < LOG_SITE_PER_SECOND; i++)
		CHECK(log_admit(&site, THEN, &left_out));
	CHECK_INT(left_out, 0);
	for (unsigned i = 0; i < 5; i++)
		CHECK(!log_admit(&site, THEN, &left_out));
	CHECK(log_admit(&site, THEN + USEC_SEC(1), &left_out));
	CHECK_INT(left_out, 5);
	CHECK(log_admit(&site, THEN + USEC_SEC(1), &left_out));
	CHECK_INT(left_out, 0);
}

static int evaluated;

static int64_t evaluate(void)
{
	return ++evaluated;
}

TEST(log_writes_whole_lines_and_evaluates_only_what_it_writes)
{
	char text[4096];
	struct str rest = {text, 0}, line;
	int ends[2];

	REQUIRE(pipe(ends) == 0);
	log_setup(LOG_LEVEL_WARNING, LOG_FORM_AUTO, ends[1]);
	log_info("not wanted", log_number("n", evaluate()));
	log_warning("wanted", log_number("n", evaluate()));
	for (unsigned i = 0; i < 2 * LOG_SITE_PER_SECOND; i++)
		log_error("too often");
	log_setup(LOG_LEVEL_INFO, LOG_FORM_AUTO, STDERR_FILENO);
	close(ends[1]);
	rest.n = (size_t)read(ends[0], text, sizeof(text));
	close(ends[0]);
	CHECK_INT(evaluated, 1);
	line = str_cut(&rest, '\n');
	CHECK(str_ends(line, STR(" level=warn msg=wanted n=1")));
	line = str_cut(&rest, '\n');
	CHECK(str_ends(line, STR(" level=error msg=\"too often\"")));
}

static void *log_a_lot(void *arg)
{
	for (int i = 0; i < 200; i++)
		log_error("from a thread", log_number("i", i), log_text("who", arg));
	return NULL;
}

TEST(log_may_be_written_by_many_threads)
{
	pthread_t threads[3];
	char text[8192], who[] = "x";
	struct str rest = {text, 0};
	int ends[2];

	REQUIRE(pipe(ends) == 0);
	log_setup(LOG_LEVEL_INFO, LOG_FORM_JSON, ends[1]);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		REQUIRE(pthread_create(&threads[i], NULL, log_a_lot, who) == 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	log_setup(LOG_LEVEL_INFO, LOG_FORM_AUTO, STDERR_FILENO);
	close(ends[1]);
	rest.n = (size_t)read(ends[0], text, sizeof(text));
	close(ends[0]);
	CHECK_INT(log_lost(), 0);
	while (rest.n > 0) {
		struct str line = str_cut(&rest, '\n');

		CHECK(str_starts(line, STR("{\"time\":")) && str_ends(line, STR("\"who\":\"x\"}")));
	}
}
