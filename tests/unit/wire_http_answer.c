/* Answers of HTTP/1.1 servers and proxies: heads, bodies in pieces, and what is none. */
#include "wire/http_answer.h"

#include "test.h"

TEST(http_answer_reads_a_head)
{
	struct str bytes = STR(
		"HTTP/1.1 401 No\r\nServer: x\r\nRetry-After: 7\r\nA: one, Two\r\na:three\r\nE:\r\n\r\nbody");
	struct http_answer a;

	REQUIRE(http_answer_parse(bytes, &a) == 0);
	CHECK_INT(a.status, 401);
	CHECK_STR(str_sub(bytes, a.head_bytes, SIZE_MAX), "body");
	CHECK_STR(http_answer_find(&a, STR("server")), "x");
	CHECK_STR(http_answer_find(&a, STR("A")), "one, Two");
	CHECK(http_answer_find(&a, STR("e")).p != NULL);
	CHECK(http_answer_find(&a, STR("none")).p == NULL);
	CHECK(http_answer_has(&a, STR("a"), STR("two")) && http_answer_has(&a, STR("a"), STR("THREE")));
	CHECK(!http_answer_has(&a, STR("a"), STR("thr")) && !http_answer_has(&a, STR("b"), STR("one")));
	CHECK_INT(http_answer_retry_after(&a), USEC_SEC(7));
	for (size_t n = 0; n < a.head_bytes; n++)
		CHECK_INT(http_answer_parse(str_sub(bytes, 0, n), &a), -EAGAIN);
}

TEST(http_answer_refuses_what_is_none)
{
	static char endless[HTTP_ANSWER_HEAD_MAX + 32] = "HTTP/1.1 200 OK\r\nX: ";
	static const char *const rows[] = {"GET / HTTP/1.1\r\n\r\n", "HTTP/2 200\r\n\r\n",
					   "HTTP/1.1 2000 x\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "x"};
	struct http_answer a;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(http_answer_parse(str_from(rows[i]), &a), -EBADMSG);
	memset(endless + strlen(endless), 'x', sizeof(endless) - strlen(endless));
	CHECK_INT(http_answer_parse((struct str){endless, sizeof(endless)}, &a), -EMSGSIZE);
}

TEST(http_answer_reads_bodies)
{
	static const struct {
		const char *head;
		struct str after;
		bool whole;
		const char *body;
	} rows[] = {
		{"HTTP/1.1 400 x\r\nContent-Length: 5\r\n", STR_INIT("Hello, more"), true, "Hello"},
		{"HTTP/1.1 400 x\r\nContent-Length: 5\r\n", STR_INIT("Hel"), false, "Hel"},
		{"HTTP/1.1 400 x\r\n", STR_INIT("Hello"), false, "Hello"},
		{"HTTP/1.1 400 x\r\nContent-Length: -5\r\n", STR_INIT("Hello"), false, "Hello"},
		{"HTTP/1.1 204 x\r\n", STR_INIT(""), true, ""},
		{"HTTP/1.1 400 x\r\nContent-Length: 20\r\n", STR_INIT("longer than the room"), true,
		 "longer than"},
		{"HTTP/1.1 400 x\r\nTransfer-Encoding: chunked\r\n",
		 STR_INIT("3\r\nHel\r\n02;a=b\r\nlo\r\n0\r\n\r\n"), true, "Hello"},
		{"HTTP/1.1 400 x\r\nTransfer-Encoding: chunked\r\n", STR_INIT("3\r\nHel\r\n2"), false, "Hel"},
		{"HTTP/1.1 400 x\r\nTransfer-Encoding: chunked\r\n", STR_INIT("3\r\nHe"), false, "He"},
		{"HTTP/1.1 400 x\r\nTransfer-Encoding: chunked\r\n", STR_INIT("xyz\r\nHe"), true, ""},
		{"HTTP/1.1 400 x\r\nTransfer-Encoding: chunked\r\n", STR_INIT("FFFFFFFF\r\nHe"), true, ""},
		{"HTTP/1.1 400 x\r\nTransfer-Encoding: chunked\r\n", STR_INIT("F0\r\nlonger than the room"),
		 false, "longer than"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_answer a;
		struct buf body;
		char head[256];

		buf_init(&body, 11);
		snprintf(head, sizeof(head), "%s\r\n", rows[i].head);
		REQUIRE(http_answer_parse(str_from(head), &a) == 0);
		CHECK_INT(http_answer_body(&a, rows[i].after, &body), rows[i].whole);
		CHECK_STR(buf_str(&body), rows[i].body);
		CHECK_INT(body.error, 0);
		buf_fini(&body);
	}
}
