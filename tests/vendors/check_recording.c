/* A known recording is found again: cut, coded, resampled, and from the middle on. */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rng.h"
#include "test.h"
#include "vendors/recording.h"
#include "vendors/sim.h"
#include "vendors/talk.h"
#include "wire/wav.h"

extern const struct vendor_sim sim_deepgram_listen;

#define SECONDS 12
#define HZ      16000

static char path[] = "/tmp/offhook-recording-XXXXXX";
static int16_t speech[SECONDS * HZ];

/* Syllables: bursts of noise of different colour and length, with pauses, as unlike each other as speech is.
 */
static void make_speech(void)
{
	struct rng r;
	double low = 0, gain = 0, target = 0;
	int left = 0;

	rng_init_number(&r, 11);
	for (int i = 0; i < SECONDS * HZ; i++) {
		if (left-- == 0) {
			left = HZ / 20 + (int)rng_below(&r, HZ / 5);
			target = rng_below(&r, 4) == 0 ? 0 : 2000 + rng_below(&r, 9000);
		}
		gain += (target - gain) * 0.002;
		low += ((rng_unit(&r) - 0.5) * 2 - low) * 0.3;
		speech[i] = (int16_t)(low * gain);
	}
}

/* Samples [from, to) of it to a new file; the name ends in XXXXXX. */
static bool write_part(char *name, size_t from, size_t to)
{
	uint8_t head[WAV_HEADER_BYTES];
	int fd = mkstemp(name);
	FILE *f = fd >= 0 ? fdopen(fd, "wb") : NULL;
	bool good;

	if (!f)
		return false;
	wav_print_header(WAV_PCM, HZ, 1, (to - from) * sizeof(speech[0]), head);
	good = fwrite(head, 1, sizeof(head), f) == sizeof(head) &&
	       fwrite(speech + from, sizeof(speech[0]), to - from, f) == to - from;
	return fclose(f) == 0 && good;
}

static bool write_speech(void)
{
	return write_part(path, 0, SECONDS * HZ);
}

/* What a mu-law line makes of it, from a sample on: 8 kHz steps. */
static bool find_from(const struct recording *r, size_t from, bool coded, size_t steps, size_t *ret_at)
{
	struct finder *f = mem_zalloc(sizeof(*f));
	bool found;

	for (size_t k = 0; k < steps && f; k++) {
		int16_t part[RECORDING_STEP];

		recording_resample(speech + from + k * 320, 320, part, RECORDING_STEP);
		for (size_t i = 0; i < RECORDING_STEP && coded; i++)
			part[i] = sound_from_mulaw(sound_to_mulaw((int16_t)(part[i] / 2)));
		finder_hear(f, part, r, 1);
	}
	found = f && f->found;
	if (found)
		*ret_at = f->at;
	mem_free(f);
	return found;
}

TEST(a_recording_is_found_again)
{
	struct recording r;
	size_t at;

	make_speech();
	REQUIRE(write_speech());
	REQUIRE(recording_load(path, &r) == 0);
	CHECK_INT((int)r.n, SECONDS * RECORDING_HZ);
	for (size_t from = 0; from < (SECONDS - 2) * HZ; from += 5077) {
		at = 0;
		CHECK(find_from(&r, from, true, 60, &at));
		CHECK(labs((long)at - (long)(from / 2 + 60 * RECORDING_STEP)) < 80);
	}
	recording_fini(&r);
	unlink(path);
}

TEST(what_is_no_recording_is_not_found)
{
	struct recording r;
	size_t at;
	int16_t *p = speech;

	make_speech();
	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	REQUIRE(write_speech());
	REQUIRE(recording_load(path, &r) == 0);
	for (int i = 0; i < SECONDS * HZ / 2; i++) { /* backwards it is another speech */
		int16_t swap = p[i];

		p[i] = p[SECONDS * HZ - 1 - i];
		p[SECONDS * HZ - 1 - i] = swap;
	}
	for (size_t from = 0; from < (SECONDS - 2) * HZ; from += 15077)
		CHECK(!find_from(&r, from, false, 60, &at));
	recording_fini(&r);
	unlink(path);
}

/* Sends speech[from..to) to a recogniser as a script has it, a quarter of a second a message. */
static void add_sound(struct buf *script, size_t from, size_t to)
{
	for (size_t i = from; i < to; i += 2) {
		int16_t pcm = (int16_t)((speech[i] + speech[i + 1]) / 2);

		if ((i - from) / 2 % 2000 == 0)
			buf_add_str(script, i > from ? STR("\nx ") : STR("x "));
		buf_printf(script, "%02x", sound_to_mulaw(pcm));
	}
	buf_add_char(script, '\n');
}

