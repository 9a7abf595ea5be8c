/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* bounds_test.c - rows F8 and R4: what is too much, for clients and for the server. Members
 * sign sizes and trees that no honest client makes; strangers send what is no request. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "crypto/suite.h"
#include "forge.h"
#include "format/limits.h"
#include "format/pb.h"
#include "test.h"
#include "tree/batch.h"
#include "tree/tree.h"

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
ignore(void *ctx, const struct zt_file *f)
{
	(void)ctx;
	(void)f;
}

/* ---- F8 ---- */

/* A workspace whose root folder is FOLDER (encoded), with CHANGES besides; bob looks at it in
 * each way, and gets a refusal in less than TEN seconds. */
static void
expect_refused(struct scene *s, struct forged_change *changes, size_t count, struct bytes root,
    enum zt_err wanted)
{
	char name[32], remote[40], local[160];
	struct zt_check check;
	struct workspace *w;
	struct forged f;
	double began;

	(void)snprintf(name, sizeof name, "f8-%u", s->next++);
	(void)snprintf(remote, sizeof remote, "%s:/", name);
	(void)snprintf(local, sizeof local, "%s/got-%u", s->w->state, s->next);
	assert_ok(zt_workspace_create(s->alice.zt, name));
	assert_ok(zt_workspace_share(s->alice.zt, name, s->bob.email, "reader"));
	w = person_workspace(&s->alice, name);
	changes[count - 1] =
	    (struct forged_change){ .vlob = w->w->id, .version = 1, .raw = root };
	forge_changeset(&s->alice, w, changes, count, 1, &f);
	assert_ok(forged_send(&s->alice, w, &f)); /* sealed: the server cannot see it */
	forged_free(&f);
	began = now();
	assert_err(wanted, zt_ls(s->bob.zt, remote, true, true, ignore, NULL));
	assert_err(wanted, zt_verify(s->bob.zt, name, NULL, &check));
	assert_err(wanted, zt_get(s->bob.zt, remote, local, NULL, NULL));
	assert_true(now() - began < 10);
}

/* A folder's encoding with N entries, all of which are TO. */
static struct buf
folder_of(size_t n, const struct id *to, bool is_folder)
{
	struct buf out = buf_init(LIMIT_MANIFEST);
	Zt__Manifest m = ZT__MANIFEST__INIT;
	Zt__FolderManifest f = ZT__FOLDER_MANIFEST__INIT;
	Zt__FolderEntry *entries = calloc(n, sizeof *entries), **list = calloc(n, sizeof *list);
	char(*names)[24] = calloc(n, sizeof *names);

	for (size_t i = 0; i < n; i++) {
		(void)snprintf(names[i], sizeof names[i], "%06zu", i);
		zt__folder_entry__init(list[i] = &entries[i]);
		entries[i].name = pb_field(names[i], 6);
		entries[i].vlob = pb_field(to->b, ID_BYTES);
		entries[i].folder = is_folder;
	}
	m.kind_case = ZT__MANIFEST__KIND_FOLDER;
	m.folder = &f;
	f.entries = list;
	f.n_entries = n;
	assert_ok(pb_encode(&m, &out));
	free(entries);
	free(list);
	free(names);
	return out;
}

static void
F8_folders_in_a_circle_or_in_themselves_a_thousand_times_end(void **state)
{
	struct scene *s = *state;
	struct forged_change changes[2] = { { .version = 1 } };
	struct buf a, root;

	random_bytes(changes[0].vlob.b, ID_BYTES);
	for (size_t n = 1; n <= 1000; n += 999) { /* root holds a, and a holds itself */
		a = folder_of(n, &changes[0].vlob, true);
		root = folder_of(n, &changes[0].vlob, true);
		changes[0].raw = buf_bytes(&a);
		expect_refused(s, changes, 2, buf_bytes(&root), ZT_ERR_CORRUPT);
		buf_free(&a);
		buf_free(&root);
		random_bytes(changes[0].vlob.b, ID_BYTES);
	}
}

