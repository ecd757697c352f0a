/*
 * stage.h - a vendor on this machine, and our half of the network that leads to it
 *
 * One at a time; a test that wants many has a process for each (side.h). Which
 * vendors there are, and what their simulators have to be told, is one list.
 *
 * Threads: the test's; the vendor has its own.
 */
#ifndef TESTS_LIVE_STAGE_H
#define TESTS_LIVE_STAGE_H

#include "base/loop.h"
#include "base/rng.h"
#include "net/http_client.h"
#include "net/ws.h"
#include "provider/service.h"
#include "provider/vendors.h"
#include "vendors/vendor.h"

#define STAGE_KEY "key-of-tests"

enum {
	STAGE_BARE = 1,       /* TCP, without TLS or HTTP: there is no certificate, no key, no status */
	STAGE_OPEN = 2,       /* asks for no key */
	STAGE_ASKS = 4,       /* a recogniser that is asked by HTTP for its WebSocket */
	STAGE_MUTE_CACHE = 8, /* a model that counts cached tokens among the others */
	STAGE_WHOLE = 16,     /* a voice whose sound comes a sentence at a time */
};

struct stage_vendor {
	enum usage_kind kind;
	const char *type; /* as in provider/vendors.h */
	const char *path; /* of its simulator, behind the host */
	const char *name; /* the model or voice, where one must be named */
	unsigned manner;  /* STAGE_* */
};

extern const struct stage_vendor stage_vendors[];
extern const size_t stage_vendors_count;

#define STAGE_EACH(v, of_kind)                                                                           \
	for (const struct stage_vendor *v = stage_vendors; v < stage_vendors + stage_vendors_count; v++) \
		if (v->kind == (of_kind))

/* Every vendor of that kind that is not in this process is in the list, and the other way round. */
void stage_check_list(enum usage_kind kind);

struct stage {
	const struct stage_vendor *who;
	struct loop *loop;
	struct vendor *vendor;
	struct vendor_config config; /* with which it was started */
	struct ws_net *ws;
	struct http_client *http;
	struct rng rng;
	struct service service;
	struct service_host host;
	struct service_use use; /* the `config` of its sessions */
	char url[256];
	int held; /* the socket that keeps the address of a fallen vendor, + 1; 0 = none */
};

/* The vendor as `config` says, but over TLS, and with as much patience as a fault needs to be seen. Returns 0
 * or -errno; stage_close() in both cases. */
int stage_open(struct stage *st, const struct stage_vendor *who, const struct vendor_config *config,
	       struct loop *l);
void stage_close(struct stage *st);

/* The vendor falls with all its connections. As long as the stage is open nobody else gets its address: the
 * vendor of another process would answer there in its place. */
void stage_fell(struct stage *st);

/* The same, and it is there again after `away`; its log begins anew. */
void stage_restart(struct stage *st, usec away);

/* All sessions are closed: waits until the vendor has seen it, so that its log is complete. */
void stage_hang_up(struct stage *st);

/* No rule of any sheet was broken. */
void stage_check_manners(struct stage *st);

/* The sum of a member of the log's sessions; of those alone that ended so, unless `end` is NULL. */
uint64_t stage_billed(struct stage *st, const char *end, const char *member);

/* What we say that we used is what the vendor bills (`end` as above). */
void stage_check_bill(struct stage *st, enum usage_unit unit, const uint64_t used[USAGE_UNITS_],
		      const char *end);

#endif
