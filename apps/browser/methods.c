/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* methods.c - the host's own methods: the HOST rows of rpc/methods.def. */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "browser/methods.h"
#include "encode/encode.h"
#include "hosts/new_device.h"
#include "rpc/call.h"
#include "rpc/person.h"
#include "zt/enrol.h"
#include "zt/org.h"
#include "zt/protect.h"
#include "zt/recover.h"

enum { MESSAGE = 256, LOCK_AFTER_MAX = 7 * 24 * 60, LOCK_AFTER = 15 };
#define SETTINGS "/settings"

/* ---- what is there ---- */

static const char *
state_of(const struct device *d)
{
	if (d->z != NULL)
		return "open";
	return zt_is_joining(d->home) ? "joining" : "locked";
}

static json_t *
encode_host_device(const struct device *d)
{
	const struct {
		const char *name, *text;
	} members[] = {
		{ "organization", d->organization },
		{ "server", d->server },
		{ "email", d->email },
		{ "label", d->label },
	};
	json_t *o = json_pack("{s:o,s:s,s:s}", "key", encode_text(d->key), "state", state_of(d),
	    "by", "password");

	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		if (members[i].text[0] != 0)
			o = encode_with(o, members[i].name, encode_text(members[i].text));
	if (d->z == NULL || d->lock_after == 0)
		return o;
	return encode_with(o, "locksAt",
	    encode_number(host_now_ms() - (host_now_steady_ms() - d->used_ms) +
			  (uint64_t)d->lock_after * 60000));
}

static json_t *
encode_devices(const struct host *h)
{
	json_t *all = json_array();

	for (const struct device *d = h->devices; d != NULL; d = d->next)
		if (json_array_append_new(all, encode_host_device(d)) != 0) {
			json_decref(all);
			return NULL;
		}
	return all;
}

void
host_changed(struct host *h)
{
	json_t *event = json_pack("{s:s,s:n,s:{s:o}}", "event", "host", "request", "data",
	    "devices", encode_devices(h));
	size_t n = 0;
	char *text = event != NULL ? encode_json(event, &n) : NULL;

	if (text != NULL)
		worker_send(0, text, n, NULL, 0);
	free(text);
	json_decref(event);
}

static enum zt_err
do_state(struct host *h, struct call *c)
{
	host_scan(h);
	/* Its run is one: another tab's host in its place is of this origin, as the page is. */
	return call_answer(c, ZT_OK,
	    json_pack("{s:s,s:s,s:s,s:o}", "host", "browser", "version", zt_version(), "run",
		"browser", "devices", encode_devices(h)));
}

/* ---- settings: a file with the number ---- */

enum { SETTINGS_MAX = 16 * 1024 };

/* The file has {KEY:MINUTES} of each device that has another time than the usual. jansson here
 * reads and writes no files. */
unsigned
host_lock_after(const char *key)
{
	char *text = malloc(SETTINGS_MAX);
	int fd = open(SETTINGS, O_RDONLY);
	ssize_t n = text != NULL && fd >= 0 ? read(fd, text, SETTINGS_MAX) : -1;
	json_t *all = n > 0 ? json_loadb(text, (size_t)n, JSON_REJECT_DUPLICATES, NULL) : NULL;
	const json_t *after = json_object_get(all, key);
	unsigned minutes = LOCK_AFTER;

	if (json_is_integer(after) && json_integer_value(after) >= 0 &&
	    json_integer_value(after) <= LOCK_AFTER_MAX)
		minutes = (unsigned)json_integer_value(after);
	json_decref(all);
	if (fd >= 0)
		(void)close(fd);
	free(text);
	return minutes;
}

