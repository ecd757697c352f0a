/* Gladia: a conversation of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_gladia, sim_gladia_post;

#define POST                                                                                           \
	"POST /v2/live?region=eu-west\nx-gladia-key: key-of-tests\nContent-Type: application/json\n\n" \
	"{\"encoding\":\"wav/ulaw\",\"bit_depth\":8,\"sample_rate\":8000,\"channels\":1,"              \
	"\"model\":\"solaria-1\",\"endpointing\":0.2,\"maximum_duration_without_endpointing\":5,"      \
	"\"language_config\":{\"languages\":[\"en\"],\"code_switching\":false},"                       \
	"\"realtime_processing\":{\"custom_vocabulary\":true,\"custom_vocabulary_config\":"            \
	"{\"vocabulary\":[\"Acme\"]}},\"messages_config\":{\"receive_partial_transcripts\":true,"      \
	"\"receive_lifecycle_events\":true}}\n.\n"

/* The token of the first session of a process is 0; each POST makes another, so the newest is unknown: 0 is
 * good. */
#define TALK                                                             \
	"GET /v2/live?token=tok-0\n\n"                                   \
	"< start_recording\n"                                            \
	"t hello there\nb 2400\n"                                        \
	"< \"is_final\":true\n"                                          \
	"> {\"type\":\"audio_chunk\",\"data\":{\"chunk\":\"$(bye)\"}}\n" \
	"> {\"type\":\"audio_chunk\",\"data\":{\"chunk\":\"\"}}\n"       \
	"> {\"type\":\"stop_recording\"}\n"                              \
	"< Bye.\n"                                                       \
	"=\n"

static const struct talk_mutation post_mutations[] = {
	{"POST /v2/live", "POST /v1/live", 404},
	{"region=eu-west", "region=mars", 422, 0, "region"},
	{"key-of-tests", "key-of-others", 401},
	{"application/json", "text/plain", 422},
	{"wav/ulaw", "ulaw", 422, 0, "encoding"},
	{"\"bit_depth\":8", "\"bit_depth\":16", 422, 0, "bit_depth"},
	{"\"sample_rate\":8000", "\"sample_rate\":11025", 422, 0, "sample_rate"},
	{"solaria-1", "solaria-9", 422, 0, "model"},
	{"\"endpointing\":0.2", "\"endpointing\":\"0.2\"", 422, 0, "endpointing"},
	{"\"custom_vocabulary\":true,", "", 422, 0, "custom_vocabulary"},
	{"\"languages\":", "\"language\":", 422, 0, "language"},
	{"receive_partial_transcripts", "partials", 422, 0, "partials"},
};

static const struct talk_mutation talk_mutation_rows[] = {
	{"GET /v2/live", "GET /v3/live", 404},
	{"token=tok-0", "token=tok-4000000", 401},
	{"?token=tok-0", "", 401},
	{"t hello there", "b 0", 0, 4400},
	{"\"type\":\"audio_chunk\"", "\"type\":\"audio\"", 0, 4400},
	{"$(bye)", "*", 0, 4400},
	{"\"chunk\":\"$(bye)\"", "\"audio\":\"$(bye)\"", 0, 4400},
	{"> {\"type\":\"stop_recording\"}", "> stop", 0, 4400},
	{"> {\"type\":\"stop_recording\"}", "> {\"type\":\"Terminate\"}", 0, 4400},
	{"t hello there", "r 8105", 0, 1002},
};

static struct talk start(void)
{
	static const struct vendor_sim *const sims[] = {&sim_gladia_post, &sim_gladia, NULL};

	return talk_start(&(struct vendor_config){.sims = sims, .says.ear = VENDOR_EAR_TONES});
}

TEST(gladia_refuses_what_the_sheet_refuses)
{
	struct talk t = start();

	talk_mutations(&t, POST, post_mutations, ARRAY_LEN(post_mutations));
	talk_mutations(&t, TALK, talk_mutation_rows, ARRAY_LEN(talk_mutation_rows));
	vendor_stop(t.v);
}

TEST(gladia_acknowledges_sound_and_resumes)
{
	struct talk t = start();

	talk_run(&t, POST);
	CHECK_INT(t.status, 201);
	CHECK(talk_came(&t, "\"url\":\"ws://localhost/v2/live?token=tok-"));
	talk_fini(&t);
	talk_run(&t, TALK);
	CHECK(talk_came(&t, "\"acknowledged\":true,\"data\":{\"byte_range\":["));
	CHECK(talk_came(&t, "\"is_final\":false,\"utterance\":{\"text\":\"hello\""));
	CHECK(talk_came(&t, "\"is_final\":true,\"utterance\":{\"text\":\"Hello there.\""));
	CHECK(talk_came(&t, "{\"word\":\" there\""));
	CHECK_INT(t.close_code, 1000);
	talk_fini(&t);
	vendor_stop(t.v);
}
