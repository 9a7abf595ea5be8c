/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* formats_test.c - rows F1, F2, F3, F9, F11 and R1 of the attacks against the code that clients
 * and services share. Each refusal has beside it the acceptance of the same thing
 * unaltered. */
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
	const char *message;

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
	assert_ok(manifest_check(&m, &message));
	ref.content = pb_field(bytes, HASH_BYTES);
	assert_err(ZT_ERR_CORRUPT, manifest_check(&m, &message));
	ref.whole = 200;
	assert_ok(manifest_check(&m, &message));
	ref.content = pb_field(bytes, HASH_BYTES - 1);
	assert_err(ZT_ERR_CORRUPT, manifest_check(&m, &message));
	ref.content = pb_field(NULL, 0);
	assert_err(ZT_ERR_CORRUPT, manifest_check(&m, &message));
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
	const char *message;

	(void)state;
	random_bytes(place.workspace.b, ID_BYTES);
	random_bytes(place.vlob.b, ID_BYTES);
	assert_ok(secret_generate(&key));
	assert_ok(secret_generate(&wrong));
	zt__file_manifest__init(&f);
	m.kind_case = ZT__MANIFEST__KIND_FILE;
	m.file = &f;
	f.size = 5;
	f.content_case = ZT__FILE_MANIFEST__CONTENT_INLINE_CONTENT;
	f.inline_content = pb_field("hello", 5);
	assert_ok(manifest_seal(key, &place, &m, &object, &wrap, &pins));
#define OPEN(k, p)                                                                             \
	manifest_open(k, p, buf_bytes(&object), buf_bytes(&wrap), &pins, &out, &message)
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
	const char *message;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		uint8_t *copy = exact_copy(names[i].name, names[i].n);

		assert_int_equal(names[i].fine,
		    path_name_check(bytes_of(copy, names[i].n), &message) == ZT_OK);
		free(copy);
	}
	utf8_show(bytes_text("a\x1b]0;x\x07\xe2\x80\xae\xff"), &shown);
	assert_string_equal("a\\u{001b}]0;x\\u{0007}\\u{202e}\\xff", buf_text(&shown));
	buf_free(&shown);
}

/* N times "é", of two characters, and TAIL, as the next name of a path. */
static void
add_decomposed(struct buf *text, size_t n, const char *tail)
{
	buf_add_byte(text, '/');
	while (n-- > 0)
		buf_add_text(text, "e\xcc\x81");
	buf_add_text(text, tail);
}

/* The path to a workspace whose name is N times "é", of two characters, and TAIL. */
static enum zt_err
parse_in(struct buf *text, size_t n, const char *tail, struct path *path, const char **message)
{
	buf_empty(text);
	add_decomposed(text, n, tail);
	buf_add_text(text, ":/a");
	return path_parse(buf_text(text) + 1, path, message);
}

static void
a_workspace_is_measured_in_form_c(void **state)
{
	struct buf text = buf_init(1 << 12);
	struct path path;
	const char *message;

	(void)state;
	assert_ok(parse_in(&text, 127, "x", &path, &message));
	assert_int_equal(255, strlen(path.workspace));
	assert_memory_equal("\xc3\xa9", path.workspace, 2);
	assert_int_equal(1, path.count);
	assert_err(ZT_ERR_TOO_BIG, parse_in(&text, 128, "", &path, &message));
	assert_string_equal("a name is longer than 255 bytes", message);
	assert_int_equal(0, path.count);
	buf_free(&text);
	assert_ok(path_parse("not UTF-8\xcc:/", &path, &message)); /* nothing is found by it */
	assert_string_equal("not UTF-8\xcc", path.workspace);
}

