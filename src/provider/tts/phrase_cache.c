#include "provider/tts/phrase_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"
#include "base/live.h"
#include "base/map.h"
#include "base/mem.h"
#include "provider/tts/phrase_file.h"

LIVE_DEFINE(phrase_cache);
LIVE_DEFINE(phrase);

struct phrase {
	struct map_node node; /* its key is behind the struct */
	struct list used;     /* the longest unused first */
	int16_t *pcm;         /* NULL = on disk only */
	size_t samples;
	uint64_t file_bytes; /* 0 = in memory only */
	char key[];
};

struct phrase_cache {
	struct phrase_cache_config config;
	int dir_fd; /* -1 = none */
	pthread_mutex_t lock;
	struct map phrases;
	struct list used;
	uint64_t filed_bytes; /* of audio in memory that is on disk, too */
	struct phrase_cache_stats stats;
};

static uint64_t pcm_bytes(size_t samples)
{
	return samples * sizeof(int16_t);
}

void phrase_cache_key(struct str voice, float speed, struct str words, struct buf *out)
{
	buf_add_str(out, voice);
	buf_printf(out, "|%d|", (int)(speed * 100 + 0.5f));
	buf_add_str(out, str_trim(words));
}

/* ---- under the lock ---- */

static struct phrase *find(struct phrase_cache *c, struct str key)
{
	struct map_node *node = map_find(&c->phrases, key);

	return node ? MAP_ENTRY(node, struct phrase, node) : NULL;
}

static void touch(struct phrase_cache *c, struct phrase *p)
{
	list_remove(&p->used);
	list_append(&c->used, &p->used);
}

static uint64_t filed(const struct phrase *p)
{
	return p->pcm && p->file_bytes > 0 ? pcm_bytes(p->samples) : 0;
}

static void set_file(struct phrase_cache *c, struct phrase *p, uint64_t bytes)
{
	c->filed_bytes -= filed(p);
	c->stats.disk_bytes += bytes - p->file_bytes;
	p->file_bytes = bytes;
	c->filed_bytes += filed(p);
}

static void forget(struct phrase_cache *c, struct phrase *p)
{
	c->filed_bytes -= filed(p);
	c->stats.memory_bytes -= p->pcm ? pcm_bytes(p->samples) : 0;
	c->stats.disk_bytes -= p->file_bytes;
	c->stats.phrases--;
	map_remove(&c->phrases, &p->node);
	list_remove(&p->used);
	mem_free(p->pcm);
	live_down(&live_phrase);
	mem_free(p);
}

static struct phrase *add(struct phrase_cache *c, struct str key)
{
	struct phrase *p = mem_zalloc(sizeof(*p) + key.n + 1);

	if (!p)
		return NULL;
	memcpy(p->key, key.p, key.n);
	list_init(&p->used);
	if (map_add(&c->phrases, &p->node, (struct str){p->key, key.n}) < 0) {
		mem_free(p);
		return NULL;
	}
	list_append(&c->used, &p->used);
	c->stats.phrases++;
	live_up(&live_phrase);
	return p;
}

/* Takes `pcm`. */
static void set_audio(struct phrase_cache *c, struct phrase *p, int16_t *pcm, size_t samples)
{
	c->filed_bytes -= filed(p);
	c->stats.memory_bytes -= p->pcm ? pcm_bytes(p->samples) : 0;
	mem_free(p->pcm);
	p->pcm = pcm;
	p->samples = samples;
	c->stats.memory_bytes += pcm_bytes(samples);
	c->filed_bytes += filed(p);
}

static void drop_audio(struct phrase_cache *c, struct phrase *p)
{
	c->filed_bytes -= filed(p);
	c->stats.memory_bytes -= pcm_bytes(p->samples);
	p->pcm = mem_free(p->pcm);
	if (p->file_bytes == 0)
		forget(c, p);
}

/* The longest unused go until the rest has room; those that are on disk last, up to `spared` bytes of them.
 */
