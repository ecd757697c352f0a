/*
 * trial.h - one real exchange with a recogniser, a language model or a voice
 *
 * For people who want to know before the first call whether a service is
 * there, takes the key, and how fast it is: a sentence is heard at the pace of
 * speech, a question answered, a greeting spoken.
 *
 * Threads: the loop's owner, which it runs meanwhile. Layer: app.
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

struct trial {
	bool ok;
	enum fault fault;          /* FAULT_STALLED also when TRIAL_LIMIT passed */
	usec opened;               /* until the session was ready; 0 = the contract has no such moment */
	usec first;                /* the final text after the last word, the first token, the first sound */
	usec total;                /* until all of it was there */
	char text[TRIAL_TEXT_MAX]; /* what came of it, in words; the vendor's about a failure where it told
				      any */
};

/* Speech at STT_RATE_HZ. */
struct trial_sound {
	const int16_t *pcm;
	size_t samples;
};

/* Hears `said`. Returns 0 when it was tried, also in vain, or -errno. */
int trial_stt(struct loop *l, const struct stt_ops *ops, const void *config, struct trial_sound said,
	      struct trial *ret_trial) must_check;

/* Answers `question` with a few words. Returns likewise. */
int trial_llm(struct loop *l, const struct llm_ops *ops, const void *config, struct str question,
	      struct trial *ret_trial) must_check;

/* Speaks `words`. Returns likewise. */
int trial_tts(struct loop *l, const struct tts_ops *ops, const void *config, struct str voice,
	      struct str words, struct trial *ret_trial) must_check;

#endif
