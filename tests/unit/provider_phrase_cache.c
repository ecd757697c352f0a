#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "provider/tts/phrase_cache.h"
#include "provider/tts/phrase_file.h"

#define SAMPLES    1000
#define FILE_BYTES (PHRASE_FILE_HEAD + 4 + SAMPLES * 2) /* of a key of four bytes */

/* A directory of its own for each test. */
static char dir[] = "/tmp/offhook-phrases-XXXXXX";

static void dir_make(void)
{
	str_copy(STR("XXXXXX"), dir + sizeof(dir) - 7, 7);
	if (!mkdtemp(dir))
		test_failed(__FILE__, __LINE__, "mkdtemp");
}

static void dir_remove(void)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		unlinkat(dirfd(d), entry->d_name, 0);
	closedir(d);
	rmdir(dir);
}

static size_t count_files(void)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	size_t n = 0;

	while (d && (entry = readdir(d)))
		n += entry->d_name[0] != '.';
	closedir(d);
	return n;
}

static struct phrase_cache *cache_open(uint64_t disk, uint64_t memory)
{
	struct phrase_cache_config config = {dir, disk, memory};
	struct phrase_cache *c = NULL;

	CHECK_INT(phrase_cache_open(&config, &c), 0);
	return c;
}

static int put(struct phrase_cache *c, const char *key, int16_t level, enum phrase_keep keep)
{
	int16_t pcm[SAMPLES];

	for (size_t i = 0; i < SAMPLES; i++)
		pcm[i] = level;
	return phrase_cache_put(c, str_from(key), pcm, SAMPLES, keep);
}

/* The level of the phrase, or -errno. */
static int level_of(int (*get)(struct phrase_cache *, struct str, struct phrase_audio *),
		    struct phrase_cache *c, const char *key)
{
	struct phrase_audio audio;
	int rc = get(c, str_from(key), &audio);

	if (rc < 0)
		return rc;
	rc = audio.samples == SAMPLES ? audio.pcm[SAMPLES - 1] : -1;
	mem_free(audio.pcm);
	return rc;
}

TEST(phrase_cache_keys_hold_all_that_changes_the_sound)
{
	static const struct {
		const char *voice;
		float speed;
		const char *words, *key;
	} rows[] = {
		{"kokoro/af_heart", 1, "Hello.", "kokoro/af_heart|100|Hello."},
		{"flite/rms", 1.1f, "  Hello. ", "flite/rms|110|Hello."},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf key;

		buf_init(&key, 100);
		phrase_cache_key(str_from(rows[i].voice), rows[i].speed, str_from(rows[i].words), &key);
		CHECK_STR(buf_str(&key), rows[i].key);
		buf_fini(&key);
	}
}

TEST(phrase_cache_survives_a_restart)
{
	struct phrase_cache *c;

	dir_make();
	c = cache_open(1 << 20, 1 << 20);
	CHECK_INT(put(c, "said", 7, PHRASE_KEEP_DISK), 0);
	CHECK_INT(put(c, "once", 8, PHRASE_KEEP_MEMORY), 0);
	CHECK_INT(level_of(phrase_cache_copy, c, "said"), 7);
	CHECK_INT(level_of(phrase_cache_copy, c, "once"), 8);
	phrase_cache_close(c);
	c = cache_open(1 << 20, 1 << 20);
	CHECK(phrase_cache_has(c, STR("said")) && !phrase_cache_has(c, STR("once")));
	CHECK_INT(level_of(phrase_cache_copy, c, "said"), -ENOENT);
	CHECK_INT(level_of(phrase_cache_load, c, "said"), 7);
	CHECK_INT(level_of(phrase_cache_copy, c, "said"), 7);
	CHECK_INT(level_of(phrase_cache_load, c, "once"), -ENOENT);
	phrase_cache_close(c);
	dir_remove();
}

TEST(phrase_cache_forgets_the_longest_unused)
{
	struct phrase_cache_stats stats;
	struct phrase_cache *c;

	dir_make();
	c = cache_open(3 * FILE_BYTES, 2 * SAMPLES * 2);
	CHECK_INT(put(c, "aaaa", 1, PHRASE_KEEP_DISK), 0);
	CHECK_INT(put(c, "bbbb", 2, PHRASE_KEEP_DISK), 0);
	CHECK_INT(put(c, "cccc", 3, PHRASE_KEEP_DISK), 0);
	CHECK_INT(level_of(phrase_cache_copy, c, "aaaa"), -ENOENT); /* out of memory, not off the disk */
	CHECK_INT(level_of(phrase_cache_load, c, "aaaa"), 1);
	CHECK_INT(put(c, "dddd", 4, PHRASE_KEEP_DISK), 0);
	CHECK(phrase_cache_has(c, STR("aaaa")) && !phrase_cache_has(c, STR("bbbb")));
	phrase_cache_read_stats(c, &stats);
	CHECK_INT(stats.disk_bytes, 3 * FILE_BYTES);
	CHECK(stats.memory_bytes <= 2 * SAMPLES * 2);
	CHECK_INT(stats.phrases, 3);
	phrase_cache_close(c);
	c = cache_open(FILE_BYTES, 1 << 20);
	phrase_cache_read_stats(c, &stats);
	CHECK_INT(stats.disk_bytes, FILE_BYTES);
	phrase_cache_close(c);
	dir_remove();
}

