/* Azure speech to text: a conversation of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_azure_speech;

#define ID    "0123456789abcdef0123456789abcdef"
#define STAMP "X-RequestId: " ID "\1X-Timestamp: 2026-01-02T03:04:05.678Z\1"

#define OPEN                                                                                       \
	"GET /speech/recognition/conversation/cognitiveservices/v1?language=en-US&format=simple\n" \
	"Ocp-Apim-Subscription-Key: key-of-tests\nX-ConnectionId: " ID "\n\n"

#define CONFIG                                                               \
	"> Path: speech.config\1" STAMP "Content-Type: application/json\1\1" \
	"{\"context\":{\"system\":{\"name\":\"SpeechSDK\",\"version\":\"1.40.0\"}}}\n"

#define CONTEXT                                                                               \
	"> Path: speech.context\1" STAMP "Content-Type: application/json\1\1"                 \
	"{\"phraseDetection\":{\"mode\":\"CONVERSATION\",\"CONVERSATION\":{\"segmentation\":" \
	"{\"mode\":\"Custom\",\"segmentationSilenceTimeoutMs\":300}}}}\n"

#define SOUND(what) "h Path: audio\1" STAMP "\2" what "\n"

#define SCRIPT                                                                         \
	OPEN CONFIG CONTEXT "h Path: audio\1" STAMP "Content-Type: audio/x-wav\1\2w\n" \
			    "< turn.start\n" SOUND("t hello there")                    \
				    SOUND("b 3200") "< speech.phrase\n" SOUND("t bye") \
					    SOUND("") "< turn.end\n"                   \
						      "c 1000\n"

static const struct talk_mutation mutations[] = {
	{"/conversation/", "/chat/", 404},
	{"language=en-US&", "", 400, 0, "language"},
	{"format=simple", "format=long", 400, 0, "format"},
	{"key-of-tests", "key-of-others", 401},
	{"X-ConnectionId: 0", "X-ConnectionId: X", 400},
	{"\"system\"", "\"sistem\"", 0, 1007, "context.system"},
	{CONFIG, "", 0, 1002, "comes first"},
	{CONTEXT, "", 0, 1002, "before sound"},
	{"application/json\1\1", "application/json\1", 0, 1007},
	{"X-RequestId: 0123", "X-RequestId: 0-23", 0, 1007},
	{"X-Timestamp", "Timestamp", 0, 1007},
	{"\"phraseDetection\"", "\"phrase\"", 0, 1007, "phrase"},
	{"Path: speech.context", "Path: speech.contexts", 0, 1003},
	{"Content-Type: audio/x-wav\1\2w", "\2w", 0, 1007, "RIFF"},
	{"Content-Type: audio/x-wav\1\2w", "Content-Type: audio/x-wav\1\2b 44", 0, 1007, "RIFF"},
	{"h Path: audio\1" STAMP "\2t hello", "h Path: audio\1" STAMP "Content-Type: audio/x-wav\1\2t hello",
	 0, 1007},
	{"h Path: audio\1" STAMP "\2t hello", "h Path: sound\1" STAMP "\2t hello", 0, 1003},
	{"h Path: audio\1" STAMP "\2t hello there", "x ffff00", 0, 1007},
	{"h Path: audio\1X-RequestId: 0", "h Path: audio\1X-RequestId: 1", 0, 1002, "its turn"},
};

static struct talk start(void)
{
	static const struct vendor_sim *const sims[] = {&sim_azure_speech, NULL};

	return talk_start(&(struct vendor_config){.sims = sims, .says.ear = VENDOR_EAR_TONES});
}

TEST(azure_speech_refuses_what_the_sheet_refuses)
{
	struct talk t = start();

	talk_mutations(&t, SCRIPT, mutations, ARRAY_LEN(mutations));
	vendor_stop(t.v);
}

TEST(azure_speech_tells_phrases)
{
	struct talk t = start();

	talk_run(&t, SCRIPT);
	CHECK(talk_came(&t, "Path:speech.hypothesis\r\n\r\n{\"Text\":\"hello\","));
	CHECK(talk_came(&t,
			"{\"RecognitionStatus\":\"Success\",\"DisplayText\":\"Hello there.\",\"Offset\":0,"));
	CHECK(talk_came(&t, "\"DisplayText\":\"Bye.\""));
	CHECK(talk_came(&t, "X-RequestId:" ID "\r\n"));
	talk_fini(&t);
	vendor_stop(t.v);
}
