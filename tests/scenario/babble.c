#include "babble.h"

#define STEP 200 /* between two letters; a blank lies below what voice.c takes for a sound */

int16_t babble_sample(char c, unsigned index)
{
	return (int16_t)((c - ' ') * STEP + (int)(index & 1));
}

bool babble_hear(struct babble_ear *e, int16_t sample, char *ret_c)
{
	int16_t before = e->last;

	e->last = (int16_t)(sample + 1); /* so that a zeroed ear has heard BABBLE_SILENCE */
	if (sample < 0 || e->last == before)
		return false;
	*ret_c = (char)(sample / STEP + ' ');
	return true;
}
