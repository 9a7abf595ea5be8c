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
session_goes_on(struct zt *z, struct session_failure *f, enum zt_err err)
{
	if (err && f->err == ZT_OK) {
		f->err = err;
		memcpy(f->message, z->message, sizeof f->message);
	}
	z->message[0] = 0;
	return err != ZT_ERR_INTERRUPTED && err != ZT_ERR_NETWORK &&
	       err != ZT_ERR_UNAVAILABLE && err != ZT_ERR_TIMEOUT && err != ZT_ERR_DATABASE &&
	       err != ZT_ERR_RATE;
}

enum zt_err
session_failed(struct zt *z, const struct session_failure *f)
{
	memcpy(z->message, f->message, sizeof z->message);
	return f->err;
}

const char *
session_translate(const struct zt *z, const char *text)
{
	return z->translate != NULL ? z->translate(text) : text;
}

uint64_t
session_now_ms(void)
{
	return port_wall_ms();
}

enum zt_err
session_call(struct zt *z, enum route r, const struct route_params *p, const char *query,
    struct bytes body, struct buf *answer)
{
	char detail[200];
	enum zt_err err = calls_run(z->calls, r, p, query, body, answer, detail);

	if (err == ZT_ERR_INTERRUPTED)
		return session_interrupted(z);
	return err ? session_refuse(z, err, "%s", detail) : ZT_OK;
}

void
session_progress(const struct zt *z, enum zt_work what, uint64_t done, uint64_t total)
{
	if (z->progress != NULL)
		z->progress(z->progress_ctx, what, done, total);
}

enum zt_err
session_connect(struct zt *z)
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
session_stop(const struct zt_options *o)
{
	return o->cancel != NULL ? &o->cancel->is_set : NULL;
}

enum zt_err
session_interrupted(struct zt *z)
{
	return session_refuse(
	    z, ZT_ERR_INTERRUPTED, "what was sent or written whole by then stays");
}

enum zt_err
session_may_go_on(struct zt *z)
{
	return stop_is_set(z->stop) ? session_interrupted(z) : ZT_OK;
}

void
session_take_options(struct zt *z, const struct zt_options *o)
{
	z->in_clear = o->in_clear;
	z->overwrites = o->overwrite;
	z->keeps_both = o->keep_both;
	z->stop = session_stop(o);
	z->rereads = o->checksum || o->resend;
	z->resends = o->resend;
	z->translate = o->translate;
	z->progress = o->progress;
	z->progress_ctx = o->progress_ctx;
	z->damaged = o->damaged;
	z->damaged_ctx = o->damaged_ctx;
}

void
session_close(struct zt *z)
{
	if (z == NULL)
		return;
	if (z->care != NULL)
		idmap_free(&z->workspaces, z->care->release);
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
session_message(const struct zt *z)
{
	return z->message[0] == 0 && z->store != NULL ? store_message(z->store) : z->message;
}

enum zt_err
session_check_store(struct zt *z, uint64_t *records)
{
	return store_verify(z->store, records);
}
