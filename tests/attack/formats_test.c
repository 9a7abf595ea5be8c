/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* formats_test.c - rows F1, F2, F3, F9, F11 and R1 of the attacks against the code that clients
 * and services share. Each refusal stands beside the acceptance of the same thing unaltered. */
#include <malloc.h>

#include "base/utf8.h"
#include "crypto/suite.h"
#include "files/changeset.h"
#include "files/manifest.h"
#include "files/path.h"
#include "format/limits.h"
#include "format/pb.h"
#include "format/words.h"
#include "frame/replay.h"
#include "frame/verify.h"
#include "proto/metadata.pb-c.h"
#include "proto/rpc.pb-c.h"
#include "test.h"

static void
F1_F3_no_byte_of_a_block_can_be_changed_lost_or_added(void **state)
{
	struct buf sealed = buf_init(4096), clear = buf_init(4096);
	struct block_ref ref, other;
	uint8_t *copy;

	(void)state;
	assert_ok(block_seal(bytes_text("some content of a file"), &ref, &sealed));
	assert_ok(block_open(&ref, buf_bytes(&sealed), &clear));
	assert_string_equal("some content of a file", buf_text(&clear));
	for (size_t i = 0; i < sealed.n; i++) {
		copy = exact_copy(sealed.p, sealed.n);
		copy[i] ^= 1;
		assert_err(ZT_ERR_CORRUPT, block_open(&ref, bytes_of(copy, sealed.n), &clear));
		/* and when the server's hash agreed, the cipher would still refuse it */
		other = ref;
		hash_block(bytes_of(copy, sealed.n), &other.hash);
		assert_true(block_open(&other, bytes_of(copy, sealed.n), &clear) != ZT_OK);
		free(copy);
	}
	for (size_t n = 0; n < sealed.n; n++) {
		copy = exact_copy(sealed.p, n);
		assert_err(ZT_ERR_CORRUPT, block_open(&ref, bytes_of(copy, n), &clear));
		free(copy);
	}
	buf_add_byte(&sealed, 0);
	assert_err(ZT_ERR_CORRUPT, block_open(&ref, buf_bytes(&sealed), &clear));
	buf_free(&sealed);
	buf_free(&clear);
}

static void
F1_sealing_again_tells_a_blocks_content_from_every_other(void **state)
{
	char text[] = "some content of a file";
	struct buf sealed = buf_init(4096);
	struct block_ref ref;
	bool same;

	(void)state;
	assert_ok(block_seal(bytes_text(text), &ref, &sealed));
	assert_ok(block_is(&ref, bytes_text(text), &same));
	assert_true(same);
	for (size_t n = 0; n < strlen(text); n++) {
		assert_ok(block_is(&ref, bytes_of(text, n), &same));
		assert_false(same);
		text[n] ^= 1;
		assert_ok(block_is(&ref, bytes_text(text), &same));
		assert_false(same);
		text[n] ^= 1;
	}
	/* what the padding would hide: a zero more */
	assert_ok(block_is(&ref, bytes_of(text, sizeof text), &same));
	assert_false(same);
	ref.key[0] ^= 1;
	assert_ok(block_is(&ref, bytes_text(text), &same));
	assert_false(same);
	buf_free(&sealed);
}

/* Of a part of a shared block alone a manifest states a hash; of a whole block the seal tells.
 */
static void
F1_only_a_part_of_a_shared_block_has_a_hash_of_its_content(void **state)
{
	static const uint8_t bytes[HASH_BYTES] = { 1 };
	Zt__Manifest m = ZT__MANIFEST__INIT;
	Zt__FileManifest f;
	Zt__BlockList list = ZT__BLOCK_LIST__INIT;
	Zt__BlockRef ref = ZT__BLOCK_REF__INIT, *refs[] = { &ref };
	const char *why;

	(void)state;
	zt__file_manifest__init(&f);
	m.kind_case = ZT__MANIFEST__KIND_FILE;
	m.file = &f;
	f.content_case = ZT__FILE_MANIFEST__CONTENT_BLOCKS;
	f.blocks = &list;
	f.size = ref.size = 100;
	list.blocks = refs;
	list.n_blocks = 1;
	ref.id = pb_field(bytes, ID_BYTES);
	ref.key = pb_field(bytes, AEAD_KEY_BYTES);
	ref.hash = pb_field(bytes, HASH_BYTES);
	assert_ok(manifest_check(&m, &why));
	ref.content = pb_field(bytes, HASH_BYTES);
	assert_err(ZT_ERR_CORRUPT, manifest_check(&m, &why));
	ref.whole = 200;
	assert_ok(manifest_check(&m, &why));
	ref.content = pb_field(bytes, HASH_BYTES - 1);
	assert_err(ZT_ERR_CORRUPT, manifest_check(&m, &why));
	ref.content = pb_field(NULL, 0);
	assert_err(ZT_ERR_CORRUPT, manifest_check(&m, &why));
}

