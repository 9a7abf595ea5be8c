/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* device.h - the devices of this host: folders of its root, each locked, or open with its lanes
 * and its watch. */
#ifndef ZT_AGENT_DEVICE_H
#define ZT_AGENT_DEVICE_H

#include <jansson.h>
#include <stdatomic.h>

#include "agent/agent.h"
#include "door/idle.h"
#include "rpc/message.h"

enum device_state { DEVICE_LOCKED, DEVICE_OPENING, DEVICE_OPEN, DEVICE_LOCKING };

struct device {
	LIST_ENTRY(device) link;
	struct agent *a;
	char key[RPC_KEY_MAX], home[PATH_MAX];
	enum device_state state;
	bool locks_next;              /* asked to lock while it opened */
	struct zt *base;              /* others are opened from it, under */
	pthread_mutex_t base_lock;    /* this */
	struct lane *lanes[RPC_HOST]; /* by kind; RPC_STREAM has none here */
	unsigned threads;             /* that use BASE: lanes, streams and the watch */
	unsigned streams;             /* of them */
	unsigned running;             /* requests */
	unsigned lock_after;          /* minutes without use; 0: never */
	struct idle_clocks used;
	_Atomic uint64_t confirmed_until_ms;
	char organization[128], server[256], email[260], label[128]; /* once it was open,
	also by an agent before */
	struct lane *watch;
};

/* The device of KEY, after another look at the root; NULL: there is none. */
struct device *device_find(struct agent *a, const char *key);
/* Looks for folders that came or went. */
void device_scan(struct agent *a);
/* D is open: takes Z. */
void device_opened(struct device *d, struct zt *z);
/* Ends all that runs on D, closes it, and wipes its keys; some turns of the loop later. */
void device_shut(struct device *d);
void device_shut_all(struct agent *a);
/* Whether a key of one may be in memory: one is open, or becomes so, or is being locked. */
bool device_is_open(const struct agent *a);
/* Whether one is being locked. */
bool device_locks(const struct agent *a);
/* A lane of D has its handle. The first one is before the watch, which may wait for a server.
 */
void device_lane_opened(struct device *d);
/* A thread of D has ended. */
void device_thread_ended(struct device *d);
/* Gives R to its lane, or answers it. */
void device_take(struct device *d, struct request *r);
/* A request of D was answered, or began: it is in use. */
void device_used(struct device *d);
/* Locks those that nobody has used for long, and all where the machine has slept. */
void device_tick(struct agent *a, const struct idle_clocks *now, bool slept);
/* When D locks by itself, in milliseconds since 1970; 0: not. */
uint64_t device_locks_at(const struct device *d);
/* Folders that nobody names any more. At the end. */
void device_forget_all(struct agent *a);
/* Makes or finds the folder ROOT/NAME, for a new device: sets HOME. Errors: EXISTS (it holds a
 * device), IO, FOLDER. */
enum zt_err device_folder(struct agent *a, const char *name, char home[PATH_MAX]);

#endif
