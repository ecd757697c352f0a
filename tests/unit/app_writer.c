/* Trails and recordings on disk. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/writer.h"
#include "base/live.h"
#include "media/recorder.h"
#include "test.h"

static void day_path(const char *dir, const char *name, char *out, size_t size)
{
	char day[16];
	time_t t = time(NULL);
	struct tm tm;

	localtime_r(&t, &tm);
	strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	snprintf(out, size, "%s/%s%s%s", dir, day, *name ? "/" : "", name);
}

static size_t read_file(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);

	if (fd >= 0)
		close(fd);
	out[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static void remove_all(const char *dir)
{
	char path[256];

	day_path(dir, "c1.jsonl", path, sizeof(path));
	unlink(path);
	day_path(dir, "c1.wav", path, sizeof(path));
	unlink(path);
	day_path(dir, "", path, sizeof(path));
	rmdir(path);
	rmdir(dir);
}

TEST(writer_keeps_the_order_of_lines_and_finishes_recordings)
{
	char root[] = "/tmp/offhook-writer-XXXXXX", dir[64], path[256], text[4096];
	int16_t tone[160] = {1000};
	struct recorder *r;
	struct writer *w;
	uint64_t trail, sound;

	REQUIRE(mkdtemp(root));
	snprintf(dir, sizeof(dir), "%s/deep", root);
	REQUIRE(writer_start(str_from(dir), &w) == 0);
	REQUIRE(recorder_new(RECORDER_ULAW, &r) == 0);
	trail = writer_new_handle(w);
	sound = writer_new_handle(w);
	writer_open(w, trail, STR("c1"));
	writer_line(w, trail, STR("one\n"));
	writer_record(w, sound, STR("c1"), r);
	writer_line(w, trail, STR("two\n"));
	writer_close(w, trail);
	writer_line(w, trail, STR("after the end\n"));
	for (int i = 0; i < 50; i++)
		recorder_far(r, i * USEC_MS(20), tone, 160);
	recorder_finish(r);
	writer_recorded(w, sound, r);
	writer_stop(w);

	day_path(dir, "c1.jsonl", path, sizeof(path));
	CHECK_INT(read_file(path, text, sizeof(text)), 8);
	CHECK_STR(str_from(text), "one\ntwo\n");
	day_path(dir, "c1.wav", path, sizeof(path));
	CHECK(read_file(path, text, sizeof(text)) > 1000);
	CHECK(memcmp(text, "RIFF", 4) == 0);
	remove_all(dir);
	rmdir(root);
}

/* Whoever works them off may take the file away. */
TEST(writer_appends_messages_to_a_file_of_their_own)
{
	char dir[] = "/tmp/offhook-writer-XXXXXX", path[64], text[256];
	struct writer *w;

	REQUIRE(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/messages.jsonl", dir);
	for (int i = 0; i < 2; i++) {
		REQUIRE(writer_start(str_from(dir), &w) == 0);
		writer_note(w, STR("{\"caller\":\"a\"}\n"));
		writer_note(w, STR("{\"caller\":\"b\"}\n"));
		writer_stop(w);
	}
	read_file(path, text, sizeof(text));
	CHECK_STR(str_from(text), "{\"caller\":\"a\"}\n{\"caller\":\"b\"}\n"
				  "{\"caller\":\"a\"}\n{\"caller\":\"b\"}\n");
	unlink(path);
	rmdir(dir);
}

TEST(writer_says_no_to_a_folder_it_cannot_make)
{
	struct writer *w = NULL;

	CHECK_INT(writer_start(STR("/dev/null/calls"), &w), -ENOTDIR);
	CHECK_INT(writer_start(STR("/dev/null"), &w), -ENOTDIR);
	CHECK_INT(writer_start(STR(""), &w), -EINVAL);
	CHECK(w == NULL);
}
