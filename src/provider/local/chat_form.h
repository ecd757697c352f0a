/*
 * chat_form.h - how a conversation is written down for a model, where llama.cpp gets it wrong
 *
 * A GGUF file says in a template (Jinja) how the lines of a conversation are put
 * together. libllama does not run it: it looks for words in it and picks one of
 * the forms that it knows. Zephyr's form, which TinyLlama has too, names its end
 * of a line `eos_token`; libllama misses that, takes the form for another and
 * leaves the ends out, and the model does not know when to stop.
 *
 *   <|user|>\nHave you got a room?</s>\n<|assistant|>\n
 *
 * Threads: any. Layer: provider.
 */
#ifndef PROVIDER_LOCAL_CHAT_FORM_H
#define PROVIDER_LOCAL_CHAT_FORM_H

#include <stdbool.h>

#include "base/str.h"

struct llama_line;

/* Whether a template is Zephyr's with the model's own end. */
bool chat_form_is_zephyr(struct str template);

/* The lines in Zephyr's form, with the opening of an answer, into buf[size]. `end` is the text of the model's
 * own end. Returns 0 or -EMSGSIZE. */
int chat_form_zephyr(const struct llama_line *lines, size_t count, struct str end, char *buf, size_t size,
		     size_t *ret_bytes) must_check;

#endif
