#include "provider/local/llama_door.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/live.h"
#include "base/mem.h"
#include "provider/local/chat_form.h"

#define BLOCK_BYTES  1024 /* parameter blocks had 72 to 136 bytes so far */
#define BATCH_BYTES  256  /* batches had 56 */
#define WINDOW_SLACK 1024 /* the library rounds a window up */
#define PATH_BYTES   1024
#define FORM_BYTES   64
#define LOG_ERROR    4 /* the library's number */

LIVE_DEFINE(llama_door);
LIVE_DEFINE(llama_weights);
LIVE_DEFINE(llama_run);

/* The library's structs, passed and returned by value and never looked into. Both machines that we run on
 * pass what is larger than 16 bytes in memory, so that a callee which knows a shorter struct reads its
 * beginning. */
struct block {
	_Alignas(16) unsigned char bytes[BLOCK_BYTES];
};

struct batch {
	_Alignas(16) unsigned char bytes[BATCH_BYTES];
};

/* What a block of context parameters begins with. */
struct head {
	uint32_t window, batch, part, sequences;
};

static const struct head head_wanted = {512, 2048, 512, 1};

struct api {
	void (*log_set)(void (*fn)(int level, const char *text, void *arg), void *arg);
	void (*backend_init)(void);
	struct block (*model_params)(void);
	struct block (*context_params)(void);
	void *(*model_load)(const char *path, struct block params);
	void (*model_free)(void *model);
	int32_t (*model_window)(const void *model);
	const char *(*model_template)(const void *model, const char *name);
	const void *(*model_vocab)(const void *model);
	int32_t (*vocab_tokens)(const void *vocab);
	bool (*vocab_ends)(const void *vocab, int32_t token);
	int32_t (*vocab_end)(const void *vocab);
	const char *(*vocab_text)(const void *vocab, int32_t token);
	int32_t (*tokenize)(const void *vocab, const char *text, int32_t bytes, int32_t *tokens, int32_t max,
			    bool add_special, bool parse_special);
	int32_t (*piece)(const void *vocab, int32_t token, char *buf, int32_t size, int32_t lstrip,
			 bool special);
	int32_t (*apply_template)(const char *tmpl, const struct llama_line *lines, size_t count, bool open,
				  char *buf, int32_t size);
	void *(*context_new)(void *model, struct block params);
	void (*context_free)(void *context);
	uint32_t (*context_window)(const void *context);
	void (*set_threads)(void *context, int32_t threads, int32_t threads_batch);
	void (*set_abort)(void *context, bool (*fn)(void *arg), void *arg);
	void *(*memory)(const void *context);
	void (*memory_clear)(void *memory, bool data);
	bool (*memory_remove)(void *memory, int32_t sequence, int32_t from, int32_t to);
	struct batch (*batch)(int32_t *tokens, int32_t count);
	int32_t (*decode)(void *context, struct batch batch);
	float *(*logits)(void *context, int32_t i);
};

static const struct {
	const char *name;
	size_t at;
} functions[] = {
	{"llama_log_set", offsetof(struct api, log_set)},
	{"llama_backend_init", offsetof(struct api, backend_init)},
	{"llama_model_default_params", offsetof(struct api, model_params)},
	{"llama_context_default_params", offsetof(struct api, context_params)},
	{"llama_model_load_from_file", offsetof(struct api, model_load)},
	{"llama_model_free", offsetof(struct api, model_free)},
	{"llama_model_n_ctx_train", offsetof(struct api, model_window)},
	{"llama_model_chat_template", offsetof(struct api, model_template)},
	{"llama_model_get_vocab", offsetof(struct api, model_vocab)},
	{"llama_vocab_n_tokens", offsetof(struct api, vocab_tokens)},
	{"llama_vocab_is_eog", offsetof(struct api, vocab_ends)},
	{"llama_vocab_eos", offsetof(struct api, vocab_end)},
	{"llama_vocab_get_text", offsetof(struct api, vocab_text)},
	{"llama_tokenize", offsetof(struct api, tokenize)},
	{"llama_token_to_piece", offsetof(struct api, piece)},
	{"llama_chat_apply_template", offsetof(struct api, apply_template)},
	{"llama_init_from_model", offsetof(struct api, context_new)},
	{"llama_free", offsetof(struct api, context_free)},
	{"llama_n_ctx", offsetof(struct api, context_window)},
	{"llama_set_n_threads", offsetof(struct api, set_threads)},
	{"llama_set_abort_callback", offsetof(struct api, set_abort)},
	{"llama_get_memory", offsetof(struct api, memory)},
	{"llama_memory_clear", offsetof(struct api, memory_clear)},
	{"llama_memory_seq_rm", offsetof(struct api, memory_remove)},
	{"llama_batch_get_one", offsetof(struct api, batch)},
	{"llama_decode", offsetof(struct api, decode)},
	{"llama_get_logits_ith", offsetof(struct api, logits)},
};

struct llama_door {
	struct api api;
};

