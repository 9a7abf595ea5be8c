/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* lane.h - a thread that runs requests in their order, on a handle of its device; and a
 * request, which the loop's thread owns but while a lane runs it. */
#ifndef ZT_AGENT_LANE_H
#define ZT_AGENT_LANE_H

#include "agent/connection.h"
#include "door/message.h"
#include "rpc/message.h"
#include "zt/cancel.h"

struct request {
	struct post done; /* first: R is answered by OUT */
	LIST_ENTRY(request) of_connection;
	TAILQ_ENTRY(request) of_lane;
	struct connection *connection; /* NULL: it has gone. The loop's thread alone */
	struct device *device;         /* that is in use by it, or NULL */
	enum rpc_lane_kind lane;
	struct rpc_message head;
	uint8_t *bytes; /* the message, wiped when R is freed */
	size_t n;
	struct message_parts parts; /* of it */
	struct out *out;
	struct flow *flow; /* that asked for it (http/stream.h), and gets ANSWER; or NULL */
	struct rpc_answer answer; /* of a flow's: ANSWERED takes it, and the caller frees R */
	void (*answered)(struct flow *f, struct request *r);
	struct zt_cancel cancel;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t comes;
	uint64_t ask; /* the question that waits; 0: none does */
	char *reply;
	size_t reply_n;
};

/* A request of HEAD, with the message BYTES, which it takes. NULL: no memory, and BYTES are
 * freed. */
struct request *request_new(const struct rpc_message *head, uint8_t *bytes, size_t n,
    const struct message_parts *parts);
void request_free(struct request *r);
/* Whether its answer has content. */
bool request_gives(const struct request *r);
/* Ends R's call, or its question. */
void request_cancel(struct request *r);
/* The reply TEXT to the question ASK of R; another question's is dropped. */
void request_reply(struct request *r, uint64_t ask, const char *text, size_t n);
/* An answer to R of this host itself. NULL: no memory. Any thread. */
struct out *request_refusal(const struct request *r, enum zt_err err);

struct lane {
	struct post ended;  /* first: its thread is at its end */
	struct post opened; /* its handle is open, or could not be opened */
	LIST_ENTRY(lane) link;
	struct agent *a;
	struct device *device;         /* NULL: of methods of the host */
	struct connection *connection; /* whose streams it has; NULL: nobody's */
	bool is_once;
	pthread_t thread;
	pthread_mutex_t lock; /* of the queue, and of ENDS */
	pthread_cond_t comes;
	TAILQ_HEAD(, request) queue;
	bool ends;
	struct zt_cancel cancel; /* of what no request asked for, when it ends */
	struct request *now;     /* the lane's thread alone */
	struct rpc_lane *rpc;
	struct zt *z;
};

/* Requests until lane_end; one request; or the events of the device until lane_end. */
enum lane_use { LANE_SERVE, LANE_ONCE, LANE_WATCH };
/* Starts a lane for D, which is open (NULL: for methods of the host). NULL: no memory. It frees
 * itself once it has ended, and tells D. */
struct lane *lane_begin(struct agent *a, struct device *d, enum lane_use use);
/* A lane without a thread, run by the loop's: for what waits for nothing. */
struct lane *lane_of_loop(struct agent *a);
void lane_free(struct lane *l);
/* Takes R, until its post comes. */
void lane_give(struct lane *l, struct request *r);
/* Runs R now, on this thread, and sets its OUT. */
void lane_run(struct lane *l, struct request *r);
/* No more comes: what waits is refused, and what runs is not waited for. */
void lane_end(struct lane *l);
/* What rpc.h calls for a lane; LANE is its ctx. */
struct rpc_host lane_host(struct lane *l);

#endif
