/* The vendors' server itself, by a simulator that repeats what it hears. */
#include "inside.h"

#include "base/mem.h"
#include "test.h"
#include "vendors/ear.h"
#include "vendors/model.h"
#include "vendors/talk.h"
#include "vendors/voice.h"

/* ---- the simulator that repeats ---- */

static void repeat_body(struct vendor_session *s)
{
	struct str part;

	vendor_bill(s, &(struct vendor_bill){.tokens_in = vendor_body(s).n});
	if (vendor_form(s, "file", 0, &part)) {
		vendor_answer(s, 200, "text/plain", part);
		return;
	}
	vendor_begin(s, 200, "text/plain");
	for (size_t i = 0; i < vendor_body(s).n; i++) {
		vendor_bill_next(s, &(struct vendor_bill){.tokens_out = 1});
		vendor_piece(s, vendor_span(s, vendor_config(s)->delays.token),
			     str_sub(vendor_body(s), i, 1));
	}
	vendor_finish(s);
}

static void repeat_text(struct vendor_session *s, struct str text)
{
	if (str_eq(text, STR("drop")))
		vendor_drop(s, 1);
	else if (str_eq(text, STR("close")))
		vendor_close(s, 1008, "as you wish");
	else
		vendor_text(s, 0, text);
	vendor_tag(s, 1);
	if (str_eq(text, STR("later")))
		vendor_text(s, USEC_SEC(3600), text);
	vendor_tag(s, 0);
}

static void repeat_binary(struct vendor_session *s, struct str bytes)
{
	vendor_binary(s, 0, bytes);
}

static void say_error(struct vendor_session *s)
{
	vendor_text(s, 0, STR("the vendor's own error"));
	vendor_close(s, 1011, "");
}

static const struct vendor_sim sim_echo = {.name = "echo", .path = "/echo", .on_request = repeat_body};
static const struct vendor_sim sim_echo_ws = {.name = "echo",
					      .kind = VENDOR_WEBSOCKET,
					      .path = "/echo/*",
					      .message_bytes = 70000,
					      .on_text = repeat_text,
					      .on_binary = repeat_binary,
					      .on_fault = say_error};
static const struct vendor_sim *const echo[] = {&sim_echo, &sim_echo_ws, NULL};

static struct vendor *start(struct vendor_config c)
{
	struct vendor *v = NULL;

	c.sims = echo;
	if (vendor_start(&c, &v) < 0)
		test_failed(__FILE__, __LINE__, "the vendors do not start");
	return v;
}

#define POST_HELLO "POST /echo\nContent-Type: text/plain\n\nhello\n.\n"

/* ---- HTTP ---- */

TEST(vendors_answer_http_with_and_without_tls)
{
	for (int tls = 0; tls < 2; tls++) {
		struct vendor *v = start((struct vendor_config){.tls = tls});
		struct talk t = {.v = v, .tls = tls};

		talk_run(&t, POST_HELLO POST_HELLO);
		CHECK_INT(t.status, 200);
		CHECK_STR(buf_str(&t.texts), "hello\nhello\n");
		CHECK_INT(vendor_wrongs(v), 0);
		talk_fini(&t);
		vendor_stop(v);
	}
}

TEST(vendors_take_bodies_in_chunks_and_forms)
{
	struct vendor *v = start((struct vendor_config){0});
	struct talk t = {.v = v};

	talk_run(&t,
		 "POST /echo\nTransfer-Encoding: chunked\n\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n\n.\n");
	CHECK_STR(buf_str(&t.texts), "hello world\n");
	talk_fini(&t);
	talk_run(&t, "POST /echo\nContent-Type: multipart/form-data; boundary=xyz\n\n"
		     "--xyz\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n"
		     "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n"
		     "Content-Type: audio/wav\r\n\r\nRIFF\r\n--xyz--\r\n\n.\n");
	CHECK_STR(buf_str(&t.texts), "RIFF\n");
	talk_fini(&t);
	vendor_stop(v);
}

