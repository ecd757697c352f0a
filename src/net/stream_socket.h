/*
 * stream_socket.h - the few calls that a TCP socket on a loop needs
 *
 * Sockets are non-blocking and close on exec; small writes leave at once. A
 * peer that is gone makes no signal.
 *
 * Threads: any. Layer: net.
 */
#ifndef NET_STREAM_SOCKET_H
#define NET_STREAM_SOCKET_H

#include "base/addr.h"

/* A socket of the address's family. Returns 0 or -errno. */
int stream_socket_new(const struct addr *a, int *ret_fd) must_check;

/* The same, on its way to `remote`; it becomes writable when it is there or has failed. Returns 0 or -errno.
 */
int stream_socket_connect(const struct addr *remote, int *ret_fd) must_check;

/* What became of the connecting. Returns 0 or -errno. */
int stream_socket_error(int fd) must_check;

/* The address of our end; ADDR_NONE when there is none. */
struct addr stream_socket_local(int fd);

/* Returns 0, -EAGAIN, -ENODATA when the other end has closed, or -errno. */
int stream_socket_recv(int fd, void *p, size_t n, size_t *ret_n) must_check;

/* Returns 0 (perhaps not all of it), -EAGAIN or -errno. */
int stream_socket_send(int fd, const void *p, size_t n, size_t *ret_n) must_check;

#endif
