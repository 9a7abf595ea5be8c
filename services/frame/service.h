/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* service.h - the whole life of a service: settings, log, database, nng server, workers,
 * events, drain. A service's main is its name, its handlers and service_main. */
#ifndef ZT_FRAME_SERVICE_H
#define ZT_FRAME_SERVICE_H

#include <stdio.h>

#include "bus/rpc.h"
#include "format/event.h"
#include "format/route.h"
#include "frame/db.h"
#include "frame/policy.h"
#include "frame/settings.h"

struct service;

/* A handler's view of a request; its right was checked. */
struct request {
	enum route route;
	struct route_params params;
	const char *target; /* path and query */
	struct bytes body;
	struct id device;       /* zero for ANYONE and OPERATOR */
	struct decision caller; /* of DEVICE, READER, WRITER */
	struct service *service;
	struct db *db; /* this worker's; NULL for a service without one */
	uint64_t now_ms;
};

typedef enum zt_err handler(void *state, const struct request *rq, struct rpc_answer *out);

/* A call by another service; devices cannot make it. */
struct service_rpc {
	const char *what;
	handler *run;
};

struct service_def {
	const char *name;
	enum route_service service;
	handler *const *handlers; /* ROUTE_COUNT */
	const struct service_rpc *rpcs;
	size_t rpc_count;
	const struct db_migration *migrations;
	size_t migration_count;
	bool has_database;
	const struct config_key *keys;
	size_t key_count;
	struct service_settings *settings; /* of the service's own type */
	/* Opens the state; DB is the first worker's connection, or NULL. */
	enum zt_err (*open)(struct service *s, const struct service_settings *settings,
	    struct db *db, void **state, char message[200]);
	void (*close)(void *state);
	/* Decides locally (auth); NULL: asks auth. */
	enum zt_err (*decide)(void *state, struct db *db, const struct id *org,
	    const struct id *device, const struct id *workspace, struct decision *out);
	/* A live device of ORG signed a request. May be NULL. */
	void (*seen)(void *state, struct db *db, const struct id *org, const struct id *device,
	    uint64_t now_ms);
	bool (*is_operator)(void *state, const char *authorization);
	/* Periodic cleanup, every SWEEP seconds, on its own thread and database connection;
	 * may be NULL. */
	void (*sweep)(void *state, struct service *s, struct db *db);
	/* An event of another service arrived. Runs on the thread that receives revocations:
	 * it must not wait. May be NULL. */
	void (*event)(void *state, const Zt__Event *e);
	/* Events of FROM were missed, of unknown kind; the same thread. May be NULL. */
	void (*lost)(void *state, enum route_service from);
};

/* Runs until SIGTERM or SIGINT; returns the exit code. */
int service_main(int argc, char **argv, const struct service_def *def);

/* Publishes that TOPIC of ORG changed; its newest position is POSITION. */
void service_publish(struct service *s, const struct id *org, const struct id *topic,
    enum event_kind kind, uint64_t position);
/* Publishes E unaltered (messaging to gateways). */
void service_publish_event(struct service *s, const Zt__Event *e);
/* How this service and others connect, and which callers are let in. */
const struct link *service_link(const struct service *s);
/* The policy of a service that asks auth; NULL in auth. */
struct policy *service_policy(struct service *s);
/* Asks auth for the workspaces due for deletion, and calls EACH for each; stops at EACH's
 * first error and returns it. For a cleanup. */
ZT_CHECKED enum zt_err service_each_due(struct service *s,
    enum zt_err (*each)(void *ctx, const struct id *org, const struct id *workspace),
    void *ctx);
/* The connection to the auth service; NULL in auth. */
struct peer *service_auth(struct service *s);
/* Sets the sentence of an error; returns ERR. */
enum zt_err service_refuse(struct rpc_answer *out, enum zt_err err, const char *message);
/* Freed memory is kept for the next body: giving blocks of 512 KiB back to the system and
 * faulting them in again costs more than hashing them. Before any thread starts. */
void service_keep_memory(void);

enum { SERVICE_END_S = 2 };

/* Ends the process with 0, or 70 after ERR, if it has not ended SECONDS from now: closing a
 * socket of nng may never return. What was acknowledged is on
 * the disk, as it is at any other moment. A second call restarts the time. */
void service_end_by(unsigned seconds, enum zt_err err);
/* No core file, no new privileges, files for this user only. */
void service_harden(void);

#endif
