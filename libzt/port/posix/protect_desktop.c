/* SPDX-License-Identifier: Apache-2.0 */
#include "port/protect_desktop.h"

#include <dlfcn.h>
#include <errno.h>
#include <libsecret/secret.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "crypto/suite.h"

enum { TEXT = 2 * SECRET_BYTES + 1 };

static const SecretSchema schema = { .name = "org.zt.Device",
	.flags = SECRET_SCHEMA_NONE,
	.attributes = { { "item", SECRET_SCHEMA_ATTRIBUTE_STRING } } };

/* What is called of libsecret, with its own prototypes. */
struct service {
	void *opened;
	__typeof__(secret_password_store_sync) *store;
	__typeof__(secret_password_lookup_nonpageable_sync) *lookup;
	__typeof__(secret_password_clear_sync) *clear;
	__typeof__(secret_password_free) *release;
	__typeof__(g_error_free) *error_free;
};

enum what { HOLD, LOOK_UP, FORGET };

/* libsecret calls block without a timeout, even on a prompt that nobody answers, so each runs
 * on a detached thread. The caller gives up at its deadline; the thread then frees the
 * question, and the prompt ends with this process. */
struct question {
	struct service service;
	enum what what;
	char item[ID_TEXT];
	struct secret *key; /* to hold, or that was found */
	enum zt_err err;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool is_over, is_left;
};

/* Fills FUNCTION, a pointer to a function, which POSIX lets a symbol's address become. */
static bool
find(void *library, const char *name, void *function)
{
	void *symbol = dlsym(library, name);

	memcpy(function, &symbol, sizeof symbol);
	return symbol != NULL;
}

/* It stays loaded: GLib keeps a thread. */
static enum zt_err
load(struct service *s)
{
	*s = (struct service){ .opened = dlopen("libsecret-1.so.0", RTLD_NOW | RTLD_LOCAL) };
	return s->opened != NULL && find(s->opened, "secret_password_store_sync", &s->store) &&
		       find(s->opened, "secret_password_lookup_nonpageable_sync", &s->lookup) &&
		       find(s->opened, "secret_password_clear_sync", &s->clear) &&
		       find(s->opened, "secret_password_free", &s->release) &&
		       find(s->opened, "g_error_free", &s->error_free)
		   ? ZT_OK
		   : ZT_ERR_UNAVAILABLE;
}

/* ERROR, if there is one, is that of the call before. */
static enum zt_err
end(const struct service *s, GError *error)
{
	if (error == NULL)
		return ZT_OK;
	s->error_free(error);
	return ZT_ERR_UNAVAILABLE;
}

/* ---- on the question's thread ---- */

static enum zt_err
hold(struct question *q)
{
	char text[TEXT];
	GError *error = NULL;

	hex_print(secret_bytes(q->key).p, SECRET_BYTES, text);
	(void)q->service.store(&schema, SECRET_COLLECTION_DEFAULT, "zt", text, NULL, &error,
	    "item", q->item, (char *)NULL);
	wipe(text, sizeof text);
	return end(&q->service, error);
}

static enum zt_err
look_up(struct question *q)
{
	uint8_t key[SECRET_BYTES];
	GError *error = NULL;
	char *text = q->service.lookup(&schema, NULL, &error, "item", q->item, (char *)NULL);
	enum zt_err err = end(&q->service, error);

	if (err == ZT_OK && text == NULL)
		err = ZT_ERR_NOT_FOUND;
	if (err == ZT_OK && hex_parse(text, strlen(text), key, sizeof key))
		err = ZT_ERR_CORRUPT;
	if (err == ZT_OK)
		err = secret_from(bytes_of(key, sizeof key), &q->key);
	wipe(key, sizeof key);
	if (text != NULL)
		q->service.release(text); /* wiped by it */
	return err;
}

static enum zt_err
forget(struct question *q)
{
	GError *error = NULL;

	(void)q->service.clear(&schema, NULL, &error, "item", q->item, (char *)NULL);
	return end(&q->service, error);
}

