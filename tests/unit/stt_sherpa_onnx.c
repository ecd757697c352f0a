#include "stt_dialect.h"

extern const struct stt_ws_dialect sherpa_onnx;

static const struct service plain;

TEST(sherpa_gets_floats_and_silence)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(dialect_address(&sherpa_onnx, &t), "ws://127.0.0.1:6006\n");
	CHECK_STR(dialect_says(sherpa_onnx.end, &t), "Done\n");
	CHECK_INT(sherpa_onnx.coding, STT_WS_F32_16K);
	CHECK(!stt_ws_has(&sherpa_onnx.flush) && sherpa_onnx.flush_silence > USEC_MS(1200));
}

TEST(sherpa_tells_segments)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(
		dialect_reads(
			&sherpa_onnx, &t,
			"{\"text\": \"hello wor\",\"tokens\": [\" he\",\"llo\"],\"timestamps\": [0.12, 0.32],"
			"\"ys_probs\": [],\"lm_probs\": [],\"context_scores\": [],\"segment\": 0,\"words\": "
			"[],"
			"\"start_time\": 0.00,\"is_final\": false, \"is_eof\": false}"),
		"piece #1 'hello wor'\n");
	CHECK_STR(dialect_reads(
			  &sherpa_onnx, &t,
			  "{\"text\": \"hello world\",\"segment\": 0,\"is_final\": true, \"is_eof\": false}"),
		  "piece #1 final 'hello world'\nflushed\n");
	CHECK_STR(dialect_reads(&sherpa_onnx, &t, "{\"text\": \"\",\"segment\": 1,\"is_final\": false}"),
		  "piece #2 ''\n");
	CHECK_STR(dialect_reads(&sherpa_onnx, &t, "Done!"), "");
	/* Bytes that JSON forbids. */
	CHECK_STR(dialect_reads(&sherpa_onnx, &t, "{\"text\": \"a\x01\tb\",\"segment\": 2}"),
		  "piece #3 'a  b'\n");
	CHECK_STR(dialect_reads(&sherpa_onnx, &t, "nonsense"), "bad\n");
}