static void
F1_F2_a_manifest_opens_only_in_its_own_place(void **state)
{
	Zt__Manifest m = ZT__MANIFEST__INIT, *out = NULL;
	Zt__FileManifest f;
	struct buf object = buf_init(1 << 16), wrap = buf_init(256);
	struct manifest_place place = { .version = 3 }, other;
	struct envelope_pins pins;
	struct secret *key = NULL, *wrong = NULL;
	const char *why;

	(void)state;
	suite_random(place.workspace.b, ID_BYTES);
	suite_random(place.vlob.b, ID_BYTES);
	assert_ok(secret_generate(&key));
	assert_ok(secret_generate(&wrong));
	zt__file_manifest__init(&f);
	m.kind_case = ZT__MANIFEST__KIND_FILE;
	m.file = &f;
	f.size = 5;
	f.content_case = ZT__FILE_MANIFEST__CONTENT_INLINE_CONTENT;
	f.inline_content = pb_field("hello", 5);
	assert_ok(manifest_seal(key, &place, &m, &object, &wrap, &pins));
#define OPEN(k, p) manifest_open(k, p, buf_bytes(&object), buf_bytes(&wrap), &pins, &out, &why)
	assert_ok(OPEN(key, &place));
	assert_int_equal(5, out->file->size);
	pb_wipe(out);
	out = NULL;
	other = place;
	other.vlob.b[0] ^= 1; /* another file */
	assert_err(ZT_ERR_CORRUPT, OPEN(key, &other));
	other = place;
	other.workspace.b[0] ^= 1;
	assert_err(ZT_ERR_CORRUPT, OPEN(key, &other));
	other = place;
	other.version--;
	assert_err(ZT_ERR_CORRUPT, OPEN(key, &other));
	assert_err(ZT_ERR_KEY, OPEN(wrong, &place));
	for (size_t i = 0; i < object.n; i++) {
		object.p[i] ^= 1;
		assert_err(ZT_ERR_CORRUPT, OPEN(key, &place));
		object.p[i] ^= 1;
	}
	for (size_t i = 0; i < wrap.n; i++) {
		wrap.p[i] ^= 1;
		assert_err(ZT_ERR_KEY, OPEN(key, &place));
		wrap.p[i] ^= 1;
	}
	pins.commitment.b[0] ^= 1;
	assert_err(ZT_ERR_KEY, OPEN(key, &place));
	assert_null(out);
	secret_free(key);
	secret_free(wrong);
	buf_free(&object);
	buf_free(&wrap);
	assert_int_equal(0, secret_live());
}

static void
F9_dangerous_names_are_refused_and_hostile_ones_shown_escaped(void **state)
{
	static const struct {
		const char *name;
		size_t n;
		bool fine;
	} names[] = { { "a.txt", 5, true }, { "\xc3\xa9", 2, true }, { "", 0, false },
		{ ".", 1, false }, { "..", 2, false }, { "a/b", 3, false },
		{ "a\0b", 3, false }, { "\x1b[31m", 5, false }, { "a\nb", 3, false },
		{ "\xff", 1, false }, { "\xc0\xaf", 2, false },
		{ "e\xcc\x81", 3, false /* decomposed */ },
		{ "\xc2\x9b", 2, false /* C1 control */ } };
	struct buf shown = buf_init(256);
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		uint8_t *copy = exact_copy(names[i].name, names[i].n);

		assert_int_equal(
		    names[i].fine, path_name_check(bytes_of(copy, names[i].n), &why) == ZT_OK);
		free(copy);
	}
	utf8_show(bytes_text("a\x1b]0;x\x07\xe2\x80\xae\xff"), &shown);
	assert_string_equal("a\\u{001b}]0;x\\u{0007}\\u{202e}\\xff", buf_text(&shown));
	buf_free(&shown);
}

