#include "voice_wire.h"

extern const struct tts_ws_dialect elevenlabs_tts;

TEST(elevenlabs_is_asked)
{
	struct voice_wire v;

	voice_wire_init(&v, "key");
	CHECK_STR(voice_wire_ws(&v, &elevenlabs_tts),
		  "wss://api.elevenlabs.io/v1/text-to-speech/21m00Tcm4TlvDq8ikWAM/stream-input"
		  "?model_id=eleven_flash_v2_5&output_format=ulaw_8000&auto_mode=true&sync_alignment=true"
		  "&inactivity_timeout=180\n"
		  "xi-api-key: key");
	CHECK_STR(voice_wire_step(&v, &elevenlabs_tts, TTS_WS_BEGIN, ""), "{\"text\":\" \"}\n");
	CHECK_STR(voice_wire_step(&v, &elevenlabs_tts, TTS_WS_SAY, "Hello there, "),
		  "{\"text\":\"Hello there, \",\"flush\":true}\n");
	CHECK_STR(voice_wire_step(&v, &elevenlabs_tts, TTS_WS_FINISH, ""), "{\"text\":\"\"}\n");
	v.speaker.voice = STR("a/b");
	v.speaker.language = STR("fr-CA");
	v.speaker.speed = 1.5f;
	CHECK(str_find(voice_wire_ws(&v, &elevenlabs_tts), STR("/a%2Fb/stream-input?")) < v.out.n);
	CHECK(str_find(buf_str(&v.out), STR("&language_code=fr\n")) < v.out.n);
	CHECK(str_starts(voice_wire_step(&v, &elevenlabs_tts, TTS_WS_BEGIN, ""),
			 STR("{\"text\":\" \",\"voice_settings\":{\"speed\":1.2")));
	v.service.model = STR("eleven_multilingual_v2");
	CHECK(str_find(voice_wire_ws(&v, &elevenlabs_tts), STR("language_code")) == v.out.n);
	voice_wire_fini(&v);
}

TEST(elevenlabs_is_understood)
{
	struct tts_ws_news news;
	struct json *doc = NULL;

	CHECK_INT(voice_wire_read(&elevenlabs_tts,
				  "{\"audio\":\"/////w==\",\"isFinal\":null,\"normalizedAlignment\":null,"
				  "\"alignment\":{\"chars\":[\"H\",\"i\"],\"charStartTimesMs\":[0,50],"
				  "\"charsDurationsMs\":[50,40]}}",
				  &news, &doc),
		  0);
	CHECK_STR(news.sound, "/////w==");
	CHECK(!news.over && news.times.of_message && news.times.unit == 0.001);
	CHECK_INT(json_count(news.times.words), 2);
	CHECK(json_num_or(json_at(news.times.starts, 1), "", 0) == 50);
	CHECK(json_num_or(json_at(news.times.lasts, 1), "", 0) == 40);
	CHECK_INT(voice_wire_read(&elevenlabs_tts, "{\"audio\":null,\"isFinal\":true}", &news, &doc), 0);
	CHECK(news.over && str_empty(news.sound) && json_count(news.times.words) == 0);
	CHECK_INT(voice_wire_read(&elevenlabs_tts, "{\"what\":1}", &news, &doc), -EBADMSG);
	json_free(doc);
}

TEST(elevenlabs_says_what_is_wrong)
{
	static const struct {
		const char *message;
		enum fault fault;
	} rows[] = {
		{"{\"message\":\"no credits left\",\"error\":\"quota_exceeded\",\"code\":1008}", FAULT_QUOTA},
		{"{\"message\":\"Invalid API key\",\"error\":\"invalid_api_key\",\"code\":1008}", FAULT_AUTH},
		{"{\"message\":\"no such voice\",\"error\":\"voice_id_does_not_exist\"}", FAULT_CONFIG},
		{"{\"message\":\"later\",\"error\":\"system_busy\"}", FAULT_OVERLOAD},
		{"{\"message\":\"huh\",\"error\":\"x\"}", FAULT_PROTOCOL},
	};
	struct tts_ws_news news;
	struct json *doc = NULL;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_INT(voice_wire_read(&elevenlabs_tts, rows[i].message, &news, &doc), 0);
		CHECK_INT(news.fault, rows[i].fault);
		CHECK(!str_empty(news.words));
	}
	CHECK_INT(elevenlabs_tts.closed(&(struct ws_end){.code = 1008, .words = STR("quota exceeded")}),
		  FAULT_QUOTA);
	CHECK_INT(elevenlabs_tts.closed(&(struct ws_end){.code = 1008, .words = STR("policy")}),
		  FAULT_PROTOCOL);
	CHECK_INT(elevenlabs_tts.closed(&(struct ws_end){.code = 1000}), FAULT_NONE);
	json_free(doc);
}
