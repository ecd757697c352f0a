/*
 * phrase_file.h - a phrase on disk
 *
 *   magic | bytes of key | samples | FNV-1a of key and samples | key | samples (S16, little-endian)
 *
 * Written beside and renamed, so that a reader sees all of a file or none.
 *
 * Threads: any; they block. Layer: provider.
 */
#ifndef PROVIDER_TTS_PHRASE_FILE_H
#define PROVIDER_TTS_PHRASE_FILE_H

#include "provider/tts/phrase_cache.h"

#define PHRASE_FILE_NAME_MAX 32
#define PHRASE_FILE_SUFFIX   ".phrase"
#define PHRASE_FILE_HEAD     24 /* bytes before the key */

/* The file name of a key. */
void phrase_file_name(struct str key, char name[PHRASE_FILE_NAME_MAX]);

/* Returns 0, or -errno; then nothing of the old file has changed. */
int phrase_file_write(int dir_fd, struct str key, const int16_t *pcm, size_t samples) must_check;

/* The key of the file into key[PHRASE_CACHE_KEY_MAX]. Returns its bytes, -EBADMSG, -errno. */
int phrase_file_read_key(int dir_fd, const char *name, char *key) must_check;

/* The audio of `key`. Returns 0, -EBADMSG when the file is spoilt or another's, -ENOMEM, -errno. */
int phrase_file_read(int dir_fd, struct str key, struct phrase_audio *ret_audio) must_check;

#endif
