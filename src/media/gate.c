#include "media/gate.h"

/* Mean squares. -52 dB of full scale is below the quietest usable speech and above the comfort noise that
 * gateways send (-55 to -65). */
#define LOUD_ENOUGH 6800.0f
#define FLOOR_MIN   16.0f
#define FLOOR_MAX   1.0e6f /* -30 dB: no line is noisier */
#define OPENS_AT    4.0f   /* 6 dB above the floor: four deviations of white noise are 2 dB */
#define STAYS_AT    2.0f
#define FALL        0.2f  /* the floor follows quieter frames quickly, ... */
#define RISE_SHUT   1.02f /* ... louder ones at 4 dB a second, ... */
#define RISE_OPEN   1.01f /* ... and at 2 dB while open: speech dips often enough to pull it back */

void gate_init(struct gate *g)
{
	*g = (struct gate){.floor = LOUD_ENOUGH / 8};
}

float gate_energy(const int16_t *pcm, size_t n)
{
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += pcm[i] * pcm[i];
	return n > 0 ? (float)sum / (float)n : 0;
}

static void learn(struct gate *g)
{
	float up = g->floor * (g->open ? RISE_OPEN : RISE_SHUT);

	if (g->energy < g->floor)
		g->floor += (g->energy - g->floor) * FALL;
	else
		g->floor = MIN(up, g->energy);
	g->floor = CLAMP(g->floor, FLOOR_MIN, FLOOR_MAX);
}

bool gate_frame(struct gate *g, const int16_t *pcm, size_t n)
{
	g->energy = gate_energy(pcm, n);
	if (g->energy > MAX(LOUD_ENOUGH, g->floor * OPENS_AT)) {
		g->open = true;
		g->quiet_frames = 0;
	} else if (g->energy > MAX(LOUD_ENOUGH / 2, g->floor * STAYS_AT)) {
		g->quiet_frames = 0;
	} else if (g->open && ++g->quiet_frames >= GATE_HANGOVER_FRAMES) {
		g->open = false;
	}
	learn(g);
	return g->open;
}