/* Files whose manifests say what cannot be. */
static void
F8_sizes_near_2_to_63_and_blocks_without_end_are_refused(void **state)
{
	static const uint64_t sizes[] = { UINT64_MAX, (uint64_t)1 << 63, INT64_MAX, 100 };
	struct scene *s = *state;

	for (size_t i = 0; i < 4 + 3; i++) {
		struct forged_change changes[2] = { { .version = 1 } };
		struct buf raw = buf_init(LIMIT_MANIFEST), root;
		struct forged_file file;
		Zt__BlockRef ref = ZT__BLOCK_REF__INIT, *refs[2000];
		Zt__BlockList blocks = ZT__BLOCK_LIST__INIT;
		static const uint8_t bytes[32];

		random_bytes(changes[0].vlob.b, ID_BYTES);
		forge_file(&file, "small");
		file.file.size = sizes[i < 4 ? i : 0];
		if (i >= 4) { /* blocks whose sizes add up past 64 bits, or are too large */
			ref.id = pb_field(bytes, ID_BYTES);
			ref.key = ref.hash = pb_field(bytes, 32);
			ref.size = i == 4 ? UINT32_MAX : LIMIT_BLOCK;
			ref.whole = i == 6 ? UINT32_MAX : 0;
			ref.content = pb_field(bytes, i == 6 ? HASH_BYTES : 0);
			ref.offset = i == 6 ? UINT32_MAX - 1 : 0;
			for (size_t k = 0; k < 2000; k++)
				refs[k] = &ref;
			blocks.blocks = refs;
			blocks.n_blocks = 2000;
			file.file.content_case = ZT__FILE_MANIFEST__CONTENT_BLOCKS;
			file.file.blocks = &blocks;
			file.file.size = i == 4 ? 2000 * (uint64_t)UINT32_MAX : 1;
		}
		assert_ok(pb_encode(&file.m, &raw));
		changes[0].raw = buf_bytes(&raw);
		root = folder_of(1, &changes[0].vlob, false);
		expect_refused(s, changes, 2, buf_bytes(&root), ZT_ERR_CORRUPT);
		buf_free(&raw);
		buf_free(&root);
	}
}

/* A name for an object that is not of this workspace, or of none. */
static void
F8_an_object_of_another_workspace_is_not_found(void **state)
{
	struct scene *s = *state;
	struct forged_change changes[1];
	struct id other;
	struct buf root;
	char *file = world_file(s->w, "other", "secret", 6);

	assert_ok(zt_workspace_create(s->alice.zt, "another"));
	assert_ok(zt_put(s->alice.zt, file, "another:/f", NULL, NULL));
	other = person_workspace(&s->alice, "another")->w->id;
	root = folder_of(1, &other, true);
	/* ls shows a name whose object is not there as empty; what reads it says so */
	{
		char local[160];
		struct zt_check check;
		struct workspace *w;
		struct forged f;

		assert_ok(zt_workspace_create(s->alice.zt, "f8-other"));
		assert_ok(zt_workspace_share(s->alice.zt, "f8-other", s->bob.email, "reader"));
		w = person_workspace(&s->alice, "f8-other");
		changes[0] = (struct forged_change){
			.vlob = w->w->id, .version = 1, .raw = buf_bytes(&root)
		};
		forge_changeset(&s->alice, w, changes, 1, 1, &f);
		assert_ok(forged_send(&s->alice, w, &f));
		forged_free(&f);
		(void)snprintf(local, sizeof local, "%s/got-other", s->w->state);
		assert_err(ZT_ERR_CORRUPT, zt_verify(s->bob.zt, "f8-other", NULL, &check));
		(void)!(int)zt_get(s->bob.zt, "f8-other:/", local, NULL, NULL);
		(void)snprintf(
		    local, sizeof local, "! grep -rqs secret %s/got-other", s->w->state);
		assert_int_equal(0, system(local));
	}
	buf_free(&root);
	free(file);
}

/* ---- R4 ---- */

/* How the server ends what TEXT begins: the first line of its answer, or "" when it just hangs
 * up; NULL when it does neither within some seconds. */
static const char *
answer_to(const struct scene *s, struct bytes request, char line[256])
{
	int fd = world_dial(s->w);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	(void)!send(fd, request.p, request.n, MSG_NOSIGNAL);
	memset(line, 0, 256);
	if (poll(&p, 1, 8000) != 1) {
		(void)close(fd);
		return NULL;
	}
	n = recv(fd, line, 255, 0);
	line[n > 0 ? strcspn(line, "\r\n") : 0] = 0;
	(void)close(fd);
	return line;
}

static void
expect_status(const struct scene *s, const char *text, const char *status)
{
	char line[256];
	const char *got = answer_to(s, bytes_text(text), line);

	assert_non_null(got);
	if (got[0] != 0 && strstr(got, status) == NULL)
		fail_msg("%.60s... was answered by %s and not by %s", text, got, status);
}

/* A WebSocket that nobody has signed for is closed as soon as that is known. */
static void
expect_no_socket(const struct scene *s)
{
	static const char ask[] =
	    "GET /v1/orgs/00112233445566778899aabbccddeeff/events HTTP/1.1\r\nhost: x\r\n"
	    "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: "
	    "dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n"
	    "sec-websocket-protocol: zt-events\r\n\r\n";
	int fd = world_dial(s->w);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char part[512];

	(void)!send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL);
	do
		assert_int_equal(1, poll(&p, 1, 8000));
	while (recv(fd, part, sizeof part, 0) > 0);
	(void)close(fd);
}

