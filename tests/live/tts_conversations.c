/* Every voice tells the story of all voices, over TLS, against the simulator of its vendor, which speaks in
 * tones that can be read back. */
#include "side.h"
#include "stage.h"
#include "test.h"
#include "trouble.h"
#include "tts_story.h"
#include "vendors/sound.h"

static struct stage stage;
static const struct trouble *trouble; /* of this process; NULL = all is well */

static int set_up_with(const struct tts_kind *kind, struct loop *l, const struct vendor_config *config,
		       const void **ret_config)
{
	*ret_config = &stage.use;
	return stage_open(&stage, kind->arg, config, l);
}

/* All that is said at once. */
static int set_up(const struct tts_kind *kind, struct loop *l, const void **ret_config)
{
	struct vendor_config config = {.delays.first_audio = USEC_MS(20)};

	if (trouble)
		config.fault = trouble->fault;
	return set_up_with(kind, l, &config, ret_config);
}

/* At the pace of speech, nearly. */
static int set_up_slow(const struct tts_kind *kind, struct loop *l, const void **ret_config)
{
	struct vendor_config config = {.delays = {.first_audio = USEC_MS(100), .audio_pace = 2}};

	return set_up_with(kind, l, &config, ret_config);
}

static void hang_up(void)
{
	stage_hang_up(&stage);
	stage_check_manners(&stage);
}

/* Broke no rule, and used what the vendor will bill. */
static void tear_down(const struct tts_kind *kind, const uint64_t used[USAGE_UNITS_])
{
	hang_up();
	stage_check_bill(&stage, USAGE_REQUESTS, used, NULL);
	stage_check_bill(&stage, USAGE_CHARACTERS, used, NULL);
	stage_check_bill(&stage, USAGE_AUDIO_OUT, used, NULL);
	stage_close(&stage);
}

/* The last words may have been cut on their way. */
static void tear_down_what_was_cut(const struct tts_kind *kind, const uint64_t used[USAGE_UNITS_])
{
	hang_up();
	CHECK(used[USAGE_CHARACTERS] >= stage_billed(&stage, NULL, "characters"));
	stage_close(&stage);
}

static void tear_down_what_failed(const struct tts_kind *kind, const uint64_t used[USAGE_UNITS_])
{
	stage_close(&stage);
}

/* Cuts all connections, and is there again; where all is said at once, not before what is on its way has
 * failed. */
static void fall(const struct tts_kind *kind)
{
	stage_restart(&stage, kind->whole ? USEC_MS(500) : 0);
}

static void read_tones(struct str pcm, struct buf *words)
{
	tones_read(&(struct sound){SOUND_S16, TTS_RATE_HZ}, pcm, words);
}

static struct tts_kind kind_of(const struct stage_vendor *who)
{
	const struct vendor *row = vendor_find(str_from(who->type), USAGE_TTS);

	return (struct tts_kind){
		.name = who->type,
		.ops = row->tts,
		.clock = LOOP_REAL,
		.set_up = set_up,
		.tear_down = tear_down,
		.arg = who,
		.whole = who->manner & STAGE_WHOLE,
		.names_words = row->can & TTS_MARKS,
		.read = read_tones,
		.secret = STAGE_KEY,
	};
}

TEST(every_voice_is_listened_to)
{
	stage_check_list(USAGE_TTS);
}

static void with_cuts(const struct tts_kind *kind, void (*chapter)(const struct tts_kind *kind))
{
	struct tts_kind slow = *kind;

	slow.set_up = set_up_slow;
	slow.tear_down = tear_down_what_was_cut;
	chapter(&slow);
}

static void with_falls(const struct tts_kind *kind, void (*chapter)(const struct tts_kind *kind))
{
	struct tts_kind mortal = *kind;

	mortal.set_up = set_up_slow;
	mortal.tear_down = tear_down_what_failed;
	mortal.fail = fall;
	chapter(&mortal);
}

static void as_it_is(const struct tts_kind *kind, void (*chapter)(const struct tts_kind *kind))
{
	chapter(kind);
}

static const struct {
	void (*with)(const struct tts_kind *kind, void (*chapter)(const struct tts_kind *kind));
	void (*chapter)(const struct tts_kind *kind);
} chapters[] = {
	{as_it_is, tts_story_tell},
	{with_cuts, tts_story_cancel_at_work},
	{with_cuts, tts_story_close_at_work},
	{with_falls, tts_story_end_in_events},
	{with_falls, tts_story_outlive_a_broken_answer},
};

TEST(every_voice_tells_the_story_over_tls)
{
	for (size_t i = 0; i < ARRAY_LEN(chapters); i++)
		STAGE_EACH (who, USAGE_TTS)
			if (side_begin(who->type)) {
				struct tts_kind kind = kind_of(who);

				chapters[i].with(&kind, chapters[i].chapter);
				side_end();
			}
	side_join();
}

static void suffer(const struct stage_vendor *who, const struct trouble *t)
{
	struct tts_kind kind = kind_of(who);

	trouble = t;
	kind.tear_down = tear_down_what_failed;
	tts_story_fail_of(&kind, t->faults);
}

TEST(every_voice_fails_with_the_right_fault)
{
	trouble_each(USAGE_TTS, suffer);
}
