/* OpenAI realtime transcription: a conversation of the sheet, and what is wrong with its mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_openai_realtime, sim_speaches_realtime, sim_vllm_realtime;

#define APPEND(audio) "> {\"type\":\"input_audio_buffer.append\",\"audio\":\"" audio "\"}\n"

#define UPDATE                                                                                           \
	"> {\"type\":\"session.update\",\"session\":{\"type\":\"transcription\",\"audio\":{\"input\":"   \
	"{\"format\":{\"type\":\"audio/pcmu\"},\"transcription\":{\"model\":\"gpt-4o-mini-transcribe\"," \
	"\"language\":\"en\",\"prompt\":\"names: Acme\"},\"noise_reduction\":{\"type\":\"near_field\"}," \
	"\"turn_detection\":{\"type\":\"server_vad\",\"threshold\":0.5,\"prefix_padding_ms\":300,"       \
	"\"silence_duration_ms\":400}}},\"include\":[\"item.input_audio_transcription.logprobs\"]}}\n"

#define OPEN "GET /v1/realtime?intent=transcription\nAuthorization: Bearer key-of-tests\n\n"

#define SCRIPT                                                                           \
	OPEN "< session.created\n" UPDATE "< session.updated\n" APPEND("$(hello there)") \
		APPEND("$[8000]") "< transcription.completed\n" APPEND(                  \
			"$(bye now)") "> {\"type\":\"input_audio_buffer.commit\"}\n"     \
				      "< \"transcript\":\"Bye now.\"\n"                  \
				      "> {\"type\":\"input_audio_buffer.clear\"}\n"      \
				      "< input_audio_buffer.cleared\n"                   \
				      "c 1000\n"

static const struct talk_mutation mutations[] = {
	{"/v1/realtime", "/v1/real", 404},
	{"intent=transcription", "intent=conversation", 400, 0, "intent"},
	{"key-of-tests", "key-of-others", 401, 0, "invalid_api_key"},
	{"\"session\":{\"type\":\"transcription\"", "\"session\":{\"type\":\"realtime\"", 0, 0,
	 "invalid_value"},
	{"\"type\":\"audio/pcmu\"", "\"type\":\"g711_ulaw\"", 0, 0, "format is"},
	{"{\"type\":\"audio/pcmu\"}", "{\"type\":\"audio/pcm\",\"rate\":16000}", 0, 0, "24000"},
	{"gpt-4o-mini-transcribe", "nova-3", 0, 0, "model"},
	{"\"prompt\":\"names: Acme\"", "\"keywords\":[\"Acme\"]", 0, 0, "keywords"},
	{"\"prompt\":\"names: Acme\"", "\"delay\":\"low\"", 0, 0, "delay"},
	{"\"threshold\":0.5", "\"threshold\":50", 0, 0, "threshold"},
	{"\"include\"", "\"includes\"", 0, 0, "includes"},
	{"session.update\"", "session.config\"", 0, 0, "unknown_event"},
	{"session.update\"", "transcription_session.update\"", 0, 0, "session.update"},
	{"$(hello there)", "$(hello there)!", 0, 0, "base64"},
	{"$(hello there)", "", 0, 0, "base64"},
	{"$(bye now)", "$[160]", 0, 0, "100 ms"},
	{"> {\"type\":\"input_audio_buffer.clear\"}", "> clear", 0, 0, "not JSON"},
	{"> {\"type\":\"input_audio_buffer.clear\"}", "b 160", 0, 1003},
};

static struct talk start(const struct vendor_sim *sim)
{
	static const struct vendor_sim *sims[2];

	sims[0] = sim;
	return talk_start(&(struct vendor_config){.sims = sims, .says.ear = VENDOR_EAR_TONES});
}

TEST(openai_realtime_refuses_what_the_sheet_refuses)
{
	struct talk t = start(&sim_openai_realtime);

	talk_mutations(&t, SCRIPT, mutations, ARRAY_LEN(mutations));
	vendor_stop(t.v);
}

TEST(openai_realtime_transcribes_what_is_committed)
{
	struct talk t = start(&sim_openai_realtime);

	talk_run(&t, SCRIPT);
	CHECK(talk_came(&t, "{\"type\":\"input_audio_buffer.speech_started\",\"event_id\":\"event_3\","
			    "\"audio_start_ms\":0,\"item_id\":\"item_1\"}"));
	CHECK(talk_came(&t, "\"item_id\":\"item_1\",\"previous_item_id\":null}"));
	CHECK(talk_came(&t, "\"item_id\":\"item_1\",\"content_index\":0,\"delta\":\"Hello \"}"));
	CHECK(talk_came(&t, "\"item_id\":\"item_1\",\"content_index\":0,\"delta\":\"there.\"}"));
	CHECK(talk_came(&t, "\"transcript\":\"Hello there.\",\"usage\":{\"type\":\"tokens\""));
	CHECK(talk_came(&t, "\"item_id\":\"item_2\",\"previous_item_id\":\"item_1\"}"));
	talk_fini(&t);
	vendor_stop(t.v);
}

TEST(speaches_realtime_is_the_older_one)
{
	struct talk t = start(&sim_speaches_realtime);

	t.sound = (struct sound){SOUND_S16, 24000};
	talk_run(&t, "GET /v1/realtime?model=whisper&intent=transcription&api_key=key-of-tests\n\n" APPEND(
			     "$(hello there)") APPEND("$[48000]") "< transcription.completed\nc 1000\n");
	CHECK(talk_came(&t, "conversation.item.created"));
	CHECK(talk_came(&t, "\"transcript\":\"Hello there.\""));
	CHECK_INT(vendor_wrongs(t.v), 0);
	talk_fini(&t);
	vendor_stop(t.v);
}

#define VLLM                                                                                                 \
	"GET /v1/realtime\n\n"                                                                               \
	"< {\"type\":\"session.created\"\n"                                                                  \
	"> {\"type\":\"session.update\",\"model\":\"voxtral\"}\n" APPEND(                                    \
		"$(hello )") "> {\"type\":\"input_audio_buffer.commit\"}\n" APPEND("$(there)") "> "          \
											       "{\"type\":"  \
											       "\"input_"    \
											       "audio_"      \
											       "buffer."     \
											       "commit\","   \
											       "\"final\":"  \
											       "true}\n"     \
											       "< "          \
											       "transcripti" \
											       "on.done\n"   \
											       "c 1000\n"

static const struct talk_mutation vllm_mutations[] = {
	{"/v1/realtime", "/v2/realtime", 404},
	{"\"model\":\"voxtral\"", "\"session\":{\"model\":\"voxtral\"}", 0, 0, "model_not_validated"},
	{"> {\"type\":\"session.update\",\"model\":\"voxtral\"}\n", "", 0, 0, "model_not_validated"},
	{"voxtral", "no-such", 0, 0, "model_not_found"},
	{"$(hello )", "", 0, 0, "invalid_audio"},
	{"$(hello )", "$[161]", 0, 0, "invalid_audio"},
	{"$(hello )", "%%%%", 0, 0, "invalid_audio"},
	{"input_audio_buffer.append", "input_audio.append", 0, 0, "unknown_event"},
	{"buffer.commit\"}\n", "buffer.commit\"}\n> {\"type\":\"input_audio_buffer.commit\"}\n", 0, 0,
	 "once"},
	{"> {\"type\":\"session.update\"", "> {\"type\":session.update", 0, 0, "invalid_json"},
	{"> {\"type\":\"session.update\"", "b 100\n> {\"type\":\"session.update\"", 0, 1003},
};

TEST(vllm_realtime_is_another_one)
{
	struct talk t = start(&sim_vllm_realtime);

	t.sound = (struct sound){SOUND_S16, 16000};
	talk_mutations(&t, VLLM, vllm_mutations, ARRAY_LEN(vllm_mutations));
	talk_run(&t, VLLM);
	CHECK(talk_came(&t, "{\"type\":\"transcription.delta\",\"delta\":\"hello\"}"));
	CHECK(talk_came(&t, "{\"type\":\"transcription.done\",\"text\":\"hello there\",\"usage\":{}}"));
	talk_fini(&t);
	vendor_stop(t.v);
}