static void
R4_malformed_and_oversize_requests_are_refused(void **state)
{
	const struct scene *s = *state;
	char *huge = malloc(300 * 1024), line[256];
	size_t n;

	assert_non_null(huge);
	expect_status(s, "GARBAGE\r\n\r\n", "4");
	expect_status(s, "GET / HTTP/1.1\r\nhost: x\r\n\r\n", "4");
	expect_status(s, "DELETE /v1/orgs HTTP/1.1\r\nhost: x\r\n\r\n", "4");
	expect_status(s,
	    "POST /v1/operator/orgs HTTP/1.1\r\nhost: x\r\ncontent-length: "
	    "99999999999999999999\r\n\r\n",
	    "4");
	expect_status(
	    s, "POST /v1/operator/orgs HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n", "4");
	expect_status(s,
	    "POST /v1/operator/orgs HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n",
	    "413");
	expect_status(s,
	    "POST /v1/operator/orgs HTTP/1.1\r\nhost: x\r\ntransfer-encoding: "
	    "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	    "4");
	expect_no_socket(s);
	n = (size_t)sprintf(huge, "GET /v1/orgs HTTP/1.1\r\nhost: x\r\nx-long: ");
	memset(huge + n, 'a', 300 * 1024 - n - 1);
	huge[300 * 1024 - 1] = 0;
	assert_non_null(answer_to(s, bytes_text(huge), line)); /* refused, or hung up */
	for (int i = 0; i < 50; i++) {
		uint8_t noise[512];

		random_bytes(noise, sizeof noise);
		noise[100] = noise[101] = '\n';
		(void)answer_to(s, bytes_of(noise, 300 + 4 * (size_t)i), line);
		if (i > 5)
			break; /* each may wait for the rest of a head */
	}
	assert_ok(zt_sync(((struct scene *)*state)->alice.zt));
	free(huge);
}

static void
ask_health(const struct scene *s)
{
	static const char ask[] = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
	char answer[512];
	int fd = world_dial(s->w);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	assert_int_equal(sizeof ask - 1, send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL));
	assert_int_equal(1, poll(&p, 1, 8000));
	assert_true(recv(fd, answer, sizeof answer, 0) > 0);
	(void)close(fd);
}

/* The limit is of those that are open: an address that comes again and again is not locked out.
 */
static void
R4_connections_that_ended_count_no_more(void **state)
{
	enum { MAX = 4000 }; /* connections_per_address, unless it is set */

	for (int i = 0; i < MAX + 100; i++)
		ask_health(*state);
}

/* A client keeps its connections: single calls one, transfers a few, in any order. */
static void
R4_a_client_that_works_on_opens_no_connection_for_each_call(void **state)
{
	struct scene *s = *state;
	struct workspace *w;
	unsigned before;

	assert_ok(zt_workspace_create(s->alice.zt, "many"));
	assert_ok(zt_mkdir(s->alice.zt, "many:/first"));
	w = person_workspace(&s->alice, "many");
	before = proxy_connections(s->w->d);
	for (int i = 0; i < 20; i++) {
		struct tree_entry to = { .is_folder = true };
		struct batch *b = NULL;

		random_bytes(to.vlob.b, ID_BYTES);
		assert_ok(batch_new(w, &b));
		assert_ok(batch_folder(b, &to.vlob));
		assert_ok(batch_link(b, &w->w->id, bytes_text("again"), &to, BATCH_ANY));
		assert_ok(batch_send_once(b));
		batch_free(b);
	}
	assert_in_range(proxy_connections(s->w->d) - before, 0, 4);
}

/* Connections that stop in the middle of a head or of a body: others are served meanwhile, and
 * the gateway's memory stays bounded. */
static void
R4_half_open_and_slow_connections_leave_the_others_alone(void **state)
{
	enum { SLOW = 200 };
	static const char *const halves[] = {
		"", "GET /v1/or", "GET /v1/orgs HTTP/1.1\r\nhost: x\r\nsignature: sig1=",
		"POST /v1/operator/orgs HTTP/1.1\r\nhost: x\r\ncontent-length: 4000\r\n\r\nabc"
	};
	struct scene *s = *state;
	int fds[SLOW];
	long before = world_kib(s->w, "gateway");
	double began;

	for (int i = 0; i < SLOW; i++) {
		const char *half = halves[i % 4];

		fds[i] = world_dial(s->w);
		(void)!send(fds[i], half, strlen(half), MSG_NOSIGNAL);
	}
	began = now();
	for (int i = 0; i < 20; i++)
		assert_ok(zt_sync(s->bob.zt));
	assert_true(now() - began < 5);
	assert_true(world_kib(s->w, "gateway") < before + 48 * 1024);
	for (int i = 0; i < SLOW; i++)
		(void)close(fds[i]);
	assert_ok(zt_sync(s->alice.zt));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(F8_folders_in_a_circle_or_in_themselves_a_thousand_times_end),
		cmocka_unit_test(F8_sizes_near_2_to_63_and_blocks_without_end_are_refused),
		cmocka_unit_test(F8_an_object_of_another_workspace_is_not_found),
		cmocka_unit_test(R4_malformed_and_oversize_requests_are_refused),
		cmocka_unit_test(R4_connections_that_ended_count_no_more),
		cmocka_unit_test(R4_a_client_that_works_on_opens_no_connection_for_each_call),
		cmocka_unit_test(R4_half_open_and_slow_connections_leave_the_others_alone),
	};

	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
