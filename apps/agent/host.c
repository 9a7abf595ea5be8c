/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* host.c - the host's own methods. Those that wait run on a thread of their own; what they need
 * of the loop's, they have it do (agent_do). */
#include "agent/host.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/device.h"
#include "agent/lane.h"
#include "agent/settings.h"
#include "common/l10n.h"
#include "encode/encode.h"
#include "hosts/new_device.h"
#include "rpc/call.h"
#include "rpc/person.h"
#include "zt/enrol.h"
#include "zt/org.h"
#include "zt/protect.h"
#include "zt/recover.h"

enum { MESSAGE = 256, LOCK_AFTER_MAX = 7 * 24 * 60 };

/* ---- what is there ---- */

static const char *
state_of(const struct device *d)
{
	switch (d->state) {
	case DEVICE_OPENING:
		return "opening";
	case DEVICE_OPEN:
		return "open";
	case DEVICE_LOCKED:
	case DEVICE_LOCKING:
		break;
	}
	return zt_is_joining(d->home) ? "joining" : "locked";
}

static const char *
opens_by(const struct device *d)
{
	if (zt_is_by_token(d->home))
		return "token";
	return zt_is_unlocked(d->home) ? "desktop" : "password";
}

static json_t *
encode_host_device(const struct device *d)
{
	const struct {
		const char *name, *text;
	} known[] = {
		{ "organization", d->organization },
		{ "server", d->server },
		{ "email", d->email },
		{ "label", d->label },
	};
	uint64_t locks_at = device_locks_at(d);
	json_t *o = json_pack("{s:o,s:s,s:s}", "key", encode_text(d->key), "state", state_of(d),
	    "by", opens_by(d));

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (known[i].text[0] != 0)
			o = encode_with(o, known[i].name, encode_text(known[i].text));
	return locks_at > 0 ? encode_with(o, "locksAt", encode_number(locks_at)) : o;
}

json_t *
host_devices(const struct agent *a)
{
	json_t *all = json_array();
	const struct device *d;

	LIST_FOREACH(d, &a->devices, link)
	if (json_array_append_new(all, encode_host_device(d)) != 0) {
		json_decref(all);
		return NULL;
	}
	return all;
}

void
host_changed(struct agent *a)
{
	json_t *event = json_pack("{s:s,s:n,s:{s:o}}", "event", "host", "request", "data",
	    "devices", host_devices(a));
	size_t n = 0;
	char *text = event != NULL ? encode_json(event, &n) : NULL;

	if (text != NULL)
		connection_tell_all(a, text, n);
	free(text);
	json_decref(event);
}

static enum zt_err
do_state(struct lane *l, struct call *c)
{
	device_scan(l->a);
	return call_answer(c, ZT_OK,
	    json_pack("{s:s,s:s,s:s,s:o}", "host", "agent", "version", zt_version(), "run",
		l->a->door.run, "devices", host_devices(l->a)));
}

/* Whether AFTER minutes keep devices open for longer than BEFORE do; 0: without an end. */
static bool
is_longer(uint64_t after, uint64_t before)
{
	return before != 0 && (after == 0 || after > before);
}

/* Each device has its time, which its own password lengthens: a page can make a device, and
 * knows the password of that one. */
static enum zt_err
do_settings(struct lane *l, struct call *c)
{
	struct device *d = device_find(l->a, call_text(c, "key"));
	uint64_t after;

	if (d == NULL)
		return ZT_ERR_NOT_FOUND;
	if ((after = call_number(c, "lockAfter", d->lock_after)) > LOCK_AFTER_MAX)
		return call_refuse_number(
		    c, ZT_ERR_INVALID, "it is more than %s minutes", LOCK_AFTER_MAX);
	if (is_longer(after, d->lock_after) &&
	    (d->state != DEVICE_OPEN || atomic_load(&d->confirmed_until_ms) <= agent_now_ms()))
		return call_refuse(c, ZT_ERR_CONFIRM, zt_err_text(ZT_ERR_CONFIRM), "");
	if (after != d->lock_after) {
		d->lock_after = (unsigned)after;
		if (!settings_write(l->a))
			return ZT_ERR_IO;
		host_changed(l->a);
	}
	return call_answer(c, ZT_OK, json_pack("{s:o}", "lockAfter", encode_number(after)));
}

/* For what came by the unix socket alone: a page must not give tickets to other pages. */
static bool
is_near(const struct lane *l)
{
	return l->now != NULL && l->now->connection != NULL && l->now->connection->is_near;
}

