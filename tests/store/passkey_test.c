/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* passkey_test.c - a device file that passkeys open beside the password: each opens it, nothing
 * else does, and no byte of it can be altered. */
#include "test.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "crypto/secret.h"
#include "crypto/suite.h"
#include "format/pb.h"
#include "store/device_file.h"
#include "store/passkeys.h"

#define PASSWORD "four words that fit"
#define SALT "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

struct world {
	char home[64], path[96];
	uint8_t output[3][PASSKEY_OUTPUT];
};

static struct bytes
word(const char *text)
{
	return bytes_text(text);
}

static Zt__Passkey
row(const char *credential, const char *label)
{
	Zt__Passkey p = ZT__PASSKEY__INIT;

	p.relying_party = (char *)(uintptr_t) "zt.acme.example";
	p.credential = (char *)(uintptr_t)credential;
	p.salt = (char *)(uintptr_t)SALT;
	p.label = (char *)(uintptr_t)label;
	p.added = 1700000000000;
	return p;
}

static enum zt_err
add(const struct world *w, const char *password, const char *credential, unsigned output)
{
	Zt__Passkey p = row(credential, "blue key");

	return device_file_add_passkey(
	    w->home, word(password), &p, bytes_of(w->output[output], PASSKEY_OUTPUT));
}

static enum zt_err
opens(const struct device_opener *by, const struct world *w)
{
	Zt__DeviceSecrets *m = NULL;
	enum zt_err err = device_file_open_by(w->home, by, &m);

	assert_true((err == ZT_OK) == (m != NULL));
	if (m != NULL)
		assert_string_equal("alice@acme.example", m->email);
	pb_wipe(m);
	return err;
}

static enum zt_err
by_password(const struct world *w, const char *password)
{
	return opens(&(struct device_opener){ .password = word(password) }, w);
}

static enum zt_err
by_passkey(const struct world *w, const char *credential, unsigned output)
{
	return opens(&(struct device_opener){ .credential = credential,
			 .output = bytes_of(w->output[output], PASSKEY_OUTPUT) },
	    w);
}

static void
count(void *ctx, const Zt__Passkey *p)
{
	unsigned *n = ctx;

	assert_string_equal("zt.acme.example", p->relying_party);
	++*n;
}

static unsigned
passkeys_of(const struct world *w)
{
	unsigned n = 0;

	assert_ok(device_file_passkeys(w->home, count, &n));
	return n;
}

static size_t
read_device(const struct world *w, uint8_t out[8192])
{
	FILE *f = fopen(w->path, "rb");
	size_t n;

	assert_non_null(f);
	n = fread(out, 1, 8192, f);
	assert_int_equal(0, fclose(f));
	assert_true(n > 0 && n < 8192);
	return n;
}

static void
write_device(const struct world *w, const uint8_t *bytes, size_t n)
{
	FILE *f = fopen(w->path, "wb");

	assert_non_null(f);
	assert_int_equal(n, fwrite(bytes, 1, n, f));
	assert_int_equal(0, fclose(f));
}

/* W's device, changed by CHANGE as a process that may write to the file could. */
static void
forge(const struct world *w, void (*change)(Zt__DeviceFile *m, void *ctx), void *ctx)
{
	struct buf again = buf_init(PASSKEYS_FILE_MAX);
	Zt__DeviceFile *m = NULL, copy;
	uint8_t file[8192];
	size_t n = read_device(w, file);

	assert_ok(
	    pb_decode(&zt__device_file__descriptor, bytes_of(file, n), PASSKEYS_FILE_MAX, &m));
	copy = *m;
	change(&copy, ctx);
	assert_ok(pb_encode(&copy, &again));
	write_device(w, again.p, again.n);
	pb_free(m);
	buf_free(&again);
}

static int
begin(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	Zt__DeviceSecrets m = ZT__DEVICE_SECRETS__INIT;
	uint8_t seed[32] = { 7 };

	assert_non_null(w);
	assert_ok(suite_init());
	(void)snprintf(w->home, sizeof w->home, "/tmp/zt-passkey.%d", (int)getpid());
	(void)snprintf(w->path, sizeof w->path, "%s/device.zt", w->home);
	for (size_t i = 0; i < 3; i++)
		memset(w->output[i], (int)(0x10 + i), PASSKEY_OUTPUT);
	m.email = (char *)(uintptr_t) "alice@acme.example";
	m.sign_seed = pb_field(seed, sizeof seed);
	assert_ok(device_file_create(w->home, &m, word(PASSWORD)));
	*state = w;
	return 0;
}