struct llama_weights {
	const struct api *api;
	void *model;
	const void *vocab;
	const char *form; /* how conversations are written: the model's template, or the name of a form */
	struct str end;   /* of a line in Zephyr's form; empty = it is another form */
	char form_name[FORM_BYTES];
};

struct llama_run {
	const struct api *api;
	const struct llama_weights *weights;
	void *context;
};

static void say(struct llama_words *err, const char *fmt, ...) printf_like(2, 3);

static void say(struct llama_words *err, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
}

/* ---- the library ---- */

static void be_silent(int level, const char *text, void *arg)
{
}

/* Keeps the first complaint: those behind it only say that it failed. */
static void listen(int level, const char *text, void *arg)
{
	struct llama_words *err = arg;

	if (level == LOG_ERROR && err && err->text[0] == 0)
		say(err, "llama.cpp: %.*s", (int)strcspn(text, "\n"), text);
}

static int find_functions(struct llama_door *d, void *library, const char *name, struct llama_words *err)
{
	for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
		void *fn = dlsym(library, functions[i].name);

		if (!fn) {
			say(err, "%s has no %s: it must be a libllama of June 2025 (b5640) or later", name,
			    functions[i].name);
			return -ELIBBAD;
		}
		memcpy((char *)&d->api + functions[i].at, &fn, sizeof(fn));
	}
	return 0;
}

static int check_layout(const struct llama_door *d, const char *name, struct llama_words *err)
{
	struct block b = d->api.context_params();
	struct head head;

	memcpy(&head, b.bytes, sizeof(head));
	if (memcmp(&head, &head_wanted, sizeof(head)) == 0)
		return 0;
	say(err, "%s arranges its parameters otherwise than the libraries we know (b5640 to v0.5.0)", name);
	return -ELIBBAD;
}

/* What computes lies in libraries of its own beside it, unless it was built in. */
static void load_backends(void *library, const char *name)
{
	void (*from)(const char *dir) = NULL;
	void (*all)(void) = NULL;
	const char *slash = strrchr(name, '/');
	char dir[PATH_BYTES];

	*(void **)&from = dlsym(library, "ggml_backend_load_all_from_path");
	*(void **)&all = dlsym(library, "ggml_backend_load_all");
	if (slash && from) {
		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - name), name);
		from(dir);
	} else if (all) {
		all();
	}
}

static int load(struct llama_door *d, const char *name, struct llama_words *err)
{
	void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	int rc;

	if (!library) {
		say(err, "llama.cpp is not there (%s): install it, or say where with `extra: [library=PATH]`",
		    dlerror());
		return -ENOENT;
	}
	rc = find_functions(d, library, name, err);
	if (rc < 0)
		return rc;
	d->api.log_set(be_silent, NULL);
	rc = check_layout(d, name, err);
	if (rc < 0)
		return rc;
	load_backends(library, name);
	d->api.backend_init();
	return 0;
}

int llama_door_open(const char *library, struct llama_words *err, struct llama_door **ret_door)
{
	struct llama_door *d = mem_zalloc(sizeof(*d));
	int rc;

	if (!d)
		return -ENOMEM;
	live_up(&live_llama_door);
	rc = load(d, library, err);
	if (rc < 0)
		llama_door_close(d);
	else
		*ret_door = d;
	return rc;
}

struct llama_door *llama_door_close(struct llama_door *d)
{
	if (!d)
		return NULL;
	live_down(&live_llama_door);
	return mem_free(d);
}

/* ---- weights ---- */

static int load_weights(struct llama_weights *w, const char *path, struct llama_words *err)
{
	struct llama_words complaint = {0};

	w->api->log_set(listen, &complaint);
	w->model = w->api->model_load(path, w->api->model_params());
	w->api->log_set(be_silent, NULL);
	if (!w->model) {
		say(err, "%s", complaint.text[0] ? complaint.text : "llama.cpp refuses the file");
		return -EBADMSG;
	}
	w->vocab = w->api->model_vocab(w->model);
	return 0;
}

/* The form that was asked for, or the model's own; tried out once. */
static int choose_form(struct llama_weights *w, const char *form, struct llama_words *err)
{
	static const struct llama_line line = {"user", "Hello?"};
	const char *own = w->api->model_template(w->model, NULL);
	int32_t end = w->api->vocab_end(w->vocab);
	char text[256];

	snprintf(w->form_name, sizeof(w->form_name), "%s", form);
	w->form = form[0] ? w->form_name : own;
	if (!w->form) {
		say(err, "the model has no chat template: it was not trained for conversations, or "
			 "`extra: [template=NAME]` must name the one it was trained with");
		return -ENOTSUP;
	}
	if (end >= 0 && (strcmp(form, "zephyr") == 0 || chat_form_is_zephyr(str_from(w->form))))
		w->end = str_from(w->api->vocab_text(w->vocab, end));
	if (!str_empty(w->end) || w->api->apply_template(w->form, &line, 1, true, text, sizeof(text)) >= 0)
		return 0;
	say(err,
	    "llama.cpp does not know the %s: `extra: [template=NAME]` may name a known one, chatml for "
	    "instance",
	    form[0] ? "template that was asked for" : "model's chat template");
	return -ENOTSUP;
}

