/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* host.h - the browser's host in C: devices as folders of its file system, and a lane for each
 * page and device. One thread runs one request at a time, to its end; but while one waits for
 * people, another may run within it. */
#ifndef ZT_BROWSER_HOST_H
#define ZT_BROWSER_HOST_H

#include <jansson.h>

#include "rpc/message.h"
#include "rpc/rpc.h"
#include "zt/cancel.h"
#include "zt/protect.h"

#define HOST_ROOT "/devices"
#define HOST_HOME_MAX (sizeof HOST_ROOT + RPC_KEY_MAX)
#define HOST_CONFIRMED_MS 300000 /* for which a typed password confirms */

struct call;

struct lane {
	struct lane *next;
	struct host *h;
	struct device *device; /* NULL: of the host's methods */
	unsigned page;
	bool is_persons; /* for what waits for people, within which others run */
	struct rpc_lane *rpc;
	struct zt *z; /* the lane's own handle of the device; NULL: none */
};

struct device {
	struct device *next;
	char key[RPC_KEY_MAX], home[HOST_HOME_MAX];
	struct zt *z; /* NULL: locked */
	struct lane *lanes;
	uint64_t used_ms, confirmed_until_ms, polled_ms, log_size;
	unsigned lock_after; /* minutes without use; 0: never */
	bool is_heard;       /* its event socket is open */
	char organization[128], server[256], email[260], label[128];
};

struct host {
	struct device *devices; /* by name */
	struct lane here;       /* for the host's methods */
	/* Of the request that runs, and of the one that runs within it. */
	struct zt_cancel cancels[2];
	unsigned depth; /* how many run */
};

/* ---- imports: the worker (client.mjs) ---- */

#define WORKER(name) __attribute__((import_module("zt"), import_name(#name)))
/* A message to PAGE (0: all): JSON of N bytes, and content unless CONTENT is NULL. */
WORKER(send)
void worker_send(
    unsigned page, const char *json, size_t n, const void *content, size_t content_n);
/* Waits for a reply to the question ASK, a second at most: its length, or one of these. */
enum { ASK_WAITS = -1, ASK_ENDS = -2 };
WORKER(ask) int worker_ask(double ask);
WORKER(take_reply) void worker_take_reply(char *to);
/* The event socket of the device KEY is to be opened at URL, with the message FIRST
 * (zt_listen); NULL: it is to be closed. */
WORKER(line) void worker_line(const char *key, const char *url, const char *first);

/* What rpc.h calls for L. */
void host_lane(struct lane *l, struct rpc_host *out);

/* ---- devices ---- */

/* Milliseconds: that never go back, or since 1970. */
uint64_t host_now_steady_ms(void);
uint64_t host_now_ms(void);
/* The devices that are in the file system now. */
void host_scan(struct host *h);
/* The device KEY, or NULL. */
struct device *host_find(struct host *h, const char *key);
/* Makes the folder of a new device KEY, of which HOME is the path. Errors: NAME, EXISTS, IO. */
enum zt_err host_folder(const char *key, char home[HOST_HOME_MAX]);
/* What opens a device: its password, or a passkey unless NULL. */
struct host_opener {
	const char *password;
	const struct zt_passkey_output *passkey;
};
/* Opens it. MESSAGE: 256 bytes. Errors: those of zt_open, or of zt_open_by_passkey. */
enum zt_err host_open_device(
    struct host *h, struct device *d, const struct host_opener *by, char *message);
void host_lock_device(struct host *h, struct device *d);
/* Has the event socket of D opened, which is open. */
void host_listen(struct device *d);
/* The lane of PAGE for D, which is open; another one IS_PERSONS. Errors: MEMORY, and those of
 * zt_open_again. */
enum zt_err host_lane_of(
    struct host *h, struct device *d, unsigned page, bool is_persons, struct lane **out);
/* The lanes of PAGE are not used any more. */
void host_forget_page(struct device *d, unsigned page);
/* How the host opens a device at HOME. */
struct zt_options host_options(struct host *h, const char *home, const char *password);

/* ---- the host's methods ---- */

/* rpc_host.method; CTX is a lane. */
enum zt_err host_method(void *ctx, const struct rpc_row *row, struct call *c);
/* Tells all pages that a device is another now. */
void host_changed(struct host *h);
/* After how many minutes the device KEY locks, as it was set, or as is usual. */
unsigned host_lock_after(const char *key);

#endif
