/* Deepgram Flux: a conversation of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_deepgram_flux;

#define OPEN                                                                                     \
	"GET /v2/listen?model=flux-general-en&encoding=mulaw&sample_rate=8000&eot_threshold=0.8" \
	"&eager_eot_threshold=0.5&eot_timeout_ms=4000&keyterm=Acme\nAuthorization: Token key-of-tests\n\n"

#define SCRIPT                                                                                           \
	OPEN "< {\"type\":\"Connected\"\n"                                                               \
	     "t I ne\nt ed h\nt elp \nb 1600\nb 160\n"                                                   \
	     "< EagerEndOfTurn\n"                                                                        \
	     "t now \nb 1600\nb 1600\nb 640\n"                                                           \
	     "< \"event\":\"EndOfTurn\"\n"                                                               \
	     "> {\"type\":\"Configure\",\"thresholds\":{\"eot_threshold\":0.8,\"eot_timeout_ms\":4000}," \
	     "\"keyterms\":[\"X\"]}\n"                                                                   \
	     "< ConfigureSuccess\n"                                                                      \
	     "t and quickly\n"                                                                           \
	     "> {\"type\":\"CloseStream\"}\n"                                                            \
	     "< \"turn_index\":1\n"                                                                      \
	     "=\n"

static const struct talk_mutation mutations[] = {
	{"/v2/listen", "/v3/listen", 404},
	{"key-of-tests", "key-of-others", 401, 0, "INVALID_AUTH"},
	{"model=flux-general-en&", "", 400, 0, "model is missing"},
	{"flux-general-en", "nova-3", 400, 0, "model"},
	{"&eot_timeout_ms", "&interim_results=true&eot_timeout_ms", 400, 0, "interim_results"},
	{"&eot_timeout_ms=4000", "&eot_timeout_ms=100", 400, 0, "eot_timeout_ms"},
	{"eot_threshold=0.8", "eot_threshold=0.95", 400, 0, "eot_threshold"},
	{"&sample_rate=8000", "", 400, 0, "go together"},
	{"keyterm=Acme", "language_hint=en", 400, 0, "multi"},
	{"b 1600", "b 0", 0, 1008, "DATA-0000"},
	{"b 1600", "x 7b7d", 0, 1008, "DATA-0000"},
	{"{\"type\":\"Configure\"", "{\"type\":\"KeepAlive\"", 0, 1008, "MESSAGE-0000"},
	{"{\"type\":\"Configure\"", "{\"type\":\"Finalize\"", 0, 1008, "MESSAGE-0000"},
	{"\"thresholds\":{\"eot_threshold\":0.8", "\"thresholds\":{\"eot_threshold\":8", 0, 0,
	 "ConfigureFailure"},
	{"\"keyterms\"", "\"keyterm\"", 0, 0, "ConfigureFailure"},
	{"> {\"type\":\"Configure\"", "> {\"type:\"Configure\"", 0, 1008},
};

static struct talk start(void)
{
	static const struct vendor_sim *const sims[] = {&sim_deepgram_flux, NULL};

	return talk_start(&(struct vendor_config){.sims = sims, .says.ear = VENDOR_EAR_TONES});
}

TEST(deepgram_flux_refuses_what_the_sheet_refuses)
{
	struct talk t = start();

	talk_mutations(&t, SCRIPT, mutations, ARRAY_LEN(mutations));
	vendor_stop(t.v);
}

TEST(deepgram_flux_tells_turns)
{
	struct talk t = start();

	talk_run(&t, SCRIPT);
	CHECK(talk_came(&t, "\"event\":\"StartOfTurn\",\"turn_index\":0,\"audio_window_start\":0"));
	CHECK(talk_came(&t, "\"event\":\"Update\",\"turn_index\":0"));
	CHECK(talk_came(&t, "\"event\":\"EagerEndOfTurn\""));
	CHECK(talk_came(&t, "\"transcript\":\"I need help\""));
	CHECK(talk_came(&t, "\"event\":\"TurnResumed\""));
	CHECK(talk_came(&t, "\"transcript\":\"I need help now\""));
	CHECK(talk_came(&t, "\"transcript\":\"and quickly\""));
	CHECK_INT(t.close_code, 1000);
	talk_fini(&t);
	vendor_stop(t.v);
}
