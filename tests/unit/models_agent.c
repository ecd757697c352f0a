#include "flow_play.h"
#include "models.h"
#include "provider/local/minilm.h"

/* Where meaning is the point: what callers say is in no agent's file. */
TEST(conversations_in_callers_own_words)
{
	struct ort *o = models_runtime();
	struct ort_error err = {0};
	struct embed *e;

	REQUIRE(o);
	if (minilm_open(o, &err, &e) < 0) {
		test_failed(__FILE__, __LINE__, "%s", err.text);
	} else {
		CHECK(flow_play("flows_meaning", e) >= 5);
		embed_close(e);
	}
	ort_close(o);
}
