#include "provider/llm/llm_copy.h"
#include "test.h"

/* Every text of a request outlives its owner. */
TEST(llm_copy_keeps_every_text)
{
	char room[] = "text id name {} carry tool what {}";
	struct str all = {room, sizeof(room) - 1}, words[8];
	struct llm_request *copy;

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		words[i] = str_word(&all);
	const struct llm_message m = {LLM_ASSISTANT, words[0], words[1], words[2], words[3], words[4]};
	const struct llm_tool t = {words[5], words[6], words[7]};
	const struct llm_request r = {&m, 1, &t, 1, 0.5f, 7, USEC_MS(1)};

	REQUIRE(llm_copy_new(&r, &copy) == 0);
	memset(room, '#', sizeof(room));
	CHECK_STR(copy->messages[0].text, "text");
	CHECK_STR(copy->messages[0].tool_id, "id");
	CHECK_STR(copy->messages[0].tool_name, "name");
	CHECK_STR(copy->messages[0].arguments, "{}");
	CHECK_STR(copy->messages[0].carry, "carry");
	CHECK_STR(copy->tools[0].name, "tool");
	CHECK_STR(copy->tools[0].description, "what");
	CHECK_STR(copy->tools[0].schema, "{}");
	llm_copy_free(copy);
}