static int
end(void **state)
{
	struct world *w = *state;

	(void)unlink(w->path);
	assert_int_equal(0, rmdir(w->home)); /* nothing was left beside it */
	free(w);
	assert_int_equal(0, secret_live());
	return 0;
}

static void
a_passkey_opens_the_device_beside_the_password(void **state)
{
	struct world *w = *state;

	assert_int_equal(0, passkeys_of(w));
	assert_err(ZT_ERR_NOT_FOUND, by_passkey(w, "Zm9v", 0));
	assert_err(ZT_ERR_PASSWORD, add(w, "another", "Zm9v", 0));
	assert_int_equal(0, passkeys_of(w));
	assert_ok(add(w, PASSWORD, "Zm9v", 0));
	assert_ok(add(w, PASSWORD, "YmFy", 1));
	assert_int_equal(2, passkeys_of(w));
	assert_ok(by_password(w, PASSWORD));
	assert_ok(by_passkey(w, "Zm9v", 0));
	assert_ok(by_passkey(w, "YmFy", 1));
	assert_err(ZT_ERR_PASSWORD, by_password(w, "another"));
	assert_err(ZT_ERR_PASSWORD, by_passkey(w, "Zm9v", 1)); /* another's output */
	assert_err(ZT_ERR_PASSWORD, by_passkey(w, "Zm9v", 2));
	assert_err(ZT_ERR_NOT_FOUND, by_passkey(w, "Zm9", 0));
	assert_err(
	    ZT_ERR_INVALID, opens(&(struct device_opener){ .credential = "Zm9v",
				      .output = bytes_of(w->output[0], PASSKEY_OUTPUT - 1) },
				w));
	assert_err(ZT_ERR_EXISTS, add(w, PASSWORD, "Zm9v", 2));
}

static void
a_removed_passkey_opens_nothing_and_the_last_one_leaves_no_trace(void **state)
{
	struct world *w = *state;
	uint8_t before[8192], after[8192];
	size_t n = read_device(w, before);

	assert_ok(add(w, PASSWORD, "Zm9v", 0));
	assert_ok(add(w, PASSWORD, "YmFy", 1));
	assert_err(
	    ZT_ERR_PASSWORD, device_file_remove_passkey(w->home, word("another"), "Zm9v"));
	assert_err(
	    ZT_ERR_NOT_FOUND, device_file_remove_passkey(w->home, word(PASSWORD), "Zm9"));
	assert_int_equal(2, passkeys_of(w));
	assert_ok(device_file_remove_passkey(w->home, word(PASSWORD), "Zm9v"));
	assert_err(ZT_ERR_NOT_FOUND, by_passkey(w, "Zm9v", 0));
	assert_ok(by_passkey(w, "YmFy", 1));
	assert_ok(device_file_remove_passkey(w->home, word(PASSWORD), "YmFy"));
	assert_err(ZT_ERR_NOT_FOUND, by_passkey(w, "YmFy", 1));
	assert_ok(by_password(w, PASSWORD));
	assert_int_equal(n, read_device(w, after)); /* the first version again */
	assert_err(
	    ZT_ERR_NOT_FOUND, device_file_remove_passkey(w->home, word(PASSWORD), "YmFy"));
}

static void
another_password_leaves_the_passkeys(void **state)
{
	struct world *w = *state;

	assert_ok(add(w, PASSWORD, "Zm9v", 0));
	assert_err(ZT_ERR_PASSWORD, device_file_change(w->home, word(PASSWORD), word("")));
	assert_err(ZT_ERR_PASSWORD, device_file_change(w->home, word("x"), word("new")));
	assert_ok(device_file_change(w->home, word(PASSWORD), word("new")));
	assert_err(ZT_ERR_PASSWORD, by_password(w, PASSWORD));
	assert_ok(by_password(w, "new"));
	assert_ok(by_passkey(w, "Zm9v", 0));
	assert_ok(device_file_remove_passkey(w->home, word("new"), "Zm9v"));
	assert_ok(by_password(w, "new"));
}

