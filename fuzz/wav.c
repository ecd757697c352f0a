#include "fuzz.h"

#include <assert.h>

#include "wire/wav.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int16_t pcm[160];
	struct wav w;
	size_t at = 0;

	if (wav_parse(data, size, &w) < 0)
		return 0;
	assert(w.frames <= size && (w.channels == 1 || w.channels == 2));
	for (size_t n; (n = wav_read_mono(&w, at, pcm, 160)) > 0; at += n)
		;
	assert(at == w.frames);
	assert(wav_read_channel(&w, w.channels - 1, 0, pcm, 160) <= w.frames);
	return 0;
}