TEST(vendors_refuse_what_is_not_http)
{
	static const char *const wrong[] = {
		"POST /ec ho\n\nx\n.\n",         "POST /echo?a=%4\n\nx\n.\n",
		"POST /echo\nHost :x\n\nx\n.\n", "POST /echo\nContent-Length: x\n\nx\n.\n",
		"POST /nothing\n\nx\n.\n",       "POST /echo\nTransfer-Encoding: chunked\n\nzz\r\n\n.\n",
	};
	struct vendor *v = start((struct vendor_config){0});

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct talk t = {.v = v};

		talk_run(&t, wrong[i]);
		CHECK(t.status == 400 || t.status == 404);
		CHECK_INT(vendor_wrongs(v), (int)i + 1);
		talk_fini(&t);
	}
	vendor_stop(v);
}

TEST(vendors_are_found_by_name)
{
	struct vendor *v = start((struct vendor_config){0});
	struct talk t = {.v = v};

	talk_run(&t, "POST /echo/echo\n\nby segment\n.\nPOST /echo\nHost: echo.localhost\n\nby host\n.\n");
	CHECK_STR(buf_str(&t.texts), "by segment\nby host\n");
	talk_fini(&t);
	vendor_stop(v);
}

/* ---- TLS ---- */

TEST(vendors_show_a_wrong_certificate_when_told_to)
{
	static const enum vendor_certificate wrong[] = {
		VENDOR_CERTIFICATE_WRONG_NAME, VENDOR_CERTIFICATE_EXPIRED, VENDOR_CERTIFICATE_STRANGER};
	struct vendor_fault name = {.kind = VENDOR_FAULT_NAME}, refuse = {.kind = VENDOR_FAULT_REFUSE};
	struct vendor *v = start((struct vendor_config){.tls = true});
	struct talk t = {.v = v, .tls = true};

	vendor_order_fault(v, &name);
	talk_run(&t, POST_HELLO);
	CHECK_INT(t.status, 0);
	talk_fini(&t);
	vendor_order_fault(v, &refuse);
	talk_run(&t, POST_HELLO);
	CHECK_INT(t.status, 0);
	talk_fini(&t);
	talk_run(&t, POST_HELLO);
	CHECK_INT(t.status, 200);
	talk_fini(&t);
	vendor_stop(v);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		t.v = start((struct vendor_config){.tls = true, .certificate = wrong[i]});
		talk_run(&t, POST_HELLO);
		CHECK_INT(t.status, 0);
		talk_fini(&t);
		vendor_stop(t.v);
	}
}

/* ---- WebSocket ---- */

#define OPEN "GET /echo/ws\n\n"

TEST(vendors_speak_websocket_as_the_rfc_has_it)
{
	struct vendor *v = start((struct vendor_config){0});
	struct talk t = {.v = v};

	/* The sheet's vectors: accept key, masked Hello. */
	talk_run(&t, OPEN "r 818537fa213d7f9f4d5158\n< Hello\nx 0001ff\nb 320\n> there\n< there\nc 1000\n");
	CHECK(str_find(buf_str(&t.heads), STR("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")) < t.heads.n);
	CHECK_STR(buf_str(&t.texts), "Hello\nthere\n");
	CHECK_INT((int)t.binary.n, 323);
	CHECK_INT(t.close_code, 1000);
	CHECK_INT(vendor_wrongs(v), 0);
	talk_fini(&t);
	talk_run(&t, OPEN "r 010237fa213d\n");
	talk_fini(&t);
	talk_run(&t, OPEN "> close\n=\n");
	CHECK_INT(t.close_code, 1008);
	CHECK_STR(buf_str(&t.texts), "as you wish\n");
	talk_fini(&t);
	vendor_stop(v);
}

