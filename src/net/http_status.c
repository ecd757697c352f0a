#include "net/http_status.h"

enum fault http_status_fault(int status)
{
	switch (status) {
	case 401:
	case 403:
		return FAULT_AUTH;
	case 402:
	case 429:
		return FAULT_QUOTA;
	case 408:
	case 504:
		return FAULT_STALLED;
	case 400:
	case 404:
	case 405:
	case 413:
	case 415:
	case 422:
		return FAULT_CONFIG;
	case 503:
	case 529:
		return FAULT_OVERLOAD;
	default:
		if (status >= 200 && status < 300)
			return FAULT_NONE;
		return status >= 500 && status < 600 ? FAULT_UNREACHABLE : FAULT_PROTOCOL;
	}
}
