#include "stt_dialect.h"

extern const struct stt_ws_dialect deepgram_flux;

static const struct service plain = {.key = STR_INIT("dg-key")};

TEST(flux_is_asked_for_eager_ends)
{
	static const struct str terms[] = {STR_INIT("Okafor")};
	struct stt_ws_talk t = dialect_talk(&plain);

	t.key_terms = terms;
	t.key_term_count = 1;
	CHECK_STR(dialect_address(&deepgram_flux, &t),
		  "wss://api.deepgram.com/v2/listen?model=flux-general-en&encoding=mulaw&sample_rate=8000"
		  "&eager_eot_threshold=0.5&keyterm=Okafor\nAuthorization: Token dg-key\n");
	t.language = STR("es-MX");
	t.key_term_count = 0;
	CHECK_STR(dialect_address(&deepgram_flux, &t),
		  "wss://api.deepgram.com/v2/listen?model=flux-general-multi&encoding=mulaw&sample_rate=8000"
		  "&eager_eot_threshold=0.5&language_hint=es\nAuthorization: Token dg-key\n");
	CHECK_STR(dialect_says(deepgram_flux.end, &t), "{\"type\":\"CloseStream\"}\n");
	CHECK(!stt_ws_has(&deepgram_flux.flush) &&
	      !stt_ws_has(&deepgram_flux.keepalive)); /* it knows neither */
}

TEST(flux_tells_turns)
{
	struct stt_ws_talk t = dialect_talk(&plain);

	CHECK_STR(dialect_reads(&deepgram_flux, &t,
				"{\"type\":\"Connected\",\"request_id\":\"..\",\"sequence_id\":0}"),
		  "ready\n");
	CHECK_STR(
		dialect_reads(
			&deepgram_flux, &t,
			"{\"type\":\"TurnInfo\",\"request_id\":\"..\",\"sequence_id\":7,\"event\":"
			"\"EndOfTurn\",\"turn_index\":0,\"audio_window_start\":0.0,\"audio_window_end\":2.4,"
			"\"transcript\":\"I need help\",\"words\":[{\"word\":\"I\",\"confidence\":0.99}],"
			"\"end_of_turn_confidence\":0.83}"),
		"piece #1 final 2.400-2.400 sure 0.99 'I need help'\nendpoint 0.83\n");
	CHECK_STR(dialect_reads(&deepgram_flux, &t,
				"{\"type\":\"TurnInfo\",\"event\":\"EagerEndOfTurn\",\"turn_index\":1,"
				"\"audio_window_end\":4,\"transcript\":\"Yes\",\"words\":[],"
				"\"end_of_turn_confidence\":0.55}"),
		  "piece #2 final 4.000-4.000 'Yes'\nendpoint 0.55\n");
	CHECK_STR(dialect_reads(&deepgram_flux, &t,
				"{\"type\":\"TurnInfo\",\"event\":\"TurnResumed\",\"turn_index\":1,"
				"\"audio_window_end\":4.5,\"transcript\":\"Yes but\",\"words\":[]}"),
		  "piece #2 4.500-4.500 'Yes but'\nendpoint 0.00\n");
	CHECK_STR(dialect_reads(&deepgram_flux, &t,
				"{\"type\":\"TurnInfo\",\"event\":\"Update\",\"turn_index\":2,"
				"\"audio_window_end\":5,\"transcript\":\"\",\"words\":[]}"),
		  "piece #3 5.000-5.000 ''\n");
	CHECK_STR(dialect_reads(&deepgram_flux, &t,
				"{\"type\":\"Error\",\"sequence_id\":9,\"code\":\"INTERNAL_SERVER_ERROR\","
				"\"description\":\"oops\"}"),
		  "failed 0 'INTERNAL_SERVER_ERROR' 'oops'\n");
	CHECK_STR(dialect_reads(&deepgram_flux, &t, "{\"type\":\"ConfigureSuccess\"}"), "");
	CHECK_STR(dialect_reads(&deepgram_flux, &t, ""), "bad\n");
	CHECK_INT(stt_ws_fault(&deepgram_flux, 0, STR("INTERNAL_SERVER_ERROR"), STR(""), FAULT_PROTOCOL),
		  FAULT_UNREACHABLE);
}