static void
only_a_typed_password_and_texts_that_a_page_has_are_taken(void **state)
{
	struct world *w = *state;
	struct bytes output = bytes_of(w->output[0], PASSKEY_OUTPUT);
	char credential[1366], label[130], one[16];
	Zt__Passkey p = row("Zm9v", "");

	memset(credential, 'A', sizeof credential);
	credential[1365] = 0;
	memset(label, 'a', sizeof label);
	label[129] = 0;
	assert_err(
	    ZT_ERR_PASSWORD, device_file_add_passkey(w->home, bytes_of(NULL, 0), &p, output));
	assert_err(
	    ZT_ERR_PASSWORD, device_file_remove_passkey(w->home, bytes_of(NULL, 0), "Zm9v"));
	assert_err(ZT_ERR_INVALID,
	    device_file_add_passkey(w->home, word(PASSWORD), &p, bytes_of(w->output[0], 31)));
	for (int i = 0; i < 8; i++) {
		p = row("Zm9v", "");
		if (i < 3)
			p.credential = i == 0   ? (char *)(uintptr_t) ""
				       : i == 1 ? credential
						: (char *)(uintptr_t) "Zm9v=";
		else if (i < 5)
			p.salt =
			    i == 3 ? (char *)(uintptr_t) "AAEC" : (char *)(uintptr_t)SALT "A";
		else if (i < 7)
			p.relying_party =
			    i == 5 ? (char *)(uintptr_t) "" : (char *)(uintptr_t) "a/b";
		else
			p.label = label;
		assert_err(ZT_ERR_INVALID, passkeys_check(&p));
		assert_err(ZT_ERR_INVALID,
		    device_file_add_passkey(w->home, word(PASSWORD), &p, output));
	}
	credential[1364] = 0;
	label[128] = 0;
	p = row(credential, label);
	assert_ok(device_file_add_passkey(w->home, word(PASSWORD), &p, output));
	assert_ok(by_passkey(w, credential, 0));
	for (int i = 1; i < PASSKEYS_MAX; i++) {
		(void)snprintf(one, sizeof one, "k%d", i);
		assert_ok(add(w, PASSWORD, one, 1));
	}
	assert_err(ZT_ERR_TOO_BIG, add(w, PASSWORD, "more", 1));
	assert_int_equal(PASSKEYS_MAX, passkeys_of(w));
	assert_ok(by_passkey(w, credential, 0));
}

/* A bit of each byte, altered: neither opens, and nothing of the secrets comes out. */
static void
no_byte_of_the_file_can_be_altered(void **state)
{
	struct world *w = *state;
	uint8_t file[8192];
	size_t n;

	assert_ok(add(w, PASSWORD, "Zm9v", 0));
	assert_ok(add(w, PASSWORD, "YmFy", 1));
	n = read_device(w, file);
	for (size_t i = 0; i < n; i++) {
		file[i] ^= (uint8_t)(1u << i % 8);
		write_device(w, file, n);
		assert_true(by_passkey(w, "Zm9v", 0) != ZT_OK);
		assert_true(by_password(w, PASSWORD) != ZT_OK);
		file[i] ^= (uint8_t)(1u << i % 8);
	}
	for (size_t i = 0; i < n; i += 7) {
		write_device(w, file, i);
		assert_true(by_passkey(w, "Zm9v", 0) != ZT_OK);
	}
	file[n] = 0;
	write_device(w, file, n + 1);
	assert_true(by_passkey(w, "Zm9v", 0) != ZT_OK);
	write_device(w, file, n);
	assert_ok(by_passkey(w, "Zm9v", 0));
	assert_ok(by_password(w, PASSWORD));
}

static void
drop_a_row(Zt__DeviceFile *m, void *ctx)
{
	(void)ctx;
	m->n_passkeys = 1;
}

static void
name_it_first(Zt__DeviceFile *m, void *ctx)
{
	(void)ctx;
	m->version = 1;
}

static void
be_the_first(Zt__DeviceFile *m, void *ctx)
{
	(void)ctx;
	m->version = 1;
	m->n_passkeys = 0;
	m->name.len = m->wrap.len = 0;
}

static void
ask_less(Zt__DeviceFile *m, void *ctx)
{
	(void)ctx;
	m->memory = 8 << 20;
}

