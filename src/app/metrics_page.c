#include "app/metrics_page.h"

#include "base/metric.h"

static void answer(void *arg, const struct http_request *request, struct http_reply *a)
{
	(void)arg;
	if (!str_eq(request->method, STR("GET"))) {
		a->status = 405;
	} else if (str_eq(request->path, STR("/metrics"))) {
		a->status = 200;
		a->content_type = "text/plain; version=0.0.4; charset=utf-8";
		metric_print(&a->body);
	} else if (str_eq(request->path, STR("/healthz"))) {
		a->status = 200;
		buf_add_str(&a->body, STR("ok\n"));
	}
}

int metrics_page_start(struct str host, int port, struct http_server **ret_server)
{
	struct addr at;
	int rc = addr_parse(host, (uint16_t)port, &at);

	return rc < 0 ? rc : http_server_start(&at, answer, NULL, ret_server);
}
