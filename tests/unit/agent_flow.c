#include "embed_words.h"
#include "flow_play.h"
#include "test.h"

TEST(conversations_go_as_their_scripts_say)
{
	struct embed embed = {&embed_words_ops};

	CHECK(flow_play("flows", &embed) >= 10);
}
