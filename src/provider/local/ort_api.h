/*
 * ort_api.h - the slots of ONNX Runtime's function table that we call
 *
 * The runtime hands out one table of function pointers that only ever grows at
 * its end, so a slot keeps its number for ever (onnxruntime_c_api.h, struct
 * OrtApi). Declaring just our slots frees the build from a download: the
 * program compiles where neither runtime nor models have been fetched. The
 * numbers are asserted below, and tests/unit/provider_ort_header.c compares
 * them with the real header where one is installed.
 *
 * Every call returns NULL for success, or a status that must be released.
 *
 * Threads: any. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_ORT_API_H
#define PROVIDER_LOCAL_ORT_API_H

#include <stddef.h>
#include <stdint.h>

#define ORT_API_WANTED 21 /* all slots below exist since long before; 21 is what 1.21 to 1.30 answer to */

struct ort_status;
struct ort_env;
struct ort_session;
struct ort_options;
struct ort_run_options;
struct ort_memory;
struct ort_allocator;
struct ort_value;
struct ort_type_info;
struct ort_shape;

struct ort_api {
	void *slots_0[2];
	const char *(*error_message)(const struct ort_status *s);
	struct ort_status *(*create_env)(int log_level, const char *log_id, struct ort_env **ret);
	void *slots_4[3];
	struct ort_status *(*create_session)(const struct ort_env *env, const char *path,
					     const struct ort_options *o, struct ort_session **ret);
	void *slots_8[1];
	struct ort_status *(*run)(struct ort_session *s, const struct ort_run_options *o,
				  const char *const *in_names, const struct ort_value *const *in,
				  size_t in_count, const char *const *out_names, size_t out_count,
				  struct ort_value **out);
	struct ort_status *(*create_options)(struct ort_options **ret);
	void *slots_11[6];
	struct ort_status *(*disable_mem_pattern)(struct ort_options *o);
	void *slots_18[6];
	struct ort_status *(*set_intra_op_threads)(struct ort_options *o, int n);
	struct ort_status *(*set_inter_op_threads)(struct ort_options *o, int n);
	void *slots_26[4];
	struct ort_status *(*session_input_count)(const struct ort_session *s, size_t *ret);
	void *slots_31[2];
	struct ort_status *(*session_input_type)(const struct ort_session *s, size_t index,
						 struct ort_type_info **ret);
	void *slots_34[2];
	struct ort_status *(*session_input_name)(const struct ort_session *s, size_t index,
						 struct ort_allocator *a, char **ret);
	void *slots_37[12];
	struct ort_status *(*wrap_tensor)(const struct ort_memory *where, void *data, size_t bytes,
					  const int64_t *dims, size_t rank, int type, struct ort_value **ret);
	void *slots_50[1];
	struct ort_status *(*tensor_data)(struct ort_value *v, void **ret);
	void *slots_52[3];
	struct ort_status *(*type_as_shape)(const struct ort_type_info *t, const struct ort_shape **ret);
	void *slots_56[5];
	struct ort_status *(*shape_rank)(const struct ort_shape *s, size_t *ret);
	struct ort_status *(*shape_dims)(const struct ort_shape *s, int64_t *dims, size_t rank);
	void *slots_63[2];
	struct ort_status *(*tensor_shape)(const struct ort_value *v, struct ort_shape **ret);
	void *slots_66[3];
	struct ort_status *(*create_cpu_memory)(int allocator_type, int memory_type, struct ort_memory **ret);
	void *slots_70[6];
	struct ort_status *(*allocator_free)(struct ort_allocator *a, void *p);
	void *slots_77[1];
	struct ort_status *(*default_allocator)(struct ort_allocator **ret);
	void *slots_79[13];
	void (*release_env)(struct ort_env *e);
	void (*release_status)(struct ort_status *s);
	void (*release_memory)(struct ort_memory *m);
	void (*release_session)(struct ort_session *s);
	void (*release_value)(struct ort_value *v);
	void *slots_97[1];
	void (*release_type_info)(struct ort_type_info *t);
	void (*release_shape)(struct ort_shape *s);
	void (*release_options)(struct ort_options *o);
	void *slots_101[29];
	struct ort_status *(*add_config_entry)(struct ort_options *o, const char *key, const char *value);
};

struct ort_api_base {
	const struct ort_api *(*get_api)(uint32_t version); /* NULL: this library is older */
	const char *(*version)(void);
};

/* Where the compiler put a member, as a slot number. */
#define ORT_SLOT(member) (offsetof(struct ort_api, member) / sizeof(void *))

_Static_assert(ORT_SLOT(error_message) == 2 && ORT_SLOT(create_env) == 3, "slots");
_Static_assert(ORT_SLOT(create_session) == 7 && ORT_SLOT(run) == 9, "slots");
_Static_assert(ORT_SLOT(create_options) == 10 && ORT_SLOT(disable_mem_pattern) == 17, "slots");
_Static_assert(ORT_SLOT(set_intra_op_threads) == 24 && ORT_SLOT(session_input_count) == 30, "slots");
_Static_assert(ORT_SLOT(session_input_type) == 33 && ORT_SLOT(session_input_name) == 36, "slots");
_Static_assert(ORT_SLOT(wrap_tensor) == 49 && ORT_SLOT(tensor_data) == 51, "slots");
_Static_assert(ORT_SLOT(type_as_shape) == 55 && ORT_SLOT(shape_rank) == 61, "slots");
_Static_assert(ORT_SLOT(tensor_shape) == 65 && ORT_SLOT(create_cpu_memory) == 69, "slots");
_Static_assert(ORT_SLOT(allocator_free) == 76 && ORT_SLOT(default_allocator) == 78, "slots");
_Static_assert(ORT_SLOT(release_env) == 92 && ORT_SLOT(release_value) == 96, "slots");
_Static_assert(ORT_SLOT(release_type_info) == 98 && ORT_SLOT(release_options) == 100, "slots");
_Static_assert(ORT_SLOT(add_config_entry) == 130, "slots");

#endif
