#include "provider/vad/silero.h"

#include <errno.h>
#include <string.h>

#include "base/live.h"
#include "base/mem.h"
#include "provider/local/ort.h"

#define CONTEXT_SAMPLES 32 /* the model's own, at 8 kHz */
#define INPUT_SAMPLES   (CONTEXT_SAMPLES + VAD_WINDOW_SAMPLES)
#define LAYERS          2
#define UNITS           128
#define FULL_SCALE      32768.0f

LIVE_DEFINE(silero);

struct silero_call {
	float memory[LAYERS][UNITS];
	float context[CONTEXT_SAMPLES];
};

_Static_assert(sizeof(struct silero_call) <= VAD_STATE_BYTES_MAX, "fits the contract");

struct silero {
	struct vad vad;
	struct ort *ort;
	struct ort_model *model;
	int64_t rate_hz;
	float input[VAD_BATCH_MAX * INPUT_SAMPLES];
	float memory[LAYERS * VAD_BATCH_MAX * UNITS]; /* [layer][call][unit], as tight as the batch */
};

static void silero_close(struct vad *v)
{
	struct silero *s = CONTAINER_OF(v, struct silero, vad);

	ort_model_close(s->model);
	live_down(&live_silero);
	mem_free(s);
}

static int silero_open(const void *config, struct vad **ret_vad)
{
	const struct silero_config *c = config;
	struct silero *s = mem_zalloc(sizeof(*s));
	int rc;

	if (!s)
		return -ENOMEM;
	live_up(&live_silero);
	s->vad.ops = &silero_ops;
	s->ort = c->ort;
	s->rate_hz = VAD_RATE_HZ;
	rc = ort_model_open(c->ort, SILERO_MODEL, c->err, &s->model);
	if (rc < 0) {
		silero_close(&s->vad);
		return rc;
	}
	*ret_vad = &s->vad;
	return 0;
}

static void load_call(struct silero *s, const struct vad_item *item, size_t i, size_t count)
{
	const struct silero_call *call = item->state;
	float *in = s->input + i * INPUT_SAMPLES;

	memcpy(in, call->context, sizeof(call->context));
	for (size_t k = 0; k < VAD_WINDOW_SAMPLES; k++)
		in[CONTEXT_SAMPLES + k] = item->near[k] / FULL_SCALE;
	for (size_t layer = 0; layer < LAYERS; layer++)
		memcpy(s->memory + (layer * count + i) * UNITS, call->memory[layer], sizeof(call->memory[0]));
}

static void save_call(struct silero *s, struct vad_item *item, size_t i, size_t count, const float *memory)
{
	struct silero_call *call = item->state;

	memcpy(call->context, s->input + i * INPUT_SAMPLES + VAD_WINDOW_SAMPLES, sizeof(call->context));
	for (size_t layer = 0; layer < LAYERS; layer++)
		memcpy(call->memory[layer], memory + (layer * count + i) * UNITS, sizeof(call->memory[0]));
}

static int wrap_inputs(struct silero *s, size_t count, struct ort_value *in[3])
{
	struct ort_dims audio = ort_dims2((int64_t)count, INPUT_SAMPLES);
	struct ort_dims memory = ort_dims3(LAYERS, (int64_t)count, UNITS), scalar = {0};
	int rc = ort_wrap(s->ort, ORT_F32, s->input, count * INPUT_SAMPLES * sizeof(float), &audio, &in[0]);

	if (rc == 0)
		rc = ort_wrap(s->ort, ORT_F32, s->memory, LAYERS * count * UNITS * sizeof(float), &memory,
			      &in[1]);
	if (rc == 0)
		rc = ort_wrap(s->ort, ORT_I64, &s->rate_hz, sizeof(s->rate_hz), &scalar, &in[2]);
	return rc;
}

static int infer(struct silero *s, size_t count, struct ort_value *out[2])
{
	static const char *const in_names[] = {"input", "state", "sr"}, *const out_names[] = {"output",
											      "stateN"};
	struct ort_value *in[3] = {0};
	int rc = wrap_inputs(s, count, in);

	if (rc == 0)
		rc = ort_model_run(
			s->model,
			&(struct ort_io){in_names, (const struct ort_value *const *)in, 3, out_names, out, 2},
			NULL);
	ort_values_free(s->ort, in, 3);
	return rc;
}

static int silero_run(struct vad *v, struct vad_item *items, size_t count)
{
	struct silero *s = CONTAINER_OF(v, struct silero, vad);
	struct ort_value *out[2] = {0};
	const float *probability, *memory;
	int rc;

	for (size_t i = 0; i < count; i++)
		load_call(s, &items[i], i, count);
	rc = infer(s, count, out);
	if (rc < 0)
		return rc;
	probability = ort_f32(s->ort, out[0]);
	memory = ort_f32(s->ort, out[1]);
	for (size_t i = 0; i < count; i++) {
		save_call(s, &items[i], i, count, memory);
		items[i].probability = probability[i];
	}
	ort_values_free(s->ort, out, 2);
	return 0;
}

const struct vad_ops silero_ops = {
	.name = "silero",
	.state_size = (sizeof(struct silero_call) + 15) & ~(size_t)15,
	.open = silero_open,
	.run = silero_run,
	.close = silero_close,
};
