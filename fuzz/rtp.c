#include "fuzz.h"

#include <assert.h>

#include "wire/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtp_packet k;
	uint32_t sum = 0;

	if (rtp_parse(data, size, &k) < 0)
		return 0;
	assert(k.payload >= data + RTP_HEADER_BYTES && k.payload + k.payload_bytes <= data + size);
	for (size_t i = 0; i < k.payload_bytes; i++)
		sum += k.payload[i];
	for (size_t i = 0; i < k.extension_bytes; i++)
		sum += k.extension[i];
	for (size_t i = 0; i < k.csrc_count * 4u; i++)
		sum += k.csrcs[i];
	assert(sum <= 255u * size);
	return 0;
}
