#include "leg/record_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/bytes.h"
#include "wire/wav.h"

#define BLOCKS_A_WRITE 32
#define BLOCK_BYTES    (RECORDER_BLOCK * RECORDER_CHANNELS * sizeof(int16_t))

static size_t frame_bytes(enum recorder_coding coding)
{
	return RECORDER_CHANNELS * (coding == RECORDER_PCM16 ? sizeof(int16_t) : 1);
}

static uint8_t silence(enum recorder_coding coding)
{
	return coding == RECORDER_PCM16 ? 0 : 0xff;
}

/* All of it, whatever interrupts. */
static int write_at(int fd, const uint8_t *bytes, size_t n, uint64_t at)
{
	while (n > 0) {
		ssize_t done = pwrite(fd, bytes, n, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		bytes += done;
		n -= (size_t)done;
		at += (uint64_t)done;
	}
	return 0;
}

static int write_header(const struct record_file *f)
{
	enum recorder_coding coding = recorder_coding(f->recorder);
	uint8_t header[WAV_HEADER_BYTES];

	wav_print_header(coding == RECORDER_PCM16 ? WAV_PCM : WAV_ULAW, RECORDER_RATE_HZ, RECORDER_CHANNELS,
			 f->frames * frame_bytes(coding), header);
	return write_at(f->fd, header, sizeof(header), 0);
}

static int append(struct record_file *f, const uint8_t *bytes, size_t n)
{
	size_t unit = frame_bytes(recorder_coding(f->recorder));
	int rc = write_at(f->fd, bytes, n, WAV_HEADER_BYTES + f->frames * unit);

	if (rc == 0)
		f->frames += n / unit;
	return rc;
}

/* Silence up to `frame`: blocks were lost on the way. */
static int fill(struct record_file *f, uint64_t frame)
{
	size_t unit = frame_bytes(recorder_coding(f->recorder));
	uint8_t quiet[BLOCK_BYTES];
	int rc = 0;

	memset(quiet, silence(recorder_coding(f->recorder)), sizeof(quiet));
	while (rc == 0 && f->frames < frame)
		rc = append(f, quiet, MIN(frame - f->frames, sizeof(quiet) / unit) * unit);
	return rc;
}

int record_file_start(struct record_file *f, struct recorder *r, int fd, usec now)
{
	*f = (struct record_file){.recorder = r, .fd = fd, .header_due = now + RECORD_FILE_HEADER_EVERY};
	return write_header(f);
}

/* Gathers blocks that follow one another into one write. */
static size_t gather(struct record_file *f, uint8_t *bytes)
{
	size_t n = 0, unit = frame_bytes(recorder_coding(f->recorder));
	struct recorder_block b;

	for (int i = 0; i < BLOCKS_A_WRITE && recorder_peek(f->recorder, &b); i++) {
		if (b.frame != f->frames + n / unit)
			break;
		memcpy(bytes + n, b.bytes, b.n);
		n += b.n;
		recorder_release(f->recorder);
	}
	return n;
}

static int write_blocks(struct record_file *f)
{
	uint8_t bytes[BLOCKS_A_WRITE * BLOCK_BYTES];
	struct recorder_block b;
	int rc = 0;

	while (rc == 0 && recorder_peek(f->recorder, &b)) {
		rc = fill(f, b.frame);
		if (rc == 0)
			rc = append(f, bytes, gather(f, bytes));
	}
	return rc;
}

int record_file_write(struct record_file *f, usec now)
{
	int rc = write_blocks(f);

	if (rc < 0 || now < f->header_due)
		return rc;
	f->header_due = now + RECORD_FILE_HEADER_EVERY;
	return write_header(f);
}

int record_file_finish(struct record_file *f)
{
	int rc = write_blocks(f);

	return rc < 0 ? rc : write_header(f);
}

int record_file_repair(int fd)
{
	uint8_t found[WAV_HEADER_BYTES], right[WAV_HEADER_BYTES];
	uint64_t data;
	struct stat st;
	struct wav w;
	size_t unit;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (pread(fd, found, sizeof(found), 0) != (ssize_t)sizeof(found) ||
	    wav_parse(found, sizeof(found), &w) < 0 || w.data != found + sizeof(found) ||
	    (w.coding != WAV_ULAW && (w.coding != WAV_PCM || w.sample_bytes != sizeof(int16_t))))
		return -EBADMSG;
	unit = w.channels * w.sample_bytes;
	data = ((uint64_t)st.st_size - WAV_HEADER_BYTES) / unit * unit;
	wav_print_header(w.coding, w.rate_hz, w.channels, data, right);
	if (memcmp(found, right, sizeof(right)) == 0 && (uint64_t)st.st_size == data + WAV_HEADER_BYTES)
		return 0;
	if (ftruncate(fd, (off_t)(data + WAV_HEADER_BYTES)) < 0)
		return -errno;
	return write_at(fd, right, sizeof(right), 0) < 0 ? -EIO : 1;
}
