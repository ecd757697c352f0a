#include "fake_deepgram.h"

#include <stdio.h>

#include "media/g711.h"

#define LOUD        200 /* of 32768 */
#define WORD_EVERY  USEC_MS(300)
#define TELLS_EVERY USEC_MS(200)
#define ENDS_AFTER  USEC_MS(300)
#define SAMPLE_USEC 125

struct fake_deepgram fake_deepgram;

static usec clock, start, loud, quiet, told;

static void results(bool final, bool speech_final, bool finalized)
{
	char text[FAKE_WS_TEXT_MAX], words[256];
	size_t n = 0;
	int len;

	words[0] = 0;
	for (usec w = 0; w < loud && n + 8 < sizeof(words); w += WORD_EVERY)
		n += (size_t)snprintf(words + n, sizeof(words) - n, "%sword", n ? " " : "");
	len = snprintf(
		text, sizeof(text),
		"{\"type\":\"Results\",\"channel_index\":[0,1],\"duration\":%.3f,\"start\":%.3f,"
		"\"is_final\":%s,\"speech_final\":%s,\"from_finalize\":%s,\"channel\":{\"alternatives\":"
		"[{\"transcript\":\"%s\",\"confidence\":0.9}]}}",
		(double)(clock - start) / 1e6, (double)start / 1e6, final ? "true" : "false",
		speech_final ? "true" : "false", finalized ? "true" : "false", words);
	fake_ws_say((struct str){text, (size_t)len});
	told = clock;
	if (final) {
		start = clock;
		loud = quiet = 0;
	}
}

static void hear(struct str sound)
{
	int16_t sample;

	for (size_t i = 0; i < sound.n; i++, clock += SAMPLE_USEC) {
		g711_ulaw_decode((const uint8_t *)sound.p + i, 1, &sample);
		if (sample > LOUD) {
			loud += SAMPLE_USEC;
			quiet = 0;
		} else if (loud > 0) {
			quiet += SAMPLE_USEC;
		}
	}
	if (loud > 0 && quiet == 0 && clock - told >= TELLS_EVERY)
		results(false, false, false);
	if (fake_deepgram.endpoints && loud > 0 && quiet >= ENDS_AFTER)
		results(true, true, false);
}

static void on_message(enum ws_kind kind, struct str payload)
{
	if (fake_deepgram.mute)
		return;
	if (kind == WS_BINARY)
		hear(payload);
	else if (str_eq(payload, STR("{\"type\":\"Finalize\"}")))
		results(true, false, !fake_deepgram.no_answers);
}

void fake_deepgram_start(struct loop *l, usec latency)
{
	struct fake_vendor v = {USEC_MS(30), latency, NULL, on_message};

	fake_deepgram = (struct fake_deepgram){.endpoints = true};
	clock = start = loud = quiet = told = 0;
	fake_ws_start(l, &v);
}