static void drop_unused(struct phrase_cache *c, uint64_t spared)
{
	LIST_EACH_SAFE (node, &c->used) {
		struct phrase *p = LIST_ENTRY(node, struct phrase, used);

		if (c->stats.memory_bytes <= c->config.memory_bytes)
			return;
		if (p->pcm && (filed(p) == 0 || c->filed_bytes > spared))
			drop_audio(c, p);
	}
}

static void fit_memory(struct phrase_cache *c)
{
	drop_unused(c, c->config.memory_bytes / 2);
	drop_unused(c, 0);
}

/* ---- disk ---- */

/* The name of the longest unused file, its phrase forgotten there; false when all fit. */
static bool next_surplus(struct phrase_cache *c, char name[PHRASE_FILE_NAME_MAX])
{
	if (c->stats.disk_bytes <= c->config.disk_bytes)
		return false;
	LIST_EACH (node, &c->used) {
		struct phrase *p = LIST_ENTRY(node, struct phrase, used);

		if (p->file_bytes == 0)
			continue;
		phrase_file_name(p->node.key, name);
		set_file(c, p, 0);
		if (!p->pcm)
			forget(c, p);
		return true;
	}
	return false;
}

static void fit_disk(struct phrase_cache *c)
{
	char name[PHRASE_FILE_NAME_MAX];
	bool more;

	do {
		pthread_mutex_lock(&c->lock);
		more = next_surplus(c, name);
		pthread_mutex_unlock(&c->lock);
		if (more)
			unlinkat(c->dir_fd, name, 0);
	} while (more);
}

/* A file found when opening. */
struct found {
	struct timespec when;
	uint64_t bytes;
	char name[PHRASE_FILE_NAME_MAX];
};

static int by_time(const void *a, const void *b)
{
	const struct timespec *x = &((const struct found *)a)->when, *y = &((const struct found *)b)->when;

	if (x->tv_sec != y->tv_sec)
		return x->tv_sec < y->tv_sec ? -1 : 1;
	return (x->tv_nsec > y->tv_nsec) - (x->tv_nsec < y->tv_nsec);
}

/* What a crash has left half-written goes; the rest is noted. */
static size_t note_file(int dir_fd, const char *name, struct found *found)
{
	struct str s = str_from(name);
	struct stat st;

	if (str_ends(s, STR(".tmp"))) {
		unlinkat(dir_fd, name, 0);
		return 0;
	}
	if (!str_ends(s, STR(PHRASE_FILE_SUFFIX)) || s.n >= sizeof(found->name) ||
	    fstatat(dir_fd, name, &st, 0) < 0)
		return 0;
	found->when = st.st_mtim;
	found->bytes = (uint64_t)st.st_size;
	str_copy(s, found->name, sizeof(found->name));
	return 1;
}

static int adopt(struct phrase_cache *c, const struct found *found)
{
	char key[PHRASE_CACHE_KEY_MAX];
	int n = phrase_file_read_key(c->dir_fd, found->name, key);
	struct phrase *p;

	if (n < 0) {
		c->stats.corrupt++;
		unlinkat(c->dir_fd, found->name, 0);
		return 0;
	}
	p = find(c, (struct str){key, (size_t)n});
	if (!p)
		p = add(c, (struct str){key, (size_t)n});
	if (!p)
		return -ENOMEM;
	set_file(c, p, found->bytes);
	return 0;
}

static int adopt_all(struct phrase_cache *c, struct found *found, size_t n)
{
	int rc = 0;

	qsort(found, n, sizeof(*found), by_time);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = adopt(c, &found[i]);
	return rc;
}

static int read_dir(struct phrase_cache *c)
{
	struct found *found = mem_alloc(PHRASE_CACHE_FILES_MAX * sizeof(*found));
	int fd = dup(c->dir_fd), rc;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	size_t n = 0;

	rc = !found ? -ENOMEM : !dir ? -errno : 0;
	while (rc == 0 && n < PHRASE_CACHE_FILES_MAX && (entry = readdir(dir)))
		n += note_file(c->dir_fd, entry->d_name, &found[n]);
	if (rc == 0)
		rc = adopt_all(c, found, n);
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	mem_free(found);
	return rc;
}