static void
names_of_a_path_take_form_c_and_room_only_when_they_change(void **state)
{
	enum { LONG = 127, FULL = 16 }; /* 16 names of 254 bytes: 32 are left */
	struct buf text = buf_init(1 << 16);
	struct path path;
	const char *message;
	size_t kept;

	(void)state;
	buf_add_text(&text, "w:");
	for (size_t i = 0; i < FULL; i++)
		add_decomposed(&text, LONG, "");
	for (size_t i = 0; i < 5; i++) /* these are in form C, and stay where they are */
		add_decomposed(&text, 0, "a name of more than the bytes that are left");
	assert_ok(path_parse(buf_text(&text), &path, &message));
	assert_int_equal(FULL + 5, path.count);
	assert_int_equal(2 * LONG, path.name[FULL - 1].n);
	assert_memory_equal("\xc3\xa9", path.name[FULL - 1].p, 2);
	kept = text.n;
	add_decomposed(&text, 16, "");
	assert_ok(path_parse(buf_text(&text), &path, &message));
	text.n = kept;
	add_decomposed(&text, 16, "x");
	assert_err(ZT_ERR_TOO_BIG, path_parse(buf_text(&text), &path, &message));
	assert_int_equal(0, path.count);
	buf_free(&text);
	assert_err(ZT_ERR_NAME, path_parse("w:/e\xcc", &path, &message));
	assert_string_equal("a name is not UTF-8", message);
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
		random_bytes(c[i].vlob.b, ID_BYTES);
		c[i].blocks = bytes_of(c[i].vlob.b, ID_BYTES);
		assert_ok(changeset_encode_change(&c[i], &enc[i]));
		spans[i] = buf_bytes(&enc[i]);
		fields[i] = pb_field(enc[i].p, enc[i].n);
	}
	assert_ok(changeset_sign(key, &cs, spans, 2, &body));
	st = statement_message(&cs.stmt);
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
	random_bytes(nonce, sizeof nonce);
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
	const char *message;

	(void)state;
	assert_ok(sign_generate(&key));
	sign_public(key, public);
	assert_ok(replay_new(&w.replay));
	sign_call(&c, key, now, "/v1/orgs/x/log?from=3");
#define CLAIMS(at) verify_claims(&w, &c.call, row, &c.params, 0, at, &p, &message)
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
	w.started_ms = now + 5000; /* its nonce may be in a memory that is gone */
	assert_err(ZT_ERR_REPLAY, CLAIMS(now + 6000));
	w.started_ms = now - 60000;
	c.params.org.b[0] ^= 1; /* for another organization */
	assert_err(ZT_ERR_FORBIDDEN, CLAIMS(now));
	c.params.org.b[0] ^= 1;
	/* a body that no digest covers */
	assert_err(
	    ZT_ERR_SIGNATURE, verify_claims(&w, &c.call, row, &c.params, 7, now, &p, &message));
	replay_free(w.replay);
	sign_free(key);
	buf_free(&c.input);
	buf_free(&c.signature);
}

/* TEXT, read as 48 bytes, is IN. */
static void
assert_words(const char *text, const uint8_t in[48])
{
	uint8_t out[48], *exact = exact_copy(text, strlen(text));
	size_t wrong = 77;

	assert_ok(words_parse(bytes_of(exact, strlen(text)), out, sizeof out, &wrong));
	assert_memory_equal(in, out, sizeof out);
	assert_int_equal(0, wrong);
	free(exact);
}

/* TEXT is refused, and word number WRONG is named. */
static void
refuse_words(const char *text, size_t wrong)
{
	uint8_t out[48] = { 77 }, *exact = exact_copy(text, strlen(text));
	size_t named = 0;

	assert_err(ZT_ERR_CORRUPT,
	    words_parse(bytes_of(exact, strlen(text)), out, sizeof out, &named));
	assert_int_equal(wrong, named);
	assert_int_equal(77, out[0]); /* untouched */
	free(exact);
}

/* The words of IN as WRITE writes each. */
static const char *
written(struct buf *text, const uint8_t in[48], enum words_language language,
    void (*write)(struct buf *out, unsigned number, const char *word))
{
	struct buf plain = buf_init(1024);
	unsigned number = 0;

	buf_empty(text);
	words_print(bytes_of(in, 48), language, &plain);
	for (char *at = (char *)(uintptr_t)buf_text(&plain), *word;
	     (word = strsep(&at, " ")) != NULL;)
		write(text, ++number, word);
	assert_int_equal(36, number);
	buf_free(&plain);
	return buf_text(text);
}

static void
in_capitals(struct buf *out, unsigned number, const char *word)
{
	(void)number;
	for (; *word != 0; word++)
		if ((uint8_t)*word == 0xc3) /* É and È */
			buf_add_byte(out, 0xc3), buf_add_byte(out, (uint8_t)(*++word - 0x20));
		else
			buf_add_byte(out, (uint8_t)(*word - 0x20));
	buf_add_byte(out, '-');
}