static enum zt_err
do_ticket(struct lane *l, struct call *c)
{
	char ticket[MARK_TEXT], url[128];
	enum zt_err err;

	if (!is_near(l))
		return ZT_ERR_FORBIDDEN;
	if (!door_ticket(&l->a->door, agent_now_ms(), ticket))
		return ZT_ERR_RATE;
	(void)snprintf(url, sizeof url, "%s/open?ticket=%s", l->a->door.origin, ticket);
	err = call_answer(c, ZT_OK, json_pack("{s:s}", "url", url));
	explicit_bzero(ticket, sizeof ticket);
	explicit_bzero(url, sizeof url);
	return err;
}

static enum zt_err
do_stream(struct lane *l, struct call *c)
{
	struct stream_wish w = { .key = call_text(c, "key"),
		.handle = call_number(c, "handle", 0),
		.size = call_number(c, "size", 0),
		.name = call_text(c, "name"),
		.type = call_text(c, "type"),
		.is_held = call_flag(c, "held") };
	char url[128];

	if (is_near(l)) /* who has no cookie */
		return ZT_ERR_FORBIDDEN;
	if (strlen(w.key) >= RPC_KEY_MAX)
		return ZT_ERR_NOT_FOUND;
	if (!l->a->http->address(l->now->connection, &w, url, sizeof url))
		return ZT_ERR_RATE;
	return call_answer(c, ZT_OK, json_pack("{s:s}", "url", url + 1));
}

static enum zt_err
do_stop(struct lane *l, struct call *c)
{
	(void)c;
	if (!is_near(l))
		return ZT_ERR_FORBIDDEN;
	agent_end(l->a);
	return ZT_OK;
}

/* ---- unlocking ---- */

struct opening {
	struct agent *a;
	struct zt *z;
	const char *key;
	char home[PATH_MAX];
	struct zt_identity id;
	bool is_open;  /* already */
	bool is_typed; /* a password opens it, and not what is held */
	enum zt_err err;
};

static void
begin_opening(void *ctx)
{
	struct opening *o = ctx;
	struct device *d;

	device_scan(o->a);
	if (o->a->is_ending || (d = device_find(o->a, o->key)) == NULL) {
		o->err = ZT_ERR_NOT_FOUND;
		return;
	}
	o->err = ZT_OK;
	o->is_open = d->state == DEVICE_OPEN;
	if (o->is_open)
		return;
	if (d->state != DEVICE_LOCKED) {
		o->err = ZT_ERR_LOCKED;
		return;
	}
	d->state = DEVICE_OPENING;
	(void)snprintf(o->home, sizeof o->home, "%s", d->home);
	host_changed(o->a);
}

/* The person typed the password of D, which is open, just now. */
static void
confirm(struct device *d)
{
	atomic_store(&d->confirmed_until_ms, agent_now_ms() + HOST_CONFIRMED_MS);
}

static void
end_opening(void *ctx)
{
	struct opening *o = ctx;
	struct device *d = device_find(o->a, o->key);
	bool locks = d->locks_next;

	d->state = DEVICE_LOCKED;
	d->locks_next = false;
	if (o->z != NULL) {
		bool is_new = strcmp(d->organization, o->id.slug) != 0 ||
			      strcmp(d->server, o->id.server) != 0 ||
			      strcmp(d->email, o->id.email) != 0;

		(void)snprintf(d->organization, sizeof d->organization, "%s", o->id.slug);
		(void)snprintf(d->server, sizeof d->server, "%s", o->id.server);
		(void)snprintf(d->email, sizeof d->email, "%s", o->id.email);
		if (is_new)
			(void)settings_write(
			    o->a); /* else its folder names it while it is locked */
		device_opened(d, o->z);
		if (o->is_typed)
			confirm(d);
		if (o->a->is_ending || locks)
			device_shut(d);
	}
	host_changed(o->a);
}

static struct zt_options
options_of(const struct lane *l, const char *home, const char *password)
{
	return (struct zt_options){ .home = home,
		.password = password,
		.ca_file = l->a->ca_file,
		.in_clear = l->a->in_clear,
		.cancel = &l->now->cancel,
		.translate = l10n };
}

/* What opens HOME: the password; none where its key is held. */
static const char *
password_of(const char *home, const char *typed)
{
	return typed[0] == 0 && zt_is_unlocked(home) ? NULL : typed;
}

static enum zt_err
open_device(struct lane *l, struct call *c, const char *key, const char *password)
{
	struct opening o = { .a = l->a, .key = key };
	char message[MESSAGE] = "";
	struct zt_options how;
	enum zt_err err;

	agent_do(l->a, begin_opening, &o);
	if (o.err || o.is_open)
		return o.err;
	how = options_of(l, o.home, password_of(o.home, password));
	o.is_typed = how.password != NULL;
	err = zt_open(&how, &o.z, message);
	if (err == ZT_OK) {
		zt_whoami(o.z, &o.id);
		zt_use_cancel(o.z, NULL);
	}
	agent_do(l->a, end_opening, &o);
	return err == ZT_OK ? ZT_OK : call_quote(c, err, message);
}

