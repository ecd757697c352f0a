/*
 * http_status.h - what the status of an answer means to somebody who waits for one
 *
 * Threads: any. Layer: net.
 */
#ifndef NET_HTTP_STATUS_H
#define NET_HTTP_STATUS_H

#include "base/fault.h"

/* 401/403 AUTH, 402/429 QUOTA, 408/504 STALLED, 400/404/405/413/415/422 CONFIG, 503/529 OVERLOAD, any other
 * 5xx UNREACHABLE, the rest PROTOCOL. 2xx is FAULT_NONE. */
enum fault http_status_fault(int status);

#endif
