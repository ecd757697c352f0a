/* Every recogniser tells the story of all recognisers, over TLS and in real time, against the simulator of
 * its vendor. */
#include "side.h"
#include "stage.h"
#include "stt_story.h"
#include "test.h"
#include "trouble.h"
#include "vendors/sound.h"

#define MONOLOGUE_WORD                                                                       \
	USEC_MS(2) /* so short that a sentence's sound holds more words than a text may have \
		    */

static struct stage stage;

static void speak(struct str words, struct buf *pcm)
{
	tones_speak(words, &(struct sound){SOUND_S16, STT_RATE_HZ}, pcm);
}

static int set_up_with(const struct stt_kind *kind, struct loop *l, const struct vendor_config *config,
		       const void **ret_config)
{
	*ret_config = &stage.use;
	return stage_open(&stage, kind->arg, config, l);
}

static int set_up(const struct stt_kind *kind, struct loop *l, const void **ret_config)
{
	struct vendor_config config = {.says.ear = VENDOR_EAR_TONES, .delays.final = USEC_MS(60)};

	return set_up_with(kind, l, &config, ret_config);
}

/* Broke no rule, and used what the vendor will bill. */
static void tear_down(const struct stt_kind *kind, const uint64_t used[USAGE_UNITS_])
{
	stage_hang_up(&stage);
	stage_check_manners(&stage);
	stage_check_bill(&stage, USAGE_REQUESTS, used, NULL);
	stage_check_bill(&stage, USAGE_AUDIO_IN, used, NULL);
	stage_close(&stage);
}

static void tear_down_what_failed(const struct stt_kind *kind, const uint64_t used[USAGE_UNITS_])
{
	stage_close(&stage);
}

static void hang_up(const struct stt_kind *kind)
{
	stage_fell(&stage);
}

static struct stt_kind kind_of(const struct stage_vendor *who)
{
	return (struct stt_kind){
		.name = who->type,
		.ops = vendor_find(str_from(who->type), USAGE_STT)->stt,
		.clock = LOOP_REAL,
		.set_up = set_up,
		.tear_down = tear_down,
		.arg = who,
		.hears = true,
		.repeats = true,
		.speak = speak,
		.secret = STAGE_KEY,
	};
}

TEST(every_recogniser_is_talked_to)
{
	stage_check_list(USAGE_STT);
}

static int set_up_verbose(const struct stt_kind *kind, struct loop *l, const void **ret_config)
{
	static char endless[4 * STT_TEXT_MAX];
	struct vendor_config config = {
		.says = {.ear = VENDOR_EAR_VOICED, .transcript = endless, .word_span = MONOLOGUE_WORD}};

	for (size_t i = 0; i + 1 < sizeof(endless); i++)
		endless[i] = "some words "[i % 11];
	return set_up_with(kind, l, &config, ret_config);
}

static void bound(const struct stt_kind *kind)
{
	struct stt_kind verbose = *kind;

	verbose.set_up = set_up_verbose;
	verbose.monologue = "I could go on like this for the rest of the day";
	stt_story_bound(&verbose);
}

static void close_in_events(const struct stt_kind *kind)
{
	struct stt_kind mortal = *kind;

	mortal.fail = hang_up;
	mortal.tear_down = tear_down_what_failed;
	stt_story_close_in_events(&mortal);
}

static void die_once(const struct stt_kind *kind)
{
	struct stt_kind mortal = *kind;

	mortal.fail = hang_up;
	mortal.tear_down = tear_down_what_failed;
	stt_story_die_once(&mortal);
}

TEST(every_recogniser_tells_the_story_over_tls)
{
	static void (*const chapters[])(const struct stt_kind *) = {
		stt_story_tell, bound, stt_story_close_at_work, close_in_events, die_once};

	for (size_t i = 0; i < ARRAY_LEN(chapters); i++)
		STAGE_EACH (who, USAGE_STT)
			if (side_begin(who->type)) {
				struct stt_kind kind = kind_of(who);

				chapters[i](&kind);
				side_end();
			}
	side_join();
}

/* ---- when it goes wrong ---- */

static const struct trouble *trouble; /* of this process */

static int set_up_in_trouble(const struct stt_kind *kind, struct loop *l, const void **ret_config)
{
	struct vendor_config config = {
		.says.ear = VENDOR_EAR_TONES, .fault = trouble->fault, .delays.final = USEC_MS(60)};

	return set_up_with(kind, l, &config, ret_config);
}

static void suffer(const struct stage_vendor *who, const struct trouble *t)
{
	struct stt_kind kind = kind_of(who);

	trouble = t;
	kind.set_up = set_up_in_trouble;
	kind.tear_down = tear_down_what_failed;
	stt_story_die_of(&kind, t->faults);
}

TEST(every_recogniser_dies_of_the_right_fault)
{
	trouble_each(USAGE_STT, suffer);
}
