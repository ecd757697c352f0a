/*
 * flite_door.h - the door to flite: its voices, and its pronouncing dictionary
 *
 * flite (CMU, BSD-style, from Debian) speaks small and fast: about 85 times
 * faster than time on one core, first samples after some 15 ms. It also knows
 * how 100,000 English words are pronounced and guesses the rest by rules; the
 * larger voices borrow that through g2p.h.
 *
 * What flite keeps for the whole process is the list of voices, filled once
 * here; after that any number of threads may speak at once, with the same
 * voice too (examined with helgrind: the only memory that two utterances share
 * and write is that of libc's rand(), which has a lock of its own). From
 * rand() comes the breath in its voices: two renderings of a sentence have the
 * same length but not the same samples. Speed is set on the utterance, never
 * on the voice, which all share.
 *
 * flite ends the process when it finds no memory.
 *
 * Threads: any; an utterance computes on the calling thread. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_FLITE_DOOR_H
#define PROVIDER_LOCAL_FLITE_DOOR_H

#include "provider/local/voice_out.h"

#define FLITE_DOOR_PHONES_MAX 64 /* of one word */

struct flite_door_voice;

/* rms (the default), slt, awb, kal16. Returns NULL when there is no such voice. */
const struct flite_door_voice *flite_door_find(struct str name);

/* Speaks `words` (as of speakable.h) into the sink; speed 1 is the voice's own, 2 twice as fast.
 * Returns 0, -ECANCELED when the sink wanted no more, -ENOMEM, -EIO when flite gave up. */
int flite_door_say(const struct flite_door_voice *voice, struct str words, float speed,
		   const struct voice_out_sink *sink) must_check;

/* A phone of the CMU dictionary: "ah", "k"; stress is 0 or 1 for vowels, -1 for the rest. */
struct flite_door_phone {
	char name[4];
	int stress;
};

/* What kind of word it is, for those that sound differently: the record, to record. */
enum flite_door_kind {
	FLITE_DOOR_ANY,
	FLITE_DOOR_NOUN,
	FLITE_DOOR_VERB,
};

struct flite_door_phones {
	struct flite_door_phone phone[FLITE_DOOR_PHONES_MAX];
	size_t n;
};

/* How `word` (lower case, letters and apostrophes) is pronounced: by the dictionary, else by its rules. A
 * word of which nothing is known, or too long a one, has no phones. */
void flite_door_pronounce(struct str word, enum flite_door_kind kind, struct flite_door_phones *ret_phones);

#endif