static void
question_free(struct question *q)
{
	if (q == NULL)
		return;
	secret_free(q->key);
	(void)pthread_mutex_destroy(&q->lock);
	(void)pthread_cond_destroy(&q->ended);
	free(q);
}

static void *
put_question(void *arg)
{
	struct question *q = arg;
	bool is_left;

	q->err = q->what == HOLD ? hold(q) : q->what == LOOK_UP ? look_up(q) : forget(q);
	(void)pthread_mutex_lock(&q->lock);
	q->is_over = true;
	is_left = q->is_left;
	(void)pthread_cond_signal(&q->ended);
	(void)pthread_mutex_unlock(&q->lock);
	if (is_left)
		question_free(q);
	return NULL;
}

/* ---- on the caller's ---- */

/* KEY: to hold, of which the question keeps a copy; or NULL. */
static enum zt_err
question_new(
    enum what what, const struct id *item, const struct secret *key, struct question **out)
{
	struct question *q = calloc(1, sizeof *q);
	pthread_condattr_t monotonic;
	enum zt_err err;

	if (q == NULL)
		return ZT_ERR_MEMORY;
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&q->lock, NULL);
	(void)pthread_cond_init(&q->ended, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	q->what = what;
	id_print(item, q->item);
	if ((err = load(&q->service)) == ZT_OK && key != NULL)
		err = secret_from(secret_bytes(key), &q->key);
	if (err) {
		question_free(q);
		return err;
	}
	*out = q;
	return ZT_OK;
}

/* Signals are the caller's: the thread takes none. */
static enum zt_err
start(struct question *q)
{
	sigset_t all, was;
	pthread_t thread;
	int rv;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &was);
	rv = pthread_create(&thread, NULL, put_question, q);
	(void)pthread_sigmask(SIG_SETMASK, &was, NULL);
	if (rv != 0)
		return ZT_ERR_MEMORY;
	(void)pthread_detach(thread);
	return ZT_OK;
}

/* Waits for Q's end, at most SECONDS; OUT, if any, gets its key. Takes Q. */
static enum zt_err
await(struct question *q, unsigned seconds, struct secret **out)
{
	struct timespec until;
	enum zt_err err = start(q);
	bool is_over;
	int rv = 0;

	if (err) {
		question_free(q);
		return err;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)seconds;
	(void)pthread_mutex_lock(&q->lock);
	while (!q->is_over && rv != ETIMEDOUT)
		rv = pthread_cond_timedwait(&q->ended, &q->lock, &until);
	is_over = q->is_over;
	q->is_left = !is_over;
	(void)pthread_mutex_unlock(&q->lock);
	if (!is_over)
		return ZT_ERR_TIMEOUT;
	err = q->err;
	if (err == ZT_OK && out != NULL) {
		*out = q->key;
		q->key = NULL;
	}
	question_free(q);
	return err;
}

static enum zt_err
ask(enum what what, const struct id *item, const struct secret *key, unsigned seconds,
    struct secret **out)
{
	struct question *q = NULL;
	enum zt_err err = question_new(what, item, key, &q);

	return err ? err : await(q, seconds, out);
}

enum zt_err
protect_desktop_new(const struct id *item, unsigned seconds, struct secret **out)
{
	struct secret *key = NULL, *again = NULL;
	enum zt_err err;

	if ((err = secret_generate(&key)) || (err = ask(HOLD, item, key, seconds, NULL)))
		goto out;
	if ((err = ask(LOOK_UP, item, NULL, seconds, &again)) == ZT_OK &&
	    !ct_equal(secret_bytes(key), secret_bytes(again)))
		err = ZT_ERR_KEY;
	if (err) {
		protect_desktop_forget(item, seconds);
		goto out;
	}
	*out = key;
	key = NULL;
out:
	secret_free(key);
	secret_free(again);
	return err;
}

enum zt_err
protect_desktop_open(const struct id *item, unsigned seconds, struct secret **out)
{
	return ask(LOOK_UP, item, NULL, seconds, out);
}

void
protect_desktop_forget(const struct id *item, unsigned seconds)
{
	(void)!(int)ask(FORGET, item, NULL, seconds, NULL);
}