static enum zt_err
do_unlock(struct lane *l, struct call *c)
{
	return open_device(l, c, call_text(c, "key"), call_text(c, "password"));
}

/* ---- locking ---- */

struct locking {
	struct agent *a;
	const char *key; /* NULL: all */
	bool locks;
	enum zt_err err;
};

static void
begin_locking(void *ctx)
{
	struct locking *k = ctx;
	struct device *d = k->key != NULL ? device_find(k->a, k->key) : NULL;

	if (k->key == NULL)
		device_shut_all(k->a);
	else if (d == NULL)
		k->err = ZT_ERR_NOT_FOUND;
	else
		device_shut(d);
}

static void
look_at_locking(void *ctx)
{
	struct locking *k = ctx;

	k->locks = device_locks(k->a);
}

static enum zt_err
do_lock(struct lane *l, struct call *c)
{
	const struct timespec turn = { .tv_nsec = 10000000 };
	struct locking k = { .a = l->a, .key = call_text(c, "key") };

	agent_do(l->a, begin_locking, &k);
	for (k.locks = k.err == ZT_OK; k.locks && !zt_cancel_is_set(&l->now->cancel);) {
		agent_do(l->a, look_at_locking, &k);
		if (k.locks)
			(void)nanosleep(&turn, NULL);
	}
	return k.err != ZT_OK ? k.err : k.locks ? ZT_ERR_INTERRUPTED : ZT_OK;
}

/* ---- passwords ---- */

struct looking {
	struct agent *a;
	const char *key;
	char home[PATH_MAX];
	uint64_t until_ms;
	bool is_there;
};

static void
look_for_home(void *ctx)
{
	struct looking *k = ctx;
	const struct device *d = device_find(k->a, k->key);

	k->is_there = d != NULL;
	if (d != NULL)
		(void)snprintf(k->home, sizeof k->home, "%s", d->home);
}

static void
set_confirmed(void *ctx)
{
	struct looking *k = ctx;
	struct device *d = device_find(k->a, k->key);

	if (d != NULL && d->state == DEVICE_OPEN)
		confirm(d);
}

static enum zt_err
do_confirm(struct lane *l, struct call *c)
{
	struct looking k = { .a = l->a, .key = call_text(c, "key") };
	char message[MESSAGE] = "";
	struct timespec now;
	struct zt_options o;
	enum zt_err err;

	agent_do(l->a, look_for_home, &k);
	if (!k.is_there)
		return ZT_ERR_NOT_FOUND;
	o = options_of(l, k.home, call_text(c, "password"));
	if ((err = zt_check_password(&o, message)))
		return call_quote(c, err, message);
	agent_do(l->a, set_confirmed, &k);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return call_answer(c, ZT_OK,
	    json_pack("{s:o}", "until",
		encode_number((uint64_t)now.tv_sec * 1000 + HOST_CONFIRMED_MS)));
}

static enum zt_err
do_password(struct lane *l, struct call *c)
{
	struct looking k = { .a = l->a, .key = call_text(c, "key") };
	char message[MESSAGE] = "";
	struct zt_options o;
	enum zt_err err;

	agent_do(l->a, look_for_home, &k);
	if (!k.is_there)
		return ZT_ERR_NOT_FOUND;
	/* The person types it, also where the key is held: a page must not become who they are.
	 */
	o = options_of(l, k.home, call_text(c, "old"));
	if ((err = zt_check_password(&o, message)) == ZT_OK)
		err = zt_change_password(&o, call_text(c, "new"), message);
	return err == ZT_OK ? ZT_OK : call_quote(c, err, message);
}

/* ---- passkeys ---- */

/* A passkey is of a page's domain: the agent's pages have another one each time, and every
 * program of this machine can serve one of localhost. */
static enum zt_err
do_passkeys(struct lane *l, struct call *c)
{
	(void)l;
	return call_answer(c, ZT_OK, json_pack("{s:[]}", "passkeys"));
}

static enum zt_err
do_no_passkey(struct lane *l, struct call *c)
{
	(void)l;
	return call_refuse(c, ZT_ERR_UNAVAILABLE,
	    "passkeys open devices of a browser, and not of an agent", "");
}

/* ---- new devices ---- */

struct making {
	struct agent *a;
	char key[RPC_KEY_MAX], home[PATH_MAX];
	enum zt_err err;
};

static void
make_folder(void *ctx)
{
	struct making *m = ctx;

	m->err = device_folder(m->a, m->key, m->home);
}

static void
name_folder(struct making *m, const char *organization, const char *mark)
{
	new_device_folder(m->a->is_usual ? "zt-" : "", organization, mark, m->key);
}

