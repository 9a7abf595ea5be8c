/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* desktop_test.c - a device's key at a desktop that is not well: a Secret Service of our own on
 * a bus of our own, which asks and gets no answer, gives none, or gives something else back.
 * That a good one works is shown with GNOME Keyring in tests/cli. */
#include "test.h"

#include <gio/gio.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crypto/suite.h"
#include "port/protect_desktop.h"

#define SECRETS "/org/freedesktop/secrets"
#define ITEM SECRETS "/collection/c/1"

/* For LeakSanitizer: what libsecret keeps of a question whose desktop went away is GLib's; ours
 * is looked for all the same. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libglib-2.0";
}

enum mood { LOCKED, SILENT, FORGERY, GARBAGE, NOT_THERE };

static const char interfaces[] =
    "<node>"
    "<interface name='org.freedesktop.Secret.Service'>"
    "<method name='OpenSession'><arg type='s'/><arg type='v'/>"
    "<arg type='v' direction='out'/><arg type='o' direction='out'/></method>"
    "<method name='SearchItems'><arg type='a{ss}'/>"
    "<arg type='ao' direction='out'/><arg type='ao' direction='out'/></method>"
    "<method name='Unlock'><arg type='ao'/>"
    "<arg type='ao' direction='out'/><arg type='o' direction='out'/></method>"
    "<method name='GetSecrets'><arg type='ao'/><arg type='o'/>"
    "<arg type='a{o(oayays)}' direction='out'/></method>"
    "<property name='Collections' type='ao' access='read'/></interface>"
    "<interface name='org.freedesktop.Secret.Collection'>"
    "<method name='CreateItem'><arg type='a{sv}'/><arg type='(oayays)'/><arg type='b'/>"
    "<arg type='o' direction='out'/><arg type='o' direction='out'/></method></interface>"
    "<interface name='org.freedesktop.Secret.Item'>"
    "<method name='Delete'><arg type='o' direction='out'/></method>"
    "<property name='Locked' type='b' access='read'/></interface>"
    "<interface name='org.freedesktop.Secret.Prompt'>"
    "<method name='Prompt'><arg type='s'/></method><method name='Dismiss'/></interface>"
    "</node>";

struct desktop {
	enum mood mood;
	pid_t bus;
	GThread *thread;
	GMainContext *context;
	GMainLoop *loop;
	char address[256];
	gint prompted, deleted;
	gint ready;
};

static struct desktop desk;

static GVariant *
secret_of(const char *text)
{
	GVariantBuilder all;

	g_variant_builder_init(&all, G_VARIANT_TYPE("a{o(oayays)}"));
	g_variant_builder_add(&all, "{o@(oayays)}", ITEM,
	    g_variant_new("(o@ay@ays)", SECRETS "/session/1",
		g_variant_new_from_data(G_VARIANT_TYPE("ay"), "", 0, TRUE, NULL, NULL),
		g_variant_new_from_data(
		    G_VARIANT_TYPE("ay"), text, strlen(text), TRUE, NULL, NULL),
		"text/plain"));
	return g_variant_new("(a{o(oayays)})", &all);
}

static GVariant *
found(void)
{
	const char *item[] = { ITEM, NULL }, *none[] = { NULL };
	bool is_there = desk.mood != NOT_THERE, is_locked = desk.mood == LOCKED;

	return g_variant_new("(^ao^ao)", is_there && !is_locked ? item : none,
	    is_there && is_locked ? item : none);
}

static GVariant *
reply_to(const char *method)
{
	const char *none[] = { NULL };

	if (strcmp(method, "SearchItems") == 0)
		return found();
	if (strcmp(method, "Unlock") == 0)
		return g_variant_new("(^aoo)", none, "/prompt");
	if (strcmp(method, "CreateItem") == 0)
		return desk.mood == LOCKED ? g_variant_new("(oo)", "/", "/prompt")
					   : g_variant_new("(oo)", ITEM, "/");
	if (strcmp(method, "GetSecrets") == 0)
		return secret_of(
		    desk.mood == GARBAGE
			? "not a key"
			: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	if (strcmp(method, "Prompt") == 0)
		g_atomic_int_inc(&desk.prompted); /* a window opens, and nobody is there */
	if (strcmp(method, "Delete") == 0) {
		g_atomic_int_inc(&desk.deleted);
		return g_variant_new("(o)", "/");
	}
	return NULL;
}

static void
called(GDBusConnection *c, const char *sender, const char *path, const char *interface,
    const char *method, GVariant *in, GDBusMethodInvocation *call, void *ctx)
{
	const char *algorithm = NULL;

	(void)c, (void)sender, (void)path, (void)interface, (void)ctx;
	if (desk.mood == SILENT)
		return;
	if (strcmp(method, "OpenSession") != 0) {
		g_dbus_method_invocation_return_value(call, reply_to(method));
		return;
	}
	g_variant_get_child(in, 0, "&s", &algorithm);
	if (strcmp(algorithm, "plain") == 0)
		g_dbus_method_invocation_return_value(call,
		    g_variant_new("(vo)", g_variant_new_string(""), SECRETS "/session/1"));
	else
		g_dbus_method_invocation_return_dbus_error(
		    call, "org.freedesktop.DBus.Error.NotSupported", "plain only");
}

static GVariant *
property(GDBusConnection *c, const char *sender, const char *path, const char *interface,
    const char *name, GError **error, void *ctx)
{
	const char *none[] = { NULL };

	(void)c, (void)sender, (void)path, (void)interface, (void)error, (void)ctx;
	return strcmp(name, "Locked") == 0 ? g_variant_new_boolean(desk.mood == LOCKED)
					   : g_variant_new_objv(none, 0);
}