static void begin_script(struct buf *script)
{
	buf_init(script, 4u << 20);
	buf_add_str(script,
		    STR("GET /v1/listen?model=nova-3&encoding=mulaw&sample_rate=8000&endpointing=false\n"
			"Authorization: Token key-of-tests\n\n"));
}

static void end_script(struct buf *script)
{
	buf_add_str(script, STR("b 2000\nb 2000\n> {\"type\":\"CloseStream\"}\n=\n"));
	buf_add_char(script, '\0');
}

TEST(a_recogniser_knows_a_recording_from_the_middle_on)
{
	static const struct vendor_sim *const sims[] = {&sim_deepgram_listen, NULL};
	static const struct vendor_word words[] = {
		{USEC_MS(300), USEC_MS(900), "one"},     {USEC_MS(1000), USEC_MS(1900), "two"},
		{USEC_MS(2000), USEC_MS(2800), "three"}, {USEC_MS(4000), USEC_MS(4800), "four"},
		{USEC_MS(6000), USEC_MS(6700), "five"},  {USEC_MS(8000), USEC_MS(8700), "six"}};
	struct vendor_recording rec = {path, words, ARRAY_LEN(words)};
	struct talk t;
	struct buf script;

	make_speech();
	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	REQUIRE(write_speech());
	t = talk_start(&(struct vendor_config){
		.sims = sims, .says = {.ear = VENDOR_EAR_RECORDED, .recordings = &rec, .n_recordings = 1}});
	for (int middle = 0; middle < 2; middle++) {
		begin_script(&script);
		add_sound(&script, middle ? 15 * HZ / 10 : 0, 5 * HZ);
		end_script(&script);
		talk_run(&t, script.p);
		CHECK(talk_came(&t, middle ? "\"transcript\":\"three four\""
					   : "\"transcript\":\"one two three four\""));
		talk_fini(&t);
		buf_fini(&script);
	}
	vendor_stop(t.v);
	unlink(path);
}

/* The telephone loses a frame of every twenty. */
TEST(a_recogniser_gets_over_lost_frames)
{
	struct recording r;
	struct finder *f = mem_zalloc(sizeof(*f));

	make_speech();
	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	REQUIRE(f && write_speech());
	REQUIRE(recording_load(path, &r) == 0);
	for (size_t k = 0; k < 400; k++) {
		int16_t part[RECORDING_STEP];

		recording_resample(speech + k * 320, 320, part, RECORDING_STEP);
		if (k % 20 != 19)
			finder_hear(f, part, &r, 1);
		if (k >= 60 && k % 20 == 18)
			CHECK(f->found && labs((long)f->at - (long)((k + 1) * RECORDING_STEP)) < 80);
	}
	recording_fini(&r);
	mem_free(f);
	unlink(path);
}

#define OTHER (6 * HZ) /* where the second of two recordings begins in the speech */

/* What is said twice is heard twice, whether something else was said in between or not. */
TEST(a_recogniser_knows_recordings_one_after_another)
{
	static const struct vendor_sim *const sims[] = {&sim_deepgram_listen, NULL};
	static const struct vendor_word words[] = {{0, USEC_MS(900), "One"},
						   {USEC_MS(1000), USEC_MS(1900), "two,"}},
					other[] = {{0, USEC_MS(800), "three"},
						   {USEC_MS(900), USEC_MS(1900), "four?"}};
	char name[] = "/tmp/offhook-recording-XXXXXX";
	struct vendor_recording both[] = {{path, words, ARRAY_LEN(words)}, {name, other, ARRAY_LEN(other)}};
	struct talk t;
	struct buf script;

	make_speech();
	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	REQUIRE(write_part(path, 0, 2 * HZ) && write_part(name, OTHER, OTHER + 2 * HZ));
	t = talk_start(&(struct vendor_config){
		.sims = sims, .says = {.ear = VENDOR_EAR_RECORDED, .recordings = both, .n_recordings = 2}});
	begin_script(&script);
	for (int i = 0; i < 4; i++) {
		add_sound(&script, i == 1 ? OTHER : 0, i == 1 ? OTHER + 2 * HZ : 2 * HZ);
		buf_add_str(&script, STR("b 2000\nb 2000\n"));
	}
	end_script(&script);
	talk_run(&t, script.p);
	CHECK(talk_came(&t, "\"transcript\":\"One two, three four? One\"")); /* final after four seconds */
	CHECK(talk_came(&t, "\"transcript\":\"two, One two,\""));
	talk_fini(&t);
	buf_fini(&script);
	vendor_stop(t.v);
	unlink(path);
	unlink(name);
}