static void
F11_a_changeset_is_what_was_signed_or_nothing(void **state)
{
	struct changeset cs = { .generation = 1, .seen_size = 1, .time = 1 }, back;
	struct change c[2] = { { .version = 1 }, { .version = 1 } }, *out = NULL;
	struct buf body = buf_init(4096), enc[2] = { buf_init(1024), buf_init(1024) };
	struct bytes spans[2];
	struct sign_key *key = NULL;
	Zt__Changeset m = ZT__CHANGESET__INIT;
	ProtobufCBinaryData fields[2];
	Zt__Statement st;

	(void)state;
	assert_ok(sign_generate(&key));
	for (size_t i = 0; i < 2; i++) {
		suite_random(c[i].vlob.b, ID_BYTES);
		c[i].blocks = bytes_of(c[i].vlob.b, ID_BYTES);
		assert_ok(changeset_encode_change(&c[i], &enc[i]));
		spans[i] = buf_bytes(&enc[i]);
		fields[i] = pb_field(enc[i].p, enc[i].n);
	}
	assert_ok(changeset_sign(key, &cs, spans, 2, &body));
	st = statement_message(&cs.signed_);
	m.statement = &st;
	m.changes = fields;
	m.n_changes = 2;
	assert_ok(changeset_read(&m, &back, &out));
	assert_int_equal(2, back.count);
	free(out);
	out = NULL;
	m.n_changes = 1; /* half of it */
	assert_err(ZT_ERR_CORRUPT, changeset_read(&m, &back, &out));
	m.n_changes = 2;
	fields[1] = fields[0]; /* one of them twice */
	assert_err(ZT_ERR_CORRUPT, changeset_read(&m, &back, &out));
	fields[0] = pb_field(enc[1].p, enc[1].n); /* in another order */
	fields[1] = pb_field(enc[0].p, enc[0].n);
	assert_err(ZT_ERR_CORRUPT, changeset_read(&m, &back, &out));
	fields[0] = pb_field(enc[0].p, enc[0].n);
	fields[1] = pb_field(enc[1].p, enc[1].n);
	for (size_t i = 0; i < enc[0].n; i++) { /* any byte of a change */
		enc[0].p[i] ^= 1;
		assert_true(changeset_read(&m, &back, &out) != ZT_OK);
		enc[0].p[i] ^= 1;
	}
	assert_null(out);
	sign_free(key);
	buf_free(&body);
	buf_free(&enc[0]);
	buf_free(&enc[1]);
}

/* ---- R1 ---- */

struct signed_call {
	Zt__Call call;
	struct buf input, signature;
	struct httpsig_params p;
	struct route_params params;
};

static void
sign_call(
    struct signed_call *c, const struct sign_key *key, uint64_t now_ms, const char *target)
{
	struct httpsig_message m = { .method = "GET", .target = target, .authority = "" };
	uint8_t nonce[16];

	c->input = buf_init(4096);
	c->signature = buf_init(4096);
	memset(c->p.org.b, 0x11, ID_BYTES);
	c->params.org = c->p.org;
	c->p.created_s = now_ms / 1000;
	c->p.expires_s = c->p.created_s + 60;
	suite_random(nonce, sizeof nonce);
	hex_print(nonce, sizeof nonce, c->p.nonce);
	assert_ok(httpsig_sign(&m, &c->p, key, &c->input, &c->signature));
	zt__call__init(&c->call);
	c->call.method = (char *)(uintptr_t) "GET";
	c->call.target = (char *)(uintptr_t)target;
	c->call.signature_input = (char *)(uintptr_t)buf_text(&c->input);
	c->call.signature = (char *)(uintptr_t)buf_text(&c->signature);
}

static void
R1_a_request_replayed_retargeted_altered_or_late_is_refused(void **state)
{
	const uint64_t now = 1700000000000;
	struct verify_window w = { .started_ms = now - 60000 };
	struct sign_key *key = NULL;
	struct signed_call c = { .params = { .org = { { 0 } } } };
	struct httpsig_params p;
	const struct route_row *row = route_row(ROUTE_LOG_READ);
	uint8_t public[32];
	const char *why;

	(void)state;
	assert_ok(sign_generate(&key));
	sign_public(key, public);
	assert_ok(replay_new(&w.replay));
	sign_call(&c, key, now, "/v1/orgs/x/log?from=3");
#define CLAIMS(at) verify_claims(&w, &c.call, row, &c.params, 0, at, &p, &why)
#define SIGNED() verify_signed(&w, &c.call, &p, public, bytes_of(NULL, 0))
	assert_ok(CLAIMS(now));
	c.call.target = (char *)(uintptr_t) "/v1/orgs/x/log?from=4"; /* another query */
	assert_err(ZT_ERR_SIGNATURE, SIGNED());
	c.call.target = (char *)(uintptr_t) "/v1/orgs/y/log?from=3"; /* another path */
	assert_err(ZT_ERR_SIGNATURE, SIGNED());
	c.call.target = (char *)(uintptr_t) "/v1/orgs/x/log?from=3";
	c.call.method = (char *)(uintptr_t) "DELETE";
	assert_err(ZT_ERR_SIGNATURE, SIGNED());
	c.call.method = (char *)(uintptr_t) "GET";
	assert_ok(SIGNED());
	assert_err(ZT_ERR_REPLAY, SIGNED());
	assert_err(ZT_ERR_CLOCK, CLAIMS(now + 3600000)); /* a clock that is off by an hour */
	assert_err(ZT_ERR_CLOCK, CLAIMS(now - 3600000));
	w.started_ms = now + 5000; /* its nonce may stand in a memory that is gone */
	assert_err(ZT_ERR_REPLAY, CLAIMS(now + 6000));
	w.started_ms = now - 60000;
	c.params.org.b[0] ^= 1; /* for another organization */
	assert_err(ZT_ERR_FORBIDDEN, CLAIMS(now));
	c.params.org.b[0] ^= 1;
	/* a body that no digest covers */
	assert_err(
	    ZT_ERR_SIGNATURE, verify_claims(&w, &c.call, row, &c.params, 7, now, &p, &why));
	replay_free(w.replay);
	sign_free(key);
	buf_free(&c.input);
	buf_free(&c.signature);
}

