/* Speechmatics: a conversation of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_speechmatics;

#define START                                                                                            \
	"> {\"message\":\"StartRecognition\",\"audio_format\":{\"type\":\"raw\",\"encoding\":\"mulaw\"," \
	"\"sample_rate\":8000},\"transcription_config\":{\"language\":\"en\","                           \
	"\"operating_point\":\"enhanced\",\"max_delay\":1.0,\"max_delay_mode\":\"flexible\","            \
	"\"enable_partials\":true,\"enable_entities\":true,\"diarization\":\"speaker\","                 \
	"\"additional_vocab\":[{\"content\":\"Acme\",\"sounds_like\":[\"ak me\"]}],"                     \
	"\"conversation_config\":{\"end_of_utterance_silence_trigger\":0.4}}}\n"

#define SCRIPT                                                                           \
	"GET /v2\nAuthorization: Bearer key-of-tests\n\n" START "< RecognitionStarted\n" \
	"t hello there\n"                                                                \
	"< \"seq_no\":1\n"                                                               \
	"b 3200\nb 800\n"                                                                \
	"< EndOfUtterance\n"                                                             \
	"t bye\n"                                                                        \
	"> {\"message\":\"ForceEndOfUtterance\"}\n"                                      \
	"< \"transcript\":\"Bye. \"\n"                                                   \
	"> {\"message\":\"EndOfStream\",\"last_seq_no\":4}\n"                            \
	"< EndOfTranscript\n"                                                            \
	"=\n"

static const struct talk_mutation mutations[] = {
	{"GET /v2", "GET /v1", 404},
	{"key-of-tests", "key-of-others", 401},
	{"Bearer ", "Token ", 401},
	{"StartRecognition", "Start", 0, 1003, "protocol_error"},
	{"\"encoding\":\"mulaw\"", "\"encoding\":\"alaw\"", 0, 1003, "invalid_audio_type"},
	{",\"sample_rate\":8000", "", 0, 1003, "invalid_audio_type"},
	{"\"language\":\"en\",", "", 0, 1003, "language is missing"},
	{"\"max_delay\":1.0", "\"max_delay\":0.1", 0, 1003, "invalid_config"},
	{"silence_trigger\":0.4", "silence_trigger\":1.4", 0, 1003, "smaller than max_delay"},
	{"\"enable_partials\"", "\"partials\"", 0, 1003, "invalid_config"},
	{"< RecognitionStarted\n", "> {\"message\":\"StartRecognition\"}\n", 0, 1003, "protocol_error"},
	{"t hello there", "b 0", 0, 1003, "data_error"},
	{"\"last_seq_no\":4", "\"last_seq_no\":3", 0, 1003, "last_seq_no"},
	{"ForceEndOfUtterance", "Finalize", 0, 1003, "invalid_message"},
	{"> {\"message\":\"StartRecognition\"", "b 160\n> {\"message\":\"StartRecognition\"", 0, 1003,
	 "before"},
};

static struct talk start(void)
{
	static const struct vendor_sim *const sims[] = {&sim_speechmatics, NULL};

	return talk_start(&(struct vendor_config){.sims = sims, .says.ear = VENDOR_EAR_TONES});
}

TEST(speechmatics_refuses_what_the_sheet_refuses)
{
	struct talk t = start();

	talk_mutations(&t, SCRIPT, mutations, ARRAY_LEN(mutations));
	vendor_stop(t.v);
}

TEST(speechmatics_appends_finals)
{
	struct talk t = start();

	talk_run(&t, SCRIPT);
	CHECK(talk_came(&t, "{\"message\":\"AddPartialTranscript\""));
	CHECK(talk_came(&t, "\"transcript\":\"hello \""));
	CHECK(talk_came(
		&t, "\"transcript\":\"Hello there. \"},\"results\":[{\"type\":\"word\",\"start_time\":0"));
	CHECK(talk_came(&t, "{\"type\":\"punctuation\",\"attaches_to\":\"previous\",\"is_eos\":true"));
	CHECK_INT(t.close_code, 1000);
	talk_fini(&t);
	vendor_stop(t.v);
}
