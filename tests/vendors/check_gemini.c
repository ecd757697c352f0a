/* Gemini: a conversation of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_gemini;

#define REQUEST                                                                                            \
	"POST /v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse\n"                             \
	"x-goog-api-key: key-of-tests\nContent-Type: application/json\n\n"                                 \
	"{\"systemInstruction\":{\"parts\":[{\"text\":\"You answer the phone.\"}]},"                       \
	"\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"Hi\"}]},"                                 \
	"{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"id\":\"c1\",\"name\":\"find_slot\","          \
	"\"args\":{\"day\":\"mon\"}},\"thoughtSignature\":\"b64==\"}]},"                                   \
	"{\"role\":\"user\",\"parts\":[{\"functionResponse\":{\"id\":\"c1\",\"name\":\"find_slot\","       \
	"\"response\":{\"slots\":[\"09:00\"]}}}]}],"                                                       \
	"\"tools\":[{\"functionDeclarations\":[{\"name\":\"find_slot\",\"description\":\"..\","            \
	"\"parameters\":"                                                                                  \
	"{\"type\":\"OBJECT\",\"properties\":{\"day\":{\"type\":\"STRING\"}},\"required\":[\"day\"]}}]}]," \
	"\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"AUTO\"}},"                                  \
	"\"generationConfig\":{\"temperature\":0.4,\"maxOutputTokens\":200,\"stopSequences\":[],"          \
	"\"thinkingConfig\":{\"thinkingBudget\":0}}}\n.\n"

static const struct talk_mutation mutations[] = {
	{":streamGenerateContent", "/streamGenerateContent", 404},
	{"gemini-2.5-flash", "no-such", 404, 0, "NOT_FOUND"},
	{"alt=sse", "alt=events", 400},
	{"key-of-tests", "key-of-others", 400, 0, "API key not valid"},
	{"x-goog-api-key: ", "Authorization: Bearer ", 403, 0, "PERMISSION_DENIED"},
	{"\"role\":\"model\"", "\"role\":\"assistant\"", 400, 0, "valid role"},
	{",\"thoughtSignature\":\"b64==\"", "", 400, 0, "thought_signature"},
	{"\"response\":{\"slots\":[\"09:00\"]}", "\"response\":\"09:00\"", 400, 0, "bare string"},
	{"\"args\":{\"day\":\"mon\"}", "\"args\":\"mon\"", 400, 0, "args"},
	{"\"type\":\"STRING\"", "\"type\":\"string\"", 400, 0, "STRING"},
	{"\"name\":\"find_slot\",\"description\"", "\"name\":\"find slot\",\"description\"", 400, 0, "name"},
	{"\"mode\":\"AUTO\"", "\"mode\":\"auto\"", 400, 0, "mode"},
	{"\"maxOutputTokens\"", "\"max_tokens\"", 400, 0, "max_tokens"},
	{"\"systemInstruction\"", "\"system\"", 400, 0, "system"},
	{"[{\"text\":\"Hi\"}]", "[]", 400, 0, "parts"},
	{"\"functionDeclarations\"", "\"functions\"", 400, 0, "functionDeclarations"},
};

static struct talk start(const struct vendor_answer *answers, size_t n)
{
	static const struct vendor_sim *const sims[] = {&sim_gemini, NULL};

	return talk_start(&(struct vendor_config){
		.sims = sims, .says = {.answers = answers, .n_answers = n, .tokens_cached = 5}});
}

TEST(gemini_refuses_what_the_sheet_refuses)
{
	struct talk t = start(NULL, 0);

	talk_mutations(&t, REQUEST, mutations, ARRAY_LEN(mutations));
	vendor_stop(t.v);
}

TEST(gemini_streams_parts_and_a_whole_call)
{
	static const struct vendor_answer answers[] = {
		{.when = "09:00", .text = "One moment.", .tool = "book", .arguments = "{\"day\":\"Mon\"}"}};
	struct talk t = start(answers, 1);

	talk_run(&t, REQUEST);
	CHECK(talk_came(
		&t,
		"data: {\"candidates\":[{\"index\":0,\"content\":{\"role\":\"model\",\"parts\":[{\"text\":"
		"\"One\"}]}}],\"usageMetadata\":{\"promptTokenCount\":"));
	CHECK(talk_came(&t, "{\"functionCall\":{\"name\":\"book\",\"args\":{\"day\":\"Mon\"}},"
			    "\"thoughtSignature\":\"c2lnbmVk\"}"));
	CHECK(talk_came(&t, "\"finishReason\":\"STOP\""));
	CHECK(talk_came(&t, "\"cachedContentTokenCount\":5,\"candidatesTokenCount\":5,"));
	CHECK(talk_logged(&t, "\"tokens_out\":5}"));
	talk_fini(&t);
	vendor_stop(t.v);
}
