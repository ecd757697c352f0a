/* What recognisers say over their WebSockets. The first line names the vendor, messages end with a zero byte.
 */
#include "fuzz.h"

#include <assert.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "provider/stt/stt_ws_text.h"

#define FACTS_MAX 100000

static struct stt_ws_text text;
static size_t facts;

static void on_fact(void *arg, const struct stt_ws_fact *f)
{
	struct stt_ws_where where = {.timed = f->end > 0, .start = f->start, .end = f->end};
	const struct stt_ws_line *l;

	(void)arg;
	assert(++facts < FACTS_MAX);
	assert(f->start >= 0 && f->end >= 0);
	if (f->type != STT_WS_PIECE)
		return;
	l = stt_ws_text_put(&text, f, &where);
	assert(!l || (l->n <= STT_TEXT_MAX && l->piece_count <= STT_WS_PIECES_MAX));
	assert(!l || utf8_valid(stt_ws_line_text(l)));
}

/* Turns of ours, as far as the vendor's allow. */
static void take_turns(size_t turn)
{
	if (turn % 5 == 4)
		stt_ws_text_forget(&text, (usec)turn * 1000);
	else if (text.count < STT_WS_LINES_MAX)
		stt_ws_text_next(&text, (usec)turn * 1000);
	else
		stt_ws_text_pop(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct service service;
	struct stt_ws_talk talk = {.service = &service, .language = STR("en-US")};
	struct stt_ws_teller tell = {.on_fact = on_fact};
	struct str rest = {(const char *)data, size}, type = str_cut(&rest, '\n');
	const struct vendor *v = vendor_find(type, USAGE_STT);
	const struct stt_ws_dialect *d = v ? v->dialect : NULL;
	long blocks = mem_live();

	facts = 0;
	if (!d || v->stt != &stt_ws_ops)
		return 0;
	stt_ws_text_init(&text, d->verbatim, 1);
	for (size_t turn = 0; !str_empty(rest); turn++) {
		(void)!stt_ws_read(d, &talk, str_cut(&rest, 0), &tell);
		take_turns(turn);
	}
	assert(mem_live() == blocks);
	return 0;
}