static bool
write_file(const char *text, size_t n)
{
	int fd = open(SETTINGS ".new", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	bool is_written = fd >= 0 && write(fd, text, n) == (ssize_t)n && fsync(fd) == 0;

	if (fd >= 0)
		(void)close(fd);
	return is_written && rename(SETTINGS ".new", SETTINGS) == 0;
}

static bool
settings_write(const struct host *h)
{
	char *text = malloc(SETTINGS_MAX);
	json_t *all = json_object();
	bool is_written = text != NULL && all != NULL;
	size_t n;

	for (const struct device *d = h->devices; is_written && d != NULL; d = d->next)
		if (d->lock_after != LOCK_AFTER)
			is_written = json_object_set_new(
					 all, d->key, json_integer((int)d->lock_after)) == 0;
	if (is_written) {
		n = json_dumpb(all, text, SETTINGS_MAX, JSON_COMPACT);
		is_written = n > 0 && n <= SETTINGS_MAX && write_file(text, n);
	}
	json_decref(all);
	free(text);
	return is_written;
}

/* Whether AFTER minutes keep devices open for longer than BEFORE do; 0: without an end. */
static bool
is_longer(uint64_t after, uint64_t before)
{
	return before != 0 && (after == 0 || after > before);
}

static enum zt_err
do_settings(struct host *h, struct call *c)
{
	struct device *d = host_find(h, call_text(c, "key"));
	uint64_t after;

	if (d == NULL)
		return ZT_ERR_NOT_FOUND;
	if ((after = call_number(c, "lockAfter", d->lock_after)) > LOCK_AFTER_MAX)
		return call_refuse_number(
		    c, ZT_ERR_INVALID, "it is more than %s minutes", LOCK_AFTER_MAX);
	if (is_longer(after, d->lock_after) &&
	    (d->z == NULL || d->confirmed_until_ms <= host_now_steady_ms()))
		return call_refuse(c, ZT_ERR_CONFIRM, zt_err_text(ZT_ERR_CONFIRM), "");
	if (after != d->lock_after) {
		d->lock_after = (unsigned)after;
		if (!settings_write(h))
			return ZT_ERR_IO;
		host_changed(h);
	}
	return call_answer(c, ZT_OK, json_pack("{s:o}", "lockAfter", encode_number(after)));
}

/* ---- unlocking, locking, passwords ---- */

enum zt_err
host_act_on(struct host *h, struct call *c, const char *password, struct host_act *out)
{
	*out = (struct host_act){ .d = host_find(h, call_text(c, "key")) };
	if (out->d == NULL)
		return ZT_ERR_NOT_FOUND;
	out->o =
	    host_options(h, out->d->home, password != NULL ? call_text(c, password) : NULL);
	return ZT_OK;
}

static enum zt_err
open_device(struct host *h, struct call *c, const char *key, const char *password)
{
	struct device *d = host_find(h, key);
	char message[MESSAGE] = "";
	enum zt_err err;

	if (d == NULL)
		return ZT_ERR_NOT_FOUND;
	err = host_open_device(h, d, &(struct host_opener){ .password = password }, message);
	return err == ZT_OK ? ZT_OK : call_quote(c, err, message);
}

static enum zt_err
do_unlock(struct host *h, struct call *c)
{
	return open_device(h, c, call_text(c, "key"), call_text(c, "password"));
}

static enum zt_err
do_lock(struct host *h, struct call *c)
{
	const char *key = call_text(c, "key");
	struct device *d;

	if (key == NULL) {
		for (d = h->devices; d != NULL; d = d->next)
			host_lock_device(h, d);
		return ZT_OK;
	}
	if ((d = host_find(h, key)) == NULL)
		return ZT_ERR_NOT_FOUND;
	host_lock_device(h, d);
	return ZT_OK;
}

enum zt_err
host_confirmed(struct call *c, struct device *d)
{
	if (d->z != NULL)
		d->confirmed_until_ms = host_now_steady_ms() + HOST_CONFIRMED_MS;
	return call_answer(c, ZT_OK,
	    json_pack("{s:o}", "until", encode_number(host_now_ms() + HOST_CONFIRMED_MS)));
}

static enum zt_err
do_confirm(struct host *h, struct call *c)
{
	struct host_act a;
	enum zt_err err = host_act_on(h, c, "password", &a);

	if (err)
		return err;
	err = zt_check_password(&a.o, a.message);
	return err != ZT_OK ? call_quote(c, err, a.message) : host_confirmed(c, a.d);
}

static enum zt_err
do_password(struct host *h, struct call *c)
{
	struct host_act a;
	enum zt_err err = host_act_on(h, c, "old", &a);

	if (err)
		return err;
	err = zt_change_password(&a.o, call_text(c, "new"), a.message);
	return err == ZT_OK ? ZT_OK : call_quote(c, err, a.message);
}

/* It has no HTTP: a page reads and writes by messages. */
static enum zt_err
do_stream(struct host *h, struct call *c)
{
	(void)h;
	return call_answer(c, ZT_OK, json_object());
}

/* What only an agent has. */
static enum zt_err
do_nothing(struct host *h, struct call *c)
{
	(void)h;
	(void)c;
	return ZT_ERR_FORBIDDEN;
}

/* ---- new devices ---- */

struct making {
	char key[RPC_KEY_MAX], home[HOST_HOME_MAX];
};

static enum zt_err
name_folder(struct call *c, struct making *m, const char *organization, const char *mark)
{
	enum zt_err err = new_device_password(c, "password");

	if (err)
		return err;
	new_device_folder("", organization, mark, m->key);
	return host_folder(m->key, m->home);
}

/* The device of M was made: opens it, and answers with its key. */
static enum zt_err
finish_making(struct host *h, struct call *c, const struct making *m, const char *warning)
{
	enum zt_err err = open_device(h, c, m->key, call_text(c, "password"));
	json_t *answer;

	if (err)
		return err;
	answer = json_pack("{s:s}", "key", m->key);
	if (warning != NULL)
		answer = encode_with(answer, "warning", encode_text(warning));
	return call_answer(c, ZT_OK, answer);
}

static enum zt_err
do_create(struct host *h, struct call *c)
{
	struct zt_bootstrap b = new_device_bootstrap(c);
	char message[MESSAGE] = "";
	struct making m;
	struct zt_options o;
	enum zt_err err;

	if ((err = name_folder(c, &m, b.slug, NULL)))
		return err;
	o = host_options(h, m.home, call_text(c, "password"));
	if ((err = zt_bootstrap(&o, &b, message)))
		return call_quote(c, err, message);
	return finish_making(h, c, &m, NULL);
}

static enum zt_err
do_claim(struct host *h, struct call *c)
{
	struct zt_claim k = new_device_claim(c);
	char message[MESSAGE] = "";
	struct zt_codes codes;
	struct making m;
	struct zt_options o;
	enum zt_err err;

	if ((err = name_folder(c, &m, k.email, k.link)))
		return err;
	o = host_options(h, m.home, call_text(c, "password"));
	rpc_codes(c, &codes);
	err = rpc_asked(c, zt_claim(&o, &k, &codes, message));
	return err != ZT_OK ? call_quote(c, err, message) : finish_making(h, c, &m, message);
}

static enum zt_err
recover(struct host *h, struct call *c, struct zt_recovery *r)
{
	char message[MESSAGE] = "";
	struct making m;
	struct zt_options o;
	enum zt_err err;

	err = name_folder(
	    c, &m, r->email != NULL ? r->email : "", r->words != NULL ? r->words : r->links[0]);
	if (err)
		return err;
	o = host_options(h, m.home, call_text(c, "password"));
	err = rpc_asked(c, zt_recover(&o, r, message));
	return err != ZT_OK ? call_quote(c, err, message) : finish_making(h, c, &m, NULL);
}

static enum zt_err
do_recover(struct host *h, struct call *c)
{
	struct zt_codes codes;
	struct zt_recovery r;
	const char **links;
	enum zt_err err = new_device_recovery(c, &codes, &links, &r);

	if (err == ZT_OK)
		err = recover(h, c, &r);
	free(links);
	return err;
}

/* ---- the table ---- */

enum zt_err
host_method(void *ctx, const struct rpc_row *row, struct call *c)
{
	static const struct {
		const char *method;
		enum zt_err (*run)(struct host *h, struct call *c);
	} table[] = {
		{ "host.state", do_state },
		{ "host.settings", do_settings },
		{ "host.ticket", do_nothing },
		{ "host.stop", do_nothing },
		{ "host.stream", do_stream },
		{ "host.unlock", do_unlock },
		{ "host.lock", do_lock },
		{ "host.confirm", do_confirm },
		{ "host.password", do_password },
		{ "host.passkeys", host_passkeys },
		{ "host.addPasskey", host_add_passkey },
		{ "host.removePasskey", host_remove_passkey },
		{ "host.unlockByPasskey", host_unlock_by_passkey },
		{ "host.confirmByPasskey", host_confirm_by_passkey },
		{ "host.create", do_create },
		{ "host.claim", do_claim },
		{ "host.recover", do_recover },
	};
	struct lane *l = ctx;

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (strcmp(table[i].method, row->method) == 0)
			return table[i].run(l->h, c);
	return call_refuse(c, ZT_ERR_INVALID, "there is no method %s", row->method);
}
