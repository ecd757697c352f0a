/*
 * trial.h - one real exchange with a recogniser, a language model or a voice
 *
 * For people who want to know before the first call whether a service is
 * there, takes the key, and how fast it is: a sentence is heard at the pace of
 * speech, a question answered, a greeting spoken. Any number go side by side.
 *
 * Threads: the loop's owner. Layer: app.
 */
#ifndef APP_TRIAL_H
#define APP_TRIAL_H

#include "base/fault.h"
#include "base/loop.h"
#include "provider/llm/llm.h"
#include "provider/stt/stt.h"
#include "provider/tts/tts.h"

#define TRIAL_LIMIT    USEC_SEC(20)
#define TRIAL_TEXT_MAX 160

struct trial;

/* Whom to try with what; one of the ops. All of it outlives the trial. */
struct trial_want {
	const struct stt_ops *stt; /* hears `sound` */
	const struct llm_ops *llm; /* answers `words` */
	const struct tts_ops *tts; /* speaks `words` */
	const void *config;
	struct str voice, words;
	const int16_t *sound; /* [samples] at STT_RATE_HZ */
	size_t samples;
};

struct trial_result {
	bool ok;
	enum fault fault;          /* FAULT_STALLED also when TRIAL_LIMIT passed */
	usec opened;               /* until the session was ready; 0 = the contract has no such moment */
	usec first;                /* the final text after the last word, the first token, the first sound */
	usec total;                /* until all of it was there */
	char text[TRIAL_TEXT_MAX]; /* what came of it, in words; the vendor's about a failure where it told
				      any */
};

struct trial_sink {
	/* Once, from the loop; the trial may be freed in it. */
	void (*on_done)(void *arg, const struct trial_result *result);
	void *arg;
};

/* Begins in the loop's next turn. Returns 0 or -ENOMEM. */
int trial_start(struct loop *l, const struct trial_want *want, const struct trial_sink *sink,
		struct trial **ret_trial) must_check;

/* Gives up what is under way. Takes NULL. Returns NULL. */
struct trial *trial_free(struct trial *t);

#endif
