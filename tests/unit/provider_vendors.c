/* The list of vendors: what a row says for people is what its dialect does. */
#include "provider/vendors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "provider/llm/llm_sse.h"
#include "provider/stt/stt_http.h"
#include "provider/stt/stt_ws.h"
#include "provider/tts/tts_http.h"
#include "provider/tts/tts_tcp.h"
#include "provider/tts/tts_ws.h"
#include "test.h"

static bool is_before(const struct vendor *a, const struct vendor *b)
{
	return a->kind != b->kind ? a->kind < b->kind : strcmp(a->type, b->type) < 0;
}

TEST(vendors_are_in_order_and_each_stands_once)
{
	for (size_t i = 1; i < vendors_count; i++)
		if (!is_before(&vendors[i - 1], &vendors[i]))
			test_failed(__FILE__, __LINE__, "'%s' stands behind '%s'", vendors[i].type,
				    vendors[i - 1].type);
	for (size_t i = 0; i < vendors_count; i++)
		CHECK(vendor_find(str_from(vendors[i].type), vendors[i].kind) == &vendors[i]);
	CHECK(!vendor_find(STR("nobody"), USAGE_STT));
}

/* -1 where the family has no such thing. */
struct truth {
	int key, can;
};

static struct truth truth_of(const struct vendor *v)
{
	if (v->kind == USAGE_LLM && v->llm == &llm_sse_ops)
		return (struct truth){(int)((const struct llm_sse_dialect *)v->dialect)->key, LLM_TOOLS};
	if (v->kind == USAGE_STT && v->stt == &stt_ws_ops) {
		const struct stt_ws_dialect *d = v->dialect;

		return (struct truth){(int)d->key, (int)(d->can & ~(unsigned)STT_LOCAL)};
	}
	if (v->kind == USAGE_STT && v->stt == &stt_http_ops)
		return (struct truth){(int)((const struct stt_http_dialect *)v->dialect)->key, STT_LIKELY};
	if (v->kind == USAGE_TTS && v->tts == &tts_ws_ops) {
		const struct tts_traits *t = &((const struct tts_ws_dialect *)v->dialect)->traits;

		return (struct truth){(int)t->key, (int)t->can};
	}
	if (v->kind == USAGE_TTS && v->tts == &tts_http_ops)
		return (struct truth){(int)((const struct tts_http_dialect *)v->dialect)->traits.key, 0};
	if (v->kind == USAGE_TTS && v->tts == &tts_tcp_ops)
		return (struct truth){(int)((const struct tts_tcp_dialect *)v->dialect)->traits.key, 0};
	return (struct truth){-1, -1};
}

TEST(vendors_are_what_their_dialects_are)
{
	for (size_t i = 0; i < vendors_count; i++) {
		const struct vendor *v = &vendors[i];
		struct truth t = truth_of(v);

		if (t.key >= 0 && (t.key != (int)v->key || t.can != (int)v->can))
			test_failed(__FILE__, __LINE__, "'%s' says key %d and can %u, its dialect %d and %d",
				    v->type, (int)v->key, v->can, t.key, t.can);
		CHECK(!v->dialect == (t.key < 0)); /* without a dialect only what is in this process */
		CHECK(!v->key_env || v->key != VENDOR_KEY_NONE);
	}
}

/* ---- fuzzing ---- */

static const char *fuzz_target_of(const struct vendor *v)
{
	if (v->kind == USAGE_LLM && v->llm == &llm_sse_ops)
		return "llm_sse";
	if (v->kind == USAGE_STT && v->stt == &stt_ws_ops)
		return "stt_ws";
	if (v->kind == USAGE_STT && v->stt == &stt_http_ops)
		return "stt_http";
	return "tts_stream";
}

/* The targets find a dialect by the first line of their input. */
TEST(vendors_have_each_a_corpus_to_be_fuzzed_with)
{
	const char *data = getenv("OFFHOOK_TEST_DATA");

	REQUIRE(data);
	for (size_t i = 0; i < vendors_count; i++) {
		const struct vendor *v = &vendors[i];
		char path[4096], line[128] = "";
		FILE *f;

		if (!v->dialect)
			continue;
		snprintf(path, sizeof(path), "%s/../../fuzz/corpus/%s/%s", data, fuzz_target_of(v), v->type);
		f = fopen(path, "rb");
		if (!f || !fgets(line, sizeof(line), f) ||
		    !str_eq(str_trim(str_from(line)), str_from(v->type)))
			test_failed(v->type, 0, "%s is not there, or does not begin with its type", path);
		if (f)
			fclose(f);
	}
}