TEST(vendors_refuse_what_is_not_websocket)
{
	static const struct talk_mutation mutations[] = {
		{"/echo/ws", "/nothing", 404},
		{"\n\n", "\nUpgrade: h2c\n\n", 400},
		{"\n\n", "\nConnection: close\n\n", 400},
		{"\n\n", "\nSec-WebSocket-Version: 8\n\n", 400},
		{"\n\n", "\nSec-WebSocket-Key: short\n\n", 400},
		{"818537fa213d7f9f4d5158", "810548656c6c6f", 0, 1002},         /* not masked */
		{"818537fa213d7f9f4d5158", "c18537fa213d7f9f4d5158", 0, 1002}, /* a reserved bit */
		{"818537fa213d7f9f4d5158", "838537fa213d7f9f4d5158", 0, 1002}, /* an opcode that is none */
		{"818537fa213d7f9f4d5158", "808537fa213d7f9f4d5158", 0, 1002}, /* goes on with nothing */
		{"818537fa213d7f9f4d5158", "098037fa213d", 0, 1002},           /* a ping in two */
		{"818537fa213d7f9f4d5158", "818137fa213dc8", 0, 1007},         /* not UTF-8 */
		{"818537fa213d7f9f4d5158", "82ff000000000001117137fa213d", 0, 1009},
		{"818537fa213d7f9f4d5158", "888237fa213d3417", 0, 1002}, /* close code 1005 */
	};
	struct vendor *v = start((struct vendor_config){0});
	struct talk t = {.v = v};

	talk_mutations(&t, OPEN "r 818537fa213d7f9f4d5158\n< Hello\nc 1000\n", mutations,
		       ARRAY_LEN(mutations));
	vendor_stop(v);
}

TEST(vendors_take_back_what_is_not_yet_said)
{
	struct vendor *v = start((struct vendor_config){0});
	struct talk t = {.v = v};

	talk_run(&t, OPEN "> later\n< later\n> drop\n> now\n< now\nc 1000\n");
	CHECK(!t.missed);
	CHECK_STR(buf_str(&t.texts), "later\nnow\n");
	talk_fini(&t);
	vendor_stop(v);
}

/* ---- misbehaviour ---- */

static void with_fault(const char *text, struct talk *t, const char *script)
{
	struct vendor_fault f;

	CHECK_INT(vendor_fault_parse(str_from(text), &f), 0);
	vendor_order_fault(t->v, &f);
	talk_run(t, script);
}

TEST(vendors_misbehave_over_http)
{
	struct vendor *v = start((struct vendor_config){0});
	struct talk t = {.v = v};

	with_fault("rate", &t, POST_HELLO);
	CHECK_INT(t.status, 429);
	CHECK(str_find(buf_str(&t.heads), STR("Retry-After: 7\r\n")) < t.heads.n);
	talk_fini(&t);
	with_fault("key", &t, POST_HELLO);
	CHECK_INT(t.status, 401);
	talk_fini(&t);
	with_fault("status:529", &t, POST_HELLO);
	CHECK_INT(t.status, 529);
	talk_fini(&t);
	with_fault("close#3", &t, POST_HELLO);
	CHECK(t.missed);
	CHECK_STR(buf_str(&t.texts), "hel\n");
	talk_fini(&t);
	with_fault("reset#1", &t, POST_HELLO);
	CHECK(t.missed);
	talk_fini(&t);
	with_fault("order#1", &t, POST_HELLO);
	CHECK_STR(buf_str(&t.texts), "hlelo\n");
	talk_fini(&t);
	with_fault("slow:30ms", &t, POST_HELLO);
	CHECK_STR(buf_str(&t.texts), "hello\n");
	talk_fini(&t);
	with_fault("garbage#2", &t, POST_HELLO);
	CHECK(str_find(buf_str(&t.texts), STR("nonsense")) < t.texts.n);
	talk_fini(&t);
	CHECK(talk_logged(&t, "\"end\":\"failed\",\"fault\":\"close\""));
	CHECK(talk_logged(&t, "\"tokens_out\":3}"));
	vendor_stop(v);
}

