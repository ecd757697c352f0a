#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "wire/rtcp.h"

/* What is understood must survive being printed and read again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t bytes[RTCP_PACKET_BYTES];
	struct rtcp_compound c, again;
	size_t n;

	if (rtcp_parse(data, size, &c) < 0 || rtcp_print(&c, bytes, sizeof(bytes), &n) < 0)
		return 0;
	if (rtcp_parse(bytes, n, &again) < 0)
		assert(0 && "we read what we print");
	assert(again.ssrc == c.ssrc && again.bye == c.bye && again.ntp == c.ntp);
	assert(again.block_count == c.block_count);
	assert(memcmp(again.blocks, c.blocks, sizeof(c.blocks)) == 0);
	assert(str_eq(again.cname, c.cname));
	return 0;
}
