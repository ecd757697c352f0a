#include "provider/local/ort.h"

#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/live.h"
#include "base/mem.h"
#include "provider/local/ort_api.h"

#define ORT_OUTPUTS_MAX 64

enum {
	ORT_LOG_ERROR = 3,
	ORT_ARENA_ALLOCATOR = 1,
	ORT_MEMORY_DEFAULT = 0,
};

LIVE_DEFINE(ort);
LIVE_DEFINE(ort_model);
LIVE_DEFINE(ort_value);

struct ort {
	const struct ort_api *api;
	const struct ort_api_base *base;
	struct ort_env *env;
	struct ort_memory *memory;
	char dir[ORT_PATH_MAX];
};

struct ort_model {
	struct ort *ort;
	struct ort_session *session;
};

void ort_say(struct ort_error *err, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
}

/* Turns a status into `code` and its words; no status is success. */
static int settle(const struct ort *o, struct ort_status *s, int code, struct ort_error *err)
{
	if (!s)
		return 0;
	ort_say(err, "ONNX Runtime: %s", o->api->error_message(s));
	o->api->release_status(s);
	return code;
}

/* For calls that fail only for lack of memory. */
static int plain(const struct ort *o, struct ort_status *s)
{
	return settle(o, s, -ENOMEM, NULL);
}

static int locate(const char *dir, const char *name, struct ort_error *err, char path[ORT_PATH_MAX])
{
	int n = snprintf(path, ORT_PATH_MAX, "%s/%s", dir, name);

	if (n < 0 || n >= ORT_PATH_MAX) {
		ort_say(err, "the path of %s is too long", name);
		return -ENAMETOOLONG;
	}
	if (access(path, R_OK) < 0) {
		ort_say(err, "%s is missing: fetch the models with tools/models.sh", path);
		return -ENOENT;
	}
	return 0;
}

static int load(struct ort *o, const char *path, struct ort_error *err)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct ort_api_base *(*get_base)(void);

	if (!library) {
		ort_say(err, "%s", dlerror());
		return -ELIBBAD;
	}
	*(void **)&get_base = dlsym(library, "OrtGetApiBase");
	o->base = get_base ? get_base() : NULL;
	o->api = o->base ? o->base->get_api(ORT_API_WANTED) : NULL;
	if (o->api)
		return 0;
	ort_say(err, "%s is not an ONNX Runtime with interface %d", path, ORT_API_WANTED);
	return -ELIBBAD;
}

static int start(struct ort *o, struct ort_error *err)
{
	int rc = settle(o, o->api->create_env(ORT_LOG_ERROR, "offhook", &o->env), -ELIBBAD, err);

	if (rc < 0)
		return rc;
	return settle(o, o->api->create_cpu_memory(ORT_ARENA_ALLOCATOR, ORT_MEMORY_DEFAULT, &o->memory),
		      -ENOMEM, err);
}

int ort_locate(const struct ort *o, const char *name, struct ort_error *err, char path[ORT_PATH_MAX])
{
	return locate(o->dir, name, err, path);
}

int ort_open(const char *models_dir, struct ort_error *err, struct ort **ret_ort)
{
	char path[ORT_PATH_MAX];
	struct ort *o;
	int rc = locate(models_dir, ORT_LIBRARY, err, path);

	if (rc < 0)
		return rc;
	o = mem_zalloc(sizeof(*o));
	if (!o)
		return -ENOMEM;
	live_up(&live_ort);
	snprintf(o->dir, sizeof(o->dir), "%s", models_dir);
	rc = load(o, path, err);
	if (rc == 0)
		rc = start(o, err);
	if (rc < 0) {
		ort_close(o);
		return rc;
	}
	*ret_ort = o;
	return 0;
}

struct ort *ort_close(struct ort *o)
{
	if (!o)
		return NULL;
	if (o->memory)
		o->api->release_memory(o->memory);
	if (o->env)
		o->api->release_env(o->env);
	live_down(&live_ort);
	return mem_free(o);
}

/* Memory patterns are kept per input shape: speech comes in every length, so they would only pile up. */
static int set_options(const struct ort *o, struct ort_options *opt)
{
	int rc = plain(o, o->api->set_intra_op_threads(opt, 1));

	if (rc == 0)
		rc = plain(o, o->api->set_inter_op_threads(opt, 1));
	if (rc == 0)
		rc = plain(o, o->api->disable_mem_pattern(opt));
	if (rc == 0)
		rc = plain(o, o->api->add_config_entry(opt, "session.intra_op.allow_spinning", "0"));
	return rc;
}

static int open_session(struct ort_model *m, const char *path, struct ort_error *err)
{
	const struct ort *o = m->ort;
	struct ort_options *opt = NULL;
	int rc = plain(o, o->api->create_options(&opt));

	if (rc < 0)
		return rc;
	rc = set_options(o, opt);
	if (rc == 0)
		rc = settle(o, o->api->create_session(o->env, path, opt, &m->session), -EBADMSG, err);
	o->api->release_options(opt);
	return rc;
}

