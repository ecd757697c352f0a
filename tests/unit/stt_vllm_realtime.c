#include "stt_dialect.h"

extern const struct stt_ws_dialect vllm_realtime;

static const struct service plain = {.url = STR_INIT("http://gpu:8000/v1"), .model = STR_INIT("voxtral")};

TEST(vllm_is_begun_once_an_utterance)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(dialect_address(&vllm_realtime, &t), "ws://gpu:8000/v1/realtime\n");
	CHECK_STR(dialect_says(vllm_realtime.begin, &t),
		  "{\"type\":\"session.update\",\"model\":\"voxtral\"}\n"
		  "{\"type\":\"input_audio_buffer.commit\"}\n");
	CHECK_STR(dialect_says(vllm_realtime.flush, &t),
		  "{\"type\":\"input_audio_buffer.commit\",\"final\":true}\n"
		  "{\"type\":\"input_audio_buffer.commit\"}\n");
	CHECK_STR(dialect_sound(&vllm_realtime, &t, STR("\x01\x02")),
		  "{\"type\":\"input_audio_buffer.append\",\"audio\":\"AQI=\"}\n");
}

TEST(vllm_tells_a_text_that_grows)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(dialect_reads(&vllm_realtime, &t,
				"{\"type\":\"session.created\",\"id\":\"sess-1\",\"created\":1}"),
		  "greeted\n");
	CHECK_STR(dialect_reads(&vllm_realtime, &t, "{\"type\":\"transcription.delta\",\"delta\":\" I\"}"),
		  "piece more ' I'\n");
	CHECK_STR(dialect_reads(&vllm_realtime, &t,
				"{\"type\":\"transcription.done\",\"text\":\"I see\",\"usage\":{}}"),
		  "piece final 'I see'\nflushed\n");
	CHECK_STR(dialect_reads(
			  &vllm_realtime, &t,
			  "{\"type\":\"error\",\"error\":\"no such model\",\"code\":\"model_not_found\"}"),
		  "failed 0 'model_not_found' 'no such model'\n");
	CHECK_INT(stt_ws_fault(&vllm_realtime, 0, STR("model_not_found"), STR(""), FAULT_PROTOCOL),
		  FAULT_CONFIG);
}
