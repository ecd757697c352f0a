/*
 * config.h - offhook.yaml: what the server is told
 *
 * One file, one snapshot, immutable once it is read. Every section has an
 * option table, from which the file is checked, --help is printed and the
 * manual is made. Agents have files of their own (agent/agent.h).
 *
 * Threads: made on main, read by all. Layer: app.
 */
#ifndef APP_CONFIG_H
#define APP_CONFIG_H

#include "base/opt.h"
#include "call/call_cost.h"
#include "provider/service.h"

#define CONFIG_ARENA_BYTES (4u * 1024 * 1024)
#define CONFIG_SHARDS_MAX  64

/* Who may call us. */
struct config_trunk {
	struct str name;
	struct str tenant;
	struct opt_strs from;      /* addresses or networks it may come from */
	struct str user, password; /* or a digest login */
	int calls_max;             /* 0 = as the server's */
};

enum config_digest {
	CONFIG_DIGEST_BOTH,
	CONFIG_DIGEST_SHA256,
	CONFIG_DIGEST_MD5,
};

struct config_sip {
	struct opt_addr listen;         /* UDP and TCP */
	struct str advertised;          /* our address as the outside sees it */
	struct opt_strs local_networks; /* where it is not used */
	struct str realm;
	enum config_digest digest;
	usec ring;              /* before we answer */
	struct opt_list trunks; /* struct config_trunk */
};

struct config_media {
	struct str bind;
	int port_min, port_max;
	usec timeout;
	double duck_db;
};

/* What the caller dialled -> which agent. */
struct config_route {
	struct str called; /* the user part; * = any */
	struct str agent;  /* name of a file in `agents` */
};

enum config_voice {
	CONFIG_VOICE_AUTO, /* kokoro if its files are there and the machine keeps up, else flite */
	CONFIG_VOICE_KOKORO,
	CONFIG_VOICE_FLITE,
};

struct config_speech {
	struct str models;
	enum config_voice voice;
	int threads;
	struct str phrases; /* the phrase cache */
	int phrases_mb;
};

/* Which services a stage tries, in this order; `local` is the engine in this process. */
struct config_pipeline {
	struct opt_strs stt, llm, deep, tts;
	usec hedge;
	bool prepare; /* fixed phrases, by voices on a network */
};

struct config_network {
	struct str authority; /* PEM file of trusted certificates; empty = the system's */
	struct str proxy;
	int connections; /* of a shard, spares included */
};

/* In the prices' currency; 0 = no limit. */
struct config_cost {
	double call, agent_day, tenant_day;
	enum cost_action action;
	struct str farewell;
};

struct config_limits {
	int calls;         /* at once */
	usec call;         /* the longest */
	usec transfer;     /* how long a REFER may take */
	usec drain;        /* how long a stopping server waits for its calls */
	int retry_after_s; /* told when full */
	struct config_cost cost;
};

struct config_metrics {
	bool on;
	struct opt_addr listen;
};

enum config_log {
	CONFIG_LOG_DEBUG,
	CONFIG_LOG_INFO,
	CONFIG_LOG_WARNING,
	CONFIG_LOG_ERROR,
};

struct config {
	struct str dir;               /* of the file; `agents` are relative to it */
	const struct tree_node *tree; /* what was read: where things stand */
	int shards;
	enum config_log log;
	bool core_dumps;
	struct opt_strs agents; /* files; relative to this one */
	struct str calls;       /* folder of trails and recordings */
	struct str store;       /* SQLite file */
	struct config_sip sip;
	struct config_media media;
	struct opt_list routes;    /* struct config_route */
	struct opt_list providers; /* struct service */
	struct config_pipeline pipeline;
	struct config_network network;
	struct config_speech speech;
	struct config_limits limits;
	struct str prices_file;      /* empty = nothing has a price */
	const struct prices *prices; /* what stands in it, NULL = nothing */
	struct config_metrics metrics;
};

extern const struct opt_table config_table;

/* Reads and checks `path`. On failure everything that is wrong is printed into `problems`, a line each with
 * file, line and column. Returns 0, -EBADMSG, -ENOMEM, or the -errno of reading the file. */
int config_read(const char *path, struct buf *problems, struct config **ret_config) must_check;

/* Takes NULL. Returns NULL. */
struct config *config_free(struct config *c);

#endif