TEST(vendors_misbehave_over_websocket)
{
	struct vendor *v = start((struct vendor_config){0});
	struct talk t = {.v = v};

	with_fault("close:1008#1", &t, OPEN "> a\n< a\n> b\n=\n");
	CHECK_INT(t.close_code, 1008);
	talk_fini(&t);
	with_fault("reset@1ms", &t, OPEN "=\n");
	CHECK_INT(t.close_code, 1006);
	talk_fini(&t);
	with_fault("error#0", &t, OPEN "> a\n< own error\n=\n");
	CHECK(!t.missed);
	CHECK_INT(t.close_code, 1011);
	talk_fini(&t);
	with_fault("huge#0", &t, OPEN "> a\n< a\nc 1000\n");
	CHECK(t.texts.n > 20u << 20);
	talk_fini(&t);
	with_fault("rate", &t, OPEN "> a\n");
	CHECK_INT(t.status, 429);
	talk_fini(&t);
	vendor_stop(v);
}

TEST(a_vendor_that_stalls_still_listens)
{
	struct vendor *v = start((struct vendor_config){0});
	struct talk t = {.v = v};

	with_fault("stall#1", &t, OPEN "> a\n< a\nx ff\n> b\nx ff\n> c\nc 1000\n");
	CHECK_INT(t.close_code, 1000);
	CHECK_STR(buf_str(&t.texts), "a\n");
	CHECK_INT(t.binary.n, 0);
	CHECK_INT(vendor_wrongs(v), 0);
	talk_fini(&t);
	vendor_stop(v);
}

TEST(vendors_misbehave_now_and_then)
{
	struct vendor *v = start(
		(struct vendor_config){.seed = 7,
				       .fault_one_in = 3,
				       .fault_kinds = 1u << VENDOR_FAULT_RATE | 1u << VENDOR_FAULT_CLOSE});
	int bad = 0;

	for (int i = 0; i < 60; i++) {
		struct talk t = {.v = v};

		talk_run(&t, POST_HELLO);
		bad += t.status != 200 || t.missed;
		talk_fini(&t);
	}
	CHECK(bad >= 10 && bad <= 32);
	vendor_stop(v);
}

TEST(a_fault_has_a_name)
{
	struct vendor_fault f;

	CHECK_INT(vendor_fault_parse(STR("stall#3"), &f), 0);
	CHECK(f.kind == VENDOR_FAULT_STALL && f.item == 3);
	CHECK_INT(vendor_fault_parse(STR("reset@1500ms"), &f), 0);
	CHECK(f.kind == VENDOR_FAULT_RESET && f.after == USEC_MS(1500));
	CHECK_INT(vendor_fault_parse(STR("slow:800ms"), &f), 0);
	CHECK(f.kind == VENDOR_FAULT_SLOW && f.span == USEC_MS(800));
	CHECK_INT(vendor_fault_parse(STR("dribble:300ms#1"), &f), 0);
	CHECK(f.kind == VENDOR_FAULT_DRIBBLE && f.span == USEC_MS(300) && f.item == 1);
	CHECK_INT(vendor_fault_parse(STR("stall~2"), &f), 0);
	CHECK(f.kind == VENDOR_FAULT_STALL && f.partial == 2);
	CHECK_INT(vendor_fault_parse(STR("sulk"), &f), -EBADMSG);
	CHECK_INT(vendor_fault_parse(STR("stall~0"), &f), -EBADMSG);
	CHECK_INT(vendor_fault_parse(STR("stall#x"), &f), -EBADMSG);
	CHECK_INT(vendor_fault_parse(STR("stall@5"), &f), -EBADMSG);
}

/* ---- sound ---- */

TEST(sound_is_coded_as_the_sheet_has_it)
{
	static const struct {
		int16_t pcm;
		uint8_t mulaw;
		int16_t from_mulaw;
		uint8_t alaw;
		int16_t from_alaw;
	} rows[] = {
		{0, 0xff, 0, 0xd5, 8},
		{100, 0xf2, 104, 0xd3, 104},
		{-100, 0x72, -104, 0x53, -104},
		{1000, 0xce, 988, 0xfa, 1008},
		{-1000, 0x4e, -988, 0x7a, -1008},
		{8159, 0x9f, 8316, 0x8a, 8064},
		{32767, 0x80, 32124, 0xaa, 32256},
		{-32768, 0x00, -32124, 0x2a, -32256},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(sound_to_mulaw(rows[i].pcm), rows[i].mulaw);
		CHECK_INT(sound_from_mulaw(rows[i].mulaw), rows[i].from_mulaw);
		CHECK_INT(sound_to_alaw(rows[i].pcm), rows[i].alaw);
		CHECK_INT(sound_from_alaw(rows[i].alaw), rows[i].from_alaw);
	}
}

