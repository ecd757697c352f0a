#include "provider/local/chat_form.h"

#include <errno.h>
#include <stdio.h>

#include "provider/local/llama_door.h"

static bool holds(struct str template, struct str word)
{
	return str_find(template, word) < template.n;
}

bool chat_form_is_zephyr(struct str template)
{
	return holds(template, STR("<|user|>")) && holds(template, STR("<|assistant|>")) &&
	       holds(template, STR("eos_token")) && !holds(template, STR("<|end"));
}

int chat_form_zephyr(const struct llama_line *lines, size_t count, struct str end, char *buf, size_t size,
		     size_t *ret_bytes)
{
	size_t n = 0;
	int more;

	for (size_t i = 0; i <= count; i++) {
		if (i < count)
			more = snprintf(buf + n, size - n, "<|%s|>\n%s" STR_FMT "\n", lines[i].role,
					lines[i].content, STR_ARG(end));
		else
			more = snprintf(buf + n, size - n, "<|assistant|>\n");
		if (more < 0 || (size_t)more >= size - n)
			return -EMSGSIZE;
		n += (size_t)more;
	}
	*ret_bytes = n;
	return 0;
}
