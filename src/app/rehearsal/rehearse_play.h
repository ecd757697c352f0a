/*
 * rehearse_play.h - one rehearsal being played: the call, live
 *
 * Dials, lets the scripted caller act, follows the server's trail and shows it
 * as it grows, tells the caller what the agent says (for `when`) and that it did
 * not understand (for `again`), keeps a transcript beside the trail, and judges
 * the call when both ends have finished.
 *
 * Threads: the loop's owner. Layer: app.
 */
#ifndef APP_REHEARSAL_REHEARSE_PLAY_H
#define APP_REHEARSAL_REHEARSE_PLAY_H

#include "app/rehearsal/rehearse_call.h"
#include "app/rehearsal/rehearse_phone.h"
#include "app/rehearsal/rehearse_trails.h"
#include "app/trail_view.h"

struct rehearse_play;

/* What all plays share. */
struct rehearse_stage {
	struct loop *loop;
	struct rehearse_phone *phone;
	struct rehearse_trails *trails;
	struct arena *arena; /* texts of the judgement */
	FILE *show;
	struct trail_view view;
	/* Judged; its call is complete. */
	void (*on_over)(void *arg, struct rehearse_play *p);
	void *arg;
};

struct rehearse_play {
	const struct rehearse_stage *stage;
	const struct rehearsal *r;
	uint64_t seed;             /* of the noise and the lost packets */
	struct caller_sound sound; /* the caller's from the start on */
	struct caller caller;
	struct rehearse_tail tail;
	struct trail_summary summary;
	struct rehearse_call call;
	struct timer last_words; /* of the trail, when the caller has hung up */
	FILE *transcript;
	char prefix[32]; /* of its lines, where several are played at once */
	bool over;
};

/* `p->r`, `p->seed` and `p->sound` are set; the rest is zero. on_over() comes once, never inside this call.
 */
void rehearse_play_start(struct rehearse_play *p, const struct rehearse_stage *stage);

/* After on_over(), or if it was never started. */
void rehearse_play_fini(struct rehearse_play *p);

#endif