static void
words_come_back_and_a_wrong_one_is_noticed(void **state)
{
	static const uint8_t loopback[] = { 127, 0, 0, 1 };
	struct buf text = buf_init(1024), sheet = buf_init(1024);
	uint8_t in[48], out[48];
	unsigned noticed = 0, tried = 0;
	size_t wrong;

	(void)state;
	words_print(bytes_of(loopback, sizeof loopback), &text);
	assert_memory_equal("lusab babad ", buf_text(&text), 12); /* as its author prints it */
	buf_empty(&text);
	suite_random(in, sizeof in);
	words_print(bytes_of(in, sizeof in), &text);
	assert_ok(words_parse(buf_bytes(&text), out, sizeof out, &wrong));
	assert_memory_equal(in, out, sizeof in);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == ' ')
			text.p[i] = '-';
	text.p[0] = (uint8_t)(text.p[0] & ~0x20u); /* a capital */
	assert_ok(words_parse(buf_bytes(&text), out, sizeof out, &wrong));
	assert_err(
	    ZT_ERR_CORRUPT, words_parse(bytes_of(text.p, text.n - 6), out, sizeof out, &wrong));
	for (size_t i = 1; i < text.n; i += 2) { /* another vowel, or no letter of words */
		uint8_t was = text.p[i];

		text.p[i] = was == 'a' ? 'o' : 'a';
		tried++;
		noticed +=
		    words_parse(buf_bytes(&text), out, sizeof out, &wrong) == ZT_ERR_CORRUPT;
		text.p[i] = was;
	}
	assert_int_equal(tried, noticed); /* but for one in 65,536 */
	/* As people write them: numbered, in lines, behind an empty one and a byte order mark.
	 */
	buf_add_text(&sheet, "\xEF\xBB\xBF\n");
	for (size_t i = 0; i < text.n; i += 6)
		buf_printf(&sheet, "%zu. %.5s%s", i / 6 + 1, buf_text(&text) + i,
		    i / 6 % 5 == 4 ? "\r\n" : " ");
	assert_ok(words_parse(buf_bytes(&sheet), out, sizeof out, &wrong));
	assert_memory_equal(in, out, sizeof in);
	text.p[2 * 6 + 1] = 'x';
	assert_err(ZT_ERR_CORRUPT, words_parse(buf_bytes(&text), out, sizeof out, &wrong));
	assert_int_equal(3, wrong);
	buf_free(&sheet);
	buf_free(&text);
}

/* ---- R4: what a message becomes in memory ---- */

/* A push within a repair, as a field of N bytes that FILL writes. */
static struct buf
repair_of(size_t n)
{
	struct buf b = buf_init(n + 16);

	buf_add_byte(&b, 2 << 3 | 2); /* RepairRequest.push */
	for (size_t v = n; v > 0; v >>= 7)
		buf_add_byte(&b, (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0)));
	memset(buf_room(&b, n), 0, n);
	assert_ok(buf_err(&b));
	return b;
}

static void
expect_cheap_refusal(struct bytes in)
{
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	Zt__RepairRequest *m = NULL;

	malloc_trim(0);
	assert_err(ZT_ERR_TOO_BIG, pb_decode(&zt__repair_request__descriptor, in, in.n, &m));
	assert_null(m);
	assert_true(mallinfo2().uordblks + mallinfo2().hblkhd <= before + 4096);
}