static void
without_accents(struct buf *out, unsigned number, const char *word)
{
	for (; *word != 0; word++)
		if ((uint8_t)*word == 0xc3)
			buf_add_byte(out, 'e'), word++;
		else
			buf_add_byte(out, (uint8_t)*word);
	buf_add_text(out, number % 2 == 0 ? "\xc2\xa0" : "\xe3\x80\x80"); /* spaces of others */
}

static void
decomposed(struct buf *out, unsigned number, const char *word)
{
	(void)number;
	for (; *word != 0; word++)
		if ((uint8_t)*word == 0xc3)
			buf_add_text(
			    out, (uint8_t) * ++word == 0xa9 ? "e\xcc\x81" : "e\xcc\x80");
		else
			buf_add_byte(out, (uint8_t)*word);
	buf_add_text(out, "  ");
}

/* As on paper: numbered, four in a line, behind an empty one and a byte order mark. */
static void
in_lines(struct buf *out, unsigned number, const char *word)
{
	buf_printf(out, "%s%u. %s%s", number == 1 ? "\xEF\xBB\xBF\n" : "", number, word,
	    number % 4 == 0 ? "\r\n" : "\t");
}

static void
four_letters(struct buf *out, unsigned number, const char *word)
{
	(void)number;
	for (unsigned n = 0; *word != 0 && n < 4; n++, word++) {
		buf_add_byte(out, (uint8_t)*word);
		if ((uint8_t)*word == 0xc3)
			buf_add_byte(out, (uint8_t) * ++word);
	}
	buf_add_byte(out, ' ');
}

static void
words_come_back_as_people_write_them(void **state)
{
	struct buf text = buf_init(2048);
	uint8_t in[48];

	(void)state;
	for (unsigned round = 0; round < 50; round++)
		for (unsigned l = 0; l < WORDS_LANGUAGES; l++) {
			random_bytes(in, sizeof in);
			words_print(bytes_of(in, sizeof in), l, &text);
			assert_true(text.n < 512); /* ZT_RECOVERY_WORDS */
			assert_words(buf_text(&text), in);
			assert_words(written(&text, in, l, in_capitals), in);
			assert_words(written(&text, in, l, without_accents), in);
			assert_words(written(&text, in, l, decomposed), in);
			assert_words(written(&text, in, l, in_lines), in);
			assert_words(written(&text, in, l, four_letters), in);
			buf_empty(&text);
		}
	buf_free(&text);
}

/* Sheets that differ from one that is right in one word, or the order of two, the length or a
 * letter. */
static void
words_that_are_wrong_are_noticed(void **state)
{
	struct buf text = buf_init(2048), other = buf_init(2048), all = buf_init(1 << 20);
	uint8_t in[48] = { 0 };
	unsigned passed = 0;
	size_t wrong;

	(void)state;
	words_print(bytes_of(in, sizeof in), WORDS_ENGLISH, &text);
	assert_words(buf_text(&text), in);
	/* The last is of the list, and never the one: 12 bits let one of 4,096 pass, and it has
	 * eleven. */
	for (unsigned v = 0; v < 2048; v++) {
		uint8_t out[48];

		buf_empty(&other);
		buf_printf(&other, "%.*s%s",
		    (int)(strrchr(buf_text(&text), ' ') + 1 - buf_text(&text)), buf_text(&text),
		    words_english[v]);
		passed += words_parse(buf_bytes(&other), out, sizeof out, &wrong) == ZT_OK;
	}
	assert_int_equal(1, passed);
	/* Another word at any other place: one in 4,096 may pass. */
	passed = 0;
	for (unsigned place = 0; place < 35; place++)
		for (unsigned v = 1; v < 2048; v += 29) {
			uint8_t out[48];

			buf_empty(&other);
			for (unsigned i = 0; i < 35; i++)
				buf_printf(
				    &other, "%s ", i == place ? words_english[v] : "abandon");
			buf_add_text(&other, strrchr(buf_text(&text), ' ') + 1);
			passed +=
			    words_parse(buf_bytes(&other), out, sizeof out, &wrong) == ZT_OK;
		}
	assert_true(passed <= 4); /* of 2,485 */
	buf_printf(&all, "%s abandon", buf_text(&text));
	refuse_words(buf_text(&all), 0); /* one too many */
	refuse_words(buf_text(&text) + strlen("abandon "), 0);
	refuse_words("", 0);
	buf_empty(&all);
	buf_printf(&all, "abandon aband0n %s", buf_text(&text));
	refuse_words(buf_text(&all), 2); /* named, though there are too many */
	buf_empty(&all);
	buf_printf(&all, "1. abandon 2. abandonn %s", buf_text(&text) + 2 * strlen("abandon "));
	refuse_words(buf_text(&all), 2);
	buf_empty(&all);
	buf_printf(&all, "abandon aba %s", buf_text(&text) + 2 * strlen("abandon "));
	refuse_words(buf_text(&all), 2); /* three letters */
	buf_empty(&all);
	buf_printf(&all, "abandon aband\xe9n %s", buf_text(&text) + 2 * strlen("abandon "));
	refuse_words(buf_text(&all), 0); /* not UTF-8 */
	buf_free(&all);
	buf_free(&text);
	buf_free(&other);
}

