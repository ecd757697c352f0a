#include "fuzz.h"

#include <assert.h>

#include "wire/bytes.h"
#include "wire/dtmf.h"

#define STEP_BYTES 9 /* one byte of time, four of timestamp, four of payload */

/* Starts and ends must alternate whatever comes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dtmf_receiver r = {0};
	struct dtmf_report reports[DTMF_EVENTS_MAX + 1];
	bool open = false;
	usec now = 0;

	for (; size >= STEP_BYTES; data += STEP_BYTES, size -= STEP_BYTES) {
		int n;

		now += USEC_MS(data[0]);
		n = dtmf_receiver_packet(&r, bytes_be32(data + 1), data + 5, DTMF_PAYLOAD_BYTES, now,
					 reports);
		assert(n >= 0 && n <= DTMF_EVENTS_MAX);
		n += dtmf_receiver_tick(&r, now + USEC_MS(data[0]), reports + n);
		for (int i = 0; i < n; i++) {
			assert(open == (reports[i].kind == DTMF_ENDED) && reports[i].key);
			open = !open;
		}
	}
	return 0;
}
