/* When speech begins and ends, as a table of what the ears say every 20 ms. */
#include <stdlib.h>

#include "leg/reflex.h"
#include "test.h"

/* A line of signs, one a frame: '.' gate shut, 'g' gate open, 'e' open but our own echo. With a detector, a
 * digit is a fresh word of it (5 = 0.5) on an open gate, and an upper-case letter the same on our echo (F =
 * 0.5). */
static void run(const char *frames, bool detecting, char *log, size_t size)
{
	_Alignas(16) unsigned char state[REFLEX_STATE_BYTES_MAX] = {0};
	size_t n = 0;

	log[0] = '\0';
	for (size_t i = 0; frames[i]; i++) {
		char c = frames[i];
		usec at = USEC_MS(1000) + (usec)(i + 1) * USEC_MS(20);
		bool digit = c >= '0' && c <= '9', letter = c >= 'A' && c <= 'J';
		struct reflex_input in = {
			.at = at,
			.loud = c != '.',
			.echo = c == 'e' || letter,
			.detecting = detecting,
			.fresh = digit || letter,
			.probability = (float)(digit    ? c - '0'
					       : letter ? c - 'A'
							: 0) /
				       10,
			.heard_until = at,
		};
		struct reflex_output out;

		reflex_hysteresis.frame(&reflex_hysteresis_default, state, &in, &out);
		if (out.verdict == REFLEX_SPEECH || out.verdict == REFLEX_QUIET)
			n += (size_t)snprintf(
				log + n, size - n, "%c%lld@%lld ", out.verdict == REFLEX_SPEECH ? '+' : '-',
				(long long)(out.at / 1000 - 1000), (long long)(at / 1000 - 1000));
	}
}

/* How many frames there were before it told of a sound; -1 = it did not, or told more than once. */
static int sound_after(const char *frames)
{
	_Alignas(16) unsigned char state[REFLEX_STATE_BYTES_MAX] = {0};
	int after = -1, told = 0;

	for (int i = 0; frames[i]; i++) {
		struct reflex_input in = {.at = USEC_MS(1000) + USEC_MS(20) * (i + 1),
					  .loud = frames[i] != '.',
					  .echo = frames[i] == 'e',
					  .detecting = true};
		struct reflex_output out;

		reflex_hysteresis.frame(&reflex_hysteresis_default, state, &in, &out);
		if (out.verdict == REFLEX_SOUND && told++ == 0)
			after = i + 1;
	}
	return told == 1 ? after : -1;
}

TEST(reflex_tells_of_a_sound_before_it_is_known_to_be_speech)
{
	CHECK_INT(sound_after("......"), -1);
	CHECK_INT(sound_after("..g.g.g"), -1);      /* clicks */
	CHECK_INT(sound_after("..gggggg"), 4);      /* 40 ms, once */
	CHECK_INT(sound_after("..eeeeee"), -1);     /* us */
	CHECK_INT(sound_after("..eeeggggeegg"), 7); /* not us any more */
}

TEST(reflex_tells_beginning_and_end_with_their_true_moments)
{
	static const struct {
		bool detecting;
		const char *frames, *want;
	} rows[] = {
		{false, "....", ""},
		{false, "..gg..", ""},                               /* too short */
		{false, "..ggggg", "+40@120 "},                      /* 64 ms are four frames */
		{false, "..eeeee", ""},                              /* our own voice */
		{false, "gggggggggggggggggggg.", "+0@80 -120@420 "}, /* the gate shuts 300 ms late */
		{true, "ggggggg", ""},                               /* nobody says that it is speech */
		{true, "4g4g4g", ""},                                /* not likely enough */
		{true, "5g5g5", "+-12@60 "},                         /* two windows */
		{true, "5g3g5g3", ""},
		{true, "...9", "+48@80 "},               /* sure at once */
		{true, "ggg9", "+0@80 "},                /* an "s" before the vowel belongs to it */
		{true, "eee9", "+0@80 "},                /* under our own voice, too */
		{true, "ggggggggggggggg9", "+288@320 "}, /* nor does what was long before */
		{true, "9g1g1g1g1g1g1ggg9", "+-12@20 -28@220 +308@340 "}, /* nor what has ended */
		{true, "FGHIJ", ""},                                      /* loud and clear, and ours */
		{true, "9g4g4g4g4", "+-12@20 "},                          /* lower to stay than to begin */
		{true, "9g1g1g1g1g1g1", "+-12@20 -28@220 "},              /* quiet for 160 ms */
		{true, "9g1g5g1g1g1g1g1", "+-12@20 -108@300 "},           /* a dip is no end */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char log[200];

		run(rows[i].frames, rows[i].detecting, log, sizeof(log));
		CHECK_STR(str_from(log), rows[i].want);
	}
}
