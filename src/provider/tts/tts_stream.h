/*
 * tts_stream.h - voices on a network: what they all have in common
 *
 * The text of an answer is cut into clauses as it comes (clause.h), each is put
 * into words for the ear (speakable.h) and looked up in the phrase cache; what is
 * not there goes to the vendor in stretches. Their sound is told in the order of
 * the text as it comes in, with a mark for each word where the vendor says when
 * it is spoken, else for each clause.
 *
 *   say -> clause -> words -> [phrase cache] -> sound that is known ---,
 *                                  '-> stretch -> carrier -> sound ----+-> AUDIO MARK ... DONE
 *
 * A carrier is a way to talk to vendors: tts_ws.h, tts_http.h. It sends clauses
 * and reports what comes back; pacing, order, deadlines, faults and the bill are
 * made here. A dialect is what one vendor understands: its traits, and functions
 * that write and read its messages.
 *
 * A cancel reaches the vendor before it returns. There is no second try: a fault
 * is of the answer that was being spoken, and of the session when its key was
 * refused or it never came to be.
 *
 * Threads: the shard's control loop. Layer: provider.
 */
#ifndef PROVIDER_TTS_TTS_STREAM_H
#define PROVIDER_TTS_TTS_STREAM_H

#include "provider/aloud/clause.h"
#include "provider/tts/tts_address.h"
#include "provider/tts/tts_stretch.h"
#include "provider/vendors.h"

#define TTS_STREAM_ANSWERS_MAX 16  /* not spoken to their end; more is -EMSGSIZE */
#define TTS_STREAM_NAME_MAX    128 /* bytes of a voice, a language */
#define TTS_STREAM_KEPT_MAX    512 /* of what tells its phrases from others'; one of more is not kept */

/* What the shared half has to know of a vendor. */
struct tts_traits {
	enum vendor_key key;
	const char *model;   /* asked for when the service names none; NULL = the vendor has no such thing */
	bool voice_is_model; /* and a voice, where there is one, stands for it */
	unsigned can;        /* TTS_MARKS: for each word; TTS_TAKES_PIECES: several clauses make a stretch */
	struct tts_form form;
	unsigned at_once; /* stretches it works on at a time */
	bool in_order; /* what it says bears no name: it is of the oldest stretch, and a cancel is of all */
	bool alone; /* the first clause of an answer is a stretch by itself if it ends no sentence: the vendor
		       would wait for more of it */
	usec linger; /* a stretch to which nothing was added for so long is finished; 0 = never */
};

struct tts_stream;

/* Methods return 0 or -errno. What they report is told later, never inside them. */
struct tts_carrier {
	int (*open)(struct tts_stream *s);
	/* Another clause of the stretch; the first makes the vendor begin. */
	int (*speak)(struct tts_stream *s, struct tts_stretch *st, const struct tts_clause *c);
	int (*finish)(struct tts_stream *s, struct tts_stretch *st);
	/* Stops the vendor at once and lets go of the stretch, also of one that has failed. Where nothing
	 * bears a name, all others that are under way begin again. */
	void (*cancel)(struct tts_stream *s, struct tts_stretch *st);
	void (*close)(struct tts_stream *s);
};

/* First member of every carrier's session. */
struct tts_stream {
	struct tts tts;
	const struct tts_carrier *carrier;
	const struct tts_traits *traits;
	struct service_use use;
	struct tts_speaker speaker;
	char voice[TTS_STREAM_NAME_MAX], language[TTS_STREAM_NAME_MAX];
	char kept_as[TTS_STREAM_KEPT_MAX]; /* in the phrase cache; "" = nothing of it is kept */
	struct loop *loop;
	struct timer wake, watch, linger;
	bool up, ready;  /* it can speak; that was told */
	enum fault lost; /* the session is dead */
	char lost_words[TTS_STRETCH_WORDS_MAX];
	usec not_before; /* the vendor asked to be left alone until then; 0 = it did not */
	struct list answers;
	size_t answer_count;
	uint32_t stretches;   /* made so far */
	struct clause clause; /* of the newest answer */
};

/* ---- for the contract's methods of a carrier ---- */

/* `s` is zeroed but for its tts. Returns 0 or -errno; then nothing is left to close. */
int tts_stream_open(struct tts_stream *s, const struct tts_carrier *carrier, const struct tts_traits *traits,
		    const struct service_use *use, const struct tts_params *params) must_check;
int tts_stream_say(struct tts *t, uint32_t answer, struct str text) must_check;
int tts_stream_end(struct tts *t, uint32_t answer) must_check;
void tts_stream_cancel(struct tts *t, uint32_t answer);
void tts_stream_close(struct tts *t);

/* ---- what a carrier reports ---- */

/* It can speak now. */
void tts_stream_up(struct tts_stream *s);

/* It will never speak (again). */
void tts_stream_lost(struct tts_stream *s, enum fault fault, struct str words);

void tts_stream_sound(struct tts_stream *s, struct tts_stretch *st, struct str bytes);
void tts_stream_spoken(struct tts_stream *s, struct tts_stretch *st, struct str word, uint32_t sample);
void tts_stream_clause_over(struct tts_stream *s, struct tts_stretch *st);
void tts_stream_over(struct tts_stream *s, struct tts_stretch *st);
void tts_stream_failed(struct tts_stream *s, struct tts_stretch *st, enum fault fault, struct str words);

/* The vendor asks to be left alone for so long, negative = it did not say: every FAULT_QUOTA until then tells
 * how much of it is left. */
void tts_stream_retry_after(struct tts_stream *s, usec retry_after);

/* A connection to the vendor has taken what was said of the stretch, and takes what will be: from now on it
 * is on the bill. `requests` were made for it. Once a stretch. */
void tts_stream_reached(struct tts_stretch *st, unsigned requests);

/* The bill of a connection that has ended; `opened` 0 = it never came to be, and costs nothing. */
void tts_stream_bill_connection(struct tts_stream *s, usec opened, enum usage_end end);

#endif