int llama_door_weights(struct llama_door *d, const struct llama_file *f, struct llama_words *err,
		       struct llama_weights **ret_weights)
{
	struct llama_weights *w;
	int rc;

	if (access(f->path, R_OK) < 0) {
		say(err, "%s cannot be read: `model` must be the path of a GGUF file", f->path);
		return -ENOENT;
	}
	w = mem_zalloc(sizeof(*w));
	if (!w)
		return -ENOMEM;
	live_up(&live_llama_weights);
	w->api = &d->api;
	rc = load_weights(w, f->path, err);
	if (rc == 0)
		rc = choose_form(w, f->form ? f->form : "", err);
	if (rc < 0)
		llama_weights_free(w);
	else
		*ret_weights = w;
	return rc;
}

struct llama_weights *llama_weights_free(struct llama_weights *w)
{
	if (!w)
		return NULL;
	if (w->model)
		w->api->model_free(w->model);
	live_down(&live_llama_weights);
	return mem_free(w);
}

uint32_t llama_weights_window(const struct llama_weights *w)
{
	return (uint32_t)w->api->model_window(w->model);
}

size_t llama_weights_tokens(const struct llama_weights *w)
{
	return (size_t)w->api->vocab_tokens(w->vocab);
}

bool llama_weights_ends(const struct llama_weights *w, int32_t token)
{
	return w->api->vocab_ends(w->vocab, token);
}

size_t llama_weights_piece(const struct llama_weights *w, int32_t token, char piece[LLAMA_DOOR_PIECE_MAX])
{
	int32_t n = w->api->piece(w->vocab, token, piece, LLAMA_DOOR_PIECE_MAX, 0, false);

	return n > 0 ? (size_t)n : 0;
}

int llama_weights_prompt(const struct llama_weights *w, const struct llama_line *lines, size_t count,
			 char *buf, size_t size, size_t *ret_bytes)
{
	int32_t n;

	if (!str_empty(w->end))
		return chat_form_zephyr(lines, count, w->end, buf, size, ret_bytes);
	n = w->api->apply_template(w->form, lines, count, true, buf, (int32_t)size);
	if (n < 0)
		return -ENOTSUP;
	if ((size_t)n > size)
		return -EMSGSIZE;
	*ret_bytes = (size_t)n;
	return 0;
}

int llama_weights_cut(const struct llama_weights *w, struct str text, int32_t *tokens, size_t max,
		      size_t *ret_count)
{
	int32_t n = w->api->tokenize(w->vocab, text.p, (int32_t)text.n, tokens, (int32_t)max, true, true);

	if (n < 0)
		return -EMSGSIZE;
	*ret_count = (size_t)n;
	return 0;
}

/* ---- runs ---- */

static bool is_stopped(void *arg)
{
	return atomic_load((const atomic_bool *)arg);
}

static void *open_context(const struct llama_weights *w, uint32_t window)
{
	struct block b = w->api->context_params();

	memcpy(b.bytes + offsetof(struct head, window), &window, sizeof(window));
	return w->api->context_new(w->model, b);
}

int llama_door_run(struct llama_weights *w, uint32_t window, int threads, const atomic_bool *stop,
		   struct llama_run **ret_run)
{
	struct llama_run *r = mem_zalloc(sizeof(*r));
	uint32_t got;

	if (!r)
		return -ENOMEM;
	live_up(&live_llama_run);
	r->api = w->api;
	r->weights = w;
	r->context = open_context(w, window);
	if (!r->context) {
		llama_run_free(r);
		return -ENOMEM;
	}
	got = r->api->context_window(r->context);
	if (got < window || got > window + WINDOW_SLACK) {
		llama_run_free(r);
		return -ELIBBAD;
	}
	r->api->set_threads(r->context, threads, threads);
	llama_run_watch(r, stop);
	*ret_run = r;
	return 0;
}

void llama_run_watch(struct llama_run *r, const atomic_bool *stop)
{
	r->api->set_abort(r->context, is_stopped, (void *)(uintptr_t)stop);
}

struct llama_run *llama_run_free(struct llama_run *r)
{
	if (!r)
		return NULL;
	if (r->context)
		r->api->context_free(r->context);
	live_down(&live_llama_run);
	return mem_free(r);
}

int llama_run_keep(struct llama_run *r, size_t kept)
{
	void *memory = r->api->memory(r->context);

	if (kept > 0 && r->api->memory_remove(memory, 0, (int32_t)kept, -1))
		return 0;
	r->api->memory_clear(memory, true);
	return kept == 0 ? 0 : -ENOTSUP;
}

int llama_run_decode(struct llama_run *r, int32_t *tokens, size_t count)
{
	switch (r->api->decode(r->context, r->api->batch(tokens, (int32_t)count))) {
	case 0:
		return 0;
	case 1:
		return -ENOBUFS;
	case 2:
		return -ECANCELED;
	default:
		return -EIO;
	}
}

const float *llama_run_logits(struct llama_run *r)
{
	return r->api->logits(r->context, -1);
}
