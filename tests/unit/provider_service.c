#include <errno.h>
#include <string.h>

#include "test.h"

#include "provider/service.h"

static const struct str pairs[] = {STR_INIT("a=1.5"), STR_INIT("b=true"), STR_INIT("c=x y&z"),
				   STR_INIT("d=1e"),  STR_INIT("a=-2"),   STR_INIT("e=007"),
				   STR_INIT("f=.5"),  STR_INIT("g=0"),    STR_INIT("h=-")};
static const struct service service = {.key = STR_INIT("sk-secret"),
				       .extra = {.at = (struct str *)pairs, .count = ARRAY_LEN(pairs)}};

TEST(service_extra_goes_into_a_query)
{
	struct buf url;

	buf_init(&url, 1000);
	buf_add_str(&url, STR("wss://h/p?m=1"));
	service_extra_query(&service, &url);
	CHECK_STR(buf_str(&url), "wss://h/p?m=1&a=1.5&b=true&c=x%20y%26z&d=1e&a=-2&e=007&f=.5&g=0&h=-");
	buf_fini(&url);
}

TEST(service_extra_goes_into_a_json_map)
{
	struct json_out w;
	struct buf out;

	buf_init(&out, 1000);
	json_begin(&w, &out);
	json_map(&w, NULL);
	service_extra_json(&service, &w);
	json_end(&w);
	CHECK_STR(buf_str(&out), "{\"a\":1.5,\"b\":true,\"c\":\"x y&z\",\"d\":\"1e\",\"a\":-2,"
				 "\"e\":\"007\",\"f\":\".5\",\"g\":0,\"h\":\"-\"}");
	buf_fini(&out);
}

TEST(service_keeps_its_key_out_of_words)
{
	static const struct {
		const char *said, *told;
	} rows[] = {
		{"", ""},
		{"no such voice", "no such voice"},
		{"sk-secret", "***"},
		{"bad key sk-secret: sk-secretsk-secret!", "bad key ***: ******!"},
		{"it is sk-secre", "it is ***"}, /* words are cut before they come here */
		{"sk-secre is none", "sk-secre is none"},
		{"ask-", "ask-"},
	};
	static const struct service short_key = {.key = STR_INIT("a")};
	char buf[64];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_STR(service_redact(&service, str_from(rows[i].said), buf, sizeof(buf)), rows[i].told);
	CHECK_STR(service_redact(&short_key, STR("a banana"), buf, sizeof(buf)), "a banana");
	for (size_t size = 1; size < 20; size++) { /* half a key is none */
		struct str told = service_redact(&service, STR("is sk-secret it"), buf, size);

		CHECK(told.n < size && str_find(told, STR("sk")) == told.n && buf[told.n] == '\0');
	}
}

TEST(a_service_is_waited_for_as_long_as_its_kind_needs)
{
	struct service s = {0};

	CHECK_INT(service_first_limit(&s, USAGE_STT), USEC_MS(1500));
	CHECK_INT(service_first_limit(&s, USAGE_TTS), USEC_MS(1500));
	CHECK_INT(service_first_limit(&s, USAGE_LLM), USEC_MS(2500));
	s.first_limit = USEC_MS(700);
	CHECK_INT(service_first_limit(&s, USAGE_STT), USEC_MS(700));
	CHECK_INT(service_first_limit(&s, USAGE_LLM), USEC_MS(700));
}

static const char *key_of(const char *name)
{
	static char endless[SERVICE_KEY_MAX + 2];

	memset(endless, 'k', sizeof(endless) - 1);
	return strcmp(name, "LINES") == 0     ? "sk-1\nsk-2"
	       : strcmp(name, "ENDLESS") == 0 ? endless
					      : "sk-secret.0_/+=~";
}

/* What no header takes is said when the file is read, not when the first call comes; but never what it is. */
TEST(what_cannot_be_sent_is_refused_with_its_line)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"type: x\nkey: ${GOOD}\n", ""},
		{"type: x\nkey: ${LINES}\n", "f:2:6: the key holds a blank, a line break"},
		{"type: x\nkey: ${ENDLESS}\n", "f:2:6: the key is too long to be one"},
		{"type: x\nregion: eu-2\n", ""},
		{"type: x\nregion: eu.example/\n", "f:2:9: region: 'eu.example/' is none"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tree_errors errors;
		struct tree_node *root;
		struct service s;
		struct arena arena;
		struct buf said;
		int rc;

		arena_init(&arena, 1 << 20);
		buf_init(&said, 4096);
		tree_errors_init(&errors, &arena);
		REQUIRE(tree_parse(str_from(rows[i].text), "f", NULL, &arena, &errors, &root) == 0);
		rc = opt_load(&service_table, root, key_of, &arena, &errors, &s);
		tree_errors_print(&errors, &said);
		CHECK_INT(rc, *rows[i].says ? -EBADMSG : 0);
		CHECK(str_starts(buf_str(&said), str_from(rows[i].says)));
		CHECK(str_find(buf_str(&said), STR("sk-")) == said.n);
		buf_fini(&said);
		arena_fini(&arena);
	}
}