TEST(tones_are_read_back_in_every_coding)
{
	static const struct sound as[] = {{SOUND_MULAW, 8000}, {SOUND_ALAW, 8000}, {SOUND_S16, 8000},
					  {SOUND_S16, 16000},  {SOUND_F32, 16000}, {SOUND_S16, 22050},
					  {SOUND_S16, 24000},  {SOUND_S16, 48000}, {SOUND_U8, 16000}};

	for (size_t i = 0; i < ARRAY_LEN(as); i++) {
		struct buf sound, text;

		buf_init(&sound, 16u << 20);
		buf_init(&text, 4096);
		tones_speak(STR("Gr\xc3\xbc\xc3\x9f Gott, 1,234 xyz!"), &as[i], &sound);
		CHECK_INT(sound_span(&as[i], sound.n), 23 * TONES_LETTER);
		tones_read(&as[i], buf_str(&sound), &text);
		CHECK_STR(buf_str(&text), "Gr\xc3\xbc\xc3\x9f Gott, 1,234 xyz!");
		buf_fini(&sound);
		buf_fini(&text);
	}
}

TEST(tones_are_not_heard_in_noise)
{
	struct tones_ear e;
	struct rng r;
	char letter;
	int heard = 0;

	tones_init(&e, 8000);
	rng_init_number(&r, 3);
	for (int i = 0; i < 80000; i++)
		heard += tones_hear(&e, i / 480 % 2 ? 0 : (int16_t)(rng_below(&r, 20000) - 10000), &letter);
	CHECK_INT(heard, 0);
}

static void check_hex(const struct buf *got, const char *want)
{
	struct buf hex;

	buf_init(&hex, 4096);
	for (size_t i = 0; i < got->n && i < 12; i++)
		buf_printf(&hex, "%02x", (uint8_t)got->p[i]);
	CHECK(str_starts(buf_str(&hex), str_from(want)));
	buf_fini(&hex);
}

TEST(vendors_frame_as_the_vectors_do)
{
	static const struct {
		int opcode;
		size_t n;
		const char *hex;
	} rows[] = {
		{2, 320, "827e0140"}, {2, 70000, "827f0000000000011170"},
		{9, 0, "8900"},       {10, 0, "8a00"},
		{1, 125, "817d"},     {1, 126, "817e007e"},
	};
	char accept[32], *zeros = mem_zalloc(70000);

	for (size_t i = 0; i < ARRAY_LEN(rows) && zeros; i++) {
		struct buf out;

		buf_init(&out, 1u << 20);
		ws_write(&out, rows[i].opcode, (struct str){zeros, rows[i].n});
		check_hex(&out, rows[i].hex);
		CHECK_INT((int)out.n, (int)(strlen(rows[i].hex) / 2 + rows[i].n));
		buf_fini(&out);
	}
	mem_free(zeros);
	ws_accept_text(STR("dGhlIHNhbXBsZSBub25jZQ=="), accept);
	CHECK_STR(str_from(accept), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(vendors_speak_websocket_over_tls)
{
	struct vendor *v = start((struct vendor_config){.tls = true});
	struct talk t = {.v = v, .tls = true};

	talk_run(&t, OPEN "r 818537fa213d7f9f4d5158\n< Hello\nb 70000\n> end\n< end\nc 1000\n");
	CHECK_INT(t.close_code, 1000);
	CHECK_INT((int)t.binary.n, 70000);
	talk_fini(&t);
	t.name = "wrong.example";
	talk_run(&t, OPEN "> a\n< a\n");
	CHECK_INT(t.status, 0);
	talk_fini(&t);
	vendor_stop(v);
}