static enum zt_err
make_home(struct lane *l, struct call *c, struct making *m)
{
	enum zt_err err = new_device_password(c, "password");

	if (err)
		return err;
	m->a = l->a;
	agent_do(l->a, make_folder, m);
	return m->err;
}

/* The device of M was made, unless ERR with MESSAGE: opens it, and answers with its key. A
 * folder in which nothing has begun is removed. */
static enum zt_err
finish_making(struct lane *l, struct call *c, const struct making *m, enum zt_err err,
    const char *message, const char *warning)
{
	json_t *answer;

	if (err) {
		(void)rmdir(m->home);
		return call_quote(c, err, message);
	}
	if ((err = open_device(l, c, m->key, call_text(c, "password"))))
		return err;
	answer = json_pack("{s:s}", "key", m->key);
	if (warning != NULL)
		answer = encode_with(answer, "warning", encode_text(warning));
	return call_answer(c, ZT_OK, answer);
}

static enum zt_err
do_create(struct lane *l, struct call *c)
{
	struct zt_bootstrap b = new_device_bootstrap(c);
	struct making m = { .a = l->a };
	char message[MESSAGE] = "";
	struct zt_options o;
	enum zt_err err;

	name_folder(&m, b.slug, NULL);
	if ((err = make_home(l, c, &m)))
		return err;
	o = options_of(l, m.home, call_text(c, "password"));
	err = zt_bootstrap(&o, &b, message);
	return finish_making(l, c, &m, err, message, NULL);
}

static enum zt_err
do_claim(struct lane *l, struct call *c)
{
	struct zt_claim k = new_device_claim(c);
	struct making m = { .a = l->a };
	char message[MESSAGE] = "";
	struct zt_codes codes;
	struct zt_options o;
	enum zt_err err;

	name_folder(&m, k.email, k.link);
	if ((err = make_home(l, c, &m)))
		return err;
	o = options_of(l, m.home, call_text(c, "password"));
	rpc_codes(c, &codes);
	err = rpc_asked(c, zt_claim(&o, &k, &codes, message));
	return finish_making(l, c, &m, err, message, message);
}

static enum zt_err
do_recover(struct lane *l, struct call *c)
{
	struct zt_codes codes;
	struct zt_recovery r;
	struct making m = { .a = l->a };
	char message[MESSAGE] = "";
	const char **links;
	struct zt_options o;
	enum zt_err err;

	if ((err = new_device_recovery(c, &codes, &links, &r)) == ZT_OK) {
		name_folder(&m, r.email != NULL ? r.email : "device",
		    r.words != NULL ? r.words : links[0]);
		err = make_home(l, c, &m);
	}
	if (err == ZT_OK) {
		o = options_of(l, m.home, call_text(c, "password"));
		err = rpc_asked(c, zt_recover(&o, &r, message));
		err = finish_making(l, c, &m, err, message, NULL);
	}
	free(links);
	return err;
}

/* ---- the table ---- */

static const struct {
	const char *method;
	bool waits;
	enum zt_err (*run)(struct lane *l, struct call *c);
} table[] = {
	{ "host.state", false, do_state },
	{ "host.settings", false, do_settings },
	{ "host.ticket", false, do_ticket },
	{ "host.stop", false, do_stop },
	{ "host.stream", false, do_stream },
	{ "host.unlock", true, do_unlock },
	{ "host.lock", true, do_lock },
	{ "host.confirm", true, do_confirm },
	{ "host.password", true, do_password },
	{ "host.passkeys", false, do_passkeys },
	{ "host.addPasskey", false, do_no_passkey },
	{ "host.removePasskey", false, do_no_passkey },
	{ "host.unlockByPasskey", false, do_no_passkey },
	{ "host.confirmByPasskey", false, do_no_passkey },
	{ "host.create", true, do_create },
	{ "host.claim", true, do_claim },
	{ "host.recover", true, do_recover },
};

bool
host_waits(const struct rpc_row *row)
{
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (strcmp(table[i].method, row->method) == 0)
			return table[i].waits;
	return false;
}

void
host_take(struct agent *a, struct request *r)
{
	struct lane *l =
	    a->jobs < HOST_JOBS && !a->is_ending ? lane_begin(a, NULL, LANE_ONCE) : NULL;

	if (l == NULL) {
		connection_answer(r, request_refusal(r, ZT_ERR_RATE));
		return;
	}
	a->jobs++;
	lane_give(l, r);
}

enum zt_err
host_method(void *ctx, const struct rpc_row *row, struct call *c)
{
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (strcmp(table[i].method, row->method) == 0)
			return table[i].run(ctx, c);
	return call_refuse(c, ZT_ERR_INVALID, "there is no method %s", row->method);
}
