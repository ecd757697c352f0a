/*
 * ort.h - the door to ONNX Runtime
 *
 * Loads the runtime's library from the models' directory when the program runs
 * (nothing links against it), opens models and runs them on plain tensors.
 *
 *   ort_open -> ort_model_open -> ort_wrap inputs -> ort_model_run -> ort_f32 of the outputs
 *
 * Each model computes on the thread that runs it, one thread a run: calls are
 * many, so parallelism comes from running several at once, and a second thread
 * in one run makes short inputs slower. A model may be run by any number of
 * threads at the same time; it is read-only.
 *
 * What went wrong is told in words for the log; NULL where they are not wanted.
 *
 * Threads: any; open and close while nobody runs. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_ORT_H
#define PROVIDER_LOCAL_ORT_H

#include <stdbool.h>

#include "base/def.h"

#define ORT_LIBRARY  "onnxruntime/libonnxruntime.so" /* below the models' directory */
#define ORT_RANK_MAX 6
#define ORT_NAME_MAX 64
#define ORT_PATH_MAX 1024

struct ort;
struct ort_model;
struct ort_value;

struct ort_error {
	char text[256];
};

/* The runtime's own numbers (ONNXTensorElementDataType). */
enum ort_type {
	ORT_F32 = 1,
	ORT_I64 = 7,
	ORT_BOOL = 9,
};

struct ort_dims {
	int64_t n[ORT_RANK_MAX]; /* -1 in a model's input: any size */
	size_t rank;
};

/* Loads the library out of `models_dir`. Returns 0, -ENOENT when the file is missing (the text names it and
 * what fetches it), -ELIBBAD when it cannot be used, -ENOMEM. */
int ort_open(const char *models_dir, struct ort_error *err, struct ort **ret_ort) must_check;

/* After all its models. The library itself stays loaded: it keeps thread-local state until the process ends.
 */
struct ort *ort_close(struct ort *o);

/* Where `name` lies below the models' directory. Returns 0, -ENAMETOOLONG, or -ENOENT when it is missing (the
 * text names it and what fetches it). */
int ort_locate(const struct ort *o, const char *name, struct ort_error *err,
	       char path[ORT_PATH_MAX]) must_check;

/* Writes words for the log; for those who build on this. `err` may be NULL. */
void ort_say(struct ort_error *err, const char *fmt, ...) printf_like(2, 3);

/* `name` is below the models' directory. Returns 0, -ENOENT when the file is missing, -EBADMSG when the
 * runtime refuses it, -ENAMETOOLONG, -ENOMEM. */
int ort_model_open(struct ort *o, const char *name, struct ort_error *err,
		   struct ort_model **ret_model) must_check;
struct ort_model *ort_model_close(struct ort_model *m);

/* The shape of the input called `name`. Returns 0, or -ENOENT when the model has no such input. */
int ort_model_input(const struct ort_model *m, const char *name, struct ort_dims *ret_dims) must_check;

/* A tensor over the caller's memory, which must outlive it; `bytes` is the size of data. NULL data with no
 * bytes makes an empty tensor. Returns 0, -EINVAL when size and shape differ, -ENOMEM. */
int ort_wrap(struct ort *o, enum ort_type type, void *data, size_t bytes, const struct ort_dims *dims,
	     struct ort_value **ret_value) must_check;
struct ort_value *ort_value_free(struct ort *o, struct ort_value *v);

/* For arrays of values, NULLs allowed; leaves NULLs. */
void ort_values_free(struct ort *o, struct ort_value **v, size_t n);

/* The elements of a tensor; valid as long as the value. NULL when it has none. */
float *ort_f32(struct ort *o, struct ort_value *v);

/* Returns 0 or -EBADMSG (more than ORT_RANK_MAX dimensions). */
int ort_value_dims(struct ort *o, const struct ort_value *v, struct ort_dims *ret_dims) must_check;

struct ort_io {
	const char *const *in_names;
	const struct ort_value *const *in;
	size_t in_count;
	const char *const *out_names;
	struct ort_value **out; /* filled with new values, the caller's; untouched on failure */
	size_t out_count;
};

/* Blocks for as long as the model computes: never on a loop's thread. Returns 0, or -EIO with the runtime's
 * words. */
int ort_model_run(struct ort_model *m, const struct ort_io *io, struct ort_error *err) must_check;

static inline struct ort_dims ort_dims1(int64_t a)
{
	return (struct ort_dims){{a}, 1};
}

static inline struct ort_dims ort_dims2(int64_t a, int64_t b)
{
	return (struct ort_dims){{a, b}, 2};
}

static inline struct ort_dims ort_dims3(int64_t a, int64_t b, int64_t c)
{
	return (struct ort_dims){{a, b, c}, 3};
}

static inline struct ort_dims ort_dims4(int64_t a, int64_t b, int64_t c, int64_t d)
{
	return (struct ort_dims){{a, b, c, d}, 4};
}

#endif
