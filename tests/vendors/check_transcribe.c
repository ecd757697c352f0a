/* Transcriptions by HTTP: requests of the sheets, and what is wrong with their mutations. */
#include "test.h"
#include "vendors/sim.h"
#include "vendors/talk.h"

extern const struct vendor_sim sim_openai_transcriptions, sim_whispercpp;

#define PART(name, value) "--xyz\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"

#define FILE_PART                                                                        \
	"--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n" \
	"Content-Type: audio/wav\r\n\r\n$wav(hello there)\r\n"

#define OPENAI                                                                                       \
	"POST /v1/audio/transcriptions\nAuthorization: Bearer key-of-tests\n"                        \
	"Content-Type: multipart/form-data; boundary=xyz\n\n" PART("model", "whisper-1")             \
		PART("language", "en") PART("response_format", "verbose_json")                       \
			PART("timestamp_granularities[]", "word") PART("temperature", "0") FILE_PART \
		"--xyz--\r\n\n.\n"

#define WHISPER                                                                      \
	"POST /inference\nContent-Type: multipart/form-data; boundary=xyz\n\n" PART( \
		"response_format", "json") PART("temperature", "0.0")                \
		PART("no_language_probabilities", "true") FILE_PART "--xyz--\r\n\n.\n"

static const struct talk_mutation openai_mutations[] = {
	{"/v1/audio/transcriptions", "/v1/audio/transcription", 404},
	{"key-of-tests", "key-of-others", 401, 0, "invalid_api_key"},
	{"multipart/form-data", "application/x-www-form-urlencoded", 400, 0, "multipart"},
	{"boundary=xyz", "boundary=abc", 400, 0, "multipart"},
	{"whisper-1", "whisper-9", 400, 0, "model"},
	{"name=\"model\"", "name=\"modell\"", 400, 0, "modell"},
	{"verbose_json", "wordy_json", 400, 0, "response_format"},
	{"verbose_json", "json", 400, 0, "timestamp_granularities"},
	{"whisper-1", "gpt-4o-transcribe", 400, 0, "response_format"},
	{"name=\"language\"", "name=\"stream\"", 400, 0, "stream"},
	{"a.wav", "a.raw", 400, 0, "extension"},
	{"name=\"file\"", "name=\"audio\"", 400},
	{"\"temperature\"\r\n\r\n0", "\"temperature\"\r\n\r\nhot", 400, 0, "temperature"},
	{"$wav(", "$raw(", 400, 0, "corrupted"},
};

static const struct talk_mutation whisper_mutations[] = {
	{"/inference", "/infer", 404},
	{"multipart/form-data", "audio/wav", 400},
	{"name=\"file\"", "name=\"data\"", 400},
	{FILE_PART, "", 400, 0, "Invalid request"},
	{"$wav(", "$raw(", 400, 0, "Invalid request"},
	{"$wav(hello there)", "RIFF", 400, 0, "Invalid request"},
	{"name=\"temperature\"", "name=\"temprature\"", 400},
	{"0.0", "warm", 400},
	{"\r\n\r\ntrue", "\r\n\r\n1", 400},
	{"--xyz--", "", 400},
	{"boundary=xyz", "boundary=", 400},
};

static struct talk start(void)
{
	static const struct vendor_sim *const sims[] = {&sim_openai_transcriptions, &sim_whispercpp, NULL};
	struct talk t = talk_start(&(struct vendor_config){.sims = sims, .says.ear = VENDOR_EAR_TONES});

	t.sound = (struct sound){SOUND_S16, 16000};
	return t;
}

TEST(transcriptions_refuse_what_the_sheets_refuse)
{
	struct talk t = start();

	talk_mutations(&t, OPENAI, openai_mutations, ARRAY_LEN(openai_mutations));
	talk_mutations(&t, WHISPER, whisper_mutations, ARRAY_LEN(whisper_mutations));
	vendor_stop(t.v);
}

TEST(transcriptions_hear_a_file)
{
	struct talk t = start();

	talk_run(&t, OPENAI);
	CHECK(talk_came(&t, "\"duration\":0.66,\"text\":\"Hello there.\""));
	CHECK(talk_came(&t, "{\"word\":\"there\",\"start\":0.36"));
	CHECK(talk_logged(&t, "\"audio_in_usec\":660000,"));
	talk_fini(&t);
	talk_run(&t, WHISPER);
	CHECK(talk_came(&t, "{\"text\":\" Hello there.\\n\"}"));
	talk_fini(&t);
	talk_run(&t,
		 "POST /v1/audio/transcriptions\nAuthorization: Bearer key-of-tests\n"
		 "Content-Type: multipart/form-data; boundary=xyz\n\n" PART("model", "gpt-4o-mini-transcribe")
			 PART("stream", "true") FILE_PART "--xyz--\r\n\n.\n");
	CHECK(talk_came(&t, "data: {\"type\":\"transcript.text.delta\",\"delta\":\"Hello \"}"));
	CHECK(talk_came(&t, "data: {\"type\":\"transcript.text.done\",\"text\":\"Hello there.\",\"usage\":"));
	CHECK_INT(vendor_wrongs(t.v), 0);
	talk_fini(&t);
	vendor_stop(t.v);
}