/* What callers are told day in, day out does not push out what everybody must hear when all else fails. */
TEST(phrase_cache_keeps_what_is_on_disk_in_half_of_its_memory)
{
	struct phrase_cache *c;
	char key[8] = "new0";

	dir_make();
	c = cache_open(1 << 20, 4 * SAMPLES * 2);
	CHECK_INT(put(c, "sory", 1, PHRASE_KEEP_DISK), 0);
	CHECK_INT(put(c, "hold", 2, PHRASE_KEEP_DISK), 0);
	for (; key[3] <= '9'; key[3]++)
		CHECK_INT(put(c, key, 3, PHRASE_KEEP_MEMORY), 0);
	CHECK_INT(level_of(phrase_cache_copy, c, "sory"), 1);
	CHECK_INT(level_of(phrase_cache_copy, c, "hold"), 2);
	CHECK_INT(level_of(phrase_cache_copy, c, "new9"), 3);
	CHECK_INT(level_of(phrase_cache_copy, c, "new8"), 3);
	CHECK_INT(level_of(phrase_cache_copy, c, "new7"), -ENOENT);
	CHECK_INT(put(c, "more", 4, PHRASE_KEEP_DISK), 0);
	CHECK_INT(put(c, "once", 5, PHRASE_KEEP_MEMORY), 0); /* over half: the longest unused of all goes */
	CHECK_INT(level_of(phrase_cache_copy, c, "sory"), -ENOENT);
	CHECK_INT(level_of(phrase_cache_copy, c, "hold"), 2);
	CHECK_INT(level_of(phrase_cache_copy, c, "more"), 4);
	CHECK_INT(level_of(phrase_cache_copy, c, "once"), 5);
	phrase_cache_close(c);
	dir_remove();
}

/* Opens the file of `key` and writes `byte` at `at`, or cuts it there. */
static void spoil(const char *key, off_t at, bool cut)
{
	char name[PHRASE_FILE_NAME_MAX], path[128];
	int fd;

	phrase_file_name(str_from(key), name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY);
	CHECK(fd >= 0);
	if (cut)
		CHECK_INT(ftruncate(fd, at), 0);
	else
		CHECK_INT(pwrite(fd, "\x55", 1, at), 1);
	close(fd);
}

TEST(phrase_cache_notices_spoilt_files)
{
	static const struct {
		off_t at;
		bool cut;
	} rows[] = {{PHRASE_FILE_HEAD + 4 + 99, false},
		    {PHRASE_FILE_HEAD + 2, false},
		    {FILE_BYTES - 1, true},
		    {10, true},
		    {0, true},
		    {0, false},
		    {16, false}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct phrase_cache_stats stats;
		struct phrase_cache *c;

		dir_make();
		c = cache_open(1 << 20, 0);
		CHECK_INT(put(c, "said", 7, PHRASE_KEEP_DISK), 0);
		spoil("said", rows[i].at, rows[i].cut);
		CHECK_INT(level_of(phrase_cache_load, c, "said"), -EBADMSG);
		CHECK(!phrase_cache_has(c, STR("said")));
		phrase_cache_read_stats(c, &stats);
		CHECK_INT(stats.corrupt, 1);
		CHECK_INT(stats.disk_bytes, 0);
		CHECK_INT(put(c, "said", 9, PHRASE_KEEP_DISK), 0);
		CHECK_INT(level_of(phrase_cache_load, c, "said"), 9);
		phrase_cache_close(c);
		dir_remove();
	}
}

TEST(phrase_cache_removes_what_a_crash_left)
{
	struct phrase_cache *c;
	char path[128];
	int fd;

	dir_make();
	snprintf(path, sizeof(path), "%s/0123456789abcdef.phrase.1.0.tmp", dir);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	close(fd);
	c = cache_open(1 << 20, 1 << 20);
	CHECK(access(path, F_OK) < 0);
	phrase_cache_close(c);
	dir_remove();
}

#define LONG_SAMPLES (400 * 1000) /* its writing takes long enough to be in the middle of it */

static void key_of(unsigned n, char key[8])
{
	snprintf(key, 8, "%06u", n % 1000000);
}

/* Keeps one phrase after the other, and says so, until it is killed. */
static void write_for_ever(int told)
{
	static int16_t pcm[LONG_SAMPLES];
	struct phrase_cache *c = cache_open(1u << 30, 0);
	char key[8];

	for (unsigned n = 0;; n++) {
		pcm[0] = pcm[LONG_SAMPLES - 1] = (int16_t)n;
		key_of(n, key);
		if (phrase_cache_put(c, str_from(key), pcm, LONG_SAMPLES, PHRASE_KEEP_DISK) < 0 ||
		    write(told, "", 1) != 1)
			_exit(1);
	}
}