static void *
serve(void *arg)
{
	static const struct {
		const char *path, *interface;
	} objects[] = {
		{ SECRETS, "org.freedesktop.Secret.Service" },
		{ SECRETS "/aliases/default", "org.freedesktop.Secret.Collection" },
		{ ITEM, "org.freedesktop.Secret.Item" },
		{ "/prompt", "org.freedesktop.Secret.Prompt" },
	};
	const GDBusInterfaceVTable calls = { called, property, NULL, { 0 } };
	GDBusNodeInfo *info = g_dbus_node_info_new_for_xml(interfaces, NULL);
	GDBusConnection *c;

	(void)arg;
	g_main_context_push_thread_default(desk.context);
	c = g_dbus_connection_new_for_address_sync(desk.address,
	    G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
		G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
	    NULL, NULL, NULL);
	for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++)
		(void)g_dbus_connection_register_object(c, objects[i].path,
		    g_dbus_node_info_lookup_interface(info, objects[i].interface), &calls, NULL,
		    NULL, NULL);
	g_variant_unref(g_dbus_connection_call_sync(c, "org.freedesktop.DBus",
	    "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
	    g_variant_new("(su)", "org.freedesktop.secrets", 0U), NULL, G_DBUS_CALL_FLAGS_NONE,
	    -1, NULL, NULL));
	g_atomic_int_set(&desk.ready, 1);
	g_main_loop_run(desk.loop);
	(void)g_dbus_connection_close_sync(c, NULL, NULL);
	g_object_unref(c);
	g_dbus_node_info_unref(info);
	g_main_context_pop_thread_default(desk.context);
	return NULL;
}

static void
pause_ms(long ms)
{
	(void)nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* A bus for this test alone, at which libsecret looks for its service. */
static int
begin(void **state)
{
	FILE *f = popen("dbus-daemon --session --fork --print-address=1 --print-pid=1", "re");
	int pid = 0;

	(void)state;
	assert_ok(suite_init());
	assert_non_null(f);
	assert_int_equal(2, fscanf(f, "%255s %d", desk.address, &pid));
	(void)pclose(f);
	desk.bus = pid;
	assert_int_equal(0, setenv("DBUS_SESSION_BUS_ADDRESS", desk.address, 1));
	desk.context = g_main_context_new();
	desk.loop = g_main_loop_new(desk.context, FALSE);
	desk.thread = g_thread_new("desktop", serve, NULL);
	for (int i = 0; i < 500 && !g_atomic_int_get(&desk.ready); i++)
		pause_ms(10);
	assert_true(g_atomic_int_get(&desk.ready));
	return 0;
}

static void
ignore(const char *domain, GLogLevelFlags level, const char *text, void *ctx)
{
	(void)domain, (void)level, (void)text, (void)ctx;
}

static int
finish(void **state)
{
	(void)state;
	/* libsecret complains of open questions when a desktop ends. */
	(void)g_log_set_default_handler(ignore, NULL);
	g_main_loop_quit(desk.loop);
	g_thread_join(desk.thread);
	g_main_loop_unref(desk.loop);
	g_main_context_unref(desk.context);
	return kill(desk.bus, SIGTERM);
}

static double
seconds_of(enum zt_err want, enum zt_err (*question)(void))
{
	struct timespec from, to;

	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	assert_err(want, question());
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

static enum zt_err
make(void)
{
	struct secret *key = NULL;
	enum zt_err err = protect_desktop_new(&(struct id){ { 1 } }, 1, &key);

	secret_free(key);
	return err;
}

static enum zt_err
open_it(void)
{
	struct secret *key = NULL;
	enum zt_err err = protect_desktop_open(&(struct id){ { 1 } }, 1, &key);

	secret_free(key);
	return err;
}

static enum zt_err
forget(void)
{
	protect_desktop_forget(&(struct id){ { 1 } }, 1);
	return ZT_OK;
}

static void
a_prompt_that_nobody_answers_is_left(void **state)
{
	double took;

	(void)state;
	desk.mood = LOCKED;
	took = seconds_of(ZT_ERR_TIMEOUT, open_it);
	assert_true(took >= 1 && took < 10);
	assert_true(g_atomic_int_get(&desk.prompted) > 0);
	assert_true(seconds_of(ZT_ERR_TIMEOUT, make) < 10);
}

static void
a_desktop_that_says_nothing_is_left(void **state)
{
	(void)state;
	desk.mood = SILENT;
	assert_true(seconds_of(ZT_ERR_TIMEOUT, open_it) < 10);
	assert_true(seconds_of(ZT_ERR_TIMEOUT, make) < 10);
	assert_true(seconds_of(ZT_OK, forget) < 10);
}

static void
what_is_not_a_key_is_refused(void **state)
{
	(void)state;
	desk.mood = GARBAGE;
	assert_err(ZT_ERR_CORRUPT, open_it());
	desk.mood = NOT_THERE;
	assert_err(ZT_ERR_NOT_FOUND, open_it());
}

static void
a_desktop_that_keeps_another_key_gets_none(void **state)
{
	(void)state;
	desk.mood = FORGERY;
	assert_ok(open_it()); /* a key it is: the device file will not open with it */
	g_atomic_int_set(&desk.deleted, 0);
	assert_err(ZT_ERR_KEY, make());
	assert_int_equal(1, g_atomic_int_get(&desk.deleted));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_prompt_that_nobody_answers_is_left),
		cmocka_unit_test(a_desktop_that_says_nothing_is_left),
		cmocka_unit_test(what_is_not_a_key_is_refused),
		cmocka_unit_test(a_desktop_that_keeps_another_key_gets_none),
	};

	return cmocka_run_group_tests(tests, begin, finish);
}