int ort_model_open(struct ort *o, const char *name, struct ort_error *err, struct ort_model **ret_model)
{
	char path[ORT_PATH_MAX];
	struct ort_model *m;
	int rc = locate(o->dir, name, err, path);

	if (rc < 0)
		return rc;
	m = mem_zalloc(sizeof(*m));
	if (!m)
		return -ENOMEM;
	live_up(&live_ort_model);
	m->ort = o;
	rc = open_session(m, path, err);
	if (rc < 0) {
		ort_model_close(m);
		return rc;
	}
	*ret_model = m;
	return 0;
}

struct ort_model *ort_model_close(struct ort_model *m)
{
	if (!m)
		return NULL;
	if (m->session)
		m->ort->api->release_session(m->session);
	live_down(&live_ort_model);
	return mem_free(m);
}

static int read_shape(const struct ort *o, const struct ort_shape *shape, struct ort_dims *ret_dims)
{
	struct ort_dims d = {0};
	int rc = plain(o, o->api->shape_rank(shape, &d.rank));

	if (rc < 0)
		return rc;
	if (d.rank > ORT_RANK_MAX)
		return -EBADMSG;
	rc = plain(o, o->api->shape_dims(shape, d.n, d.rank));
	if (rc == 0)
		*ret_dims = d;
	return rc;
}

static bool input_is(const struct ort_model *m, size_t index, const char *name)
{
	const struct ort_api *api = m->ort->api;
	struct ort_allocator *a;
	char *own;
	bool same;

	if (plain(m->ort, api->default_allocator(&a)) < 0 ||
	    plain(m->ort, api->session_input_name(m->session, index, a, &own)) < 0)
		return false;
	same = strcmp(own, name) == 0;
	return plain(m->ort, api->allocator_free(a, own)) == 0 && same;
}

static int input_shape(const struct ort_model *m, size_t index, struct ort_dims *ret_dims)
{
	const struct ort *o = m->ort;
	const struct ort_shape *shape = NULL;
	struct ort_type_info *type = NULL;
	int rc = plain(o, o->api->session_input_type(m->session, index, &type));

	if (rc < 0)
		return rc;
	rc = plain(o, o->api->type_as_shape(type, &shape));
	if (rc == 0)
		rc = shape ? read_shape(o, shape, ret_dims) : -EBADMSG;
	o->api->release_type_info(type);
	return rc;
}

int ort_model_input(const struct ort_model *m, const char *name, struct ort_dims *ret_dims)
{
	size_t count = 0;
	int rc = plain(m->ort, m->ort->api->session_input_count(m->session, &count));

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < count; i++)
		if (input_is(m, i, name))
			return input_shape(m, i, ret_dims);
	return -ENOENT;
}

static size_t element_bytes(enum ort_type type)
{
	switch (type) {
	case ORT_F32:
		return 4;
	case ORT_I64:
		return 8;
	case ORT_BOOL:
		return 1;
	}
	assert(0 && "known element type");
	return 0;
}

int ort_wrap(struct ort *o, enum ort_type type, void *data, size_t bytes, const struct ort_dims *dims,
	     struct ort_value **ret_value)
{
	static char nothing;
	struct ort_value *v = NULL;
	size_t want = element_bytes(type);
	int rc;

	for (size_t i = 0; i < dims->rank; i++)
		want *= (size_t)dims->n[i];
	if (want != bytes)
		return -EINVAL;
	rc = plain(o, o->api->wrap_tensor(o->memory, data ? data : &nothing, bytes, dims->n, dims->rank,
					  (int)type, &v));
	if (rc < 0)
		return rc;
	live_up(&live_ort_value);
	*ret_value = v;
	return 0;
}

struct ort_value *ort_value_free(struct ort *o, struct ort_value *v)
{
	if (!v)
		return NULL;
	o->api->release_value(v);
	live_down(&live_ort_value);
	return NULL;
}

void ort_values_free(struct ort *o, struct ort_value **v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i] = ort_value_free(o, v[i]);
}

float *ort_f32(struct ort *o, struct ort_value *v)
{
	void *data = NULL;

	if (plain(o, o->api->tensor_data(v, &data)) < 0)
		return NULL;
	return data;
}

int ort_value_dims(struct ort *o, const struct ort_value *v, struct ort_dims *ret_dims)
{
	struct ort_shape *shape = NULL;
	int rc = plain(o, o->api->tensor_shape(v, &shape));

	if (rc < 0)
		return rc;
	rc = read_shape(o, shape, ret_dims);
	o->api->release_shape(shape);
	return rc;
}

int ort_model_run(struct ort_model *m, const struct ort_io *io, struct ort_error *err)
{
	const struct ort *o = m->ort;
	struct ort_value *out[ORT_OUTPUTS_MAX] = {0};
	int rc;

	assert(io->out_count <= ORT_OUTPUTS_MAX);
	rc = settle(o,
		    o->api->run(m->session, NULL, io->in_names, io->in, io->in_count, io->out_names,
				io->out_count, out),
		    -EIO, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < io->out_count; i++) {
		io->out[i] = out[i];
		live_up(&live_ort_value);
	}
	return 0;
}
