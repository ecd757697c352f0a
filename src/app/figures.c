#include "app/figures.h"

/* A series that cannot be had (no memory) is not counted: figures never stop a call. */
static struct metric_series *series(struct metric *m, const char *label)
{
	struct metric_series *s;

	return metric_get_series(m, (const char *const[]){label}, &s) == 0 ? s : NULL;
}

void figures_add(struct metric *m, const char *label, int64_t n)
{
	struct metric_series *s = series(m, label);

	if (s)
		metric_add(s, n);
}

void figures_set(struct metric *m, const char *label, int64_t n)
{
	struct metric_series *s = series(m, label);

	if (s)
		metric_set(s, n);
}

void figures_observe(struct metric *m, const char *label, int64_t n)
{
	struct metric_series *s = series(m, label);

	if (s)
		metric_observe(s, n);
}

void figures_forward(struct metric *m, const char *label, int64_t total)
{
	struct metric_series *s = series(m, label);

	if (s)
		metric_add(s, total - atomic_load_explicit(&s->value, memory_order_relaxed));
}
