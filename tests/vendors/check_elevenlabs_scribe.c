/* ElevenLabs Scribe: a conversation of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_elevenlabs_scribe;

#define CHUNK(audio, rest)                                                                               \
	"> {\"message_type\":\"input_audio_chunk\",\"audio_base_64\":\"" audio "\",\"commit\":" rest "," \
	"\"sample_rate\":8000}\n"

#define QUERY "model_id=scribe_v2_realtime&audio_format=ulaw_8000&include_timestamps=true"

#define OPEN                                                            \
	"GET /v1/speech-to-text/realtime?" QUERY "&commit_strategy=vad" \
	"&vad_silence_threshold_secs=0.5&keyterms=Acme&keyterms=Zoe\nxi-api-key: key-of-tests\n\n"

#define SCRIPT                                                                                          \
	OPEN "< session_started\n" CHUNK("$(hello there)", "false") CHUNK(                              \
		"$[8000]", "false") "< committed_transcript_with_timestamps\n" CHUNK("$(bye)", "false") \
		CHUNK("", "true") "< \"text\":\"Bye.\",\"language_code\"\n"                             \
				  "c 1000\n"

static const struct talk_mutation mutations[] = {
	{"speech-to-text", "speech-2-text", 404},
	{"key-of-tests", "key-of-others", 401, 0, "invalid_api_key"},
	{"scribe_v2_realtime", "scribe_v2", 400, 0, "model_id"},
	{"ulaw_8000", "mulaw", 400, 0, "audio_format"},
	{"commit_strategy=vad", "commit_strategy=auto", 400, 0, "commit_strategy"},
	{"threshold_secs=0.5", "threshold_secs=500", 400, 0, "vad_silence_threshold_secs"},
	{"keyterms=Acme", "keywords=Acme", 400, 0, "keywords"},
	{"\"message_type\"", "\"type\"", 0, 1008, "message_type"},
	{"\"commit\":false,", "", 0, 1008, "commit is missing"},
	{"\"sample_rate\":8000", "\"sample_rate\":16000", 0, 1008, "sample_rate"},
	{"$(hello there)", "***", 0, 0, "input_error"},
	{"$(bye)", "$[160]", 0, 0, "commit_throttled"},
	{"$(hello there)", "$[64000]", 0, 1008, "chunk_size_exceeded"},
	{"$[8000]\",\"commit\":false,", "$[8000]\",\"commit\":false,\"previous_text\":\"a\",", 0, 1008,
	 "previous_text"},
	{"> {\"message_type\"", "b 800\n> {\"message_type\"", 0, 1003},
};

static struct talk start(void)
{
	static const struct vendor_sim *const sims[] = {&sim_elevenlabs_scribe, NULL};

	return talk_start(&(struct vendor_config){.sims = sims, .says.ear = VENDOR_EAR_TONES});
}

TEST(elevenlabs_scribe_refuses_what_the_sheet_refuses)
{
	struct talk t = start();

	talk_mutations(&t, SCRIPT, mutations, ARRAY_LEN(mutations));
	vendor_stop(t.v);
}

TEST(elevenlabs_scribe_commits_twice)
{
	struct talk t = start();

	talk_run(&t, SCRIPT);
	CHECK(talk_came(&t, "{\"message_type\":\"partial_transcript\",\"text\":\"hello\"}"));
	CHECK(talk_came(&t, "{\"message_type\":\"committed_transcript\",\"text\":\"Hello there.\"}"));
	CHECK(talk_came(&t, "{\"text\":\" \",\"start\":0.3,\"end\":0.36,\"type\":\"spacing\"}"));
	CHECK_INT(vendor_wrongs(t.v), 0);
	talk_fini(&t);
	vendor_stop(t.v);
}
