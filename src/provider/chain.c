#include "provider/chain.h"

#include <errno.h>
#include <string.h>

enum fault chain_fault(int error)
{
	switch (-error) {
	case EACCES:
	case EPERM:
		return FAULT_AUTH;
	case EINVAL:
	case ENOENT:
	case ENOTSUP:
		return FAULT_CONFIG;
	case EAGAIN:
	case EBUSY:
	case EMSGSIZE:
	case ENOBUFS:
	case ENOMEM:
		return FAULT_OVERLOAD;
	default:
		return FAULT_UNREACHABLE;
	}
}

struct str chain_words(int error)
{
	return str_from(strerror(-error));
}

void chain_note(struct chain_failure *f, struct str from, enum fault fault, struct str words)
{
	f->fault = fault;
	f->from = from;
	f->words_n = str_copy(words, f->words, sizeof(f->words));
}

void chain_tell(struct chain_failure *f, const struct chain_watch *w, enum usage_kind kind, struct str to)
{
	const struct chain_switch sw = {
		.kind = kind, .from = f->from, .to = to, .fault = f->fault, .words = chain_failure_words(f)};

	if (!str_empty(f->from) && w->on_switch)
		w->on_switch(w->arg, &sw);
	f->from = STR("");
}
