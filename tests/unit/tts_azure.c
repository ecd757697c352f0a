#include "voice_wire.h"

extern const struct tts_http_dialect azure_tts;

TEST(azure_speech_is_asked)
{
	struct tts_address nowhere;
	struct voice_wire v;

	voice_wire_init(&v, "key");
	v.service.region = STR("westeurope");
	CHECK_STR(voice_wire_http(&v, &azure_tts, "Hello & welcome."),
		  "https://westeurope.tts.speech.microsoft.com/cognitiveservices/v1\n"
		  "Ocp-Apim-Subscription-Key: key\n"
		  "Content-Type: application/ssml+xml\n"
		  "X-Microsoft-OutputFormat: raw-8khz-8bit-mono-mulaw\n"
		  "User-Agent: offhook");
	CHECK_STR(buf_str(&v.address.body),
		  "<speak version=\"1.0\" xmlns=\"http://www.w3.org/2001/10/synthesis\" xml:lang=\"en-US\">"
		  "<voice name=\"en-US-AvaMultilingualNeural\">Hello &amp; welcome.</voice></speak>");
	v.speaker.speed = 1.25f;
	v.speaker.language = STR("de-DE");
	v.speaker.voice = STR("a\"'b");
	voice_wire_http(&v, &azure_tts, "1 < 2 > 0");
	CHECK_STR(buf_str(&v.address.body),
		  "<speak version=\"1.0\" xmlns=\"http://www.w3.org/2001/10/synthesis\" xml:lang=\"de-DE\">"
		  "<voice name=\"a&quot;&apos;b\"><prosody rate=\"+25%\">1 &lt; 2 &gt; 0</prosody></voice>"
		  "</speak>");
	v.service.region = STR("");
	tts_address_init(&nowhere);
	azure_tts.request(&v.speaker, STR("Hello."), &nowhere);
	CHECK_INT(nowhere.url.error, -EINVAL); /* neither region nor URL */
	tts_address_fini(&nowhere);
	voice_wire_fini(&v);
}
