/* SPDX-License-Identifier: Apache-2.0 */
#include "session/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/stop.h"
#include "base/utf8.h"
#include "crypto/suite.h"
#include "format/head_text.h"
#include "format/pb.h"
#include "port/clock.h"
#include "session/verbs.h"
#include "store/device_file.h"
#include "zt/cancel.h"

bool
client_goes_on(struct zt *z, struct client_failure *f, enum zt_err err)
{
	if (err && f->err == ZT_OK) {
		f->err = err;
		memcpy(f->why, z->why, sizeof f->why);
	}
	z->why[0] = 0;
	return err != ZT_ERR_INTERRUPTED && err != ZT_ERR_NETWORK &&
	       err != ZT_ERR_UNAVAILABLE && err != ZT_ERR_TIMEOUT && err != ZT_ERR_DATABASE &&
	       err != ZT_ERR_RATE;
}

enum zt_err
client_failed(struct zt *z, const struct client_failure *f)
{
	memcpy(z->why, f->why, sizeof z->why);
	return f->err;
}

const char *
client_words(const struct zt *z, const char *text)
{
	return z->translate != NULL ? z->translate(text) : text;
}

uint64_t
client_now_ms(void)
{
	return port_wall_ms();
}

enum zt_err
client_call(struct zt *z, enum route r, const struct route_params *p, const char *query,
    struct bytes body, struct buf *answer)
{
	char detail[200];
	enum zt_err err = calls_run(z->calls, r, p, query, body, answer, detail);

	if (err == ZT_ERR_INTERRUPTED)
		return client_interrupted(z);
	return err ? client_refuse(z, err, "%s", detail) : ZT_OK;
}

void
client_working(const struct zt *z, enum zt_work what, uint64_t done, uint64_t total)
{
	if (z->working != NULL)
		z->working(z->working_ctx, what, done, total);
}

enum zt_err
client_connect(struct zt *z)
{
	struct calls_options o = { .server = z->server,
		.ca_file = z->ca_file,
		.in_clear = z->in_clear,
		.translate = z->translate,
		.org = z->org,
		.device = z->device,
		.key = z->sign,
		.stop = z->stop };

	return calls_new(&o, &z->calls);
}

const int *
client_stop(const struct zt_options *o)
{
	return o->cancel != NULL ? &o->cancel->is_set : NULL;
}

enum zt_err
client_interrupted(struct zt *z)
{
	return client_refuse(
	    z, ZT_ERR_INTERRUPTED, "what was sent or written whole by then stays");
}

enum zt_err
client_may_go_on(struct zt *z)
{
	return stop_is_set(z->stop) ? client_interrupted(z) : ZT_OK;
}

void
zt_cancel(struct zt_cancel *c)
{
	__atomic_store_n(&c->is_set, 1, __ATOMIC_RELEASE);
}

bool
zt_cancel_is_set(const struct zt_cancel *c)
{
	return stop_is_set(&c->is_set);
}

void
zt_use_cancel(struct zt *z, const struct zt_cancel *c)
{
	z->stop = c != NULL ? &c->is_set : NULL;
	calls_heed(z->calls, z->stop);
}

void
client_take_options(struct zt *z, const struct zt_options *o)
{
	z->in_clear = o->in_clear;
	z->overwrites = o->overwrite;
	z->keeps_both = o->keep_both;
	z->stop = client_stop(o);
	z->rereads = o->checksum;
	z->translate = o->translate;
	z->working = o->working;
	z->working_ctx = o->working_ctx;
	z->damaged = o->damaged;
	z->damaged_ctx = o->damaged_ctx;
}

void
zt_close(struct zt *z)
{
	if (z == NULL)
		return;
	if (z->care != NULL)
		idmap_free(&z->spaces, z->care->release);
	org_state_free(z->state);
	calls_free(z->calls);
	store_close(z->store);
	idmap_free(&z->named, NULL);
	sign_free(z->sign);
	secret_free(z->seal);
	secret_free(z->local);
	for (size_t i = 0; i < z->user_key_count; i++)
		secret_free(z->user_keys[i].key);
	free(z->user_keys);
	free(z->noted);
	free(z->home);
	free(z->server);
	free(z->slug);
	free(z->email);
	free(z->ca_file);
	free(z);
}

const char *
zt_why(const struct zt *z)
{
	return z->why[0] == 0 && z->store != NULL ? store_why(z->store) : z->why;
}

enum zt_err
session_check_store(struct zt *z, uint64_t *records)
{
	return store_verify(z->store, records);
}
