/*
 * metrics_page.h - /metrics for Prometheus, /healthz for whoever watches us
 *
 * Threads: start and stop main; answers on the server's own. Layer: app.
 */
#ifndef APP_METRICS_PAGE_H
#define APP_METRICS_PAGE_H

#include "net/http_server.h"

/* End with http_server_stop(). Returns 0 or -errno, -EBADMSG when `host` is no IP address. */
int metrics_page_start(struct str host, int port, struct http_server **ret_server) must_check;

#endif
