/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* sink_test.c - a folder to which others may write: they swap the temporary file of a download
 * while it is being written. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "content/file_writer.h"
#include "content/local.h"
#include "content/transfer.h"
#include "crypto/suite.h"
#include "session/session.h"
#include "test.h"

enum { SIZE = 8 * 1024 * 1024, PAGE = 4096 };

static struct {
	int folder; /* the swapper is at work here, or -1 */
	char temp[64];
	unsigned swaps;
} swapper = { .folder = -1 };

/* A file that somebody writes between the last look and the renaming: there, or -1. */
static int writes_in = -1;
static char written[16];

int __real_fallocate(int fd, int mode, off_t at, off_t n);
int __wrap_fallocate(int fd, int mode, off_t at, off_t n);

/* Between the making of the file and whatever comes next its name leads elsewhere. */
int
__wrap_fallocate(int fd, int mode, off_t at, off_t n)
{
	if (swapper.folder >= 0) {
		assert_int_equal(0, unlinkat(swapper.folder, swapper.temp, 0));
		assert_int_equal(0, symlinkat("victim", swapper.folder, swapper.temp));
		swapper.swaps++;
	}
	return __real_fallocate(fd, mode, at, n);
}

int __real_renameat2(int from, const char *name, int to, const char *new_name, unsigned how);
int __wrap_renameat2(int from, const char *name, int to, const char *new_name, unsigned how);

int
__wrap_renameat2(int from, const char *name, int to, const char *new_name, unsigned how)
{
	int fd;

	if (writes_in >= 0) {
		fd = openat(writes_in, written, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		assert_int_equal(1, write(fd, "o", 1));
		(void)close(fd);
	}
	return __real_renameat2(from, name, to, new_name, how);
}

static char
first_byte(int folder, const char *name)
{
	char b = 0;
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(1, read(fd, &b, 1));
	(void)close(fd);
	return b;
}

static void
make_victim(int folder)
{
	int fd = openat(folder, "victim", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(1, write(fd, "v", 1));
	assert_int_equal(0, ftruncate(fd, SIZE));
	(void)close(fd);
}

/* A large file of one page down to NAME, at its beginning. */
static void
download(int folder, const char *name, bool swapped)
{
	struct zt *z = calloc(1, sizeof *z);
	struct transfer *t = calloc(1, sizeof *t);
	Zt__FileManifest f;
	struct file_writer_place at = { .name = name, .shown = name };
	struct folder *in = NULL;
	struct file_writer *k = NULL;
	void *page = NULL;

	assert_non_null(z);
	assert_non_null(t);
	t->z = z;
	zt__file_manifest__init(&f);
	f.size = SIZE;
	f.mode = 0600;
	assert_int_equal(0, posix_memalign(&page, PAGE, PAGE));
	memset(page, 'd', PAGE);
	assert_ok(suite_init());
	assert_ok(secret_generate(&z->local)); /* the name is marked by it */
	assert_ok(folder_new(t, fcntl(folder, F_DUPFD_CLOEXEC, 0), true, &in));
	at.in = in;
	assert_ok(file_writer_new(t, &at, &f, &k));
	memcpy(swapper.temp, k->temp, sizeof swapper.temp);
	swapper.folder = swapped ? folder : -1;
	file_writer_open(k);
	swapper.folder = -1;
	assert_ok(k->err);
	file_writer_write(k, 0, bytes_of(page, PAGE));
	file_writer_end(k);
	folder_drop(in);
	free(page);
	free(t->notes);
	free(t);
	secret_free(z->local);
	free(z);
}

static void
X3_a_swapped_temporary_file_leads_no_content_elsewhere(void **state)
{
	char path[] = "/tmp/zt-sink.XXXXXX", command[64];
	int folder;

	(void)state;
	assert_non_null(mkdtemp(path));
	assert_true((folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0);
	make_victim(folder);
	download(folder, "honest", false);
	assert_int_equal('d', first_byte(folder, "honest"));
	assert_int_equal('v', first_byte(folder, "victim"));
	download(folder, "swapped", true);
	assert_int_equal(1, swapper.swaps);
	assert_int_equal('v', first_byte(folder, "victim"));
	(void)close(folder);
	(void)snprintf(command, sizeof command, "rm -rf %s", path);
	assert_int_equal(0, system(command));
}

/* The last moment, too, is somebody else's. */
static void
X3_what_is_written_in_the_last_moment_stays(void **state)
{
	char path[] = "/tmp/zt-sink.XXXXXX", command[64];
	int folder;

	(void)state;
	assert_non_null(mkdtemp(path));
	assert_true((folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0);
	(void)snprintf(written, sizeof written, "theirs");
	writes_in = folder;
	download(folder, "theirs", false);
	writes_in = -1;
	assert_int_equal('o', first_byte(folder, "theirs"));
	(void)close(folder);
	(void)snprintf(command, sizeof command, "rm -rf %s", path);
	assert_int_equal(0, system(command));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(X3_what_is_written_in_the_last_moment_stays),
		cmocka_unit_test(X3_a_swapped_temporary_file_leads_no_content_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
