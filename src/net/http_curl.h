/*
 * http_curl.h - libcurl on our loop: one transfer is one request and its answer
 *
 * libcurl forbids that a transfer is added or removed while it calls us, and runs
 * callbacks inside its own functions. Here that is hidden: a transfer starts and
 * goes on in the loop's next turn, may be freed at any moment, and tells its end
 * when libcurl is not running.
 *
 *   http_transfer_new -> on_connected on_head on_body ... on_done -> http_transfer_free
 *
 * libcurl's memory is its own: Debian 12's (7.88.1) divides by zero when the table
 * of its connections finds none, so that ordering failures there would prove
 * nothing about us. Limits are not its business: http_client keeps them.
 *
 * Threads: the loop's owner. Layer: net. The only door to libcurl.
 */
#ifndef NET_HTTP_CURL_H
#define NET_HTTP_CURL_H

#include "net/http_client.h"

struct http_curl;
struct http_transfer;

struct http_transfer_ops {
	/* The request is about to leave; `opened` is 0 on a connection that was kept. */
	void (*on_connected)(void *arg, int opened);
	/* Of any status but 1xx. */
	void (*on_head)(void *arg, const struct http_head *head);
	/* Returns 0, -EAGAIN: again after http_transfer_resume(), or another -errno to end it. */
	int (*on_body)(void *arg, struct str piece);
	/* FAULT_NONE: an answer came whole, whatever its status. The transfer is still to be freed. */
	void (*on_done)(void *arg, enum fault fault, struct str words);
};

/* Returns 0 or -errno. */
int http_curl_new(struct loop *l, const struct http_client_config *config,
		  struct http_curl **ret_curl) must_check;

/* Its transfers are gone before. Takes NULL. Returns NULL. */
struct http_curl *http_curl_free(struct http_curl *c);

/* `ops` and `arg` are borrowed for good. Returns 0, -EINVAL for a URL or header that is none, or -ENOMEM. */
int http_transfer_new(struct http_curl *c, const struct http_ask *ask, const struct http_transfer_ops *ops,
		      void *arg, struct http_transfer **ret_transfer) must_check;

/* Closes the stream; nothing is told any more. Takes NULL. Returns NULL. */
struct http_transfer *http_transfer_free(struct http_transfer *t);

/* After on_body() said -EAGAIN. */
void http_transfer_resume(struct http_transfer *t);

#endif