static void
take_rows(Zt__DeviceFile *m, void *ctx)
{
	const Zt__DeviceFile *of = ctx;

	m->passkeys = of->passkeys;
	m->n_passkeys = of->n_passkeys;
}

static void
a_file_without_a_row_or_of_another_version_or_cost_opens_by_nothing(void **state)
{
	struct world *w = *state;
	static const struct {
		void (*change)(Zt__DeviceFile *m, void *ctx);
		enum zt_err passkey, password;
	} forged[] = {
		{ drop_a_row, ZT_ERR_CORRUPT, ZT_ERR_CORRUPT },
		{ name_it_first, ZT_ERR_CORRUPT, ZT_ERR_CORRUPT },
		{ be_the_first, ZT_ERR_NOT_FOUND, ZT_ERR_PASSWORD },
		{ ask_less, ZT_ERR_CORRUPT, ZT_ERR_WEAK },
	};
	uint8_t file[8192];
	size_t n;

	assert_ok(add(w, PASSWORD, "Zm9v", 0));
	assert_ok(add(w, PASSWORD, "YmFy", 1));
	n = read_device(w, file);
	for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
		forge(w, forged[i].change, NULL);
		assert_err(forged[i].passkey, by_passkey(w, "Zm9v", 0));
		assert_err(forged[i].password, by_password(w, PASSWORD));
		write_device(w, file, n);
	}
	assert_ok(by_passkey(w, "Zm9v", 0));
}

/* The same passkey opened an earlier state of the file: its row is nothing to the one of now.
 */
static void
a_row_of_another_file_opens_nothing(void **state)
{
	struct world *w = *state;
	Zt__DeviceFile *old = NULL;
	uint8_t file[8192];
	size_t n;

	assert_ok(add(w, PASSWORD, "Zm9v", 0));
	n = read_device(w, file);
	assert_ok(passkeys_decode(bytes_of(file, n), &old));
	assert_ok(device_file_remove_passkey(w->home, word(PASSWORD), "Zm9v"));
	assert_ok(add(w, PASSWORD, "YmFy", 1));
	forge(w, take_rows, old);
	assert_err(ZT_ERR_PASSWORD, by_passkey(w, "Zm9v", 0));
	assert_err(ZT_ERR_CORRUPT, by_password(w, PASSWORD));
	pb_free(old);
}

struct changing {
	const struct world *w;
	const char *password;
	enum zt_err err;
};

static void *
add_meanwhile(void *arg)
{
	struct changing *c = arg;

	c->err = add(c->w, c->password, "bWVhbndoaWxl", 1);
	return NULL;
}

/* Neither of two that read the same file undoes what the other one acknowledged. */
static void
two_changes_at_once_are_both_made_or_one_is_refused(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 8; i++) {
		static const char *const passwords[] = { PASSWORD, "another that is longer" };
		const char *before = passwords[i % 2], *after = passwords[(i + 1) % 2];
		struct changing c = { w, before, ZT_OK };
		pthread_t thread;

		assert_int_equal(0, pthread_create(&thread, NULL, add_meanwhile, &c));
		(void)usleep((useconds_t)i * 300);
		assert_ok(device_file_change(w->home, word(before), word(after)));
		(void)pthread_join(thread, NULL);
		assert_ok(by_password(w, after));
		assert_err(ZT_ERR_PASSWORD, by_password(w, before));
		assert_true(c.err == ZT_OK || c.err == ZT_ERR_PASSWORD);
		assert_err(c.err ? ZT_ERR_NOT_FOUND : ZT_OK, by_passkey(w, "bWVhbndoaWxl", 1));
		if (c.err == ZT_OK)
			assert_ok(
			    device_file_remove_passkey(w->home, word(after), "bWVhbndoaWxl"));
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(two_changes_at_once_are_both_made_or_one_is_refused),
		TEST(a_passkey_opens_the_device_beside_the_password),
		TEST(a_removed_passkey_opens_nothing_and_the_last_one_leaves_no_trace),
		TEST(another_password_leaves_the_passkeys),
		TEST(only_a_typed_password_and_texts_that_a_page_has_are_taken),
		TEST(no_byte_of_the_file_can_be_altered),
		TEST(a_file_without_a_row_or_of_another_version_or_cost_opens_by_nothing),
		TEST(a_row_of_another_file_opens_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