static void
R4_a_message_takes_a_few_times_its_size_in_memory_or_is_refused(void **state)
{
	enum { MANY = 12000000, HONEST = 1000 };
	struct buf b = repair_of(2 * (size_t)MANY);
	Zt__RepairRequest *m = NULL;

	(void)state;
	for (size_t i = b.n - 2 * (size_t)MANY; i < b.n; i += 2)
		b.p[i] = 2 << 3 | 2; /* PushRequest.objects, an empty one */
	expect_cheap_refusal(buf_bytes(&b));
	buf_free(&b);
	/* as many as a device sends that brings back a changeset, of which it holds no object
	 */
	b = repair_of(2 * (size_t)HONEST);
	for (size_t i = b.n - 2 * (size_t)HONEST; i < b.n; i += 2)
		b.p[i] = 2 << 3 | 2;
	assert_ok(pb_decode(&zt__repair_request__descriptor, buf_bytes(&b), b.n, &m));
	assert_int_equal(HONEST, m->push->n_objects);
	pb_free(m);
	buf_free(&b);
}

/* The costliest list that an honest client makes: a full folder of the shortest names. */
static void
R4_a_full_folder_of_short_names_is_within_what_a_message_may_take(void **state)
{
	static const struct id vlob;
	static uint16_t names[LIMIT_FOLDER];
	Zt__FolderEntry *entries = calloc(LIMIT_FOLDER, sizeof *entries);
	Zt__FolderEntry **list = calloc(LIMIT_FOLDER, sizeof(*list));
	Zt__FolderManifest m = ZT__FOLDER_MANIFEST__INIT, *back = NULL;
	struct buf b = buf_init(LIMIT_MANIFEST);

	(void)state;
	for (size_t i = 0; i < LIMIT_FOLDER; i++) {
		zt__folder_entry__init(list[i] = &entries[i]);
		names[i] = (uint16_t)i;
		entries[i].name = pb_field(&names[i], 2);
		entries[i].vlob = pb_field(vlob.b, ID_BYTES);
	}
	m.entries = list;
	m.n_entries = LIMIT_FOLDER;
	assert_ok(pb_encode(&m, &b));
	assert_ok(pb_decode(&zt__folder_manifest__descriptor, buf_bytes(&b), b.n, &back));
	assert_int_equal(LIMIT_FOLDER, back->n_entries);
	pb_free(back);
	buf_free(&b);
	free(list);
	free(entries);
}

/* Each comes together with those before it: a list that is copied a million times. */
static void
R4_a_field_given_a_million_times_is_not_merged_a_million_times(void **state)
{
	enum { MANY = 2000000 };
	static const uint8_t push[] = { 2 << 3 | 2, 2, 2 << 3 | 2, 0 };
	struct buf b = buf_init(sizeof push * MANY);
	Zt__RepairRequest *m = NULL;

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		buf_add(&b, bytes_of(push, sizeof push));
	expect_cheap_refusal(buf_bytes(&b));
	assert_ok(pb_decode(&zt__repair_request__descriptor, bytes_of(b.p, 2 * sizeof push),
	    sizeof push * 2, &m));
	assert_int_equal(2, m->push->n_objects);
	pb_free(m);
	/* so many that the first look lets them pass, and not the allocator */
	assert_err(ZT_ERR_TOO_BIG, pb_decode(&zt__repair_request__descriptor,
				       bytes_of(b.p, 1500 * sizeof push), b.n, &m));
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_come_back_and_a_wrong_one_is_noticed),
		cmocka_unit_test(F1_F3_no_byte_of_a_block_can_be_changed_lost_or_added),
		cmocka_unit_test(F1_sealing_again_tells_a_blocks_content_from_every_other),
		cmocka_unit_test(F1_only_a_part_of_a_shared_block_has_a_hash_of_its_content),
		cmocka_unit_test(F1_F2_a_manifest_opens_only_in_its_own_place),
		cmocka_unit_test(F9_dangerous_names_are_refused_and_hostile_ones_shown_escaped),
		cmocka_unit_test(F11_a_changeset_is_what_was_signed_or_nothing),
		cmocka_unit_test(R1_a_request_replayed_retargeted_altered_or_late_is_refused),
		cmocka_unit_test(
		    R4_a_message_takes_a_few_times_its_size_in_memory_or_is_refused),
		cmocka_unit_test(
		    R4_a_full_folder_of_short_names_is_within_what_a_message_may_take),
		cmocka_unit_test(
		    R4_a_field_given_a_million_times_is_not_merged_a_million_times),
	};

	return suite_start() != ZT_OK || cmocka_run_group_tests(tests, NULL, NULL);
}
