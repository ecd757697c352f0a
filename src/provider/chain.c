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
