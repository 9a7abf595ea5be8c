#include "store/protect_desktop.h"

#include <dlfcn.h>
#include <libsecret/secret.h>

#include "crypto/suite.h"

enum { TEXT = 2 * SECRET_BYTES + 1 };

static const SecretSchema schema = { .name = "org.zt.Device",
	.flags = SECRET_SCHEMA_NONE,
	.attributes = { { "item", SECRET_SCHEMA_ATTRIBUTE_STRING } } };

/* What is called of libsecret, with its own prototypes. */
struct service {
	void *library;
	__typeof__(secret_password_store_sync) *store;
	__typeof__(secret_password_lookup_nonpageable_sync) *lookup;
	__typeof__(secret_password_clear_sync) *clear;
	__typeof__(secret_password_free) *release;
	__typeof__(g_error_free) *error_free;
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
	*s = (struct service){ .library = dlopen("libsecret-1.so.0", RTLD_NOW | RTLD_LOCAL) };
	return s->library != NULL &&
		       find(s->library, "secret_password_store_sync", &s->store) &&
		       find(
			   s->library, "secret_password_lookup_nonpageable_sync", &s->lookup) &&
		       find(s->library, "secret_password_clear_sync", &s->clear) &&
		       find(s->library, "secret_password_free", &s->release) &&
		       find(s->library, "g_error_free", &s->error_free)
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

static enum zt_err
hold(const struct service *s, const char *item, const struct secret *key)
{
	char text[TEXT];
	GError *error = NULL;

	hex_print(secret_bytes(key).p, SECRET_BYTES, text);
	(void)s->store(&schema, SECRET_COLLECTION_DEFAULT, "zt", text, NULL, &error, "item",
	    item, (char *)NULL);
	suite_wipe(text, sizeof text);
	return end(s, error);
}

static enum zt_err
look_up(const struct service *s, const char *item, struct secret **out)
{
	uint8_t key[SECRET_BYTES];
	GError *error = NULL;
	char *text = s->lookup(&schema, NULL, &error, "item", item, (char *)NULL);
	enum zt_err err = end(s, error);

	if (err == ZT_OK && text == NULL)
		err = ZT_ERR_NOT_FOUND;
	if (err == ZT_OK && (err = hex_parse(text, strlen(text), key, sizeof key)))
		err = ZT_ERR_CORRUPT;
	if (err == ZT_OK)
		err = secret_from(bytes_of(key, sizeof key), out);
	suite_wipe(key, sizeof key);
	if (text != NULL)
		s->release(text); /* wiped by it */
	return err;
}

enum zt_err
protect_desktop_new(const struct id *item, struct secret **out)
{
	char name[ID_TEXT];
	struct secret *key = NULL, *again = NULL;
	struct service s;
	enum zt_err err;

	id_print(item, name);
	if ((err = load(&s)) || (err = secret_generate(&key)) || (err = hold(&s, name, key)))
		goto out;
	if ((err = look_up(&s, name, &again)) == ZT_OK &&
	    !secret_same_bytes(secret_bytes(key), secret_bytes(again)))
		err = ZT_ERR_KEY;
	if (err) {
		protect_desktop_forget(item);
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
protect_desktop_open(const struct id *item, struct secret **out)
{
	char name[ID_TEXT];
	struct service s;
	enum zt_err err = load(&s);

	id_print(item, name);
	return err ? err : look_up(&s, name, out);
}

void
protect_desktop_forget(const struct id *item)
{
	char name[ID_TEXT];
	GError *error = NULL;
	struct service s;

	id_print(item, name);
	if (load(&s))
		return;
	(void)s.clear(&schema, NULL, &error, "item", name, (char *)NULL);
	(void)!(int)end(&s, error);
}
