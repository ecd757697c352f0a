#include "leg/leg.h"

#include <assert.h>
#include <errno.h>

int leg_ring(struct leg *leg)
{
	return leg->ended ? -ENOTCONN : leg->ops->ring(leg);
}

int leg_early(struct leg *leg)
{
	if (!(leg->ops->can & LEG_CAN_EARLY))
		return -ENOTSUP;
	return leg->ended ? -ENOTCONN : leg->ops->early(leg);
}

int leg_answer(struct leg *leg, const struct leg_headers *headers)
{
	return leg->ended ? -ENOTCONN : leg->ops->answer(leg, headers);
}

void leg_reject(struct leg *leg, enum leg_refusal why)
{
	if (!leg->ended)
		leg->ops->reject(leg, why);
}

void leg_hangup(struct leg *leg, const struct leg_headers *headers)
{
	if (!leg->ended)
		leg->ops->hangup(leg, headers);
}

int leg_refer(struct leg *leg, struct str target, const struct leg_headers *headers)
{
	if (!(leg->ops->can & LEG_CAN_REFER))
		return -ENOTSUP;
	return leg->ended ? -ENOTCONN : leg->ops->refer(leg, target, headers);
}

static bool dialable(char c)
{
	return (c >= '0' && c <= '9') || c == '*' || c == '#' || (c >= 'A' && c <= 'D') || c == ',';
}

int leg_send_dtmf(struct leg *leg, struct str digits)
{
	if (!(leg->ops->can & LEG_CAN_DTMF))
		return -ENOTSUP;
	for (size_t i = 0; i < digits.n; i++)
		if (!dialable(digits.p[i]))
			return -EINVAL;
	return leg->ended ? -ENOTCONN : leg->ops->send_dtmf(leg, digits);
}

int leg_play(struct leg *leg, uint32_t answer, const int16_t *pcm, size_t samples)
{
	return leg->ended ? -ENOTCONN : leg->ops->play(leg, answer, pcm, samples);
}

void leg_cut(struct leg *leg, uint32_t answer)
{
	if (!leg->ended)
		leg->ops->cut(leg, answer);
}

void leg_duck(struct leg *leg, bool on)
{
	if (!leg->ended)
		leg->ops->duck(leg, on);
}

void leg_set_reflex(struct leg *leg, enum leg_reflex reflex)
{
	if (!leg->ended)
		leg->ops->set_reflex(leg, reflex);
}

void leg_record(struct leg *leg, const struct leg_recording *recording)
{
	if (leg->ended)
		recording->on_recorded(recording->arg, recording->r);
	else
		leg->ops->record(leg, recording);
}

void leg_read_stats(const struct leg *leg, struct leg_stats *ret_stats)
{
	*ret_stats = (struct leg_stats){0};
	leg->ops->stats(leg, ret_stats);
}

struct leg *leg_close(struct leg *leg)
{
	if (leg)
		leg->ops->close(leg);
	return NULL;
}

void leg_emit(struct leg *leg, const struct leg_event *ev)
{
	assert(!leg->ended);
	leg->ended = ev->type == LEG_EV_ENDED;
	leg->sink.on_event(leg->sink.arg, leg, ev);
}
