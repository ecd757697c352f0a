/* Feeds a target every file of its corpus directories: whole, each beginning of it, and repeatable
 * mutations. The bytes end where an unmapped page begins, so that reading one too many is fatal.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/def.h"
#include "fuzz.h"

#define FILE_BYTES_MAX (1 << 16)
#define MUTATIONS_MAX  20000 /* of a whole corpus */
#define PREFIXES_MAX   4096

static uint8_t *wall; /* the first byte that must not be read */
static unsigned long inputs;
static unsigned rounds; /* of mutation, for each file */

static void feed(const uint8_t *bytes, size_t n)
{
	if (n > 0)
		memcpy(wall - n, bytes, n);
	LLVMFuzzerTestOneInput(wall - n, n);
	inputs++;
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static void mutate(const uint8_t *bytes, size_t n)
{
	static uint8_t copy[FILE_BYTES_MAX];
	uint32_t state = (uint32_t)n;

	for (unsigned round = 0; n > 0 && round < rounds; round++) {
		memcpy(copy, bytes, n);
		for (uint32_t left = 1 + next_random(&state) % 4; left > 0; left--)
			copy[next_random(&state) % n] = (uint8_t)next_random(&state);
		feed(copy, n);
	}
}

static bool replay_file(const char *path)
{
	static uint8_t bytes[FILE_BYTES_MAX];
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f)
		return false;
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	for (size_t prefix = 0; prefix < MIN(n, PREFIXES_MAX); prefix++)
		feed(bytes, prefix);
	feed(bytes, n);
	mutate(bytes, n);
	return true;
}

static int replay_folder(const char *folder)
{
	DIR *d = opendir(folder);
	int files = 0;

	if (!d)
		return 0;
	for (struct dirent *e = readdir(d); e; e = readdir(d)) {
		char path[4096];

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		files += replay_file(path);
	}
	closedir(d);
	return files;
}

static unsigned count_files(const char *folder)
{
	DIR *d = opendir(folder);
	unsigned files = 0;

	for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d))
		files += e->d_name[0] != '.';
	if (d)
		closedir(d);
	return files;
}

int main(int argc, char **argv)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *room =
		mmap(NULL, FILE_BYTES_MAX + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int files = 0;

	if (room == MAP_FAILED || mprotect(room + FILE_BYTES_MAX, page, PROT_NONE) < 0)
		return 1;
	wall = room + FILE_BYTES_MAX;
	for (int i = 1; i < argc; i++)
		rounds += count_files(argv[i]);
	rounds = MUTATIONS_MAX / MAX(rounds, 10u);
	for (int i = 1; i < argc; i++)
		files += replay_folder(argv[i]);
	printf("%d files, %lu inputs\n", files, inputs);
	return files == 0;
}
