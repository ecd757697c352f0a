/*
 * list.h - a doubly linked list inside the things it links
 *
 * A list is a ring of nodes with the head in it. A node that is in no list
 * points at itself, so list_remove() twice is harmless.
 *
 * Threads: the owner's only. Layer: base.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>

#include "base/def.h"

struct list {
	struct list *prev, *next;
};

#define LIST_ENTRY(node, type, member) CONTAINER_OF(node, type, member)
#define LIST_EACH(node, head)          for (struct list *node = (head)->next; node != (head); node = node->next)
/* The same when the body may remove `node`. */
#define LIST_EACH_SAFE(node, head)                                                        \
	for (struct list *node = (head)->next, *node##_next = node->next; node != (head); \
	     node = node##_next, node##_next = node->next)

static inline void list_init(struct list *l)
{
	l->prev = l->next = l;
}

static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}

/* Puts `node` behind `at`; with a head as `at` that is the front. */
static inline void list_add(struct list *at, struct list *node)
{
	node->prev = at;
	node->next = at->next;
	at->next->prev = node;
	at->next = node;
}

/* Puts `node` at the end of the list. */
static inline void list_append(struct list *head, struct list *node)
{
	list_add(head->prev, node);
}

static inline void list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

/* Takes the first node out; NULL when empty. */
static inline struct list *list_pop(struct list *head)
{
	struct list *node = head->next;

	if (node == head)
		return NULL;
	list_remove(node);
	return node;
}

#endif
