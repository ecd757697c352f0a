#include "app/thinkers.h"

#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "provider/local/thinking.h"
#include "provider/service.h"
#include "provider/vendors.h"

#define PATH_BYTES 1024
#define FORM_BYTES 64

static bool is_thinker(const struct service *s)
{
	return str_eq(s->type, STR(VENDOR_LLAMA_CPP));
}

/* Returns 0 when there is no such number. */
static int number(const struct service *s, const char *name, int max)
{
	int64_t n;

	return str_to_int(service_extra(s, name, STR("")), 1, max, &n) < 0 ? 0 : (int)n;
}

static int open_one(const struct service *s, struct thinker *t)
{
	char libllama[PATH_BYTES], model[PATH_BYTES], form[FORM_BYTES];
	const struct thinking_config config = {.libllama = libllama,
					       .model = model,
					       .form = form,
					       .window = (size_t)s->window,
					       .threads = number(s, "threads", THINKING_THREADS_MAX)};
	int rc;

	str_copy(service_extra(s, "library", STR(LLAMA_DOOR_LIBRARY)), libllama, sizeof(libllama));
	str_copy(service_extra(s, "template", STR("")), form, sizeof(form));
	str_copy(s->model, model, sizeof(model));
	rc = thinking_open(&config, &t->why, &t->thinking);
	if (rc < 0 && rc != -ENOMEM)
		log_warning("a language model in this process cannot be used", log_str("provider", s->name),
			    log_text("why", t->why.text));
	return rc == -ENOMEM ? rc : 0;
}

int thinkers_open(const struct config *c, struct thinkers *ret_thinkers)
{
	const struct service *s = c->providers.at;
	struct thinkers t = {.count = c->providers.count};
	int rc = 0;

	t.list = mem_zalloc((t.count + 1) * sizeof(*t.list));
	if (!t.list)
		return -ENOMEM;
	for (size_t i = 0; i < t.count && rc == 0; i++)
		if (is_thinker(&s[i]))
			rc = open_one(&s[i], &t.list[i]);
	if (rc < 0)
		thinkers_close(&t);
	else
		*ret_thinkers = t;
	return rc;
}

void thinkers_close(struct thinkers *t)
{
	for (size_t i = 0; i < t->count; i++)
		thinking_close(t->list[i].thinking);
	mem_free(t->list);
	*t = (struct thinkers){0};
}
