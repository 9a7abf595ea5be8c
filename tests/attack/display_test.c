/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* display_test.c - nothing that others wrote reaches a terminal as more than text: no server's
 * sentence, no name, no label. */
#include "test.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>
#include <utf8proc.h>

#include "base/utf8.h"
#include "format/pb.h"
#include "proto/rpc.pb-c.h"
#include "world.h"

/* ---- the rule, over all of Unicode ---- */

static bool
is_plain(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((uint8_t)p[i] < 0x20 || (uint8_t)p[i] > 0x7e)
			return false;
	return true;
}

/* What a reader may see of C: written here a second time, by the categories' names. */
static bool
is_seen(utf8proc_int32_t c)
{
	const char *category = utf8proc_category_string(c);

	if (category[0] == 'C' || strcmp(category, "Zl") == 0 || strcmp(category, "Zp") == 0)
		return false;
	switch (c) {
	case 0x034f: /* combining grapheme joiner */
	case 0x115f: /* fillers of Hangul */
	case 0x1160:
	case 0x3164:
	case 0xffa0:
	case 0x17b4: /* vowels of Khmer that are not written */
	case 0x17b5:
	case 0x180b: /* variation selectors of Mongolian */
	case 0x180c:
	case 0x180d:
	case 0x180f:
		return false;
	default:
		return !(c >= 0xfe00 && c <= 0xfe0f) && !(c >= 0xe0100 && c <= 0xe01ef);
	}
}

static void
every_character_is_seen_as_itself_or_as_its_number(void **state)
{
	unsigned seen = 0, escaped = 0;

	(void)state;
	for (utf8proc_int32_t c = 0; c <= 0x10ffff; c++) {
		uint8_t text[4];
		char one[UTF8_SHOWN], number[UTF8_SHOWN], json[UTF8_SHOWN];
		struct bytes in, again;
		size_t n, m;

		if (c >= 0xd800 && c <= 0xdfff)
			continue; /* no UTF-8 */
		in = again = bytes_of(text, (size_t)utf8proc_encode_char(c, text));
		n = utf8_show_next(&in, UTF8_PLAIN, one);
		m = utf8_show_next(&again, UTF8_JSON, json);
		assert_int_equal(0, in.n);
		assert_int_equal(0, again.n);
		if (is_seen(c)) {
			assert_memory_equal(text, one, n);
			seen++;
		} else {
			(void)snprintf(number, sizeof number, "\\u{%04x}", (unsigned)c);
			assert_int_equal(strlen(number), n);
			assert_memory_equal(number, one, n);
			assert_true(is_plain(json, m) && memcmp(json, "\\u", 2) == 0);
			escaped++;
		}
	}
	assert_true(seen > 130000 && escaped > 900000);
}

