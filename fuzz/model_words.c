#include <assert.h>
#include <string.h>

#include "agent/model_expect.h"
#include "agent/model_round.h"
#include "agent/wording.h"
#include "fuzz.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Takes what is handed out; returns how many bytes of it are no blanks. */
static size_t take(struct model_round *r)
{
	struct str words;
	size_t n = 0;

	while (!str_empty(words = model_round_words(r))) {
		assert(!is_blank(words.p[0]) && !is_blank(words.p[words.n - 1]));
		for (size_t i = 0; i < words.n; i++)
			n += !is_blank(words.p[i]);
	}
	return n;
}

/* However a model cuts its text: every word comes out, whole and once. */
static void stream(struct str text, size_t chunk)
{
	struct model_session with = {.window = 1};
	struct llm_event ev = {.type = LLM_EV_TEXT, .request = 1};
	struct model_round r;
	size_t want = 0, got = 0;

	for (size_t i = 0; i < text.n; i++)
		want += !is_blank(text.p[i]);
	model_round_init(&r);
	r.with = &with;
	r.number = 1;
	for (size_t at = 0; at < text.n; at += chunk) {
		ev.text = str_sub(text, at, chunk);
		assert(model_round_take(&r, &with, &ev));
		got += take(&r);
	}
	ev = (struct llm_event){.type = LLM_EV_DONE, .request = 1};
	assert(model_round_take(&r, &with, &ev));
	got += take(&r);
	assert(got == want);
	model_round_fini(&r);
}

/* A text, and after a zero byte another wording of it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str wording = {(const char *)data, size}, text = str_cut(&wording, '\0');

	if (text.n <= MODEL_ROUND_TEXT_MAX) {
		stream(text, 1);
		stream(text, 7);
		stream(text, MODEL_ROUND_TEXT_MAX);
	}
	assert(model_expect(text) < EOT_EXPECT_COUNT_);
	assert(!wording_keeps(text, wording) || wording.n > 0);
	return 0;
}
