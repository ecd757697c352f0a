#include "stt_dialect.h"

extern const struct stt_ws_dialect azure_speech;

#define ID          "00112233445566778899aabbccddeeff"
#define LINES(path) "X-RequestId:" ID "\r\nContent-Type:application/json\r\nPath:" path "\r\n\r\n"

static const struct service plain = {.key = STR_INIT("az-key"), .region = STR_INIT("westeurope")};

TEST(azure_is_asked_by_region)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(dialect_address(&azure_speech, &t),
		  "wss://westeurope.stt.speech.microsoft.com/speech/recognition/conversation/"
		  "cognitiveservices/v1?language=en-US&format=detailed\n"
		  "Ocp-Apim-Subscription-Key: az-key\nX-ConnectionId: " ID "\n");
}

TEST(azure_is_begun_with_three_messages)
{
	static const struct str terms[] = {STR_INIT("Acme")};
	struct stt_ws_talk t = dialect_talk(&plain);
	struct str said;

	t.key_terms = terms;
	t.key_term_count = 1;
	said = dialect_says(azure_speech.begin, &t);
	CHECK(str_starts(said, STR("Path: speech.config\r\nX-RequestId: " ID
				   "\r\nX-Timestamp: 2026-01-02T03:04:05.067Z\r\nContent-Type: "
				   "application/json\r\n\r\n{\"context\":{\"system\":{")));
	CHECK(str_ihas(said, STR("Path: speech.context\r\n")));
	CHECK(str_ihas(
		said,
		STR("\"dgi\":{\"Groups\":[{\"Type\":\"Generic\",\"Items\":[{\"Text\":\"Acme\"}]}]}}\n")));
	/* The length of the lines, the lines, and a header of mu-law of 8 kHz. */
	CHECK(str_ihas(said, STR("\n0x007e506174683a20617564696f0d0a")));
	CHECK(str_ihas(said, STR("524946460000000057415645666d74201000000007000100401f0000401f000001000800646"
				 "1746100000000")));
	said = dialect_sound(&azure_speech, &t, STR("\xff\x7f"));
	CHECK(str_starts(said, STR("0x0063506174683a20617564696f0d0a")) && str_ends(said, STR("0d0aff7f\n")));
	CHECK(str_ends(dialect_says(azure_speech.end, &t), STR("0d0a\n")));
}

TEST(azure_tells_hypotheses_and_phrases)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(dialect_reads(&azure_speech, &t,
				LINES("speech.hypothesis") "{\"Text\":\"hello wor\",\"Offset\":5000000,"
							   "\"Duration\":7000000}"),
		  "piece 0.500-1.200 'hello wor'\n");
	CHECK_STR(
		dialect_reads(&azure_speech, &t,
			      LINES("speech.phrase") "{\"RecognitionStatus\":\"Success\",\"Offset\":5000000,"
						     "\"Duration\":9000000,\"NBest\":[{\"Confidence\":0.9,"
						     "\"Lexical\":\"hello world\",\"ITN\":\"hello world\","
						     "\"MaskedITN\":\"hello world\",\"Display\":\"Hello "
						     "world.\"}]}"),
		"piece final 0.500-1.400 sure 0.90 'Hello world.'\n");
	CHECK_STR(dialect_reads(&azure_speech, &t,
				LINES("speech.phrase") "{\"RecognitionStatus\":\"NoMatch\",\"Offset\":1,"
						       "\"Duration\":20}"),
		  "piece final 0.000-0.000 ''\n");
	CHECK_STR(dialect_reads(&azure_speech, &t,
				LINES("speech.phrase") "{\"RecognitionStatus\":\"EndOfDictation\"}"),
		  "");
	CHECK_STR(dialect_reads(&azure_speech, &t, LINES("turn.start") "{\"context\":{}}"), "");
	CHECK_STR(dialect_reads(&azure_speech, &t, LINES("turn.end") "{}"), "failed 0 'turn.end' ''\n");
}

TEST(azure_of_another_request_does_not_count)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(dialect_reads(
			  &azure_speech, &t,
			  "x-requestid: ffeeddccbbaa99887766554433221100\r\npath: speech.hypothesis\r\n\r\n"
			  "{\"Text\":\"no\"}"),
		  "");
	CHECK_STR(dialect_reads(&azure_speech, &t, "{\"Text\":\"no\"}"), "bad\n");
	CHECK_STR(dialect_reads(&azure_speech, &t, LINES("speech.phrase") "garbage"), "bad\n");
}