static int open_dir(struct phrase_cache *c)
{
	if (!c->config.dir || c->config.disk_bytes == 0)
		return 0;
	if (mkdir(c->config.dir, 0700) < 0 && errno != EEXIST)
		return -errno;
	c->dir_fd = open(c->config.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return c->dir_fd < 0 ? -errno : read_dir(c);
}

int phrase_cache_open(const struct phrase_cache_config *config, struct phrase_cache **ret_cache)
{
	struct phrase_cache *c = mem_zalloc(sizeof(*c));
	int rc;

	if (!c)
		return -ENOMEM;
	c->config = *config;
	c->dir_fd = -1;
	pthread_mutex_init(&c->lock, NULL);
	map_init(&c->phrases);
	list_init(&c->used);
	live_up(&live_phrase_cache);
	rc = open_dir(c);
	if (rc < 0) {
		phrase_cache_close(c);
		return rc;
	}
	c->config.dir = NULL; /* the caller's string is not needed any more */
	fit_disk(c);
	*ret_cache = c;
	return 0;
}

struct phrase_cache *phrase_cache_close(struct phrase_cache *c)
{
	if (!c)
		return NULL;
	LIST_EACH_SAFE (node, &c->used)
		forget(c, LIST_ENTRY(node, struct phrase, used));
	map_fini(&c->phrases);
	if (c->dir_fd >= 0)
		close(c->dir_fd);
	pthread_mutex_destroy(&c->lock);
	live_down(&live_phrase_cache);
	return mem_free(c);
}

bool phrase_cache_has(struct phrase_cache *c, struct str key)
{
	bool has;

	pthread_mutex_lock(&c->lock);
	has = find(c, key) != NULL;
	pthread_mutex_unlock(&c->lock);
	return has;
}

static int copy_pcm(const int16_t *pcm, size_t samples, int16_t **ret_copy)
{
	int16_t *copy = mem_alloc(MAX(pcm_bytes(samples), 1u));

	if (!copy)
		return -ENOMEM;
	if (samples > 0)
		memcpy(copy, pcm, pcm_bytes(samples));
	*ret_copy = copy;
	return 0;
}

static int copy_locked(struct phrase_cache *c, struct str key, struct phrase_audio *ret_audio)
{
	struct phrase *p = find(c, key);
	int rc;

	if (!p || !p->pcm)
		return -ENOENT;
	rc = copy_pcm(p->pcm, p->samples, &ret_audio->pcm);
	if (rc < 0)
		return rc;
	ret_audio->samples = p->samples;
	touch(c, p);
	c->stats.hits++;
	return 0;
}

int phrase_cache_copy(struct phrase_cache *c, struct str key, struct phrase_audio *ret_audio)
{
	int rc;

	pthread_mutex_lock(&c->lock);
	rc = copy_locked(c, key, ret_audio);
	pthread_mutex_unlock(&c->lock);
	return rc;
}

/* The file has been read or has turned out to be spoilt. `pcm` is taken. */
static void settle(struct phrase_cache *c, struct str key, int rc, int16_t *pcm, size_t samples)
{
	struct phrase *p;

	pthread_mutex_lock(&c->lock);
	p = find(c, key);
	c->stats.hits += rc == 0;
	c->stats.corrupt += rc == -EBADMSG;
	if (p && rc == -EBADMSG && !p->pcm) {
		forget(c, p);
	} else if (p && pcm) {
		set_audio(c, p, pcm, samples);
		touch(c, p);
		fit_memory(c);
		pcm = NULL;
	}
	pthread_mutex_unlock(&c->lock);
	mem_free(pcm);
}

int phrase_cache_load(struct phrase_cache *c, struct str key, struct phrase_audio *ret_audio)
{
	int rc = phrase_cache_copy(c, key, ret_audio);
	char name[PHRASE_FILE_NAME_MAX];
	struct phrase_audio audio;
	int16_t *copy = NULL;

	if (rc != -ENOENT)
		return rc;
	if (c->dir_fd < 0 || !phrase_cache_has(c, key)) {
		pthread_mutex_lock(&c->lock);
		c->stats.misses++;
		pthread_mutex_unlock(&c->lock);
		return -ENOENT;
	}
	rc = phrase_file_read(c->dir_fd, key, &audio);
	if (rc == -EBADMSG) {
		phrase_file_name(key, name);
		unlinkat(c->dir_fd, name, 0);
	}
	if (rc == 0 && copy_pcm(audio.pcm, audio.samples, &copy) < 0)
		copy = NULL; /* it is played this once, and read again the next time */
	settle(c, key, rc, copy, rc == 0 ? audio.samples : 0);
	if (rc == 0)
		*ret_audio = audio;
	return rc;
}

/* Takes `pcm`. */
static int put_memory(struct phrase_cache *c, struct str key, int16_t *pcm, size_t samples)
{
	struct phrase *p;

	pthread_mutex_lock(&c->lock);
	p = find(c, key);
	if (!p)
		p = add(c, key);
	if (p) {
		set_audio(c, p, pcm, samples);
		touch(c, p);
		fit_memory(c);
	}
	pthread_mutex_unlock(&c->lock);
	if (!p)
		mem_free(pcm);
	return p ? 0 : -ENOMEM;
}

/* The file stands: its phrase may have been pushed out of memory meanwhile. */
static int note_written(struct phrase_cache *c, struct str key, size_t samples)
{
	struct phrase *p;

	pthread_mutex_lock(&c->lock);
	p = find(c, key);
	if (!p)
		p = add(c, key);
	if (p)
		set_file(c, p, PHRASE_FILE_HEAD + key.n + pcm_bytes(samples));
	pthread_mutex_unlock(&c->lock);
	fit_disk(c);
	return p ? 0 : -ENOMEM;
}

static int write_file(struct phrase_cache *c, struct str key, const int16_t *pcm, size_t samples)
{
	int rc = phrase_file_write(c->dir_fd, key, pcm, samples);

	if (rc == 0)
		return note_written(c, key, samples);
	pthread_mutex_lock(&c->lock);
	c->stats.unwritten++;
	pthread_mutex_unlock(&c->lock);
	return rc;
}

/* Whether it is in memory only; its samples are copied then. Returns 1, 0 when there is nothing to do,
 * -ENOENT, -ENOMEM. */
static int copy_unsaved(struct phrase_cache *c, struct str key, struct phrase_audio *ret_audio)
{
	struct phrase *p;
	int rc = 0;

	pthread_mutex_lock(&c->lock);
	p = find(c, key);
	if (!p)
		rc = -ENOENT;
	else if (p->file_bytes == 0)
		rc = copy_pcm(p->pcm, p->samples, &ret_audio->pcm) < 0 ? -ENOMEM : 1;
	if (rc == 1)
		ret_audio->samples = p->samples;
	pthread_mutex_unlock(&c->lock);
	return rc;
}

int phrase_cache_save(struct phrase_cache *c, struct str key)
{
	struct phrase_audio audio;
	int rc = c->dir_fd < 0 ? 0 : copy_unsaved(c, key, &audio);

	if (rc <= 0)
		return rc;
	rc = write_file(c, key, audio.pcm, audio.samples);
	mem_free(audio.pcm);
	return rc;
}

int phrase_cache_put(struct phrase_cache *c, struct str key, const int16_t *pcm, size_t samples,
		     enum phrase_keep keep)
{
	int16_t *copy;
	int rc;

	if (key.n > PHRASE_CACHE_KEY_MAX || samples > PHRASE_CACHE_SAMPLES_MAX)
		return -EMSGSIZE;
	rc = copy_pcm(pcm, samples, &copy);
	if (rc == 0)
		rc = put_memory(c, key, copy, samples);
	if (rc < 0 || keep == PHRASE_KEEP_MEMORY || c->dir_fd < 0)
		return rc;
	return write_file(c, key, pcm, samples);
}

void phrase_cache_read_stats(struct phrase_cache *c, struct phrase_cache_stats *ret_stats)
{
	pthread_mutex_lock(&c->lock);
	*ret_stats = c->stats;
	pthread_mutex_unlock(&c->lock);
}
