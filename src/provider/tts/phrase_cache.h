/*
 * phrase_cache.h - speech that has been made before
 *
 * An agent says the same sentences all day, and the good voice takes longer to
 * make one than a caller likes to wait. Made once, a phrase is found here by
 * voice (engine and version included), speed and words, at once if it is in
 * memory, from its file otherwise. All calls share one cache.
 *
 * What is kept on disk is what an agent says to everybody. Sentences made
 * during a call may hold what a caller has said and stay in memory only, until
 * they are the longest unused.
 *
 *   copy -> in memory: a copy     | on a loop: one short lock, no file
 *   load -> on disk: read, checked | on a worker
 *   put  -> memory, and a file written beside and renamed
 *
 * Both stores are bounded in bytes, the longest unused goes first; on disk the
 * order survives a restart in the files' times. In memory what is on disk, too,
 * may take half of the room before the rest counts as used less: an apology is
 * seldom said, and must be there then. A file that was cut short or
 * changed fails its checksum, is removed and counted. A phrase is found by its
 * whole key: two whose file names collide replace each other, unmixed.
 *
 * Threads: any; the lock is never held while a file is touched. Layer: provider.
 */
#ifndef PROVIDER_TTS_PHRASE_CACHE_H
#define PROVIDER_TTS_PHRASE_CACHE_H

#include <stdbool.h>

#include "base/buf.h"

#define PHRASE_CACHE_KEY_MAX     1024        /* bytes; longer words are not cached */
#define PHRASE_CACHE_SAMPLES_MAX (60 * 8000) /* of one phrase */
#define PHRASE_CACHE_FILES_MAX   65536       /* looked at when opening */

struct phrase_cache;

struct phrase_cache_config {
	const char *dir;     /* made when missing; NULL = memory only */
	uint64_t disk_bytes; /* limits; 0 = none is kept there */
	uint64_t memory_bytes;
};

enum phrase_keep {
	PHRASE_KEEP_MEMORY,
	PHRASE_KEEP_DISK, /* there too */
};

struct phrase_audio {
	int16_t *pcm; /* mono S16 at 8 kHz, from mem_alloc(), the caller's */
	size_t samples;
};

struct phrase_cache_stats {
	uint64_t hits, misses, corrupt;
	uint64_t unwritten;                /* files that could not be written */
	uint64_t memory_bytes, disk_bytes; /* of audio, of files */
	size_t phrases;
};

/* Reads the directory: at the start. Returns 0, -errno of the directory, -ENOMEM. */
int phrase_cache_open(const struct phrase_cache_config *config, struct phrase_cache **ret_cache) must_check;
struct phrase_cache *phrase_cache_close(struct phrase_cache *c);

/* Appends the key of a phrase. Blanks around the words do not matter. */
void phrase_cache_key(struct str voice, float speed, struct str words, struct buf *out);

/* Whether it is in memory or on disk. */
bool phrase_cache_has(struct phrase_cache *c, struct str key);

/* A copy of what is in memory. Returns 0, -ENOENT, -ENOMEM. */
int phrase_cache_copy(struct phrase_cache *c, struct str key, struct phrase_audio *ret_audio) must_check;

/* The same, read from its file if need be: on a worker. Returns 0, -ENOENT, -EBADMSG for a file that was
 * spoilt (it is gone now), -ENOMEM, -errno. */
int phrase_cache_load(struct phrase_cache *c, struct str key, struct phrase_audio *ret_audio) must_check;

/* Copies it in. PHRASE_KEEP_DISK writes a file: on a worker. Returns 0, -EMSGSIZE beyond the limits above,
 * -ENOMEM, -errno of the file; a phrase that could not be written is in memory all the same. */
int phrase_cache_put(struct phrase_cache *c, struct str key, const int16_t *pcm, size_t samples,
		     enum phrase_keep keep) must_check;

/* Writes what is in memory to disk too, unless it is there: on a worker. Returns 0, -ENOENT, -ENOMEM, -errno
 * of the file. */
int phrase_cache_save(struct phrase_cache *c, struct str key) must_check;

void phrase_cache_read_stats(struct phrase_cache *c, struct phrase_cache_stats *ret_stats);

#endif
