/* WAVE files: the headers of the world, every sample format, and files that lie about their length. */
#include <stdlib.h>

#include "test.h"
#include "wire/bytes.h"
#include "wire/wav.h"

static size_t unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;

	for (; *hex; hex++) {
		char digits[3] = {hex[0], hex[1], 0};

		if (*hex == ' ')
			continue;
		out[n++] = (uint8_t)strtoul(digits, NULL, 16);
		hex++;
	}
	return n;
}

TEST(wav_prints_the_vectors)
{
	uint8_t want[WAV_HEADER_BYTES], got[WAV_HEADER_BYTES];

	CHECK_INT(unhex("52494646 64010000 57415645 666d7420 10000000 01000100 401f0000 803e0000 02001000 "
			"64617461 "
			"40010000",
			want),
		  WAV_HEADER_BYTES);
	wav_print_header(WAV_PCM, 8000, 1, 320, got);
	CHECK(memcmp(want, got, sizeof(got)) == 0);
	unhex("52494646 c4000000 57415645 666d7420 10000000 07000100 401f0000 401f0000 01000800 64617461 "
	      "a0000000",
	      want);
	wav_print_header(WAV_ULAW, 8000, 1, 160, got);
	CHECK(memcmp(want, got, sizeof(got)) == 0);
	wav_print_header(WAV_ULAW, 8000, 2, UINT64_MAX, got);
	CHECK(bytes_le32(got + 4) >= bytes_le32(got + 40));
}

#define RIFF    "52494646 24000000 57415645 "
#define FMT(x)  "666d7420 10000000 " x
#define PCM16   FMT("01000100 401f0000 803e0000 02001000 ")
#define DATA(n) "64617461 " n

TEST(wav_reads_every_format_to_mono_16_bits)
{
	static const struct {
		const char *hex;
		int16_t first, second;
		size_t frames;
	} rows[] = {
		{RIFF PCM16 DATA("04000000 01800080"), -32767, -32768, 2},
		{RIFF FMT("01000100 401f0000 401f0000 01000800 ") DATA("02000000 ff00"), 127 * 256, -32768,
		 2},
		{RIFF FMT("01000100 401f0000 c05d0000 03001800 ") DATA("06000000 ff3412 000080"), 0x1234,
		 -32768, 2},
		{RIFF FMT("01000100 401f0000 007d0000 04002000 ") DATA("04000000 ffff3412"), 0x1234, 0, 1},
		{RIFF FMT("07000100 401f0000 401f0000 01000800 ") DATA("02000000 ce4e"), 988, -988, 2},
		{RIFF FMT("06000100 401f0000 401f0000 01000800 ") DATA("02000000 fa7a"), 1008, -1008, 2},
		{RIFF FMT("03000100 401f0000 007d0000 04002000 ") DATA("08000000 0000003f 000000c0"), 16384,
		 -32768, 2},
		{RIFF FMT("03000100 401f0000 007d0000 04002000 ") DATA("08000000 0000c07f 0000803f"), 0,
		 32767, 2},
		{RIFF FMT("03000100 401f0000 00fa0000 08004000 ") DATA("08000000 000000000000e03f"), 16384, 0,
		 1},
		{RIFF FMT("01000200 401f0000 007d0000 04001000 ") DATA("08000000 64000000 00806400"), 50,
		 -16334, 2},
		/* extensible, an odd chunk before the data, data before the format, sizes 0 and -1, cut short
		 */
		{RIFF "666d7420 28000000 feff0100 401f0000 803e0000 02001000 1600 1000 04000000 0100 "
		      "000000001000800000aa00389b71 " DATA("02000000 0200"),
		 2, 0, 1},
		{RIFF PCM16 "4c495354 03000000 61626300 " DATA("02000000 0200"), 2, 0, 1},
		{RIFF DATA("02000000 0200 ") PCM16, 2, 0, 1},
		{RIFF PCM16 DATA("ffffffff 02000300"), 2, 3, 2},
		{RIFF PCM16 DATA("00000000 02000300"), 2, 3, 2},
		{"52494646 28000000 57415645 " PCM16 DATA("00000000 4c495354"), 0, 0, 0},
		{RIFF PCM16 DATA("00010000 020003"), 2, 0, 1},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t bytes[128];
		int16_t pcm[4] = {0};
		struct wav w = {0};

		CHECK_INT(wav_parse(bytes, unhex(rows[i].hex, bytes), &w), 0);
		CHECK_INT(w.frames, rows[i].frames);
		CHECK_INT(wav_read_mono(&w, 0, pcm, 4), rows[i].frames);
		CHECK_INT(pcm[0], rows[i].first);
		CHECK_INT(pcm[1], rows[i].second);
		CHECK_INT(wav_read_mono(&w, rows[i].frames, pcm, 4), 0);
		CHECK_INT(wav_read_mono(&w, SIZE_MAX, pcm, 4), 0);
	}
}

TEST(wav_refuses_with_a_reason)
{
	static const struct {
		const char *hex;
		int rc;
	} rows[] = {
		{"", -EBADMSG},
		{"52494646 24000000 57415658 " PCM16 DATA("00000000"), -EBADMSG},
		{RIFF PCM16, -EBADMSG},
		{RIFF DATA("02000000 0200"), -EBADMSG},
		{RIFF "666d7420 0e000000 01000100 401f0000 803e0000 0200 " DATA("00000000"), -EBADMSG},
		{RIFF FMT("01000100 401f0000 803e0000 04001000 ") DATA("00000000"),
		 -EBADMSG}, /* alignment lies */
		{RIFF FMT("01000000 401f0000 803e0000 02001000 ") DATA("00000000"),
		 -EBADMSG}, /* no channel */
		{RIFF FMT("01000600 401f0000 803e0000 0c001000 ") DATA("00000000"), -ENOTSUP}, /* six */
		{RIFF FMT("02000100 401f0000 803e0000 01000800 ") DATA("00000000"), -ENOTSUP}, /* ADPCM */
		{RIFF FMT("01000100 e7030000 803e0000 02001000 ") DATA("00000000"), -ENOTSUP}, /* 999 Hz */
		{RIFF FMT("01000100 01ee0200 803e0000 02001000 ") DATA("00000000"), -ENOTSUP}, /* 192001 Hz */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t bytes[128];
		struct wav w;

		CHECK_INT(wav_parse(bytes, unhex(rows[i].hex, bytes), &w), rows[i].rc);
	}
}

TEST(wav_reads_one_channel_of_two)
{
	uint8_t bytes[WAV_HEADER_BYTES + 4] = {0};
	int16_t pcm[2];
	struct wav w;

	wav_print_header(WAV_ULAW, 8000, 2, 4, bytes);
	memcpy(bytes + WAV_HEADER_BYTES, "\xce\x4e\xff\xff", 4);
	REQUIRE(wav_parse(bytes, sizeof(bytes), &w) == 0);
	CHECK_INT(w.frames, 2);
	CHECK_INT(wav_read_channel(&w, 1, 0, pcm, 2), 2);
	CHECK_INT(pcm[0], -988);
	CHECK_INT(wav_read_channel(&w, 0, 0, pcm, 2), 2);
	CHECK_INT(pcm[0], 988);
}