/* Returns how many phrases a child had kept before it was killed, `later` into the second or third. */
static unsigned kill_a_writer(usec later)
{
	unsigned told = 0;
	int ends[2], status;
	char byte;
	pid_t child;

	CHECK_INT(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		close(ends[0]);
		write_for_ever(ends[1]);
	}
	close(ends[1]);
	while (told < 1 && read(ends[0], &byte, 1) == 1)
		told++;
	for (usec until = clock_read() + later; clock_read() < until;)
		continue;
	kill(child, SIGKILL);
	while (read(ends[0], &byte, 1) == 1)
		told++;
	close(ends[0]);
	CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
	return told;
}

TEST(phrase_cache_survives_a_kill_in_the_middle_of_writing)
{
	for (unsigned round = 0; round < 24; round++) {
		struct phrase_cache_stats stats;
		struct phrase_audio audio;
		struct phrase_cache *c;
		unsigned told;
		char key[8];

		dir_make();
		told = kill_a_writer(round * 97);
		c = cache_open(1u << 30, 0);
		phrase_cache_read_stats(c, &stats);
		CHECK(stats.phrases >= told && stats.phrases <= told + 1);
		for (unsigned n = 0; n < stats.phrases; n++) {
			key_of(n, key);
			REQUIRE(phrase_cache_load(c, str_from(key), &audio) == 0);
			CHECK(audio.samples == LONG_SAMPLES && audio.pcm[LONG_SAMPLES - 1] == (int16_t)n);
			mem_free(audio.pcm);
		}
		CHECK_INT(put(c, "next", 3, PHRASE_KEEP_DISK), 0);
		CHECK_INT(count_files(), stats.phrases + 1); /* and no half ones */
		phrase_cache_close(c);
		dir_remove();
	}
}

TEST(phrase_cache_saves_what_is_in_memory)
{
	struct phrase_cache_stats stats;
	struct phrase_cache *c;

	dir_make();
	c = cache_open(1 << 20, 1 << 20);
	CHECK_INT(phrase_cache_save(c, STR("said")), -ENOENT);
	CHECK_INT(put(c, "said", 7, PHRASE_KEEP_MEMORY), 0);
	CHECK_INT(phrase_cache_save(c, STR("said")), 0);
	CHECK_INT(phrase_cache_save(c, STR("said")), 0);
	CHECK_INT(count_files(), 1);
	CHECK_INT(put(c, "more", 8, PHRASE_KEEP_MEMORY), 0);
	dir_remove();
	CHECK(phrase_cache_save(c, STR("more")) < 0);
	phrase_cache_read_stats(c, &stats);
	CHECK_INT(stats.unwritten, 1);
	CHECK_INT(stats.disk_bytes, FILE_BYTES);
	CHECK_INT(level_of(phrase_cache_copy, c, "more"), 8);
	phrase_cache_close(c);
}

TEST(phrase_cache_refuses_what_is_too_much)
{
	struct phrase_cache_config config = {.memory_bytes = 1 << 20};
	char key[PHRASE_CACHE_KEY_MAX + 1];
	struct phrase_cache *c;
	int16_t pcm = 0;

	memset(key, 'k', sizeof(key));
	REQUIRE(phrase_cache_open(&config, &c) == 0);
	CHECK_INT(phrase_cache_put(c, (struct str){key, sizeof(key)}, &pcm, 1, PHRASE_KEEP_MEMORY),
		  -EMSGSIZE);
	CHECK_INT(phrase_cache_put(c, STR("k"), &pcm, PHRASE_CACHE_SAMPLES_MAX + 1, PHRASE_KEEP_MEMORY),
		  -EMSGSIZE);
	CHECK_INT(put(c, "kept", 5, PHRASE_KEEP_DISK), 0); /* no disk: in memory */
	CHECK_INT(level_of(phrase_cache_load, c, "kept"), 5);
	phrase_cache_close(c);
	config.dir = "/proc/nonexistent/cache";
	config.disk_bytes = 1;
	CHECK(phrase_cache_open(&config, &c) < 0);
}

TEST_OOM(phrase_cache_survives_without_memory)
{
	struct phrase_cache_config config = {.memory_bytes = 1 << 20};
	struct phrase_audio audio;
	struct phrase_cache *c;
	int16_t pcm[4] = {0};
	int rc;

	rc = phrase_cache_open(&config, &c);
	if (rc < 0)
		return rc;
	rc = phrase_cache_put(c, STR("key"), pcm, 4, PHRASE_KEEP_MEMORY);
	if (rc == 0)
		rc = phrase_cache_load(c, STR("key"), &audio);
	if (rc == 0)
		mem_free(audio.pcm);
	phrase_cache_close(c);
	return rc;
}