static void
tricks_are_seen_and_honest_text_stays(void **state)
{
	static const struct {
		const char *text, *shown, *json;
	} cases[] = {
		{ "Zoë Мария 李 e\u0301", "Zoë Мария 李 e\u0301", "Zoë Мария 李 e\u0301" },
		{ "photo\u202egpj.exe", "photo\\u{202e}gpj.exe", "photo\\u202egpj.exe" },
		{ "b\u200bob@x", "b\\u{200b}ob@x", "b\\u200bob@x" },
		{ "\u2066a\u2069\u061c\u200e\u200f",
		    "\\u{2066}a\\u{2069}\\u{061c}\\u{200e}\\u{200f}",
		    "\\u2066a\\u2069\\u061c\\u200e\\u200f" },
		{ "a\x1b]52;c;eA==\x07", "a\\u{001b}]52;c;eA==\\u{0007}",
		    "a\\u001b]52;c;eA==\\u0007" },
		{ "\xc2\x9b"
		  "31m\x7f",
		    "\\u{009b}31m\\u{007f}", "\\u009b31m\\u007f" },
		{ "a\xff\xc0\xaf", "a\\xff\\xc0\\xaf", "a\\ufffd\\ufffd\\ufffd" },
		{ "\U000e0041\U000f0000", "\\u{e0041}\\u{f0000}",
		    "\\udb40\\udc41\\udb80\\udc00" },
		{ "\\u{202e}", "\\u{202e}", "\\\\u{202e}" }, /* what was shown stays */
		{ "say \"no\"\n", "say \"no\"\\u{000a}", "say \\\"no\\\"\\u000a" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buf shown = buf_init(256), again = buf_init(256), json = buf_init(256);
		struct bytes left = bytes_text(cases[i].text);
		char one[UTF8_SHOWN];
		size_t n;

		utf8_show(left, &shown);
		assert_string_equal(cases[i].shown, buf_text(&shown));
		utf8_show(buf_bytes(&shown), &again);
		assert_string_equal(buf_text(&shown), buf_text(&again));
		while ((n = utf8_show_next(&left, UTF8_JSON, one)) > 0)
			buf_add(&json, bytes_of(one, n));
		assert_string_equal(cases[i].json, buf_text(&json));
		buf_free(&shown);
		buf_free(&again);
		buf_free(&json);
	}
}

static void
a_text_is_cut_between_characters(void **state)
{
	char out[8];

	(void)state;
	utf8_show_text("abcdefgh", out, sizeof out);
	assert_string_equal("abcdefg", out);
	utf8_show_text("abcdefé", out, sizeof out);
	assert_string_equal("abcdef", out);
	utf8_show_text("abc\x1b", out, sizeof out);
	assert_string_equal("abc", out);
	utf8_show_text("", out, 1);
	assert_string_equal("", out);
}

/* ---- a hostile server's sentence, and hostile names ---- */

static const char hostile[] =
    "\x1b]0;a title\x07\x1b[2J\x1b[H\x1b]52;c;cm0gLXJm\x07\x1b]8;;http://evil\x1b\\here\x1b]8;;"
    "\x1b\\\xc2\x9b"
    "31m\u202eyour password:";

static bool
say_it(void *ctx, struct proxy_call *c)
{
	Zt__Answer m = ZT__ANSWER__INIT;

	(void)ctx;
	m.error = (uint32_t)ZT_ERR_FORBIDDEN;
	m.detail = (char *)(uintptr_t)hostile;
	c->status = err_http(ZT_ERR_FORBIDDEN);
	buf_empty(&c->answer);
	assert_ok(pb_encode(&m, &c->answer));
	return true;
}

static void
obeys_nothing(const char *text)
{
	assert_true(utf8_valid(bytes_text(text)));
	for (; *text != 0; text++)
		assert_true((uint8_t)*text >= 0x20 || *text == '\n');
}

/* What the program zt says, for P's device, to ARGS. */
static void
run_zt(struct person *p, const char *args, char *out, size_t size)
{
	char command[PATH_MAX + 2048], bin[PATH_MAX] = "";
	FILE *f;

	assert_true(readlink("/proc/self/exe", bin, sizeof bin - 1) > 0);
	*strstr(bin, "/tests/") = 0;
	(void)snprintf(command, sizeof command, "%s/password", p->w->state);
	f = fopen(command, "we");
	assert_non_null(f);
	(void)fprintf(f, "%s\n", p->o.password);
	(void)fclose(f);
	(void)snprintf(command, sizeof command,
	    "LC_ALL=C.UTF-8 LD_PRELOAD=%s/tests/cli/quick.so "
	    "ASAN_OPTIONS=verify_asan_link_order=0 %s/bin/zt --home %s --password-file "
	    "%s/password %s 2>&1",
	    bin, bin, p->home, p->w->state, args);
	person_close(p); /* the folder is the program's meanwhile */
	f = popen(command, "re");
	assert_non_null(f);
	out[fread(out, 1, size - 1, f)] = 0;
	(void)pclose(f);
	person_open(p);
}

static void
X_a_servers_sentence_is_quoted_and_no_terminal_obeys_it(void **state)
{
	struct scene *s = *state;
	struct proxy_hooks hooks = { .before = say_it };
	char out[2048];
	unsigned n = 0;

	proxy_play(s->w->d, &hooks);
	assert_err(ZT_ERR_FORBIDDEN, zt_sync(s->bob.zt));
	obeys_nothing(zt_error_message(s->bob.zt));
	assert_ptr_equal(zt_error_message(s->bob.zt),
	    strstr(zt_error_message(s->bob.zt), "the server says: \\u{001b}"));
	run_zt(&s->bob, "users", out, sizeof out);
	obeys_nothing(out);
	assert_non_null(strstr(out, "zt: the server says: \\u{001b}]0;a title"));
	run_zt(&s->bob, "--json users", out, sizeof out);
	obeys_nothing(out);
	assert_non_null(strstr(out, "\"reason\":\"the server says: \\\\u{001b}]0;a title"));
	proxy_play(s->w->d, NULL);
	/* what zt's own services say is said the same way */
	assert_err(ZT_ERR_FORBIDDEN, zt_invite(s->bob.zt, ZT_INVITE_USER, (char[1024]){ 0 }));
	assert_string_equal(
	    "the server says: only an admin invites a user", zt_error_message(s->bob.zt));
	run_zt(&s->bob, "--json users", out, sizeof out);
	for (const char *p = out; (p = strchr(p, '\n')) != NULL; p++)
		n++;
	assert_true(n >= 2);
}

static void
X_a_name_that_turns_its_end_around_is_seen_to(void **state)
{
	struct scene *s = *state;
	char *path = world_file(s->w, "content", "x", 1), out[2048];

	assert_ok(zt_workspace_create(s->alice.zt, "shown"));
	assert_ok(zt_put(s->alice.zt, path, "shown:/photo\u202egpj.exe", NULL, NULL));
	run_zt(&s->alice, "ls shown:/", out, sizeof out);
	assert_non_null(strstr(out, "photo\\u{202e}gpj.exe"));
	run_zt(&s->alice, "--json ls shown:/", out, sizeof out);
	assert_non_null(strstr(out, "photo\\u202Egpj.exe\""));
	run_zt(&s->alice, "get shown:/other\u202egpj.exe .", out, sizeof out);
	assert_non_null(strstr(out, "other\\u{202e}gpj.exe"));
	/* and it is the same name still */
	run_zt(&s->alice, "cat shown:/photo\u202egpj.exe", out, sizeof out);
	assert_string_equal("x", out);
	free(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_character_is_seen_as_itself_or_as_its_number),
		cmocka_unit_test(tricks_are_seen_and_honest_text_stays),
		cmocka_unit_test(a_text_is_cut_between_characters),
		cmocka_unit_test_teardown(
		    X_a_servers_sentence_is_quoted_and_no_terminal_obeys_it, honest_again),
		cmocka_unit_test(X_a_name_that_turns_its_end_around_is_seen_to),
	};

	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