/* 100 words are in both lists, and two thirds of French's first four letters begin no English
 * word: the whole decides. */
static void
words_of_both_languages_are_those_of_the_sheet(void **state)
{
	static const char both[] = "abandon", english[] = "abandon zoo ",
			  french[] = "abandon zoologie ";
	struct buf text = buf_init(2048);
	uint8_t in[48];

	(void)state;
	random_bytes(in, sizeof in);
	for (unsigned l = 0; l < WORDS_LANGUAGES; l++) {
		unsigned is = 0, at = 0;

		while (
		    strcmp(l == WORDS_FRENCH ? words_french[is] : words_english[is], both) != 0)
			is++;
		/* the first three words of both languages: 33 bits */
		for (unsigned bit = 0; bit < 33; bit++, at++) {
			uint8_t mask = (uint8_t)(0x80u >> at % 8);

			in[at / 8] = (uint8_t)((in[at / 8] & ~mask) |
					       ((is >> (10 - bit % 11) & 1) != 0 ? mask : 0));
		}
		buf_empty(&text);
		words_print(bytes_of(in, sizeof in), l, &text);
		assert_memory_equal("abandon abandon abandon ", buf_text(&text), 24);
		assert_words(buf_text(&text), in);
	}
	/* a word of the other list is none of this one's, wherever most are of this one's */
	buf_empty(&text);
	for (unsigned i = 0; i < 17; i++)
		buf_add_text(&text, english);
	buf_add_text(&text, "zoologie abandon");
	refuse_words(buf_text(&text), 35);
	buf_empty(&text);
	for (unsigned i = 0; i < 17; i++)
		buf_add_text(&text, french);
	buf_add_text(&text, "zoo abandon");
	refuse_words(buf_text(&text), 35);
	refuse_words("lusab-babad-gutih-tugad-luvub-hidul", 1); /* proquints, of before */
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
		cmocka_unit_test(words_come_back_as_people_write_them),
		cmocka_unit_test(words_that_are_wrong_are_noticed),
		cmocka_unit_test(words_of_both_languages_are_those_of_the_sheet),
		cmocka_unit_test(F1_F3_no_byte_of_a_block_can_be_changed_lost_or_added),
		cmocka_unit_test(F1_sealing_again_tells_a_blocks_content_from_every_other),
		cmocka_unit_test(F1_only_a_part_of_a_shared_block_has_a_hash_of_its_content),
		cmocka_unit_test(F1_F2_a_manifest_opens_only_in_its_own_place),
		cmocka_unit_test(F9_dangerous_names_are_refused_and_hostile_ones_shown_escaped),
		cmocka_unit_test(a_workspace_is_measured_in_form_c),
		cmocka_unit_test(names_of_a_path_take_form_c_and_room_only_when_they_change),
		cmocka_unit_test(F11_a_changeset_is_what_was_signed_or_nothing),
		cmocka_unit_test(R1_a_request_replayed_retargeted_altered_or_late_is_refused),
		cmocka_unit_test(
		    R4_a_message_takes_a_few_times_its_size_in_memory_or_is_refused),
		cmocka_unit_test(
		    R4_a_full_folder_of_short_names_is_within_what_a_message_may_take),
		cmocka_unit_test(
		    R4_a_field_given_a_million_times_is_not_merged_a_million_times),
	};

	return suite_init() != ZT_OK || cmocka_run_group_tests(tests, NULL, NULL);
}
