#include "provider/tts/phrase_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

static const char magic[8] = "OHPHRAS1";

/* Samples are stored as they are in memory; every machine we run on is little-endian. */
struct head {
	char magic[8];
	uint32_t key_bytes, samples;
	uint64_t sum;
};

_Static_assert(sizeof(struct head) == PHRASE_FILE_HEAD, "the head has no gaps");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "phrase files are little-endian");

#define FNV_START 14695981039346656037u
#define FNV_PRIME 1099511628211u

static uint64_t fnv(uint64_t sum, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++)
		sum = (sum ^ p[i]) * FNV_PRIME;
	return sum;
}

void phrase_file_name(struct str key, char name[PHRASE_FILE_NAME_MAX])
{
	snprintf(name, PHRASE_FILE_NAME_MAX, "%016llx" PHRASE_FILE_SUFFIX,
		 (unsigned long long)fnv(FNV_START, key.p, key.n));
}

static int write_all(int fd, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n > 0) {
		ssize_t wrote = write(fd, p, n);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return wrote < 0 ? -errno : -EIO;
		p += wrote;
		n -= (size_t)wrote;
	}
	return 0;
}

static int read_all(int fd, void *bytes, size_t n)
{
	char *p = bytes;

	while (n > 0) {
		ssize_t got = read(fd, p, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EBADMSG;
		p += got;
		n -= (size_t)got;
	}
	return 0;
}

int phrase_file_write(int dir_fd, struct str key, const int16_t *pcm, size_t samples)
{
	static atomic_uint count;
	struct head head = {.key_bytes = (uint32_t)key.n, .samples = (uint32_t)samples};
	char name[PHRASE_FILE_NAME_MAX], beside[PHRASE_FILE_NAME_MAX + 32];
	int fd, rc;

	memcpy(head.magic, magic, sizeof(magic));
	head.sum = fnv(fnv(FNV_START, key.p, key.n), pcm, samples * sizeof(*pcm));
	phrase_file_name(key, name);
	snprintf(beside, sizeof(beside), "%s.%d.%u.tmp", name, (int)getpid(), atomic_fetch_add(&count, 1));
	fd = openat(dir_fd, beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	rc = write_all(fd, &head, sizeof(head));
	if (rc == 0)
		rc = write_all(fd, key.p, key.n);
	if (rc == 0)
		rc = write_all(fd, pcm, samples * sizeof(*pcm));
	if (close(fd) < 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && renameat(dir_fd, beside, dir_fd, name) < 0)
		rc = -errno;
	if (rc < 0)
		unlinkat(dir_fd, beside, 0);
	return rc;
}

/* Opens the file and reads its head. Returns the descriptor, or -errno. */
static int open_head(int dir_fd, const char *name, struct head *ret_head)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	rc = read_all(fd, ret_head, sizeof(*ret_head));
	if (rc == 0 &&
	    (memcmp(ret_head->magic, magic, sizeof(magic)) != 0 ||
	     ret_head->key_bytes > PHRASE_CACHE_KEY_MAX || ret_head->samples > PHRASE_CACHE_SAMPLES_MAX))
		rc = -EBADMSG;
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

int phrase_file_read_key(int dir_fd, const char *name, char *key)
{
	struct head head;
	int fd = open_head(dir_fd, name, &head), rc;

	if (fd < 0)
		return fd;
	rc = read_all(fd, key, head.key_bytes);
	close(fd);
	return rc < 0 ? rc : (int)head.key_bytes;
}

/* Reads key and samples behind the head and checks them. `pcm` has room for head->samples. */
static int read_body(int fd, const struct head *head, struct str key, int16_t *pcm)
{
	char stored[PHRASE_CACHE_KEY_MAX];
	int rc = read_all(fd, stored, head->key_bytes);

	if (rc == 0)
		rc = read_all(fd, pcm, head->samples * sizeof(*pcm));
	if (rc < 0)
		return rc;
	if (!str_eq((struct str){stored, head->key_bytes}, key) ||
	    fnv(fnv(FNV_START, stored, head->key_bytes), pcm, head->samples * sizeof(*pcm)) != head->sum)
		return -EBADMSG;
	return 0;
}

int phrase_file_read(int dir_fd, struct str key, struct phrase_audio *ret_audio)
{
	char name[PHRASE_FILE_NAME_MAX];
	struct head head;
	int16_t *pcm;
	int fd, rc;

	phrase_file_name(key, name);
	fd = open_head(dir_fd, name, &head);
	if (fd < 0)
		return fd;
	pcm = mem_alloc(MAX(head.samples, 1u) * sizeof(*pcm));
	rc = pcm ? read_body(fd, &head, key, pcm) : -ENOMEM;
	if (rc == 0)
		futimens(fd, NULL); /* the order of use survives a restart */
	close(fd);
	if (rc < 0) {
		mem_free(pcm);
		return rc;
	}
	*ret_audio = (struct phrase_audio){pcm, head.samples};
	return 0;
}
