#include "fuzz.h"

#include <assert.h>
#include <errno.h>

#include "base/json.h"
#include "base/mem.h"

/* What could be read can be written, and reads as the same again. */
static void write_and_reread(const struct json *doc, struct buf *first, struct buf *second)
{
	static const struct json_limits wide = {.bytes = 1u << 22, .depth = JSON_DEPTH_MAX};
	struct json_out w;
	struct json *again;

	json_begin(&w, first);
	json_node(&w, NULL, doc);
	assert(first->error == 0 && w.depth == 0);
	assert(json_parse(buf_str(first), &wide, NULL, &again) == 0);
	json_begin(&w, second);
	json_node(&w, NULL, again);
	assert(str_eq(buf_str(first), buf_str(second)));
	json_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	struct json_problem problem = {0};
	struct buf first, second;
	struct json *doc;
	long blocks = mem_live();
	int rc;

	buf_init(&first, 1u << 22);
	buf_init(&second, 1u << 22);
	rc = json_parse(text, NULL, &problem, &doc);
	assert(rc == 0 || rc == -EMSGSIZE || problem.text[0]);
	if (rc == 0) {
		write_and_reread(doc, &first, &second);
		json_free(doc);
	}
	buf_clear(&first);
	json_quote(&first, text); /* any bytes become a valid string */
	buf_clear(&second);
	buf_printf(&second, "[" STR_FMT "]", STR_ARG(buf_str(&first)));
	if (str_find(buf_str(&first), STR("\\u0000")) == first.n) {
		assert(json_parse(buf_str(&second), NULL, NULL, &doc) == 0);
		json_free(doc);
	}
	buf_fini(&first);
	buf_fini(&second);
	assert(mem_live() == blocks);
	return 0;
}
