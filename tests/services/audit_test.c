/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* audit_test.c - the trail's two forms, as a syslog server and a reader of files get them. */
#include <arpa/inet.h>
#include <regex.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "frame/audit.h"
#include "frame/log.h"
#include "test.h"

static const struct id org = { { 1 } }, device = { { 2 } }, subject = { { 3 } };

static void
assert_matches(const char *pattern, const char *text)
{
	regex_t r;

	assert_int_equal(0, regcomp(&r, pattern, REG_EXTENDED | REG_NOSUB));
	if (regexec(&r, text, 0, NULL, 0) != 0)
		fail_msg("%s is not %s", text, pattern);
	regfree(&r);
}

/* RFC 5424, 6: <PRI>VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID SP
 * STRUCTURED-DATA */
#define HEAD                                                                                   \
	"^<109>1 [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z [!-~]{1,255} zt-auth "       \
	"[0-9]+ "

static void
expect_messages(struct audit *a, int fd)
{
	char got[2048] = "";

	audit_line(a, "user_added", &org, &device, &subject);
	assert_true(recv(fd, got, sizeof got - 1, 0) > 0);
	assert_matches(HEAD "user_added \\[zt@32473 org=\"01[0-9a-f]{30}\" "
			    "device=\"02[0-9a-f]{30}\" subject=\"03[0-9a-f]{30}\"\\]$",
	    got);
	memset(got, 0, sizeof got);
	audit_line(a, "limits_set", &org, NULL, NULL);
	assert_true(recv(fd, got, sizeof got - 1, 0) > 0);
	assert_matches(HEAD "limits_set \\[zt@32473 org=\"01[0-9a-f]{30}\"\\]$", got);
}

static void
audit_goes_to_syslog_over_udp(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct audit *a = NULL;
	char where[64], message[200];

	(void)state;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(0, bind(fd, (struct sockaddr *)&at, sizeof at));
	assert_int_equal(0, getsockname(fd, (struct sockaddr *)&at, &n));
	(void)snprintf(where, sizeof where, "udp:127.0.0.1:%d", ntohs(at.sin_port));
	assert_ok(audit_open("auth", "", where, &a, message));
	expect_messages(a, fd);
	audit_close(a);
	(void)close(fd);
}

static void
audit_goes_to_a_local_syslog(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct audit *a = NULL;
	char where[160], message[200];

	(void)state;
	(void)snprintf(at.sun_path, sizeof at.sun_path, "/tmp/zt-audit-%d", (int)getpid());
	(void)unlink(at.sun_path);
	assert_int_equal(0, bind(fd, (struct sockaddr *)&at, sizeof at));
	(void)snprintf(where, sizeof where, "unix:%s", at.sun_path);
	assert_ok(audit_open("auth", "", where, &a, message));
	expect_messages(a, fd);
	audit_close(a);
	(void)close(fd);
	(void)unlink(at.sun_path);
	assert_err(ZT_ERR_CONFIG, audit_open("auth", "", where, &a, message));
	assert_matches("^audit_syslog: /tmp/zt-audit-", message);
}

static void
audit_adds_lines_to_a_file(void **state)
{
	char path[64], line[512] = "", message[200];
	struct audit *a = NULL;
	FILE *f;

	(void)state;
	(void)snprintf(path, sizeof path, "/tmp/zt-audit-%d", (int)getpid());
	for (int i = 0; i < 2; i++) { /* it is added to, over restarts */
		assert_ok(audit_open("auth", path, "", &a, message));
		audit_line(a, "user_frozen", &org, NULL, &subject);
		audit_close(a);
	}
	assert_non_null(f = fopen(path, "re"));
	for (int i = 0; i < 2; i++) {
		assert_non_null(fgets(line, sizeof line, f));
		assert_matches(
		    "^\\{\"time\":\"[0-9T:.-]+Z\",\"service\":\"auth\",\"event\":\"user_"
		    "frozen\","
		    "\"org\":\"01[0-9a-f]{30}\",\"subject\":\"03[0-9a-f]{30}\"\\}\n$",
		    line);
	}
	assert_null(fgets(line, sizeof line, f));
	(void)fclose(f);
	(void)unlink(path);
	assert_err(ZT_ERR_CONFIG, audit_open("auth", "/nowhere/trail", "", &a, message));
	assert_err(ZT_ERR_CONFIG, audit_open("auth", "", "tcp:somewhere", &a, message));
	assert_matches("udp:HOST:PORT, and not tcp:somewhere", message);
}

static void
a_line_of_the_log_is_json_whatever_it_says(void **state)
{
	int fd[2], was = dup(STDERR_FILENO);
	char line[512] = "";
	json_t *is;

	(void)state;
	assert_int_equal(0, pipe(fd));
	(void)dup2(fd[1], STDERR_FILENO);
	log_line("warn", "tried", "plain", "é", "hostile", "a\xff\"\n\x7f\x1b[0m", "none", NULL,
	    NULL);
	(void)dup2(was, STDERR_FILENO);
	(void)close(was);
	assert_true(read(fd[0], line, sizeof line - 1) > 0);
	assert_int_equal('\n', line[strlen(line) - 1]);
	assert_non_null(is = json_loads(line, 0, NULL));
	assert_string_equal("tried", json_string_value(json_object_get(is, "event")));
	assert_string_equal("é", json_string_value(json_object_get(is, "plain")));
	assert_string_equal("", json_string_value(json_object_get(is, "none")));
	assert_null(
	    strpbrk(json_string_value(json_object_get(is, "hostile")), "\n\x7f\x1b\xff"));
	assert_matches("^\\{\"time\":\"[0-9T:.-]+Z\",\"level\":\"warn\",\"service\":", line);
	json_decref(is);
	(void)close(fd[0]);
	(void)close(fd[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(audit_goes_to_syslog_over_udp),
		cmocka_unit_test(audit_goes_to_a_local_syslog),
		cmocka_unit_test(audit_adds_lines_to_a_file),
		cmocka_unit_test(a_line_of_the_log_is_json_whatever_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
