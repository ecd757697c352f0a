/* Azure text to speech: conversations of the sheet, and what is wrong with their mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_azure_voice, sim_azure_voice_post;

#define SSML                                                                                       \
	"<speak version=\"1.0\" xmlns=\"http://www.w3.org/2001/10/synthesis\" xml:lang=\"en-US\">" \
	"<voice name=\"en-US-AvaMultilingualNeural\">Hello &amp; welcome.</voice></speak>"

#define POST                                                                    \
	"POST /cognitiveservices/v1\nOcp-Apim-Subscription-Key: key-of-tests\n" \
	"Content-Type: application/ssml+xml\nUser-Agent: tests\n"               \
	"X-Microsoft-OutputFormat: raw-8khz-8bit-mono-mulaw\n\n" SSML "\n.\n"

#define ID    "0123456789abcdef0123456789abcdef"
#define STAMP "X-RequestId: " ID "\1X-Timestamp: 2026-01-02T03:04:05.678Z\1"

#define SCRIPT                                                                                              \
	"GET /cognitiveservices/websocket/v1\nOcp-Apim-Subscription-Key: key-of-tests\n"                    \
	"X-ConnectionId: " ID "\n\n"                                                                        \
	"> Path: speech.config\1" STAMP "Content-Type: application/json\1\1{\"context\":{\"system\":{}}}\n" \
	"> Path: synthesis.context\1" STAMP "Content-Type: application/json\1\1{\"synthesis\":{\"audio\":"  \
	"{\"metadataOptions\":{\"wordBoundaryEnabled\":true},\"outputFormat\":"                             \
	"\"raw-8khz-8bit-mono-mulaw\"},\"language\":{\"autoDetection\":false}}}\n"                          \
	"> Path: ssml\1" STAMP "Content-Type: application/ssml+xml\1\1" SSML "\n"                           \
	"< turn.end\n"                                                                                      \
	"c 1000\n"

static const struct talk_mutation post_mutations[] = {
	{"/cognitiveservices/v1", "/cognitiveservices/v2", 404},
	{"key-of-tests", "key-of-others", 401},
	{"User-Agent: tests\n", "", 400},
	{"application/ssml+xml", "text/xml", 415},
	{"raw-8khz-8bit-mono-mulaw", "ulaw_8000", 400},
	{"X-Microsoft-OutputFormat: ", "X-Output: ", 400},
	{"&amp;", "&", 400},
	{"</voice>", "", 400},
	{"<voice name=\"en-US-AvaMultilingualNeural\">", "<voice>", 400},
	{" xml:lang=\"en-US\"", "", 400},
	{"<speak version=\"1.0\"", "<speak", 400},
	{SSML, "Hello & welcome.", 400},
};

static const struct talk_mutation mutations[] = {
	{"/websocket/v1", "/websocket/v9", 404},
	{"key-of-tests", "key-of-others", 401},
	{"X-ConnectionId: 0", "X-ConnectionId: -", 400},
	{"Path: speech.config", "Path: speech.configuration", 0, 1003},
	{"\"system\"", "\"sys\"", 0, 1007},
	{"raw-8khz-8bit-mono-mulaw", "mulaw", 0, 1007, "outputFormat"},
	{"Path: synthesis.context\1X-RequestId: 0", "Path: synthesis.context\1X-RequestId: 1", 0, 1002,
	 "same X-RequestId"},
	{"Path: ssml\1", "Path: text\1", 0, 1007},
	{"Content-Type: application/ssml+xml\1\1", "Content-Type: text/xml\1\1", 0, 1007},
	{"&amp;", "&", 0, 1007, "escaped"},
	{"X-Timestamp", "Timestamp", 0, 1007, "badly framed"},
	{"> Path: ssml", "b 100\n> Path: ssml", 0, 1003},
};

static struct talk start(void)
{
	static const struct vendor_sim *const sims[] = {&sim_azure_voice, &sim_azure_voice_post, NULL};

	return talk_start(&(struct vendor_config){.sims = sims});
}

TEST(azure_voice_refuses_what_the_sheet_refuses)
{
	struct talk t = start();

	talk_mutations(&t, POST, post_mutations, ARRAY_LEN(post_mutations));
	talk_mutations(&t, SCRIPT, mutations, ARRAY_LEN(mutations));
	vendor_stop(t.v);
}

TEST(azure_voice_speaks_what_it_is_given)
{
	const struct sound as = {SOUND_MULAW, 8000};
	struct talk t = start();
	struct buf text;

	buf_init(&text, 1024);
	talk_run(&t, POST);
	tones_read(&as, buf_str(&t.texts), &text);
	CHECK_STR(buf_str(&text), "Hello & welcome.");
	talk_fini(&t);
	talk_run(&t, SCRIPT);
	CHECK(talk_came(&t,
			"\"Data\":{\"Offset\":4800000,\"Duration\":4800000,\"text\":{\"Text\":\"welcome.\""));
	CHECK(talk_came(&t, "\"streamId\":\"5E2C8A1B\""));
	CHECK(t.binary.n > 16 * 480);
	talk_fini(&t);
	buf_fini(&text);
	vendor_stop(t.v);
}
